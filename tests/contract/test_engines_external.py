"""Engines that someone else runs, and the parts that engines stand on: binaries, copies of them, tools, the log."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from customer_inventory.errors import Failure
from customer_inventory.repository.engines import (
    EmbeddedEngine,
    ExternalEngine,
    placing,
    run_tool,
    tools_version,
    tuning,
)
from customer_inventory.repository.engines import binaries as found
from customer_inventory.repository.engines.binaries import Binaries, NoBinaries, WrongMajor
from customer_inventory.repository.engines.directory import DataDirectory, Lock, NoEngineUser
from customer_inventory.repository.engines.external import InvalidDsn, ServerUnfit, ServerUnreachable
from customer_inventory.repository.engines.postmaster import LOG_BYTES, trim_log
from customer_inventory.repository.engines.programs import SecretOnCommandLine, ToolFailed

ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[str]:
    """A PostgreSQL that, for these tests, someone else runs: the connection string of its superuser."""
    home = Path(tempfile.mkdtemp(prefix="external-"))
    try:
        async with EmbeddedEngine(home / "data").serving() as conninfo:
            host = conninfo_to_dict(conninfo)["host"]
            passfile = str(home / "data" / "superuser")
            yield make_conninfo("", host=host, user="postgres", dbname="postgres", passfile=passfile)
    finally:
        shutil.rmtree(home)


async def run(conninfo: str, *statements: str) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        for statement in statements:
            await connection.execute(statement)


async def refusal(dsn: str) -> str:
    with pytest.raises(ServerUnfit) as refused:
        async with ExternalEngine(dsn).serving():
            pass
    return refused.value.message


# ------------------------------------------------------------------ a server that someone else runs


async def test_a_fit_server_is_used_as_it_is(server: str) -> None:
    engine = ExternalEngine(server)
    for mode in (engine.serving, engine.attached):
        async with mode() as conninfo:
            assert conninfo == server


async def test_the_tools_fit_the_server_even_when_asked_for_first(server: str) -> None:
    with psycopg.connect(server) as connection:
        major = connection.info.server_version // 10000
    assert tools_version(ExternalEngine(server).tools()) >= major


async def test_a_server_that_is_not_there_is_explained() -> None:
    engine = ExternalEngine("host=/nowhere dbname=x user=x")
    with pytest.raises(ServerUnreachable, match="/nowhere") as refused:
        async with engine.attached():
            pass
    assert refused.value.failure is Failure.UNAVAILABLE
    with pytest.raises(ServerUnreachable):
        engine.tools()


async def test_a_connection_string_that_is_none_is_explained() -> None:
    with pytest.raises(InvalidDsn):
        async with ExternalEngine("no such option=1").serving():
            pass


async def test_a_database_in_another_encoding_is_refused(server: str) -> None:
    await run(server, "create database latin encoding 'LATIN1' locale 'C' locale_provider libc template template0")
    assert "UTF8" in await refusal(make_conninfo(server, dbname="latin"))


async def test_a_role_that_may_not_create_is_refused_until_it_may(server: str) -> None:
    await run(server, "create role weak login password 'weak'", "create database strange")
    dsn = make_conninfo(server, user="weak", password="weak", dbname="strange")
    told = await refusal(dsn)
    assert "GRANT CREATE ON DATABASE strange" in told
    assert "CREATE EXTENSION pg_trgm" in told
    await run(server, "grant create on database strange to weak")
    async with ExternalEngine(dsn).serving():
        pass


async def test_a_read_only_server_is_refused(server: str) -> None:
    assert "read-only" in await refusal(make_conninfo(server, options="-c default_transaction_read_only=on"))


# ------------------------------------------------------------------ binaries


def build(place: Path, version: str) -> Path:
    """Programs that only tell a version, as an installed PostgreSQL would."""
    place.mkdir(parents=True)
    for program in found.SERVER:
        (place / program).write_text(f"#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n")
        (place / program).chmod(0o755)
    return place


def test_without_data_the_setting_decides_and_must_be_new_enough(tmp_path: Path) -> None:
    place = build(tmp_path / "new" / "bin", "17.2")
    chosen = found.choose(setting=place.parent, recorded=None, copies=tmp_path, major=None)
    assert chosen == Binaries(bin=place, version="17.2", major=17)
    with pytest.raises(WrongMajor, match="15 or newer"):
        found.choose(setting=build(tmp_path / "old" / "bin", "14.9"), recorded=None, copies=tmp_path, major=None)
    with pytest.raises(NoBinaries, match="nothing-here"):
        found.choose(setting=tmp_path / "nothing-here", recorded=None, copies=tmp_path, major=None)


def test_those_that_made_the_data_come_before_all_others(tmp_path: Path) -> None:
    recorded = build(tmp_path / "recorded", "16.1")
    assert found.choose(setting=None, recorded=recorded, copies=tmp_path, major=16).bin == recorded


def test_a_copy_of_the_right_major_serves_when_those_that_made_the_data_are_gone(tmp_path: Path) -> None:
    copies = [build(tmp_path / f"postgresql-{version}-hash/a/b/bin", version) for version in ("16.9", "16.10")]
    chosen = found.choose(setting=None, recorded=tmp_path / "gone", copies=tmp_path, major=16)
    assert chosen.bin == copies[1], "the newest minor version"


def test_no_binaries_of_the_datas_major_is_explained(tmp_path: Path) -> None:
    with pytest.raises(WrongMajor, match="made by PostgreSQL 99"):
        found.choose(setting=None, recorded=None, copies=tmp_path, major=99)


def test_programs_that_do_not_run_are_no_candidates(tmp_path: Path) -> None:
    broken = build(tmp_path / "broken", "16.1")
    (broken / "postgres").write_text("#!/no/such/interpreter\n")
    assert found.read(broken) is None
    with pytest.raises(NoBinaries):
        tools_version(tmp_path)


# ------------------------------------------------------------------ copies


@pytest.mark.skipif(not ROOT, reason="copies are made by root only")
def test_a_copy_runs_from_where_it_lies_and_is_repaired_when_damaged(tmp_path: Path) -> None:
    wheel = found.wheel()
    assert wheel is not None
    original = found.read(wheel)
    assert original is not None
    place = tmp_path / "place"
    copy = placing.put(original, place=place)
    assert found.read(copy) == Binaries(bin=copy, version=original.version, major=original.major)
    assert all(path.stat().st_mode & 0o022 == 0 and path.stat().st_mode & 0o044 for path in place.rglob("*"))
    before = (copy / "postgres").stat().st_ino
    assert placing.put(original, place=place) == copy
    assert (copy / "postgres").stat().st_ino == before, "a whole copy is left alone"
    (copy / "postgres").write_bytes(b"half")
    (copy.parent / "share" / "postgres.bki").unlink()
    assert placing.put(original, place=place) == copy
    assert found.read(copy) is not None
    assert (copy.parent / "share" / "postgres.bki").exists()
    assert len(list(place.iterdir())) == 1, "nothing half-made or damaged stays"


@pytest.mark.skipif(not ROOT, reason="copies are made by root only")
def test_a_place_that_others_can_write_to_is_not_trusted(tmp_path: Path) -> None:
    wheel = found.wheel()
    assert wheel is not None
    original = found.read(wheel)
    assert original is not None
    tmp_path.chmod(0o777)
    with pytest.raises(placing.NoPlace):
        placing.put(original, place=tmp_path)


# ------------------------------------------------------------------ tools, users, locks, log


async def test_a_tool_gets_its_password_unseen(server: str, tmp_path: Path) -> None:
    await run(server, "create role tooled login password 'swordfish'")
    seen = tmp_path / "seen"
    tool = tmp_path / "tool"
    tool.write_text(f'#!/bin/sh\necho "$@" > {seen}\ntest "$PGPASSWORD" = swordfish\n')
    tool.chmod(0o755)
    await run_tool([str(tool)], conninfo=make_conninfo(server, user="tooled", password="swordfish"))
    assert "swordfish" not in seen.read_text()
    assert "user=tooled" in seen.read_text()
    with pytest.raises(SecretOnCommandLine):
        await run_tool([str(tool)], conninfo=make_conninfo(server, sslpassword="swordfish"))


async def test_a_tool_that_fails_says_why_without_values(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    complaint = 'tool: error: COPY failed for table "t": ERROR:  invalid input syntax for type integer: "Margarete"'
    tool.write_text(f"#!/bin/sh\necho '{complaint}' >&2\necho 'DETAIL: Key (Margarete)' >&2\nexit 1\n")
    tool.chmod(0o755)
    with pytest.raises(ToolFailed, match=r'table "t".*invalid input syntax') as failure:
        await run_tool([str(tool)], conninfo="host=/nowhere")
    assert "Margarete" not in failure.value.message


@pytest.mark.skipif(not ROOT, reason="only root runs the engine as someone else")
def test_a_user_that_does_not_exist_is_explained(tmp_path: Path) -> None:
    with pytest.raises(NoEngineUser, match="no-such-user"):
        DataDirectory(tmp_path).engine_user("no-such-user")


def test_a_lock_is_held_by_one_or_shared_by_many(tmp_path: Path) -> None:
    one, other = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert one.shared()
    assert other.shared()
    assert not one.exclusive()
    other.release()
    assert one.exclusive()
    assert not other.shared()
    one.release()


def test_a_large_log_is_moved_aside_and_its_writers_go_on(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * (LOG_BYTES + 10) + b"last")
        trim_log(log)
        assert log.stat().st_size == 0
        writer.write(b"next")
    assert log.read_bytes() == b"next"
    aside = tmp_path / "postgres.log.1"
    assert aside.stat().st_size == LOG_BYTES
    assert aside.read_bytes().endswith(b"last")
    trim_log(log)
    assert log.read_bytes() == b"next", "a small log stays"


def test_the_settings_fit_the_machine_and_give_their_reasons() -> None:
    small = tuning.render(memory_bytes=512 * tuning.MIB, shared_memory_bytes=64 * tuning.MIB, local=False)
    large = tuning.render(memory_bytes=64 * 1024 * tuning.MIB, shared_memory_bytes=1024 * tuning.MIB, local=True)
    assert "shared_buffers = '128MB'" in small
    assert "dynamic_shared_memory_type = 'mmap'" in small
    assert "local.conf'" not in small
    assert "shared_buffers = '1024MB'" in large
    assert "dynamic_shared_memory_type = 'posix'" in large
    assert "include = 'local.conf'" in large
    assert all(setting.why for setting in tuning.GUARDS)
