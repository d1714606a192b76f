"""Samples: rows of any source, kept in bounded memory, each value written once.

Of more rows than are kept, the sample is drawn uniformly (reservoir sampling, Li 1994, algorithm L), so that what holds
of it holds of the source up to the error of sampling. The bounds are `MOST_ROWS`, `MOST_CELLS`, `MOST_CHARACTERS`,
`MOST_COLUMNS` and `LONGEST`: some 350 MB when every cell is short and different, half of that for a usual table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from math import exp, floor, log
from random import Random
from typing import Any, Generic, TypeVar

MOST_ROWS = 100_000
"""How many rows are kept."""
MOST_CELLS = 2_000_000
"""How many cells are kept: of a table with more than 20 columns fewer rows."""
MOST_CHARACTERS = 200_000_000
"""How many characters they have, as far as the first rows tell: of a table of long texts fewer rows."""
MOST_COLUMNS = 500
"""How many columns are looked at; those behind are passed over."""
LONGEST = 4_000
"""How many characters of a text are looked at: as many as capture takes."""

Scalar = str | int | float | bool
Cell = Scalar | tuple[Scalar, ...] | None
"""What stands in a row for a column: a text of a file, a JSON value or several of a document, None for nothing."""
Row = Sequence[Cell]

_HALVES = re.compile("[\ud800-\udfff]")
T = TypeVar("T")
K = TypeVar("K")
_FIRST = 1_000
ABSENT = -1
"""The code of a cell without a value."""

MISSING_WORDS = frozenset(
    (
        "empty", "(empty)", "blank", "(blank)", "null", "(null)", "<null>", "\\n", "none", "nil", "nan", "n/a", "#n/a",
        "missing", "not available", "not applicable", "no value", "-", "--", "---", "?", ".",
    )
)  # fmt: skip
"""What sources write where they have no value, in lower case."""


@dataclass(frozen=True)
class Values:
    """One column of a sample: its different values, how often each is there, and which stands in each row."""

    name: str
    codes: Sequence[int] = field(repr=False)
    """For each row the place of its value in `values`, or ABSENT."""
    values: tuple[Scalar, ...] = field(repr=False)
    counts: tuple[int, ...] = field(repr=False)
    missing_words: tuple[tuple[str, int], ...] = ()
    """The words that were read as "no value", and how often."""

    @property
    def present(self) -> int:
        """How many values there are: as many as rows have one, and those that stand beside a first one."""
        return sum(self.counts)

    @cached_property
    def by_count(self) -> tuple[int, ...]:
        """The codes, the most frequent first, of equally frequent ones the first seen first."""
        return tuple(sorted(range(len(self.counts)), key=lambda code: -self.counts[code]))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The values as texts, for what looks at how they are written."""
        return tuple(each if type(each) is str else written(each) for each in self.values)


@dataclass(frozen=True)
class Sample:
    """The rows that are kept of a source, by column."""

    columns: tuple[Values, ...]
    numbers: tuple[int, ...] = field(repr=False)
    """The number of each kept row in the source, from 1."""
    seen: int
    """How many rows the source has."""
    converts: bool
    """Whether capture brings texts to types on the way in; what is stored stays as it is."""

    @property
    def rows(self) -> int:
        """How many rows are kept."""
        return len(self.numbers)


def written(value: object) -> str:
    """Return a JSON value that is no text as a text."""
    return str(value).lower() if type(value) is bool else str(value)


