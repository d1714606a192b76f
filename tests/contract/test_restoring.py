"""Deleted records come back whole, once, and in the feed's order; histories and looks back agree about them."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound, VersionConflict, VersionNotFound
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.repository.query import Query
from tests.consistency import ask, assert_consistent
from tests.contract.conftest import Scribe, customer_of, document, together, whole_feed

INDIVIDUAL = RESOURCES["individual"]
CUSTOMER = RESOURCES["customer"]


def _content(saved: Any) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.json.decode(saved.record.document)
    return content


async def test_a_deleted_record_comes_back_with_its_links_label_and_terms(
    access: Access, repository: Repository, database: str
) -> None:
    party = (await access.create(INDIVIDUAL, document("individual", familyName="Lovelace"))).record

    party_id = UUID(party.id)
    made = (await access.create(CUSTOMER, customer_of(party_id, status="Approved"))).record
    customer_id = UUID(made.id)
    before = await ask(database, "select * from link order by bucket, source_id")
    assert before
    counted = await access.page(CUSTOMER, Query(limit=1))
    await access.delete(CUSTOMER, customer_id)
    assert await ask(database, "select * from link") == []
    assert (await access.page(CUSTOMER, Query(limit=1))).total.number == counted.total.number - 1
    saved = await access.restore(CUSTOMER, customer_id, 1)
    assert (saved.outcome, saved.record.id, saved.record.version) == ("done", made.id, 3)
    assert _content(saved) == msgspec.json.decode(made.document)
    assert await ask(database, "select * from link order by bucket, source_id") == before
    assert (await access.page(CUSTOMER, Query(limit=1))).total == counted.total
    assert [r.id for r in (await access.page(CUSTOMER, Query(name="lovelace"))).records] == [made.id]
    feed = [(e.version, e.operation) for e in await whole_feed(repository) if e.record_id == made.id]
    assert feed == [(1, "create"), (2, "delete"), (3, "create")]
    history = await access.history(CUSTOMER, customer_id, limit=10)
    assert [(v.version, v.operation) for v in history.versions] == [(3, "restore"), (2, "delete"), (1, "create")]
    assert history.total == 3
    await assert_consistent(database)


async def test_looking_back_agrees_with_the_history_at_every_moment(scribe: Scribe, access: Access) -> None:
    """Through deletion and restoration, what `asOf` shows is the version whose period the history says it was."""

    identifier = UUID((await access.create(INDIVIDUAL, document("individual", title="1"))).record.id)
    for round_ in range(3):
        await access.modify(INDIVIDUAL, identifier, lambda d, n=round_: {**d, "title": f"m{n}"})
        await access.delete(INDIVIDUAL, identifier)
        await access.restore(INDIVIDUAL, identifier, 1)
    history = await access.history(INDIVIDUAL, identifier, limit=100)
    assert [v.version for v in history.versions] == list(range(10, 0, -1))
    for version in history.versions:
        held = await scribe.repository.records.get_as_of("individual", identifier, as_of=version.since)
        assert (held.document if held else None) == version.document
        then = await access.history(INDIVIDUAL, identifier, limit=100, as_of=version.since)
        assert (then.total, then.versions[0].version, then.versions[0].until) == (
            version.version,
            version.version,
            None,
        )
    for newer, older in zip(history.versions, history.versions[1:], strict=False):
        assert older.until == newer.since


async def test_pages_of_a_history_are_the_whole_of_it(access: Access) -> None:

    identifier = UUID((await access.create(INDIVIDUAL, document("individual"))).record.id)
    for number in range(6):
        await access.modify(INDIVIDUAL, identifier, lambda d, n=number: {**d, "title": f"{n}"})
    whole = await access.history(INDIVIDUAL, identifier, limit=100)
    by_offset = [
        v for at in range(0, 8, 2) for v in (await access.history(INDIVIDUAL, identifier, limit=2, offset=at)).versions
    ]
    assert by_offset == whole.versions
    by_number, before = [], None
    while (page := await access.history(INDIVIDUAL, identifier, limit=3, before=before)).versions:
        assert page.total == 7
        by_number += page.versions
        before = page.versions[-1].version
    assert by_number == whole.versions
    assert (await access.history(INDIVIDUAL, identifier, limit=3, before=1)) == ([], 7)


async def test_restoring_what_is_there_changes_nothing(access: Access, database: str) -> None:

    identifier = UUID((await access.create(INDIVIDUAL, document("individual", title="a"))).record.id)
    await access.modify(INDIVIDUAL, identifier, lambda d: {**d, "title": "b"})
    again = await access.restore(INDIVIDUAL, identifier, 2)
    assert (again.outcome, again.record.version) == ("unchanged", 2)
    back = await access.restore(INDIVIDUAL, identifier, 1)
    assert (back.outcome, back.record.version, _content(back)["title"]) == ("done", 3, "a")
    assert await ask(database, "select operation from change order by position") == [
        ("create",),
        ("modify",),
        ("restore",),
    ]
    await assert_consistent(database)


async def test_a_version_that_never_was_cannot_be_restored(access: Access) -> None:

    identifier = UUID((await access.create(INDIVIDUAL, document("individual"))).record.id)
    await access.delete(INDIVIDUAL, identifier)
    for number in (0, 2, 3, 2**61):
        (failed,) = await together(access.restore(INDIVIDUAL, identifier, number))
        assert isinstance(failed, VersionNotFound)
    (failed,) = await together(access.restore(CUSTOMER, identifier, 1))
    assert isinstance(failed, RecordNotFound)
    (failed,) = await together(access.restore(INDIVIDUAL, identifier, 1, expected=frozenset({1})))
    assert isinstance(failed, VersionConflict)
    assert (await access.restore(INDIVIDUAL, identifier, 1, expected=frozenset({2}))).record.version == 3


async def test_of_many_restorations_at_once_one_brings_the_record_back(access: Access, database: str) -> None:

    identifier = UUID((await access.create(INDIVIDUAL, document("individual"))).record.id)
    await access.delete(INDIVIDUAL, identifier)
    done = await together(*(access.restore(INDIVIDUAL, identifier, 1) for _ in range(12)))
    assert sorted(saved.outcome for saved in done) == ["done"] + ["unchanged"] * 11
    assert {saved.record.version for saved in done} == {3}
    await assert_consistent(database)


async def test_restorations_and_modifications_at_once_lose_nothing(access: Access, database: str) -> None:

    identifier = UUID((await access.create(INDIVIDUAL, document("individual", title="first"))).record.id)
    await access.modify(INDIVIDUAL, identifier, lambda d: {**d, "title": "second"})
    done = await together(
        *(access.restore(INDIVIDUAL, identifier, 1) for _ in range(6)),
        *(access.modify(INDIVIDUAL, identifier, lambda d, n=n: {**d, "nickname": f"n{n}"}) for n in range(6)),
        *(access.restore(INDIVIDUAL, identifier, 2) for _ in range(6)),
    )
    assert [failed for failed in done if isinstance(failed, BaseException)] == []
    written = [saved.record.version for saved in done if saved.outcome == "done"]
    assert sorted(written) == list(range(3, 3 + len(written)))
    history = await access.history(INDIVIDUAL, identifier, limit=100)
    assert history.total == 2 + len(written)
    await assert_consistent(database)


async def test_deletions_and_restorations_at_once_leave_one_story(access: Access, database: str) -> None:

    identifier = UUID((await access.create(INDIVIDUAL, document("individual"))).record.id)

    async def delete() -> None:
        await asyncio.sleep(0)
        await access.delete(INDIVIDUAL, identifier)

    for _ in range(3):
        done = await together(
            *(delete() for _ in range(4)), *(access.restore(INDIVIDUAL, identifier, 1) for _ in range(4))
        )
        failures = [failed for failed in done if isinstance(failed, BaseException)]
        assert all(isinstance(failed, RecordNotFound) for failed in failures)
        await access.restore(INDIVIDUAL, identifier, 1)
        await assert_consistent(database)
