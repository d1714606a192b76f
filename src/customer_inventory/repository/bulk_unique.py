"""Unique values of a batch: the rows that cannot have what must be unique are told apart from the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import psycopg

from customer_inventory.model.resource import Claim
from customer_inventory.repository.bulk_rows import BulkRow
from customer_inventory.repository.connections import Connection
from customer_inventory.repository.uniqueness import Taken, hold, refusal, refused

_PASSES = 20
"""So often rows are looked at again that lost to a row that was refused; then all that lose are refused."""


async def unholdable(connection: Connection, rows: Sequence[BulkRow]) -> dict[int, str]:
    """Let the records of rows hold what must be unique; return the rows that cannot, by number, with the reason.

    Without those rows others may be able to: what a row is refused for may be another refused row's.
    """
    numbers = {entry.id: row.number for row in rows for entry in row.entries}
    out: dict[int, str] = {}
    passes = 0
    while claims := _claims(row for row in rows if row.number not in out):
        async with connection.transaction() as attempt:
            taken = refused(await hold(connection, claims))
            for identifier in _lost(taken) if passes < _PASSES else taken:
                out[numbers[identifier]] = refusal(taken[identifier])
            passes += 1
            if taken:
                raise psycopg.Rollback(attempt)
        if not taken:
            break
    return out


def _lost(taken: Mapping[str, Sequence[Taken]]) -> Iterable[str]:
    """Return the records that lose to others than such as lose themselves; of a circle the first one."""
    found = [each for each, several in taken.items() if any(one.holder not in taken for one in several)]
    return found or list(taken)[:1]


def _claims(rows: Iterable[BulkRow]) -> dict[str, list[Claim]]:
    """What the records of rows claim, by id, of which something must be unique."""
    return {
        entry.id: [Claim(*claim) for claim in entry.claims]
        for row in rows
        for entry in row.entries
        if entry.claims is not None
    }
