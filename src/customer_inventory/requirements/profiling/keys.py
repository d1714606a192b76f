"""Keys: which two or three columns together tell every row from every other, where no fewer of them do.

A combination that no two rows share says little when chance alone would hardly let any share it. So it is weighed
against how many pairs of rows would, if the last of its columns had nothing to do with the others; and the more
combinations are tried, the more of them chance alone lets through. Columns that are a key by themselves, or nearly, are
left out, and so are measures and columns that lack values. Work is bounded: the first `MOST_COLUMNS` columns that are
left are combined, and `MOST_LOOKED_AT` cells are looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, exp, floor, prod

from customer_inventory.requirements.profiling.columns import Column
from customer_inventory.requirements.profiling.sample import ABSENT, Sample

MOST_COLUMNS = 25
MOST_LOOKED_AT = 15_000_000
"""Cells: two to three seconds."""
LEAST_SURE = 0.95
"""How sure it must be that chance alone makes none of the combinations that are tried a key (Bonferroni 1936)."""
_SIZES = (2, 3)
_FEWEST = 20
_MOST_LACKING = 0.01
_FIRST = 100
"""So many rows are looked at first: most combinations come twice among them."""
_Z2 = 1.96 * 1.96  # 95 %


@dataclass(frozen=True, slots=True)
class Key:
    """Columns whose values together no two rows of the sample share."""

    columns: tuple[str, ...]
    rows: int
    """How many rows have a value in each."""
    distinct: int
    """How many different combinations they have: as many."""
    expected: float
    """How many pairs of rows would share a combination, if one of the columns had nothing to do with the others."""
    confidence: float

    def __str__(self) -> str:
        return f"{', '.join(self.columns)} ({self.confidence:.0%}): {self.rows:,} rows, {self.distinct:,} distinct"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that were found, the surest first, and whether every combination was tried."""

    found: tuple[Key, ...] = ()
    complete: bool = True


def keys_of(sample: Sample, columns: Sequence[Column]) -> Keys:
    """Return the keys of two and three columns of a sample."""
    if sample.rows < _FEWEST:
        return Keys()
    return _Search(sample, columns).run()


class _Search:
    def __init__(self, sample: Sample, columns: Sequence[Column]) -> None:
        self._sample = sample
        self._codes = [each.codes for each in sample.columns]
        self._first = [each.codes[:_FIRST] for each in sample.columns]
        self._places = [at for at, each in enumerate(columns) if _may_be_part(each)][:MOST_COLUMNS]
        self._lacking = {at for at in self._places if columns[at].values.present < sample.rows}
        self._left = MOST_LOOKED_AT
        self._alike: dict[tuple[int, ...], int] = {}

    def run(self) -> Keys:
        unique: list[frozenset[int]] = []
        found: list[Key] = []
        for size in _SIZES:
            for places in combinations(self._places, size):
                if any(known <= frozenset(places) for known in unique) or not self._is_unique(places):
                    continue
                unique.append(frozenset(places))
                key = self._key(places)
                if key is not None and self._left > 0:
                    found.append(key)
        found.sort(key=lambda each: (len(each.columns), -each.confidence))
        return Keys(tuple(found), complete=self._left > 0)

    def _is_unique(self, places: tuple[int, ...]) -> bool:
        if self._left <= 0 or prod(len(self._sample.columns[at].values) for at in places) < self._sample.rows:
            return False
        for codes in (self._first, self._codes):
            held = self._held(places, codes)
            if len(set(held)) < len(held):
                return False
        return True

    def _held(self, places: tuple[int, ...], codes: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
        """Return the combination of each row that has a value in each column."""
        held = list(zip(*(codes[at] for at in places), strict=True))
        self._left -= len(held) * len(places)
        return [each for each in held if ABSENT not in each] if self._lacking & set(places) else held

    def _key(self, places: tuple[int, ...]) -> Key | None:
        """Return the key that columns are, or None where that may well be chance."""
        rows = len(self._held(places, self._codes))
        expected = min(
            self._pairs((*places[:at], *places[at + 1 :])) * self._chance(last) for at, last in enumerate(places)
        )
        sure = 1 - comb(len(self._places), len(places)) * exp(-expected)
        if sure < LEAST_SURE:
            return None
        # Of two rows that are alike in a larger source both must be in the sample to be seen.
        seen = rows * self._sample.rows / max(1, self._sample.seen)
        confidence = floor(100 * sure * seen / (seen + _Z2)) / 100
        names = tuple(self._sample.columns[at].name for at in places)
        return Key(names, rows, rows, round(expected, 1), confidence)

    def _pairs(self, places: tuple[int, ...]) -> int:
        """Return how many pairs of rows are alike in columns."""
        if places not in self._alike:
            if len(places) == 1:
                counts: Sequence[int] = self._sample.columns[places[0]].counts
            else:
                counts = list(Counter(self._held(places, self._codes)).values())
            self._alike[places] = sum(count * (count - 1) // 2 for count in counts)
        return self._alike[places]

    def _chance(self, at: int) -> float:
        """Return how often two rows are alike in a column."""
        present = self._sample.columns[at].present
        return 2 * self._pairs((at,)) / max(1, present * (present - 1))


def _may_be_part(column: Column) -> bool:
    """Return whether a column may be part of a key: none itself, no measure, and with one value in nearly all rows."""
    several = column.values.present > len(column.values.codes) - column.values.codes.count(ABSENT)
    return (
        len(column.values.values) > 1
        and column.repeated > 0
        and not column.is_key
        and column.typed.type != "number"
        and column.missing_share <= _MOST_LACKING
        and not several
    )
