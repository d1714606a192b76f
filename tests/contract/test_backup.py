"""A backup is worth what its restore is: every promise here is tried by restoring into an empty place."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from customer_inventory.repository.backup import (
    BackupDamaged,
    BackupRefused,
    RestoreFailed,
    RestoreRefused,
    backup,
    check,
    restore,
    verify,
)
from customer_inventory.repository.engines import EmbeddedEngine, ExternalEngine
from customer_inventory.repository.engines import binaries as found
from customer_inventory.repository.engines.programs import ToolFailed

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
SCHEMA = """
create extension pg_trgm;
create table alembic_version (version_num text primary key);
insert into alembic_version values ('0007');
create schema journal;
create table person (bucket smallint, id uuid, doc jsonb, name text, primary key (bucket, id));
create index on person using gin (name gin_trgm_ops);
create table journal.change (id bigint generated always as identity primary key, at timestamptz not null, note text);
create function shout(value text) returns text language sql immutable return upper(value);
create index on person (shout(name));
create view loud as select shout(name) from person;
create table half (n int) partition by range (n);
create table half_low partition of half for values from (0) to (50);
create table half_high partition of half for values from (50) to (100);
"""
FILL = """
insert into person select n % 4096, gen_random_uuid(), jsonb_build_object('n', n, 'é', '山\\u0001\\\\'), 'Name ' || n
from generate_series(1, 2000) n;
insert into journal.change (at, note)
select now() + n * interval '1 s', case when n % 3 > 0 then E'a\\tb\\n\\\\.' end from generate_series(1, 300) n;
insert into half select generate_series(0, 99);
"""
ROWS = {
    "journal.change": 300,
    "public.alembic_version": 1,
    "public.half_high": 50,
    "public.half_low": 50,
    "public.person": 2000,
}


def clock() -> datetime:
    return NOON


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="backup-"))
    yield home
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def engine(home: Path) -> EmbeddedEngine:
    return EmbeddedEngine(home / "full")


@pytest.fixture(scope="module")
async def full(engine: EmbeddedEngine) -> AsyncIterator[str]:
    """A running inventory with rows in it."""
    async with engine.serving() as conninfo:
        await execute(conninfo, SCHEMA, FILL)
        yield conninfo


@pytest.fixture
async def saved(engine: EmbeddedEngine, full: str, tmp_path: Path) -> Path:
    """A backup of it."""
    await backup(engine=engine, conninfo=full, directory=tmp_path / "saved", clock=clock)
    return tmp_path / "saved"


@pytest.fixture(scope="module")
async def spare(home: Path) -> AsyncIterator[tuple[EmbeddedEngine, str]]:
    """Another engine, to restore into."""
    engine = EmbeddedEngine(home / "spare")
    async with engine.serving() as conninfo:
        yield engine, conninfo


@pytest.fixture
async def empty(spare: tuple[EmbeddedEngine, str], home: Path) -> AsyncIterator[str]:
    """An empty database in the spare engine."""
    maintenance = superuser_of(make_conninfo(spare[1], dbname="postgres"), home / "spare")
    await execute(maintenance, "create database trial owner customer_inventory")
    yield make_conninfo(spare[1], dbname="trial")
    await execute(maintenance, "drop database trial with (force)")


def superuser_of(conninfo: str, data: Path) -> str:
    return make_conninfo(conninfo, user="postgres", passfile=str(data / "superuser"))


async def execute(conninfo: str, *statements: str) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        for statement in statements:
            await connection.execute(statement)


async def contents(conninfo: str) -> dict[str, list[str]]:
    """Every row of every table as text, and what else the schema holds."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        answer = {}
        for table in ROWS:
            cursor = await connection.execute(f"select t::text from only {table} t order by 1")
            answer[table] = [row[0] for row in await cursor.fetchall()]
        for name, query in {
            "indexes": "select indexdef from pg_indexes where schemaname in ('public', 'journal') order by 1",
            "columns": """select concat_ws(' ', table_schema, table_name, column_name, data_type, is_identity)
                          from information_schema.columns where table_schema in ('public', 'journal') order by 1""",
            "next": "select last_value::text from journal.change_id_seq",
            "view": "select count(*)::text from loud",
        }.items():
            answer[name] = [row[0] for row in await (await connection.execute(query)).fetchall()]
        await connection.rollback()
        return answer


