"""What lists promise on every engine: a page holds what a plain reading of the records finds, each exactly once.

A few hundred records are made from pools of awkward values; queries are generated, and answered a second time by plain
Python over the same documents.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_inventory.model import RESOURCES, validate
from customer_inventory.model.problems import InvalidValue
from customer_inventory.repository import Repository, migrate
from customer_inventory.repository.connections import RepositoryUnavailable
from customer_inventory.repository.engines import EmbeddedEngine
from customer_inventory.repository.lists import Lists, Page, ValueNotComparable
from customer_inventory.repository.query import Condition, InvalidCursor, Query, Sort
from tests.conftest import _TEMPLATE, RunningEngine
from tests.consistency import ask
from tests.contract.conftest import Document, Scribe, document, together
from tests.killing import kill_postmaster, wait_for_another

SIZE = 240
KIND = "customer"
RESOURCE = RESOURCES[KIND]
TEXTS = [
    "a", "A", "b", "ä", "é", "z", "Z", "zz", "ß", "日本", "😀", "a b", "a,b", "a=b", "%", "_", "\\", "'", '"', "{}",
    "x" * 199, "x" * 200, "x" * 201, "x" * 202, "0", "1", "10", "9", "true", "null", "$", "a\u0301", "á", " a", "\t",
]  # fmt: skip
INSTANTS = [
    "2024-02-29T12:00:00Z", "2024-02-29T13:00:00+01:00", "2024-02-29T00:00:00-12:00", "2024-02-29T12:00:00.000Z",
    "2024-02-29T12:00:00.000001Z", "2024-02-29T12:00:00.1Z", "2024-02-29T12:00:00.10Z", "2024-03-01T00:00:00Z",
    "2024-02-29T23:59:59.999999Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2024-02-29T11:59:59.999999Z", "2024-03-01T08:00:00+20:00", "2024-02-28T12:29:00-23:31",
    "1900-01-01T00:00:00+0530", "2024-02-29t12:00:00z",
]  # fmt: skip
WHOLE = [0, 1, -1, 9, 10, 11, 99, 100, -10, 2**31 - 1, -(2**31)]
STATUSES = ["active", "approved", "closed", "Closed"]
PATHS = {
    "name": TEXTS,
    "status": STATUSES,
    "description": TEXTS,
    "engagedParty.name": TEXTS,
    "validFor.startDateTime": INSTANTS,
    "contactMedium.emailAddress": TEXTS,
    "contactMedium.city": TEXTS,
    "contactMedium.preferred": ["true", "false"],
    "contactMedium.validFor.endDateTime": INSTANTS,
    "creditProfile.creditScore": [str(number) for number in WHOLE],
    "creditProfile.creditProfileDate": INSTANTS,
    "characteristic.name": TEXTS,
    "characteristic.value": [*TEXTS, "1.5", "-0.5"],
}
UNORDERED = {"characteristic.value", "contactMedium.preferred"}
SORTABLE = ["name", "status", "description", "engagedParty.name", "validFor.startDateTime"]


def some(chance: random.Random, pool: list[Any]) -> Any:
    return chance.choice(pool)


def medium(chance: random.Random) -> Document:
    match chance.randrange(4):
        case 0:
            content: Document = {"@type": "EmailContactMedium", "emailAddress": some(chance, TEXTS)}
        case 1:
            content = {"@type": "GeographicAddressContactMedium", "city": some(chance, TEXTS)}
        case 2:
            content = {"@type": "ContactMedium"}
        case _:
            # A class of the client's own may use a word of ours for something else.
            content = {"@type": "CarrierPigeon", "emailAddress": some(chance, [5, None, ["a"], {"a": "b"}, True])}
    if chance.random() < 0.5:
        content["preferred"] = chance.random() < 0.5
    if chance.random() < 0.5:
        content["validFor"] = {"endDateTime": some(chance, INSTANTS)}
    return content


def characteristic(chance: random.Random) -> Document:
    kind, value = some(
        chance,
        [
            ("String", some(chance, TEXTS)),
            ("Integer", some(chance, WHOLE)),
            ("Number", some(chance, [1.0, 1.5, -0.5, 10, 1e3])),
            ("Boolean", chance.random() < 0.5),
            ("StringArray", [some(chance, TEXTS) for _ in range(chance.randrange(3))]),
            ("Object", {"a": {"b": "c"}}),
        ],
    )
    return {"@type": f"{kind}Characteristic", "name": some(chance, TEXTS), "value": value}


def generated(chance: random.Random) -> Document:
    """A customer with each attribute there or not, and values from the pools."""
    party = {"@type": "PartyRef", "id": "elsewhere", "name": some(chance, TEXTS), "@referredType": "Individual"}
    content: Document = {"@type": "Customer", "name": some(chance, TEXTS), "engagedParty": party}
    optional: Document = {
        "status": some(chance, STATUSES),
        "description": some(chance, TEXTS),
        "validFor": {"startDateTime": some(chance, INSTANTS)} if chance.random() < 0.7 else {},
        "contactMedium": [medium(chance) for _ in range(chance.randrange(4))],
        "characteristic": [characteristic(chance) for _ in range(chance.randrange(3))],
        "creditProfile": [
            {
                "@type": "CreditProfile",
                "creditScore": some(chance, WHOLE),
                "creditProfileDate": some(chance, INSTANTS),
                "validFor": {},
            }
            for _ in range(chance.randrange(3))
        ],
    }
    content.update({name: value for name, value in optional.items() if chance.random() < 0.7})
    if chance.random() < 0.2:
        other = {"@type": "Weird", "birthDate": "never", "deathDate": 7}
        content["relatedParty"] = [{"@type": "RelatedPartyOrPartyRole", "role": "friend", "partyOrPartyRole": other}]
    return content


@dataclass(frozen=True, repr=False)
class Corpus:
    """Records that are held, by id, and their store."""

    repository: Repository
    documents: dict[str, Document]
    conninfo: str

    async def find(self, query: Query) -> list[str]:
        """The ids of one page."""
        return [record.id for record in (await self.repository.lists.page(KIND, query)).records]


@pytest.fixture(scope="module")
async def corpus(engine: RunningEngine) -> AsyncIterator[Corpus]:
    """Some customers, the same in every run."""
    chance = random.Random(1316)
    async with engine.database(template=_TEMPLATE) as conninfo:
        repository = Repository(conninfo)
        scribe = Scribe(repository)
        documents = {}
        for _ in range(SIZE):
            content = generated(chance)
            validate(RESOURCE, content)
            documents[str((await scribe.create(KIND, content)).id)] = content
        yield Corpus(repository, documents, conninfo)
        await repository.close()


# ---------------------------------------------------------------- the plain reading


def leaves(value: Any, path: str) -> Iterator[Any]:
    """Every value at a path; arrays on the way and at the end are descended."""
    if isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    elif not path:
        if isinstance(value, str | int | float):
            yield value
    elif isinstance(value, dict):
        first, _, rest = path.partition(".")
        if first in value:
            yield from leaves(value[first], rest)


def instant(text: str) -> datetime | date:
    if len(text) == 10:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def canonical(path: str, value: Any) -> Any:
    """What two values share when they are equal: None when the value is not of the attribute's type."""
    kind = RESOURCE.attributes[path].type
    if kind == "date-time":
        return instant(value) if isinstance(value, str) else None
    if kind in {"integer", "number"}:
        return Decimal(str(value))
    if kind == "boolean" or isinstance(value, bool):
        return {True: "true", False: "false"}.get(value, value) if kind != "string" else None
    if kind == "string":
        return value if isinstance(value, str) else None
    return format(Decimal(str(value)).normalize(), "f") if isinstance(value, int | float) else value


