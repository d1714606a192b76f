"""Deliveries: what could not be delivered yet, what waits behind it, and dead letters; and what events are made of.

A delivery is a reference into the feed, never content: the content is read from the record's history when it is sent.
What a server writes here, it writes under the lock of the subscription's lease, so that one server alone moves it on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.changes import FeedEntry, FeedPosition
from customer_inventory.repository.connections import Connection, Connections
from customer_inventory.repository.kinds import KINDS

_SQL = sql.statements("hub.sql")
_MOST_DUE = 100
_MOST_BEHIND = 100


class Delivery(NamedTuple):
    """A feed entry that waits, or that was given up: how many of its events arrived, and how the last attempt went."""

    entry: FeedEntry
    sent: int
    event_type: str | None
    attempts: int
    queued_at: datetime
    next_at: datetime
    outcome: str | None


class Attempt(NamedTuple):
    """How an attempt at a delivery ended: in events that `arrived`, or with another attempt at `next_at`, or for good.

    A `next_at` of None means that it was given up.
    """

    delivery: Delivery
    arrived: bool
    next_at: datetime | None = None


class Origin(NamedTuple):
    """The change that an entry comes from: when it was made, and in which request."""

    at: datetime
    request_id: str


class Deliveries:
    """What waits for the subscriptions of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def waiting(self, subscription: str, *, most: int) -> int:
        """Return how many deliveries wait, counted up to `most`."""
        return int((await self._connections.rows(_SQL["waiting"], (subscription, most)))[0][0])

    async def waiting_records(self, subscription: str, records: Iterable[str]) -> set[str]:
        """Return which of `records` have a delivery that waits."""
        return {row[0] for row in await self._connections.rows(_SQL["waiting_records"], (subscription, list(records)))}

    async def due(self, subscription: str, *, now: datetime) -> list[Delivery]:
        """Return the first delivery that waits of each record whose time has come, most overdue first; at most 100."""
        rows = await self._connections.rows(_SQL["due"], {"id": subscription, "now": now, "most": _MOST_DUE})
        return [_delivery(row) for row in rows]

    async def behind(self, subscription: str, delivery: Delivery) -> list[Delivery]:
        """Return what waits behind a delivery, of the same record and in order; at most 100."""
        entry = delivery.entry
        rows = await self._connections.rows(
            _SQL["behind"], (subscription, entry.record_id, entry.version, _MOST_BEHIND)
        )
        return [_delivery(row) for row in rows]

    async def move(
        self, subscription: str, *, owner: UUID, now: datetime, place: FeedPosition, queued: Sequence[Delivery]
    ) -> bool:
        """Move the cursor to `place` and queue what was not delivered, together.

        Return False, changing nothing, when the lease is not the owner's any more.
        """
        async with self._connections.lend() as connection, connection.transaction():
            if not await _held(connection, subscription, owner, now):
                return False
            for delivery in queued:
                await connection.execute(_SQL["queue"], _queued(subscription, delivery))
            await connection.execute(_SQL["move"], (*place, subscription))
        return True

    async def settle(self, subscription: str, *, owner: UUID, now: datetime, attempts: Sequence[Attempt]) -> bool:
        """Write down how attempts at what waits ended. Return False, changing nothing, without the lease."""
        async with self._connections.lend() as connection, connection.transaction():
            if not await _held(connection, subscription, owner, now):
                return False
            for attempt in attempts:
                await _settle(connection, subscription, attempt, now)
        return True

    async def dead_letters(
        self,
        *,
        client_id: str | None,
        subscription: UUID | None = None,
        record: tuple[UUID, int] | None = None,
        offset: int = 0,
        limit: int = 100,
    ) -> list[tuple[str, Delivery]]:
        """Return deliveries that were given up, each with its subscription; of all clients for None."""
        record_id, version = record or (None, None)
        values = {"client_id": client_id, "subscription": subscription, "record_id": record_id, "version": version}
        rows = await self._connections.rows(_SQL["dead_letters"], {**values, "offset": offset, "limit": limit})
        return [(row[0], _delivery(row[1:])) for row in rows]

    async def count_dead_letters(self, *, client_id: str | None, subscription: UUID | None = None) -> int:
        """Return how many deliveries were given up."""
        values = {"client_id": client_id, "subscription": subscription}
        return int((await self._connections.rows(_SQL["count_dead_letters"], values))[0][0])

    async def replay(self, subscription: str, *, now: datetime, record: tuple[UUID, int] | None = None) -> int:
        """Let dead letters wait for delivery again: one, or all of a subscription. Return how many there were."""
        record_id, version = record or (None, None)
        values = {"id": subscription, "now": now, "record_id": record_id, "version": version}
        async with self._connections.lend() as connection:
            return (await connection.execute(_SQL["replay"], values)).rowcount

    async def contents(self, kind: str, versions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], bytes]:
        """Return the documents of record versions, present or superseded, by (id, version); those that there are."""
        wanted = list(versions)
        values = {
            "buckets": [int(identifier[15:18], 16) for identifier, _ in wanted],
            "ids": [identifier for identifier, _ in wanted],
            "versions": [version for _, version in wanted],
        }
        statement = _SQL["contents"].replace("{kind}", KINDS[kind].kind)
        async with self._connections.lend() as connection:
            rows = await (await connection.execute(statement, values)).fetchall()
        return {(row[0], row[1]): row[2] for row in rows}

    async def origins(self, changes: Iterable[str]) -> dict[str, Origin]:
        """Return when and in which request changes were made, by their ids."""
        wanted = list(dict.fromkeys(changes))
        rows = await self._connections.rows(_SQL["changes"], ([int(change[15:18], 16) for change in wanted], wanted))
        return {row[0]: Origin(row[1], row[2]) for row in rows}

    async def before(self, place: FeedPosition, *, limit: int) -> list[FeedEntry]:
        """Return up to `limit` settled entries before `place`, in the order of the feed."""
        return [FeedEntry(*row) for row in reversed(await self._connections.rows(_SQL["recent"], (*place, limit)))]

    async def entry(self, place: FeedPosition) -> FeedEntry | None:
        """Return the settled entry that stands exactly at `place`, or None."""
        rows = await self._connections.rows(_SQL["entry"], tuple(place))
        return FeedEntry(*rows[0]) if rows else None


