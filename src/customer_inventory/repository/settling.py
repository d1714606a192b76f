"""Settling: what is stored holds the values that a requirement demands to be unique, from when it does.

Doors ask it of what they write from the moment that the requirement governs. What was stored before is looked through
once, some buckets at a time, in nobody's way but of those who write just these records.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple

import psycopg

from customer_inventory.ids import BUCKETS
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections, RepositoryUnavailable, connect
from customer_inventory.repository.records import WriteContention
from customer_inventory.repository.ruling import WeighingTooLong
from customer_inventory.repository.turns import Work, turn

_SQL = sql.statements("unique.sql")
_AT_A_TIME = 64
"""So many buckets are looked through in one transaction: of a million records some 16,000."""
_ATTEMPTS = 10
_LOOK_S = 0.2


class Demand(NamedTuple):
    """That values of an attribute be unique: by which requirement, in which table, of which class, how terms begin.

    `named` is the class where classes are specified at run time. A value is held as the digest of `before` and its
    term, which begins with one of `prefixes`.
    """

    requirement: str
    kind: str
    named: str | None
    before: str
    prefixes: tuple[str, ...]

    @property
    def values(self) -> dict[str, Any]:
        """What the statements bind."""
        named = f"@type={self.named}" if self.named else None
        return {"requirement": self.requirement, "named": named, "before": self.before, "prefixes": list(self.prefixes)}


class Shared(NamedTuple):
    """How many records have a value that another one has too, how many of each source, and the ids of some."""

    number: int
    by_source: Counter[str | None]
    samples: list[str]


class Settler:
    """Looks through what is stored, while nobody else does on any server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all_know(self) -> None:
        """Return when everything has ended that had begun to write before."""
        row = await (await self._connection.execute(_SQL["mark"])).fetchone()
        while row:
            passed = await (await self._connection.execute(_SQL["passed"], row)).fetchone()
            if passed and passed[0]:
                return
            await asyncio.sleep(_LOOK_S)

    async def settle(self, demand: Demand, *, at: datetime) -> None:
        """Let every stored record hold what is demanded to be unique; of a value that several have, one holds it."""
        for first in range(0, BUCKETS, _AT_A_TIME):
            await self._fill(demand, first)
        await self._connection.execute(_SQL["settle"], (demand.requirement, at))

    async def forget(self, requirement: str) -> None:
        """Let nobody hold any more what a requirement demanded."""
        async with self._connection.transaction():
            await self._connection.execute(_SQL["forget"], (requirement,))
            await self._connection.execute(_SQL["unsettle"], ([requirement],))

    async def _fill(self, demand: Demand, first: int) -> None:
        statement = _SQL["fill"].replace("{kind}", demand.kind)
        values = {**demand.values, "first": first, "last": first + _AT_A_TIME - 1, "buckets": BUCKETS}
        for _ in range(_ATTEMPTS):
            with suppress(psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                await self._connection.execute(statement, values)
                return
        raise WriteContention


class Settling:
    """The requirements of one inventory whose values are held of everything stored."""

    def __init__(self, connections: Connections, conninfo: str) -> None:
        self._connections = connections
        self._conninfo = conninfo

    async def settled(self) -> frozenset[str]:
        """Return the ids of the requirements of which everything stored was looked through."""
        async with self._connections.lend() as connection:
            rows = await (await connection.execute(_SQL["settled"])).fetchall()
        return frozenset(row[0] for row in rows)

    async def unsettle(self, requirements: Collection[str]) -> None:
        """Let everything stored be looked through once more for these requirements."""
        async with self._connections.lend() as connection:
            await connection.execute(_SQL["unsettle"], (list(requirements),))

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Settler | None]:
        """Settle within, alone on all servers; None while another one does. Raises RepositoryUnavailable."""
        async with turn(self._conninfo, Work.SETTLING) as connection:
            yield Settler(connection) if connection else None

    async def shared(self, demand: Demand, *, samples: int, within_s: float) -> Shared:
        """Count the records that have a value that another one has too.

        Raises WeighingTooLong and RepositoryUnavailable.
        """
        connection = await connect(self._conninfo, statement_timeout_ms=ceil(within_s * 1000))
        try:
            statement = _SQL["shared"].replace("{kind}", demand.kind)
            rows = await (await connection.execute(statement, {**demand.values, "samples": samples})).fetchall()
        except psycopg.errors.QueryCanceled as error:
            raise WeighingTooLong from error
        except psycopg.OperationalError as error:
            raise RepositoryUnavailable from error
        finally:
            connection.pgconn.finish()
        by_source = Counter({source: number for source, number, _ in rows})
        return Shared(by_source.total(), by_source, [each for *_, ids in rows for each in ids][:samples])
