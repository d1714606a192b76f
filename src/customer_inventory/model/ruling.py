"""Ruling: whether a document keeps the rules that govern its attributes, and which it breaks.

A rule speaks of an attribute at a place: that it must be there, what each of its values must be, or what must hold of
the objects that have it. `repository/ruling.py` compiles the same rules to SQL for all records at once, and
tests/contract/test_ruling.py holds the two against each other. Rules come from the catalogue of requirements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from customer_inventory.model.attributes import Attribute
from customer_inventory.model.jsonpath_tree import Compare, Expression, Name, Path
from customer_inventory.model.places import Place, elements, values
from customer_inventory.model.selecting import Node, Reading
from customer_inventory.model.value_tests import ValueTest

Enforcement = Literal["refuse", "warn", "observe"]
"""What a door does about a breach: refuse the record, take it and say so, or leave it to the audits."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of the attribute at a place, wherever `when` holds of the object that has it.

    One of three: the attribute must be `present`; each of its values must pass all `tests`; or `holds` must hold of the
    object. `requirement` and `code` name the rule, `reason` says what is wrong with what breaks it, never the value.
    `when` and `holds` are JSONPath conditions in which `@` is the object that has the attribute, `$` the record.
    """

    requirement: str
    code: str
    place: Place
    enforcement: Enforcement
    reason: str
    present: bool = False
    tests: tuple[ValueTest, ...] = ()
    when: Expression | None = None
    holds: Expression | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a document breaks, and where: the path of a value, or of the attribute that is not there."""

    rule: Rule
    path: str

    def __str__(self) -> str:
        return f"{self.path} {self.rule.reason} ({self.rule.requirement}, {self.rule.code})"


@dataclass(frozen=True, slots=True)
class _Look:
    """One document that is looked at, and when."""

    reading: Reading
    now: datetime


Condition = Callable[[Mapping[str, Any], Reading, str], bool]
"""Asked of an object: the object, the document that it is in, and the path by which types of it are declared."""


class Ruling:
    """The rules of one kind of record, put together by the objects that they speak of so that each is visited once."""

    def __init__(self, rules: Iterable[Rule], attributes: Mapping[str, Attribute]) -> None:
        self.rules = tuple(rules)
        self.attributes = attributes
        self._root = _Visit("")
        for rule in self.rules:
            self._root.towards(rule.place.holder).take(rule)

    def breaches(self, document: Mapping[str, Any], *, now: datetime) -> list[Breach]:
        """Return the breaches of a valid document, each with its path; `now` is what relative bounds count from."""
        if not self.rules:
            return []
        return list(self._root.visit(document, "", _Look(Reading(self.attributes, document), now)))


@dataclass(slots=True)
class _Asked:
    """What is asked of one attribute of an object: by its name, and the name of a characteristic."""

    name: str
    named: str | None
    present: list[tuple[Condition | None, Rule]] = field(default_factory=list)
    tested: list[tuple[Condition | None, Rule]] = field(default_factory=list)


@dataclass(slots=True)
class _Visit:
    """What is asked of the objects at a path, and of those below."""

    path: str
    asked: dict[tuple[str, str | None], _Asked] = field(default_factory=dict)
    holds: list[tuple[Condition | None, Condition, Rule]] = field(default_factory=list)
    below: dict[str, _Visit] = field(default_factory=dict)

    def towards(self, names: tuple[str, ...]) -> _Visit:
        visit = self
        for name in names:
            visit = visit.below.setdefault(name, _Visit(f"{visit.path}.{name}" if visit.path else name))
        return visit

    def take(self, rule: Rule) -> None:
        when = None if rule.when is None else _condition(rule.when)
        if rule.holds is not None:
            self.holds.append((when, _condition(rule.holds), rule))
            return
        place = rule.place
        asked = self.asked.setdefault((place.name, place.named), _Asked(place.name, place.named))
        (asked.present if rule.present else asked.tested).append((when, rule))

    def visit(self, held: Mapping[str, Any], at: str, look: _Look) -> Iterator[Breach]:
        for asked in self.asked.values():
            value = held.get(asked.name)
            if value is None:
                yield from self._absent(asked, held, at, look)
            else:
                yield from self._valued(asked, held, at, look)
        for when, holds, rule in self.holds:
            if self._applies(when, held, look) and not holds(held, look.reading, self.path):
                yield Breach(rule, _joined(at, rule.place.name))
        for name, below in self.below.items():
            value = held.get(name)
            if value is not None:
                for path, each in elements(_joined(at, name), value):
                    if type(each) is dict:
                        yield from below.visit(each, path, look)

    def _absent(self, asked: _Asked, held: Mapping[str, Any], at: str, look: _Look) -> Iterator[Breach]:
        for when, rule in asked.present:
            if self._applies(when, held, look):
                yield Breach(rule, _joined(at, asked.name if asked.named is None else f"{asked.name}[{asked.named}]"))

    def _valued(self, asked: _Asked, held: Mapping[str, Any], at: str, look: _Look) -> Iterator[Breach]:
        found = list(values(held[asked.name], _joined(at, asked.name), asked.named))
        if asked.present and all(value == "" for _, value in found):
            yield from self._absent(asked, held, at, look)
        for when, rule in asked.tested:
            if self._applies(when, held, look):
                for path, value in found:
                    if not all(test.passes(value, look.now) for test in rule.tests):
                        yield Breach(rule, path)

    def _applies(self, when: Condition | None, held: Mapping[str, Any], look: _Look) -> bool:
        return when is None or when(held, look.reading, self.path)


def _joined(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _condition(expression: Expression) -> Condition:
    """Return an expression as a function of an object; by far the most ask for the class of it."""
    match expression:
        case Compare(left=Path(steps=(Name(name="@type"),), from_root=False), sign="==" | "!=" as sign, right=right):
            wanted, equal = right.text, sign == "=="
            return lambda held, _reading, _path: (held.get("@type") == wanted) is equal
        case _:
            return lambda held, reading, path: reading.holds(expression, Node(held, path))
