"""What lists promise on every engine: a page holds what a plain reading of the records finds, each exactly once.

A few hundred records are made from pools of awkward values; queries are generated, and answered a second time by plain
Python over the same documents.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.model import RESOURCES, validate
from customer_inventory.model.filtering import Condition
from customer_inventory.model.problems import InvalidValue
from customer_inventory.repository import Repository
from customer_inventory.repository.lists import Page, ValueNotComparable
from customer_inventory.repository.order import InvalidCursor, Sort
from customer_inventory.repository.query import Query
from tests.conftest import _TEMPLATE, RunningEngine
from tests.consistency import ask
from tests.contract.conftest import Scribe, document
from tests.contract.corpus import (
    KIND,
    PATHS,
    SIZE,
    UNORDERED,
    Corpus,
    holds,
    leaves,
    often,
    queries,
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
    """A plain date stands at its midnight in UTC."""

    def at(text: str) -> datetime:
        return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00Z").astimezone(UTC)

    compare = {"eq": "__eq__", "gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__"}
    expected = {name for name, day in days.items() if getattr(at(day), compare[operator])(at(first))}
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


async def test_a_group_of_attributes_is_no_order(corpus: Corpus) -> None:
    with pytest.raises(ValueError, match="no values"):
        await corpus.find(Query(sort=(Sort("contactMedium"),)))


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
