"""Masking: what is shown of a value to who may not see it, by the masking form that its requirement names.

The forms, each of one value; an array is masked element by element, a group of values value by value:

- `none` shows the value.
- `partial` shows dots and the last characters of what is written: at most four, and at most a third of them. The dots
  are three however long the value is.
- `hash` shows twelve hexadecimal digits of a keyed hash (HMAC-SHA-256), so that equal values are told from others.
- `generalise` shows the year of a date, the number of digits of a number, the first letter of another text of at least
  four characters.
- `null` shows nothing.

A truth has only one bit to hide, so every form but `none` and `hash` hides it whole.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from customer_inventory.model.comparing import written_as
from customer_inventory.model.places import Place, place
from customer_inventory.model.spelling import is_instant
from customer_inventory.requirements.requirement import InformationRequirement

DOTS = "•••"
HIDDEN = frozenset({"cpni", "special"})
"""The classes of sensitivity that are masked for who may only audit."""
MOST_SHOWN = 4
"""So many characters a partial mask shows at most."""
_LEAST_LETTERS = 4
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Mask:
    """How an attribute at a place is masked."""

    place: Place
    form: str


def masks_of(requirements: Iterable[InformationRequirement]) -> tuple[Mask, ...]:
    """Return the masks of what only those may see who need to: of special categories and CPNI."""
    return tuple(
        Mask(place(each.attribute), each.masking)
        for each in requirements
        if each.sensitivity in HIDDEN and each.masking != "none"
    )


def masked(value: Any, form: str, *, key: bytes) -> Any:
    """Return a JSON value in one of the forms; `key` is that of the hash. Names of attributes and classes stay."""
    if form == "none" or value is None:
        return value
    if isinstance(value, list):
        return [masked(each, form, key=key) for each in value]
    if isinstance(value, dict) and form != "null":
        return {name: each if name.startswith("@") else masked(each, form, key=key) for name, each in value.items()}
    return _FORMS[form](value, key)


def masked_document(
    document: Mapping[str, Any], own: Iterable[Mask], by_class: Mapping[str, Iterable[Mask]], *, key: bytes
) -> dict[str, Any]:
    """Return a document with its `own` attributes masked, and those of records of other classes that it carries.

    `by_class` has the masks of each class by its name; what a document carries by value names its class in `@type`.
    """
    within = {name: _within(value, by_class, key) for name, value in document.items()}
    return _with_masks(within, own, key)


def _within(value: Any, by_class: Mapping[str, Iterable[Mask]], key: bytes) -> Any:
    if isinstance(value, list):
        return [_within(each, by_class, key) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: _within(each, by_class, key) for name, each in value.items()}
    said = [each for each in (value.get("@type"), value.get("@baseType")) if isinstance(each, str)]
    for name in dict.fromkeys(said):
        found = _with_masks(found, by_class.get(name, ()), key)
    return found


def _with_masks(document: dict[str, Any], masks: Iterable[Mask], key: bytes) -> dict[str, Any]:
    for mask in masks:
        document = _below(document, mask.place.holder, mask, key)
    return document


def _below(held: Any, names: tuple[str, ...], mask: Mask, key: bytes) -> Any:
    """The same value, with the attribute masked in the objects that `names` lead to."""
    if isinstance(held, list):
        return [_below(each, names, mask, key) for each in held]
    if not isinstance(held, dict):
        return held
    name = names[0] if names else mask.place.name
    if name not in held:
        return held
    if names:
        return {**held, name: _below(held[name], names[1:], mask, key)}
    return {**held, name: _attribute(held[name], mask, key)}


def _attribute(value: Any, mask: Mask, key: bytes) -> Any:
    if mask.place.named is None:
        return masked(value, mask.form, key=key)
    if isinstance(value, list):
        return [_attribute(each, mask, key) for each in value]
    if not isinstance(value, dict) or value.get("name") != mask.place.named or "value" not in value:
        return value
    return {**value, "value": masked(value["value"], mask.form, key=key)}


def _partly(value: Any, key: bytes) -> str:  # noqa: ARG001  every form is asked alike
    if isinstance(value, bool):
        return DOTS
    text = value if isinstance(value, str) else written_as("any", value) or ""
    shown = min(MOST_SHOWN, len(text) // 3)
    return DOTS + (text[-shown:] if shown else "")


def _hashed(value: Any, key: bytes) -> str:
    return "#" + hmac.new(key, msgspec.json.encode(value), sha256).hexdigest()[:_DIGITS]


def _generalised(value: Any, key: bytes) -> str:  # noqa: ARG001
    if isinstance(value, bool):
        return DOTS
    if isinstance(value, str):
        if is_instant(value, ("date-time", "date")):
            return value[:4]
        return f"{value[0]}{DOTS}" if len(value) >= _LEAST_LETTERS else DOTS
    digits = len(str(abs(int(value))))
    return f"{digits} digit{'' if digits == 1 else 's'}"


_FORMS: dict[str, Callable[[Any, bytes], Any]] = {
    "null": lambda _value, _key: None,
    "partial": _partly,
    "hash": _hashed,
    "generalise": _generalised,
}
