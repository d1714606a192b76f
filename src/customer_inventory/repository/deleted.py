"""Deleted records: what can still come back, and what is gone for good after its time (the purge).

Promises: a record that is being restored is not purged, and one that is purged is gone whole: every version, the ids
that sources have for it, the keys of requests that wrote it. The feed keeps its id; the trail says who purged it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from customer_inventory.ids import bucket_of
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections, RepositoryUnavailable, connect
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.order import InvalidCursor
from customer_inventory.repository.records import Authorship
from customer_inventory.repository.restrictions import UseFor, restricting

PURGED_AT_ONCE = 2000
_COUNT_BOUND = 10_000
_SQL = {
    kind: {name: text.replace("{kind}", kind) for name, text in sql.statements("deleted.sql").items()} for kind in KINDS
}


class Deleted(NamedTuple):
    """A record that is deleted: the number of its deletion, when and by whom, and what it held last."""

    id: str
    version: int
    deleted_at: datetime
    document: bytes
    change_id: str
    client_id: str | None
    person: str | None
    purpose: str | None
    reason: str | None


class DeletedPage(NamedTuple):
    """A page of deleted records, newest first; how many there are (at least, if not `exact`), and whether more."""

    records: list[Deleted]
    total: int
    exact: bool
    more: bool


class DeletedRecords:
    """The deleted records of one inventory; purging has a connection of its own, without the time limit of requests."""

    def __init__(self, connections: Connections, conninfo: str) -> None:
        self._connections = connections
        self._conninfo = conninfo

    async def page(
        self, kind: str, *, limit: int, offset: int = 0, after: UUID | None = None, use: UseFor | None = None
    ) -> DeletedPage:
        """Return a page of the deleted records of a kind, of those that may be used for what is said.

        Raises InvalidCursor when `after` is none of them.
        """
        async with self._connections.lend() as connection:
            values = {"after": after, "limit": limit + 1, "offset": offset, **restricting(use)}
            if after is not None and not await _is_deleted(connection, kind, after):
                raise InvalidCursor("after names no deleted record. It was restored or purged; begin anew.")
            cursor = await connection.execute(_SQL[kind]["page"], values)
            found = [Deleted(*row) for row in await cursor.fetchall()]
            row = await (
                await connection.execute(_SQL[kind]["count"], {"bound": _COUNT_BOUND + 1, **restricting(use)})
            ).fetchone()
            total = int(row[0]) if row else 0
        return DeletedPage(found[:limit], total, total <= _COUNT_BOUND, len(found) > limit)

    async def number_due(self, kind: str, *, before: datetime) -> int:
        """Return how many records of a kind were deleted before a moment."""
        async with self._connections.lend() as connection:
            return await _number(connection, _SQL[kind]["number_due"], before)

    @asynccontextmanager
    async def purging(self) -> AsyncIterator[Purge]:
        """Hold a connection for a purge. Raises RepositoryUnavailable, also while it is held."""
        connection = await connect(self._conninfo, statement_timeout_ms=0)
        try:
            yield Purge(connection)
        except psycopg.OperationalError as error:
            raise RepositoryUnavailable("The repository went away during the purge. Purge again.") from error
        finally:
            await connection.close()


class Purge:
    """A purge under way."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def batch(self, kind: str, *, before: datetime, author: Callable[[], Authorship]) -> int:
        """Purge some records of a kind that were deleted before a moment, in one transaction; return how many."""
        statements = _SQL[kind]
        async with self._connection.transaction():
            cursor = await self._connection.execute(statements["due"], (before, PURGED_AT_ONCE))
            ids = [row[0] for row in await cursor.fetchall()]
            if not ids:
                return 0
            for name in ("purge_history", "purge_source_records", "purge_idempotency", "forget"):
                await self._connection.execute(statements[name], (ids,))
            await self._connection.execute(statements["purge_links"], {"ids": ids})
            await self._purge_contents(statements, ids, before)
            await self._connection.execute(statements["add_trail"], _entry(author(), ids))
        return len(ids)

    async def _purge_contents(self, statements: dict[str, str], ids: list[str], before: datetime) -> None:
        rows = await (await self._connection.execute(statements["purge_content_uses"], (ids,))).fetchall()
        if rows:
            values = {"buckets": [row[0] for row in rows], "digests": [row[1] for row in rows], "before": before}
            await self._connection.execute(statements["purge_contents"], values)


async def _is_deleted(connection: Connection, kind: str, identifier: UUID) -> bool:
    values = {"bucket": bucket_of(identifier), "id": identifier}
    return (await connection.execute(_SQL[kind]["is_deleted"], values)).rowcount > 0


async def _number(connection: Connection, statement: str, value: Any) -> int:
    row = await (await connection.execute(statement, (value,))).fetchone()
    return int(row[0]) if row else 0


def _entry(author: Authorship, ids: list[str]) -> dict[str, Any]:
    return {
        "id": author.trail_id,
        "at": author.at,
        "client": author.client_id,
        "person": author.person,
        "purpose": author.purpose,
        "ids": ids,
        "request": author.request_id,
    }
