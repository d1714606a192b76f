"""Undoing one change: every record that it touched goes back to what it was, in one transaction with one new change.

Promises: a record that was written since is left as it is and told apart; all of it is there or nothing; the records
keep rising positions in the feed. Whether there is a way back is found out by going it: a preview is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from customer_inventory.ids import bucket_of
from customer_inventory.repository import sql
from customer_inventory.repository.changes import FeedEntry
from customer_inventory.repository.connections import Connection, Connections, speaks_of_data
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.records import (
    Authorship,
    Draft,
    Records,
    WriteContention,
    columns_of_content,
    columns_of_links,
)
from customer_inventory.repository.storable import not_storable
from customer_inventory.repository.uniqueness import hold, refused

_SQL = {
    kind: {name: text.replace("{kind}", kind) for name, text in sql.statements("undo.sql").items()} for kind in KINDS
}
_ANY = next(iter(_SQL.values()))
_ATTEMPTS = 10
_PASSES = 20
"""Records of one change that strictly refer to each other come and go in order: so long may such a chain be."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """One record on its way back: the version it must stand at, and what it held before the change (None: nothing)."""

    kind: str
    id: UUID
    version: int
    draft: Draft | None


@dataclass(frozen=True, slots=True)
class Reverted:
    """What became of a reversal: 'done' or 'unchanged', else 'stale', 'absent', 'referenced', 'missing' or 'taken'.

    Taken is what must be unique, when another record has it by now. `operation` is what was done to the record:
    'create' (it came back), 'modify' or 'delete'; `version` the one it has.
    """

    kind: str
    id: UUID
    operation: str
    version: int
    outcome: str

    @property
    def conflict(self) -> bool:
        """Whether the record could not go back."""
        return self.outcome not in {"done", "unchanged"}


class _Taken(Exception):
    """Others have values that records need back."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.records = {UUID(identifier) for identifier in taken}


class Reverting:
    """Undoes changes of one inventory."""

    def __init__(self, connections: Connections, records: Records) -> None:
        self._connections = connections
        self._records = records

    async def former(self, kind: str, versions: Sequence[tuple[UUID, int]]) -> dict[tuple[UUID, int], bytes]:
        """Return the documents of superseded versions of records of a kind, by id and version."""
        ids, numbers = [str(identifier) for identifier, _ in versions], [number for _, number in versions]
        async with self._connections.lend() as connection:
            rows = await (await connection.execute(_SQL[kind]["former"], (ids, numbers))).fetchall()
        return {(UUID(row[0]), row[1]): row[2] for row in rows}

    async def standing(self, kind: str, entries: Sequence[FeedEntry]) -> dict[str, int]:
        """Return the present version of those records, by id, that stand as these entries of the feed left them."""
        values = {
            "ids": [entry.record_id for entry in entries],
            "versions": [entry.version for entry in entries],
            "deleted": [entry.operation == "delete" for entry in entries],
            "stamp": KINDS[kind].stamps.updated or "",
        }
        async with self._connections.lend() as connection:
            rows = await (await connection.execute(_SQL[kind]["standing"], values)).fetchall()
        return {row[0]: row[1] for row in rows if row[1] is not None}

    async def revert(
        self,
        reversals: Sequence[Reversal],
        *,
        authorship: Authorship,
        new_trail_id: Callable[[], UUID],
        despite_conflicts: bool,
        dry: bool,
    ) -> list[Reverted]:
        """Take records back, as one change; return what became of each.

        With a conflict nothing is done unless `despite_conflicts`; with `dry` nothing is done at all. Raises
        WriteContention or NotStorable.
        """
        ordered = sorted(reversals, key=lambda each: (each.kind, bucket_of(each.id), each.id))
        lost: set[UUID] = set()
        attempts = 0
        async with self._connections.lend() as connection:
            while attempts < _ATTEMPTS:
                attempts += 1
                try:
                    return await self._attempt(
                        connection, ordered, lost, authorship, new_trail_id, keep=not dry, despite=despite_conflicts
                    )
                except _Taken as taken:
                    # Each time there are fewer that can go back: this ends.
                    lost, attempts = lost | taken.records, 0
                except (
                    psycopg.errors.SerializationFailure,
                    psycopg.errors.DeadlockDetected,
                    psycopg.errors.UniqueViolation,
                ):
                    continue
                except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as error:
                    if speaks_of_data(error):
                        raise not_storable(error) from error
                    raise
                except psycopg.errors.QueryCanceled as error:
                    raise WriteContention from error
        raise WriteContention

    async def _attempt(
        self,
        connection: Connection,
        reversals: Sequence[Reversal],
        lost: set[UUID],
        authorship: Authorship,
        new_trail_id: Callable[[], UUID],
        *,
        keep: bool,
        despite: bool,
    ) -> list[Reverted]:
        """Revert all but the `lost` in one transaction; rolled back unless `keep`, for conflicts unless `despite` them.

        Raises _Taken.
        """
        async with connection.transaction() as transaction:
            possible = [each for each in reversals if each.id not in lost]
            reverted, place = await self._passes(connection, possible, authorship)
            await _hold(connection, possible, reverted)
            reverted += [_not_back(each, "taken") for each in reversals if each.id in lost]
            if not keep or (any(each.conflict for each in reverted) and not despite):
                raise psycopg.Rollback(transaction)
            await _sign(connection, reverted, authorship, new_trail_id, place)
        return reverted

    async def _passes(
        self, connection: Connection, reversals: Sequence[Reversal], authorship: Authorship
    ) -> tuple[list[Reverted], int]:
        """Revert each once what it strictly refers to is there, and nothing strictly refers to it any more."""
        settled: dict[tuple[str, UUID], Reverted] = {}
        pending, place = list(reversals), 0
        for _ in range(_PASSES):
            waiting = await self._waiting(connection, pending)
            settled.update({(each.kind, each.id): _not_back(each, "missing") for each in pending})
            written = await _write(
                connection, [each for each in pending if (each.kind, each.id) not in waiting], authorship
            )
            place = max([place, *(position for _, position in written)])
            settled.update({(reverted.kind, reverted.id): reverted for reverted, _ in written})
            again = [each for each in pending if settled[each.kind, each.id].outcome in {"referenced", "missing"}]
            if not again or len(again) == len(pending):
                break
            pending = again
        return [settled[each.kind, each.id] for each in reversals], place

    async def _waiting(self, connection: Connection, pending: Sequence[Reversal]) -> set[tuple[str, UUID]]:
        """Those that strictly refer to what is not there (yet); what is there is locked until the end."""
        waiting = set()
        for each in pending:
            strict = [link for link in each.draft.links if link.attribute in each.draft.strict] if each.draft else []
            if strict and await self._records.missing_on(connection, strict):
                waiting.add((each.kind, each.id))
        return waiting


