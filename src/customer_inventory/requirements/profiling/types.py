"""Types: of what type the values of a column are, and what capture makes of them.

What is read here is what `capture/standardise.py` reads; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from customer_inventory.requirements.profiling.dates import FORMATS, day, moment
from customer_inventory.requirements.profiling.sample import Scalar, Values

MOST_WRONG = 0.05
"""What share of values may be of another type than the column."""
_TRUE = frozenset({"true", "t", "yes", "y", "1", "ja", "oui", "si", "sí", "tak"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "nein", "non", "nie"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")


@dataclass(frozen=True, slots=True)
class Typed:
    """The type of a column (one of model.value_tests.TYPES), how dates are written, and how many values are of it."""

    type: str = "string"
    form: str | None = None
    """How days are written, one of `dates.FORMATS`, when they are."""
    ambiguous: tuple[str, ...] = ()
    """Other ways to read the days that fit as many values."""
    passed: int = 0
    asked: int = 0


def integer(text: str) -> int | None:
    """Return the whole number that a text writes."""
    return int(text) if _INTEGER.fullmatch(text) else None


def number(text: str) -> float | None:
    """Return the number that a text writes with a decimal point."""
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)


def boolean(text: str) -> bool | None:
    """Return the truth that a text writes."""
    word = text.lower()
    return word in _TRUE if word in _TRUE or word in _FALSE else None


def reader(typed: Typed) -> Callable[[str], Scalar | None]:
    """Return what reads a text to the type; what it cannot read it gives back as None."""
    match typed.type:
        case "integer":
            return integer
        case "number":
            return number
        case "boolean":
            return boolean
        case "date":
            return day(typed.form or "iso")
        case "date-time":
            return moment
    return lambda text: text


def kept(value: Scalar, typed: Typed, *, converts: bool) -> Scalar:
    """Return a value as the inventory keeps it: read to the type where capture does that, else as it is."""
    if not converts or type(value) is not str:
        return value
    read = reader(typed)(value)
    return value if read is None else read


def type_of(values: Values, counts: Sequence[int], *, converts: bool) -> Typed:
    """Return the type of a column whose values are there so often; text when they are of no other."""
    asked = sum(counts)
    if not asked:
        return Typed()
    found = list(_candidates(values, counts, converts))
    best = max((each.passed for each in found), default=0)
    if best < (1 - MOST_WRONG) * asked:
        return Typed("string", passed=asked, asked=asked)
    first = next(each for each in found if each.passed == best)
    also = tuple(each.form for each in found if each.passed == best and each.form and each.form != first.form)
    return Typed(first.type, first.form, also if first.type == "date" else (), best, asked)


def _candidates(values: Values, counts: Sequence[int], converts: bool) -> Iterator[Typed]:
    """Yield the types that a column may be of, the narrowest first; of texts with leading zeros no number."""
    if not converts:
        yield from _json_types(values, counts)
        texts = [Typed("date", "iso"), Typed("date-time")]
    else:
        numbers = [] if _led_by_zero(values, counts) else [Typed("integer"), Typed("number")]
        texts = [Typed("boolean"), *numbers, *(Typed("date", form) for form in FORMATS), Typed("date-time")]
    asked = sum(counts)
    for typed in texts:
        passed = _passing(values, counts, reader(typed), asked)
        if passed:
            yield Typed(typed.type, typed.form, (), passed, asked)


def _json_types(values: Values, counts: Sequence[int]) -> Iterator[Typed]:
    for name, types in (("boolean", {bool}), ("integer", {int}), ("number", {int, float})):
        yield Typed(name, passed=sum(n for v, n in zip(values.values, counts, strict=True) if type(v) in types))


def _passing(values: Values, counts: Sequence[int], read: Callable[[str], Scalar | None], asked: int) -> int:
    """Return how many rows a reader reads; 0 as soon as it is plain that too few are."""
    failed, most = 0, asked * (MOST_WRONG + 0.1)
    for value, count in zip(values.values, counts, strict=True):
        if count and (type(value) is not str or read(value) is None):
            failed += count
            if failed > most:
                return 0
    return asked - failed


def _led_by_zero(values: Values, counts: Sequence[int]) -> bool:
    """Return whether a hundredth of the rows write numbers that begin with a zero, which a number would lose."""
    led = sum(
        n for text, n in zip(values.texts, counts, strict=True) if text[:1] == "0" and text[1:2].isdigit()
    )  # fmt: skip
    return led * 100 > sum(counts) > 0
