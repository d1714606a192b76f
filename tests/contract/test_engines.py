"""The contract of an embedded engine: how it starts, who may use it, and how it comes back from death.

Every test runs on the binaries of the wheel and on those of an installed PostgreSQL. Servers are real, kills are -9.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from customer_inventory.errors import Failure
from customer_inventory.repository.engines import EmbeddedEngine, programs, tools_version
from customer_inventory.repository.engines.directory import DataDirectory
from customer_inventory.repository.engines.embedded import DirectoryInUse
from customer_inventory.repository.engines.postmaster import CHECKPOINT_BEGINS_S, EngineLingers, alive
from tests.contract.embedded import (
    another,
    ask,
    ask_patiently,
    build,
    dead,
    line,
    open_home,
    postmaster_pid,
)


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


async def test_a_server_that_someone_else_started_on_the_data_is_not_swept_away(
    engine: EmbeddedEngine, data: Path, binaries: Path
) -> None:
    async with engine.serving():
        pass
    user = DataDirectory(data).engine_user(None)
    words = [
        str(binaries / "postgres"),
        "-D",
        "{data}",
        "-c",
        "listen_addresses=",
        "-c",
        "unix_socket_directories={socket}",
    ]
    places = {"data": data / "postgres", "socket": data / "socket"}
    stranger = await programs.start(programs.Launch(words, user=user, directories=places))
    try:
        while not (data / "postgres" / "postmaster.pid").exists():
            await asyncio.sleep(0.02)
        with pytest.raises(EngineLingers, match=str(stranger.pid)):
            async with engine.serving():
                pass
        assert postmaster_pid(data) == stranger.pid
    finally:
        stranger.send_signal(signal.SIGINT)
        await stranger.communicate()


async def test_an_engine_that_is_recovering_can_be_stopped(engine: EmbeddedEngine, data: Path) -> None:
    """PostgreSQL 18 by itself would wait for ever."""
    async with engine.serving() as conninfo:
        await ask(conninfo, "create table survivor as select generate_series(1, 1000) as n")
        connection = await psycopg.AsyncConnection.connect(conninfo)
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        while "reinitializing" not in (data / "postgres.log").read_text():
            await asyncio.sleep(0.001)
        began = time.monotonic()
    assert time.monotonic() - began < CHECKPOINT_BEGINS_S + 10
    await connection.close()
    async with engine.serving() as conninfo:
        assert await ask(conninfo, "select count(*) from survivor") == 1000


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
