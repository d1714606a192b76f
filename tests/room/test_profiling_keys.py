"""Keys of several columns: the planted ones are found, none that chance makes, and how sure they are is honest."""

from __future__ import annotations

import csv
import random
from datetime import UTC, date, datetime
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_inventory.model import RESOURCES
from customer_inventory.requirements.profiling import Profile, keys, profile, profile_documents, proposals, sample
from customer_inventory.requirements.profiling.report import write_drafts
from tests.conftest import shared

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TODAY = date(2026, 11, 30)


def profiled(names: list[str], rows: list[list[str]]) -> Profile:
    return profile(names, rows, random=random.Random(1), today=TODAY)


def found(names: list[str], rows: list[list[str]]) -> list[tuple[str, ...]]:
    return [each.columns for each in profiled(names, rows).keys.found]


def contracts(number: int, seed: int = 1) -> list[list[str]]:
    """Rows of services by contract: the contract and the number of the service tell the row, with other columns."""
    draw = random.Random(seed)
    rows = [
        [f"C-{1000 + at // 4}", str(at % 4 + 1), draw.choice(["basic", "plus"]), f"c{draw.randrange(9)}"]
        for at in range(number)
    ]
    draw.shuffle(rows)
    return rows


NAMES = ["contract", "service", "tariff", "colour"]


def test_two_columns_that_tell_every_row_are_found_and_nothing_else() -> None:
    (key,) = profiled(NAMES, contracts(200)).keys.found
    assert (key.columns, key.rows, key.distinct) == (("contract", "service"), 200, 200)
    assert key.confidence == 0.98


def test_three_columns_are_found_where_no_two_tell_every_row() -> None:
    rows = [[f"a{a}", f"b{b}", f"c{c}", "x" if a else "y"] for a, b, c in product(range(6), repeat=3)]
    random.Random(2).shuffle(rows)
    assert found(["a", "b", "c", "d"], rows) == [("a", "b", "c")]


def test_a_key_of_one_column_is_part_of_none() -> None:
    rows = [[str(at), *row] for at, row in enumerate(contracts(200))]
    assert found(["id", *NAMES], rows) == [("contract", "service")]
    nearly = [[str(max(1, at)), *row] for at, row in enumerate(contracts(200))]
    assert found(["id", *NAMES], nearly) == [("contract", "service")]


@pytest.mark.parametrize("seed", range(20))
def test_what_chance_alone_makes_unique_is_no_key(seed: int) -> None:
    draw = random.Random(seed)
    sizes = [2, 5, 40, 60, 150, 300]
    rows = [[f"v{draw.randrange(size)}" for size in sizes] for _ in range(120)]
    assert found([f"c{at}" for at in range(len(sizes))], rows) == []


def test_names_and_birth_dates_of_few_people_are_no_key() -> None:
    draw = random.Random(3)
    rows = [
        [draw.choice(["Ann", "Ben", "Cid", "Dee"]), f"Example{draw.randrange(30)}", f"19{draw.randrange(50, 99)}-05-11"]
        for _ in range(60)
    ]
    assert found(["first name", "surname", "dob"], rows) == []


def test_how_sure_it_is_grows_with_the_rows_and_falls_where_they_are_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (profiled(NAMES, contracts(number)).keys.found[0].confidence for number in (40, 4000))
    assert few < 0.93 < many < 1
    monkeypatch.setattr(sample, "MOST_ROWS", 400)
    drawn = profiled(NAMES, contracts(4000))
    (key,) = drawn.keys.found
    # Two alike are both in a sample of a tenth once in a hundred times: 400 rows count as 40.
    assert (drawn.rows, key.rows) == (400, 400)
    assert key.confidence <= 0.92


def test_rows_without_a_value_are_not_counted_and_many_are_too_many() -> None:
    rows = contracts(400)
    rows[7][0] = rows[8][1] = "n/a"
    (key,) = profiled(NAMES, rows).keys.found
    assert (key.rows, key.distinct) == (398, 398)
    for row in rows[:20]:
        row[1] = ""
    assert found(NAMES, rows) == []


