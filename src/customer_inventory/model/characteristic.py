"""Characteristics: attributes that an enterprise adds without a new class, one class per type of value.

TMF632 v5.0.0 and TMF629 v5.0.1 (TMF630 part 2, extension by characteristics).
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from customer_inventory.model.entity import Extensible, says


class CharacteristicRelationship(Extensible, kw_only=True, frozen=True):
    """How one characteristic bears on another."""

    id: Annotated[str, says("The identifier of the other characteristic.")]
    relationship_type: Annotated[str, says("How it bears on it, such as depends on.")]


class Characteristic(Extensible, frozen=True):
    """A named value; its type is told by the class."""

    id: Annotated[str | UnsetType, says("The identifier of the characteristic.")] = UNSET
    name: Annotated[str | UnsetType, says("What the characteristic is called.")] = UNSET
    value_type: Annotated[str | UnsetType, says("The type of the value, in words.")] = UNSET
    characteristic_relationship: Annotated[
        list[CharacteristicRelationship] | UnsetType, says("How it bears on other characteristics.")
    ] = UNSET


class StringCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic whose value is text."""

    value: Annotated[str, says("The value.")]


class StringArrayCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic with several texts."""

    value: Annotated[list[str], says("The values.")]


class NumberCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic whose value is a number."""

    value: Annotated[float, says("The value.")]


class NumberArrayCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic with several numbers."""

    value: Annotated[list[float], says("The values.")]


class FloatCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic whose value is a floating-point number."""

    value: Annotated[float, says("The value.")]


class FloatArrayCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic with several floating-point numbers."""

    value: Annotated[list[float], says("The values.")]


class IntegerCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic whose value is a whole number."""

    value: Annotated[int, says("The value.")]


class IntegerArrayCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic with several whole numbers."""

    value: Annotated[list[int], says("The values.")]


class BooleanCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic that holds or does not."""

    value: Annotated[bool, says("The value.")]


class BooleanArrayCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic with several truths."""

    value: Annotated[list[bool], says("The values.")]


class ObjectCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic whose value has attributes of its own."""

    value: Annotated[dict[str, Any], says("The value.")]


class ObjectArrayCharacteristic(Characteristic, kw_only=True, frozen=True):
    """A characteristic with several values that have attributes of their own."""

    value: Annotated[list[dict[str, Any]], says("The values.")]


AnyCharacteristic = (
    Characteristic
    | BooleanArrayCharacteristic
    | BooleanCharacteristic
    | FloatArrayCharacteristic
    | FloatCharacteristic
    | IntegerArrayCharacteristic
    | IntegerCharacteristic
    | NumberArrayCharacteristic
    | NumberCharacteristic
    | ObjectArrayCharacteristic
    | ObjectCharacteristic
    | StringArrayCharacteristic
    | StringCharacteristic
)
