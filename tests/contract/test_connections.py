"""What connections promise on every engine: bounded waits, honest errors, and healing by themselves."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import psycopg
import pytest

from customer_inventory.repository import Repository
from customer_inventory.repository.connections import QueryTooCostly, RepositoryUnavailable
from customer_inventory.repository.records import WriteContention
from customer_inventory.repository.storable import NotStorable
from tests.consistency import ask
from tests.contract.conftest import Scribe, document, draft_of, key, together


async def test_a_killed_connection_is_an_unavailable_repository_and_then_heals(
    scribe: Scribe, database: str, repository: Repository
) -> None:
    """Whichever way a session of the engine ends, the caller is told to repeat, and the next loan is a fresh one."""
    identifier = (await scribe.create("individual")).id
    end = """select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'customer_inventory' and datname = current_database() and pid <> pg_backend_pid()"""
    for _ in range(5):
        waiting = asyncio.create_task(hold(repository))
        await asyncio.sleep(0.05)
        await ask(database, end)
        with pytest.raises(RepositoryUnavailable):
            await waiting
        outcomes = await together(*(repository.records.get("individual", identifier) for _ in range(20)))
        assert all(isinstance(o, RepositoryUnavailable) or (o and o.version == 1) for o in outcomes)
        healed = await together(*(repository.records.get("individual", identifier) for _ in range(20)))
        assert [record.version for record in healed] == [1] * 20


async def test_a_connection_that_was_ended_while_idle_is_lent_to_nobody(scribe: Scribe, repository: Repository) -> None:
    identifier = (await scribe.create("individual")).id
    for ended in range(1, 6):
        await together(*(repository.records.get("individual", identifier) for _ in range(ended)))
        pids = [connection.info.backend_pid for connection in repository._connections._idle]
        assert pids
        async with repository._connections.lend() as connection:
            others = [pid for pid in pids if pid != connection.info.backend_pid]
            await connection.execute("select count(pg_terminate_backend(pid)) from unnest(%s::int[]) pid", (others,))
            await asyncio.sleep(0.05)
        records = await together(*(repository.records.get("individual", identifier) for _ in range(20)))
        assert [record.version for record in records] == [1] * 20


async def hold(repository: Repository) -> None:
    async with repository._connections.lend() as connection:
        await connection.execute("select pg_sleep(30)")


async def test_a_statement_that_takes_too_long_is_ended(database: str) -> None:
    repository = Repository(database, connections=1, statement_timeout_ms=50)
    with pytest.raises(QueryTooCostly):
        await hold(repository)
    await repository.ping()
    await repository.close()


async def test_a_write_that_waits_too_long_for_another_is_told_to_come_again(database: str) -> None:
    repository = Repository(database, statement_timeout_ms=100)
    scribe = Scribe(repository)
    identifier = (await scribe.create("individual")).id
    async with await psycopg.AsyncConnection.connect(database) as holder:
        await holder.execute("select from individual for update")
        with pytest.raises(WriteContention):
            await scribe.replace("individual", identifier, None, expected=1, key=key())
    assert (await scribe.replace("individual", identifier, None, expected=1, key=key())).outcome == "done"
    await repository.close()


async def test_an_engine_without_room_is_an_unavailable_repository(repository: Repository) -> None:
    with pytest.raises(RepositoryUnavailable):
        async with repository._connections.lend() as connection:
            await connection.execute("do $$ begin raise disk_full; end $$")
    await repository.ping()


_REFUSING = """
    create function refusing() returns trigger language plpgsql as
        $$ begin raise exception using errcode = '{code}'; end $$;
    create trigger refusing before insert on individual for each row execute function refusing();"""


@pytest.mark.parametrize("code", ["22001", "22003", "22007", "22008", "22021", "22P02", "22P05", "54000"])
async def test_a_value_that_the_engine_refuses_is_the_clients_to_mend(code: str, scribe: Scribe, database: str) -> None:
    await ask(database, _REFUSING.format(code=code))
    with pytest.raises(NotStorable):
        await scribe.create("individual")


@pytest.mark.parametrize("code", ["22000", "22012", "22P03", "22P04", "0A000", "26000", "25P02", "08P01", "57014"])
async def test_what_does_not_speak_of_a_value_is_no_fault_of_the_client(
    code: str, scribe: Scribe, database: str
) -> None:
    """A session that is confused, as after a restart of the engine, is thrown away and the request may be repeated."""
    await ask(database, _REFUSING.format(code=code))
    with pytest.raises((RepositoryUnavailable, WriteContention)):
        await scribe.create("individual")
    await ask(database, "drop function refusing() cascade")
    assert (await scribe.create("individual")).outcome == "done"


async def test_a_value_too_large_to_index_is_named_and_a_lost_statement_is_not(
    scribe: Scribe, repository: Repository
) -> None:
    """The errors themselves, as the engine raises them."""
    draft = draft_of("individual", document("individual"))
    unfit = replace(draft, document=draft.document[:-1] + b',"x":"\\u0000"}')
    with pytest.raises(NotStorable):
        await repository.records.create(
            "individual", scribe.new_id(), draft=unfit, authorship=scribe.authorship(), key=None
        )
    identifier = (await scribe.create("individual")).id
    for _ in range(4):  # prepared from the second time on
        await repository.records.get("individual", identifier)
    async with repository._connections.lend() as connection:
        await connection.execute("do $$ begin execute 'deallocate all'; end $$")
    with pytest.raises(RepositoryUnavailable):
        await repository.records.get("individual", identifier)
    with pytest.raises(RepositoryUnavailable):
        async with repository._connections.lend() as connection:
            await (await connection.execute("select '20260-01-01'::date")).fetchone()
    assert await repository.records.get("individual", identifier)


async def test_waiting_for_a_connection_ends(database: str) -> None:
    repository = Repository(database, connections=1)
    repository._connections._wait_s = 0.1
    holder = asyncio.create_task(hold(repository))
    await asyncio.sleep(0.05)
    with pytest.raises(RepositoryUnavailable):
        await repository.ping()
    holder.cancel()
    await together(holder)
    await repository.ping()
    await repository.close()


async def test_a_cancelled_caller_gives_its_connection_back(database: str, repository: Repository) -> None:
    for _ in range(30):
        waiting = [asyncio.create_task(hold(repository)) for _ in range(12)]
        await asyncio.sleep(0.01)
        for task in waiting:
            task.cancel()
        assert all(isinstance(o, asyncio.CancelledError | psycopg.Error) for o in await together(*waiting))
    assert await together(*(repository.ping() for _ in range(40))) == [None] * 40


async def test_a_statement_larger_than_the_socket_holds_is_sent_whole(repository: Repository) -> None:
    text = "x" * 30_000_000
    async with repository._connections.lend() as connection:
        other = asyncio.create_task(asyncio.sleep(0))
        assert await connection.rows("select length(%s::text)", (text,)) == [(len(text),)]
        assert other.done()
        assert (await connection.rows("select %s::text", (text,)))[0][0] == text


async def test_what_a_cursor_read_last_is_not_what_it_reads_next(repository: Repository) -> None:
    async with repository._connections.lend() as connection:
        for prepare in (True, False, None):
            for number in (1, 5, 500, 0, 3):
                wanted = "select n, n::text from generate_series(1, %s::int) n"
                found = await connection.rows(wanted, (number,), prepare=prepare)
                assert found == [(n, str(n)) for n in range(1, number + 1)]
            assert await connection.rows("select 'a', %(x)s::jsonb", {"x": "[1]"}, prepare=prepare) == [("a", b"[1]")]
            with pytest.raises(psycopg.errors.DivisionByZero):
                await connection.rows("select 1 / %s::int", (0,), prepare=prepare)
