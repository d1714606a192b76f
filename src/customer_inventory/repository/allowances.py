"""Allowances: how much of what it is granted a client has used, counted exactly over all servers.

A use is counted if it fits and refused if it does not, in one statement. What a crash can lose is the last moment's
counts of it (the commit is not waited for), never a count that another server has seen.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections

_SQL = sql.statements("allowances.sql")


class Use(NamedTuple):
    """A use of a grant: of which client, verb and kind, in which period (a day or a second that begins at `since`)."""

    client_id: str
    verb: str
    kind: str
    per: str
    since: datetime


class Wanted(NamedTuple):
    """So much of a use, of which there is at most `most` in its period."""

    use: Use
    amount: int
    most: int


class Allowances:
    """The uses of grants of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def use(self, use: Use, amount: int, *, most: int) -> bool:
        """Count an amount of a use and return True if no more than `most` is used in its period; else return False."""
        return await self.taken(use, amount, most=most) is not None

    async def use_all(self, wanted: Collection[Wanted]) -> Use | None:
        """Count all of these uses and return None, or count nothing and return one that does not fit."""
        if (beyond := next((each.use for each in wanted if each.amount > each.most), None)) is not None:
            return beyond
        async with self._connections.lend() as connection:
            try:
                async with connection.transaction():
                    await _take_all(connection, wanted)
            except _DoesNotFit as error:
                return error.use
        return None

    async def taken(self, use: Use, amount: int, *, most: int) -> int | None:
        """Count an amount as `use` does, and return how much is used with it; None, counting nothing, if it is more."""
        if amount > most:
            return None
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["unwaited"])
            return await _taken(connection, Wanted(use, amount, most))


class _DoesNotFit(Exception):
    """Undoes the counts of a transaction of which one does not fit."""

    def __init__(self, use: Use) -> None:
        super().__init__()
        self.use = use


async def _take_all(connection: Connection, wanted: Collection[Wanted]) -> None:
    """Count uses, in one order, so that two that want the same never wait for each other. Raises _DoesNotFit."""
    await connection.execute(_SQL["unwaited"])
    for each in sorted(wanted):
        if await _taken(connection, each) is None:
            raise _DoesNotFit(each.use)


async def _taken(connection: Connection, wanted: Wanted) -> int | None:
    values = {**wanted.use._asdict(), "amount": wanted.amount, "most": wanted.most}
    counted = await (await connection.execute(_SQL["use"], values)).fetchone()
    return int(counted[0]) if counted else None
