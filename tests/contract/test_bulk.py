"""What the bulk loader promises, on a real PostgreSQL: whole batches, nothing twice, history, feed order, the trail."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import psycopg
import pytest

from customer_inventory.access.access import Access, Principal
from customer_inventory.access.downloading import download
from customer_inventory.access.grants import Denied
from customer_inventory.access.loading import loading
from customer_inventory.capture.drafting import draft, engage, seek_party
from customer_inventory.capture.preparing import new_ids
from customer_inventory.ids import bucket_of
from customer_inventory.model import RESOURCES
from customer_inventory.model.filtering import Condition
from customer_inventory.repository.bulk import ImportRunning, Loaded
from customer_inventory.repository.bulk_batch import DELETED
from customer_inventory.repository.bulk_rows import BulkRow
from customer_inventory.repository.query import Query

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
INDIVIDUAL, CUSTOMER = RESOURCES["individual"], RESOURCES["customer"]
COUNTS = ("individual", "customer", "change", "change_record", "link", "source_record", "trail", "import_run")


def row(
    number: int, *, given: str = "Ann", family: str = "Lee", customer: bool = True, source_id: str = "", **more
) -> BulkRow:
    """A person, and a customer that the person is."""
    (ids,) = new_ids(1, 2, randomness=secrets.randbits, at=1_700_000_000_000)
    person = {"@type": "Individual", "givenName": given, "familyName": family, **more}
    records = [(INDIVIDUAL, person)]
    if customer:
        document: dict = {"@type": "Customer"}
        engage(document, INDIVIDUAL, person, ids[0])
        records.append((CUSTOMER, document))
    return draft(number, records, ids[: len(records)], source_id or f"S{number}", strict={}, now=NOW)


async def load(
    access: Access, *batches: list[BulkRow], source: str = "crm", dry: bool = False, connections: int = 2
) -> Loaded:
    total = Loaded()
    async with loading(
        access, kinds=("individual", "customer"), source=source, file_name="f.csv", dry=dry, connections=connections
    ) as opened:
        for batch in batches:
            total.add(await opened.load(batch))
    return total


async def ask(database: str, statement: str, *values: object) -> list[tuple]:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        return await (await connection.execute(statement, values)).fetchall()


async def counts(database: str) -> dict[str, int]:
    return {table: (await ask(database, f"select count(*) from {table}"))[0][0] for table in COUNTS}


async def ids_of(database: str, kind: str) -> dict[str, UUID]:
    return dict(await ask(database, "select source_id, record_id from source_record where kind = %s", kind))


async def test_after_a_large_load_the_planner_knows_the_feed_from_which_lists_count_on(access: Access, database: str):
    await load(access, [row(number) for number in range(500)])
    ((place,),) = await ask(database, "select max(position) from change_record")
    known = "select most_common_vals::text from pg_stats where tablename = 'change_record' and attname = 'position'"
    assert await ask(database, known) == [(f"{{{place}}}",)]


async def test_new_rows_are_written_with_all_that_belongs_to_them(access: Access, database: str):
    before = await counts(database)
    loaded = await load(access, [row(1), row(2), row(3)])
    assert (loaded.created, loaded.updated, loaded.unchanged, loaded.refused) == (3, 0, 0, [])
    after = await counts(database)
    grown = {table: after[table] - before[table] for table in COUNTS}
    assert grown == {
        "individual": 3,
        "customer": 3,
        "change": 1,
        "change_record": 6,
        "link": 3,
        "source_record": 6,
        "trail": 2,
        "import_run": 1,
    }
    people, customers = await ids_of(database, "individual"), await ids_of(database, "customer")
    for source_id, identifier in people.items():
        assert bucket_of(identifier) == bucket_of(customers[source_id])
        record = await access.read(CUSTOMER, customers[source_id])
        assert msgspec.json.decode(record.document)["engagedParty"]["id"] == str(identifier)
        assert await access.linked_from(INDIVIDUAL, identifier) == [
            ("customer", str(customers[source_id]), "engagedParty", "")
        ]
    shown = {i for (ids,) in await ask(database, "select record_ids from trail where verb = 'create'") for i in ids}
    assert shown == {*people.values(), *customers.values()}
    ((status, rows, created),) = await ask(database, "select status, rows_read, created from import_run")
    assert (status, rows, created) == ("finished", 3, 3)
    (version,) = await access.versions(INDIVIDUAL, people["S1"])
    assert (version.operation, version.source, version.person) == ("import", "crm", "tester")


async def test_loaded_records_are_found_like_any_others(access: Access):
    await load(access, [row(1, given="Zoë", family="Müller", nationality="DE"), row(2)])
    by_name = await access.page(INDIVIDUAL, Query(name="zoe muller"))
    by_value = await access.page(INDIVIDUAL, Query(conditions=(Condition("nationality", "eq", ("DE",)),)))
    assert len(by_name.records) == len(by_value.records) == 1
    assert by_name.records == by_value.records


async def test_the_same_rows_again_write_nothing(access: Access, database: str):
    await load(access, [row(1), row(2)])
    before = await counts(database)
    loaded = await load(access, [row(1), row(2)])
    assert (loaded.created, loaded.updated, loaded.unchanged) == (0, 0, 2)
    after = await counts(database)
    assert {t: after[t] - before[t] for t in COUNTS if after[t] != before[t]} == {"trail": 2, "import_run": 1}
    assert await ask(database, "select distinct outcome from trail where verb = 'update'") == [("unchanged",)]


async def test_a_changed_row_makes_one_version_and_keeps_the_old_one(access: Access, database: str):
    await load(access, [row(1), row(2)])
    loaded = await load(access, [row(1, family="Moss"), row(2)])
    assert (loaded.created, loaded.updated, loaded.unchanged) == (0, 1, 1)
    person = (await ids_of(database, "individual"))["S1"]
    new, old = await access.versions(INDIVIDUAL, person)
    assert (new.version, old.version) == (2, 1)
    assert b"Moss" in new.document
    assert b"Lee" in old.document
    feed = await ask(
        database, "select version, operation from change_record where record_id = %s order by position, version", person
    )
    assert feed == [(1, "create"), (2, "modify")]
    assert (await access.page(INDIVIDUAL, Query(name="moss"))).records[0].id == str(person)
    assert (await access.page(INDIVIDUAL, Query(name="ann lee"))).records[0].id != str(person)
    links = await access.linked_from(INDIVIDUAL, person)
    assert len(links) == 1


async def test_a_customer_that_comes_later_joins_its_party(access: Access, database: str):
    await load(access, [row(1, customer=False)])
    loaded = await load(access, [row(1)])
    assert (loaded.created, loaded.updated) == (0, 1)
    person = (await ids_of(database, "individual"))["S1"]
    customer = (await ids_of(database, "customer"))["S1"]
    assert bucket_of(person) == bucket_of(customer)
    document = msgspec.json.decode((await access.read(CUSTOMER, customer)).document)
    assert document["engagedParty"]["id"] == str(person)
    assert await access.linked_from(INDIVIDUAL, person) == [("customer", str(customer), "engagedParty", "")]


async def test_what_was_deleted_here_does_not_come_back_by_itself(access: Access, database: str):
    await load(access, [row(1), row(2)])
    await access.delete(CUSTOMER, (await ids_of(database, "customer"))["S1"])
    loaded = await load(access, [row(1), row(2, family="Moss"), row(3)])
    assert loaded.refused == [(1, DELETED)]
    assert (loaded.created, loaded.updated) == (1, 1)


async def test_a_row_that_postgresql_refuses_does_not_keep_its_batch_back(access: Access, database: str):
    rows = [row(number) for number in range(1, 10)]
    person = rows[4].entries[0]
    spoilt = msgspec.structs.replace(person, line=person.line.replace("Ann", "A\\\\u0000n"))
    rows[4] = BulkRow(5, (spoilt, rows[4].entries[1]))
    loaded = await load(access, rows)
    assert loaded.created == 8
    ((number, reason),) = loaded.refused
    assert number == 5
    assert "PostgreSQL refuses it" in reason
    assert "S5" not in await ids_of(database, "individual")
    assert await ask(database, "select rows_read, accepted, rejected, created from import_run") == [(9, 8, 1, 8)]


async def test_a_dry_run_leaves_nothing_and_counts_the_same(access: Access, database: str):
    await load(access, [row(1), row(2)])
    before = await counts(database)
    rows = [row(1), row(2, family="Moss"), row(3)]
    dry = await load(access, rows, dry=True)
    assert await counts(database) == before
    wet = await load(access, rows)
    assert (dry.created, dry.updated, dry.unchanged) == (wet.created, wet.updated, wet.unchanged) == (1, 1, 1)


async def test_a_source_is_loaded_by_one_at_a_time(access: Access):
    async with loading(access, kinds=(), source="crm", file_name="a"):
        with pytest.raises(ImportRunning):
            await load(access, [row(1)])
        assert (await load(access, [row(1)], source="other")).created == 1
    assert (await load(access, [row(1)])).created == 1


async def test_keys_that_come_twice_are_told_with_the_row_that_had_them_first(access: Access):
    async with loading(access, kinds=(), source="crm", file_name="a") as opened:
        assert await opened.repeated(["a", "b", "a"], [1, 2, 3]) == {3: 1}
        assert await opened.repeated(["c", "b", "c"], [4, 5, 6]) == {5: 2, 6: 4}


async def test_a_reference_by_the_sources_own_id_finds_its_party(access: Access, database: str):
    def customer(number: int, party: str) -> BulkRow:
        (ids,) = new_ids(1, 2, randomness=secrets.randbits, at=1)
        document = {
            "@type": "Customer",
            "name": "x",
            "engagedParty": {"@type": "PartyRef", "@referredType": "Individual", "id": party},
        }
        sought = seek_party(document, ids[1])
        return draft(number, [(CUSTOMER, document)], ids[:1], f"C{number}", strict={}, now=NOW, sought=sought)

    rows = [customer(1, "later"), row(2, customer=False, source_id="P"), customer(3, "P"), customer(4, "nobody")]
    loaded = await load(access, rows)
    assert loaded.created == 2
    assert [number for number, _ in loaded.refused] == [1, 4]
    person, held = (await ids_of(database, "individual"))["P"], (await ids_of(database, "customer"))["C3"]
    assert bucket_of(person) == bucket_of(held)
    assert msgspec.json.decode((await access.read(CUSTOMER, held)).document)["engagedParty"]["id"] == str(person)
    again = await load(access, rows)
    assert (again.unchanged, again.created, len(again.refused)) == (2, 0, 2)


async def test_versions_keep_rising_positions_while_others_write(access: Access, database: str):
    await load(access, [row(number) for number in range(1, 41)])
    people = await ids_of(database, "individual")

    async def edit(turn: int) -> None:
        for identifier in people.values():
            await access.modify(INDIVIDUAL, identifier, lambda document: {**document, "title": f"t{turn}"})

    async def reload(turn: int) -> Loaded:
        return await load(access, [row(number, family=f"F{turn}") for number in range(1, 41)], source="crm")

    edits = [asyncio.create_task(edit(turn)) for turn in range(3)]
    for turn in range(4):
        assert (await reload(turn)).refused == []
    await asyncio.gather(*edits)
    disorder = await ask(
        database,
        "select count(*) from change_record a join change_record b using (record_id) "
        "where a.version < b.version and a.position >= b.position",
    )
    assert disorder == [(0,)]
    gaps = await ask(
        database,
        "select record_id from change_record group by record_id having count(*) <> max(version) or min(version) <> 1",
    )
    assert gaps == []
    for identifier in people.values():
        versions = await access.versions(INDIVIDUAL, identifier)
        assert [version.version for version in versions] == list(range(len(versions), 0, -1))


async def test_loading_takes_both_grants(access: Access, database: str):
    some = Principal("reader", ("p",), frozenset({"create:individual", "create:customer", "update:individual"}), None)
    before = await counts(database)
    with pytest.raises(Denied, match="update:customer"):
        await load(replace(access, principal=some), [row(1)])
    assert (await counts(database))["individual"] == before["individual"]
    assert (await ask(database, "select outcome, kind from trail where client_id = 'reader'")) == [
        ("refused", "customer")
    ]


async def test_a_download_is_everything_as_the_api_gives_it_and_in_the_trail(access: Access, database: str):
    await load(access, [row(number, given=f'G"{number}\\') for number in range(1, 31)])
    lines = [line async for chunk in download(access, INDIVIDUAL, public_url="https://x'y") for line in chunk]
    documents = {document["id"]: document for document in map(msgspec.json.decode, lines)}
    people = {str(identifier) for identifier in (await ids_of(database, "individual")).values()}
    assert documents.keys() == people
    for identifier, document in documents.items():
        record = await access.read(INDIVIDUAL, UUID(identifier))
        href = f"https://x'y/tmf-api/partyManagement/v5/individual/{identifier}"
        assert document == {"id": identifier, "href": href, **msgspec.json.decode(record.document)}
    ((ids,),) = await ask(database, "select record_ids from trail where verb = 'download'")
    assert {str(identifier) for identifier in ids} == people


async def test_a_download_takes_its_grant_and_an_empty_one_is_in_the_trail(access: Access, database: str):
    nobody = replace(access, principal=Principal("reader", ("p",), frozenset({"read:*"}), None))
    with pytest.raises(Denied):
        await anext(download(nobody, INDIVIDUAL))
    assert [chunk async for chunk in download(access, INDIVIDUAL)] == []
    assert await ask(database, "select outcome from trail where verb = 'download' order by at") == [
        ("refused",),
        ("shown",),
    ]
