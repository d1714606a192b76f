"""Dependencies: which columns tell another one, found in a sample that is not free of errors.

Determinants of one column, and of two where no single one tells the dependent. Left out is what is no finding: keys
(they tell everything because no value comes twice), constants (everything tells them), and determinants of two columns
of which one suffices. Every pair is first measured on whole groups of at most `SCREENED` rows; what looks promising
is measured on all rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from customer_inventory.requirements.profiling.exceptions import Exceptions, exceptions_of
from customer_inventory.requirements.profiling.grouping import CLEAR, Grouped, grouped
from customer_inventory.requirements.profiling.sample import ABSENT, Sample, Values

WORST = 0.10
"""The largest error of a dependency that is proposed."""
LEAST = 0.60
"""The least share of what is no noise that a dependency explains, or of pairs that agree beyond chance."""
LEAST_GAIN = 30.0
"""How many bits it must save: chance alone does that in one of 2^30 cases, and some thousands are tried."""
FEWEST = 20
"""How many rows must share their determinant with another: with fewer there is nothing to learn from."""
SUPPORT = 0.05
"""The least share of rows that share their determinant; with fewer the determinant is nearly a key."""
CONSTANT = 0.95
"""From which share of rows with one value on a column is constant."""
SCREENED = 4_000
_PASSES_SCREEN = 2 * WORST
_PART = 200
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
class Found:
    """A dependency with the groups that it was found in, for who looks at single rows."""

    dependency: Dependency
    places: tuple[int, ...]
    """The places of the determinant's columns."""
    dependent: int
    codes: Sequence[int] = field(repr=False)
    """For each row the code of its determinant."""
    groups: Mapping[int, Mapping[int, int]] = field(repr=False)
    deviating: frozenset[int] = field(repr=False)
    """The rows that do not say what most of their group say."""
    excepted: frozenset[int] = field(repr=False)
    """The rows of these that the exceptions explain."""


def find(sample: Sample) -> list[Found]:
    """Return the dependencies of a sample, by determinant in the order of the columns; constants come first."""
    return _Search(sample).run()


class _Search:
    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._columns = sample.columns
        self._single: dict[tuple[int, int], Grouped] = {}
        self._constant = {at for at, each in enumerate(self._columns) if is_constant(each)}
        self._dependents = [at for at, each in enumerate(self._columns) if len(each.values) > 1]
        self._determinants = [
            at for at in self._dependents if at not in self._constant and _repeats(self._columns[at].counts)
        ]

    def run(self) -> list[Found]:
        """Return what is found, constants, then single determinants, then composite ones."""
        for a in self._determinants:
            part = _part(self._columns[a].codes, self._columns[a].counts)
            for y in self._dependents:
                if a != y and _promising(part, self._columns[a].codes, self._columns[y].codes):
                    self._measure(a, y)
        accepted = {pair for pair, each in self._single.items() if _holds(each)}
        singles = [self._found((a,), y, self._columns[a].codes, self._single[a, y]) for a, y in sorted(accepted)]
        told = {y for _, y in accepted}
        always = [self._always(y) for y in sorted(self._constant - told)]
        return [*always, *singles, *self._composites(accepted)]

    def _measure(self, a: int, y: int) -> Grouped:
        if (a, y) not in self._single:
            self._single[a, y] = grouped(self._columns[a].codes, self._columns[y].codes)
        return self._single[a, y]

    def _composites(self, accepted: set[tuple[int, int]]) -> Iterator[Found]:
        open_ones = [y for y in self._dependents if y not in self._constant and self._is_open(y, accepted)]
        for a, b in combinations(self._determinants, 2):
            wanted = [y for y in open_ones if y not in (a, b) and not {(a, y), (b, y)} & accepted]
            if not wanted or {(a, b), (b, a)} & accepted:
                continue
            codes = combined(self._columns[a], self._columns[b])
            counts = _counts(codes)
            if not _repeats(counts.values()):
                continue
            part = _part(codes, counts)
            for y in wanted:
                if _promising(part, codes, self._columns[y].codes):
                    found = grouped(codes, self._columns[y].codes)
                    if _holds(found) and all(self._adds(found, each, y) for each in (a, b)):
                        yield self._found((a, b), y, codes, found)

    def _adds(self, found: Grouped, alone: int, y: int) -> bool:
        """Return whether a pair tells more than one of the two does, by more than finer groups do anyway."""
        single = self._measure(alone, y)
        return found.error <= single.error / 2 and found.gain >= single.gain + LEAST_GAIN

    def _is_open(self, y: int, accepted: set[tuple[int, int]]) -> bool:
        """Return whether two columns are to be looked for: none tells it, but those that it tells and that come later."""
        return all((y, a) in accepted and y < a for a, of in accepted if of == y)

    def _found(self, places: tuple[int, ...], y: int, codes: Sequence[int], how: Grouped) -> Found:
        deviating = list(_deviating(codes, self._columns[y].codes, how.groups))
        explained = exceptions_of(self._sample, {*places, y}, deviating)
        return Found(
            _dependency(self._sample, places, y, how, explained, deviating),
            places, y, codes, how.groups, frozenset(deviating), explained.rows,
        )  # fmt: skip

    def _always(self, y: int) -> Found:
        values = self._columns[y]
        codes = [0] * self._sample.rows
        return self._found((), y, codes, grouped(codes, values.codes))


