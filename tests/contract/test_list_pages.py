"""What pages and totals promise on every engine: each record once, in order, counted exactly, now and in the past."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.model.filtering import Condition
from customer_inventory.repository import Repository, migrate
from customer_inventory.repository.connections import Connection, RepositoryUnavailable
from customer_inventory.repository.engines import EmbeddedEngine
from customer_inventory.repository.lists import Lists
from customer_inventory.repository.order import Sort
from customer_inventory.repository.query import Query
from tests.conftest import RunningEngine
from tests.consistency import ask
from tests.contract.conftest import Document, Scribe, document, together
from tests.contract.corpus import (
    KIND,
    SIZE,
    SORTABLE,
    Corpus,
    canonical,
    conditions,
    holds,
    leaves,
    often,
)
from tests.killing import kill_postmaster, wait_for_another

# ---------------------------------------------------------------- order and pages


sorts = st.lists(
    st.builds(Sort, st.sampled_from(SORTABLE), st.booleans()), max_size=3, unique_by=lambda sort: sort.path
).map(tuple)


def ordered(corpus: Corpus, sort: tuple[Sort, ...]) -> list[str]:
    """The ids in order: absent values first, ties by id in the direction of the last key."""
    names = sorted(corpus.documents, key=lambda name: (name[15:18], name), reverse=bool(sort) and sort[-1].descending)
    for one in reversed(sort):
        names.sort(key=lambda name: sort_value(corpus.documents[name], one.path), reverse=one.descending)
    return names


def sort_value(content: Document, path: str) -> tuple[bool, Any]:
    held = [canonical(path, value) for value in leaves(content, path)]
    return (bool(held), held[0] if held else 0)


@often
@given(sort=sorts, limit=st.sampled_from([7, 20, 97, SIZE, SIZE + 1]))
async def test_pages_walk_every_record_once_both_ways(corpus: Corpus, sort: tuple[Sort, ...], limit: int) -> None:
    expected = ordered(corpus, sort)
    lists = corpus.repository.lists
    query = Query(sort=sort, limit=limit)
    pages = [await lists.page(KIND, query)]
    while pages[-1].more_after:
        pages.append(await lists.page(KIND, replace(query, after=pages[-1].last)))
    assert [record.id for page in pages for record in page.records] == expected
    assert not pages[0].more_before
    assert all(page.total.number == SIZE and page.total.exact for page in pages)
    back = [pages[-1]]
    while back[-1].more_before:
        back.append(await lists.page(KIND, replace(query, before=back[-1].first)))
    assert [record.id for page in reversed(back) for record in page.records] == expected


@often
@given(sort=sorts, asked=st.lists(conditions(), max_size=1), offset=st.integers(0, SIZE + 5), limit=st.integers(0, 50))
async def test_offsets_cut_the_same_order(
    corpus: Corpus, sort: tuple[Sort, ...], asked: list[Condition], offset: int, limit: int
) -> None:
    found = [name for name in ordered(corpus, sort) if all(holds(corpus.documents[name], one) for one in asked)]
    query = Query(conditions=tuple(asked), sort=sort, offset=offset, limit=limit)
    page = await corpus.repository.lists.page(KIND, query)
    assert [record.id for record in page.records] == found[offset : offset + limit]
    assert page.total.number == len(found)
    assert page.more_after == (offset + limit < len(found))


async def test_a_keyset_page_is_not_moved_by_writes_before_it(scribe: Scribe) -> None:
    lists = scribe.repository.lists
    for number in range(30):
        await scribe.create(KIND, document(KIND, name=f"n{number:03}"))
    query = Query(sort=(Sort("name"),), limit=10)
    first = await lists.page(KIND, query)
    for number in range(30):
        await scribe.create(KIND, document(KIND, name=f"m{number:03}"))
    second = await lists.page(KIND, replace(query, after=first.last))
    assert [name_of(page_record.document) for page_record in second.records] == [f"n{n:03}" for n in range(10, 20)]


def name_of(content: bytes) -> str:
    return str(msgspec.json.decode(content)["name"])


# ---------------------------------------------------------------- the past


async def test_a_list_of_the_past_shows_what_was_then(scribe: Scribe) -> None:
    lists = scribe.repository.lists
    kept = (await scribe.create(KIND, document(KIND, name="kept"))).id
    changed = (await scribe.create(KIND, document(KIND, name="before"))).id
    gone = (await scribe.create(KIND, document(KIND, name="gone"))).id
    then = scribe.now
    await scribe.replace(KIND, changed, document(KIND, name="after"), expected=1)
    at_change = scribe.now
    await scribe.replace(KIND, gone, None, expected=1)
    await scribe.create(KIND, document(KIND, name="later"))

    async def names(as_of: datetime | None, *asked: Condition) -> list[str]:
        page = await lists.page(KIND, Query(as_of=as_of, sort=(Sort("name"),), conditions=asked))
        assert page.total.number == len(page.records)
        return [name_of(record.document) for record in page.records]

    assert await names(then) == ["before", "gone", "kept"]
    assert await names(at_change - timedelta(microseconds=1)) == ["before", "gone", "kept"]
    assert await names(at_change) == ["after", "gone", "kept"]
    assert await names(None) == ["after", "kept", "later"]
    assert await names(then, Condition("name", "eq", ("before", "after"))) == ["before"]
    assert await names(at_change, Condition("name", "lt", ("b",))) == ["after"]
    assert await names(then - timedelta(days=1)) == []
    assert kept


# ---------------------------------------------------------------- totals


async def test_the_total_of_all_is_exact_while_many_write(repository: Repository) -> None:
    scribe = Scribe(repository)
    counted: list[tuple[int, int, int]] = []
    done = asyncio.Event()
    created = deleted = begun_creates = begun_deletes = 0

    async def writer(number: int) -> None:
        nonlocal created, deleted, begun_creates, begun_deletes
        for turn in range(60):
            begun_creates += 1
            identifier = (await scribe.create(KIND)).id
            created += 1
            if turn % 3 == number % 3:
                begun_deletes += 1
                await scribe.replace(KIND, identifier, None, expected=1)
                deleted += 1

    async def reader() -> None:
        lists = Lists(repository._connections, repository.served)
        while not done.is_set():
            least = created - begun_deletes
            total = (await lists.page(KIND, Query(limit=1))).total
            most = begun_creates - deleted
            assert total.exact
            counted.append((least, total.number, most))
            await asyncio.sleep(0)

    reading = [asyncio.create_task(reader()) for _ in range(2)]
    await asyncio.gather(*(writer(number) for number in range(4)))
    done.set()
    await asyncio.gather(*reading)
    assert len(counted) > 20
    # What was acknowledged before the question is counted; what was not begun before the answer is not.
    slack = 4
    assert all(least - slack <= number <= most + slack for least, number, most in counted)
    assert (await repository.lists.page(KIND, Query(limit=1))).total.number == created - deleted == 160


async def test_the_total_counts_on_from_the_feed_and_moves_on(scribe: Scribe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customer_inventory.repository.lists._MOVE_ON_AFTER", 5)
    lists = scribe.repository.lists
    for number in range(1, 25):
        identifier = (await scribe.create(KIND)).id
        await scribe.replace(KIND, identifier, document(KIND, name="x"), expected=1)
        assert (await lists.page(KIND, Query(limit=0))).total.number == number
    for number in range(23, 15, -1):
        page = await lists.page(KIND, Query(limit=1))
        record = page.records[0]
        await scribe.replace(KIND, UUID(record.id), None, expected=record.version)
        assert (await lists.page(KIND, Query(limit=1))).total.number == number


async def test_a_total_with_a_write_in_flight_is_what_is_committed(scribe: Scribe, database: str) -> None:
    """The count starts while a transaction is open: counted on once that commits, it is still exact."""
    await scribe.create(KIND)
    lists = Lists(scribe.repository._connections, scribe.repository.served)
    async with await psycopg.AsyncConnection.connect(database) as late:
        await late.execute(
            "insert into change_record select feed_position(), bucket, id, 1, 'customer', 'create', id from customer"
        )
        for number in (2, 3, 4):
            await scribe.create(KIND)
            assert (await lists.page(KIND, Query(limit=1))).total.number == number
        await late.rollback()
    assert (await lists.page(KIND, Query(limit=1))).total.number == 4


async def test_what_happens_to_other_kinds_moves_the_total_on_too(
    scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a list of a quiet kind would read the whole feed of a busy one, each time a little more."""
    monkeypatch.setattr("customer_inventory.repository.lists._MOVE_ON_AFTER", 5)
    lists = scribe.repository.lists
    await scribe.create(KIND)
    assert (await lists.page(KIND, Query(limit=0))).total.number == 1
    before = lists._counts[KIND]
    for _ in range(10):
        await scribe.create("individual")
    assert (await lists.page(KIND, Query(limit=0))).total.number == 1
    assert lists._counts[KIND].place > before.place
    assert lists._counts[KIND].number == 1