async def tables(conninfo: str) -> int:
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        row = await (
            await connection.execute(
                "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                "where c.relkind in ('r', 'p', 'v') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
            )
        ).fetchone()
    assert row is not None
    return int(row[0])


# ------------------------------------------------------------------ a backup


async def test_a_backup_says_what_it_holds(engine: EmbeddedEngine, full: str, tmp_path: Path) -> None:
    report = await backup(engine=engine, conninfo=full, directory=tmp_path / "new" / "saved", clock=clock)
    assert report.rows == ROWS
    assert report.schema_revision == "0007"
    assert report.made_at == NOON
    manifest = json.loads((tmp_path / "new" / "saved" / "manifest.json").read_text())
    assert manifest["rows"] == ROWS
    on_disk = {
        str(path.relative_to(tmp_path / "new" / "saved")) for path in (tmp_path / "new" / "saved").rglob("dump/*")
    }
    assert manifest["files"].keys() == on_disk
    assert report.size == sum(path.stat().st_size for path in (tmp_path / "new" / "saved" / "dump").iterdir())


async def test_a_backup_is_for_its_owner_alone_and_nothing_else_is_left(saved: Path, tmp_path: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in [saved, saved / "dump"]} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in saved.rglob("*") if path.is_file()} == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


async def test_a_backup_holds_one_moment_while_writing_goes_on(
    engine: EmbeddedEngine, home: Path, tmp_path: Path, spare: tuple[EmbeddedEngine, str], empty: str
) -> None:
    """Two tables get a row each in one transaction, over and over: any one moment has the same number in both."""
    busy = EmbeddedEngine(home / "busy")
    async with busy.serving() as conninfo:
        await execute(conninfo, "create table a (n bigint); create table b (n bigint, filler text)")
        await execute(conninfo, "insert into b select -n, repeat('x', 500) from generate_series(1, 20000) n")
        stop = asyncio.Event()

        async def write() -> None:
            async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
                while not stop.is_set():
                    await connection.execute(
                        "with x as (insert into a values (1) returning n) insert into b select n from x"
                    )

        writing = asyncio.create_task(write())
        before = await backup(engine=busy, conninfo=conninfo, directory=tmp_path / "first", clock=clock)
        report = await backup(engine=busy, conninfo=conninfo, directory=tmp_path / "second", clock=clock)
        stop.set()
        await writing
    assert report.rows["public.b"] - report.rows["public.a"] == 20000
    assert report.rows["public.a"] > before.rows["public.a"], "writing went on"
    await restore(engine=spare[0], conninfo=empty, directory=tmp_path / "second", clock=clock)