async def _write(
    connection: Connection, reversals: Sequence[Reversal], authorship: Authorship
) -> list[tuple[Reverted, int]]:
    """Write former contents, many in one round trip; return what became of each and the position it has."""
    written: list[tuple[Reverted, int]] = []
    for kind in dict.fromkeys(each.kind for each in reversals):
        of_kind = [each for each in reversals if each.kind == kind]
        cursor = connection.cursor()
        await cursor.executemany(_SQL[kind]["write"], [_values(each, authorship) for each in of_kind], returning=True)
        for each in of_kind:
            row = await cursor.fetchone()
            if row is None:
                raise RuntimeError("a write function returned nothing")
            outcome, version, operation, place = row
            written.append((Reverted(kind, each.id, operation, version or each.version, outcome), place or 0))
            cursor.nextset()
    return written


def _values(reversal: Reversal, authorship: Authorship) -> tuple[Any, ...]:
    return (
        bucket_of(reversal.id),
        reversal.id,
        reversal.version,
        *(columns_of_content(reversal.draft) if reversal.draft else (None, None, None)),
        *columns_of_links(reversal.draft),
        authorship.change_id,
        authorship.at,
    )


async def _hold(connection: Connection, reversals: Sequence[Reversal], reverted: Sequence[Reverted]) -> None:
    """Let records hold again what must be unique. Raises _Taken for those whose values others have by now."""
    done = {each.id for each in reverted if each.outcome == "done"}
    claims = {str(each.id): (each.draft.claims or ()) if each.draft else () for each in reversals if each.id in done}
    if claims and (taken := refused(await hold(connection, claims))):
        raise _Taken(taken)


def _not_back(reversal: Reversal, outcome: str) -> Reverted:
    return Reverted(reversal.kind, reversal.id, "create", reversal.version, outcome)


async def _sign(
    connection: Connection,
    reverted: Sequence[Reverted],
    authorship: Authorship,
    new_trail_id: Callable[[], UUID],
    place: int,
) -> None:
    """Write the change and its trail entries; a change that did nothing is none."""
    done = [each for each in reverted if each.outcome == "done"]
    signature = {
        "at": authorship.at,
        "client": authorship.client_id,
        "person": authorship.person,
        "purpose": authorship.purpose,
        "source": authorship.source,
        "reason": authorship.reason,
        "request": authorship.request_id,
    }
    if done:
        change = {**signature, "id": authorship.change_id, "position": place}
        await connection.execute(_ANY["add_change"], change)
    for verb, kind, outcome in sorted({(each.operation, each.kind, _noted(each)) for each in reverted}):
        shown = _ids(each for each in reverted if (each.operation, each.kind, _noted(each)) == (verb, kind, outcome))
        entry = {"id": new_trail_id(), "verb": verb, "kind": kind, "outcome": outcome, "shown": shown}
        await connection.execute(_ANY["add_trail"], {**signature, **entry})


def _noted(reverted: Reverted) -> str:
    """The outcome as the trail calls it."""
    return "refused" if reverted.outcome in {"referenced", "missing", "taken"} else reverted.outcome


def _ids(reverted: Iterable[Reverted]) -> str:
    return f"{{{','.join(str(each.id) for each in reverted)}}}"
