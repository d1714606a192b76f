"""Voting: which cells of a row the dependencies find wrong, and what they say should stand there.

Where a row deviates from a dependency, either side may be the wrong one. So each cell of the row has votes for and
against it: against, from each dependency that it is part of and that does not hold; for, from each that does. A vote
weighs as much as it is likelier when the cell is wrong than when it is right (the logarithm of that): that a yes or no
agrees says little, that a street does says much. The cell with the most against it is blamed, its dependencies are
settled by that, and what is left is looked at again: one error that explains everything is likelier than several. A
constant has no vote: to be rare is no error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from customer_inventory.requirements.profiling.dependencies import Found
from customer_inventory.requirements.profiling.sample import ABSENT, Sample

CLEARLY = 3
"""How many times more rows must say the other value than the one that is held."""
LEAST = 0.4
"""The least confidence of a suspicion."""
_DETERMINANT = 0.9
_UNHEARD = 0.3
"""The same where the dependent is a value that hardly any row has: that is the slip."""
_HARDLY = 2
"""What a deviation counts against a determinant: a slip there makes mostly a value that no other row has, and no group
to deviate from."""
_AS_LIKELY = 0.99
_RAREST = 0.001
_LEAST_SAID = 0.1
_RIVAL = 0.5
"""How much the next best cell to blame takes from the confidence."""

At = tuple[int, int]
"""A cell: the place of its row in the sample, and of its column."""


@dataclass(frozen=True, slots=True)
class Outvoted:
    """A cell that is blamed: the code that it most likely should have, how sure that is, and which dependencies say it.

    The code is None where the cell is wrong as a determinant, and nothing tells what it should be.
    """

    likely: int | None
    confidence: float
    voters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Vote:
    """What one dependency says of a row: that it holds, or that the dependent should be another."""

    voter: Found
    likely: int | None
    weight: float
    held: int
    """How many rows have the value that the dependent holds."""

    @property
    def cells(self) -> tuple[int, ...]:
        return (*self.voter.determinant.places, self.voter.dependent)


class Votes:
    """The votes on the cells of a sample."""

    def __init__(self, sample: Sample, found: Iterable[Found]) -> None:
        self._columns = sample.columns
        self._voters = [each for each in found if each.determinant.places]
        rows = sorted({row for each in self._voters for row in each.deviating - each.excepted})
        self.wrong: dict[At, Outvoted] = {
            (row, y): verdict
            for row in rows
            for y, verdict in _blamed(list(self._of(row)))
            if verdict.confidence >= LEAST
        }
        """The cells that do not hold what the dependencies say they should."""

    def upheld(self, at: At) -> bool:
        """Return whether some dependency says clearly that a cell holds what it should, or why it deviates."""
        row, y = at
        if any(each.dependent == y and row in each.excepted for each in self._voters):
            return True
        return any(
            vote.voter.dependent == y and vote.likely is None and vote.weight >= LEAST
            for vote in self._of(row)
            if not any((row, place) in self.wrong for place in vote.voter.determinant.places)
        )

    def _of(self, row: int) -> Iterable[_Vote]:
        """Yield what each dependency says of a row, if it says anything."""
        for voter in self._voters:
            x, held = voter.determinant.codes[row], self._columns[voter.dependent].codes[row]
            if x > ABSENT and held > ABSENT and row not in voter.excepted:
                likely, strength = _say(voter, x, held)
                if strength:
                    counts = self._columns[voter.dependent].counts
                    yield _Vote(voter, likely, strength * voter.dependency.confidence, counts[held])


def _blamed(votes: Sequence[_Vote]) -> Iterable[tuple[int, Outvoted]]:
    """Yield the columns to blame for what does not hold of a row, the worst first."""
    left = list(votes)
    while any(vote.likely is not None for vote in left):
        against = _balance(left)
        most = max(against.values())
        if most <= 0:
            return
        worst = [y for y, balance in against.items() if balance >= _AS_LIKELY * most]
        rival = max((balance for y, balance in against.items() if y not in worst), default=0.0)
        sure = most / (most + _RIVAL * max(0.0, rival)) / len(worst)
        for y in worst:
            yield y, _verdict(y, left, sure)
        left = [vote for vote in left if not {*worst} & {*vote.cells}]


def _balance(votes: Iterable[_Vote]) -> dict[int, float]:
    """Return what speaks against each column of a row, less what speaks for it."""
    balance: dict[int, float] = defaultdict(float)
    for vote in votes:
        chance = min(max(vote.voter.chance, _RAREST), 1 - _RAREST)
        usual = max(vote.voter.dependency.error, _RAREST)
        says = log(chance) if vote.likely is None else max(_LEAST_SAID, log((1 - chance) / usual))
        of_determinant = 1.0 if vote.likely is None else _DETERMINANT if vote.held > _HARDLY else _UNHEARD
        for y in vote.cells:
            balance[y] += (1.0 if y == vote.voter.dependent else of_determinant) * says * vote.weight
    return balance


def _verdict(y: int, votes: Iterable[_Vote], sure: float) -> Outvoted:
    against = [vote for vote in votes if vote.likely is not None and y in vote.cells]
    says: dict[int, float] = defaultdict(float)
    for vote in against:
        if vote.voter.dependent == y and vote.likely is not None:
            says[vote.likely] += vote.weight
    likely = max(says, key=lambda code: says[code]) if says else None
    agreed = [vote for vote in against if vote.voter.dependent != y or vote.likely == likely]
    agreed.sort(key=lambda vote: (vote.voter.dependent != y, -vote.weight))
    strongest = max(vote.weight for vote in agreed)
    return Outvoted(likely, round(sure * strongest, 3), tuple(str(vote.voter.dependency) for vote in agreed))


def _say(voter: Found, x: int, held: int) -> tuple[int | None, float]:
    """Return what the other rows of a group say instead of `held`, and how strongly; None when they say the same.

    The strength is that of Laplace's rule of succession: two rows say less than two hundred.
    """
    group = voter.mixed.get(x) or {held: voter.determinant.sizes[x]}
    others = sum(group.values()) - 1
    other, count = max(
        ((code, rows) for code, rows in group.items() if code != held), key=lambda item: item[1], default=(held, 0)
    )
    if count >= 2 and count >= CLEARLY * group[held]:
        return other, count / (others + 2)
    return None, (group[held] - 1) / (others + 2)