def holds(content: Document, condition: Condition) -> bool:
    """Whether any value of the attribute and any value of the condition fulfil it."""
    compare = {
        "eq": lambda held, asked: held == asked,
        "gt": lambda held, asked: held > asked,
        "gte": lambda held, asked: held >= asked,
        "lt": lambda held, asked: held < asked,
        "lte": lambda held, asked: held <= asked,
    }[condition.operator]
    held = [
        found for value in leaves(content, condition.path) if (found := canonical(condition.path, value)) is not None
    ]
    return any(compare(value, canonical(condition.path, asked)) for value in held for asked in condition.values)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    path = draw(st.sampled_from(sorted(PATHS)))
    operators = ["eq"] if path in UNORDERED else ["eq", "eq", "gt", "gte", "lt", "lte"]
    values = draw(st.lists(st.sampled_from(PATHS[path]), min_size=1, max_size=3))
    return Condition(path, draw(st.sampled_from(operators)), tuple(values))


queries = st.lists(conditions(), min_size=1, max_size=3)
often = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@often
@given(asked=queries)
async def test_a_filter_finds_what_a_plain_reading_finds(corpus: Corpus, asked: list[Condition]) -> None:
    expected = {name for name, content in corpus.documents.items() if all(holds(content, one) for one in asked)}
    page = await corpus.repository.lists.page(KIND, Query(conditions=tuple(asked), limit=SIZE))
    assert {record.id for record in page.records} == expected
    assert (page.total.number, page.total.exact) == (len(expected), True)
    part = await corpus.repository.lists.page(KIND, Query(conditions=tuple(asked), limit=1))
    assert (part.total.number, part.total.exact) == (len(expected), True)


