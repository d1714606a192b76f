"""What the record store promises on every engine: whole writes, exact history, no lost update, true references."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import msgspec
import psycopg
import pytest

from customer_inventory.ids import bucket_of, new_id
from customer_inventory.model import RESOURCES, links
from customer_inventory.repository import Repository
from customer_inventory.repository.connections import QueryTooCostly, RepositoryUnavailable
from customer_inventory.repository.records import IdempotencyKey, ReferenceMissing, WriteContention
from tests.consistency import INCONSISTENT, ask, assert_consistent
from tests.contract.conftest import START, TICK, Scribe, customer_of, document, draft_of, together

KINDS = ("individual", "organization", "customer")
INSTANT = timedelta(microseconds=1)
ENGAGED = ("engagedParty",)


def key(name: str = "a key", request: bytes = b"the request") -> IdempotencyKey:
    return IdempotencyKey(key=name, fingerprint=request.ljust(32))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_record_comes_back_as_it_was_written(kind: str, scribe: Scribe, database: str) -> None:
    content = document(kind, x={"extension": ["ä", 1.50, None, {"deep": True}]})
    written = await scribe.create(kind, content)
    found = await scribe.repository.records.get(kind, written.id)
    assert found is not None
    assert (written.outcome, written.version) == ("done", 1)
    assert (found.id, found.version) == (str(written.id), 1)
    assert msgspec.json.decode(found.document) == content
    assert await scribe.repository.records.get(kind, scribe.new_id()) is None
    await assert_consistent(database)


async def test_a_number_keeps_its_digits(scribe: Scribe) -> None:
    """A document leaves as PostgreSQL's own text: no float on the way rounds what a client sent."""
    draft = draft_of("individual", document("individual"))
    exact = draft.document[:-1] + b',"x":12345678901234567890.123456789}'
    identifier = scribe.new_id()
    await scribe.repository.records.create(
        "individual",
        identifier,
        draft=replace(draft, document=exact),
        authorship=scribe.authorship(),
        key=None,
    )
    found = await scribe.repository.records.get("individual", identifier)
    assert found is not None
    assert b"12345678901234567890.123456789" in found.document


async def test_an_id_says_where_its_record_lives(scribe: Scribe, database: str) -> None:
    """RFC 9562 UUIDv8: 48 bits of milliseconds, version 8, 12 bits of bucket, variant 0b10 (DESIGN 3)."""
    for bucket in (0, 1, 0x7FF, 0xFFF):
        identifier = new_id(bucket=bucket, at=START)
        assert identifier.int >> 80 == int(START.timestamp() * 1000)
        assert (identifier.version, identifier.int >> 62 & 0b11, bucket_of(identifier)) == (8, 0b10, bucket)
        written = await scribe.create("individual", identifier=identifier)
        rows = await ask(database, "select bucket, bucket_of(id) from individual where id = %s", (written.id,))
        assert rows == [(bucket, bucket)]


async def test_each_version_holds_from_its_write_until_just_before_the_next(scribe: Scribe) -> None:
    records = scribe.repository.records
    identifier = (await scribe.create("individual", document("individual", title="v1"))).id
    for version in (1, 2):
        content = document("individual", title=f"v{version + 1}")
        await scribe.replace("individual", identifier, content, expected=version)
    await scribe.replace("individual", identifier, None, expected=3)
    starts = [START + TICK * n for n in (1, 2, 3)]
    ended = START + TICK * 4
    assert await records.get_as_of("individual", identifier, as_of=starts[0] - INSTANT) is None
    for version, (start, end) in enumerate(pairwise([*starts, ended]), start=1):
        for moment in (start, start + TICK / 2, end - INSTANT):
            found = await records.get_as_of("individual", identifier, as_of=moment)
            assert found is not None
            assert found.version == version
            assert msgspec.json.decode(found.document)["title"] == f"v{version}"
    assert await records.get_as_of("individual", identifier, as_of=ended) is None
    assert await records.get("individual", identifier) is None


