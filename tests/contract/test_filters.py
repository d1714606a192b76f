"""Filters answer what a plain reading of their rules finds: from the query string to the rows of the database.

Each case is held against every record. `FILTER_CASES` says how many more to run than CI does; they come from one seed
each, which a failure names.
"""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_inventory.api.parameters import parse
from customer_inventory.model import RESOURCES, validate
from customer_inventory.model.conversion import copied
from customer_inventory.model.filtering import Filter
from customer_inventory.repository import Repository
from customer_inventory.repository.order import Sort
from customer_inventory.repository.query import Query
from tests.conftest import _TEMPLATE, RunningEngine
from tests.contract import filter_cases, filter_reading
from tests.contract.conftest import Scribe
from tests.contract.filter_reading import Asked, single
from tests.contract.filter_records import Document
from tests.contract.filter_shown import MAKERS, PATHS, shown, view_of

SIZE = 240
ANYTHING = Asked(((),))
MORE = int(os.environ.get("FILTER_CASES", "0"))
often = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Held:
    """Records that are held, as each view shows them, by the view and id, and their store."""

    def __init__(self, repository: Repository, documents: dict[str, dict[str, Document]]) -> None:
        self.repository = repository
        self.documents = documents

    async def found(self, asked: str, query: Query) -> set[str]:
        """The ids of all records that a query finds; its total says as many."""
        page = await self.repository.lists.page(view_of(asked).resource.kind, replace(query, limit=SIZE))
        assert page.total.number == len(page.records)
        return {record.id for record in page.records}


@pytest.fixture(scope="module")
async def held(engine: RunningEngine) -> AsyncIterator[Held]:
    """Some records of each kind, the same in every run."""
    chance = random.Random(630)
    async with engine.database(template=_TEMPLATE) as conninfo:
        repository = Repository(conninfo, statement_timeout_ms=30_000)
        scribe = Scribe(repository)
        documents: dict[str, dict[str, Document]] = {asked: {} for asked in PATHS}
        for name, make in MAKERS.items():
            for _ in range(SIZE):
                content = make(chance)
                validate(RESOURCES[name], content)
                record = str((await scribe.create(RESOURCES[name].kind, content)).id)
                for asked in (asked for asked in PATHS if asked.split()[0] == name):
                    documents[asked][record] = {**shown(view_of(asked), copied(content)), "id": record}
        yield Held(repository, documents)
        await repository.close()


async def answered(held: Held, kind: str, asked: Asked, text: str) -> int:
    """Hold the answer to a query string against the plain reading; return how many records it has."""
    expected = {
        name for name, content in held.documents[kind].items() if filter_reading.holds(asked, content, PATHS[kind])
    }
    query = parse(view_of(kind), text.encode()).query
    found = await held.found(kind, query)
    assert found == expected, (text, asked)
    matching = Filter(query.conditions)
    assert {name for name, content in held.documents[kind].items() if matching.matches(content)} == expected, text
    return len(expected)


@often
@given(chance=st.randoms(use_true_random=False), kind=st.sampled_from(sorted(PATHS)))
async def test_a_filter_finds_what_a_plain_reading_finds(held: Held, chance: random.Random, kind: str) -> None:
    """250 filters are each held against 240 records, on each engine; what fails is made small."""
    asked = filter_cases.make(chance, kind)
    await answered(held, kind, asked, filter_cases.write(chance, asked))


async def test_a_hundred_thousand_verdicts(held: Held) -> None:
    """Each of these filters is held against each record: CI gives over 100,000 verdicts on each engine."""
    counts = []
    for seed in range(MORE or 450):
        chance = random.Random(seed)
        kind = chance.choice(sorted(PATHS))
        asked = filter_cases.make(chance, kind)
        text = filter_cases.write(chance, asked)
        try:
            counts.append(await answered(held, kind, asked, text))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {text}") from error
    assert len(counts) * SIZE >= 100_000
    # The filters speak of something: most of them tell records apart.
    assert sum(0 < count < SIZE for count in counts) > len(counts) // 3


@often
@given(seed=st.integers(0, 2**32))
async def test_cursors_visit_every_match_once_in_order(held: Held, seed: int) -> None:
    chance = random.Random(seed)
    kind = chance.choice(sorted(PATHS))
    paths = chance.sample(sorted(PATHS[kind]), chance.randrange(4))
    keys = [(path, chance.random() < 0.5) for path in paths]
    asked = filter_cases.make(chance, kind) if chance.random() < 0.5 else ANYTHING
    order = ",".join(("-" if descending else chance.choice(["", "%2B", "+"])) + path for path, descending in keys)
    written = [f"sort={order}", f"limit={chance.choice([7, 40, SIZE])}"]
    query = parse(view_of(kind), "&".join([*written, filter_cases.write(chance, asked)]).encode()).query
    assert query.sort == tuple(Sort(view_of(kind).stored_path(path), descending) for path, descending in keys)
    expected = ordered(held, kind, asked, keys)
    for backwards in (False, True):
        assert await walked(held, kind, query, backwards=backwards) == expected


async def walked(held: Held, kind: str, query: Query, *, backwards: bool) -> list[str]:
    """The ids of all pages, from the first page on or from the last one back."""
    lists = held.repository.lists
    table = view_of(kind).resource.kind
    page = await lists.page(table, query)
    pages = [page]
    while page.more_after:
        page = await lists.page(table, replace(query, after=page.last))
        pages.append(page)
    if backwards:
        back = [page]
        while back[-1].more_before:
            back.append(await lists.page(table, replace(query, before=back[-1].first)))
        pages = back[::-1]
    return [record.id for each in pages for record in each.records]


def ordered(held: Held, kind: str, asked: Asked, keys: list[tuple[str, bool]]) -> list[str]:
    """The matches by the plain reading, in order: absent values first, ties by id in the direction of the last key."""
    found = [
        name for name, content in held.documents[kind].items() if filter_reading.holds(asked, content, PATHS[kind])
    ]
    found.sort(key=lambda name: (name[15:18], name), reverse=bool(keys) and keys[-1][1])
    for path, descending in reversed(keys):
        found.sort(key=lambda name: _sorted_by(held.documents[kind][name], kind, path, descending), reverse=descending)
    return found


def _sorted_by(content: Document, kind: str, path: str, descending: bool) -> tuple[bool, Any]:
    declared = PATHS[kind][path].type
    values = single(filter_reading.below(content, path.split(".")))
    match declared:
        case "date-time":
            values = [instant for value in values if (instant := filter_reading.as_instant(value)) is not None]
        case "number":
            values = [value for value in values if filter_reading.is_number(value)]
        case _:
            # An empty text stands where absent ones do.
            texts = [text for value in values if (text := filter_reading.as_written(declared, value)) is not None]
            return (True, (max if descending else min)(texts, default="").encode())
    if not values:
        return (False, 0)
    return (True, (max if descending else min)(values))