async def test_filters_of_every_operator_find_something(corpus: Corpus) -> None:
    """The property above would hold of an empty corpus too; this shows that it speaks of something."""
    for path, pool in PATHS.items():
        for operator in ["eq"] if path in UNORDERED else ["eq", "gt", "gte", "lt", "lte"]:
            counts = {
                len(await corpus.find(Query(conditions=(Condition(path, operator, (v,)),), limit=SIZE))) for v in pool
            }
            assert len(counts) > 1, (path, operator)


async def test_what_a_foreign_class_calls_by_our_words_breaks_no_filter(corpus: Corpus) -> None:
    """A `birthDate` of a class that is not ours need not be a date; such a record is passed over."""
    assert sum("relatedParty" in content for content in corpus.documents.values()) > 10
    for path, value in (
        ("relatedParty.partyOrPartyRole.birthDate", "2024-02-29T12:00:00Z"),
        ("relatedParty.partyOrPartyRole.deathDate", "2024-02-29T12:00:00Z"),
        ("contactMedium.emailAddress", "a"),
    ):
        for operator in ("eq", "gt", "gte", "lt", "lte"):
            found = await corpus.find(Query(conditions=(Condition(path, operator, (value,)),), limit=SIZE))
            assert path.startswith("contact") or found == []


@pytest.mark.parametrize(
    ("operator", "value"), [("eq", "7"), ("gt", "6.5"), ("gte", "7e0"), ("lt", "70"), ("lte", "7.000")]
)
async def test_numbers_are_compared_as_numbers(operator: str, value: str, scribe: Scribe) -> None:
    path = "taxExemptionCertificate.attachment.size.amount"
    for amount in (7, "seven", "7", None, {"is": 7}, True):
        attachment = {"@type": "Photo", "size": {"amount": amount}}
        certificate = {"@type": "TaxExemptionCertificate", "attachment": attachment}
        content = document("individual", taxExemptionCertificate=[certificate], title=str(amount))
        validate(RESOURCES["individual"], content)
        await scribe.create("individual", content)
    page = await scribe.repository.lists.page("individual", Query(conditions=(Condition(path, operator, (value,)),)))
    assert [msgspec.json.decode(record.document)["title"] for record in page.records] == ["7"]


