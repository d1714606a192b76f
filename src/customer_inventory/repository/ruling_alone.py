"""One rule as SQL, by itself: whatever a document holds, and whatever that costs.

Objects and values are looked for step by step as `model.places` does it, conditions as filters do. Where many rules are
asked of many records, `ruling_masks` does the same for a tenth of the price, and comes here with what it cannot.
"""

from __future__ import annotations

import itertools
from datetime import datetime

from customer_inventory.model.ruling import Rule
from customer_inventory.model.view import View
from customer_inventory.repository import sql
from customer_inventory.repository.fragments import bound, composed, joined
from customer_inventory.repository.ruling_columns import held_in
from customer_inventory.repository.ruling_tests import passes
from customer_inventory.repository.selections import Compiler, Element
from customer_inventory.repository.values import Clause, conjunction, negation

_SQL = sql.statements("ruling.sql")


def broken(rule: Rule, view: View, *, now: datetime) -> Clause:
    """Return the clause that a document `doc` of a view fulfils that breaks a rule. Raises JsonPathNotSupported."""
    return _Alone(view, now).broken(rule)


class _Alone:
    """Compiles one rule."""

    def __init__(self, view: View, now: datetime) -> None:
        self._compiler = Compiler(view, bare=True)
        self._now = now
        self._names = (f"o{number}" for number in itertools.count(1))

    def broken(self, rule: Rule) -> Clause:
        """Return the clause of a document that breaks the rule."""
        holder, sources, tests = "doc", [], []
        for name in rule.place.holder:
            found = next(self._names)
            sources.append(self._follow(holder, name, found))
            tests.append(composed(_SQL["is_type"], value=found, type=bound("object")))
            holder = found
        at = Element(holder, rule.place.holder_path)
        if rule.when is not None:
            tests.append(self._compiler.clause(rule.when, at))
        tests.append(
            self._breaks(rule, holder) if rule.holds is None else negation(self._compiler.clause(rule.holds, at))
        )
        if not sources:
            return conjunction(tests)
        return composed(_SQL["any"], sources=joined(sources, ", "), tests=conjunction(tests))

    def _breaks(self, rule: Rule, holder: str) -> Clause:
        """Return the clause of an object whose attribute is not as the rule asks."""
        value = next(self._names)
        sources, tests = self._values(rule, holder, value)
        if rule.present:
            filled = [*tests, composed(_SQL["is_filled"], value=value)]
            return negation(composed(_SQL["any"], sources=joined(sources, ", "), tests=conjunction(filled)))
        held = held_in(value)
        fails = [
            *tests,
            composed(_SQL["is_there"], value=value),
            negation(passes(rule.tests, held, now=self._now, thorough=True)),
        ]
        return composed(_SQL["any"], sources=joined(sources, ", "), tests=conjunction(fails))

    def _values(self, rule: Rule, holder: str, value: str) -> tuple[list[Clause], list[Clause]]:
        """Return where the values of the attribute are, and which of them are meant."""
        place = rule.place
        if place.named is None:
            return [self._follow(holder, place.name, value)], []
        element = next(self._names)
        sources = [self._follow(holder, place.name, element), self._follow(element, "value", value)]
        return sources, [composed(_SQL["is_named"], element=element, name=bound(place.named))]

    def _follow(self, holder: str, name: str, found: str) -> Clause:
        return composed(_SQL["follow_each"], holder=holder, path=bound(f'$."{name}"[*]', "jsonpath"), name=found)
