"""What the journal's access trail promises on every engine: each entry is durable when it is said to be, and whole."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any
from uuid import UUID

import psycopg
import pytest

from customer_inventory.access import Access
from customer_inventory.access.trail import TrailWriter
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.repository.connections import RepositoryUnavailable
from customer_inventory.repository.journal import TrailEntry
from tests.consistency import ask
from tests.contract.conftest import START, Scribe, document, together


def entry(**stated: Any) -> TrailEntry:
    fields: dict[str, Any] = {
        "id": new_id(bucket=draw_bucket(), at=START),
        "at": START,
        "client_id": "a client",
        "person": None,
        "purpose": "testing",
        "verb": "read",
        "kind": "individual",
        "outcome": "shown",
        "record_ids": (),
        "request_id": "a request",
    }
    return TrailEntry(**{**fields, **stated})


async def append(repository: Repository, *entries: TrailEntry) -> None:
    await repository.journal.append(entries, secrets.token_bytes(16 * len(entries)))


def some_ids(number: int) -> tuple[str, ...]:
    return tuple(str(new_id(bucket=draw_bucket(), at=START)) for _ in range(number))


async def test_an_entry_holds_who_what_why_and_every_id_shown(repository: Repository, database: str) -> None:
    shown = some_ids(1000)
    said = entry(record_ids=shown, person='Ada "the first", {1,2} \\ NULL', client_id="a,b", request_id="r-1")
    await append(repository, said, entry(request_id="r-2", outcome="refused", verb="delete"))
    assert await repository.journal.of_request("r-1") == [("read", "individual", "shown", list(shown))]
    assert await repository.journal.of_request("r-2") == [("delete", "individual", "refused", [])]
    assert await repository.journal.of_request("r-3") == []
    rows = await ask(database, "select at, client_id, person, purpose, bucket from trail where request_id = 'r-1'")
    assert rows == [(START, said.client_id, said.person, "testing", int(str(said.id)[15:18], 16))]


async def test_a_thousand_entries_are_one_statement(repository: Repository, database: str) -> None:
    await append(repository, *(entry(record_ids=some_ids(3)) for _ in range(1000)))
    assert await ask(
        database, "select count(*), count(distinct xmin::text), sum(cardinality(record_ids)) from trail"
    ) == [(1000, 1, 3000)]


async def test_the_writer_gathers_what_waits_into_few_statements(repository: Repository, database: str) -> None:
    async with TrailWriter(repository.journal, randomness=secrets.randbits) as writer:
        entries = [entry(request_id=f"r-{n}") for n in range(500)]
        await asyncio.gather(*(writer.record(one) for one in entries))
    rows = await ask(database, "select count(*), count(distinct request_id), count(distinct xmin::text) from trail")
    assert rows[0][:2] == (500, 500)
    assert rows[0][2] < 10


async def test_an_entry_is_there_when_the_writer_says_so(repository: Repository, database: str) -> None:
    async with TrailWriter(repository.journal, randomness=secrets.randbits) as writer:

        async def one(number: int) -> int:
            await writer.record(entry(request_id=f"r-{number}"))
            return len(await ask(database, "select 1 from trail where request_id = %s", (f"r-{number}",)))

        assert await asyncio.gather(*(one(number) for number in range(30))) == [1] * 30


async def test_an_entry_that_cannot_be_written_fails_whoever_waits_for_it(
    repository: Repository, database: str
) -> None:
    async with TrailWriter(repository.journal, randomness=secrets.randbits) as writer:
        await writer.record(entry())
        await ask(database, "alter table trail rename to away")
        refused = await together(*(writer.record(entry()) for _ in range(20)))
        assert all(isinstance(outcome, Exception) for outcome in refused)
        await ask(database, "alter table away rename to trail")
        await writer.record(entry())
    assert await ask(database, "select count(*) from trail") == [(2,)]


async def test_an_entry_that_takes_too_long_is_an_unavailable_repository(database: str) -> None:
    repository = Repository(database, statement_timeout_ms=100)
    async with await psycopg.AsyncConnection.connect(database) as holder:
        await holder.execute("lock table trail in access exclusive mode")
        with pytest.raises(RepositoryUnavailable):
            await append(repository, entry())
    await append(repository, entry())
    await repository.close()


async def test_the_writer_survives_the_loss_of_its_connection(repository: Repository, database: str) -> None:
    async with TrailWriter(repository.journal, randomness=secrets.randbits) as writer:
        await writer.record(entry())
        for _ in range(3):
            await ask(
                database,
                """select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()""",
            )
            outcomes = await together(*(writer.record(entry()) for _ in range(10)))
            assert all(outcome is None or isinstance(outcome, RepositoryUnavailable) for outcome in outcomes)
            await writer.record(entry())


async def test_entries_that_wait_at_the_end_are_not_left_hanging(repository: Repository) -> None:
    writer = TrailWriter(repository.journal, randomness=secrets.randbits)
    await writer.__aenter__()
    waiting = [asyncio.ensure_future(writer.record(entry())) for _ in range(5)]
    await asyncio.sleep(0)
    await writer.__aexit__(None, None, None)
    outcomes = await asyncio.wait_for(together(*waiting), 5)
    assert all(outcome is None or isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)


async def test_a_write_and_its_trail_entry_are_one(scribe: Scribe, repository: Repository, database: str) -> None:
    identifier = (await scribe.create("individual", request_id="w-1", person="ada")).id
    await scribe.replace("individual", identifier, document("individual", title="Dr"), expected=1, request_id="w-2")
    await scribe.replace("individual", identifier, None, expected=2, request_id="w-3")
    for request, verb in (("w-1", "create"), ("w-2", "modify"), ("w-3", "delete")):
        assert await repository.journal.of_request(request) == [(verb, "individual", "done", [str(identifier)])]
    same = await ask(
        database,
        """select count(*) from trail t join change c on t.request_id = c.request_id
        where t.xmin = c.xmin and (t.client_id, t.purpose, t.at) = (c.client_id, c.purpose, c.at)
            and t.person is not distinct from c.person""",
    )
    assert same == [(3,)]


async def test_a_write_whose_trail_entry_fails_is_not_done(scribe: Scribe, database: str) -> None:
    await ask(database, "alter table trail add constraint never check (client_id <> 'tester')")
    with pytest.raises(Exception, match="never"):
        await scribe.create("individual")
    for table in ("individual", "change", "change_record", "link"):
        assert await ask(database, f"select count(*) from {table}") == [(0,)], table


async def test_who_replaces_a_record_whole_updates_it(access: Access, database: str) -> None:
    resource = RESOURCES["document"]
    saved = await access.create(resource, {"@type": "Document", "name": "first"})
    for verb, name in (("modify", "second"), ("update", "third"), ("update", "third")):
        await access.modify(
            resource, UUID(saved.record.id), lambda document, name=name: {**document, "name": name}, verb=verb
        )
    noted = await ask(database, "select verb, outcome from trail order by at, id")
    fed = await ask(database, "select operation from change order by position")
    assert noted == [("create", "done"), ("modify", "done"), ("update", "done"), ("update", "unchanged")]
    assert fed == [("create",), ("modify",), ("modify",)]