class Reservoir(Generic[T, K]):
    """At most `most` of the rows that are added, each with the same chance; `keep` makes what is kept of one."""

    def __init__(self, most: int, random: Random, *, keep: Callable[[T], K]) -> None:
        self._most, self._random, self._keep = most, random, keep
        self._kept: list[tuple[int, K]] = []
        self._weight = 1.0
        self._next = 1
        self.seen = 0

    def add(self, row: T) -> None:
        """Take a row, or pass over it."""
        self.seen += 1
        if self.seen < self._next:
            return
        if len(self._kept) < self._most:
            self._kept.append((self.seen, self._keep(row)))
        else:
            self._kept[self._random.randrange(self._most)] = (self.seen, self._keep(row))
        self._next = self.seen + 1 + (self._skipped() if len(self._kept) == self._most else 0)

    def rows(self) -> tuple[list[K], list[int]]:
        """Return what is kept, in the order in which it came, and the numbers of those rows, from 1."""
        ordered = sorted(self._kept, key=lambda each: each[0])
        return [row for _, row in ordered], [number for number, _ in ordered]

    def _skipped(self) -> int:
        """Return how many rows are passed over until the next one is kept."""
        self._weight *= exp(log(1 - self._random.random()) / self._most)
        return floor(log(1 - self._random.random()) / log(1 - self._weight)) if self._weight < 1 else 0


def draw(names: Sequence[str], rows: Iterable[Row], *, random: Random, converts: bool = True) -> Sample:
    """Return a sample of `rows`, whose cells stand in the order of `names`; a row may be short.

    Cells of blanks, and words that say so, are no values.
    """
    coming = iter(rows)
    first = list(islice(coming, _FIRST))
    most = min(MOST_ROWS, MOST_CELLS // max(1, min(len(names), MOST_COLUMNS)), _fitting(first))
    reservoir: Reservoir[Row, Row] = Reservoir(most, random, keep=lambda row: row)
    for row in chain(first, coming):
        reservoir.add(row)
    return sample_of(names, *reservoir.rows(), seen=reservoir.seen, converts=converts)


def _fitting(rows: Sequence[Row]) -> int:
    """Return how many rows as long as these have `MOST_CHARACTERS` together."""
    characters = sum(len(cell) for row in rows for cell in row if type(cell) is str)
    return max(1, MOST_CHARACTERS * len(rows) // max(1, characters))


def sample_of(
    names: Sequence[str], rows: Sequence[Row], numbers: Sequence[int], *, seen: int, converts: bool
) -> Sample:
    """Return the sample that consists of these rows, which come with their numbers in the source."""
    columns = tuple(_values(name, at, rows, converts=converts) for at, name in enumerate(islice(names, MOST_COLUMNS)))
    return Sample(columns, tuple(numbers), seen, converts)


def _values(name: str, at: int, rows: Sequence[Row], *, converts: bool) -> Values:
    """Return the column at a place, its values written once."""
    cells = [row[at] if at < len(row) else None for row in rows]
    keys = [cell if type(cell) is str else _key(cell) for cell in cells]
    more = Counter(_key(each) for cell in cells if isinstance(cell, tuple) for each in cell[1:])
    places: dict[object, int] = {}
    values: list[Scalar] = []
    words: Counter[str] = Counter()
    code_of: dict[object, int] = {}
    for key, count in (Counter(keys) + more if more else Counter(keys)).items():
        cell = _read(key) if type(key) is str and converts else key if type(key) is str else key[1]
        if type(cell) is str and converts and cell.lower() in MISSING_WORDS:
            words[cell] += count
            cell = None
        if cell is None or (cell == "" and converts):
            code_of[key] = ABSENT
            continue
        same = cell if type(cell) is str else key
        code_of[key] = code = places.setdefault(same, len(values))
        if code == len(values):
            values.append(cell)
    codes = [code_of[key] for key in keys]
    counts = Counter(codes)
    counts.update(code_of[key] for key in more.elements())
    return Values(
        _readable(name), codes, tuple(values), tuple(counts[code] for code in range(len(values))), tuple(words.items())
    )


def _key(cell: Cell) -> Any:
    first = cell[0] if isinstance(cell, tuple) else cell
    return first if type(first) is str else (type(first), first)  # True == 1 == 1.0, and they are not the same value


def _read(text: str) -> str:
    """Return a text as capture keeps it: without spaces around it, with single ones inside."""
    return _readable(" ".join(text.split())[:LONGEST])


def _readable(text: str) -> str:
    """Return a text with a mark for what cannot be kept: NUL, and what is not in the encoding of its file.

    Sources carry the latter as half characters.
    """
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if text.isascii() else _HALVES.sub("\ufffd", text)
