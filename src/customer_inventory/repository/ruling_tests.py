"""Value tests as SQL: what `model.value_tests` asks of one JSON value.

A value is told by the SQL of the JSON value, and of the text in which it is written; no text is null here. Tests that
cost little come first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from customer_inventory.model.spelling import read_number, spelled_number
from customer_inventory.model.value_tests import Between, Checked, Fits, Long, OfType, OneOf, ValueTest
from customer_inventory.repository import sql
from customer_inventory.repository.fragments import bound, bound_texts, composed
from customer_inventory.repository.ruling_columns import Held
from customer_inventory.repository.ruling_moments import bounds_of, moment
from customer_inventory.repository.ruling_patterns import fits
from customer_inventory.repository.values import Clause, conjunction

_SQL = sql.statements("ruling.sql")
_COSTS: dict[type[ValueTest], int] = {Long: 0, OneOf: 1, OfType: 2, Between: 3, Fits: 4, Checked: 5}


def passes(
    tests: Iterable[ValueTest],
    held: Held,
    *,
    now: datetime,
    known: frozenset[str] = frozenset(),
    thorough: bool = False,
) -> Clause:
    """Return the clause that a text, number or truth fulfils which passes all `tests`; null counts as failing.

    `known` are texts that are common where the value stands: those that follow a pattern are not worked out each time.
    A `thorough` clause takes no short cuts, which cost something themselves where a statement is used once.
    """
    ordered = sorted(tests, key=lambda test: _COSTS[type(test)])
    times, numbers = list(filter(_is_of_time, ordered)), list(filter(_is_of_numbers, ordered))
    made = [_passes(test, held, known, thorough) for test in ordered if test not in (*times, *numbers)]
    if times:
        made.append(_in_time(times, held, now, thorough))
    if numbers:
        made.append(_among_numbers(numbers, held))
    return conjunction(made)


def is_of_number(tests: Iterable[ValueTest]) -> bool:
    """Tell whether tests ask for a number alone, so that it does not matter how it is written."""
    return all(map(_is_of_numbers, tests))


def _passes(test: ValueTest, held: Held, known: frozenset[str], thorough: bool) -> Clause:
    match test:
        case OfType(type="string"):
            return composed(
                _SQL["is_type" if thorough else "is_string"], value=held.value, text=held.text, type=bound("string")
            )
        case OfType(type=kind):
            return composed(_SQL["is_type"], value=held.value, type=bound(kind))
        case OneOf(codes=codes):
            return composed(_SQL["one_of"], text=held.text, codes=bound_texts(sorted(codes)))
        case Fits(pattern=pattern):
            return fits(pattern, held.text, known=known)
        case Long(least=least, most=most):
            return _long(least, most, held)
        case Checked(algorithm=algorithm):
            return composed(_SQL["checked"], algorithm=f"has_{algorithm}", text=held.text)
        case Between():
            raise ValueError("bounds are compiled together")


def _long(least: int, most: int | None, held: Held) -> Clause:
    parts = []
    if least > 0:
        # A character has four bytes at most, and one at least.
        parts.append(
            composed(_SQL["at_least"], text=held.text, sure=bound(4 * least - 3, "int"), length=bound(least, "int"))
        )
    if most is not None:
        parts.append(composed(_SQL["at_most"], text=held.text, length=bound(most, "int")))
    return conjunction(parts)


# ---------------------------------------------------------------- numbers and points in time


def _is_of_time(test: ValueTest) -> bool:
    return test.temporal if isinstance(test, Between) else test in {OfType("date"), OfType("date-time")}


def _in_time(tests: list[ValueTest], held: Held, now: datetime, thorough: bool) -> Clause:
    ends = [bounds_of(*test.at(now)) for test in tests if isinstance(test, Between)]
    days = OfType("date-time") not in tests
    return moment(held.text, [bound for each in ends for bound in each], days=days, thorough=thorough)


def _is_of_numbers(test: ValueTest) -> bool:
    return not test.temporal if isinstance(test, Between) else test in {OfType("integer"), OfType("number")}


def _among_numbers(tests: list[ValueTest], held: Held) -> Clause:
    parts = [composed(_SQL["is_whole"], number=held.number)] if OfType("integer") in tests else []
    for test in tests:
        if isinstance(test, Between):
            parts += [
                composed(_SQL["sized"], number=held.number, sign=sign, bound=bound(spelled_number(number), "numeric"))
                for sign, text in ((">=", test.least), ("<=", test.most))
                if text is not None and (number := read_number(text)) is not None
            ]
    return composed(_SQL["number"], value=held.value, asked=conjunction(parts))