def is_constant(values: Values) -> bool:
    """Return whether nearly all rows of a column that have a value have the same."""
    return values.present >= FEWEST and values.counts[values.by_count[0]] >= CONSTANT * values.present


def combined(one: Values, other: Values) -> list[int]:
    """Return a code for each pair of values of two columns, where both have one."""
    size = len(other.values)
    return [
        ABSENT if a == ABSENT or b == ABSENT else a * size + b for a, b in zip(one.codes, other.codes, strict=True)
    ]


def modes(group: Mapping[int, int]) -> tuple[int, int]:
    """Return what most rows of a group say, and how many do."""
    return max(group.items(), key=lambda item: item[1])


def _holds(found: Grouped) -> bool:
    return (
        found.supporting >= max(FEWEST, SUPPORT * found.rows)
        and found.shared > 1
        and found.error <= WORST
        and found.unclear <= WORST * found.supporting
        and found.gain >= LEAST_GAIN
        and max(found.explained, found.agreement) >= LEAST
    )


def _dependency(
    sample: Sample, places: tuple[int, ...], y: int, how: Grouped, explained: Exceptions, deviating: Sequence[int]
) -> Dependency:
    left = [row for row in deviating if row not in explained.rows]
    strength = max(how.explained, how.agreement) if places else 1.0
    return Dependency(
        determinant=tuple(sample.columns[at].name for at in places),
        dependent=sample.columns[y].name,
        supporting=how.supporting,
        deviating=len(deviating),
        error=round(how.error, 4),
        agreement=round(how.agreement, 4),
        explained=round(how.explained, 4),
        unclear=how.unclear,
        exceptions=explained.columns,
        counter_examples=tuple(sample.numbers[row] for row in left[:_EXAMPLES]),
        confidence=round(strength * (1 - how.error) * (1 - how.unclear / how.supporting), 3),
    )


def _deviating(codes: Sequence[int], dependent: Sequence[int], groups: Mapping[int, Mapping[int, int]]) -> Iterator[int]:
    """Yield the rows that do not say what most of their group do."""
    expected = {x: modes(group)[0] for x, group in groups.items() if len(group) > 1}
    for row, (x, y) in enumerate(zip(codes, dependent, strict=True)):
        if x in expected and y not in (ABSENT, expected[x]):
            yield row


def _counts(codes: Sequence[int]) -> Counter[int]:
    counts = Counter(codes)
    counts.pop(ABSENT, None)
    return counts


def _repeats(counts: Sequence[int] | Iterable[int]) -> bool:
    """Return whether enough rows share their value, but not so that all have the same."""
    found = list(counts)
    shared = [count for count in found if count > 1]
    return len(shared) > 1 and sum(shared) >= max(FEWEST, SUPPORT * sum(found))


def _part(codes: Sequence[int], counts: Sequence[int] | Mapping[int, int]) -> list[int]:
    """Return rows to look at first: of groups that are drawn without regard to what is in them, whole up to a bound."""
    items = counts.items() if isinstance(counts, Mapping) else enumerate(counts)
    groups = sorted((code for code, count in items if count > 1), key=_scattered)
    left: dict[int, int] = {}
    room = SCREENED
    for code in groups:
        if room <= 0:
            break
        left[code] = min(_PART, counts[code])
        room -= left[code]
    rows = []
    for row, code in enumerate(codes):
        if left.get(code):
            left[code] -= 1
            rows.append(row)
    return rows


def _scattered(code: int) -> int:
    return code * 2654435761 % 4294967296  # Knuth's multiplicative hash: the codes are in the order of the rows


def _promising(part: Sequence[int], determinant: Sequence[int], dependent: Sequence[int]) -> bool:
    groups: dict[int, dict[int, int]] = {}
    for row in part:
        y = dependent[row]
        if y != ABSENT:
            group = groups.setdefault(determinant[row], {})
            group[y] = group.get(y, 0) + 1
    sizes = [sum(group.values()) for group in groups.values()]
    free = sum(sizes) - len(sizes)
    deviating = sum(sizes) - sum(max(group.values()) for group in groups.values())
    return free > 0 and deviating <= _PASSES_SCREEN * free
