"""What one characteristic of an EntitySpecification demands of the values that entities have for it (TMF662).

A characteristic that nothing can meet, or that contradicts what every entity has, is refused here: whoever writes it is
told at once, and not with the first entity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from customer_inventory.model.entity import DayOrInstant, Instant
from customer_inventory.model.patterns import InvalidPattern, Pattern, pattern
from customer_inventory.model.problems import InvalidDocument, Problem
from customer_inventory.model.resource import Claim, Document, first_text
from customer_inventory.model.shapes import Field, Leaf
from customer_inventory.model.spelling import instant_key, read_number, spelled
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.model.validation import is_blank, leaf_reason

ATTRIBUTE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}", re.ASCII)
"""A characteristic of such a name may stand as an attribute of its own."""

TYPES: dict[str, Any] = {
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
"""What the words of `valueType`, in whichever case, mean; any other word takes any value."""

_LEAVES: dict[Any, Leaf] = {
    str: Leaf("string"),
    bool: Leaf("boolean"),
    int: Leaf("integer"),
    float: Leaf("number"),
    DayOrInstant: Leaf("date-time", formats=("date-time", "date")),
    Instant: Leaf("date-time", formats=("date-time",)),
    dict[str, Any]: Leaf("object"),
}
_OF_THE_SERVER = frozenset({"id", "href"})

Range = tuple[float | None, float | None, str]
"""From, to (None: without end), and which ends belong to it."""


@dataclass(frozen=True, slots=True)
class ValueRule:
    """What the values of one characteristic must be.

    `least` and `most` bound how many there are; `values`, `ranges` and `forms` are the ones allowed (none: any), and
    all follow `form`. `unique`: no other entity of the class has the same value.
    """

    name: str
    leaf: Leaf | None
    least: int
    most: int | None
    values: tuple[Any, ...]
    ranges: tuple[Range, ...]
    forms: tuple[Pattern, ...]
    form: Pattern | None
    unique: bool

    def problems(self, document: Document) -> Iterator[Problem]:
        """Yield what is wrong with the values that a document has."""
        found = self.found(document)
        if self.least and sum(not is_blank(value) for value in found) < self.least:
            reason = "is mandatory" if self.least == 1 else f"needs at least {self.least} values"
            yield Problem(self.name, reason, gap=True)
        if self.most is not None and len(found) > self.most:
            yield Problem(self.name, f"has more than {self.most} {'value' if self.most == 1 else 'values'}")
        for value in found:
            if unfit := self.unfit(value):
                yield Problem(self.name, unfit)

    def unfit(self, value: Any) -> str | None:
        """Return why a value cannot be one of the characteristic, or None when it can."""
        if self.leaf is not None and leaf_reason(self.leaf, value) is not None:
            return "is not of the type that its specification names"
        if not self._allows(value):
            return "is none of the values that its specification allows"
        if self.form is not None and not _fits(self.form, value):
            return "does not follow the pattern of its specification"
        return None

    def claims(self, named: str, document: Document) -> Iterator[Claim]:
        """Yield the values that no other entity of the class `named` may have, if this characteristic is unique."""
        if self.unique:
            for value in self.found(document):
                text = spelled(self.leaf.type if self.leaf else "any", value)
                spelling = text.encode() if text is not None else msgspec.json.encode(value, order="sorted")
                owned = f"{named}\0{self.name}\0".encode() + spelling
                yield Claim(self.name, sha256(owned).digest())

    def found(self, document: Document) -> list[Any]:
        """Return the values in a document: of the attribute of this name, and of the elements that bear the name."""
        own = document.get(self.name)
        values = own if isinstance(own, list) else [] if own is None else [own]
        elements = document.get("characteristic", [])
        named = [element["value"] for element in elements if element.get("name") == self.name and "value" in element]
        return values + [value for item in named for value in (item if isinstance(item, list) else [item])]

    def _allows(self, value: Any) -> bool:
        if not (self.values or self.ranges or self.forms):
            return True
        return (
            any(_equal(self.leaf, value, allowed) for allowed in self.values)
            or any(_within(value, *bounds) for bounds in self.ranges)
            or any(_fits(form, value) for form in self.forms)
        )


def value_rules(characteristics: list[dict[str, Any]]) -> Iterator[ValueRule]:
    """Yield the rules of characteristics whose `validFor` tells by true or false whether they hold now.

    Raises InvalidDocument.
    """
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


def kind_of_value(characteristic: Document) -> Any:
    """Return the Python type of a characteristic's values, Any for a word that names none."""
    return TYPES.get(first_text(characteristic, "valueType").lower(), Any)


