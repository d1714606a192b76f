"""A fresh inventory and a migrated one have the same schema."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from uuid import uuid4

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
        select p.oid::regprocedure::text, case p.prokind
            when 'a' then (select to_jsonb(a) - 'aggfnoid' from pg_aggregate a where a.aggfnoid = p.oid)::text
            else pg_get_functiondef(p.oid) end
        from pg_proc p left join pg_depend d on d.objid = p.oid and d.deptype = 'e'
        where p.pronamespace = 'public'::regnamespace and d.objid is null""",
    "triggers": "select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
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


_FIRST_VERSION_WRITES = """
    select {name}(
        {place}, '{{"@type": "Organization", "name": "{text}"}}'::jsonb, '{{}}', '{text}', {relink}
        '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', gen_random_uuid(), '2026-01-0{day}T00:00:00Z', 'c', null, 'p',
        null, null, 'r', null, null, null, gen_random_uuid())"""


def _first_version_call(number: int, day: int, expected: int | None, text: str | None) -> str:
    """How a server of the first version writes: it creates, or replaces version `expected`, by nothing to delete it."""
    identifier = f"'019a0000-0000-8001-8000-{number:012d}'::uuid"
    place = f"1::smallint, {identifier}" + (f", {expected}" if expected else "")
    call = _FIRST_VERSION_WRITES.format(
        name="organization_replace" if expected else "organization_create",
        place=place,
        text=text,
        relink="false," if expected else "",
        day=day,
    )
    return call if text else call.replace('\'{"@type": "Organization", "name": "None"}\'', "null")


async def test_what_the_first_version_deleted_can_be_restored(empty_database: str) -> None:
    await asyncio.to_thread(upgrade_from_nothing, empty_database, to="0001")
    async with await psycopg.AsyncConnection.connect(empty_database, autocommit=True) as connection:
        for number in (1, 2):
            await connection.execute(_first_version_call(number, 1, None, "first"))
            await connection.execute(_first_version_call(number, 2, 1, "second"))
        await connection.execute(_first_version_call(2, 3, 2, None))
        await asyncio.to_thread(upgrade_from_nothing, empty_database)
        query = "select id::text, kind, version, deleted_at::date::text, position > 0 from deleted_record"
        rows = await (await connection.execute(query)).fetchall()
        assert rows == [("019a0000-0000-8001-8000-000000000002", "organization", 3, "2026-01-03", True)]
        # A server of the first version that is still running goes on, and what it deletes is registered.
        await connection.execute(_first_version_call(1, 4, 2, "third"))
        await connection.execute(_first_version_call(1, 5, 3, None))
        rows = await (await connection.execute("select version from deleted_record order by version")).fetchall()
        assert rows == [(3,), (4,)]


async def test_events_that_came_before_they_were_judged_have_no_status(empty_database: str) -> None:
    await asyncio.to_thread(upgrade_from_nothing, empty_database, to="0013")
    async with await psycopg.AsyncConnection.connect(empty_database, autocommit=True) as connection:
        await connection.execute("""
            insert into received_event (bucket, source, event_id, id, api, api_version, event_type, received_at, body)
            values (1, 'c', 'e', gen_random_uuid(), 'TMF632', 'v5', 'IndividualCreateEvent', '2026-01-01T00:00Z', '{}')
            """)
        await asyncio.to_thread(upgrade_from_nothing, empty_database)
        rows = await (await connection.execute("select status, breaches from received_event")).fetchall()
    assert rows == [(None, [])]


async def test_what_was_sealed_under_a_tree_of_salts_keeps_them(empty_database: str) -> None:
    """An entry with a seed, one of whose ids the third was erased, one that is not sealed yet."""

    def below(node: bytes, side: int) -> bytes:
        return sha256(node + bytes([side])).digest()[:16]

    await asyncio.to_thread(upgrade_from_nothing, empty_database, to="0022")
    seed, ids, nobody = bytes(range(16)), [uuid4().hex for _ in range(5)], "0" * 32
    left, right = below(seed, 0), below(seed, 1)
    salts = [below(below(node, upper), lower) for node in (left, right) for upper in (0, 1) for lower in (0, 1)]
    gone = sha256(salts[2] + bytes.fromhex(ids[2])).digest()
    branches = [below(left, 0), salts[3], right]
    rows = [
        (ids, seed.hex(), None, 1),
        ([*ids[:2], nobody, *ids[3:]], None, gone + b"".join(branches), 1),
        (ids, seed.hex(), None, 7),
    ]
    async with await psycopg.AsyncConnection.connect(empty_database, autocommit=True) as connection:
        for number, row in enumerate(rows):
            await connection.execute(
                """insert into trail (bucket, id, at, client_id, purpose, verb, kind, outcome, request_id,
                    record_ids, seed, remains, position)
                select bucket_of(id), id, now(), 'c', 'p', 'read', 'k', 'shown', 'r', %s::uuid[], %s::uuid, %s, %s
                from (values (%s::uuid)) as t(id)""",
                (*row, f"0000000000000000000000000000000{number + 1}"),
            )
        await connection.execute("insert into seal values (1, 5, 's', now())")
        await asyncio.to_thread(upgrade_from_nothing, empty_database)
        found = await (await connection.execute("select uuid_send(seed), remains from trail order by id")).fetchall()
    assert found == [
        (None, b"".join(salts[:5])),
        (None, gone + b"".join(salts[at] for at in (0, 1, 3, 4))),
        (seed, None),
    ]


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
        "client_policy",
        "client_use",
        "client_credential",
        "download",
        "download_part",
        "privacy_request",
        "privacy_request_event",
        "restriction",
        "pseudonym_key",
        "registration",
        "person_identity",
        "registration_alarm",
        "registration_decision",
        "used_assertion",
        "revoked_token",
        "person",
        "session",
        "second_factor",
        "recovery_code",
        "arrival",
        "access_review",
        "signing_key",
        "import_run",
        "subscription",
        "delivery",
        "requirement_version",
        "catalogue_stamp",
        "seal",
        "seal_key",
        "topic",
        "erasure",
        "erasure_record",
        "legal_hold",
        "scrub_due",
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


async def test_words_of_sql_in_indexes_need_no_search_path(database: str) -> None:
    """PostgreSQL 17 builds, analyses and vacuums indexes with `pg_catalog` alone in the search path."""
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        used = await connection.execute("""
            select distinct p.proname from pg_depend d join pg_proc p on p.oid = d.refobjid
            join pg_index i on i.indexrelid = d.objid
            where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_proc'::regclass
                and p.pronamespace = 'public'::regnamespace""")
        assert {row[0] for row in await used.fetchall()} <= {"instant", "instant_or_null", "as_number"}
        await connection.execute("set search_path = pg_catalog")
        for text in ("2026-01-02", "2026-01-02T00:00:00Z", "2026-01-02T01:00:00+01:00", "2026-01-02T00:00:00.5-23:59"):
            told = await connection.execute("select public.instant(%s), public.instant_or_null(%s)", (text, text))
            row = await told.fetchone()
            assert row is not None
            assert row[0] == row[1]
        assert await (await connection.execute("select public.as_number('7')::text")).fetchone() == ("7",)
