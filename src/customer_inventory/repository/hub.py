"""The hub's subscriptions: who listens to what, how far each has been told, and which server is telling it.

A subscription's cursor is durable, and is moved by the server that holds the lease on it: what was not delivered when
a server was killed is delivered again by whoever takes the lease next. What waits is in `deliveries`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.changes import FeedPosition
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("hub.sql")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A listener: whose, at which API, its callback, query and secret, whether it is active, its cursor."""

    id: str
    client_id: str
    purpose: str
    api: str
    api_version: str
    topic: str | None
    callback: str
    query: str
    type: str
    secret: str
    status: str
    reason: str | None
    created_at: datetime
    place: FeedPosition


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the hub still has to do: deliveries pending and dead, and since when the oldest pending one waits."""

    pending: int
    dead: int
    oldest: datetime | None


class Hub:
    """The subscriptions of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(
        self,
        *,
        identifier: UUID,
        client_id: str,
        purpose: str,
        api: str,
        api_version: str,
        topic: str | None,
        callback: str,
        query: str,
        type_: str,
        fingerprint: bytes,
        secret: str,
        at: datetime,
        most: int,
    ) -> bool:
        """Add a subscription that starts at the end of the feed.

        Return False, changing nothing, when its like is there or the client has `most` already.
        """
        values = {
            "id": identifier,
            "client_id": client_id,
            "purpose": purpose,
            "api": api,
            "api_version": api_version,
            "topic": topic,
            "callback": callback,
            "query": query,
            "type": type_,
            "fingerprint": fingerprint,
            "secret": secret,
            "at": at,
            "most": most,
        }
        return await self._connections.count(_SQL["add_subscription"], values) > 0

    async def twin(self, fingerprint: bytes) -> str | None:
        """Return the id of the subscription with this fingerprint, or None."""
        rows = await self._connections.rows(_SQL["twin"], (fingerprint,))
        return str(rows[0][0]) if rows else None

    async def subscriptions(
        self,
        *,
        client_id: str | None,
        identifier: UUID | None = None,
        api: str | None = None,
        api_version: str | None = None,
        topic: str | None = None,
    ) -> list[Subscription]:
        """Return the subscriptions of a client, oldest first, of all clients for None; narrowed by what is given."""
        values = {"client_id": client_id, "id": identifier, "api": api, "api_version": api_version, "topic": topic}
        return [_subscription(row) for row in await self._connections.rows(_SQL["subscriptions"], values)]

    async def drop(self, identifier: str) -> bool:
        """End a subscription with all that waits for it; return whether it was there."""
        return await self._connections.count(_SQL["drop_subscription"], (identifier,)) > 0

    async def disable(self, identifier: str, *, reason: str) -> None:
        """Stop delivering to a subscription until it is replayed or made anew."""
        await self._connections.count(_SQL["disable"], {"id": identifier, "reason": reason})

    async def rewind(self, identifier: str, *, position: int) -> None:
        """Deliver everything from `position` on again, to a disabled subscription too."""
        values = {"id": identifier, "position": position}
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["rewind"], values)
            await connection.execute(_SQL["forget_queued"], values)

    async def position_at(self, moment: datetime) -> int:
        """Return where the feed stood at `moment`, going by the ids of changes."""
        floor = UUID(int=(int(moment.timestamp() * 1000) & 0xFFFF_FFFF_FFFF) << 80)
        return int((await self._connections.rows(_SQL["position_at"], (floor,)))[0][0])

    async def lease(self, *, owner: UUID, now: datetime, until: datetime, most: int) -> list[Subscription]:
        """Take up to `most` subscriptions that have something to do and that no server works on."""
        values = {"owner": owner, "now": now, "until": until, "most": most}
        return [_subscription(row) for row in await self._connections.rows(_SQL["lease"], values)]

    async def renew(self, *, owner: UUID, until: datetime) -> set[str]:
        """Prolong the leases of `owner`; return the subscriptions on which it still has one."""
        return {row[0] for row in await self._connections.rows(_SQL["renew"], {"owner": owner, "until": until})}

    async def release(self, identifier: str, *, owner: UUID, until: datetime) -> None:
        """Give a lease back; nobody takes it before `until`."""
        await self._connections.count(_SQL["release"], {"id": identifier, "owner": owner, "until": until})

    async def backlog(self, *, most: int = 100_000) -> Backlog:
        """Return what is still to be delivered, counted up to `most` feed entries."""
        pending, dead, oldest = (await self._connections.rows(_SQL["backlog"], {"most": most}))[0]
        return Backlog(pending, dead, oldest)


def _subscription(row: tuple[Any, ...]) -> Subscription:
    return Subscription(*(*row[:13], FeedPosition(*row[13:])))
