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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from customer_inventory.model.jsonpath_tree import Expression
from customer_inventory.model.ruling import Rule
from customer_inventory.model.spelling import read_number
from customer_inventory.model.value_tests import OfType, OneOf
from customer_inventory.model.view import View
from customer_inventory.repository import sql
from customer_inventory.repository.fragments import bound, composed, joined
from customer_inventory.repository.ruling_columns import Held, Levels, Object, held_in
from customer_inventory.repository.ruling_conditions import Conditions
from customer_inventory.repository.ruling_tests import is_of_number, passes
from customer_inventory.repository.values import Clause, conjunction, disjunction, negation

BITS = 62
"""How many rules one mask holds."""

IRREGULAR = 1 << BITS
"""The bit that says that the others say nothing."""

_SQL = sql.statements("ruling.sql")
_NAME, _VALUE = "name", "value"  # of a characteristic
_OBJECT = (OfType("object"),)
_FEW = (3, 6)
_COPIES = 90
"""How many objects of an array are asked in place, at least and at most, and how many rules that may be altogether: a
query within the query takes as long as looking for ten attributes, and a statement that is too long does not stay in
the processor's caches."""


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
    def number(self) -> int:
        """How many rules there are on the objects in it and on its characteristics."""
        named = sum(len(each.present) + len(each.tested) for each in self.named.values())
        return named + (self.below.bits.bit_count() if self.below else 0)

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
        self._document = Object(view.attributes, self._levels, "doc", level=0, path="")

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

    def records(self, rows: Clause, *, columns: Mapping[str, str], asked: str) -> Clause:
        """Return the query of `columns` of `rows`, the document `doc` among them, and of what the masks ask about."""
        return self._levels.over(rows, columns=columns, asked=asked)

    # ------------------------------------------------------------ attributes

    def _bits(self, asks: _Asks, named: dict[str, _Asked], of: Object) -> list[Clause]:
        """Return the bits of one object, with those of the characteristics of some names if it is one."""
        whole = _Whole()
        for name, asked in asks.attributes.items():
            self._attribute(name, asked, named, of, whole)
        for ask in asks.holds:
            if ask.rule.holds is not None:
                holds = self._conditions.condition(ask.rule.holds, of)
                whole.add(ask, negation(holds.clause))
        if named:
            whole.parts.append(self._characteristic(named, of))
        return [*whole.parts, *(self._when(when, bits, of) for when, bits in whole.bits.items())]

    def _when(self, when: Expression | None, bits: list[tuple[Clause, int]], of: Object) -> Clause:
        """Return the bits whose tests hold, where a condition does."""
        if when is None:
            return _together([_bit(test, bit) for test, bit in bits])
        condition = self._conditions.condition(when, of)
        if condition.cheap:
            return composed(_SQL["bit"], test=condition.clause, bits=_together([_bit(*each) for each in bits]))
        return _together([_bit(conjunction([test, condition.clause]), bit) for test, bit in bits])

    def _attribute(self, name: str, asked: _Asked, named: Iterable[str], of: Object, whole: _Whole) -> None:
        declared = self._attributes.get(asked.path)
        kind = declared.type if declared else "any"
        if asked.named or kind == "array" or (asked.below and kind != "object"):
            self._array(name, asked, of, whole)
        elif kind == "object":
            self._object(name, asked, of, whole)
        else:
            known = asked.codes | frozenset(named if name == _NAME else ())
            self._single(name, asked, known, of, whole)

    def _single(self, name: str, asked: _Asked, known: frozenset[str], of: Object, whole: _Whole) -> None:
        if not asked.present and is_of_number(test for ask in asked.tested for test in ask.rule.tests):
            held = of.number(name)
            bits = _together([self._failed(ask, held, known, of) for ask in asked.tested])
            whole.parts.append(composed(_SQL["tested_number"], value=held.value, bits=bits, irregular=IRREGULAR))
            return
        held = of.held(name)
        for ask in asked.present:
            whole.add(ask, composed(_SQL["blank"], text=held.text))
        if asked.tested:
            bits = _together([self._failed(ask, held, known, of) for ask in asked.tested])
            whole.parts.append(of.tested(name, bits, irregular=IRREGULAR))

    def _object(self, name: str, asked: _Asked, of: Object, whole: _Whole) -> None:
        within = of.within(name)
        whole.add_all(asked, absent=composed(_SQL["absent"], value=within.column))
        bits = self._bits(asked.below, {}, within) if asked.below else []
        together = _together([*bits, _irregular(within)])
        whole.parts.append(composed(_SQL["of_object"], value=within.column, bits=together))

    def _array(self, name: str, asked: _Asked, of: Object, whole: _Whole) -> None:
        whole.add_all(asked, absent=composed(_SQL["absent"], value=of.element(name, 0).column))
        bits = self._few(name, asked, of) if of is self._document else self._many(name, asked, of)
        if not asked.named:
            whole.parts.append(bits)
            return
        found = of.levels.column(bits, of.levels.depth + 1)
        passed = IRREGULAR | (asked.below.bits if asked.below else 0)
        whole.parts.append(composed(_SQL["passed_on"], found=found, bits=passed))
        for each in asked.named.values():
            for ask in each.present:
                whole.add(ask, composed(_SQL["missed"], found=found, bit=ask.bit))
            for ask in each.tested:
                whole.add(ask, composed(_SQL["found"], found=found, bit=ask.bit))

    # ------------------------------------------------------------ arrays

    def _few(self, name: str, asked: _Asked, of: Object) -> Clause:
        """Return the bits of the objects in an array that mostly has few."""
        few = max(_FEW[0], min(_FEW[1], _COPIES // max(1, asked.number)))
        elements = [of.element(name, index) for index in range(few + 1)]
        bits = [
            composed(_SQL["of_object"], value=element.column, bits=self._of_element(asked, element))
            for element in elements[:few]
        ]
        return composed(
            _SQL["of_array"],
            value=of.value(name),
            first=elements[0].column,
            beyond=elements[few].column,
            few=_together(bits),
            many=self._many(name, asked, of),
            irregular=IRREGULAR,
        )

    def _many(self, name: str, asked: _Asked, of: Object) -> Clause:
        """Return the bits of the objects in an array."""
        levels, itself, value = Levels(self._names), next(self._names), of.value(name)
        element = Object(self._attributes, levels, itself, level=0, path=asked.path, document=of.document)
        bits = self._of_element(asked, element)
        rows = levels.over(
            composed(_SQL["elements"], value=value, name=itself), columns={itself: itself}, asked=bits.text
        )
        return composed(_SQL["of_elements"], value=value, bits=bits, rows=rows, irregular=IRREGULAR)

    def _of_element(self, asked: _Asked, element: Object) -> Clause:
        bits = self._bits(asked.below or _Asks(asked.path), asked.named, element)
        return _together([*bits, _irregular(element)])

    # ------------------------------------------------------------ characteristics

    def _characteristic(self, named: dict[str, _Asked], of: Object) -> Clause:
        name, held = of.held(_NAME), of.loosely(_VALUE)
        cases = [
            composed(_SQL["when_named"], name=bound(each), bits=self._of_name(each, asked, name, held))
            for each, asked in named.items()
        ]
        return composed(_SQL["by_name"], name=name.text, cases=joined(cases, " "))

    def _of_name(self, name: str, asked: _Asked, at: Held, held: Held) -> Clause:
        bits = composed(
            _SQL["loose"],
            text=held.text,
            bits=self._of_value(asked, held),
            number=self._of_value(asked, held_in(held.value)),
            irregular=IRREGULAR,
        )
        if read_number(name) is None and name not in {"true", "false"}:
            return bits
        # A number or a truth may be written like the name.
        return composed(_SQL["of_text"], value=at.value, bits=bits)

    def _of_value(self, asked: _Asked, held: Held) -> Clause:
        parts = []
        if asked.present:
            there = composed(_SQL["not_blank"], text=held.text)
            parts.append(_bit(there, sum(ask.bit for ask in asked.present)))
        if asked.tested:
            tested = [self._failed(ask, held, asked.codes, None) for ask in asked.tested]
            parts.append(composed(_SQL["tested_loosely"], text=held.text, bits=_together(tested)))
        return _together(parts)

    # ------------------------------------------------------------ rules

    def _failed(self, ask: _Ask, held: Held, known: frozenset[str], of: Object | None) -> Clause:
        """Return the bit of a rule if a value fails it; its condition is seen to where there is no object."""
        fails = negation(passes(ask.rule.tests, held, now=self._now, known=known))
        if of is None or ask.rule.when is None:
            return _bit(fails, ask.bit)
        when = self._conditions.condition(ask.rule.when, of)
        return _bit(conjunction([when.clause, fails] if when.cheap else [fails, when.clause]), ask.bit)


class _Whole:
    """The bits of one object: parts that are complete, and what is tested under the conditions of rules."""

    def __init__(self) -> None:
        self.parts: list[Clause] = []
        self.bits: dict[Expression | None, list[tuple[Clause, int]]] = {}

    def add(self, ask: _Ask, test: Clause) -> None:
        """Add the bit of a rule, which is set where `test` holds and the condition of the rule does."""
        self.bits.setdefault(ask.rule.when, []).append((test, ask.bit))

    def add_all(self, asked: _Asked, *, absent: Clause) -> None:
        """Add the bits of an attribute that is an object or an array of some: where it is absent, where it is not."""
        for ask in asked.present:
            self.add(ask, absent)
        for ask in asked.tested:
            if ask.rule.tests != _OBJECT:
                self.add(ask, negation(absent))


def _irregular(of: Object) -> Clause:
    found = of.irregular()
    return _bit(disjunction(found), IRREGULAR) if found else Clause("0")


def _bit(test: Clause, bits: int) -> Clause:
    return composed(_SQL["bit"], test=test, bits=bits)


def _together(parts: list[Clause]) -> Clause:
    return composed("({parts})", parts=joined(parts, " | ")) if parts else Clause("0")
