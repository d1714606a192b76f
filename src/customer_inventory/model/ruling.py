"""Ruling: whether a document keeps the rules that govern its attributes, and which it breaks.

A rule speaks of an attribute at a place: that it must be there, what each of its values must be, or what must hold of
the objects that have it. `repository/ruling.py` compiles the same rules to SQL for all records at once, and
tests/contract/test_ruling.py holds the two against each other. Rules come from the catalogue of requirements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from customer_inventory.model.attributes import Attribute
from customer_inventory.model.jsonpath_tree import Expression
from customer_inventory.model.places import Place, elements, values
from customer_inventory.model.ruling_conditions import Condition, Look, condition, key
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


class Ruling:
    """The rules of one kind of record, put together by the objects that they speak of so that each is visited once."""

    def __init__(self, rules: Iterable[Rule], attributes: Mapping[str, Attribute]) -> None:
        self.rules = tuple(rules)
        self.attributes = attributes
        self._root = _Visit("", attributes)
        for rule in self.rules:
            self._root.towards(rule.place.holder).take(rule)

    def breaches(self, document: Mapping[str, Any], *, now: datetime) -> list[Breach]:
        """Return the breaches of a valid document, each with its path; `now` is what relative bounds count from."""
        found: list[Breach] = []
        if self.rules:
            self._root.visit(document, "", Look(document, self.attributes, now), found)
        return found


Passes = Callable[[Any, datetime], bool]
_Test = tuple[Rule, Passes]
_Conditional = tuple[_Test, Condition]


class _Applying:
    """Rules with their conditions: those asked always, and those that a text of the object chooses, by that text."""

    __slots__ = ("_all", "_always", "_chosen", "_unconditional")

    def __init__(self) -> None:
        self._unconditional: list[_Test] = []
        self._always: list[_Conditional] = []
        self._chosen: dict[str, dict[str, list[_Conditional]]] = {}
        self._all: list[_Conditional] = []

    def add(self, rule: Rule, path: str, attributes: Mapping[str, Attribute]) -> None:
        test = rule, rule.tests[0].passes if len(rule.tests) == 1 else partial(_passes, rule.tests)
        if rule.when is None:
            self._unconditional.append(test)
            return
        conditional = test, condition(rule.when, path, attributes)
        self._all.append(conditional)
        chooses = key(rule.when, path, attributes)
        if chooses is None:
            self._always.append(conditional)
            return
        name, texts = chooses
        for text in texts:
            self._chosen.setdefault(name, {}).setdefault(text, []).append(conditional)

    def to(self, held: Mapping[str, Any], look: Look) -> list[_Test]:
        """Return the rules that apply to an object, each with what its values must pass."""
        if not self._all:
            return self._unconditional
        found = self._unconditional.copy()
        for test, when in self._always:
            if when(held, look):
                found.append(test)
        for name, by_text in self._chosen.items():
            value = held.get(name)
            if type(value) is str:
                for test, when in by_text.get(value, ()):
                    if when(held, look):
                        found.append(test)
            elif value is not None:  # an array, or what a class of the client's own holds there
                return [*self._unconditional, *(test for test, when in self._all if when(held, look))]
        return found


class _Attribute:
    """What is asked of one attribute of an object: that it is there, and of its values."""

    __slots__ = ("name", "named", "present", "tested")

    def __init__(self, name: str, named: str | None) -> None:
        self.name = name
        self.named = named
        self.present = _Applying()
        self.tested = _Applying()

    @property
    def called(self) -> str:
        return self.name if self.named is None else f"{self.name}[{self.named}]"


class _Visit:
    """What is asked of the objects at a path, and of those below."""

    def __init__(self, path: str, attributes: Mapping[str, Attribute]) -> None:
        self._path = path
        self._attributes = attributes
        self._below: dict[str, _Visit] = {}
        self._asked: dict[tuple[str, str | None], _Attribute] = {}
        self._demanded: list[_Attribute] = []
        self._tested: dict[str, list[_Attribute]] = {}
        self._holding: list[tuple[Condition | None, Condition, Rule]] = []

    def towards(self, names: tuple[str, ...]) -> _Visit:
        visit = self
        for name in names:
            path = f"{visit._path}.{name}" if visit._path else name
            visit = visit._below.setdefault(name, _Visit(path, self._attributes))
        return visit

    def take(self, rule: Rule) -> None:
        if rule.holds is not None:
            when = None if rule.when is None else condition(rule.when, self._path, self._attributes)
            self._holding.append((when, condition(rule.holds, self._path, self._attributes), rule))
            return
        place = rule.place
        asked = self._asked.setdefault((place.name, place.named), _Attribute(place.name, place.named))
        if rule.present:
            self._demanded += [] if asked in self._demanded else [asked]
            asked.present.add(rule, self._path, self._attributes)
        else:
            named = self._tested.setdefault(place.name, [])
            named += [] if asked in named else [asked]
            asked.tested.add(rule, self._path, self._attributes)

    def visit(self, held: Mapping[str, Any], at: str, look: Look, found: list[Breach]) -> None:
        """Add the breaches of an object at the path `at`, and of what is below it, to `found`."""
        for asked in self._demanded:
            value = held.get(asked.name)
            if value is None or value == "" or (type(value) is not str and _lacks(value, asked.named)):
                found += [Breach(rule, _joined(at, asked.called)) for rule, _ in asked.present.to(held, look)]
        for name, value in held.items():
            if value is not None and name in self._tested:
                for asked in self._tested[name]:
                    _test(asked, held, at, look, found)
            if name in self._below:
                self._below[name].visit_each(_joined(at, name), value, look, found)
        for when, holds, rule in self._holding:
            if (when is None or when(held, look)) and not holds(held, look):
                found.append(Breach(rule, _joined(at, rule.place.name)))

    def visit_each(self, at: str, value: Any, look: Look, found: list[Breach]) -> None:
        """Visit the objects in an array, or the one that stands at the path `at`."""
        if type(value) is dict:
            self.visit(value, at, look, found)
            return
        for path, each in elements(at, value):
            if type(each) is dict:
                self.visit(each, path, look, found)


def _test(asked: _Attribute, held: Mapping[str, Any], at: str, look: Look, found: list[Breach]) -> None:
    """Add the breaches of the values of an attribute that is there."""
    value, now = held[asked.name], look.now
    single = asked.named is None and type(value) is not list
    for rule, passes in asked.tested.to(held, look):
        if not single:
            each_of = values(value, _joined(at, asked.name), asked.named)
            found += [Breach(rule, path) for path, each in each_of if not passes(each, now)]
        elif not passes(value, now):
            found.append(Breach(rule, _joined(at, asked.name)))


def _passes(tests: tuple[ValueTest, ...], value: Any, now: datetime) -> bool:
    return all(test.passes(value, now) for test in tests)


def _lacks(value: Any, named: str | None) -> bool:
    """Whether nothing stands at an attribute: no value, or none but empty texts."""
    if named is None and type(value) is not list:
        return False
    return all(each == "" for _, each in values(value, "", named))


def _joined(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
