"""Seals: the blocks in which the trail is sealed, the keys that sign them, and the entries of a block."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections, RepositoryUnavailable, connect
from customer_inventory.repository.turns import Work, turn

AT_A_TIME = 500
_YEAR_2000_US = 946_684_800_000_000
_SQL = sql.statements("seals.sql")


class SealedEntry(NamedTuple):
    """An entry of the trail in its block: ids as their 16 bytes, `at` in microseconds since 1970.

    The salts of its `record_ids` grow from `seed`, which those from before there were seals lack; where ids were
    erased, `remains` is what is left of it (access/sealing/destroying.py).
    """

    id: bytes
    at: int
    client_id: str
    person: str | None
    purpose: str
    verb: str
    kind: str
    outcome: str
    request_id: str
    attributes: list[str] | None
    record_ids: list[bytes]
    seed: bytes | None
    remains: bytes | None = None


class Seal(NamedTuple):
    """A block that was sealed: its number, the place behind it, and what was signed."""

    number: int
    next: int
    signed: str
    at: datetime


class SealKey(NamedTuple):
    """A key that signs seals, as JSON Web Keys; once it is retired, its private half is gone.

    `vouch` is what the key before signed to say that this one takes its place; the first key has none.
    """

    id: str
    algorithm: str
    private_key: bytes
    public_key: bytes
    vouch: str | None = None


def _moment(sent: bytes) -> int:
    """Read what `timestamptz_send` gives: microseconds since 2000."""
    return int.from_bytes(sent, signed=True) + _YEAR_2000_US


def _ids(sent: bytes) -> list[bytes]:
    """Read what `array_send` gives of uuids in one dimension: 20 bytes of heading, and 4 of length before each."""
    return [sent[at : at + 16] for at in range(24, len(sent), 20)]


class SealStore:
    """The seals of one inventory."""

    def __init__(self, connections: Connections, conninfo: str) -> None:
        self._connections = connections
        self._conninfo = conninfo

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Sealing | None]:
        """Seal within, alone on all servers; None while another one does. Raises RepositoryUnavailable."""
        async with turn(self._conninfo, Work.SEALING) as connection:
            yield Sealing(connection) if connection else None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Sealing]:
        """Read seals and entries within, as of one moment. Raises RepositoryUnavailable."""
        connection = await connect(self._conninfo, statement_timeout_ms=0)
        try:
            await connection.execute(_SQL["one_moment"])
            yield Sealing(connection)
        except psycopg.OperationalError as error:
            raise RepositoryUnavailable from error
        finally:
            connection.pgconn.finish()

    async def last(self) -> Seal | None:
        """Return the newest block, None while there is none."""
        async with self._connections.lend() as connection:
            row = await (await connection.execute(_SQL["last"])).fetchone()
        return Seal(*row) if row else None

    async def keys(self) -> list[SealKey]:
        """Return the keys, the oldest first; the last one signs."""
        return [_key(row) for row in await self._connections.rows(_SQL["keys"])]

    async def add_key(self, key: SealKey, *, at: datetime) -> None:
        """Keep a key that signs from now on."""
        async with self._connections.lend() as connection:
            await connection.execute(_SQL["add_key"], _values(key, at))

    async def rotate_key(self, key: SealKey, *, replaces: str, at: datetime) -> bool:
        """Let a key sign from now on, in place of the one that does, whose private half goes.

        Returns False, changing nothing, when that is not `replaces` any more.
        """
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["lock_keys"])
            if (await connection.execute(_SQL["retire_key"], {"id": replaces, "at": at})).rowcount == 0:
                return False
            await connection.execute(_SQL["add_key"], _values(key, at))
            await connection.execute(_SQL["due"], {"table": "seal_key", "at": at})
        return True


class Sealing:
    """Reads what is to be sealed, or was, and keeps seals."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def last(self) -> Seal | None:
        """Return the newest block, None while there is none."""
        row = await (await self._connection.execute(_SQL["last"])).fetchone()
        return Seal(*row) if row else None

    async def horizon(self) -> int:
        """Return the place below which no entry can come any more."""
        row = await (await self._connection.execute(_SQL["horizon"])).fetchone()
        return int(row[0]) if row else 0

    async def keys(self) -> list[SealKey]:
        """Return the keys, the oldest first; the last one signs."""
        return [_key(row) for row in await (await self._connection.execute(_SQL["keys"])).fetchall()]

    async def blocks(self) -> AsyncGenerator[Seal, None]:
        """Yield the blocks in order."""
        number = 0
        while rows := await (await self._connection.execute(_SQL["blocks"], (number, AT_A_TIME))).fetchall():
            for row in rows:
                yield Seal(*row)
            number = rows[-1][0]

    async def entries(self, first: int, beyond: int) -> AsyncGenerator[SealedEntry, None]:
        """Yield the entries of places from `first` up to but not including `beyond`, in order of place and id."""
        async with self._connection.transaction(), self._connection.cursor("entries", binary=True) as cursor:
            await cursor.execute(_SQL["entries"], (first, beyond))
            while rows := await cursor.fetchmany(AT_A_TIME):
                for row in rows:
                    yield SealedEntry(*(row[0], _moment(row[1]), *row[2:10], _ids(row[10]), row[11], row[12]))

    async def add(self, seal: Seal) -> None:
        """Keep a block."""
        await self._connection.execute(_SQL["add"], seal)


def _key(row: tuple[Any, ...]) -> SealKey:
    identifier, algorithm, private, public, vouch = row
    return SealKey(identifier, algorithm, private.encode(), public.encode(), vouch)


def _values(key: SealKey, at: datetime) -> dict[str, Any]:
    told = {"id": key.id, "algorithm": key.algorithm, "vouch": key.vouch, "at": at}
    return {**told, "private": key.private_key.decode(), "public": key.public_key.decode()}
