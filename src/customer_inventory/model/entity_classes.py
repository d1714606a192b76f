"""Classes of entity: what an EntitySpecification demands of the entities that it governs (TMF662, TMF703).

A specification names a class in `targetEntitySchema` and its attributes in `specCharacteristic`. From these a Struct is
made at run time, so that an entity of the class is validated, searched, linked and shown exactly like a record of a
declared kind. A characteristic may stand as an attribute of its name or as an element of `characteristic`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

import msgspec

from customer_inventory.model.attributes import Attribute, attributes_of, attributes_of_any
from customer_inventory.model.entity import DayOrInstant, Instant, says
from customer_inventory.model.patterns import InvalidPattern, Pattern, pattern
from customer_inventory.model.problems import InvalidDocument, Problem
from customer_inventory.model.resource import Document, Resource, first_text
from customer_inventory.model.shapes import Leaf, shape_of
from customer_inventory.model.tmf703 import ENTITY, Entity
from customer_inventory.model.validation import leaf_reason

CHARACTERISTICS = 500
"""How many attributes a class may have."""

_CLASS_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_:.-]{0,99}", re.ASCII)
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}", re.ASCII)
_RETIRED = frozenset({"retired", "obsolete", "terminated"})
_TYPES: dict[str, Any] = {
    "string": str,
    "text": str,
    "boolean": bool,
    "integer": int,
    "int": int,
    "long": int,
    "number": float,
    "numeric": float,
    "decimal": float,
    "float": float,
    "double": float,
    "date": DayOrInstant,
    "datetime": Instant,
    "date-time": Instant,
    "timestamp": Instant,
    "object": dict[str, Any],
}

_LEAVES: dict[Any, Leaf] = {
    str: Leaf("string"),
    bool: Leaf("boolean"),
    int: Leaf("integer"),
    float: Leaf("number"),
    DayOrInstant: Leaf("date-time", formats=("date-time", "date")),
    Instant: Leaf("date-time", formats=("date-time",)),
    dict[str, Any]: Leaf("object"),
}
"""The same types, for the values that stand in a `characteristic` list."""


@dataclass(frozen=True, slots=True)
class ValueRule:
    """What the values of one characteristic must be, beyond their type.

    `least` and `most` bound how many there are; `values` and `ranges` are the ones allowed (none: any).
    """

    name: str
    leaf: Leaf | None
    least: int
    most: int | None
    values: tuple[Any, ...]
    ranges: tuple[tuple[float | None, float | None, str], ...]
    patterns: tuple[Pattern, ...]

    def problems(self, path: str, found: list[Any]) -> Iterator[Problem]:
        """Yield what is wrong with the values `found` at `path`."""
        if len(found) < self.least:
            yield Problem(path, "is mandatory" if self.least == 1 else f"needs at least {self.least} values")
        if self.most is not None and len(found) > self.most:
            yield Problem(path, f"has more than {self.most} values")
        for value in found:
            if not self._is_of_type(value):
                yield Problem(path, "is not of the type that its specification names")
            elif not self._allows(value):
                yield Problem(path, "is none of the values that its specification allows")
            elif not all(_fits(wanted, value) for wanted in self.patterns):
                yield Problem(path, "does not follow the pattern of its specification")

    def _is_of_type(self, value: Any) -> bool:
        return self.leaf is None or leaf_reason(self.leaf, value) is None

    def _allows(self, value: Any) -> bool:
        if not self.values and not self.ranges:
            return True
        if any(type(value) is type(allowed) and value == allowed for allowed in self.values) or (
            isinstance(value, int | float) and not isinstance(value, bool) and value in self.values
        ):
            return True
        return any(_within(value, *bounds) for bounds in self.ranges)


def entity_class(specification: Document) -> Resource | None:
    """Return the kind of record that a valid specification describes, or None when it is retired or names no class.

    Raises InvalidDocument when no class can be made of it.
    """
    target = specification.get("targetEntitySchema")
    name = target["@type"] if isinstance(target, dict) else first_text(specification, "name")
    if first_text(specification, "lifecycleStatus").lower() in _RETIRED:
        return None
    if not _CLASS_NAME.fullmatch(name):
        if target is None:
            return None
        raise InvalidDocument([Problem("targetEntitySchema.@type", "is no name of a class: letters, digits, _ : . -")])
    characteristics = specification.get("specCharacteristic", [])
    rules = tuple(_rules(characteristics))
    declared = tuple(_fields(characteristics))
    struct = msgspec.defstruct(
        name, declared, bases=(Entity,), kw_only=True, frozen=True, tag_field="@type", tag=name, gc=False
    )
    shape = shape_of(struct)
    attributes = attributes_of(shape, searchable=ENTITY.searchable)
    return replace(
        ENTITY,
        struct=struct,
        classes=frozenset({name}),
        shape=shape,
        attributes=attributes,
        rules=partial(_broken_rules, rules),
    )


def entity_classes(specifications: Iterable[Document]) -> dict[str, Resource]:
    """Return the classes that valid specifications describe, by name; of two for one class the later one governs.

    A specification of which no class can be made (it was written before a rule was made stricter) governs nothing.
    """
    classes: dict[str, Resource] = {}
    for specification in specifications:
        with suppress(InvalidDocument):
            known = entity_class(specification)
            if known is not None:
                classes[known.shape.name] = known
    return classes


def specification_problems(specification: Document) -> Iterable[Problem]:
    """Return what keeps a class from being made of a specification: the rules of EntitySpecification."""
    try:
        entity_class(specification)
    except InvalidDocument as refused:
        return refused.problems
    return ()


def _broken_rules(rules: tuple[ValueRule, ...], document: Document) -> Iterable[Problem]:
    return (problem for rule in rules for problem in rule.problems(rule.name, _found(rule.name, document)))


def entity_attributes(classes: Iterable[Resource]) -> Mapping[str, Attribute]:
    """Return the attributes of entities of any of the classes, and of those that no specification governs."""
    shapes = (ENTITY.shape, *(known.shape for known in classes))
    return attributes_of_any(shapes, searchable=ENTITY.searchable)


def _found(name: str, document: Document) -> list[Any]:
    """Return the values of a characteristic: of the attribute of its name, and of the elements that bear its name."""
    own = document.get(name)
    values = own if isinstance(own, list) else [] if own is None else [own]
    elements = document.get("characteristic", [])
    named = [element["value"] for element in elements if element.get("name") == name and "value" in element]
    return values + [value for item in named for value in (item if isinstance(item, list) else [item])]


def _fields(characteristics: list[dict[str, Any]]) -> Iterator[tuple[str, Any, Any]]:
    """Yield the fields of the Struct: one for each characteristic that may stand as an attribute and is none yet."""
    for number, characteristic in enumerate(characteristics):
        name = first_text(characteristic, "name")
        if not _ATTRIBUTE_NAME.fullmatch(name) or name in ENTITY.shape.fields:
            continue
        kind = _TYPES.get(first_text(characteristic, "valueType").lower(), Any)
        most = _number(characteristic.get("maxCardinality"))
        if most is not None and most != 1:
            kind = list.__class_getitem__(kind)
        described = says(first_text(characteristic, "description"))
        annotation = Annotated.__class_getitem__((kind | msgspec.UnsetType, described))  # type: ignore[attr-defined]
        yield f"characteristic_{number}", annotation, msgspec.field(default=msgspec.UNSET, name=name)


def _rules(characteristics: list[dict[str, Any]]) -> Iterator[ValueRule]:
    if len(characteristics) > CHARACTERISTICS:
        raise InvalidDocument([Problem("specCharacteristic", f"has more than {CHARACTERISTICS} elements; split it")])
    seen: set[str] = set()
    for number, characteristic in enumerate(characteristics):
        path = f"specCharacteristic[{number}]"
        name = first_text(characteristic, "name")
        if not name:
            continue
        if name in seen:
            raise InvalidDocument([Problem(f"{path}.name", "stands there twice")])
        seen.add(name)
        yield _rule(name, characteristic, path)


def _check_cardinality(characteristic: Document, path: str) -> None:
    least, most = _number(characteristic.get("minCardinality")) or 0, _number(characteristic.get("maxCardinality"))
    if least < 0 or (most is not None and 0 < most < least):
        raise InvalidDocument([Problem(f"{path}.minCardinality", "is negative or above maxCardinality")])


def _rule(name: str, characteristic: Document, path: str) -> ValueRule:
    _check_cardinality(characteristic, path)
    offered = characteristic.get("characteristicValueSpecification", [])
    open_ended = characteristic.get("extensible") is True
    most = _number(characteristic.get("maxCardinality"))
    patterns = [(f"{path}.regex", first_text(characteristic, "regex"))]
    return ValueRule(
        name=name,
        leaf=_LEAVES.get(_TYPES.get(first_text(characteristic, "valueType").lower())),
        least=max(0, _number(characteristic.get("minCardinality")) or 0),
        most=most if most is not None and most > 0 else None,
        values=() if open_ended else tuple(value["value"] for value in offered if value.get("value") is not None),
        ranges=()
        if open_ended
        else tuple(_range(value) for value in offered if {"valueFrom", "valueTo"} & value.keys()),
        patterns=tuple(_pattern(where, text) for where, text in patterns if text),
    )


def _range(offered: Document) -> tuple[float | None, float | None, str]:
    return offered.get("valueFrom"), offered.get("valueTo"), first_text(offered, "rangeInterval").lower()


def _within(value: Any, low: float | None, high: float | None, interval: str) -> bool:
    """Tell whether a number lies in a range: open leaves out both ends, closedBottom and closedTop leave out one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    low_open, high_open = interval in {"open", "closedtop"}, interval in {"open", "closedbottom"}
    above = low is None or (value > low if low_open else value >= low)
    return above and (high is None or (value < high if high_open else value <= high))


def _pattern(path: str, text: str) -> Pattern:
    """Return the pattern that a whole text must follow."""
    try:
        return pattern(f"^(?:{text})$")
    except InvalidPattern as error:
        raise InvalidDocument([Problem(path, error.message)]) from error


def _fits(wanted: Pattern, value: Any) -> bool:
    return not isinstance(value, str) or wanted.found_in(value)


def _number(value: Any) -> int | None:
    return value if type(value) is int else None
