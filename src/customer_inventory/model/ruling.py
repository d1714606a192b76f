"""Ruling: whether a document keeps the rules that govern its attributes, and which it breaks.

A rule speaks of an attribute at a place: that it must be there, what each of its values must be, or what must hold of
the objects that have it. `repository/ruling.py` compiles the same rules to SQL for all records at once, and
tests/contract/test_ruling.py holds the two against each other. Rules come from the catalogue of requirements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from customer_inventory.model.attributes import Attribute
from customer_inventory.model.jsonpath_tree import Expression, Name, Path, paths_in
from customer_inventory.model.places import Place, values
from customer_inventory.model.ruling_conditions import Condition, Look, condition, key
from customer_inventory.model.value_tests import Asked, ValueTest

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
        self._root.settle()

    def breaches(self, document: Mapping[str, Any], *, now: datetime) -> list[Breach]:
        """Return the breaches of a valid document, each with its path; `now` is what relative bounds count from."""
        found: list[Breach] = []
        if self.rules:
            self._root.visit(document, None, Look(document, self.attributes, now), found)
        return found


_Test = tuple[Rule, Asked]
_Conditional = tuple[_Test, Condition]
_At = tuple[Any, "str | int"] | None
"""The way to an object from the document, the last step first: paths are written only of what breaks a rule."""


class _Applying:
    """Rules with their conditions: those asked always, and those that a text of the object chooses, by that text."""

    __slots__ = ("_all", "_chosen", "_keyless", "always", "conditional")

    def __init__(self) -> None:
        self.always: list[_Test] = []
        self.conditional = False
        self._keyless: list[_Conditional] = []
        self._chosen: dict[str, dict[str, list[tuple[_Test, Condition | None]]]] = {}
        self._all: list[_Conditional] = []

    def add(self, rule: Rule, passes: Asked, path: str, attributes: Mapping[str, Attribute]) -> None:
        test = rule, passes
        if rule.when is None:
            self.always.append(test)
            return
        self.conditional = True
        conditional = test, condition(rule.when, path, attributes)
        self._all.append(conditional)
        chooses = key(rule.when, path, attributes)
        if chooses is None:
            self._keyless.append(conditional)
            return
        besides = None if chooses.rest is None else condition(chooses.rest, path, attributes)
        for text in chooses.texts:
            self._chosen.setdefault(chooses.name, {}).setdefault(text, []).append((test, besides))

    def to(self, held: Mapping[str, Any], look: Look) -> list[_Test]:
        """Return the rules that apply to an object, each with what its values must pass."""
        if not self.conditional:
            return self.always
        found = self.always.copy()
        for test, when in self._keyless:
            if when(held, look):
                found.append(test)
        for name, by_text in self._chosen.items():
            value = held.get(name)
            if type(value) is str:
                for test, besides in by_text.get(value, ()):
                    if besides is None or besides(held, look):
                        found.append(test)
            elif value is not None:  # an array, or what a class of the client's own holds there
                return [*self.always, *(test for test, when in self._all if when(held, look))]
        return found


class _Named:
    """What is asked of the characteristics of one name, in an attribute that has several."""

    __slots__ = ("name", "tested")

    def __init__(self, name: str) -> None:
        self.name = name
        self.tested = _Applying()

    def test(self, held: Mapping[str, Any], value: Any, at: _At, look: Look, found: list[Breach]) -> None:
        """Add the breaches of the values of the characteristics of this name."""
        for rule, passes in self.tested.to(held, look):
            each_of = values(value, _written(at), self.name)
            found += [Breach(rule, path) for path, each in each_of if not passes(each, look.now)]


class _Attribute:
    """What is asked of the values of one attribute, and of the objects in it."""

    __slots__ = ("below", "name", "named", "tested")

    def __init__(self, name: str) -> None:
        self.name = name
        self.tested = _Applying()
        self.named: list[_Named] = []
        self.below: _Visit | None = None

    def visit(self, held: Mapping[str, Any], value: Any, at: _At, look: Look, found: list[Breach]) -> None:
        """Add the breaches of what stands at the attribute."""
        tests = self.tested.to(held, look) if self.tested.conditional else self.tested.always
        here = at, self.name
        if type(value) is list:
            self._visit_each(tests, value, here, look, found)
        else:
            for rule, passes in tests:
                if not passes(value, look.now):
                    found.append(Breach(rule, _written(here)))
            if self.below is not None and type(value) is dict:
                self.below.visit(value, here, look, found)
        for each in self.named:
            each.test(held, value, here, look, found)

    def _visit_each(self, tests: list[_Test], value: list[Any], here: _At, look: Look, found: list[Breach]) -> None:
        for rule, passes in tests:
            for index, each in enumerate(value):
                if each is not None and not passes(each, look.now):
                    found.append(Breach(rule, _written((here, index))))
        if self.below is not None:
            for index, each in enumerate(value):
                if type(each) is dict:
                    self.below.visit(each, (here, index), look, found)


class _Visit:
    """What is asked of the objects at a path, and of those below."""

    def __init__(self, path: str, attributes: Mapping[str, Attribute]) -> None:
        self._path = path
        self._attributes = attributes
        self._demands = _Applying()
        self._demanding = False
        self._asked: dict[str, _Attribute] = {}
        self._plain: dict[str, list[_Test]] = {}
        """Of these attributes nothing else is asked: half of the work, done without a call for each."""
        self._holding: list[tuple[Condition | None, Condition, Rule]] = []

    def towards(self, names: tuple[str, ...]) -> _Visit:
        visit = self
        for name in names:
            asked = visit._attribute(name)
            if asked.below is None:
                path = f"{visit._path}.{name}" if visit._path else name
                asked.below = _Visit(path, self._attributes)
            visit = asked.below
        return visit

    def take(self, rule: Rule) -> None:
        if rule.holds is not None:
            when = None if rule.when is None else condition(rule.when, self._path, self._attributes)
            self._holding.append((when, condition(rule.holds, self._path, self._attributes), rule))
            return
        if rule.present:
            self._demanding = True
            self._demands.add(rule, _is_there(rule.place.name, rule.place.named), self._path, self._attributes)
            return
        passes = tests_of(rule)
        self._tested(rule.place).add(rule, passes, self._path, self._attributes)

    def _tested(self, place: Place) -> _Applying:
        """Return the rules of the values at a place."""
        name, named = place.name, place.named
        attribute = self._attribute(name)
        if named is None:
            return attribute.tested
        known = next((each for each in attribute.named if each.name == named), None)
        if known is None:
            known = _Named(named)
            attribute.named.append(known)
        return known.tested

    def settle(self) -> None:
        """Put everything in its place once all rules are taken."""
        for name, each in self._asked.items():
            if each.below is not None:
                each.below.settle()
            elif not each.tested.conditional and not each.named:
                self._plain[name] = each.tested.always

    def _attribute(self, name: str) -> _Attribute:
        return self._asked.setdefault(name, _Attribute(name))

    def visit(self, held: Mapping[str, Any], at: _At, look: Look, found: list[Breach]) -> None:
        """Add the breaches of an object at the path `at`, and of what is below it, to `found`."""
        if self._demanding:
            self._miss(held, at, look, found)
        for name, value in held.items():
            if value is None:
                continue
            tests = self._plain.get(name)
            if tests is not None and type(value) is not list:
                for rule, passes in tests:
                    if not passes(value, look.now):
                        found.append(Breach(rule, _written((at, name))))
            elif name in self._asked:
                self._asked[name].visit(held, value, at, look, found)
        for when, holds, rule in self._holding:
            if (when is None or when(held, look)) and not holds(held, look):
                found.append(Breach(rule, _written((at, rule.place.name))))

    def _miss(self, held: Mapping[str, Any], at: _At, look: Look, found: list[Breach]) -> None:
        for rule, is_there in self._demands.to(held, look):
            if not is_there(held, look.now):
                place = rule.place
                called = place.name if place.named is None else f"{place.name}[{place.named}]"
                found.append(Breach(rule, _written((at, called))))


def _written(at: _At) -> str:
    """Return a way as a path is written, the elements of arrays by their index."""
    if at is None:
        return ""
    before, step = at
    above = _written(before)
    if isinstance(step, int):
        return f"{above}[{step}]"
    return f"{above}.{step}" if above else step


def asked_of_part(rule: Rule, told: Collection[str]) -> bool:
    """Tell whether a rule can be asked of a part of a record that tells only these attributes, each of them whole.

    What the part does not tell may well be there: neither that, nor what depends on it, can be asked.
    """
    ways = (*paths_in(rule.when), *paths_in(rule.holds))
    return not rule.present and all(_leads_to(way, rule.place, told) for way in ways)


def _leads_to(way: Path, at: Place, told: Collection[str]) -> bool:
    """Tell whether a way that a condition of the rule `at` a place asks about is told: in the record, or in a part."""
    if at.holder and not way.from_root:
        return True
    first = way.steps[0] if way.steps else None
    return isinstance(first, Name) and first.name in told


def tests_of(rule: Rule) -> Asked:
    """Return the tests of a rule as one."""
    tests = [test.asked for test in rule.tests]
    return tests[0] if len(tests) == 1 else lambda value, now: all(passes(value, now) for passes in tests)


def _is_there(name: str, named: str | None) -> Asked:
    """Return what tells of an object whether it has an attribute: a value that is no empty text."""

    def is_there(held: Any, _now: datetime) -> bool:
        value = held.get(name)
        if type(value) is str:
            return named is None and value != ""
        if named is None and type(value) is not list:
            return value is not None
        return any(each != "" for _, each in values(value, "", named))

    return is_there
