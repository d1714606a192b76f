"""Voting: what the dependencies say a cell should hold, each by the rows that share its determinant.

A determinant that is wrong itself votes wrongly, so cells that the others outvote lose their own vote in a second
round. Nothing is voted where a group is of no one mind, and a constant has no vote: to be rare is no error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from customer_inventory.requirements.profiling.dependencies import Found
from customer_inventory.requirements.profiling.sample import ABSENT, Sample

CLEARLY = 3
"""How many times more rows must say the other value than the one that is held."""
LEAST = 0.5
"""The least confidence of a suspicion."""
_ROUNDS = 3

At = tuple[int, int]
"""A cell: the place of its row in the sample, and of its column."""


@dataclass(frozen=True, slots=True)
class Outvoted:
    """A cell that others outvote: the code that they say, how sure that is, and which of the dependencies say it."""

    likely: int
    confidence: float
    voters: tuple[str, ...]


class Votes:
    """The votes on the cells of a sample."""

    def __init__(self, sample: Sample, found: Iterable[Found]) -> None:
        self._columns = sample.columns
        self._voters: dict[int, list[Found]] = defaultdict(list)
        for each in found:
            if each.places:
                self._voters[each.dependent].append(each)
        self.wrong = self._rounds()
        """The cells that do not hold what the dependencies say they should."""

    def upheld(self, at: At) -> bool:
        """Return whether some dependency says clearly that a cell holds what it should, or why it deviates."""
        held = self._columns[at[1]].codes[at[0]]
        if any(at[0] in voter.excepted for voter in self._voters[at[1]]):
            return True
        votes = ((voter, _say(voter.groups[x], held)) for voter, x in self._voting(at, self.wrong))
        return any(other is None and weight * voter.dependency.confidence >= LEAST for voter, (other, weight) in votes)

    def _rounds(self) -> dict[At, Outvoted]:
        candidates = {
            (row, y) for y, voters in self._voters.items() for each in voters for row in each.deviating - each.excepted
        }
        wrong: dict[At, Outvoted] = {}
        for _ in range(_ROUNDS):
            before = wrong.keys()
            verdicts = {at: self._verdict(at, before) for at in candidates}
            wrong = {at: verdict for at, verdict in verdicts.items() if verdict is not None}
            if wrong.keys() == before:
                break
        return wrong

    def _voting(self, at: At, wrong: Collection[At]) -> Iterator[tuple[Found, int]]:
        """Yield the dependencies that have a vote on a cell, with the code of their determinant in its row."""
        row, y = at
        for voter in self._voters[y]:
            x = voter.codes[row]
            if x != ABSENT and row not in voter.excepted and not any((row, place) in wrong for place in voter.places):
                yield voter, x

    def _verdict(self, at: At, wrong: Collection[At]) -> Outvoted | None:
        held = self._columns[at[1]].codes[at[0]]
        against: dict[int, float] = defaultdict(float)
        names: dict[int, list[str]] = defaultdict(list)
        strongest = own = 0.0
        for voter, x in self._voting(at, wrong):
            other, weight = _say(voter.groups[x], held)
            weight *= voter.dependency.confidence
            if other is None:
                own += weight
            else:
                against[other] += weight
                names[other].append(str(voter.dependency))
                strongest = max(strongest, weight)
        if not against:
            return None
        likely = max(against, key=lambda code: against[code])
        confidence = strongest * against[likely] / (sum(against.values()) + own)
        return Outvoted(likely, round(confidence, 3), tuple(names[likely])) if confidence >= LEAST else None


def _say(group: Mapping[int, int], held: int) -> tuple[int | None, float]:
    """Return what the other rows of a group say instead of `held`, and how strongly; None when they say the same.

    The strength is that of Laplace's rule of succession: two rows say less than two hundred.
    """
    others = sum(group.values()) - 1
    other, count = max(
        ((code, rows) for code, rows in group.items() if code != held), key=lambda item: item[1], default=(held, 0)
    )
    if count >= 2 and count >= CLEARLY * group[held]:
        return other, count / (others + 2)
    return None, (group[held] - 1) / (others + 2)
