"""What the change feed promises on every engine: everything once, nothing skipped, each record's versions in order."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from customer_inventory.clock import system_clock
from customer_inventory.repository import Repository, backup, migrate
from customer_inventory.repository.changes import FeedEntry, FeedPosition
from customer_inventory.repository.engines import EmbeddedEngine, ExternalEngine
from tests.consistency import ask, assert_consistent
from tests.contract.conftest import Scribe, document, whole_feed

WRITERS = 6
WRITES = 2000
"""In all; enough that horizons, locks and late commits meet in every order, and still a few seconds."""


async def test_the_feed_names_every_write_in_order(scribe: Scribe, repository: Repository) -> None:
    first = (await scribe.create("individual")).id
    second = (await scribe.create("organization")).id
    await scribe.replace("individual", first, document("individual", title="Dr"), expected=1)
    await scribe.replace("individual", first, document("individual", title="Dr"), expected=2)
    await scribe.replace("organization", second, None, expected=1)
    entries = await whole_feed(repository)
    assert [(e.record_id, e.version, e.kind, e.operation) for e in entries] == [
        (str(first), 1, "individual", "create"),
        (str(second), 1, "organization", "create"),
        (str(first), 2, "individual", "modify"),
        (str(second), 2, "organization", "delete"),
    ]
    assert [entry.position for entry in entries] == sorted({entry.position for entry in entries})


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_a_reader_that_goes_on_from_its_place_misses_nothing(
    limit: int, scribe: Scribe, repository: Repository, database: str
) -> None:
    for _ in range(5):
        await scribe.create("individual")
    # One transaction that writes several records: they share a position, and a page may end between them.
    ids = sorted(scribe.new_id(bucket) for bucket in (9, 7, 8, 7))
    async with await psycopg.AsyncConnection.connect(database) as connection:
        for identifier in ids:
            await connection.execute(
                "insert into change_record values (feed_position(), bucket_of(%s), %s, 1, 'individual', 'create', %s)",
                (identifier, identifier, scribe.new_id()),
            )
    entries = await whole_feed(repository, limit=limit)
    assert len(entries) == len({(e.record_id, e.version) for e in entries}) == 9
    assert {entry.record_id for entry in entries[-4:]} == set(map(str, ids))
    assert await repository.changes.after(entries[-1].place) == []


async def test_a_reader_waits_for_a_transaction_that_commits_late(
    scribe: Scribe, repository: Repository, database: str
) -> None:
    before = (await scribe.create("individual")).id
    async with await psycopg.AsyncConnection.connect(database) as late:
        slow = scribe.new_id()
        await late.execute(
            "insert into change_record values (feed_position(), bucket_of(%s), %s, 1, 'individual', 'create', %s)",
            (slow, slow, scribe.new_id()),
        )
        after = [(await scribe.create("individual")).id for _ in range(3)]
        seen = await whole_feed(repository)
        assert [entry.record_id for entry in seen] == [str(before)]
        await late.commit()
    rest = await whole_feed(repository, place=seen[-1].place)
    assert [entry.record_id for entry in rest] == [str(slow), *map(str, after)]


async def test_a_transaction_that_is_given_up_holds_nobody(
    scribe: Scribe, repository: Repository, database: str
) -> None:
    async with await psycopg.AsyncConnection.connect(database) as late:
        await late.execute("select feed_position()")
        written = (await scribe.create("individual")).id
        assert await whole_feed(repository) == []
        await late.rollback()
    assert [entry.record_id for entry in await whole_feed(repository)] == [str(written)]


class Reader:
    """Polls the feed as the hub will, keeping only its place."""

    def __init__(self, repository: Repository) -> None:
        self.entries: list[FeedEntry] = []
        self._repository = repository
        self._place = FeedPosition()

    async def poll(self, done: asyncio.Event) -> None:
        while True:
            last = done.is_set()
            while page := await self._repository.changes.after(self._place, limit=random.randint(1, 200)):
                self.entries += page
                self._place = page[-1].place
            if last:
                return
            await asyncio.sleep(0.001)


async def hold_transactions_open(database: str, done: asyncio.Event) -> int:
    """Take a position, let others overtake, write and commit late; return how many did so."""
    count = 0
    async with await psycopg.AsyncConnection.connect(database) as connection:
        while not done.is_set():
            await connection.execute("select feed_position()")
            await asyncio.sleep(random.random() * 0.03)
            await connection.execute(
                """insert into change_record select feed_position(), bucket_of(i), i, 1, 'individual', 'create', i
                from (select overlay(gen_random_uuid()::text placing '8' from 15 for 1)::uuid) as late(i)"""
            )
            await connection.commit()
            count += 1
    return count


async def write(scribe: Scribe, records: dict[UUID, int], number: int) -> None:
    """Create, modify and delete in turns, in competition for a few records."""
    for turn in range(number):
        if len(records) < 20 or turn % 10 == 0:
            records[(await scribe.create("individual")).id] = 1
            continue
        identifier = random.choice(list(records))
        record = await scribe.repository.records.get("individual", identifier)
        if record is None:
            records.pop(identifier, None)
            continue
        content = None if turn % 17 == 0 else document("individual", title=f"turn {turn}")
        await scribe.replace("individual", identifier, content, expected=record.version)


async def test_a_polling_reader_gets_all_of_it_while_many_write(
    scribe: Scribe, repository: Repository, database: str
) -> None:
    reader, done = Reader(repository), asyncio.Event()
    polling = asyncio.create_task(reader.poll(done))
    late = asyncio.create_task(hold_transactions_open(database, done))
    shared: dict[UUID, int] = {}
    await asyncio.gather(*(write(scribe, shared, WRITES // WRITERS) for _ in range(WRITERS)))
    done.set()
    held = await late
    await polling
    await asyncio.wait_for(reader.poll(done), 30)
    await assert_everything_once_and_in_order(reader.entries, database)
    assert held > 20
    await ask(database, "delete from change_record where change_id = record_id")
    await assert_consistent(database)


async def assert_everything_once_and_in_order(entries: list[FeedEntry], database: str) -> None:
    held = await ask(database, "select position, bucket, record_id::text, version from change_record")
    read = [(entry.position, entry.bucket, entry.record_id, entry.version) for entry in entries]
    assert len(read) == len(set(read))
    assert set(read) == set(held)
    assert len(read) > 1000
    versions: dict[str, list[int]] = defaultdict(list)
    for entry in entries:
        versions[entry.record_id].append(entry.version)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


async def test_positions_keep_rising_after_a_restore(database: str, tmp_path: Path) -> None:
    """A restored inventory starts with small transaction ids; a reader's place from before must stay good."""
    busy = Repository(database)
    scribe = Scribe(busy)
    known = (await scribe.create("individual")).id
    for _ in range(20):
        await scribe.create("individual")
    before = await whole_feed(busy)
    await busy.close()
    outer = ExternalEngine(database)
    await backup.backup(engine=outer, conninfo=database, directory=tmp_path / "backup", clock=system_clock)
    elsewhere = EmbeddedEngine(tmp_path / "data")
    async with elsewhere.serving() as conninfo:
        await backup.restore(engine=elsewhere, conninfo=conninfo, directory=tmp_path / "backup", clock=system_clock)
        await migrate(conninfo)
        restored = Repository(conninfo)
        assert await whole_feed(restored) == before
        later = Scribe(restored)
        new = (await later.create("individual")).id
        await later.replace("individual", known, document("individual", title="Dr"), expected=1)
        rest = await whole_feed(restored, place=before[-1].place)
        assert [(e.record_id, e.version) for e in rest] == [(str(new), 1), (str(known), 2)]
        assert rest[0].position > before[-1].position
        await assert_consistent(conninfo)
        await restored.close()


async def test_a_second_rebase_never_goes_back(scribe: Scribe, repository: Repository, database: str) -> None:
    await scribe.create("individual")
    await ask(database, "update feed_origin set shift = 1000000")
    high = (await scribe.create("individual")).id
    for _ in range(2):
        await ask(database, "select repository_rebase_positions()")
    written = (await scribe.create("individual")).id
    entries = await whole_feed(repository)
    assert [entry.record_id for entry in entries[1:]] == [str(high), str(written)]
    assert entries[2].position > entries[1].position > 1_000_000
