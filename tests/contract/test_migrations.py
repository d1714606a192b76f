"""A fresh inventory and a migrated one have the same schema."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from customer_inventory.repository import migrate
from customer_inventory.repository.migrate import SchemaNewer, current_revision, revisions, upgrade_from_nothing
from tests.conftest import RunningEngine

_CATALOGUE = {
    "columns": """
        select c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstorage,
            pg_get_expr(d.adbin, d.adrelid)
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'""",
    "tables": """
        select relname, relkind, relpersistence, reloptions from pg_class
        where relnamespace = 'public'::regnamespace""",
    "indexes": "select indexdef from pg_indexes where schemaname = 'public'",
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
        where connamespace = 'public'::regnamespace""",
    "functions": """
        select p.oid::regprocedure::text, pg_get_functiondef(p.oid) from pg_proc p
        left join pg_depend d on d.objid = p.oid and d.deptype = 'e'
        where p.pronamespace = 'public'::regnamespace and d.objid is null""",
    "extensions": "select extname from pg_extension",
}


async def _catalogue(conninfo: str) -> dict[str, set[tuple[object, ...]]]:
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        return {
            name: {tuple(map(str, row)) for row in await (await connection.execute(query)).fetchall()}
            for name, query in _CATALOGUE.items()
        }


async def test_the_migrations_lead_to_the_fresh_schema(engine: RunningEngine, database: str) -> None:
    async with engine.database(template="template0") as migrated:
        await asyncio.to_thread(upgrade_from_nothing, migrated)
        assert await current_revision(migrated) == await current_revision(database) == revisions()[-1]
        fresh, led = await _catalogue(database), await _catalogue(migrated)
    for part, rows in fresh.items():
        assert led[part] == rows, part
    assert len(fresh["columns"]) > 100


async def test_a_second_start_changes_nothing(database: str) -> None:
    assert await migrate(database) is None


async def test_servers_that_start_together_make_one_schema(empty_database: str) -> None:
    done = await asyncio.gather(*(migrate(empty_database) for _ in range(4)))
    assert sorted(map(str, done)) == sorted([revisions()[-1], "None", "None", "None"])


async def test_a_newer_inventory_is_refused(database: str) -> None:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(SchemaNewer):
        await migrate(database)


async def test_every_key_of_records_and_journal_contains_the_bucket(database: str) -> None:
    """DESIGN 3, made to distribute. The register's tables without a bucket are small: reference tables."""
    register = {
        "client",
        "client_grant",
        "person",
        "session",
        "signing_key",
        "import_run",
        "subscription",
        "delivery",
        "feed_origin",
        "alembic_version",
    }
    async with await psycopg.AsyncConnection.connect(database) as connection:
        rows = await (
            await connection.execute(
                """select c.relname, i.relname, array_agg(a.attname::text) from pg_index x
                join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
                join pg_attribute a on a.attrelid = c.oid and a.attnum = any(x.indkey)
                where x.indisunique and c.relnamespace = 'public'::regnamespace group by 1, 2"""
            )
        ).fetchall()
    without = {table for table, _, columns in rows if "bucket" not in columns}
    assert without == register
    assert {"customer", "customer_history", "change", "change_record", "trail", "link", "idempotency"} <= {
        table for table, _, columns in rows if "bucket" in columns
    }
