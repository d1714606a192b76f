"""Screening: which determinants are worth measuring on all rows.

Whole groups are looked at, drawn without regard to what is in them: rows drawn one by one would tear the groups apart,
and a dependency is seen only where a group has several rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from customer_inventory.requirements.profiling.sample import ABSENT

FEWEST = 20
"""How many rows must share their determinant with another: with fewer there is nothing to learn from."""
SUPPORT = 0.05
"""The least share of rows that share their determinant; with fewer the determinant is nearly a key."""
SCREENED = 4_000
"""How many rows are looked at."""
_PART = 200
"""How many rows of one group."""
_FIRST = 600
_PASSES = 0.20
"""The largest error in what is looked at; what is measured afterwards is held to less."""

Sizes = Sequence[int] | Mapping[int, int]
"""How many rows have each code."""
Codes = Sequence[int] | Mapping[int, int]
"""Which code each row has."""


def repeats(sizes: Iterable[int]) -> bool:
    """Return whether enough rows share their value with others, in more than one group."""
    found = list(sizes)
    shared = [size for size in found if size > 1]
    return len(shared) > 1 and sum(shared) >= max(FEWEST, SUPPORT * sum(found))


def part_of(codes: Sequence[int], sizes: Sizes) -> list[int]:
    """Return the rows of some groups, one group after the other, each whole up to a bound."""
    items = sizes.items() if isinstance(sizes, Mapping) else enumerate(sizes)
    left: dict[int, int] = {}
    room = SCREENED
    for code in sorted((code for code, size in items if size > 1), key=_scattered):
        if room <= 0:
            break
        left[code] = min(_PART, sizes[code])
        room -= left[code]
    rows: dict[int, list[int]] = {code: [] for code in left}
    for row, code in enumerate(codes):
        if left.get(code):
            left[code] -= 1
            rows[code].append(row)
    return [row for group in rows.values() for row in group]


def promising(part: Sequence[int], determinant: Codes, dependent: Sequence[int]) -> bool:
    """Return whether some rows let hope that a determinant tells a dependent; most do not, and a few of them say so."""
    if _error(part[:_FIRST], determinant, dependent) > 2 * _PASSES:
        return False
    return _error(part, determinant, dependent) <= _PASSES


def _error(part: Sequence[int], determinant: Codes, dependent: Sequence[int]) -> float:
    groups: dict[int, dict[int, int]] = {}
    for row in part:
        y = dependent[row]
        if y > ABSENT and determinant[row] > ABSENT:
            group = groups.setdefault(determinant[row], {})
            group[y] = group.get(y, 0) + 1
    rows = sum(sum(group.values()) for group in groups.values())
    deviating = rows - sum(max(group.values()) for group in groups.values())
    return deviating / (rows - len(groups)) if rows > len(groups) else 1.0


def _scattered(code: int) -> int:
    return code * 2654435761 % 4294967296  # Knuth's multiplicative hash: codes are in the order of the rows
