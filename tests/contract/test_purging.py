"""Deleted records: listed, restored, and gone for good when their time is over; purge and restoration never mix."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.clients import register_own_clients
from customer_inventory.access.grants import Denied
from customer_inventory.access.purging import NothingIsPurged, due, purge, purging_hourly
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.clock import system_clock
from customer_inventory.ids import bucket_of, new_id
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.repository import deleted as stores
from customer_inventory.repository.order import InvalidCursor
from customer_inventory.repository.query import Query
from customer_inventory.repository.records import IdempotencyKey
from tests.consistency import ask, assert_consistent
from tests.contract.conftest import customer_of, document, together, whole_feed

INDIVIDUAL = RESOURCES["individual"]
CUSTOMER = RESOURCES["customer"]
WEEK = timedelta(days=7)


@asynccontextmanager
async def purging_desk(repository: Repository, *, ahead: timedelta = timedelta()) -> AsyncIterator[Desk]:
    """A desk that purges after a week, with a clock that is ahead."""
    await register_own_clients(repository.register, clock=system_clock)
    checks = ReferenceChecks.parse([])
    desk = Desk(
        repository,
        clock=lambda: system_clock() + ahead,
        randomness=secrets.randbits,
        reference_checks=checks,
        purge_after=WEEK,
    )
    async with desk:
        yield desk


async def opened(desk: Desk) -> Access:
    return await desk.open_at_command_line(person="t", purpose=None, request_id="purging")


async def test_deleted_records_are_listed_until_they_come_back(access: Access) -> None:
    made = [(await access.create(INDIVIDUAL, document("individual", title=str(n)))).record for n in range(5)]
    for record in made:
        await access.because(f"reason {record.id}").delete(INDIVIDUAL, UUID(record.id))
    page = await access.deleted(INDIVIDUAL, limit=2)
    assert (page.total, page.exact, page.more) == (5, True, True)
    seen = list(page.records)
    while page.more:
        page = await access.deleted(INDIVIDUAL, limit=2, after=UUID(page.records[-1].id))
        seen += page.records
    assert [record.id for record in seen] == [record.id for record in reversed(made)]
    assert seen[0].reason == f"reason {made[4].id}"
    assert (seen[0].version, seen[0].person) == (2, "tester")
    assert [r.id for r in (await access.deleted(INDIVIDUAL, limit=2, offset=3)).records] == [made[1].id, made[0].id]
    assert (await access.deleted(CUSTOMER, limit=2)).records == []
    await access.restore(INDIVIDUAL, UUID(made[4].id), 1)
    assert (await access.deleted(INDIVIDUAL, limit=9)).total == 4
    with pytest.raises(InvalidCursor):
        await access.deleted(INDIVIDUAL, limit=2, after=UUID(made[4].id))


async def test_nothing_is_purged_unless_it_is_said_when(access: Access, desk: Desk, database: str) -> None:
    identifier = UUID((await access.create(INDIVIDUAL, document("individual"))).record.id)
    await access.delete(INDIVIDUAL, identifier)
    with pytest.raises(NothingIsPurged):
        await purge(access)
    async with purging_hourly(desk, every_s=0.01):
        await asyncio.sleep(0.1)
    assert await ask(database, "select count(*) from deleted_record") == [(1,)]


async def test_what_is_due_is_gone_whole_and_nothing_else(repository: Repository, database: str) -> None:
    async with purging_desk(repository) as desk:
        access = await opened(desk)
        key = IdempotencyKey(key="k", fingerprint=b"f" * 32)
        party = UUID((await access.create(INDIVIDUAL, document("individual"), key=key)).record.id)
        customer = UUID((await access.create(CUSTOMER, customer_of(party))).record.id)
        kept = UUID((await access.create(INDIVIDUAL, document("individual"))).record.id)
        await access.modify(CUSTOMER, customer, lambda d: {**d, "status": "x"})
        values = (bucket_of(party), party)
        await ask(database, "insert into source_record values (%s, 'individual', 's', '1', %s)", values)
        files = [(sha256(data).hexdigest(), data) for data in (b"its own", b"shared")]
        neighbour = new_id(bucket=bucket_of(party), at=system_clock())
        await repository.contents.keep("individual", party, files, at=system_clock())
        await repository.contents.keep("individual", neighbour, files[1:], at=system_clock())
        for resource, identifier in ((CUSTOMER, customer), (INDIVIDUAL, party)):
            await access.delete(resource, identifier)
        assert await due(access) == {}
        assert await purge(access) == {}
    async with purging_desk(repository, ahead=WEEK) as desk:
        access = await opened(desk)
        await access.delete(INDIVIDUAL, kept)  # not due yet: it was deleted just now
        assert await due(access) == {"individual": 1, "customer": 1}
        assert await purge(access) == {"individual": 1, "customer": 1}
        assert await purge(access) == {}
        with pytest.raises(RecordNotFound):
            await access.restore(INDIVIDUAL, party, 1)
        with pytest.raises(RecordNotFound):
            await access.history(CUSTOMER, customer, limit=1)
        for table in ("customer_history", "former_link", "link", "source_record", "idempotency"):
            assert await ask(database, f"select count(*) from {table}") == [(0,)], table
        assert await ask(database, "select bytes from content") == [(b"shared",)]
        assert await ask(database, "select record_id from content_use") == [(neighbour,)]
        assert await ask(database, "select id from individual_history") == [(kept,)]
        assert await ask(database, "select id from deleted_record") == [(kept,)]
        feed = {UUID(entry.record_id) for entry in await whole_feed(repository)}
        assert feed == {party, customer, kept}
        trail = await ask(database, "select kind, record_ids from trail where verb = 'purge' order by kind")
        assert trail == [("customer", [customer]), ("individual", [party])]
        assert (await access.page(INDIVIDUAL, Query(limit=0))).total.number == 0
        await access.restore(INDIVIDUAL, kept, 1)
        assert (await access.page(INDIVIDUAL, Query(limit=0))).total.number == 1


async def test_the_server_purges_by_itself(repository: Repository, database: str) -> None:
    async with purging_desk(repository) as desk:
        access = await opened(desk)
        identifier = UUID((await access.create(INDIVIDUAL, document("individual"))).record.id)
        await access.delete(INDIVIDUAL, identifier)
    async with purging_desk(repository, ahead=WEEK) as desk, purging_hourly(desk, every_s=0.05):
        for _ in range(100):
            await asyncio.sleep(0.05)
            if await ask(database, "select count(*) from deleted_record") == [(0,)]:
                break
    assert await ask(database, "select client_id, record_ids from trail where verb = 'purge'") == [
        ("housekeeping", [identifier])
    ]


async def test_purging_must_be_granted(repository: Repository) -> None:
    async with purging_desk(repository, ahead=WEEK) as desk:
        access = await opened(desk)
        housekeeping = await desk.open_for_housekeeping(request_id="h")
        with pytest.raises(Denied):
            await housekeeping.page(INDIVIDUAL, Query())
        object.__setattr__(access.principal, "grants", frozenset({"read:*", "delete:customer"}))
        with pytest.raises(Denied):
            await purge(access)
        with pytest.raises(Denied):
            await due(access)


async def test_a_record_is_purged_or_restored_never_both(
    repository: Repository, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "PURGED_AT_ONCE", 3)
    async with purging_desk(repository) as desk:
        access = await opened(desk)
        made = [UUID((await access.create(INDIVIDUAL, document("individual"))).record.id) for _ in range(24)]
        for identifier in made:
            await access.delete(INDIVIDUAL, identifier)
    async with purging_desk(repository, ahead=WEEK) as desk:
        access = await opened(desk)
        restorations = [access.restore(INDIVIDUAL, identifier, 1) for identifier in reversed(made)]
        done = await together(*restorations, *(purge(access) for _ in range(3)))
        restored = {UUID(saved.record.id) for saved in done[:24] if not isinstance(saved, BaseException)}
        failed = [each for each in done[:24] if isinstance(each, BaseException)]
        assert all(isinstance(each, RecordNotFound) for each in failed), failed
        purged = sum(counts.get("individual", 0) for counts in done[24:])
        assert len(restored) + purged == 24
        assert {row[0] for row in await ask(database, "select id from individual")} == restored
        assert {row[0] for row in await ask(database, "select id from individual_history")} == restored
        assert await ask(database, "select * from deleted_record") == []
        trail = await ask(database, "select unnest(record_ids) from trail where verb = 'purge'")
        assert {row[0] for row in trail} == set(made) - restored
    await assert_consistent(database)