async def test_every_version_is_kept_with_who_wrote_it_and_why(scribe: Scribe, database: str) -> None:
    records = scribe.repository.records
    identifier = (await scribe.create("individual", person="ada", source="crm", reason="new")).id
    await scribe.replace("individual", identifier, document("individual", title="Dr"), expected=1, purpose="care")
    await scribe.replace("individual", identifier, None, expected=2, client_id="remover", reason="moved away")
    versions = await records.versions("individual", identifier)
    assert [(v.version, v.operation, v.since) for v in versions] == [
        (3, "delete", START + 3 * TICK),
        (2, "modify", START + 2 * TICK),
        (1, "create", START + TICK),
    ]
    deletion, modification, creation = versions
    assert (deletion.document, deletion.client_id, deletion.reason) == (None, "remover", "moved away")
    assert (modification.purpose, msgspec.json.decode(modification.document or b"")["title"]) == ("care", "Dr")
    assert (creation.person, creation.source, creation.reason) == ("ada", "crm", "new")
    assert [v.version for v in await records.versions("individual", identifier, limit=1)] == [3]
    assert await records.versions("individual", scribe.new_id()) == []
    for version in (1, 2):
        held = await records.get_version("individual", identifier, version=version)
        assert held is not None
        assert held.version == version
    assert await records.get_version("individual", identifier, version=3) is None
    await assert_consistent(database)


async def test_a_clock_that_goes_back_makes_no_empty_period(scribe: Scribe, database: str) -> None:
    identifier = (await scribe.create("individual")).id
    early = START - timedelta(days=1)
    await scribe.replace("individual", identifier, document("individual", title="Dr"), expected=1, at=early)
    rows = await ask(database, "select updated_at, superseded_at from individual_history where id = %s", (identifier,))
    assert rows == [(START + TICK, START + TICK + INSTANT)]
    found = await scribe.repository.records.get_as_of("individual", identifier, as_of=START + TICK + INSTANT)
    assert found is not None
    assert found.version == 2


async def test_a_write_that_changes_nothing_leaves_a_trail_and_no_version(scribe: Scribe, database: str) -> None:
    identifier = (await scribe.create("individual")).id
    same = await scribe.replace("individual", identifier, document("individual"), expected=1, key=key())
    assert (same.outcome, same.version) == ("unchanged", 1)
    assert len(await scribe.repository.records.versions("individual", identifier)) == 1
    assert await ask(database, "select count(*) from change") == [(1,)]
    assert await ask(database, "select verb, outcome from trail order by at") == [
        ("create", "done"),
        ("modify", "unchanged"),
    ]
    again = await scribe.replace("individual", identifier, document("individual", title="x"), expected=1, key=key())
    assert (again.outcome, again.version) == ("replayed", 1)
    await assert_consistent(database)


async def test_writes_that_cannot_be_done_say_so_and_leave_nothing(scribe: Scribe, database: str) -> None:
    identifier = (await scribe.create("individual")).id
    before = await snapshot(database)
    assert (await scribe.replace("individual", identifier, document("individual"), expected=2)).outcome == "stale"
    assert (await scribe.replace("individual", identifier, None, expected=0)).outcome == "stale"
    assert (await scribe.replace("individual", scribe.new_id(), None, expected=1, key=key())).outcome == "absent"
    assert (await scribe.replace("customer", identifier, None, expected=1)).outcome == "absent"
    assert await snapshot(database) == before
    assert (await scribe.replace("individual", identifier, None, expected=1)).outcome == "done"
    assert (await scribe.replace("individual", identifier, None, expected=2)).outcome == "absent"


async def snapshot(database: str) -> dict[str, object]:
    """Every row of records and journal."""
    tables = ("individual", "individual_history", "customer", "change", "change_record", "trail", "link", "idempotency")
    return {table: await ask(database, f"select * from {table} order by 1, 2, 3") for table in tables}


