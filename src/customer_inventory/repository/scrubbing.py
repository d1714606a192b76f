"""Scrubbing: after an erasure the files of tables, indexes, statistics and the write-ahead log are rid of its remains.

So they are, after a rotation, of the secret half of the key that was replaced.

PostgreSQL marks a row as deleted and leaves its bytes until the space is used again, in the table, its indexes, its
statistics and its log. So tables that an erasure touched are written anew, whole; of an embedded engine the log is
turned over too. What an external server's log and archive hold is for its keeper to let age out.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg import sql

from customer_inventory.repository.connections import RepositoryUnavailable
from customer_inventory.repository.sql import statements

_SQL = statements("scrubbing.sql")
_LONGEST_LOG = 512
"""Most files of the log that are turned over: 8 GB."""
_PAUSES_S = (0.0, 0.5, 2.0, 5.0)
"""How long it is waited before each attempt at a table."""
_OWNERS_MAY_CLEAR = 180000
_DEAD = re.compile(r"(\d+)\b")
"""How many row versions are dead and stay: the detail of what VACUUM says begins with it, in any language."""

Connection = psycopg.AsyncConnection


class Scrubbed(NamedTuple):
    """What was cleaned: tables written anew, those that were in use and still are to be, and whether the log was."""

    tables: tuple[str, ...]
    left: tuple[str, ...]
    log: bool


async def scrub(conninfo: str, *, superuser: str | None, at: datetime) -> Scrubbed:
    """Write every table anew that an erasure before `at` touched; then, as `superuser`, turn the log over.

    A table that is in use, or whose former rows somebody's transaction can still see, is left for the next time. Raises
    RepositoryUnavailable.
    """
    done: list[str] = []
    left: list[str] = []
    try:
        async with await Connection.connect(conninfo, autocommit=True, connect_timeout=10) as connection:
            await connection.execute(_SQL["patience"])
            for (table,) in await (await connection.execute(_SQL["due"])).fetchall():
                await _forget_statistics(connection, superuser, table)
                statement = sql.SQL(_SQL["rewrite"]).format(table=sql.Identifier(table))
                (done if await _rewritten(connection, statement) else left).append(table)
            if done and not await _rewritten(connection, sql.SQL(_SQL["statistics"])):
                left, done = [*left, *done], []
            await connection.execute(_SQL["done"], (done, at))
        if superuser is not None and not left:
            await _turn_over(superuser)
    except psycopg.OperationalError as error:
        raise RepositoryUnavailable("The repository went away. Scrub again: what is due is known.") from error
    return Scrubbed(tuple(done), tuple(left), superuser is not None and not left)


async def _forget_statistics(connection: Connection, superuser: str | None, table: str) -> None:
    """Drop what the planner knows of a table, which is told anew at once; before PostgreSQL 18 as superuser alone."""
    rows = await (await connection.execute(_SQL["parts"], {"table": table})).fetchall()
    parts = [row[0] for row in rows]
    if connection.info.server_version >= _OWNERS_MAY_CLEAR:
        await connection.execute(_SQL["clear"], (parts,))
    elif superuser is not None:
        async with await Connection.connect(superuser, autocommit=True, connect_timeout=10) as privileged:
            await privileged.execute(_SQL["clear_as_superuser"], (parts,))


async def _rewritten(connection: Connection, statement: sql.SQL | sql.Composed) -> bool:
    """Write a table anew; return whether no dead row is in it any more."""
    told: list[int] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        if notice.message_detail and (number := _DEAD.match(notice.message_detail)):
            told.append(int(number[1]))

    connection.add_notice_handler(hear)
    try:
        for pause in _PAUSES_S:
            await asyncio.sleep(pause)
            told.clear()
            try:
                await connection.execute(statement)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                continue
            if told and not told[0]:
                return True
    finally:
        connection.remove_notice_handler(hear)
    return False


async def _turn_over(superuser: str) -> None:
    """Let nothing of the log remain that was written before: not behind the checkpoint, nor in files kept for reuse."""
    async with await Connection.connect(superuser, autocommit=True, connect_timeout=10) as connection:
        await connection.execute(_SQL["patience"])
        await connection.execute(_SQL["keep_none"])
        try:
            await connection.execute(_SQL["reload"])
            await connection.execute(_SQL["checkpoint"])
            row = await (await connection.execute(_SQL["segments"])).fetchone()
            for _ in range(min(row[0] if row else 0, _LONGEST_LOG) + 1):
                await connection.execute(_SQL["fill"])
            for _ in range(2):
                await connection.execute(_SQL["checkpoint"])
        finally:
            await connection.execute(_SQL["keep_again"])
            await connection.execute(_SQL["reload"])
