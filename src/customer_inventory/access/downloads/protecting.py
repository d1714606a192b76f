"""Protecting: what of a record leaves in a pseudonymised download, and how; what is not known to be harmless stays.

Ids, and attributes that the catalogue calls identifying, become keyed hashes: equal where the values are equal, with a
key of the purpose, so downloads for one purpose can be joined, of all kinds, and those for another cannot. Days,
numbers, truths and codes are left as they are; a code only if it is one of those that there are. Of a date-time the
day is left: to the millisecond hardly two records have the same. Every other text may
say anything about anybody, and is left out, and so are special categories, CPNI, and what nobody declared. GDPR article
4 (5): whoever has the key can tell who it is.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.model import RESOURCES
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.places import meets, place
from customer_inventory.model.shapes import Position, Shape
from customer_inventory.model.spelling import is_instant
from customer_inventory.requirements.masking import HIDDEN
from customer_inventory.requirements.requirement import InformationRequirement

PSEUDONYM, DATE, NUMBER, TRUTH, CODE, AREA = "pseudonym", "date", "number", "truth", "code", "area"
_OF_TYPE = {"boolean": TRUTH, "integer": NUMBER, "number": NUMBER, "date-time": DATE, "date": DATE}
_CLASSES = ("@type", "@baseType", "@referredType")
_AREA = "postCode"
_DAY = len("2026-01-31")


@dataclass(frozen=True, slots=True)
class Way:
    """What becomes of an attribute; `codes` are the values that there are of a code."""

    kind: str
    codes: frozenset[str] = frozenset()


def ways(attributes: Mapping[str, Attribute], requirements: Iterable[InformationRequirement]) -> dict[str, Way]:
    """Return what becomes of the attributes of a resource in a pseudonymised download; of others nothing is left."""
    return _ways(_way, attributes, requirements)


def generalised_ways(
    attributes: Mapping[str, Attribute], requirements: Iterable[InformationRequirement]
) -> dict[str, Way]:
    """Return the attributes that can be generalised, and as what: no ids, no names, no text but codes and postcodes."""
    return _ways(_plain, attributes, requirements)


def pseudonymised(document: Mapping[str, Any], kept: Mapping[str, Way], key: bytes) -> dict[str, Any]:
    """Return a shown document with pseudonyms, the id among them, and without all that is not `kept`."""
    found = _object(document, "", kept, key) or {}
    return {"id": pseudonym("id", document["id"], key), **{name: each for name, each in found.items() if name != "id"}}


def pseudonym(name: str, value: Any, key: bytes) -> str:
    """Return the pseudonym of a value of attributes of a name: it looks like an id, and says nothing."""
    digest = hmac.digest(key, name.encode() + b"\0" + msgspec.json.encode(value), sha256)
    return str(UUID(bytes=digest[:16]))


def _ways(
    way: Callable[[str, Attribute, InformationRequirement | None], Way | None],
    attributes: Mapping[str, Attribute],
    requirements: Iterable[InformationRequirement],
) -> dict[str, Way]:
    asked = {place(each.attribute).path: each for each in requirements}
    hidden = [path for path, each in asked.items() if each.sensitivity in HIDDEN]
    open_ = {
        path: each
        for path, each in attributes.items()
        if each.scalar and not any(meets(path, closed) for closed in hidden)
    }
    found = {path: way(path, each, asked.get(path)) for path, each in open_.items()}
    return {path: each for path, each in found.items() if each is not None}


def _way(path: str, attribute: Attribute, asked: InformationRequirement | None) -> Way | None:
    if path.rpartition(".")[2] == "id" or (asked is not None and asked.identifying):
        return Way(PSEUDONYM)
    found = _plain(path, attribute, asked)
    return found if found is None or found.kind != AREA else None


def _plain(path: str, attribute: Attribute, asked: InformationRequirement | None) -> Way | None:
    name = path.rpartition(".")[2]
    if name in {"id", "href"} or name.startswith("@"):
        return None
    if (kind := _OF_TYPE.get(attribute.type)) is not None:
        # A number that tells who somebody is, such as one of an identification, is none to count with.
        return None if kind == NUMBER and asked is not None and asked.identifying else Way(kind)
    rules = (asked.value_rule or ()) if asked is not None else ()
    codes = frozenset(attribute.enum or ()) | {code for rule in rules for code in rule.code_list or ()}
    if codes and not (asked is not None and asked.identifying):
        return Way(CODE, codes)
    return Way(AREA) if name == _AREA else None


def _object(document: Mapping[str, Any], path: str, kept: Mapping[str, Way], key: bytes) -> dict[str, Any] | None:
    found = {}
    for name, value in document.items():
        below = _value(value, f"{path}.{name}" if path else name, kept, key)
        if below is not None:
            found[name] = below
    if path and not found:
        return None
    return {**{name: document[name] for name in _CLASSES if _names_class(document.get(name))}, **found}


def _names_class(value: Any) -> bool:
    """Whether a value is the name of a class that there is: anything else there is a text like every other."""
    return isinstance(value, str) and value in class_names()


@cache
def class_names() -> frozenset[str]:
    """Return the names of the classes that the model knows: of resources, of what they are made of and point at."""
    found: dict[str, Shape] = {}
    fresh = [each.shape for each in RESOURCES.values()]
    while fresh:
        shape = fresh.pop()
        if shape.name not in found:
            found[shape.name] = shape
            places = [each.content for each in shape.fields.values() if isinstance(each.content, Position)]
            fresh += [below for each in places for below in (each.base, *each.choices.values())]
    targets = {name for each in RESOURCES.values() for reference in each.references for name in reference.targets}
    return frozenset({*found, *targets, *(name for each in RESOURCES.values() for name in each.classes)})


def _value(value: Any, path: str, kept: Mapping[str, Way], key: bytes) -> Any:
    if isinstance(value, list):
        return [below for each in value if (below := _value(each, path, kept, key)) is not None] or None
    if isinstance(value, dict):
        return _object(value, path, kept, key)
    way = kept.get(path)
    if way is None or value is None:
        return None
    if way.kind == PSEUDONYM:
        return pseudonym(path.rpartition(".")[2], value, key)
    if not is_plain(value, way):
        return None
    return value[:_DAY] if way.kind == DATE else value


def is_plain(value: Any, way: Way) -> bool:
    """Return whether a value is what its attribute is to be: where it is anything else, it may say anything."""
    match way.kind:
        case "date":
            return isinstance(value, str) and is_instant(value, ("date-time", "date"))
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "truth":
            return isinstance(value, bool)
        case "code":
            return isinstance(value, str) and value in way.codes
    return isinstance(value, str)
