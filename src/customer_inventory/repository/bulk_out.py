"""Bulk reading: every record of a kind as one consistent moment, a line each, without a byte parsed on the way."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import psycopg

from customer_inventory.model import Resource
from customer_inventory.repository import sql
from customer_inventory.repository.connections import RepositoryUnavailable, connect, speaks_of_data
from customer_inventory.repository.lists import ValueNotComparable
from customer_inventory.repository.query import Query, compile_query
from customer_inventory.repository.records import Record

AT_A_TIME = 200
"""So few that the answers of a server that makes a file do not wait."""
_SQL = sql.statements("bulk.sql")
_LONGEST_MS = 1_800_000
_ID = slice(7, 43)
"""Where the id stands in a line: behind {"id":" ."""


def id_of(line: bytes) -> str:
    """Return the id of the record on a line."""
    return line[_ID].decode("ascii")


async def lines_out(conninfo: str, kind: str, *, base: str, lines_a_chunk: int) -> AsyncGenerator[list[bytes], None]:
    """Yield every record of `kind` in chunks of lines, each the JSON that the API gives, newline included.

    `base` is the address that hrefs begin with. One statement reads all of it, so it is one snapshot; memory holds a
    chunk. Raises RepositoryUnavailable.
    """
    statement = _SQL["copy_out"].replace("{kind}", kind).replace("{base}", base.replace("'", "''"))
    connection = await connect(conninfo, statement_timeout_ms=0)
    try:
        async with connection.cursor().copy(statement) as copy:
            chunk: list[bytes] = []
            async for line in copy:
                chunk.append(bytes(line))
                if len(chunk) == lines_a_chunk:
                    yield chunk
                    chunk = []
            if chunk:
                yield chunk
    except psycopg.OperationalError as error:
        raise RepositoryUnavailable("The repository went away during the export. Run it again.") from error
    finally:
        # Not gently: a reader that stopped early must not wait for rows that nobody wants.
        connection.pgconn.finish()


@dataclass(slots=True)
class Moment:
    """The moment of which records are read, as the place in the feed up to which everything is in it."""

    position: int = 0


async def records_out(
    conninfo: str, resource: Resource, query: Query, moment: Moment, *, shuffle: bytes | None = None
) -> AsyncGenerator[list[Record], None]:
    """Yield every record that a query without pages and order asks for, some at a time, in no order.

    With a key to `shuffle` them by, in an order that another key does not make again. One snapshot, told in `moment`
    before the first of them; memory holds what is yielded. Raises RepositoryUnavailable and ValueNotComparable.
    """
    compiled = compile_query(resource, query, count_bound=0)
    statement = compiled.all if shuffle is None else compiled.shuffled(shuffle)
    connection = await connect(conninfo, statement_timeout_ms=_LONGEST_MS)
    try:
        async with connection.transaction():
            await connection.execute(_SQL["one_moment"])
            await connection.execute(_SQL["to_the_end"])
            ((moment.position,),) = await connection.rows(_SQL["settled_position"])
            async with connection.cursor("records_out") as cursor:
                await cursor.execute(statement.text, statement.parameters)
                while rows := await cursor.fetchmany(AT_A_TIME):
                    yield [Record(*row) for row in rows]
    except psycopg.DataError as error:
        if speaks_of_data(error):
            raise ValueNotComparable from error
        raise
    except psycopg.OperationalError as error:
        raise RepositoryUnavailable("The repository went away while records were read.") from error
    finally:
        connection.pgconn.finish()


async def estimate(conninfo: str, kind: str) -> int:
    """Return about how many records of `kind` there are, for a progress bar. Raises RepositoryUnavailable."""
    connection = await connect(conninfo, statement_timeout_ms=0)
    try:
        row = await (await connection.execute(_SQL["estimate"].replace("{kind}", kind))).fetchone()
    finally:
        await connection.close()
    return row[0] if row else 0
