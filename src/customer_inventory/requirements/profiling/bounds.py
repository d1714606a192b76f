"""Bounds: between which numbers or days the values of a column lie, apart from those that no one can mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from math import floor, log10

MOST_OUTSIDE = 0.05
"""The largest share of days that may lie outside of bounds that hold of the others."""
_FAR = 10
"""How many times the distance between the quartiles a number may lie beyond them."""
_CENTURY = "1900-01-01"

Bounds = tuple[str | None, str | None]
"""The least and the greatest value, as value rules write them; None is open."""


def of_numbers(numbers: Sequence[tuple[float, int]]) -> Bounds:
    """Return the bounds of numbers, which come in order with the number of their rows.

    They are rounded outwards to one digit, and zero where nothing is below. What lies ten times farther out than half
    of all numbers are apart is left outside.
    """
    total = sum(count for _, count in numbers)
    if not total:
        return None, None
    low, high = _quantile(numbers, total // 4), _quantile(numbers, total - 1 - total // 4)
    reach = _FAR * ((high - low) or abs(high) or 1)
    usual = [number for number, _ in numbers if low - reach <= number <= high + reach]
    least, most = usual[0], usual[-1]
    return "0" if least >= 0 else _written(-_above(-least)), _written(_above(most))


def of_days(days: Sequence[tuple[str, int]], *, births: bool, moments: bool, today: date) -> Bounds:
    """Return the bounds of days or moments in ISO form: not in the future if hardly any is, births in living memory."""
    total = sum(count for _, count in days)
    past = sum(count for day, count in days if day[:10] <= today.isoformat())
    ended = total > 0 and past >= (1 - MOST_OUTSIDE) * total
    return _CENTURY if births else None, ("now" if moments else "today") if ended else None


def _quantile(numbers: Sequence[tuple[float, int]], rank: int) -> float:
    passed = 0
    for number, count in numbers:
        passed += count
        if passed > rank:
            return number
    return numbers[-1][0]


def _above(number: float) -> float:
    """Return the next number up that has one digit before or behind its zeros: 638 becomes 700."""
    if number == 0:
        return 0
    step = 10.0 ** floor(log10(abs(number)))
    return -floor(-number / step) * step


def _written(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else format(Decimal(repr(number)).normalize(), "f")
