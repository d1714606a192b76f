"""What a profile found, beside what is known to be true: dependencies that were published, cells that are wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from customer_inventory.requirements.profiling import Profile
from customer_inventory.requirements.profiling.dependencies import Dependency

Cells = dict[tuple[int, str], str | float | None]
"""Cells by the number of their row and their column, with what is, or may be, right."""
Published = tuple[frozenset[str], str]
"""A determinant and a dependent."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many cells are wrong, suspected, rightly suspected, and how many repairs are suggested and right."""

    wrong: int
    suspected: int
    right: int
    repaired: int
    repaired_right: int

    @property
    def precision(self) -> float:
        """The share of the suspected cells that are wrong."""
        return self.right / self.suspected if self.suspected else 1.0

    @property
    def recall(self) -> float:
        """The share of the wrong cells that are suspected."""
        return self.right / self.wrong if self.wrong else 1.0

    @property
    def repair_precision(self) -> float:
        """The share of the suggested values that are the right ones."""
        return self.repaired_right / self.repaired if self.repaired else 1.0

    @property
    def repair_recall(self) -> float:
        """The share of the wrong cells whose right value is suggested."""
        return self.repaired_right / self.wrong if self.wrong else 1.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}, recall {self.recall:.3f}; "
            f"repairs {self.repair_precision:.3f}, {self.repair_recall:.3f}"
        )


def score(found: Profile, wrong: Mapping[tuple[int, str], str | float | None]) -> Score:
    """Return how the suspicions of a profile stand beside the cells that are wrong, which come with what is right."""
    suspected: Cells = {(each.row, each.column): each.likely for each in found.suspicions}
    repaired = {cell: likely for cell, likely in suspected.items() if likely is not None}
    return Score(
        wrong=len(wrong),
        suspected=len(suspected),
        right=len(suspected.keys() & wrong.keys()),
        repaired=len(repaired),
        repaired_right=sum(cell in wrong and wrong[cell] == likely for cell, likely in repaired.items()),
    )


def published(text: str) -> list[Published]:
    """Return the dependencies that HoloClean's denial constraints write: equal here, and yet not equal there."""
    found = []
    for line in text.split():
        equal = re.findall(r"&EQ\(t1\.(\w+),", line)
        (unequal,) = re.findall(r"&IQ\(t1\.(\w+),", line)
        found.append((frozenset(equal), unequal))
    return found


def dependency_lines(found: Profile, wanted: Sequence[Published]) -> Iterable[str]:
    """Yield how many of the published dependencies are proposed, and each of them."""
    proposed = {(frozenset(each.determinant), each.dependent): each for each in found.dependencies}
    lines, written, implied = [], 0, 0
    for determinant, dependent in wanted:
        name = f"{', '.join(sorted(determinant))} → {dependent}"
        by = proposed.get((determinant, dependent))
        stronger = next((each for (has, of), each in proposed.items() if of == dependent and has < determinant), None)
        if by is not None:
            written += 1
            lines.append(f"    proposed   {name} (confidence {by.confidence:.2f})")
        elif stronger is not None:
            implied += 1
            lines.append(f"    implied    {name} by {stronger} (confidence {stronger.confidence:.2f})")
        else:
            lines.append(f"    missing    {name}")
    yield (
        f"  published dependencies: {written + implied} of {len(wanted)} contained in {len(proposed)} proposals: "
        f"{written} as they are published, {implied} by a stronger one"
    )
    yield from lines


def broken_by(
    found: Profile, names: Sequence[str], rows: Sequence[Sequence[str]]
) -> Iterable[tuple[Dependency, float]]:
    """Yield the proposed dependencies that some rows do not keep, with the share of those that do not."""
    place = {name: at for at, name in enumerate(names)}
    for each in found.dependencies:
        groups: dict[tuple[str, ...], Counter[str]] = {}
        for row in rows:
            determinant = tuple(row[place[name]] for name in each.determinant)
            groups.setdefault(determinant, Counter())[row[place[each.dependent]]] += 1
        deviating = sum(group.total() - max(group.values()) for group in groups.values())
        if deviating:
            yield each, deviating / len(rows)
