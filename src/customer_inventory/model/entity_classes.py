"""Classes of entity: what EntitySpecifications demand of the entities that they govern (TMF662, TMF703).

A specification names a class in `targetEntitySchema` and its attributes in `specCharacteristic`. From these a Struct is
made at run time, so that an entity of the class is validated, searched, linked and shown exactly like a record of a
declared kind. A characteristic may stand as an attribute of its name or as an element of `characteristic`. Several
specifications of one class add up; they may not say different things of one characteristic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any

import msgspec

from customer_inventory.model.attributes import Attribute, attributes_of_any
from customer_inventory.model.entity import says
from customer_inventory.model.entity_rules import (
    ATTRIBUTE_NAME,
    ValueRule,
    holds,
    kind_of_value,
    takes_several,
    value_rules,
)
from customer_inventory.model.problems import InvalidDocument, Problem
from customer_inventory.model.resource import DECLARED, Claim, Document, Resource, first_text
from customer_inventory.model.spelling import instant_key
from customer_inventory.model.tmf703 import ENTITY, Entity

CHARACTERISTICS = 500
"""How many attributes a class may have."""

_CLASS_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_:.-]{0,99}", re.ASCII)
_OFFERED = "characteristicValueSpecification"
_GOVERN_NOTHING = frozenset(
    {"instudy", "indesign", "intest", "draft", "planned", "rejected", "retired", "obsolete", "terminated"}
)


def class_name(specification: Document) -> str | None:
    """Return the class that a specification describes, whether it is in force or not; None when it names none.

    Raises InvalidDocument for a name that no class of entity can have.
    """
    target = specification.get("targetEntitySchema")
    if not isinstance(target, dict):
        name = first_text(specification, "name")
        return name if _CLASS_NAME.fullmatch(name) and not _is_elsewhere(name) else None
    name = first_text(target, "@type")
    if not _CLASS_NAME.fullmatch(name):
        raise InvalidDocument([Problem("targetEntitySchema.@type", "is no name of a class: letters, digits, _ : . -")])
    if _is_elsewhere(name):
        reason = "names a class that has an API of its own here; entities need another name"
        raise InvalidDocument([Problem("targetEntitySchema.@type", reason)])
    return name


def in_force(specification: Document, *, at: datetime | None) -> bool:
    """Return whether a specification governs anything at a moment (None: in its time): not as draft or retired."""
    status = re.sub(r"[\s_-]", "", first_text(specification, "lifecycleStatus").lower())
    return status not in _GOVERN_NOTHING and holds(specification.get("validFor"), at)


def entity_class(specification: Document, *, at: datetime | None = None) -> Resource | None:
    """Return the kind of record that a valid specification describes, or None when it governs nothing at a moment.

    Without a moment, whatever has a time is in it.

    Raises InvalidDocument when no class can be made of it.
    """
    name = class_name(specification)
    if name is None or not in_force(specification, at=at):
        return None
    return _made(name, _packed(specification.get("specCharacteristic", []), at))


def entity_classes(specifications: Iterable[Document], *, at: datetime | None = None) -> dict[str, Resource]:
    """Return the classes that valid specifications describe at a moment, by name.

    The characteristics of several of one class add up; what two have holds as the later says. A specification of which
    no class can be made (it was written before a rule was made stricter) governs nothing.
    """
    named: dict[str, list[Document]] = {}
    for specification in specifications:
        with suppress(InvalidDocument):
            known = entity_class(specification, at=at)
            if known is not None:
                named.setdefault(known.struct.__name__, []).append(specification)
    return {name: _made(name, _packed(_joined(several), at)) for name, several in named.items()}


def turning_points(specifications: Iterable[Document]) -> list[tuple[int, str, str]]:
    """Return the moments, as `instant_key` orders them, at which what is in force changes by itself."""
    found: list[tuple[int, str, str] | None] = []
    for specification in specifications:
        characteristics = specification.get("specCharacteristic", [])
        values = (value for each in characteristics for value in each.get("characteristicValueSpecification", []))
        for part in (specification, *characteristics, *values):
            period = part.get("validFor")
            if isinstance(period, dict):
                found += [instant_key(first_text(period, end)) for end in ("startDateTime", "endDateTime")]
    return sorted(moment for moment in found if moment is not None)


def specification_problems(specification: Document) -> Iterable[Problem]:
    """Return what keeps a class from being made of a specification: the rules of EntitySpecification.

    A draft is held to them too: so it cannot fail on the day when it comes into force.
    """
    try:
        name = class_name(specification)
        if name is not None:
            _made(name, _packed(specification.get("specCharacteristic", []), None))
    except InvalidDocument as refused:
        return refused.problems
    return ()


def contradictions(specification: Document, others: Iterable[Document], *, at: datetime | None) -> list[str]:
    """Return the characteristics of which another specification of the same class says something else at a moment."""
    known = entity_class(specification, at=at)
    if known is None:
        return []
    own = {rule.name: rule for rule in _rules(specification, at)}
    found: dict[str, None] = {}
    for other in others:
        with suppress(InvalidDocument):
            governed = entity_class(other, at=at)
            if governed is not None and governed.shape.name == known.shape.name:
                differing = (rule.name for rule in _rules(other, at) if own.get(rule.name, rule) != rule)
                found.update(dict.fromkeys(differing))
    return list(found)


def entity_attributes(classes: Iterable[Resource]) -> Mapping[str, Attribute]:
    """Return the attributes of entities of any of the classes, and of those that no specification governs."""
    shapes = (ENTITY.shape, *(known.shape for known in classes))
    return attributes_of_any(shapes, searchable=ENTITY.searchable)


def _is_elsewhere(name: str) -> bool:
    """Tell whether a name is that of a kind of record with an API of its own: its records are no entities."""
    return name in DECLARED and name != Entity.__name__


def _rules(specification: Document, at: datetime | None) -> Iterator[ValueRule]:
    return value_rules(msgspec.json.decode(_packed(specification.get("specCharacteristic", []), at)))


def _joined(specifications: Sequence[Document]) -> list[Document]:
    """Return the characteristics of several specifications, each name once; those without a name ask for nothing."""
    named = {
        first_text(each, "name"): each
        for specification in specifications
        for each in specification.get("specCharacteristic", [])
    }
    return [each for name, each in named.items() if name]


def _packed(characteristics: Sequence[Document], at: datetime | None) -> bytes:
    """Return characteristics as they are at a moment, as a key: `validFor` tells whether it is their time."""
    known = [{**each, **_in_time(each, at), _OFFERED: _offered(each, at)} for each in characteristics]
    return msgspec.json.encode(known, order="sorted")


def _offered(characteristic: Document, at: datetime | None) -> list[Document]:
    return [{**value, **_in_time(value, at)} for value in characteristic.get(_OFFERED, [])]


def _in_time(part: Document, at: datetime | None) -> Document:
    return {"validFor": holds(part.get("validFor"), at)}


@lru_cache(maxsize=1024)
def _made(name: str, packed: bytes) -> Resource:
    """Return the class of these characteristics: the same one for the same, so that a change of a class is seen."""
    characteristics = msgspec.json.decode(packed)
    if len(characteristics) > CHARACTERISTICS:
        raise InvalidDocument([Problem("specCharacteristic", f"has more than {CHARACTERISTICS} elements; split it")])
    rules = tuple(value_rules(characteristics))
    declared = tuple(_fields(characteristics))
    struct = msgspec.defstruct(
        name, declared, bases=(Entity,), kw_only=True, frozen=True, tag_field="@type", tag=name, gc=False
    )
    return replace(
        ENTITY,
        struct=struct,
        classes=frozenset({name}),
        rules=_Demands(rules),
        claims=partial(_claims, tuple(rule for rule in rules if rule.unique), name),
    )


@dataclass(frozen=True, slots=True)
class _Demands:
    """What the characteristics of a class demand, asked of a document."""

    rules: tuple[ValueRule, ...]

    def __call__(self, document: Document) -> Iterable[Problem]:
        return (problem for rule in self.rules for problem in rule.problems(document))


def demands_of(known: Resource) -> tuple[ValueRule, ...]:
    """Return what the characteristics of a class of entity demand; nothing for an entity of no class."""
    return known.rules.rules if isinstance(known.rules, _Demands) else ()


def _claims(rules: tuple[ValueRule, ...], name: str, document: Document) -> Iterator[Claim]:
    return (claim for rule in rules for claim in rule.claims(name, document))


def _fields(characteristics: list[dict[str, Any]]) -> Iterator[tuple[str, Any, Any]]:
    """Yield the fields of the Struct: one for each characteristic that may stand as an attribute and is none yet."""
    for number, characteristic in enumerate(characteristics):
        name = first_text(characteristic, "name")
        if not ATTRIBUTE_NAME.fullmatch(name) or name in Entity.__struct_encode_fields__:
            continue
        kind = kind_of_value(characteristic)
        if takes_several(characteristic):
            kind = list.__class_getitem__(kind)
        described = says(first_text(characteristic, "description"))
        annotation = Annotated.__class_getitem__((kind | msgspec.UnsetType, described))  # type: ignore[attr-defined]
        yield f"characteristic_{number}", annotation, msgspec.field(default=msgspec.UNSET, name=name)
