"""Turns: work that one of several servers does at a time, for as long as it is at it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum

import psycopg

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, RepositoryUnavailable, connect

_SQL = sql.statements("turns.sql")


class Work(IntEnum):
    """What is done in turns, with the number of its advisory lock; the numbers stand for nothing."""

    INDEXING = 0x1316_0002
    SEALING = 0x1316_0003


@asynccontextmanager
async def turn(conninfo: str, work: Work) -> AsyncIterator[Connection | None]:
    """Yield a connection while no other server is at the work, without the time limits of requests; else None.

    The lock is tried and never waited for: who waits for one has a snapshot, and some work waits for every snapshot. It
    ends with the connection, whatever happens to this process. Raises RepositoryUnavailable.
    """
    connection = await connect(conninfo, statement_timeout_ms=0)
    try:
        await connection.execute(_SQL["limits"])
        row = await (await connection.execute(_SQL["turn"], (int(work),))).fetchone()
        yield connection if row and row[0] else None
    except psycopg.OperationalError as error:
        raise RepositoryUnavailable from error
    finally:
        connection.pgconn.finish()