def takes_several(characteristic: Document) -> bool:
    """Return whether the characteristic may have several values, so that its attribute is a list."""
    least, most = (_number(characteristic.get(bound)) for bound in ("minCardinality", "maxCardinality"))
    return most != 1 and (most is not None or (least or 0) > 1)


def holds(period: Any, at: datetime | None) -> bool:
    """Return whether a moment (None: any) lies in a TimePeriod; without one of its dates a period has no end there."""
    if at is None or not isinstance(period, dict):
        return True
    now = instant_key(at.isoformat().replace("+00:00", "Z"))
    start, end = (instant_key(first_text(period, name)) for name in ("startDateTime", "endDateTime"))
    return now is None or ((start is None or start <= now) and (end is None or now < end))


def _rule(name: str, characteristic: Document, path: str) -> ValueRule:
    _check_cardinality(characteristic, path)
    offered = characteristic.get("characteristicValueSpecification", [])
    taken = [each for each in offered if each.get("validFor") is not False]
    open_ended = characteristic.get("extensible") is True
    least, most = (_number(characteristic.get(bound)) or 0 for bound in ("minCardinality", "maxCardinality"))
    leaf = _LEAVES.get(kind_of_value(characteristic))
    form = first_text(characteristic, "regex")
    rule = ValueRule(
        name=name,
        leaf=leaf,
        least=0 if characteristic.get("validFor") is False else least,
        most=most if most > 0 else None,
        values=() if open_ended else tuple(_typed(each["value"], leaf) for each in taken if _says_value(each)),
        ranges=() if open_ended else tuple(_range(each) for each in taken if _is_range(each)),
        forms=() if open_ended else tuple(_forms(taken, path)),
        form=_pattern(f"{path}.regex", form) if form else None,
        unique=characteristic.get("isUnique") is True,
    )
    _check_against_entity(rule, characteristic, path)
    for number, each in enumerate(offered):
        _check_offered(rule, each, f"{path}.characteristicValueSpecification[{number}]")
    _check_defaults(rule, offered, path)
    return rule


def _check_cardinality(characteristic: Document, path: str) -> None:
    least, most = _number(characteristic.get("minCardinality")) or 0, _number(characteristic.get("maxCardinality"))
    if least < 0 or (most is not None and 0 < most < least):
        raise InvalidDocument([Problem(f"{path}.minCardinality", "is negative or above maxCardinality")])


def _check_against_entity(rule: ValueRule, characteristic: Document, path: str) -> None:
    """Raise InvalidDocument when a characteristic says of an attribute that every entity has something else."""
    if rule.name in _OF_THE_SERVER or rule.name.startswith("@"):
        raise InvalidDocument([Problem(f"{path}.name", "names what every record has and no specification can change")])
    declared = ENTITY.shape.fields.get(rule.name)
    if declared is None:
        return
    if rule.leaf is not None and not _agree(rule.leaf, declared):
        wanted = declared.content.type if isinstance(declared.content, Leaf) else "object"
        reason = f"contradicts Entity, whose {rule.name} is of type {wanted}"
        raise InvalidDocument([Problem(f"{path}.valueType", reason)])
    if takes_several(characteristic) and not declared.many:
        reason = f"contradicts Entity, which has one {rule.name} at most"
        raise InvalidDocument([Problem(f"{path}.maxCardinality", reason)])


