"""Rules as set operations say of all records what rules on one record say of each.

`RULINGS=1000000 ./test tests/contract/test_ruling.py` compares a million cases of a record and a rule.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from customer_inventory.access import Access
from customer_inventory.ids import new_id
from customer_inventory.model import RESOURCES
from customer_inventory.model.ruling import Rule, Ruling
from customer_inventory.repository import Repository
from customer_inventory.repository.ruling import WeighingTooLong
from tests.room.ruling_cases import RULES, documents

INDIVIDUAL = RESOURCES["individual"]
NOW = datetime(2026, 11, 30, 12, 34, 56, tzinfo=UTC)
CASES = int(os.environ.get("RULINGS", "60000"))
RECORDS = 400
AT_ONCE = 60

_INSERT = """insert into individual select bucket_of(i), i, 1, d::jsonb, '{}', '', i, 0, %s, %s
    from unnest(%s::uuid[], %s::text[]) as t(i, d)"""


async def kept(database: str, found: list[dict[str, Any]], drawn: random.Random) -> dict[str, dict[str, Any]]:
    """Put documents into the table as they are, valid or not, and return them by id."""
    ids = [str(new_id(bucket=number % 4096, at=NOW, randomness=drawn.getrandbits)) for number in range(len(found))]
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("truncate individual")
        encoded = [msgspec.json.encode(document).decode() for document in found]
        await connection.execute(_INSERT, (NOW, NOW, ids, encoded))
    return dict(zip(ids, found, strict=True))


def broken(rules: list[Rule], record: dict[str, Any]) -> set[tuple[str, str]]:
    """Return which rules a record breaks, by the rules on one record."""
    breaches = Ruling(rules, INDIVIDUAL.attributes).breaches(record, now=NOW)
    return {(str(breach.rule.place), breach.rule.code) for breach in breaches}


async def test_of_every_record_and_rule_both_say_the_same(repository: Repository, database: str) -> None:
    cases, seed = 0, 0
    while cases < CASES:
        drawn = random.Random(seed)
        records = await kept(database, [documents(drawn) for _ in range(RECORDS)], drawn)
        rules = drawn.sample(RULES, AT_ONCE)
        weighed = await repository.rulings.weigh(
            "individual", rules, now=NOW, within_s=120, samples=RECORDS, attributes=INDIVIDUAL.attributes
        )
        wanted = {identifier: broken(rules, record) for identifier, record in records.items()}
        assert weighed.examined == len(records)
        for weight in weighed.weights:
            name = (str(weight.rule.place), weight.rule.code)
            breaking = {identifier for identifier, names in wanted.items() if name in names}
            differing = breaking ^ set(weight.samples)
            assert not differing, (seed, weight.rule, records[min(differing)], min(differing) in breaking)
            assert weight.broken == len(breaking)
        cases += len(records) * len(rules)
        seed += 1
    assert cases >= CASES


def test_the_cases_keep_and_break_every_sort_of_rule() -> None:
    """Otherwise the agreement above would hold of nothing."""
    drawn = random.Random(0)
    counted = Counter(name for _ in range(400) for name in broken(RULES, documents(drawn)))
    sorts = {code.rstrip("0123456789-") for _, code in counted}
    assert sorts == {"t", "h", "obligation"}
    assert len(counted) > len(RULES) * 0.5
    assert all(number < 400 for (_, code), number in counted.items() if not code.startswith("h"))


async def test_records_are_counted_by_source_with_some_of_their_ids(repository: Repository, access: Access) -> None:
    rules = [rule for rule in RULES if rule.present and rule.when is None and str(rule.place) == "deathDate"]
    made = [
        await access.create(INDIVIDUAL, {"@type": "Individual", "givenName": "A", "familyName": "B", **more})
        for more in ({}, {"deathDate": "1990-01-01"}, {})
    ]
    weighed = await repository.rulings.weigh(
        "individual", rules, now=NOW, within_s=60, samples=1, by_source=True, attributes=INDIVIDUAL.attributes
    )
    (weight,) = weighed.weights
    assert (weighed.examined, weight.broken, sum(weight.by_source.values())) == (3, 2, 2)
    assert len(weight.samples) == 1
    assert UUID(weight.samples[0]) in {UUID(each.record.id) for each in made}


async def test_counting_ends_when_its_time_is_over(repository: Repository, database: str) -> None:
    drawn = random.Random(1)
    await kept(database, [documents(drawn) for _ in range(2000)], drawn)
    with pytest.raises(WeighingTooLong):
        await repository.rulings.weigh("individual", RULES, now=NOW, within_s=0.02, attributes=INDIVIDUAL.attributes)
