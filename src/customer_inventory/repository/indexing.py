"""Indexes that come and go while the inventory is used: built and dropped without a write having to wait.

One server works on them at a time, on a connection of its own without the time limit of requests. What a killed server
leaves half built is no index: it is dropped and built anew by whoever looks next.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, NamedTuple

import msgspec
import psycopg

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections, RepositoryUnavailable, connect
from customer_inventory.repository.kinds import KINDS, Index, indexes_of
from customer_inventory.repository.served import standing
from customer_inventory.repository.turns import Work, turn

ENTER_TIMEOUT = "4s"
"""So long a build waits for vacuum, or for a change of the schema, before it is tried again later."""

_SQL = sql.statements("indexing.sql")
_SAMPLED = 3000
"""About so many records are tried for an estimate: 10 to 50 ms."""
_TRIED = 10_000
"""So many long values at most are tried, whether they fit into an index."""
_OF_TEXT = frozenset({"string", "any"})
"""The types of which a value can be long."""
_PHASES = {
    "building index: scanning table": (0.0, 0.5),
    "building index: sorting live tuples": (0.5, 0.0),
    "building index: loading tuples in tree": (0.5, 0.15),
    "waiting for writers before validation": (0.65, 0.0),
    "index validation: scanning index": (0.65, 0.05),
    "index validation: sorting tuples": (0.7, 0.0),
    "index validation: scanning table": (0.7, 0.3),
    "waiting for old snapshots": (1.0, 0.0),
}
"""The phases of a build (PostgreSQL, 27.4.4): what share is done when each begins, and what share it is itself."""


class IndexNotBuilt(InventoryError):
    """An index could not be built or dropped.

    Nothing else is affected; it is tried again. The log says with which state of SQL it ended.
    """

    code = "index-not-built"
    failure = Failure.UNAVAILABLE

    def __init__(self, sqlstate: str) -> None:
        super().__init__(f"An index could not be built or dropped: {_MEANING.get(sqlstate, 'SQLSTATE ' + sqlstate)}.")
        self.sqlstate = sqlstate


_MEANING = {
    "54000": "a value is too long for an index (2,000 bytes are sure to fit)",
    "55P03": "the table is being vacuumed, or its schema changed",
    "53100": "the disk is full",
    "42501": "the database user does not own the table",
}


class Step(NamedTuple):
    """What is to be done next about an index: build what it is to be, or drop it where that is None."""

    name: str
    build: Index | None = None


def steps(wanted: Mapping[str, Index], there: Mapping[str, bool]) -> list[Step]:
    """Return what leads from the indexes that are there to those wanted; what is half built goes first."""
    drops = [Step(name) for name, valid in sorted(there.items()) if name not in wanted or not valid]
    return [*drops, *(Step(name, index) for name, index in sorted(wanted.items()) if name not in there)]


class Builder:
    """Builds and drops indexes, while nobody else does on any server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def take(self, step: Step) -> None:
        """Do one step; how long depends on the table, and on the oldest transaction that is open.

        Cancelling it ends the statement in the engine too. Raises IndexNotBuilt, and RepositoryUnavailable when the
        engine is gone; nothing half built is left then that the next round would not find.
        """
        try:
            if step.build is None:
                await self._execute("drop", name=step.name)
            else:
                await self._build(step.build)
        except psycopg.Error as error:
            if self._connection.closed or self._connection.broken:
                raise RepositoryUnavailable from error
            raise IndexNotBuilt(error.sqlstate or "") from error

    async def _build(self, index: Index) -> None:
        async with self._connection.transaction():
            await self._connection.execute(f"set local lock_timeout = '{ENTER_TIMEOUT}'".encode())
            await self._execute("enter", kind=index.kind)
        try:
            await self._execute("build", name=index.name, kind=index.kind, keys=index.keys)
        except psycopg.Error:
            # Half an index serves no query, but writes maintain it, and refuse what does not fit into it.
            if not (self._connection.closed or self._connection.broken):
                await self._execute("drop", name=index.name)
            raise
        await self._execute("look", kind=index.kind)

    async def _execute(self, statement: str, **pieces: str) -> None:
        await self._connection.execute(_SQL[statement].format(**pieces).encode(), prepare=False)


