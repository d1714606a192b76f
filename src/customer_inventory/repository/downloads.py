"""Downloads: what was asked for, what became of it, and which records the file of each holds.

Promises: every step is taken from the state that it leads from, by one of several at a time; of a client one file is
made at a time; what is made is known, with the ids of its records, before anybody can have it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("downloads.sql")
_MAKING = "(making)"
"""Stands for every client where a file is taken up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadRow:
    """One download; `wish` and `preview` are JSON, `attempt` counts how often its file was begun."""

    id: UUID
    client_id: str
    person: str | None
    purpose: str
    request_id: str
    kind: str
    wish: str
    status: str
    preview: str
    reasons: list[str]
    approved: list[str] = field(default_factory=list)
    requested_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    said: str | None = None
    attempt: int = 0
    failure: str | None = None
    granted: bytes | None = None
    taken_at: datetime | None = None
    position: int | None = None
    ready_at: datetime | None = None
    expires_at: datetime | None = None
    number: int | None = None
    size: int | None = None
    sha256: str | None = None
    columns: list[str] | None = None
    smallest_class: int | None = None
    left_out: int | None = None
    mark_key: bytes
    link_hash: bytes | None = None
    link_until: datetime | None = None
    touched: list[str] | None = None
    """The stored attributes that it shows or is filtered by, None for any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file that was made: how much it holds, of which moment, by which grants, and until when it is kept."""

    at: datetime
    expires_at: datetime
    number: int
    size: int
    sha256: str
    columns: list[str] | None
    taken_at: datetime
    position: int
    granted: bytes
    smallest_class: int | None = None
    left_out: int | None = None


class Downloads:
    """The downloads of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, row: DownloadRow, *, most: int) -> bool:
        """Add a download; return False, adding nothing, when its client has as many that are not over."""
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["alone"], (row.client_id,))
            found = await (await connection.execute(_SQL["live"], (row.client_id,))).fetchone()
            if found is not None and found[0] >= most:
                return False
            await connection.execute(_SQL["add"], asdict(row))
        return True

    async def one(self, identifier: UUID) -> DownloadRow | None:
        """Return a download, or None."""
        rows = await self._rows("some", id=identifier, client_id=None, limit=1)
        return _row(rows[0]) if rows else None

    async def latest(self, *, client_id: str | None, limit: int) -> list[DownloadRow]:
        """Return the latest downloads, of one client or of all, newest first."""
        return [_row(row) for row in await self._rows("some", id=None, client_id=client_id, limit=limit)]

    async def asked_since(
        self, since: datetime, *, client_id: str, kind: str, purpose: str, besides: DownloadRow | None = None
    ) -> int:
        """Return how many records of a kind a client asked for, for a purpose, since a moment: before one download."""
        at, identifier = (besides.requested_at, besides.id) if besides is not None else (None, None)
        values = {"client_id": client_id, "kind": kind, "purpose": purpose, "since": since}
        ((number,),) = await self._rows("asked_since", **values, at=at, id=identifier)
        return int(number)

    async def decide(self, identifier: UUID, *, status: str, by: str, at: datetime, said: str | None) -> bool:
        """Decide on what waits; return whether it did."""
        return await self._done("decide", id=identifier, status=status, by=by, at=at, said=said)

    async def cancel(self, identifier: UUID) -> bool:
        """Cancel what is not over; return whether it was not."""
        return await self._done("cancel", id=identifier)

    async def link(self, identifier: UUID, *, hashed: bytes, until: datetime) -> bool:
        """Let a ready file be had by a token, in place of every token before; return whether it is ready."""
        return await self._done("link", id=identifier, hash=hashed, until=until)

    async def claim(self, *, now: datetime, until: datetime) -> DownloadRow | None:
        """Take up the making of a file, until a moment; None where there is nothing to make."""
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["alone"], (_MAKING,))
            row = await (await connection.execute(_SQL["claim"], {"now": now, "until": until})).fetchone()
            if row is None:
                return None
            await connection.execute(_SQL["drop_parts"], {"id": row[0]})
        return await self.one(row[0])

    async def renew(self, row: DownloadRow, *, until: datetime) -> bool:
        """Go on making a file, until a moment; return whether it is still to be made by this attempt."""
        return await self._done("renew", id=row.id, attempt=row.attempt, until=until)

    async def add_part(self, row: DownloadRow, number: int, record_ids: Sequence[str]) -> bool:
        """Keep which records the next part of a file holds; return whether the file is still to be made."""
        return await self._done(
            "add_part", id=row.id, attempt=row.attempt, number=number, record_ids=list(map(UUID, record_ids))
        )

    async def part(self, identifier: UUID, number: int) -> list[str]:
        """Return which records a part of a file holds."""
        return [str(each) for row in await self._rows("part", id=identifier, number=number) for each in row[0]]

    async def progress(self, identifier: UUID) -> int:
        """Return how many records are in the parts of a file so far."""
        ((number,),) = await self._rows("progress", id=identifier)
        return int(number)

    async def finish(self, row: DownloadRow, made: Made) -> bool:
        """Let a file that was made be had; return whether it was still to be made by this attempt."""
        return await self._done("finish", id=row.id, attempt=row.attempt, **asdict(made))

    async def give_up(
        self, row: DownloadRow, *, status: str, failure: str | None = None, reasons: Sequence[str] | None = None
    ) -> bool:
        """Stop making a file and say what becomes of the download; return whether this attempt was making it."""
        kept = None if reasons is None else list(reasons)
        return await self._done("give_up", id=row.id, attempt=row.attempt, status=status, failure=failure, reasons=kept)

    async def expire(self, *, now: datetime, waited_since: datetime) -> int:
        """End what is kept no longer, and what waited since before a moment; return how many."""
        ended = len(await self._rows("expire", now=now, waited_since=waited_since))
        if ended:
            await self._done("drop_parts_of_gone")
        return ended

    async def held(self) -> frozenset[str]:
        """Return the names of the files that there are to be."""
        return frozenset(row[0] for row in await self._rows("held"))

    async def _rows(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self._connections.lend() as connection:
            return await (await connection.execute(_SQL[name], values)).fetchall()

    async def _done(self, name: str, **values: Any) -> bool:
        async with self._connections.lend() as connection:
            return (await connection.execute(_SQL[name], values)).rowcount > 0


WISHES, ERASE_WISH, DROP_PARTS = _SQL["wishes"], _SQL["erase_wish"], _SQL["drop_parts_of_gone"]
"""What an erasure reads and writes of what downloads were asked for by."""


def erasing(ids: Collection[str]) -> list[tuple[str, dict[str, Any]]]:
    """Return the statements, with values, by which downloads lose records that are erased.

    In this order: a file that is finished between two of them is found by the second.
    """
    return [
        (_SQL["begun_again"], {}),
        (_SQL["erase"], {"ids": list(ids)}),
        (DROP_PARTS, {}),
    ]


def _row(row: tuple[Any, ...]) -> DownloadRow:
    values = dict(zip(DownloadRow.__slots__, row, strict=True))
    return DownloadRow(**{**values, "id": UUID(str(values["id"]))})
