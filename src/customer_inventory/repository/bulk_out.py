"""Bulk reading: every record of a kind as one consistent moment, a line each, without a byte parsed on the way."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import psycopg

from customer_inventory.repository import sql
from customer_inventory.repository.connections import RepositoryUnavailable, connect

_SQL = sql.statements("bulk.sql")
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


async def estimate(conninfo: str, kind: str) -> int:
    """Return about how many records of `kind` there are, for a progress bar. Raises RepositoryUnavailable."""
    connection = await connect(conninfo, statement_timeout_ms=0)
    try:
        row = await (await connection.execute(_SQL["estimate"].replace("{kind}", kind))).fetchone()
    finally:
        await connection.close()
    return row[0] if row else 0
