"""Topics that clients made: a name for events, chosen by queries. The topics of every resource are not kept."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("hub.sql")


class KeptTopic(NamedTuple):
    """A topic: who made it when, and what it says, as JSON without its id."""

    id: str
    client_id: str
    created_at: datetime
    document: str


class Topics:
    """The topics that are kept in one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def all(self) -> list[KeptTopic]:
        """Return every topic, oldest first."""
        return await self._found(None)

    async def get(self, identifier: UUID) -> KeptTopic | None:
        """Return a topic, or None."""
        found = await self._found(identifier)
        return found[0] if found else None

    async def add(
        self, topic: KeptTopic, *, most: int, trail_id: UUID, person: str | None, purpose: str, request_id: str
    ) -> bool:
        """Keep a topic, with the trail entry of who made it; return False when there are `most` already."""
        values = {**topic._asdict(), "most": most, "trail_id": trail_id}
        values |= {"person": person, "purpose": purpose, "request_id": request_id}
        return await self._connections.count(_SQL["add_topic"], values) > 0

    async def drop(
        self,
        identifier: UUID,
        *,
        at: datetime,
        client_id: str,
        trail_id: UUID,
        person: str | None,
        purpose: str,
        request_id: str,
    ) -> bool:
        """Delete a topic and disable the subscriptions at it; return whether it was there."""
        values = {"id": identifier, "topic": str(identifier), "at": at, "client_id": client_id, "trail_id": trail_id}
        values |= {"person": person, "purpose": purpose, "request_id": request_id}
        return await self._connections.count(_SQL["drop_topic"], values) > 0

    async def _found(self, identifier: UUID | None) -> list[KeptTopic]:
        async with self._connections.lend() as connection:
            rows = await (await connection.execute(_SQL["topics"], {"id": identifier})).fetchall()
        return [KeptTopic(*row) for row in rows]
