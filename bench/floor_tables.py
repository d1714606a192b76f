"""The floor's tables: shaped like the inventory's, in a schema of their own, for bare inserts and bare COPY."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection, sql

_OPTIONS = """
select c.reloptions from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relname = %s
"""


async def make_table(connection: AsyncConnection[Any], kind: str, *, indexes: bool) -> None:
    """Make the table bench.KIND empty and anew: the same columns, storage and options, all its indexes or none."""
    row = await (await connection.execute(_OPTIONS, (kind,))).fetchone()
    options = row[0] if row else None
    name = sql.Identifier("bench", kind)
    await connection.execute("create schema if not exists bench")
    await connection.execute(sql.SQL("drop table if exists {}").format(name))
    including = sql.SQL("including storage including indexes" if indexes else "including storage")
    shape = sql.SQL("create table {} (like {} {})").format(name, sql.Identifier("public", kind), including)
    await connection.execute(shape + sql.SQL(f" with ({', '.join(options)})") if options else shape)


async def add_primary_key(connection: AsyncConnection[Any], kind: str) -> None:
    """Give bench.KIND the primary key of a kind, and no other index."""
    await connection.execute(
        sql.SQL("alter table {} add primary key (bucket, id)").format(sql.Identifier("bench", kind))
    )