async def test_a_repeated_request_is_done_once(scribe: Scribe, database: str) -> None:
    first = await scribe.create("individual", key=key())
    again = await scribe.create("individual", key=key())
    other = await scribe.create("individual", key=key(request=b"another request"))
    assert (again.outcome, again.id, again.version) == ("replayed", first.id, 1)
    assert other.outcome == "reused"
    assert (await scribe.create("individual", key=key("another key"))).id != first.id
    assert (await scribe.create("individual", key=key(), client_id="another client")).outcome == "done"
    seen = await scribe.repository.records.seen("tester", key())
    assert seen is not None
    assert (seen.outcome, seen.id) == ("replayed", first.id)
    reused = await scribe.repository.records.seen("tester", key(request=b"another request"))
    assert reused is not None
    assert reused.outcome == "reused"
    assert await scribe.repository.records.seen("tester", key("unheard of")) is None
    assert await ask(database, "select count(*) from individual") == [(3,)]
    await assert_consistent(database)


async def test_a_key_of_a_modification_or_deletion_is_spent_by_it(scribe: Scribe, database: str) -> None:
    identifier = (await scribe.create("individual")).id
    content = document("individual", title="Dr")
    assert (await scribe.replace("individual", identifier, content, expected=1, key=key("m"))).outcome == "done"
    again = await scribe.replace("individual", identifier, document("individual"), expected=2, key=key("m"))
    assert (again.outcome, again.version) == ("replayed", 2)
    reused = await scribe.replace("individual", identifier, None, expected=2, key=key("m", b"other"))
    assert reused.outcome == "reused"
    assert (await scribe.replace("individual", identifier, None, expected=2, key=key("d"))).outcome == "done"
    gone = await scribe.replace("individual", identifier, None, expected=2, key=key("d"))
    assert (gone.outcome, gone.version) == ("replayed", 3)
    await assert_consistent(database)


@pytest.mark.parametrize("operation", ["create", "modify", "delete"])
async def test_twenty_repetitions_at_once_are_done_once(operation: str, scribe: Scribe, database: str) -> None:
    identifier = (await scribe.create("individual")).id

    async def request() -> object:
        if operation == "create":
            return await scribe.create("individual", key=key())
        content = document("individual", title="Dr") if operation == "modify" else None
        return await scribe.replace("individual", identifier, content, expected=1, key=key())

    done = await together(*(request() for _ in range(20)))
    assert sorted(written.outcome for written in done) == ["done"] + ["replayed"] * 19
    assert len({(written.id, written.version) for written in done}) == 1
    assert await ask(database, "select count(*) from change") == [(2,)]
    await assert_consistent(database)


async def test_of_twenty_writers_of_one_version_one_wins(scribe: Scribe, database: str) -> None:
    identifier = (await scribe.create("individual")).id
    done = await together(
        *(
            scribe.replace("individual", identifier, document("individual", title=f"t{n}"), expected=1)
            for n in range(20)
        )
    )
    assert sorted(written.outcome for written in done) == ["done"] + ["stale"] * 19
    assert await ask(database, "select count(*) from individual_history") == [(1,)]
    await assert_consistent(database)


async def test_no_update_is_lost_among_twenty_writers(scribe: Scribe, database: str) -> None:
    records = scribe.repository.records
    identifier = (await scribe.create("individual", document("individual", marks=[]))).id

    async def mark(number: int) -> None:
        while True:
            record = await records.get("individual", identifier)
            assert record is not None
            content = msgspec.json.decode(record.document)
            content["marks"].append(number)
            written = await scribe.replace("individual", identifier, content, expected=record.version)
            if written.outcome == "done":
                return
            assert written.outcome == "stale"

    assert await together(*(mark(number) for number in range(20))) == [None] * 20
    record = await records.get("individual", identifier)
    assert record is not None
    assert record.version == 21
    assert sorted(msgspec.json.decode(record.document)["marks"]) == list(range(20))
    await assert_consistent(database)


