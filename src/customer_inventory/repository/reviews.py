"""Reviews: who broke the glass to see which record, why and until when, and who looked at it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("reviews.sql")


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody broke the glass to see one record; without `closed_at` nobody has looked at it yet."""

    id: UUID
    login: str
    kind: str
    record_id: UUID
    reason: str
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None
    remark: str | None = None


class Reviews:
    """The reviews of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def open(self, review: Review, *, person_id: UUID) -> None:
        """Keep that a person broke the glass."""
        names = ("id", "login", "kind", "record_id", "reason", "opened_at", "expires_at")
        values = {name: getattr(review, name) for name in names}
        async with self._connections.lend() as connection:
            await connection.execute(_SQL["open_review"], {**values, "person_id": person_id})

    async def broken(self, person_id: UUID, *, at: datetime) -> list[Review]:
        """Return for which records a person has broken the glass at a moment."""
        return await self._reviews("broken", (person_id, at))

    async def waiting(self, *, limit: int) -> list[Review]:
        """Return those that nobody has closed, the oldest first."""
        return await self._reviews("open_reviews", (limit,))

    async def closed(self, *, limit: int) -> list[Review]:
        """Return those that were closed, the last one first."""
        return await self._reviews("closed_reviews", (limit,))

    async def review(self, identifier: UUID) -> Review | None:
        """Return a review, or None."""
        return next(iter(await self._reviews("review", (identifier,))), None)

    async def close(self, identifier: UUID, *, by: str, remark: str, at: datetime) -> bool:
        """Close a review; return False, changing nothing, when it is closed already or of whoever would close it."""
        async with self._connections.lend() as connection:
            done = await connection.execute(_SQL["close_review"], (at, by, remark, identifier, by, by))
        return done.rowcount > 0

    async def _reviews(self, name: str, values: tuple[Any, ...]) -> list[Review]:
        async with self._connections.lend() as connection:
            return [Review(*row) for row in await (await connection.execute(_SQL[name], values)).fetchall()]
