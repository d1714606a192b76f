"""Budget: what one patch may cost, counted while it is applied and not afterwards.

A handful of copies doubles a document each time; it is stopped at the first one that goes too far, before memory is
taken. Weight is counted in characters, 32 for each value besides its text: a record that is as large as it may be is
still light enough to be walked through between two requests.
"""

from __future__ import annotations

from typing import Any

from customer_inventory.api.patching.problems import PatchTooDeep, PatchTooLarge
from customer_inventory.model.bounds import DEPTH

MOST_OPERATIONS = 1000
LONGEST_PATH = 2000
LARGEST_RECORD = 4 * 1024 * 1024
"""How heavy a record may get by patches, besides what one body may bring."""

MOST_LOOKED_AT = 100_000
MOST_SELECTED = 5_000
_LEAST = 32


class Budget:
    """What is left of what a patch may add to a record and look at in it."""

    __slots__ = ("_looks", "_selected", "_weight")

    def __init__(self, weight: int) -> None:
        self._weight = weight
        self._looks = MOST_LOOKED_AT
        self._selected = MOST_SELECTED

    def add(self, value: Any, *, depth: int) -> None:
        """Count a value that is put `depth` levels down. Raises PatchTooDeep or PatchTooLarge."""
        self._weight -= weight(value, depth=depth, limit=self._weight)

    def look(self, values: int = 1) -> None:
        """Count values that a query looks at. Raises PatchTooLarge."""
        self._looks -= values
        if self._looks < 0:
            raise PatchTooLarge(
                f"The patch searches more than {MOST_LOOKED_AT} values. Send fewer operations at a time."
            )

    def select(self, places: int) -> None:
        """Count places that a query selects: each costs a copy of the array it is in. Raises PatchTooLarge."""
        self._selected -= places
        if self._selected < 0:
            raise PatchTooLarge(f"The patch selects more than {MOST_SELECTED} values. Send fewer operations at a time.")


def weight(value: Any, *, depth: int = 0, limit: int) -> int:
    """Return the weight of a value that stands `depth` levels down. Raises PatchTooDeep or PatchTooLarge.

    Goes level by level, for recursion ends before patches do.
    """
    total, level = 0, [value]
    while level:
        depth += 1
        below: list[Any] = []
        for node in level:
            total += _own_weight(node)
            if total > limit:
                raise PatchTooLarge("The patch adds too much, or the record would get too large. Send less at a time.")
            if isinstance(node, dict):
                below += node.values()
            elif isinstance(node, list):
                below += node
            else:
                continue
            if depth > DEPTH:
                raise PatchTooDeep(f"The patch makes the record deeper than {DEPTH} levels.")
        level = below
    return total


def _own_weight(node: Any) -> int:
    """The weight of one value; what a group holds counts beforehand, so that no level outgrows the limit."""
    if isinstance(node, str):
        return len(node)
    if isinstance(node, dict):
        return sum(map(len, node)) + _LEAST * len(node)
    return _LEAST * len(node) if isinstance(node, list) else 0