class Indexing:
    """The indexes of searchable attributes of one inventory."""

    def __init__(self, connections: Connections, conninfo: str) -> None:
        self._connections = connections
        self._conninfo = conninfo

    async def standing(self) -> dict[str, bool]:
        """Return the indexes of searchable attributes that exist, by name: whether each is whole.

        What somebody else made of the same table is none of them.
        """
        names = _declared()
        found = await standing(self._connections)
        return {name: valid for name, valid in found.items() if name in names or _asked(name)}

    async def shares(self) -> dict[str, float]:
        """Return how far each index is that is being built now, from 0 to 1, by name; roughly, as PostgreSQL tells."""
        async with self._connections.lend() as connection:
            rows = await (await connection.execute(_SQL["progress"])).fetchall()
        return {name: _share(phase, blocks, tuples) for name, phase, blocks, tuples in rows}

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Builder | None]:
        """Build and drop within, alone on all servers; None while another one does. Raises RepositoryUnavailable."""
        async with turn(self._conninfo, Work.INDEXING) as connection:
            yield Builder(connection) if connection else None

    async def estimate(self, kind: str, path: str) -> float:
        """Return about how many seconds it would take to make an attribute searchable, by trying it on some records.

        Tried on 100,000 records it was between half and twice of what the build took; open transactions come on top.
        Raises ValueError and KeyError for an attribute that has no single value, KeyError for no kind, and
        RepositoryUnavailable.
        """
        indexes = indexes_of(KINDS[kind], path)
        async with self._connections.lend() as connection:
            known, pages = await _row(connection, _SQL["size"].format(kind=kind))
            if not pages:
                return 0.0
            number = known if known > 0 else (await _row(connection, _SQL["number"].format(kind=kind)))[0]
            percent = min(100.0, 100.0 * _SAMPLED / max(1, number))
            seconds = 0.0
            for index in indexes:
                made = await _tried(connection, "sample", percent, kind=kind, expression=index.expression)
                seen = await _tried(connection, "sample_pages", percent, kind=kind)
                seconds += _whole(number, made, seen)
        return seconds

    async def too_long(self, kind: str, path: str, *, within_s: float) -> int | None:
        """Return how many records have a value that is too long for an index, None where it takes too long to say.

        Values of more than 2,674 bytes are tried, whether they fit when they are compressed as in an index. Of more
        than 10,000 such values it is said by those. Raises what `estimate` raises.
        """
        own = KINDS[kind]
        indexes = indexes_of(own, path) if own.own_attributes[path].type in _OF_TEXT else ()
        connection = await connect(self._conninfo, statement_timeout_ms=math.ceil(within_s * 1000))
        try:
            async with asyncio.timeout(within_s):
                found = [await _too_long(connection, index) for index in indexes]
        except (TimeoutError, psycopg.errors.QueryCanceled, psycopg.errors.InsufficientPrivilege):
            return None
        except psycopg.OperationalError as error:
            raise RepositoryUnavailable from error
        finally:
            connection.pgconn.finish()
        return None if None in found else max((number for number in found if number is not None), default=0)


async def _too_long(connection: Connection, index: Index) -> int | None:
    """Return how many values are too long for an index; None where there are many long ones, and all tried fit."""
    pieces = {"kind": index.kind, "expression": index.expression}
    (longest,) = await _row(connection, _SQL["longest"])
    async with connection.transaction():
        await connection.execute(_SQL["long_table"].encode())
        await connection.execute(_SQL["keep_long"].format(**pieces).encode(), (longest, _TRIED), prepare=False)
        number, tried = await _row(connection, _SQL["too_long"], longest)
    if tried < _TRIED:
        return int(number)
    (long,) = await _row(connection, _SQL["count_long"].format(**pieces), longest)
    return round(long * number / tried) or (None if long > tried else 0)


@cache
def _declared() -> frozenset[str]:
    """Return the names of the indexes that migrations make."""
    return frozenset(
        index.name for each in KINDS.values() for path in each.searchable for index in indexes_of(each, path)
    )


def _asked(name: str) -> bool:
    return any(name.startswith(f"{kind}_asked_") for kind in KINDS)


class _Tried(NamedTuple):
    """How long some records took, in seconds, and how many they were."""

    seconds: float
    number: int


def _whole(number: int, made: _Tried, seen: _Tried) -> float:
    """Return how long all `number` records take of which some were tried.

    A build makes and sorts every value, writes the index, and looks at every record a second time. Sorting and writing
    more takes longer for each: by the logarithm.
    """
    if not made.number or not seen.number:
        return 0.0
    each = made.seconds / made.number
    deeper = math.log2(max(2, number)) / math.log2(max(2, made.number))
    return number * (each * deeper + seen.seconds / seen.number)


async def _tried(connection: Connection, statement: str, percent: float, **pieces: str) -> _Tried:
    plan = (await _row(connection, _SQL[statement].format(**pieces), percent))[0]
    told = (msgspec.json.decode(plan) if isinstance(plan, bytes | str) else plan)[0]
    return _Tried(told["Execution Time"] / 1000, int(told["Plan"]["Actual Rows"]))


def _share(phase: str, blocks: float | None, tuples: float | None) -> float:
    begun, part = _PHASES.get(phase, (0.0, 0.0))
    done = tuples if phase.endswith("in tree") else blocks
    return begun + part * min(1.0, done or 0.0)


async def _row(connection: Connection, text: str, *values: Any) -> tuple[Any, ...]:
    row = await (await connection.execute(text.encode(), values, prepare=False)).fetchone()
    if row is None:
        raise RuntimeError("a statement that always returns one row returned none")
    return row