def _agree(leaf: Leaf, declared: Field) -> bool:
    """Tell whether values of a type can stand in a declared attribute."""
    kind = declared.content.type if isinstance(declared.content, Leaf) else "object"
    return kind in {leaf.type, "any"} or (kind == "number" and leaf.type == "integer")


def _check_offered(rule: ValueRule, offered: Document, path: str) -> None:
    """Raise InvalidDocument for an offered value, or a range, that no value can be."""
    low, high, _ = _range(offered)
    if low is not None and high is not None and low > high:
        raise InvalidDocument([Problem(f"{path}.valueFrom", "is above valueTo")])
    if _says_value(offered):
        value = _typed(offered["value"], rule.leaf)
        if rule.leaf is not None and leaf_reason(rule.leaf, value) is not None:
            raise InvalidDocument([Problem(f"{path}.value", "is not of the valueType of the characteristic")])
        if rule.form is not None and not _fits(rule.form, value):
            raise InvalidDocument([Problem(f"{path}.value", "does not follow the regex of the characteristic")])


def _check_defaults(rule: ValueRule, offered: list[Any], path: str) -> None:
    """Raise InvalidDocument for more defaults than there may be values, or one outside the ranges that are offered."""
    path = f"{path}.characteristicValueSpecification"
    defaults = [number for number, each in enumerate(offered) if each.get("isDefault") is True]
    if rule.most is not None and len(defaults) > max(rule.most, 1):
        raise InvalidDocument([Problem(path, f"has more defaults than the {rule.most} that maxCardinality allows")])
    ranges = [_range(each) for each in offered if _is_range(each)]
    others = [_typed(each["value"], rule.leaf) for each in offered if _says_value(each) and not each.get("isDefault")]
    for number in defaults:
        each = offered[number]
        value = _typed(each.get("value"), rule.leaf)
        if not ranges or _is_range(each) or not isinstance(value, int | float):
            continue
        if not any(_within(value, *bounds) for bounds in ranges) and value not in others:
            raise InvalidDocument([Problem(f"{path}[{number}].value", "is a default outside of the values offered")])


def _says_value(offered: Document) -> bool:
    return offered.get("value") is not None


def _is_range(offered: Document) -> bool:
    """Tell whether a value specification offers a range: one that names a value besides offers that value."""
    return not _says_value(offered) and bool({"valueFrom", "valueTo"} & offered.keys())


def _forms(offered: list[Document], path: str) -> Iterator[Pattern]:
    """Yield the patterns of the value specifications that offer nothing but a pattern."""
    for number, each in enumerate(offered):
        text = first_text(each, "regex")
        if text:
            form = _pattern(f"{path}.characteristicValueSpecification[{number}].regex", text)
            if not _says_value(each) and not _is_range(each):
                yield form


def _typed(value: Any, leaf: Leaf | None) -> Any:
    """Return an offered value as one of its type: catalogues often spell numbers and truths as texts."""
    if leaf is None or not isinstance(value, str):
        return value
    if leaf.type == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    if leaf.type in {"integer", "number"}:
        number = read_number(value)
        return value if number is None else number
    return value


def _equal(leaf: Leaf | None, value: Any, allowed: Any) -> bool:
    if value == allowed:
        return isinstance(value, bool) == isinstance(allowed, bool)
    kind = leaf.type if leaf else ""
    return kind == "date-time" and spelled(kind, value) == spelled(kind, allowed)


def _range(offered: Document) -> Range:
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
    """Tell whether a value follows a pattern: a number as it is spelled, what is no single value always."""
    text = spelled("any", value)
    return text is None or wanted.found_in(text)


def _number(value: Any) -> int | None:
    return value if type(value) is int else None
