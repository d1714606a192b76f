"""Points in time as SQL: whether a text is one, and lies within bounds.

Nearly all are written as days, or as seconds in UTC. Those of 1900 to 2100 are told by their parts, which must be among
the parts that there are, and compare as they are written: a tenth of what it costs to read one.
"""

from __future__ import annotations

from functools import cache
from itertools import product

from customer_inventory.model.spelling import instant_key
from customer_inventory.repository import sql
from customer_inventory.repository.fragments import bound, bound_texts, composed
from customer_inventory.repository.values import Clause, conjunction

_SQL = sql.statements("ruling.sql")
_YEARS = range(1900, 2101)
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # without the 29th of February, which is read

Bounds = list[tuple[str, str]]
"""The sign by which a value compares with a bound, and the bound."""


def bounds_of(least: str | None, most: str | None) -> Bounds:
    """Return those of two bounds that are points in time."""
    return [(sign, text) for sign, text in ((">=", least), ("<=", most)) if text is not None and instant_key(text)]


def moment(text: str, bounds: Bounds, *, days: bool, thorough: bool) -> Clause:
    """Return the clause that a text fulfils which is a point in time within bounds; a plain day is one with `days`.

    A `thorough` clause reads every text, whatever that costs.
    """
    read = conjunction([_read(text, sign, each) for sign, each in bounds] or [composed(_SQL["is_read"], text=text)])
    if not days:
        read = composed(_SQL["longer_than_day"], text=text, read=read)
    seconds = [(sign, second) for sign, each in bounds if (second := _second(each))]
    if thorough or len(seconds) < len(bounds):
        return read
    written = conjunction([_sized(text, sign, second) for sign, second in seconds])
    day = _when_day(text, seconds) if days else ""
    return composed(_SQL["moment"], plain=plain_second(text), sized=written, day=day, read=read)


def plain_second(text: str) -> Clause:
    """Return the clause that a text fulfils which is a second in UTC that compares as it is written."""
    return composed(_SQL["plain_second"], text=text, years=_years(), hours=_hours(), seconds=_seconds())


def _when_day(text: str, seconds: Bounds) -> Clause:
    """A day is its midnight in UTC."""
    sized = []
    for sign, second in seconds:
        day, _, time = second.partition("T")
        sized.append(_sized(text, ">" if sign == ">=" and time != "00:00:00Z" else sign, day))
    return composed(_SQL["when_day"], text=text, years=_years(), days=_days(), sized=conjunction(sized))


def _second(text: str) -> str | None:
    """Return the second in UTC that `text` writes; None for a part of one, or a year that is not of four digits."""
    year, rest, fraction = instant_key(text) or (0, "", "")
    return f"{year:04}-{rest}Z" if 1 <= year <= 9999 and not fraction else None


def _sized(text: str, sign: str, second: str) -> Clause:
    return composed(_SQL["text_sized"], text=text, sign=sign, bound=bound(second))


def _read(text: str, sign: str, least_or_most: str) -> Clause:
    return composed(_SQL["read_least" if sign == ">=" else "read_most"], text=text, bound=bound(least_or_most))


@cache
def _years() -> Clause:
    return bound_texts([str(year) for year in _YEARS])


@cache
def _days() -> Clause:
    return bound_texts(_calendar())


@cache
def _hours() -> Clause:
    return bound_texts([f"{day}T{hour:02}" for day, hour in product(_calendar(), range(24))])


@cache
def _seconds() -> Clause:
    return bound_texts([f":{minute:02}:{second:02}Z" for minute, second in product(range(60), repeat=2)])


def _calendar() -> list[str]:
    return [f"-{month:02}-{day:02}" for month, last in enumerate(_MONTHS, 1) for day in range(1, last + 1)]