@often
@given(
    first=st.sampled_from(["2000-01-01", "2000-01-02", "2000-01-01T00:00:00Z", "2000-01-02T01:00:00+02:00"]),
    operator=st.sampled_from(["eq", "gt", "gte", "lt", "lte"]),
)
async def test_days_and_instants_share_an_order(
    days: dict[str, str], repository_of_days: Repository, first: str, operator: str
) -> None:
    """A plain date stands at its midnight in UTC for ranges; for equality a date and an instant differ."""

    def at(text: str) -> datetime:
        return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00Z").astimezone(UTC)

    compare = {"gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__"}
    expected = {
        name
        for name, day in days.items()
        if (instant(day) == instant(first) if operator == "eq" else getattr(at(day), compare[operator])(at(first)))
    }
    query = Query(conditions=(Condition("birthDate", operator, (first,)),))
    page = await repository_of_days.lists.page("individual", query)
    assert {record.id for record in page.records} == expected


DAYS = [
    "2000-01-01",
    "2000-01-02",
    "2000-01-01T00:00:00Z",
    "2000-01-01T23:00:00Z",
    "1999-12-31T23:00:00-01:00",
    "2000-01-02T21:00:00+23:00",
]


@pytest.fixture(scope="module")
async def repository_of_days(engine: RunningEngine) -> AsyncIterator[Repository]:
    async with engine.database(template=_TEMPLATE) as conninfo:
        repository = Repository(conninfo)
        yield repository
        await repository.close()


@pytest.fixture(scope="module")
async def days(repository_of_days: Repository) -> dict[str, str]:
    scribe = Scribe(repository_of_days)
    await scribe.create("individual")
    return {str((await scribe.create("individual", document("individual", birthDate=day))).id): day for day in DAYS}


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
        lists = Lists(repository._connections)
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
    lists = Lists(scribe.repository._connections)
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
            lists = Lists(repository._connections)
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
    bounded = Lists(corpus.repository._connections, count_bound=50)
    total = (await bounded.page(KIND, wide)).total
    assert not total.exact
    assert 50 < total.number <= 4 * SIZE
    few = replace(wide, conditions=(*wide.conditions, Condition("name", "eq", ("a",))))
    assert (await bounded.page(KIND, few)).total.exact
    assert (await bounded.page(KIND, replace(wide, limit=SIZE))).total == replace(total, number=SIZE, exact=True)
    assert (await bounded.page(KIND, Query(limit=1))).total == replace(total, number=SIZE, exact=True)


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ("Jürgen Müller", "muller"),
        ("Jürgen Müller", "JURGEN"),
        ("Jürgen Müller", "müller jürgen"),
        ("Straßburger", "strassburger"),
        ("José Núñez", "nunez jose"),
        ("Łukasz Żółć", "zolc"),
        ("Margarete Schmidt", "Magarete Schmidt"),
        ("Margarete Schmidt", "Margarete Schmitt"),
        ("Margarete Schmidt", "schm"),
        ("O'Brien & Sons", "o'brien"),
        ("100% Sure_Thing\\", "100%"),
        ("100% Sure_Thing\\", "sure_thing\\"),
    ],
)
async def test_a_name_is_found_without_accents_case_order_or_perfect_spelling(
    held: str, asked: str, scribe: Scribe
) -> None:
    await scribe.create(KIND, document(KIND, name="Somebody Else"))
    await scribe.create(KIND, document(KIND, name="Another One"))
    found = (await scribe.create(KIND, document(KIND, name=held))).id
    page = await scribe.repository.lists.page(KIND, Query(name=asked))
    assert [record.id for record in page.records] == [str(found)]
    assert page.total.number == 1


