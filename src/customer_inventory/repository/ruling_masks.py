"""Masks: which of some rules a record breaks, as the bits of one number that one expression of SQL finds.

The rules are put together by the objects that they speak of, so that each object is visited once; what is found in the
objects of an array is or-ed. A rule on a characteristic finds its bit in the array of characteristics, and means
something only to the object that has the array: the bit of a rule that there must be one says that there is.

Documents are taken to be regular: where the declaration has an object there is one, where it has an array there are
objects in it, and all else is a text, a number or a truth. The few that are not have the bit `IRREGULAR`; of them
`ruling_alone` knows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from customer_inventory.model.attributes import Attribute
from customer_inventory.model.ruling import Rule
from customer_inventory.model.spelling import read_number
from customer_inventory.model.value_tests import OfType, OneOf
from customer_inventory.model.view import View
from customer_inventory.repository import sql
from customer_inventory.repository.fragments import bound, composed, joined
from customer_inventory.repository.ruling_columns import Held, Levels, Object
from customer_inventory.repository.ruling_conditions import Conditions
from customer_inventory.repository.ruling_tests import passes
from customer_inventory.repository.values import Clause, conjunction, disjunction, negation

BITS = 62
"""How many rules one mask holds."""

IRREGULAR = 1 << BITS
"""The bit that says that the others say nothing."""

_SQL = sql.statements("ruling.sql")
_NAME, _VALUE = "name", "value"  # of a characteristic
_OBJECT = (OfType("object"),)


@dataclass(frozen=True, slots=True)
class _Ask:
    """A rule and its bit."""

    rule: Rule
    bit: int


@dataclass(slots=True)
class _Asked:
    """What is asked of one attribute of an object, of the characteristics in it by their names, and of its objects."""

    path: str
    present: list[_Ask] = field(default_factory=list)
    tested: list[_Ask] = field(default_factory=list)
    named: dict[str, _Asked] = field(default_factory=dict)
    below: _Asks | None = None

    @property
    def codes(self) -> frozenset[str]:
        """The codes of which values are to be, as most then are."""
        tests = (test for ask in self.tested for test in ask.rule.tests)
        return frozenset(code for test in tests if isinstance(test, OneOf) for code in test.codes)


@dataclass(slots=True)
class _Asks:
    """What is asked of the objects at a path."""

    path: str
    attributes: dict[str, _Asked] = field(default_factory=dict)
    holds: list[_Ask] = field(default_factory=list)
    bits: int = 0
    """Those of all rules on the objects and what is below them."""

    def take(self, rule: Rule, bit: int) -> None:
        """Put a rule where it belongs."""
        asks = self
        for name in rule.place.holder:
            asks.bits |= bit
            asked = asks.at(name)
            asks = asked.below = asked.below or _Asks(asked.path)
        asks.bits |= bit
        if rule.holds is not None:
            asks.holds.append(_Ask(rule, bit))
            return
        asked = asks.at(rule.place.name)
        if rule.place.named is not None:
            asked = asked.named.setdefault(rule.place.named, _Asked(f"{asked.path}.{_VALUE}"))
        (asked.present if rule.present else asked.tested).append(_Ask(rule, bit))

    def at(self, name: str) -> _Asked:
        """Return what is asked of an attribute."""
        return self.attributes.setdefault(name, _Asked(f"{self.path}.{name}" if self.path else name))


class Masks:
    """Compiles masks of the rules on the documents of one view, over one query of records."""

    def __init__(self, view: View, *, now: datetime) -> None:
        self._attributes = view.attributes
        self._conditions = Conditions(view)
        self._now = now
        self._names = (f"c{number}" for number in itertools.count(1))
        self._levels = Levels(self._names)
        self._document = Object(self._levels, "doc", level=0, path="")

    def mask(self, rules: Sequence[Rule]) -> Clause:
        """Return the mask of at most `BITS` rules, the first of which has the lowest bit. Raises JsonPathNotSupported.

        It stands over the query that `records` returns.
        """
        asks = _Asks("")
        for number, rule in enumerate(rules):
            asks.take(rule, 1 << number)
        return _together(self._bits(asks, {}, self._document))

    def irregular(self) -> Clause:
        """Return the bit `IRREGULAR` of what the masks made so far look at in documents themselves."""
        return _irregular(self._document)

    def records(self, rows: Clause, *, columns: str) -> Clause:
        """Return the query of `columns` of `rows`, the document `doc` among them, and of all that the masks look at."""
        return self._levels.over(rows, columns=columns)

    # ------------------------------------------------------------ attributes

    def _bits(self, asks: _Asks, named: dict[str, _Asked], of: Object) -> list[Clause]:
        """Return the bits of one object, with those of the characteristics of some names if it is one."""
        parts = [part for name, asked in asks.attributes.items() for part in self._attribute(name, asked, named, of)]
        for ask in asks.holds:
            if ask.rule.holds is not None:
                holds = self._conditions.condition(ask.rule.holds, of)
                parts.append(self._bit(ask, negation(holds.clause), of))
        return [*parts, self._characteristic(named, of)] if named else parts

    def _attribute(self, name: str, asked: _Asked, named: Iterable[str], of: Object) -> Iterator[Clause]:
        declared = self._attributes.get(asked.path)
        if asked.named or (declared and declared.type == "array") or (asked.below and not _is_object(declared)):
            return self._array(name, asked, of)
        if _is_object(declared):
            return self._object(name, asked, of)
        return self._single(name, asked, asked.codes | frozenset(named if name == _NAME else ()), of)

    def _single(self, name: str, asked: _Asked, known: frozenset[str], of: Object) -> Iterator[Clause]:
        held = of.held(name)
        for ask in asked.present:
            yield self._bit(ask, composed(_SQL["blank"], text=held.text), of)
        if asked.tested:
            yield composed(_SQL["tested"], text=held.text, bits=self._failed(asked.tested, held, known, of))

    def _object(self, name: str, asked: _Asked, of: Object) -> Iterator[Clause]:
        value = of.value(name)
        yield composed(_SQL["irregular_object"], value=value, irregular=IRREGULAR)
        for ask in asked.present:
            yield self._bit(ask, composed(_SQL["absent"], value=value), of)
        yield from self._no_objects(asked, composed(_SQL["not_absent"], value=value), of)
        if asked.below:
            within = of.within(name)
            bits = self._bits(asked.below, {}, within)
            yield composed(_SQL["of_object"], value=value, bits=_together([*bits, _irregular(within)]))

    def _array(self, name: str, asked: _Asked, of: Object) -> Iterator[Clause]:
        value = of.value(name)
        for ask in asked.present:
            yield self._bit(ask, composed(_SQL["empty"], value=value), of)
        yield from self._no_objects(asked, composed(_SQL["not_empty"], value=value), of)
        found = of.found(self._elements(asked, value, of.document))
        passed = IRREGULAR | (asked.below.bits if asked.below else 0)
        yield composed(_SQL["passed_on"], found=found, bits=passed)
        for each in asked.named.values():
            yield from self._named(each, found, of)

    def _no_objects(self, asked: _Asked, there: Clause, of: Object) -> Iterator[Clause]:
        """Yield the bits of tests that no object passes, where there is one."""
        return (self._bit(ask, there, of) for ask in asked.tested if ask.rule.tests != _OBJECT)

    def _elements(self, asked: _Asked, value: str, document: Object) -> Clause:
        """Return the bits of the objects in an array."""
        levels, itself = Levels(self._names), next(self._names)
        of = Object(levels, itself, level=0, path=asked.path, document=document)
        bits = _together([*self._bits(asked.below or _Asks(asked.path), asked.named, of), _irregular(of)])
        rows = composed(_SQL["elements"], value=value, name=itself)
        return composed(
            _SQL["of_array"],
            value=value,
            element=itself,
            bits=bits,
            rows=levels.over(rows, columns=itself),
            irregular=IRREGULAR,
        )

    # ------------------------------------------------------------ characteristics

    def _named(self, asked: _Asked, found: str, of: Object) -> Iterator[Clause]:
        """Yield what the bits of the characteristics of one name mean to the object that has them."""
        for ask in asked.present:
            yield self._bit(ask, composed(_SQL["missed"], found=found, bit=ask.bit), of)
        for ask in asked.tested:
            yield self._bit(ask, composed(_SQL["found"], found=found, bit=ask.bit), of)

    def _characteristic(self, named: dict[str, _Asked], of: Object) -> Clause:
        name, held = of.held(_NAME), of.held(_VALUE, regular=False)
        cases = [
            composed(_SQL["when_named"], name=bound(each), bits=self._of_name(each, asked, name, held))
            for each, asked in named.items()
        ]
        return composed(_SQL["by_name"], name=name.text, cases=joined(cases, " "))

    def _of_name(self, name: str, asked: _Asked, at: Held, held: Held) -> Clause:
        there = composed(_SQL["not_blank"], text=held.text)
        parts = [_bit(there, sum(ask.bit for ask in asked.present))] if asked.present else []
        if asked.tested:
            tested = self._failed(asked.tested, held, asked.codes, None)
            parts.append(composed(_SQL["tested"], text=held.text, bits=tested))
        bits = composed(_SQL["regular"], value=held.value, text=held.text, bits=_together(parts), irregular=IRREGULAR)
        if read_number(name) is None and name not in {"true", "false"}:
            return bits
        # A number or a truth may be written like the name.
        return composed(_SQL["of_text"], value=at.value, bits=bits)

    # ------------------------------------------------------------ rules

    def _failed(self, asks: list[_Ask], held: Held, known: frozenset[str], of: Object | None) -> Clause:
        return _together(
            [self._bit(ask, negation(passes(ask.rule.tests, held, now=self._now, known=known)), of) for ask in asks]
        )

    def _bit(self, ask: _Ask, test: Clause, of: Object | None) -> Clause:
        """Return the bit of a rule where `test` holds, and so does the condition of the rule, unless it is seen to."""
        if of is None or ask.rule.when is None:
            return _bit(test, ask.bit)
        when = self._conditions.condition(ask.rule.when, of)
        return _bit(conjunction([when.clause, test] if when.cheap else [test, when.clause]), ask.bit)


def _is_object(declared: Attribute | None) -> bool:
    return declared is not None and declared.type == "object"


def _irregular(of: Object) -> Clause:
    found = of.irregular()
    return _bit(disjunction(found), IRREGULAR) if found else Clause("0")


def _bit(test: Clause, bits: int) -> Clause:
    return composed(_SQL["bit"], test=test, bits=bits)


def _together(parts: list[Clause]) -> Clause:
    return composed("({parts})", parts=joined(parts, " | ")) if parts else Clause("0")
