"""Received events: what other systems sent to our listeners, each kept once."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections
from customer_inventory.repository.restrictions import UseFor, restricting

_SQL = sql.statements("hub.sql")

STATUSES = ("acceptable", "quarantined")
"""How an event is judged: the record that it carries would be taken, or refused."""


class Received(NamedTuple):
    """An event as it came: from which client, at which listener, its body as JSON, and how it was judged.

    `status` is one of `STATUSES`, None for an event from before events were judged; `breaches` is a JSON array.
    """

    id: str
    source: str
    event_id: str
    api: str
    api_version: str
    event_type: str
    received_at: datetime
    body: str
    status: str | None
    breaches: str


class ReceivedEvents:
    """The received events of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, event: Received, *, trail_id: UUID, person: str | None, purpose: str, request_id: str) -> None:
        """Keep an event unless it is there, with the trail entry of who sent it, in one statement."""
        values = {**event._asdict(), "bucket": int(event.id[15:18], 16)}
        values |= {"trail_id": trail_id, "person": person, "purpose": purpose, "request_id": request_id}
        async with self._connections.lend() as connection:
            await connection.execute(_SQL["receive"], values)

    async def after(
        self,
        place: UUID,
        *,
        limit: int,
        identifier: UUID | None,
        event_type: str | None,
        status: str | None,
        use: UseFor | None = None,
    ) -> list[Received]:
        """Return up to `limit` events that came after `place`, narrowed by what is given.

        Without those that name a record which may not be used so.
        """
        values = {"after": place, "id": identifier, "event_type": event_type, "status": status, "limit": limit}
        values |= restricting(use)
        async with self._connections.lend() as connection:
            rows = await (await connection.execute(_SQL["received"], values)).fetchall()
        return [Received(*row) for row in rows]