async def test_links_are_found_from_both_ends_across_buckets(scribe: Scribe, database: str) -> None:
    records = scribe.repository.records
    party = (await scribe.create("individual", identifier=scribe.new_id(1))).id
    customer = (await scribe.create("customer", customer_of(party), identifier=scribe.new_id(2))).id
    expected = [("customer", str(customer), "engagedParty", "")]
    assert await records.linked_from(party) == expected
    rows = await ask(database, "select bucket, source_id, target_id, target_kind from link order by bucket")
    assert rows == [(bucket, customer, party, "individual") for bucket in (1, 2)]
    same = (await scribe.create("customer", customer_of(party), identifier=scribe.new_id(1))).id
    assert await ask(database, "select count(*) from link where source_id = %s", (same,)) == [(1,)]
    assert {link[1] for link in await records.linked_from(party)} == {str(customer), str(same)}
    await assert_consistent(database)


async def test_links_follow_a_change_and_go_with_the_record(scribe: Scribe, database: str) -> None:
    records = scribe.repository.records
    first, second = [(await scribe.create("individual", identifier=scribe.new_id(n))).id for n in (1, 2)]
    customer = (await scribe.create("customer", customer_of(first), identifier=scribe.new_id(3))).id
    await scribe.replace("customer", customer, customer_of(first, name="New"), expected=1, relink=False)
    assert len(await records.linked_from(first)) == 1
    await scribe.replace("customer", customer, customer_of(second), expected=2)
    assert await records.linked_from(first) == []
    assert [link[1] for link in await records.linked_from(second)] == [str(customer)]
    await scribe.replace("customer", customer, None, expected=3)
    assert await records.linked_from(second) == []
    assert await ask(database, "select * from link") == []
    await assert_consistent(database)


async def test_several_references_to_one_record_are_each_a_link(scribe: Scribe) -> None:
    party = (await scribe.create("individual")).id
    reference = {"@type": "PartyRef", "id": str(party), "@referredType": "Individual"}
    related = [
        {"@type": "RelatedPartyRefOrPartyRoleRef", "role": role, "partyOrPartyRole": reference}
        for role in ("payer", "guarantor", "payer")
    ]
    customer = (await scribe.create("customer", customer_of(party, relatedParty=related))).id
    found = await scribe.repository.records.linked_from(party)
    assert sorted(found) == [
        ("customer", str(customer), "engagedParty", ""),
        ("customer", str(customer), "relatedParty.partyOrPartyRole", "guarantor"),
        ("customer", str(customer), "relatedParty.partyOrPartyRole", "payer"),
    ]


async def test_missing_names_the_references_to_nothing(scribe: Scribe) -> None:
    party = (await scribe.create("individual")).id
    missing = scribe.repository.records.missing
    assert await missing(links(RESOURCES["customer"], customer_of(party))) == set()
    assert await missing(links(RESOURCES["customer"], customer_of(scribe.new_id()))) == {"engagedParty"}


async def test_a_strict_reference_to_nothing_is_refused_whole(scribe: Scribe, database: str) -> None:
    nobody = scribe.new_id()
    before = await snapshot(database)
    with pytest.raises(ReferenceMissing) as refusal:
        await scribe.create("customer", customer_of(nobody), strict=ENGAGED, key=key())
    assert str(nobody) in refusal.value.message
    assert await snapshot(database) == before
    party = (await scribe.create("individual")).id
    customer = (await scribe.create("customer", customer_of(party), strict=ENGAGED, key=key())).id
    with pytest.raises(ReferenceMissing):
        await scribe.replace("customer", customer, customer_of(nobody), expected=1, strict=ENGAGED)
    assert len(await scribe.repository.records.versions("customer", customer)) == 1
    await assert_consistent(database)


