"""Allowances: how much of what it is granted a client has used, counted exactly over all servers.

A use is counted if it fits and refused if it does not, in one statement. What a crash can lose is the last moment's
counts of it (the commit is not waited for), never a count that another server has seen.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("allowances.sql")


class Use(NamedTuple):
    """A use of a grant: of which client, verb and kind, in which period (a day or a second that begins at `since`)."""

    client_id: str
    verb: str
    kind: str
    per: str
    since: datetime


class Allowances:
    """The uses of grants of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def use(self, use: Use, amount: int, *, most: int) -> bool:
        """Count an amount of a use and return True if no more than `most` is used in its period; else return False."""
        return await self.taken(use, amount, most=most) is not None

    async def taken(self, use: Use, amount: int, *, most: int) -> int | None:
        """Count an amount as `use` does, and return how much is used with it; None, counting nothing, if it is more."""
        if amount > most:
            return None
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["unwaited"])
            values = {**use._asdict(), "amount": amount, "most": most}
            counted = await (await connection.execute(_SQL["use"], values)).fetchone()
            return int(counted[0]) if counted else None
