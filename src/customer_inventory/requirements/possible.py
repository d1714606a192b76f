"""Possible: whether any value may pass tests, at whatever time; that none can is proved, else one may.

A value is a text, a number, a truth or an object (`model.value_tests`). Where there is a code list its codes are tried.
Else the bounds are held against each other, and what is asked of how a value is written as `model.languages` has it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from customer_inventory.model.languages import Language, Steps, language, may_have_text
from customer_inventory.model.spelling import NUMBER, instant_key, read_number
from customer_inventory.model.value_tests import Between, Checked, Fits, Long, OfType, OneOf, ValueTest
from customer_inventory.requirements.formats import whole

_NUMBERS = frozenset({"integer", "number"})
_MOMENTS = frozenset({"date", "date-time"})
_WRITTEN = {
    # Each is followed by every value of its kind, and by some that are none.
    "number": r"-?[0-9]+(\.[0-9]+)?",
    "integer": r"-?[0-9]+",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.+Zz-]+)?",
    "date-time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.+Zz-]{7,}",
    "luhn": r"[ .-]*([0-9][ .-]*){2,40}",
    "mod97": r"[ .-]*([A-Za-z][ .-]*){2}([0-9][ .-]*){2}([A-Za-z0-9][ .-]*){4,30}",
}
_MOVING = re.compile(r"(today|now)(?:([+-]\d{1,4})([ymd]))?", re.ASCII)
_DAYS = {"d": (1, 1), "m": (28, 31), "y": (365, 366)}
_MOST_YEARS = 1000
"""Years beyond end at those of the calendar."""
_EPOCH = datetime.fromtimestamp(0, UTC)


def may_be_followed(tests: Sequence[ValueTest], steps: Steps) -> bool:
    """Return whether a value may pass all tests; False is proved."""
    lists = [test.codes for test in tests if isinstance(test, OneOf)]
    if lists:
        codes = frozenset.intersection(*lists)
        return any(_may_pass(value, tests) for code in codes for value in _written_as(code))
    return (
        _may_be_text(tests, steps)
        or _may_be_number(tests, steps)
        or any(_may_pass(value, tests) for value in (True, False))
        or all((isinstance(test, OfType) and test.type == "object") or test == Long(1) for test in tests)
    )


def _written_as(code: str) -> Iterator[Any]:
    """Yield the values that are written so: a text, and what else it may be."""
    yield code
    if code in ("true", "false"):
        yield code == "true"
    if NUMBER.fullmatch(code):
        number = read_number(code)
        yield number
        if number is not None:
            yield float(number)


def _may_pass(value: Any, tests: Sequence[ValueTest]) -> bool:
    """Return whether a value passes all tests at some time; one that is not known may."""
    return value is None or all(_moves(test, value) or test.passes(value, _EPOCH) for test in tests)


def _moves(test: ValueTest, value: Any) -> bool:
    """Return whether a value is a moment, and a bound of moments moves with time, so that it may pass some day."""
    bounds = (test.least, test.most) if isinstance(test, Between) else ()
    moving = any(each is not None and _MOVING.fullmatch(each) for each in bounds)
    return moving and isinstance(value, str) and instant_key(value) is not None


def _may_be_text(tests: Sequence[ValueTest], steps: Steps) -> bool:
    types = {test.type for test in tests if isinstance(test, OfType)}
    spans = [test for test in tests if isinstance(test, Between)]
    if types - _MOMENTS - {"string"} or not all(span.temporal for span in spans):
        return False
    kinds = [name for name in sorted(_MOMENTS) if name in types] or (["date"] if spans else [])
    return _moments_meet(spans) and _may_be_written(tests, kinds, steps)


def _may_be_number(tests: Sequence[ValueTest], steps: Steps) -> bool:
    types = {test.type for test in tests if isinstance(test, OfType)}
    spans = [test for test in tests if isinstance(test, Between)]
    if types - _NUMBERS or any(span.temporal for span in spans):
        return False
    kind = "integer" if "integer" in types else "number"
    return _numbers_meet(spans, whole_ones=kind == "integer") and _may_be_written(tests, [kind], steps)


def _may_be_written(tests: Sequence[ValueTest], kinds: Sequence[str], steps: Steps) -> bool:
    """Return whether a text may be written as these kinds are, and as the tests ask."""
    lengths = [test for test in tests if isinstance(test, Long)]
    least = max((test.least for test in lengths), default=0)
    most = min((test.most for test in lengths if test.most is not None), default=None)
    patterns = [test.pattern for test in tests if isinstance(test, Fits)]
    patterns += [whole(_WRITTEN[each]) for each in kinds]
    patterns += [whole(_WRITTEN[test.algorithm]) for test in tests if isinstance(test, Checked)]
    languages: list[Language] = [found for each in dict.fromkeys(patterns) if (found := language(each)) is not None]
    return may_have_text(languages, least=least, most=most, steps=steps)


def _numbers_meet(spans: Sequence[Between], *, whole_ones: bool) -> bool:
    low = max((n for span in spans if (n := read_number(span.least or "")) is not None), default=None)
    high = min((n for span in spans if (n := read_number(span.most or "")) is not None), default=None)
    if low is None or high is None:
        return True
    return math.ceil(low) <= math.floor(high) if whole_ones else low <= high


def _moments_meet(spans: Sequence[Between]) -> bool:
    """Return whether a moment may lie within all bounds: of those that stand, and of those that move with time."""
    lows = [span.least for span in spans if span.least is not None]
    highs = [span.most for span in spans if span.most is not None]
    low = max((key for each in lows if (key := instant_key(each)) is not None), default=None)
    high = min((key for each in highs if (key := instant_key(each)) is not None), default=None)
    stand = low is None or high is None or low <= high
    return stand and not any(_always_after(low, high) for low in lows for high in highs)


def _always_after(one: str, other: str) -> bool:
    """Return whether one moment that moves with time is after another at all times, as far as that is sure."""
    left, right = _MOVING.fullmatch(one), _MOVING.fullmatch(other)
    if left is None or right is None:
        return False
    counts = [int(each[2] or 0) for each in (left, right)]
    units = [each[3] or "d" for each in (left, right)]
    if any(unit == "y" and abs(count) > _MOST_YEARS for count, unit in zip(counts, units, strict=True)):
        return False
    if left[1] == right[1] and units[0] == units[1]:
        return counts[0] > counts[1]
    days = [sorted(count * each for each in _DAYS[unit]) for count, unit in zip(counts, units, strict=True)]
    apart = 0 if left[1] == right[1] else 1  # today began at most a day before now
    return days[0][0] - apart > days[1][1]