async def test_what_a_strict_reference_names_cannot_be_deleted(scribe: Scribe, database: str) -> None:
    party = (await scribe.create("individual")).id
    customer = (await scribe.create("customer", customer_of(party), strict=ENGAGED)).id
    assert (await scribe.replace("individual", party, None, expected=1, key=key())).outcome == "referenced"
    loose = (await scribe.create("customer", customer_of(party))).id
    await scribe.replace("customer", customer, None, expected=1)
    assert (await scribe.replace("individual", party, None, expected=1, key=key())).outcome == "done"
    assert await scribe.repository.records.missing(links(RESOURCES["customer"], customer_of(party)))
    assert await scribe.repository.records.get("customer", loose) is not None
    await assert_consistent(database)


async def test_deleting_a_party_and_referring_to_it_never_both_succeed(scribe: Scribe, database: str) -> None:
    parties = [(await scribe.create("individual")).id for _ in range(60)]

    async def pair(party: UUID, turn: int) -> tuple[bool, bool]:
        refer = scribe.create("customer", customer_of(party), strict=ENGAGED)
        delete = scribe.replace("individual", party, None, expected=1)
        work = (refer, delete) if turn % 2 else (delete, refer)
        outcomes = await together(*work)
        referred, deleted = outcomes if turn % 2 else reversed(outcomes)
        assert isinstance(referred, ReferenceMissing) or referred.outcome == "done"
        assert deleted.outcome in {"done", "referenced"}
        return not isinstance(referred, ReferenceMissing), deleted.outcome == "done"

    outcomes = await asyncio.gather(*(pair(party, turn) for turn, party in enumerate(parties)))
    assert all(referred != deleted for referred, deleted in outcomes)
    dangling = await ask(
        database, "select * from link l where not exists (select from individual where id = target_id)"
    )
    assert dangling == []
    await assert_consistent(database)


async def test_relinking_and_deleting_the_new_target_never_both_succeed(scribe: Scribe, database: str) -> None:
    for _ in range(20):
        old, new = [(await scribe.create("individual")).id for _ in range(2)]
        customer = (await scribe.create("customer", customer_of(old), strict=ENGAGED)).id
        moved, deleted = await together(
            scribe.replace("customer", customer, customer_of(new), expected=1, strict=ENGAGED),
            scribe.replace("individual", new, None, expected=1),
        )
        referred = not isinstance(moved, ReferenceMissing)
        assert referred != (deleted.outcome == "done")
    await assert_consistent(database)


async def test_a_record_of_another_kind_is_no_target(scribe: Scribe) -> None:
    organization = (await scribe.create("organization")).id
    with pytest.raises(ReferenceMissing):
        await scribe.create("customer", customer_of(organization), strict=ENGAGED)


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


TAMPERINGS = (
    "delete from change_record where version = 1",
    "delete from individual where id = (select target_id from link limit 1)",
    "delete from individual_history",
    "delete from change",
    "delete from trail",
    "delete from customer",
    "delete from link where bucket <> bucket_of(source_id)",
    "update change_record set position = position + 100 where version = 1",
    "update change_record set version = version + 1",
    "update change set position = position + 1",
    "update trail set record_ids = '{}'",
    "update idempotency set version = 7",
    "update individual set bucket = bucket + 1 where bucket < 4095",
    "insert into individual select * from individual_resurrected",
)


async def test_the_check_for_contradictions_finds_each(scribe: Scribe, database: str) -> None:
    """The tests above, and those that kill the server, rest on this check; so it is shown to see what is wrong."""
    party = (await scribe.create("individual", identifier=scribe.new_id(1), key=key())).id
    await scribe.create("customer", customer_of(party), identifier=scribe.new_id(2))
    await scribe.replace("individual", party, document("individual", title="Dr"), expected=1)
    gone = (await scribe.create("individual")).id
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await connection.execute(
            "create table individual_resurrected as select * from individual where id = %s", [gone]
        )
        await connection.commit()
        await scribe.replace("individual", gone, None, expected=1)
        await assert_consistent(database)
        for tampering in TAMPERINGS:
            await connection.execute(tampering)
            found = await (await connection.execute(INCONSISTENT)).fetchall()
            await connection.rollback()
            assert found, tampering