async def test_a_total_survives_a_crash_that_gives_transaction_ids_out_again(
    engine: RunningEngine, tmp_path: Path
) -> None:
    """A transaction that wrote nothing takes an id that a crash forgets; the next write gets the same one."""
    reused = 0
    async with EmbeddedEngine(tmp_path / "data").serving() as conninfo:
        await migrate(conninfo)
        repository = Repository(conninfo)
        scribe = Scribe(repository)
        await scribe.create(KIND)
        for number in range(1, 4):
            burnt = (await ask(conninfo, "select feed_position()"))[0][0]
            lists = Lists(repository._connections, repository.served)
            assert (await lists.page(KIND, Query(limit=0))).total.number == number
            former = kill_postmaster(tmp_path / "data")
            await asyncio.to_thread(wait_for_another, tmp_path / "data", former)
            await until_answered(repository)
            await scribe.create(KIND)
            written = (await ask(conninfo, "select max(position) from change_record"))[0][0]
            reused += written <= burnt
            assert (await lists.page(KIND, Query(limit=0))).total.number == number + 1
        await repository.close()
    assert reused > 0


async def until_answered(repository: Repository) -> None:
    """Use up the connections that the crash broke."""
    broken = await together(*(repository.ping() for _ in range(20)))
    assert all(outcome is None or isinstance(outcome, RepositoryUnavailable) for outcome in broken)
    assert await together(*(repository.ping() for _ in range(20))) == [None] * 20


