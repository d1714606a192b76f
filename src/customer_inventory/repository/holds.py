"""Legal holds: parties that must not be erased, nor anything purged that may be of theirs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("erasing.sql")


class Hold(NamedTuple):
    """A legal hold: on which party, since when, by whom, on which ground."""

    id: UUID
    since: datetime
    client_id: str
    person: str | None
    ground: str


class Holds:
    """The legal holds of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def hold(self, hold: Hold) -> bool:
        """Keep a hold; False where the party is on hold already."""
        values = {"id": hold.id, "since": hold.since, "client": hold.client_id, "person": hold.person}
        async with self._connections.lend() as connection:
            return (await connection.execute(_SQL["hold"], {**values, "ground": hold.ground})).rowcount > 0

    async def release(self, identifier: UUID) -> bool:
        """End a hold; False where there is none."""
        async with self._connections.lend() as connection:
            return (await connection.execute(_SQL["release"], {"id": identifier})).rowcount > 0

    async def holds(self, ids: Collection[str] | None = None) -> list[Hold]:
        """Return the holds on any of these records, or all of them, the oldest first."""
        values = {"ids": None if ids is None else list(ids)}
        async with self._connections.lend() as connection:
            return [Hold(*row) for row in await (await connection.execute(_SQL["holds"], values)).fetchall()]