async def test_a_directory_with_something_in_it_is_refused_and_kept(
    engine: EmbeddedEngine, full: str, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("mine")
    for directory in (tmp_path, tmp_path / "kept"):
        with pytest.raises(BackupRefused, match="not empty"):
            await backup(engine=engine, conninfo=full, directory=directory, clock=clock)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


async def test_an_empty_directory_is_taken(engine: EmbeddedEngine, full: str, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    await backup(engine=engine, conninfo=full, directory=tmp_path / "saved", clock=clock)
    assert check(tmp_path / "saved").rows == ROWS


async def test_a_backup_that_fails_leaves_nothing(
    engine: EmbeddedEngine, full: str, home: Path, tmp_path: Path
) -> None:
    superuser = superuser_of(full, home / "full")
    await execute(superuser, "create table not_ours ()")
    try:
        with pytest.raises(ToolFailed, match=r"pg_dump.*permission denied.*not_ours"):
            await backup(engine=engine, conninfo=full, directory=tmp_path / "saved", clock=clock)
    finally:
        await execute(superuser, "drop table not_ours")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ a restore


async def test_a_restore_brings_back_every_row_and_the_whole_schema(
    full: str, saved: Path, spare: tuple[EmbeddedEngine, str], empty: str
) -> None:
    report = await restore(engine=spare[0], conninfo=empty, directory=saved, clock=clock)
    assert report.rows == ROWS
    assert await contents(empty) == await contents(full)


async def test_a_restored_database_can_be_saved_and_restored_again(
    full: str, saved: Path, spare: tuple[EmbeddedEngine, str], empty: str, tmp_path: Path
) -> None:
    await restore(engine=spare[0], conninfo=empty, directory=saved, clock=clock)
    await backup(engine=spare[0], conninfo=empty, directory=tmp_path / "again", clock=clock)
    await execute(empty, "truncate person, journal.change, half")
    report = await restore(engine=spare[0], conninfo=empty, directory=tmp_path / "again", clock=clock)
    assert report.rows == ROWS
    assert (await contents(empty))["public.person"] == (await contents(full))["public.person"]


async def test_a_database_with_data_is_refused_and_kept(
    saved: Path, spare: tuple[EmbeddedEngine, str], empty: str
) -> None:
    await execute(empty, "create table person (name text)", "insert into person values ('kept')")
    with pytest.raises(RestoreRefused, match=r"public\.person.*--data") as refusal:
        await restore(engine=spare[0], conninfo=empty, directory=saved, clock=clock)
    assert "kept" not in refusal.value.message
    async with await psycopg.AsyncConnection.connect(empty) as connection:
        assert await (await connection.execute("select name from person")).fetchall() == [("kept",)]


async def test_a_schema_without_data_makes_way(saved: Path, spare: tuple[EmbeddedEngine, str], empty: str) -> None:
    await execute(empty, "create extension pg_trgm", "create table person (other int)", "create schema journal")
    await execute(empty, "create table alembic_version (v text)", "insert into alembic_version values ('0009')")
    await execute(empty, "create table seeds (v text)", "insert into seeds values ('ours')")
    with pytest.raises(RestoreRefused, match="seeds"):
        await restore(engine=spare[0], conninfo=empty, directory=saved, clock=clock)
    aside = ("alembic_version", "seeds")
    report = await restore(engine=spare[0], conninfo=empty, directory=saved, clock=clock, aside=aside)
    assert report.rows == ROWS


async def test_a_restore_moves_feed_positions_on_when_the_schema_knows_how(
    engine: EmbeddedEngine, full: str, spare: tuple[EmbeddedEngine, str], empty: str, tmp_path: Path
) -> None:
    rebase = "create function repository_rebase_positions() returns void begin atomic insert into half values (1); end"
    await execute(full, rebase)
    try:
        await backup(engine=engine, conninfo=full, directory=tmp_path / "saved", clock=clock)
    finally:
        await execute(full, "drop function repository_rebase_positions()")
    await restore(engine=spare[0], conninfo=empty, directory=tmp_path / "saved", clock=clock)
    async with await psycopg.AsyncConnection.connect(empty) as connection:
        row = await (await connection.execute("select count(*) from half")).fetchone()
    assert row == (101,)


def alter(path: Path) -> None:
    altered = bytearray(path.read_bytes())
    altered[len(altered) // 2] ^= 1
    path.write_bytes(altered)


@pytest.mark.parametrize("harm", ["alter", "remove", "add", "manifest", "form", "none"])
async def test_a_damaged_backup_is_refused_before_anything_is_touched(
    harm: str, saved: Path, spare: tuple[EmbeddedEngine, str], empty: str
) -> None:
    victim = max((saved / "dump").iterdir(), key=lambda path: path.stat().st_size)
    manifest = saved / "manifest.json"
    match harm:
        case "alter":
            alter(victim)
        case "remove":
            victim.unlink()
        case "add":
            (saved / "dump" / "more.dat").write_bytes(b"")
        case "manifest":
            manifest.write_bytes(manifest.read_bytes()[:-10])
        case "form":
            manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
        case "none":
            manifest.unlink()
    await execute(empty, "create table still_here ()")
    with pytest.raises(BackupDamaged) as refusal:
        await restore(engine=spare[0], conninfo=empty, directory=saved, clock=clock)
    assert harm not in ("alter", "remove") or victim.name in refusal.value.message
    assert await tables(empty) == 1


def rewrite(saved: Path, **changes: object) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    (saved / "manifest.json").write_text(json.dumps({**manifest, **changes}))


async def test_other_numbers_of_rows_leave_the_database_empty(
    saved: Path, spare: tuple[EmbeddedEngine, str], empty: str
) -> None:
    rewrite(saved, rows={**ROWS, "public.person": 2001})
    with pytest.raises(RestoreFailed, match=r"public\.person: saved 2001, found 2000"):
        await restore(engine=spare[0], conninfo=empty, directory=saved, clock=clock)
    assert await tables(empty) == 0


async def test_a_restore_that_breaks_off_leaves_the_database_empty(
    saved: Path, spare: tuple[EmbeddedEngine, str], empty: str
) -> None:
    """The last file is broken and the manifest says that it should be so: pg_restore finds out in the midst."""
    victim = max((saved / "dump").glob("*.dat.gz"), key=lambda path: path.stat().st_size)
    alter(victim)
    files = json.loads((saved / "manifest.json").read_text())["files"]
    files[f"dump/{victim.name}"]["sha256"] = hashlib.sha256(victim.read_bytes()).hexdigest()
    rewrite(saved, files=files)
    await execute(empty, "create table person ()")
    with pytest.raises(RestoreFailed, match=r"left empty.*pg_restore failed"):
        await restore(engine=spare[0], conninfo=empty, directory=saved, clock=clock)
    assert await tables(empty) == 0


async def test_a_backup_of_a_newer_version_is_explained(
    saved: Path, spare: tuple[EmbeddedEngine, str], empty: str
) -> None:
    rewrite(saved, server_major=99)
    with pytest.raises(RestoreRefused, match="PostgreSQL 99 or newer"):
        await restore(engine=spare[0], conninfo=empty, directory=saved, clock=clock)


async def test_a_backup_of_an_older_version_is_restored_by_a_newer_one(home: Path, tmp_path: Path) -> None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not places or found.wheel() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have two versions of PostgreSQL")
        pytest.skip("needs two versions of PostgreSQL")
    old = EmbeddedEngine(home / "old", binaries=places[0].parent)
    async with old.serving() as conninfo:
        await execute(conninfo, SCHEMA, FILL)
        before = await contents(conninfo)
        await backup(engine=old, conninfo=conninfo, directory=tmp_path / "saved", clock=clock)
    new = EmbeddedEngine(home / "new", binaries=found.wheel())
    async with new.attached() as conninfo:
        await restore(engine=new, conninfo=conninfo, directory=tmp_path / "saved", clock=clock)
        assert await contents(conninfo) == before


# ------------------------------------------------------------------ a proof


async def test_verify_proves_a_backup_by_restoring_it_elsewhere_and_removes_the_trial(
    engine: EmbeddedEngine, full: str, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    for of in (engine, ExternalEngine(full)):
        report = await verify(engine=of, directory=saved, clock=clock)
        assert report.rows == ROWS
        assert "restored into an empty engine" in report.proven
        assert list(scratch.iterdir()) == []


async def test_verify_finds_what_only_a_restore_can_find(engine: EmbeddedEngine, saved: Path) -> None:
    rewrite(saved, rows={**ROWS, "public.person": 1999})
    with pytest.raises(RestoreFailed):
        await verify(engine=engine, directory=saved, clock=clock)
    alter(max((saved / "dump").iterdir(), key=lambda path: path.stat().st_size))
    with pytest.raises(BackupDamaged):
        await verify(engine=engine, directory=saved, clock=clock)