async def test_a_total_beyond_the_bound_is_estimated_and_says_so(corpus: Corpus) -> None:
    await ask(corpus.conninfo, "analyze customer")
    wide = Query(conditions=(Condition("engagedParty.id", "eq", ("elsewhere",)),), limit=1)
    bounded = Lists(corpus.repository._connections, corpus.repository.served, count_bound=50)
    total = (await bounded.page(KIND, wide)).total
    assert not total.exact
    assert 50 < total.number <= 4 * SIZE
    few = replace(wide, conditions=(*wide.conditions, Condition("name", "eq", ("a",))))
    assert (await bounded.page(KIND, few)).total.exact
    assert (await bounded.page(KIND, replace(wide, limit=SIZE))).total == replace(total, number=SIZE, exact=True)
    assert (await bounded.page(KIND, Query(limit=1))).total == replace(total, number=SIZE, exact=True)


async def test_the_total_of_a_filter_is_remembered_until_the_kind_is_written(scribe: Scribe, database: str) -> None:
    """Counted once for many pages, and anew after every kind of write: nobody gets a total of before."""
    lists = scribe.repository.lists
    query = Query(conditions=(Condition("familyName", "eq", ("Moss",)),), limit=1)

    async def total() -> int:
        found = {(await lists.page("individual", query)).total.number for _ in range(3)}
        assert len(found) == 1
        return found.pop()

    first, second, third = [
        (await scribe.create("individual", document("individual", familyName="Moss"))).id for _ in range(3)
    ]
    assert await total() == 3
    await scribe.create("organization")
    assert await total() == 3
    await scribe.replace("individual", first, document("individual", familyName="Lee"), expected=1)
    assert await total() == 2
    await scribe.create("individual", document("individual", familyName="Moss"))
    assert await total() == 3
    async with await psycopg.AsyncConnection.connect(database) as late:
        await late.execute("select feed_position()")
        await scribe.replace("individual", second, None, expected=1)
        assert await total() == 2
        await scribe.replace("individual", third, document("individual", familyName="Lee"), expected=1)
        assert (await lists.page("individual", replace(query, limit=0))).total.number == 1
        await late.rollback()
    assert (await lists.page("individual", replace(query, limit=0))).total.number == 1


