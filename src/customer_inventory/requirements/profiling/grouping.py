"""Grouping: how well one set of columns tells another, measured on the rows that have both.

Four figures, each for what the others miss. The *error* is the share of rows that deviate from what most rows with the
same determinant say (g3 of Kivinen and Mannila 1995, without the first row of each group, which cannot deviate). The
*agreement* is mu+, the share of pairs that agree beyond what chance explains (Piatetsky-Shapiro and Matheus 1993). The
*explained* share and the *gain* come from description lengths (Rissanen 1978): how many bits it saves to write the
dependent as a function of the determinant plus noise, and how much of all that is no noise this saves. A determinant
that is nearly a key, or a dependent that is nearly constant, gains nothing however small its error is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log2

from customer_inventory.requirements.profiling.sample import ABSENT

CLEAR = 2 / 3
"""What share of a group must say the same for the group to be clear about it."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """The rows by the value of a determinant: how often each value of the dependent goes with it."""

    mixed: dict[int, dict[int, int]] = field(repr=False)
    """The groups that do not all say the same; the others are not kept, for memory."""
    rows: int
    """Rows that have both."""
    supporting: int
    """Rows whose determinant another row shares."""
    shared: int
    """Different determinants that several rows have."""
    deviating: int
    """Supporting rows that do not say what most of their group say."""
    unclear: int
    """Rows in groups of four and more in which fewer than two thirds say the same."""
    chance: float
    """How often two rows say the same of the dependent, whatever their determinants."""
    agreement: float
    explained: float
    gain: float

    @property
    def error(self) -> float:
        """The share of rows that could deviate and do."""
        free = self.supporting - self.shared
        return self.deviating / free if free else 1.0


def grouped(determinant: Sequence[int], dependent: Sequence[int]) -> Grouped:
    """Return how well the codes of a determinant tell those of a dependent."""
    return measured(Counter(zip(determinant, dependent, strict=True)).items())


def measured(joint: Iterable[tuple[tuple[int, int], int]]) -> Grouped:
    """Return the same from the counts of pairs."""
    groups: dict[int, dict[int, int]] = {}
    dependent: Counter[int] = Counter()
    for (x, y), count in joint:
        if x > ABSENT and y > ABSENT:
            groups.setdefault(x, {})[y] = count
            dependent[y] += count
    return _measured(groups, dependent)


def _measured(groups: dict[int, dict[int, int]], dependent: Counter[int]) -> Grouped:
    rows = sum(dependent.values())
    supporting = shared = unclear = deviating = 0
    pairs = naming = 0.0
    errors: Counter[int] = Counter()
    for group in groups.values():
        size, most = sum(group.values()), max(group.values())
        mode = next(y for y, count in group.items() if count == most)
        naming -= log2(dependent[mode] / rows)
        pairs += sum(count * count for count in group.values()) / size
        if size > 1:
            supporting, shared, deviating = supporting + size, shared + 1, deviating + size - most
            unclear += size if size >= 4 and most < CLEAR * size else 0
            for y, count in group.items():
                if y != mode:
                    errors[y] += count
    noise = _bits((rows - deviating, deviating)) + _bits(errors.values())
    telling = _bits(dependent.values()) - noise
    gain = telling - naming
    mixed = {x: group for x, group in groups.items() if len(group) > 1}
    chance = sum((count / rows) ** 2 for count in dependent.values()) if rows else 1.0
    return Grouped(
        mixed, rows, supporting, shared, deviating, unclear, chance,
        agreement=_agreement(pairs, rows, len(groups), chance),
        explained=max(0.0, gain / telling) if telling > 0 else 0.0,
        gain=gain,
    )  # fmt: skip


def _agreement(pairs: float, rows: int, groups: int, chance: float) -> float:
    """Return mu+ from the expected agreement within groups, summed over the rows."""
    if not groups < rows or chance >= 1:
        return 0.0
    return max(0.0, 1 - (1 - pairs / rows) / (1 - chance) * (rows - 1) / (rows - groups))


def _bits(counts: Iterable[int]) -> float:
    """Return the bits that it takes to write a sequence in which each value is there so often."""
    found = [count for count in counts if count]
    total = sum(found)
    return sum(-count * log2(count / total) for count in found)