def test_measures_and_places_with_several_values_are_part_of_no_key() -> None:
    draw = random.Random(4)
    rows = [[*row[:1], f"{at % 4 + draw.randrange(9) / 10:.1f}"] for at, row in enumerate(sorted(contracts(200)))]
    assert found(["contract", "amount"], rows) == []
    documents: list[dict[str, Any]] = [
        {"description": row[0], "note": [{"text": row[1]}, *([{"text": "9"}] if at == 5 else [])]}
        for at, row in enumerate(contracts(200))
    ]
    assert profile_documents(documents, random=random.Random(1), today=TODAY).keys.found == ()
    del documents[5]["note"][1]
    (key,) = profile_documents(documents, random=random.Random(1), today=TODAY).keys.found
    assert key.columns == ("description", "note.text")


tables = st.tuples(st.integers(0, 2**32), st.integers(20, 90), st.lists(st.integers(2, 25), min_size=2, max_size=5))


@settings(deadline=None, max_examples=60)
@given(tables)
def test_whatever_is_found_is_unique_and_no_part_of_it_is(table: tuple[int, int, list[int]]) -> None:
    seed, number, sizes = table
    draw = random.Random(seed)
    rows = list({tuple(f"v{draw.randrange(size)}" for size in sizes) for _ in range(number)})
    names = [f"c{at}" for at in range(len(sizes))]
    for key in profiled(names, [list(row) for row in rows]).keys.found:
        places = [names.index(name) for name in key.columns]
        assert len({tuple(row[at] for at in places) for row in rows}) == len(rows) == key.distinct
        for part in combinations(places, len(places) - 1):
            assert len({tuple(row[at] for at in part) for row in rows}) < len(rows)


def test_work_is_bounded_and_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = contracts(200)
    whole = profiled(NAMES, rows)
    assert whole.keys.complete
    monkeypatch.setattr(keys, "MOST_LOOKED_AT", 1000)
    some = profiled(NAMES, rows)
    assert not some.keys.complete
    told = write_drafts(some, [])
    assert "not all combinations were tried" in told
    assert ("nothing that was tried" in told) == (not some.keys.found)


def test_report_and_drafts_tell_the_key() -> None:
    whole = profiled(NAMES, contracts(200))
    drafts = proposals(whole, resource=RESOURCES["customer"], now=NOW)
    told = write_drafts(whole, drafts)
    assert "# What tells rows apart together (a suggestion; a catalogue does not ask for it):\n" in told
    assert "#   contract, service (98%): 200 rows, 200 distinct\n" in told
    notes = {draft.column: [each.words for each in draft.evidence if each.code == "note"] for draft in drafts}
    assert "with service a key: 200 rows, 200 distinct (98%)" in notes["contract"]
    assert "with contract a key: 200 rows, 200 distinct (98%)" in notes["service"]
    assert not any("a key" in note for note in notes["colour"])
    assert not any(draft.requirement.unique for draft in drafts)


def test_the_keys_of_the_published_hospital_table_are_a_hospital_and_a_measure() -> None:
    with shared("data/dirty/hospital/dirty.csv").open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    whole = profiled(names, rows)
    hospitals = {"ProviderNumber", "HospitalName", "Address1", "PhoneNumber"}
    measures = {"MeasureCode", "MeasureName", "Stateavg"}
    assert {each.columns for each in whole.keys.found} == set(product(sorted(hospitals), sorted(measures)))
    assert {(each.rows, each.distinct) for each in whole.keys.found} == {(1000, 1000)}
    assert whole.keys.complete
    told = write_drafts(whole, [])
    assert "#   ProviderNumber, MeasureCode (99%): 1,000 rows, 1,000 distinct\n" in told
    assert "#   and 2 more\n" in told