async def test_totals_stay_exact_when_more_was_written_than_is_looked_at(scribe: Scribe) -> None:
    """A page tells of a hundred entries of the feed; what lies beyond is counted all the same."""
    lists = scribe.repository.lists
    everyone = Query(limit=1)
    mosses = Query(conditions=(Condition("familyName", "eq", ("Moss",)),), limit=1)

    async def totals() -> tuple[int, ...]:
        asked = [("individual", everyone), ("individual", mosses), (KIND, everyone)]
        return tuple([(await lists.page(kind, query)).total.number for kind, query in asked])

    async def write(kind: str, number: int, **content: str) -> None:
        for _ in range(number):
            await scribe.create(kind, document(kind, **content))

    await write("individual", 3, familyName="Moss")
    await write(KIND, 2)
    assert await totals() == (3, 3, 2)
    await write("individual", 101, familyName="Lee")
    assert await totals() == (104, 3, 2)
    await write("individual", 100, familyName="Moss")
    assert await totals() == (204, 103, 2)
    await write(KIND, 130)
    assert await totals() == (204, 103, 132)
    assert await totals() == (204, 103, 132)


async def test_a_page_of_what_was_counted_before_is_one_statement_and_its_plan_is_kept(
    scribe: Scribe, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(database, connections=1)
    for _ in range(3):
        await scribe.create("individual", document("individual", familyName="Moss"))
    asked: list[str] = []
    rows = Connection.rows

    async def counted(self: Connection, statement: str, *others: Any, **named: Any) -> list[Any]:
        asked.append(statement)
        return await rows(self, statement, *others, **named)

    monkeypatch.setattr(Connection, "rows", counted)
    for query in (
        Query(limit=2),
        Query(limit=2, sort=(Sort("familyName"),)),
        Query(limit=2, conditions=(Condition("familyName", "eq", ("Moss",)),)),
    ):
        assert (await repository.lists.page("individual", query)).total.number == 3
        for _ in range(9):
            asked.clear()
            assert (await repository.lists.page("individual", query)).total.number == 3
            assert len(asked) == 1
    monkeypatch.setattr("customer_inventory.repository.lists._FEW", 2)
    for _ in range(9):
        assert len((await repository.lists.page("individual", query)).records) == 2
    async with repository._connections.lend() as connection:
        kept = await connection.rows(
            "select generic_plans, custom_plans from pg_prepared_statements where statement like %s", ("%record_id%",)
        )
    # The first five times PostgreSQL tries what a plan for the values costs; that of a filter that finds many is made
    # each time.
    assert len(kept) == 3
    assert all(generic > 0 and custom <= 5 and generic + custom < 10 for generic, custom in kept)
    await repository.close()


@often
@given(asked=conditions().filter(lambda one: one.operator == "eq"), sort=sorts)
async def test_a_filter_that_finds_few_finds_the_same_with_a_plan_that_is_kept(
    corpus: Corpus, asked: Condition, sort: tuple[Sort, ...]
) -> None:
    found = [name for name in ordered(corpus, sort) if holds(corpus.documents[name], asked)]
    query = Query(conditions=(asked,), sort=sort, limit=3)
    counted = await corpus.repository.lists.page(KIND, query)
    for begin, after in ((0, None), (3, counted.last)) if counted.more_after else ((0, None),):
        page = await corpus.repository.lists.page(KIND, replace(query, after=after))
        assert [record.id for record in page.records] == found[begin : begin + 3]
        assert page.total.number == len(found)


async def test_an_empty_page_has_the_total_of_all(scribe: Scribe) -> None:
    lists = scribe.repository.lists
    for number in range(1, 4):
        await scribe.create("individual", document("individual", familyName="Moss"))
        for query in (Query(limit=1), Query(limit=1, conditions=(Condition("familyName", "eq", ("Moss",)),))):
            assert (await lists.page("individual", query)).total.number == number
            beyond = await lists.page("individual", replace(query, offset=10))
            assert (beyond.records, beyond.total.number) == ([], number)
