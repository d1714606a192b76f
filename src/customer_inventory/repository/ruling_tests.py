"""Value tests as SQL: what `model.value_tests` asks of one JSON value.

A value is told by two columns: the JSON value itself, and the text in which it is written, which is never null here.
Tests that cost little come first, and what costs much is asked only where something cheaper does not answer:
PostgreSQL works a regular expression out anew for every text, the more slowly the more it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache, lru_cache

from customer_inventory.model.patterns import Pattern
from customer_inventory.model.spelling import instant_key, read_number, spelled_number
from customer_inventory.model.value_tests import Between, Checked, Fits, Long, OfType, OneOf, ValueTest
from customer_inventory.repository import sql
from customer_inventory.repository.fragments import bound, bound_texts, composed
from customer_inventory.repository.ruling_columns import Held
from customer_inventory.repository.values import Clause, conjunction

_SQL = sql.statements("ruling.sql")
_COSTS: dict[type[ValueTest], int] = {Long: 0, OneOf: 1, OfType: 2, Between: 3, Fits: 4, Checked: 5}
_MUCH_COUNTED = 8
"""From how many repetitions on a counted part of a pattern is worth the comparison of lengths that spares it."""

_PARTS = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\{(\d+),(\d+)\}", re.DOTALL)
_YEARS = (1900, 2100)
_LONGEST_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def passes(tests: Iterable[ValueTest], held: Held, *, now: datetime, known: frozenset[str] = frozenset()) -> Clause:
    """Return the clause that a text, number or truth fulfils which passes all `tests`; null counts as failing.

    `known` are texts that are common where the value stands: those that follow a pattern are not worked out each time.
    """
    asked = _fewest(sorted(tests, key=lambda test: _COSTS[type(test)]))
    return conjunction([_passes(test, held, now, known) for test in asked])


def plain_second(text: str) -> Clause:
    """Return the clause that a text fulfils which is a second in UTC and sorts, as it is written, by time."""
    return composed(_SQL["plain_second"], text=text, **_calendar())


def _fewest(tests: list[ValueTest]) -> list[ValueTest]:
    """Leave out the test for a day where bounds ask for a point in time anyway."""
    dated = any(isinstance(test, Between) and test.temporal and _has_bounds(test) for test in tests)
    return [test for test in tests if not (dated and test == OfType("date"))]


def _has_bounds(test: Between) -> bool:
    return any(each is not None and read_number(each) is None for each in (test.least, test.most))


def _passes(test: ValueTest, held: Held, now: datetime, known: frozenset[str]) -> Clause:
    match test:
        case OfType(type=kind):
            return _of_type(kind, held)
        case OneOf(codes=codes):
            return composed(_SQL["one_of"], text=held.text, codes=bound_texts(sorted(codes)))
        case Fits(pattern=pattern):
            return _fits(pattern, held, frozenset(code for code in known if pattern.found_in(code)))
        case Long(least=least, most=most):
            return _long(least, most, held)
        case Between():
            return _moments(test, held, now) if test.temporal else _numbers(test, held)
        case Checked(algorithm=algorithm):
            return composed(_SQL["checked"], algorithm=f"has_{algorithm}", text=held.text)


def _of_type(kind: str, held: Held) -> Clause:
    match kind:
        case "integer":
            return composed(_SQL["is_whole"], value=held.value, text=held.text)
        case "date":
            return composed(_SQL["is_day"], plain=_plain(held.text), text=held.text)
        case "date-time":
            return composed(_SQL["is_instant"], plain=plain_second(held.text), text=held.text)
        case _:
            return composed(_SQL["is_type"], value=held.value, type=bound(kind))


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


# ---------------------------------------------------------------- patterns


def _fits(pattern: Pattern, held: Held, known: frozenset[str]) -> Clause:
    relaxed, length = _relaxed(pattern)
    fits = composed(_SQL["fits"], text=held.text, pattern=bound(pattern.postgresql))
    if relaxed != pattern:
        short = composed(_SQL["fits"], text=held.text, pattern=bound(relaxed.postgresql))
        fits = composed(_SQL["fits_when_short"], text=held.text, length=bound(length, "int"), short=short, long=fits)
    if known:
        fits = composed(_SQL["fits_or_known"], text=held.text, codes=bound_texts(sorted(known)), fits=fits)
    return fits


@lru_cache(maxsize=1024)
def _relaxed(pattern: Pattern) -> tuple[Pattern, int]:
    """Return a pattern that counts less, and up to how many bytes a text may have for it to mean the same.

    What repeats at most n times cannot repeat more often in a text of n characters: there the upper count says nothing.
    """
    length = 1 << 30

    def uncounted(found: re.Match[str]) -> str:
        nonlocal length
        if found[2] is None or int(found[2]) < _MUCH_COUNTED:
            return found[0]
        length = min(length, int(found[2]))
        return {"0": "*", "1": "+"}.get(found[1], f"{{{found[1]},}}")

    return Pattern(_PARTS.sub(uncounted, pattern.portable)), length


# ---------------------------------------------------------------- numbers and points in time


def _numbers(test: Between, held: Held) -> Clause:
    bounds = [
        composed(_SQL["sized"], value=held.value, sign=sign, bound=bound(spelled_number(number), "numeric"))
        for sign, text in ((">=", test.least), ("<=", test.most))
        if text is not None and (number := read_number(text)) is not None
    ]
    return composed(_SQL["number"], value=held.value, bounds=conjunction(bounds))


def _moments(test: Between, held: Held, now: datetime) -> Clause:
    least, most = test.at(now)
    bounds = [(sign, text) for sign, text in ((">=", least), ("<=", most)) if text is not None and instant_key(text)]
    read = conjunction([_read_sized(held.text, sign, text) for sign, text in bounds] or [_is_read(held.text)])
    seconds = [_second(text) for _, text in bounds]
    if not all(seconds):
        return read
    pairs = [(sign, second) for (sign, _), second in zip(bounds, seconds, strict=True) if second]
    written = composed(
        _SQL["moment_written"],
        text=held.text,
        days=conjunction([_day_sized(held.text, sign, second) for sign, second in pairs]),
        seconds=conjunction([_text_sized(held.text, sign, second) for sign, second in pairs]),
    )
    return composed(_SQL["moment"], plain=_plain(held.text), written=written, read=read)


def _second(text: str) -> str | None:
    """Return the second in UTC that `text` writes; None for a part of one, or a year that is not of four digits."""
    year, rest, fraction = instant_key(text) or (0, "", "")
    return f"{year:04}-{rest}Z" if 1 <= year <= 9999 and not fraction else None


def _day_sized(text: str, sign: str, second: str) -> Clause:
    """A day is its midnight in UTC."""
    day, _, time = second.partition("T")
    return _text_sized(text, ">" if sign == ">=" and time != "00:00:00Z" else sign, day)


def _text_sized(text: str, sign: str, least_or_most: str) -> Clause:
    return composed(_SQL["text_sized"], text=text, sign=sign, bound=bound(least_or_most))


def _read_sized(text: str, sign: str, least_or_most: str) -> Clause:
    return composed(_SQL["read_least" if sign == ">=" else "read_most"], text=text, bound=bound(least_or_most))


def _is_read(text: str) -> Clause:
    return composed(_SQL["is_read"], text=text)


def _plain(text: str) -> Clause:
    return composed(_SQL["plain"], text=text, **_calendar())


@cache
def _calendar() -> dict[str, Clause]:
    """The parts of which days and seconds are made, but for the 29th of February."""
    months = enumerate(_LONGEST_MONTHS, 1)
    return {
        "years": bound_texts([str(year) for year in range(_YEARS[0], _YEARS[1] + 1)]),
        "days": bound_texts([f"-{month:02}-{day:02}" for month, last in months for day in range(1, last + 1)]),
        "minutes": bound_texts([f"T{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)]),
        "seconds": bound_texts([f":{second:02}Z" for second in range(60)]),
    }
