"""What links and strict references promise on every engine: true from both ends, whoever writes at the same time."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from customer_inventory.model import RESOURCES, links
from customer_inventory.repository.records import ReferenceMissing
from tests.consistency import ask, assert_consistent
from tests.contract.conftest import Scribe, customer_of, key, snapshot, together

ENGAGED = ("engagedParty",)


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
    assert (await scribe.repository.records.history("customer", customer, limit=9)).total == 1
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
