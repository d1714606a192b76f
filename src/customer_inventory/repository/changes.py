"""The change feed: every record version in commit-safe order, for readers that keep their own place.

Positions come from transaction ids and are read behind the snapshot horizon, so a transaction that commits late is
never skipped; within a record, positions rise with versions (`sql/record_kind.sql` sees to it).
"""

from __future__ import annotations

from typing import NamedTuple

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("changes.sql")


class FeedPosition(NamedTuple):
    """A reader's place in the feed: the last entry it has taken."""

    position: int = 0
    bucket: int = 0
    record_id: str = "00000000-0000-0000-0000-000000000000"
    version: int = 0


class FeedEntry(NamedTuple):
    """One record version in the feed."""

    position: int
    bucket: int
    record_id: str
    version: int
    kind: str
    operation: str
    change_id: str

    @property
    def place(self) -> FeedPosition:
        """The place of a reader that has taken this entry."""
        return FeedPosition(self.position, self.bucket, self.record_id, self.version)


class Changes:
    """The change feed of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def after(self, place: FeedPosition, *, limit: int = 1000) -> list[FeedEntry]:
        """Return up to `limit` settled entries after `place`, in order; empty when there is nothing new."""
        async with self._connections.lend() as connection:
            cursor = await connection.execute(_SQL["feed"], (*place, limit), prepare=True)
            return [FeedEntry(*row) for row in await cursor.fetchall()]