async def _held(connection: Connection, subscription: str, owner: UUID, now: datetime) -> bool:
    """Whether the lease is still the owner's, and locked for this transaction; a disabled subscription stands still."""
    found = await connection.execute(_SQL["hold"], {"id": subscription, "owner": owner, "now": now})
    row = await found.fetchone()
    return row is not None and row[0] == "active"


async def _settle(connection: Connection, subscription: str, attempt: Attempt, now: datetime) -> None:
    delivery = attempt.delivery
    record_id, version = delivery.entry.record_id, delivery.entry.version
    tried = (delivery.sent, delivery.event_type, delivery.attempts, attempt.next_at, delivery.outcome)
    if attempt.arrived:
        await connection.execute(_SQL["done"], (subscription, record_id, version))
    elif attempt.next_at is not None:
        await connection.execute(_SQL["failed"], (*tried, subscription, record_id, version))
    else:
        values = {"id": subscription, "record_id": record_id, "version": version, "now": now}
        values |= {"sent": delivery.sent, "event_type": delivery.event_type}
        values |= {"attempts": delivery.attempts, "outcome": delivery.outcome}
        await connection.execute(_SQL["given_up"], values)


def _queued(subscription: str, delivery: Delivery) -> tuple[Any, ...]:
    entry = delivery.entry
    return (
        subscription,
        *entry,
        delivery.sent,
        delivery.event_type,
        delivery.attempts,
        delivery.queued_at,
        delivery.next_at,
        delivery.outcome,
    )


def _delivery(row: tuple[Any, ...]) -> Delivery:
    return Delivery(FeedEntry(*row[:7]), *row[7:])
