"""Exceptions: rows that deviate from a dependency for a reason of their own.

Where nearly all rows with one value of another column deviate, that value is the rule and not the error: of the one
state the averages are others. Those rows are told apart, so that they are not suspected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from customer_inventory.requirements.profiling.sample import ABSENT, Sample
from customer_inventory.requirements.profiling.screening import Sizes

LEAST_ROWS = 5
"""How many rows must deviate together: fewer may be errors that met."""
_HALF = 0.5  # looked at first, because it costs nothing
NEARLY_ALL = 0.85
"""What share of the rows with a value must deviate, of those that could; the others may hold an error themselves."""


@dataclass(frozen=True, slots=True)
class Exceptions:
    """The rows that deviate for a reason, and the columns that give it with the number of their rows."""

    rows: frozenset[int] = frozenset()
    columns: tuple[tuple[str, int], ...] = ()


def exceptions_of(
    sample: Sample, but: Collection[int], deviating: Sequence[int], *, determinant: Sequence[int], sizes: Sizes
) -> Exceptions:
    """Return what explains deviating best: the column, none of `but`, whose values go with it in the most rows.

    A row could deviate when others share the code of its `determinant`, of which `sizes` says how many there are.
    """
    if len(deviating) < LEAST_ROWS:
        return Exceptions()
    best = Exceptions()
    for at, column in enumerate(sample.columns):
        if at in but:
            continue
        among = Counter(column.codes[row] for row in deviating)
        often = {code for code, count in among.items() if code != ABSENT and count >= LEAST_ROWS}
        often = {code for code in often if among[code] >= _HALF * column.counts[code]}
        if not often:
            continue
        could = Counter(
            z for z, x in zip(column.codes, determinant, strict=True) if z in often and x > ABSENT and sizes[x] > 1
        )
        often = {code for code in often if among[code] >= NEARLY_ALL * could[code]}
        if sum(among[code] for code in often) > len(best.rows):
            rows = frozenset(row for row in deviating if column.codes[row] in often)
            best = Exceptions(rows, ((column.name, len(rows)),))
    return best
