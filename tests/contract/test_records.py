"""What the record store promises on every engine: whole writes, exact history, no lost update, true references."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import msgspec
import psycopg
import pytest

from customer_inventory.ids import bucket_of, new_id
from tests.consistency import INCONSISTENT, ask, assert_consistent
from tests.contract.conftest import START, TICK, Scribe, customer_of, document, draft_of, key, snapshot, together

KINDS = ("individual", "organization", "customer")
INSTANT = timedelta(microseconds=1)
ENGAGED = ("engagedParty",)


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
    versions = (await records.history("individual", identifier, limit=100)).versions
    assert [(v.version, v.operation, v.since, v.until) for v in versions] == [
        (3, "delete", START + 3 * TICK, None),
        (2, "modify", START + 2 * TICK, START + 3 * TICK),
        (1, "create", START + TICK, START + 2 * TICK),
    ]
    deletion, modification, creation = versions
    assert (deletion.document, deletion.client_id, deletion.reason) == (None, "remover", "moved away")
    assert (modification.purpose, msgspec.json.decode(modification.document or b"")["title"]) == ("care", "Dr")
    assert (creation.person, creation.source, creation.reason) == ("ada", "crm", "new")
    assert await records.history("individual", identifier, limit=1) == (versions[:1], 3)
    assert await records.history("individual", scribe.new_id(), limit=9) == ([], 0)
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
    assert (await scribe.repository.records.history("individual", identifier, limit=9)).total == 1
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
    "delete from deleted_record",
    "update deleted_record set version = version + 1",
    "update change_record set operation = 'create' where version = 2",
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
