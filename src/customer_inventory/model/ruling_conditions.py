"""Conditions of rules as functions of an object: what most of them ask costs a look into a dictionary or two.

Equality with a text, existence, and two attributes against each other are asked directly, of plain values; whatever
else is asked, or stands there, is read by `selecting.Reading`, which is what every condition means. An equality that a
condition cannot hold without is its *key*: by it a visit finds the few rules of a country among those of all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from customer_inventory.model.attributes import Attribute
from customer_inventory.model.comparing import both_compare
from customer_inventory.model.jsonpath_tree import (
    Against,
    AllOf,
    AnyOf,
    Compare,
    Exists,
    Expression,
    Literal,
    Name,
    Not,
    Path,
)
from customer_inventory.model.selecting import SIGNS, Node, Reading, common_type, typed
from customer_inventory.model.spelling import read_number

Held = Mapping[str, Any]
Attributes = Mapping[str, Attribute]


@dataclass(slots=True)
class Look:
    """One document that is looked at, and when; it is read by JSONPath only if a condition needs it."""

    document: Held
    attributes: Attributes
    now: datetime
    _reading: Reading | None = None

    @property
    def reading(self) -> Reading:
        """The document as JSONPath reads it."""
        if self._reading is None:
            self._reading = Reading(self.attributes, self.document)
        return self._reading


Condition = Callable[[Held, Look], bool]
"""Asked of an object in the document that is looked at."""


class Key(NamedTuple):
    """An attribute of the object, the texts of which it must be one, and what must hold besides where it is one."""

    name: str
    texts: frozenset[str]
    rest: Expression | None = None


def condition(expression: Expression, path: str, attributes: Attributes) -> Condition:
    """Return an expression about the objects at `path` as a function of one of them."""
    match expression:
        case AllOf(parts=parts) | AnyOf(parts=parts):
            several = [condition(part, path, attributes) for part in parts]
            return _all_of(several) if isinstance(expression, AllOf) else _any_of(several)
        case Not(part=part):
            opposite = condition(part, path, attributes)
            return lambda held, look: not opposite(held, look)
        case Compare(left=Path(steps=(Name(name=name),), from_root=False), sign="==" | "!=" as sign, right=right) if (
            _textual(right, _at(path, name), attributes)
        ):
            return _equals(expression, path, name, right.text, equal=sign == "==")
        case Exists(of=Path(steps=(Name(name=name),), from_root=False)):
            return _exists(expression, path, name)
        case Against(left=Path(steps=(Name(),), from_root=False), right=Path(steps=(Name(),), from_root=False)):
            return _against(expression, path, attributes)
    return _read(expression, path)


def _all_of(several: list[Condition]) -> Condition:
    def holds(held: Held, look: Look) -> bool:
        for each in several:  # noqa: SIM110  a generator costs as much as what it goes through
            if not each(held, look):
                return False
        return True

    return holds


def _any_of(several: list[Condition]) -> Condition:
    def holds(held: Held, look: Look) -> bool:
        for each in several:  # noqa: SIM110  as above
            if each(held, look):
                return True
        return False

    return holds


def key(expression: Expression, path: str, attributes: Attributes) -> Key | None:
    """Return an equality without which an expression cannot hold, that of the fewest texts; None when there is none."""
    match expression:
        case AllOf(parts=parts):
            found = [(part, each) for part in parts if (each := key(part, path, attributes)) is not None]
            if not found:
                return None
            # The class of an object tells little apart: what else is asked for is the better key.
            part, best = min(found, key=lambda one: (one[1].name == "@type", len(one[1].texts)))
            rest = [each for each in (*(other for other in parts if other is not part), best.rest) if each is not None]
            return best._replace(rest=AllOf(tuple(rest)) if len(rest) > 1 else rest[0] if rest else None)
        case AnyOf(parts=parts):
            keys = [each for part in parts if (each := key(part, path, attributes)) is not None]
            if len(keys) < len(parts) or len({each.name for each in keys}) > 1:
                return None
            texts = frozenset().union(*(each.texts for each in keys))
            return Key(keys[0].name, texts, expression if any(each.rest for each in keys) else None)
        case Compare(left=Path(steps=(Name(name=name),), from_root=False), sign="==", right=right) if _textual(
            right, _at(path, name), attributes
        ):
            return Key(name, frozenset({right.text}))
        case _:
            return None


def _textual(literal: Literal, path: str, attributes: Attributes) -> bool:
    """Whether equality of what stands at `path` with a literal is that of two texts, where a text stands there."""
    known = attributes.get(path)
    kind = known.type if known else "any"
    return literal.type == "string" and (kind == "string" or (kind == "any" and read_number(literal.text) is None))


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _read(expression: Expression, path: str) -> Condition:
    return lambda held, look: look.reading.holds(expression, Node(held, path))


def _equals(expression: Expression, path: str, name: str, text: str, *, equal: bool) -> Condition:
    read = _read(expression, path)

    def holds(held: Held, look: Look) -> bool:
        value = held.get(name)
        if value is None:
            return not equal
        return (value == text) is equal if type(value) is str else read(held, look)

    return holds


def _exists(expression: Expression, path: str, name: str) -> Condition:
    read = _read(expression, path)

    def holds(held: Held, look: Look) -> bool:
        value = held.get(name)
        return value is not None and (type(value) is not list or read(held, look))

    return holds


def _against(expression: Against, path: str, attributes: Attributes) -> Condition:
    left, right = (each.steps[0] for each in (expression.left, expression.right))
    if not isinstance(left, Name) or not isinstance(right, Name):
        return _read(expression, path)
    one, other, sign = left.name, right.name, expression.sign
    kind = common_type(typed(attributes, _at(path, one)), typed(attributes, _at(path, other)))
    read = _read(expression, path)

    def holds(held: Held, look: Look) -> bool:
        values = held.get(one), held.get(other)
        if None in values:
            return sign == "!="
        if sign == "!=" or any(type(value) is list for value in values):
            return read(held, look)
        return both_compare(kind, [values[0]], [values[1]], sign=SIGNS[sign])

    return holds
