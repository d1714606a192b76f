"""Specifications: what a kind of thing is described by, before there is one (TMF669 v5.0.0, TMF651 v5.0.0).

A specification says which characteristics its things may have and which values those may take. Both files declare the
same classes; where one has a class of value more than the other, both may use it here.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType, field

from customer_inventory.model.entity import (
    AttachmentRefOrValue,
    Entity,
    EntityRef,
    Extensible,
    Instant,
    TimePeriod,
    Word,
    says,
)
from customer_inventory.model.party import RelatedPartyRefOrPartyRoleRef


class CharacteristicSpecificationRelationship(Extensible, kw_only=True, frozen=True):
    """How one characteristic of a specification bears on another, here or in another specification."""

    relationship_type: Annotated[str, says("How it bears on the other, such as excludes.")]
    name: Annotated[str, says("What the other characteristic is called.")]
    characteristic_specification_id: Annotated[
        str | UnsetType, says("The identifier of the other characteristic in its specification.")
    ] = UNSET
    parent_specification_href: Annotated[
        str | UnsetType, says("The address of the specification that has the other characteristic (URI).")
    ] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the one bears on the other.")] = UNSET
    parent_specification_id: Annotated[str, says("The identifier of the specification that has the other one.")]


class CharacteristicValueSpecification(Extensible, frozen=True):
    """One value, or one range of values, that a characteristic may take."""

    value_type: Annotated[str | UnsetType, says("The type of the value, in words.")] = UNSET
    is_default: Annotated[bool | UnsetType, says("Whether it is taken where none is chosen.")] = UNSET
    unit_of_measure: Annotated[str | UnsetType, says("The unit in which the value counts.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the value may be taken.")] = UNSET
    value_from: Annotated[int | UnsetType, says("The smallest value of the range.")] = UNSET
    value_to: Annotated[int | UnsetType, says("The largest value of the range.")] = UNSET
    range_interval: Annotated[str | UnsetType, says("Whether the ends belong to the range: open or closed.")] = UNSET
    regex: Annotated[str | UnsetType, says("The regular expression that a value must match.")] = UNSET


class StringCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """A text that a characteristic may hold."""

    value: Annotated[str | UnsetType, says("The text.")] = UNSET


class StringArrayCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """Several texts that a characteristic may hold together."""

    value: Annotated[list[str] | UnsetType, says("The texts.")] = UNSET


class NumberCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """A number that a characteristic may hold."""

    value: Annotated[float | UnsetType, says("The number.")] = UNSET


class NumberArrayCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """Several numbers that a characteristic may hold together."""

    value: Annotated[list[float] | UnsetType, says("The numbers.")] = UNSET


class FloatCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """A floating-point number that a characteristic may hold."""

    value: Annotated[float | UnsetType, says("The number.")] = UNSET


class FloatArrayCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """Several floating-point numbers that a characteristic may hold together."""

    value: Annotated[list[float] | UnsetType, says("The numbers.")] = UNSET


class IntegerCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """A whole number that a characteristic may hold."""

    value: Annotated[int | UnsetType, says("The number.")] = UNSET


class IntegerArrayCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """Several whole numbers that a characteristic may hold together."""

    value: Annotated[list[int] | UnsetType, says("The numbers.")] = UNSET


class BooleanCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """A truth that a characteristic may hold."""

    value: Annotated[bool | UnsetType, says("The truth.")] = UNSET


class BooleanArrayCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """Several truths that a characteristic may hold together."""

    value: Annotated[list[bool] | UnsetType, says("The truths.")] = UNSET


class ObjectCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """A value with attributes of its own that a characteristic may hold."""

    value: Annotated[dict[str, Any] | UnsetType, says("The attributes.")] = UNSET


class ObjectArrayCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """Several values with attributes of their own that a characteristic may hold together."""

    value: Annotated[list[dict[str, Any]] | UnsetType, says("The attributes of each.")] = UNSET


class MapCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """A map from names to values that a characteristic may hold."""

    value: Annotated[dict[str, Any] | UnsetType, says("The map.")] = UNSET


class MapArrayCharacteristicValueSpecification(CharacteristicValueSpecification, frozen=True):
    """Several maps from names to values that a characteristic may hold together."""

    value: Annotated[list[dict[str, Any]] | UnsetType, says("The maps.")] = UNSET


AnyCharacteristicValueSpecification = (
    CharacteristicValueSpecification
    | BooleanArrayCharacteristicValueSpecification
    | BooleanCharacteristicValueSpecification
    | FloatArrayCharacteristicValueSpecification
    | FloatCharacteristicValueSpecification
    | IntegerArrayCharacteristicValueSpecification
    | IntegerCharacteristicValueSpecification
    | MapArrayCharacteristicValueSpecification
    | MapCharacteristicValueSpecification
    | NumberArrayCharacteristicValueSpecification
    | NumberCharacteristicValueSpecification
    | ObjectArrayCharacteristicValueSpecification
    | ObjectCharacteristicValueSpecification
    | StringArrayCharacteristicValueSpecification
    | StringCharacteristicValueSpecification
)


class CharacteristicSpecification(Extensible, kw_only=True, frozen=True):
    """A characteristic that the things of a specification may have."""

    id: Annotated[str | UnsetType, says("The identifier of the characteristic.")] = UNSET
    name: Annotated[str, says("What the characteristic is called.")]
    value_type: Annotated[str, says("The type of its values, in words.")]
    description: Annotated[str | UnsetType, says("What the characteristic means.")] = UNSET
    configurable: Annotated[bool | UnsetType, says("Whether its value may be chosen for each thing.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When things may have it.")] = UNSET
    min_cardinality: Annotated[int | UnsetType, says("How many values a thing has at least.")] = UNSET
    max_cardinality: Annotated[int | UnsetType, says("How many values a thing has at most.")] = UNSET
    is_unique: Annotated[bool | UnsetType, says("Whether no two things may have the same value.")] = UNSET
    regex: Annotated[str | UnsetType, says("The regular expression that each value must match.")] = UNSET
    extensible: Annotated[bool | UnsetType, says("Whether a thing may have values that are not listed.")] = UNSET
    value_schema_location: Annotated[
        str | UnsetType, says("Where the JSON Schema of the values can be read (URI).")
    ] = field(default=UNSET, name="@valueSchemaLocation")
    char_spec_relationship: Annotated[
        list[CharacteristicSpecificationRelationship] | UnsetType, says("How it bears on other characteristics.")
    ] = UNSET
    characteristic_value_specification: Annotated[
        list[AnyCharacteristicValueSpecification] | UnsetType, says("The values it may take.")
    ] = UNSET


class TargetEntitySchema(Word, kw_only=True, frozen=True):
    """The class of the things that a specification describes, and where its schema is."""

    type: Annotated[str, says("The class of the things described.")] = field(name="@type")
    schema_location: Annotated[str, says("Where the JSON Schema of that class can be read (URI).")] = field(
        name="@schemaLocation"
    )


class ConstraintRef(EntityRef, frozen=True):
    """A pointer to a rule that things of the specification obey."""

    version: Annotated[str | UnsetType, says("The version of the rule.")] = UNSET


class AssociationSpecificationRef(EntityRef, frozen=True):
    """A pointer to what an association between things is specified by."""


class EntitySpecificationRelationship(Word, kw_only=True, frozen=True):
    """How one specification bears on another."""

    href: Annotated[str | UnsetType, says("The address of the other specification (URI).")] = UNSET
    name: Annotated[str | UnsetType, says("What the other specification is called.")] = UNSET
    role: Annotated[str, says("The part the specification plays in the association.")]
    valid_for: Annotated[TimePeriod, says("When the one bears on the other.")]
    association_spec: Annotated[AssociationSpecificationRef, says("What the association is specified by.")]
    base_type: Annotated[str | UnsetType, says("The class that the class of the relationship extends.")] = field(
        default=UNSET, name="@baseType"
    )
    schema_location: Annotated[
        str | UnsetType, says("Where the JSON Schema of the extra attributes can be read (URI).")
    ] = field(default=UNSET, name="@schemaLocation")
    relationship_type: Annotated[str, says("How it bears on the other, such as replaces.")]


class EntitySpecification(Entity, kw_only=True, frozen=True):
    """What a kind of thing is specified by: the base of specifications that have characteristics."""

    name: Annotated[str, says("What the specification is called.")]
    description: Annotated[str | UnsetType, says("What it specifies, in words.")] = UNSET
    last_update: Annotated[Instant | UnsetType, says("When the specification was last changed.")] = UNSET
    lifecycle_status: Annotated[str | UnsetType, says("Where the specification stands in its life.")] = UNSET
    is_bundle: Annotated[bool | UnsetType, says("Whether it is made of other specifications.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When things may be made by it.")] = UNSET
    version: Annotated[str | UnsetType, says("The version of the specification.")] = UNSET
    attachment: Annotated[list[AttachmentRefOrValue] | UnsetType, says("Files that say more about it.")] = UNSET
    target_entity_schema: Annotated[
        TargetEntitySchema | UnsetType, says("The class of the things that it describes.")
    ] = UNSET
    spec_characteristic: Annotated[
        list[CharacteristicSpecification] | UnsetType, says("The characteristics that its things may have.")
    ] = UNSET
    related_party: Annotated[
        list[RelatedPartyRefOrPartyRoleRef] | UnsetType, says("Who bears on the specification, and how.")
    ] = UNSET
    constraint: Annotated[list[ConstraintRef] | UnsetType, says("The rules that its things obey.")] = UNSET
    entity_spec_relationship: Annotated[
        list[EntitySpecificationRelationship] | UnsetType, says("How it bears on other specifications.")
    ] = UNSET