async def test_a_pattern_is_no_name(scribe: Scribe) -> None:
    await scribe.create(KIND, document(KIND, name="Bartholomew"))
    for asked in ("%", "_", "%%", "b%w", "%a%", "___________", "\\", "*", ".*", "", "   ", "' or true --"):
        page = await scribe.repository.lists.page(KIND, Query(name=asked))
        assert page.records == [], asked


# ---------------------------------------------------------------- hostile questions


INJECTIONS = [
    "' or '1'='1", "'; drop table customer; --", "a'||pg_sleep(5)||'", "\\'; --", "$1", "%s", "%(x)s", "{kind}", "{}",
    "}{", "a\") ? (@ == 1)", "$.**", "--", "/*", "\u2019 or 1=1", "a" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
async def test_a_value_is_only_ever_a_value(text: str, corpus: Corpus) -> None:
    for path in ("name", "contactMedium.emailAddress"):
        expected = {name for name, content in corpus.documents.items() if text in set(leaves(content, path))}
        assert set(await corpus.find(Query(conditions=(Condition(path, "eq", (text,)),)))) == expected
        for operator in ("gt", "lte"):
            condition = Condition(path, operator, (text,))
            plain = {name for name, content in corpus.documents.items() if holds(content, condition)}
            assert set(await corpus.find(Query(conditions=(condition,), limit=SIZE))) == plain
    await corpus.find(Query(name=text))
    assert await ask(corpus.conninfo, "select count(*) from customer") == [(SIZE,)]


@pytest.mark.parametrize("path", [*INJECTIONS[:-1], "name'", "doc ->> 'x'", "name; select 1", "", ".", "name."])
async def test_a_path_that_is_no_attribute_reaches_no_statement(path: str, corpus: Corpus) -> None:
    for operator in ("eq", "gt"):
        with pytest.raises((InvalidValue, KeyError)):
            await corpus.find(Query(conditions=(Condition(path, operator, ("a",)),)))
    with pytest.raises(KeyError):
        await corpus.find(Query(sort=(Sort(path),)))


async def test_a_kind_that_is_none_reaches_no_statement(corpus: Corpus) -> None:
    with pytest.raises(KeyError):
        await corpus.repository.lists.page("customer; drop table customer", Query())


async def test_an_attribute_with_several_values_is_no_order(corpus: Corpus) -> None:
    with pytest.raises(ValueError, match="several"):
        await corpus.find(Query(sort=(Sort("contactMedium.emailAddress"),)))


@often
@given(damage=st.data())
async def test_a_damaged_cursor_is_refused(corpus: Corpus, damage: st.DataObject) -> None:
    query = Query(sort=(Sort("validFor.startDateTime"), Sort("name", True)), limit=5)
    page: Page = await corpus.repository.lists.page(KIND, query)
    cursor = page.last or ""
    at = damage.draw(st.integers(0, len(cursor) - 1))
    other = damage.draw(st.characters().filter(lambda letter: letter != cursor[at]))
    damaged = cursor[:at] + other + cursor[at + 1 :]
    try:
        found = await corpus.find(replace(query, after=damaged))
    except (InvalidCursor, ValueNotComparable):
        return
    # The last letter of base64 has bits that mean nothing.
    assert at == len(cursor) - 1
    assert found == await corpus.find(replace(query, after=cursor))


async def test_a_cursor_of_another_order_is_refused(corpus: Corpus) -> None:
    by_name = await corpus.repository.lists.page(KIND, Query(sort=(Sort("name"),), limit=5))
    for sort in ((), (Sort("name", True),), (Sort("status"),), (Sort("name"), Sort("status"))):
        with pytest.raises(InvalidCursor):
            await corpus.find(Query(sort=sort, after=by_name.last))
    for cursor in ("", "AAAA", "=", "é", "\0", "eyJ", by_name.last[:-4] if by_name.last else ""):
        if cursor:
            with pytest.raises(InvalidCursor):
                await corpus.find(Query(sort=(Sort("name"),), after=cursor))
