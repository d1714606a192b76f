"""Requests of people about their data: what was asked, until when it is due, and every step, which are only added to.

A step and the state that it leads to are one transaction. After an erasure of the person a request tells of nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections

_SQL = sql.statements("privacy.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One request: which right, of whom (None after an erasure, or where nobody was found), and where it stands."""

    id: UUID
    right: str
    subject_kind: str | None
    subject_id: UUID | None
    status: str
    received_at: datetime
    due_at: datetime
    extended_because: str | None = None
    identity: str | None = None
    handler: str | None = None
    opened_by: str
    closed_at: datetime | None = None
    ground: str | None = None
    result: str | None = None
    wrong_attributes: list[str] | None = None


class RequestEvent(NamedTuple):
    """A step in the life of a request: what was done, to which state it led, by whom, when, and what was noted."""

    request_id: UUID
    number: int
    verb: str
    status: str
    by: str
    at: datetime
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStep:
    """What a step leaves of a request; None leaves what is there."""

    status: str
    due_at: datetime | None = None
    extended_because: str | None = None
    identity: str | None = None
    handler: str | None = None
    closed_at: datetime | None = None
    ground: str | None = None
    result: str | None = None
    wrong_attributes: list[str] | None = None


class RequestCounts(NamedTuple):
    """How many requests are open, and of these how many are due soon, and overdue."""

    open: int
    due_soon: int
    overdue: int


class PrivacyRequests:
    """The requests of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, row: RequestRow, *, note: str | None) -> None:
        """Add a request, with its first event."""
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["add"], asdict(row))
            await _note(connection, row.id, "receive", row.status, by=row.opened_by, at=row.received_at, note=note)

    async def one(self, identifier: UUID) -> RequestRow | None:
        """Return the request of this id, or None."""
        rows = await self._connections.rows(_SQL["requests"], {"id": identifier, "limit": 1})
        return _row(rows[0]) if rows else None

    async def all(self, *, limit: int) -> list[RequestRow]:
        """Return requests, the open ones by when they are due, then those that were closed, the last one first."""
        return [_row(row) for row in await self._connections.rows(_SQL["requests"], {"id": None, "limit": limit})]

    async def events(self, ids: Collection[UUID]) -> dict[UUID, list[RequestEvent]]:
        """Return every step of these requests."""
        found: dict[UUID, list[RequestEvent]] = {}
        for row in await self._connections.rows(_SQL["events"], {"ids": list(ids)}):
            found.setdefault(row[0], []).append(RequestEvent(*row))
        return found

    async def take(
        self,
        identifier: UUID,
        verb: str,
        step: Callable[[RequestRow], RequestStep],
        *,
        by: str,
        at: datetime,
        note: str | None,
    ) -> bool:
        """Take a step from where the request stands, which `step` is told and may refuse; False where there is none.

        Of steps at the same time one is after the other, each from the state that the one before left.
        """
        async with self._connections.lend() as connection, connection.transaction():
            if await (await connection.execute(_SQL["take"], {"id": identifier})).fetchone() is None:
                return False
            rows = await (await connection.execute(_SQL["requests"], {"id": identifier, "limit": 1})).fetchall()
            taken = step(_row(rows[0]))
            await connection.execute(_SQL["settle"], {"id": identifier, **asdict(taken)})
            await _note(connection, identifier, verb, taken.status, by=by, at=at, note=note)
        return True

    async def open_of(self, ids: Collection[str]) -> str | None:
        """Return the right of an open request of one of these parties, None where there is none."""
        rows = await self._connections.rows(_SQL["open_of"], {"ids": list(ids)})
        return rows[0][0] if rows else None

    async def counts(self, *, now: datetime, soon: datetime) -> RequestCounts:
        """Return how many are open, due between `now` and `soon`, and overdue."""
        (row,) = await self._connections.rows(_SQL["standing"], {"now": now, "soon": soon})
        return RequestCounts(*row)


async def _note(
    connection: Connection, identifier: UUID, verb: str, status: str, *, by: str, at: datetime, note: str | None
) -> None:
    values = {"id": identifier, "verb": verb, "status": status, "by": by, "at": at, "note": note}
    await connection.execute(_SQL["note"], values)


def _row(row: tuple[Any, ...]) -> RequestRow:
    return RequestRow(**dict(zip(RequestRow.__slots__, row, strict=True)))
