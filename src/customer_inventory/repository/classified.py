"""The records of a class that is specified at run time: read one after the other, and found by what it says of them.

Reading a class has a connection of its own, without the time limit of requests: a class may have millions of records,
and memory holds a few hundred of them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import psycopg

from customer_inventory.model.resource import Claim
from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.connections import Connections, RepositoryUnavailable, connect
from customer_inventory.repository.kinds import SPECIFIED
from customer_inventory.repository.records import WriteContention
from customer_inventory.repository.uniqueness import hold

AT_A_TIME = 500
_ATTEMPTS = 10
_PATIENCE_MS = 30_000
_ALONE = sql.statements("classes.sql")["alone"]
_SQL = {
    kind: {name: text.replace("{kind}", kind) for name, text in sql.statements("classes.sql").items()}
    for kind in SPECIFIED
}


class Stored(NamedTuple):
    """A record as it is kept: its document, and the terms by which it is found."""

    id: str
    version: int
    document: bytes
    terms: list[str]


class Reworded(NamedTuple):
    """A record with the terms by which it is found from now on (None: as before), and what it has that is unique."""

    id: str
    version: int
    terms: list[str] | None
    claims: tuple[Claim, ...]


class Classified:
    """The records of one inventory, by class."""

    def __init__(self, connections: Connections, conninfo: str) -> None:
        self._connections = connections
        self._conninfo = conninfo

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Specify classes within, while nobody else does, on any server.

        The lock has a connection of its own: it ends with it, whatever happens to this process. Raises WriteContention
        and RepositoryUnavailable.
        """
        connection = await connect(self._conninfo, statement_timeout_ms=_PATIENCE_MS)
        try:
            await connection.execute(_ALONE)
            yield
        except psycopg.errors.QueryCanceled as error:
            raise WriteContention from error
        except psycopg.OperationalError as error:
            raise RepositoryUnavailable from error
        finally:
            connection.pgconn.finish()

    async def number(self, kind: str, named: str, *, bound: int) -> int:
        """Return how many records of a kind are of the class `named`, at most `bound`."""
        async with self._connections.lend() as connection:
            statement = _SQL[kind]["number_of_class"]
            row = await (await connection.execute(statement, (f"@type={named}", bound))).fetchone()
        return int(row[0]) if row else 0

    async def read(self, kind: str, named: str) -> AsyncGenerator[list[Stored], None]:
        """Yield the records of a kind that are of the class `named`, some hundred at a time, as of one moment.

        Raises RepositoryUnavailable.
        """
        connection = await connect(self._conninfo, statement_timeout_ms=0)
        try:
            async with connection.transaction(), connection.cursor("of_class") as cursor:
                await cursor.execute(_SQL[kind]["of_class"], (f"@type={named}",))
                while rows := await cursor.fetchmany(AT_A_TIME):
                    yield [Stored(*row) for row in rows]
        except psycopg.OperationalError as error:
            raise RepositoryUnavailable from error
        finally:
            connection.pgconn.finish()

    async def reword(self, kind: str, records: Sequence[Reworded]) -> None:
        """Let records be found by other terms, and hold what is unique, unless they were written meanwhile.

        Of a value that several have, one holds it. Raises WriteContention.
        """
        async with self._connections.lend() as connection:
            for _ in range(_ATTEMPTS):
                try:
                    async with connection.transaction():
                        values = ([each.id for each in records], [each.version for each in records])
                        rows = await (await connection.execute(_SQL[kind]["lock_unchanged"], values)).fetchall()
                        there = {row[0] for row in rows}
                        await hold(connection, {each.id: each.claims for each in records if each.id in there})
                        changed = [(each.id, each.terms) for each in records if each.id in there and each.terms]
                        ids, terms = [identifier for identifier, _ in changed], [array(words) for _, words in changed]
                        await connection.execute(_SQL[kind]["search_by"], (ids, terms))
                        return
                except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                    continue
        raise WriteContention
