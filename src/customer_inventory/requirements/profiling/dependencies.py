"""Dependencies: which columns tell another one, found in a sample that is not free of errors.

Determinants of one column, and of two where no single one tells the dependent. Left out is what is no finding: keys
(they tell everything because no value comes twice), constants (everything tells them), and determinants of two columns
of which one suffices. Work is bounded: single determinants are looked for among the first `MOST_COLUMNS` columns, pairs
among the first `MOST_PAIRED` that can be determinants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from customer_inventory.requirements.profiling.exceptions import exceptions_of
from customer_inventory.requirements.profiling.grouping import Grouped, grouped
from customer_inventory.requirements.profiling.sample import ABSENT, Sample, Values
from customer_inventory.requirements.profiling.screening import FEWEST, SUPPORT, Sizes, part_of, promising, repeats

WORST = 0.10
"""The largest error of a dependency that is proposed."""
LEAST = 0.60
"""The least share of what is no noise that a dependency explains, or of pairs that agree beyond chance."""
LEAST_GAIN = 30.0
"""How many bits it must save: chance alone does that in one of 2^30 cases, and some thousands are tried."""
CONSTANT = 0.95
"""From which share of rows with one value on a column is constant."""
MOST_COLUMNS = 60
"""Among how many columns is searched: the work grows with the square."""
MOST_PAIRED = 25
"""Among how many determinants pairs are tried: there the work grows with the cube."""
_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Dependency:
    """What most rows keep: the same determinant, the same dependent. A constant column has no determinant."""

    determinant: tuple[str, ...]
    dependent: str
    supporting: int
    """Rows whose determinant another row shares."""
    deviating: int
    """Rows of these that do not say what most of their group say."""
    error: float
    agreement: float
    explained: float
    unclear: int
    """Rows in groups that are of no one mind; nothing is suspected there."""
    exceptions: tuple[tuple[str, int], ...]
    """Columns of which one value goes with deviating, and in how many rows: a rule of its own, no error."""
    counter_examples: tuple[int, ...]
    """The numbers of the first rows that deviate."""
    confidence: float

    def __str__(self) -> str:
        return f"{', '.join(self.determinant) or 'always'} → {self.dependent}"


@dataclass(frozen=True)
class Determinant:
    """One or two columns, as one code for each row."""

    places: tuple[int, ...]
    codes: Sequence[int] = field(repr=False)
    sizes: Sizes = field(repr=False)


@dataclass(frozen=True)
class Found:
    """A dependency with the groups that it was found in, for who looks at single rows."""

    dependency: Dependency
    determinant: Determinant
    dependent: int
    chance: float
    """How often two rows agree on the dependent anyway."""
    mixed: Mapping[int, Mapping[int, int]] = field(repr=False)
    """The groups that do not all say the same: how many rows say what."""
    deviating: frozenset[int] = field(repr=False)
    """The rows that do not say what most of their group say."""
    excepted: frozenset[int] = field(repr=False)
    """The rows of these that the exceptions explain."""


def find(sample: Sample) -> list[Found]:
    """Return the dependencies of a sample: constants, then those of one column, then those of two."""
    return _Search(sample).run()


class _Search:
    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._columns = sample.columns[:MOST_COLUMNS]
        self._measured: dict[tuple[int, int], Grouped] = {}
        self._constant = {at for at, each in enumerate(self._columns) if is_constant(each)}
        self._dependents = [at for at, each in enumerate(self._columns) if len(each.values) > 1]
        self._determinants = {
            at: Determinant((at,), self._columns[at].codes, self._columns[at].counts)
            for at in self._dependents
            if at not in self._constant and repeats(self._columns[at].counts)
        }

        self._parts = {at: part_of(each.codes, each.sizes) for at, each in self._determinants.items()}

    def run(self) -> list[Found]:
        """Return what is found."""
        for a, determinant in self._determinants.items():
            for y in self._dependents:
                if a != y and promising(self._parts[a], determinant.codes, self._columns[y].codes):
                    self._measure(a, y)
        accepted = {pair for pair, each in self._measured.items() if _holds(each)}
        told = {y for _, y in accepted}
        return [
            *(self._always(y) for y in sorted(self._constant - told)),
            *(self._found(self._determinants[a], y, self._measured[a, y]) for a, y in sorted(accepted)),
            *self._composites(accepted),
        ]

    def _measure(self, a: int, y: int) -> Grouped:
        if (a, y) not in self._measured:
            self._measured[a, y] = grouped(self._columns[a].codes, self._columns[y].codes)
        return self._measured[a, y]

    def _composites(self, accepted: set[tuple[int, int]]) -> Iterator[Found]:
        open_ones = [y for y in self._dependents if y not in self._constant and self._is_open(y, accepted)]
        for a, b in combinations(list(self._determinants)[:MOST_PAIRED], 2):
            wanted = [y for y in open_ones if y not in (a, b) and not {(a, y), (b, y)} & accepted]
            if not wanted or {(a, b), (b, a)} & accepted:
                continue
            hoped = self._hoped_for(a, b, wanted)
            both = combined(self._columns, a, b, rows=None if hoped else ())
            for y in hoped:
                how = grouped(both.codes, self._columns[y].codes)
                if _holds(how) and all(self._adds(how, each, y) for each in (a, b)):
                    yield self._found(both, y, how)

    def _hoped_for(self, a: int, b: int, wanted: Sequence[int]) -> list[int]:
        """Return the dependents that two columns may tell, seen on whole groups of the one with more of them."""
        part = self._parts[max(a, b, key=lambda at: len(self._columns[at].values))]
        both = combined(self._columns, a, b, rows=part)
        shared = sum(size for size in both.sizes.values() if size > 1) if isinstance(both.sizes, Mapping) else 0
        if shared < SUPPORT / 2 * len(part):
            return []
        codes = dict(zip(part, both.codes, strict=True))
        return [y for y in wanted if promising(part, codes, self._columns[y].codes)]

    def _adds(self, how: Grouped, alone: int, y: int) -> bool:
        """Return whether a pair tells more than one of the two does, by more than finer groups do anyway."""
        single = self._measure(alone, y)
        return how.error <= single.error / 2 and how.gain >= single.gain + LEAST_GAIN

    def _is_open(self, y: int, accepted: set[tuple[int, int]]) -> bool:
        """Return whether none tells a column but those that it tells too and that come later: one of them will do."""
        return all((y, a) in accepted and y < a for a, of in accepted if of == y)

    def _always(self, y: int) -> Found:
        codes = [0] * self._sample.rows
        return self._found(Determinant((), codes, [self._sample.rows]), y, grouped(codes, self._columns[y].codes))

    def _found(self, determinant: Determinant, y: int, how: Grouped) -> Found:
        deviating = list(_deviating(determinant.codes, self._columns[y].codes, how.mixed))
        but = exceptions_of(
            self._sample,
            {*determinant.places, y},
            deviating,
            determinant=determinant.codes,
            sizes=determinant.sizes,
        )
        left = [self._sample.numbers[row] for row in deviating if row not in but.rows]
        strength = max(how.explained, how.agreement) if determinant.places else 1.0
        dependency = Dependency(
            determinant=tuple(self._columns[at].name for at in determinant.places),
            dependent=self._columns[y].name,
            supporting=how.supporting,
            deviating=how.deviating,
            error=round(how.error, 4),
            agreement=round(how.agreement, 4),
            explained=round(how.explained, 4),
            unclear=how.unclear,
            exceptions=but.columns,
            counter_examples=tuple(left[:_EXAMPLES]),
            confidence=round(strength * (1 - how.error) * (1 - how.unclear / how.supporting), 3),
        )
        return Found(dependency, determinant, y, how.chance, how.mixed, frozenset(deviating), but.rows)


def is_constant(values: Values) -> bool:
    """Return whether nearly all rows of a column that have a value have the same."""
    return values.present >= FEWEST and values.counts[values.by_count[0]] >= CONSTANT * values.present


def combined(columns: Sequence[Values], a: int, b: int, *, rows: Sequence[int] | None = None) -> Determinant:
    """Return the determinant of two columns, of all rows or of some: a code for each pair of values, where both are."""
    size = len(columns[b].values)
    first, second = columns[a].codes, columns[b].codes
    pairs = zip(first, second, strict=True) if rows is None else ((first[row], second[row]) for row in rows)
    codes = [x * size + y if x > ABSENT and y > ABSENT else ABSENT for x, y in pairs]
    sizes = Counter(codes)
    del sizes[ABSENT]
    return Determinant((a, b), codes, sizes)


def _holds(how: Grouped) -> bool:
    return (
        how.supporting >= max(FEWEST, SUPPORT * how.rows)
        and how.shared > 1
        and how.error <= WORST
        and how.unclear <= WORST * how.supporting
        and how.gain >= LEAST_GAIN
        and max(how.explained, how.agreement) >= LEAST
    )


def _deviating(codes: Sequence[int], dependent: Sequence[int], mixed: Mapping[int, Mapping[int, int]]) -> Iterator[int]:
    """Yield the rows that do not say what most of their group do."""
    expected = {x: max(group, key=lambda y: group[y]) for x, group in mixed.items()}
    for row, (x, y) in enumerate(zip(codes, dependent, strict=True)):
        if x in expected and y not in (ABSENT, expected[x]):
            yield row
