"""Alarms: what a registered process did that its registration does not let expect; each code once in its period."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("alarms.sql")


class Alarm(NamedTuple):
    """What was out of the ordinary, first `at` a moment of the period (an hour or a day) that began at `since`."""

    client_id: str
    code: str
    since: datetime
    at: datetime
    said: str


class Alarms:
    """The alarms of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, alarm: Alarm) -> bool:
        """Keep an alarm; return False where one of the code was raised in the period, by whichever server."""
        async with self._connections.lend() as connection:
            return (await connection.execute(_SQL["add"], alarm._asdict())).rowcount > 0

    async def since(self, after: datetime, *, client_id: str | None = None, limit: int) -> list[Alarm]:
        """Return the alarms since a moment, of one process or of all, the latest first."""
        values = {"client_id": client_id, "after": after, "limit": limit}
        async with self._connections.lend() as connection:
            return [Alarm(*row) for row in await (await connection.execute(_SQL["alarms"], values)).fetchall()]
