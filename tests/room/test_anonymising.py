"""Whatever the rows are: each that is given is like k others, nothing is made up, and the rest is counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_inventory.access.downloads.anonymising import (
    ANY,
    NOTHING,
    STEPS,
    Generalising,
    NothingIsAnonymous,
    first_values,
    label,
    smallest_class,
)
from customer_inventory.access.downloads.protecting import Way, pseudonymised

CODES = frozenset({"NL", "BE", "DE"})
WAYS = (Way("date"), Way("number"), Way("truth"), Way("code", CODES), Way("area"))
VALUES = (
    st.none() | st.dates().map(str) | st.text(max_size=5),
    st.none() | st.integers(-5, 10**6) | st.floats(0, 10**4) | st.text(max_size=3),
    st.none() | st.booleans(),
    st.none() | st.sampled_from(sorted(CODES)) | st.text(max_size=3),
    st.none() | st.text(alphabet="1234ABC ", max_size=7),
)
ROWS = st.lists(st.tuples(*VALUES), max_size=120)


def coarser(text: str, way: Way) -> set[str]:
    """Everything that may be said of a value."""
    found = [text]
    for step in STEPS[way.kind]:
        found.append(step(found[-1]))
    return {*found}


@given(ROWS, st.integers(2, 9), st.sampled_from([3, 20, 100_000]))
@settings(max_examples=150, deadline=None)
def test_no_class_is_smaller_than_k_and_every_row_stands_for_a_record(
    rows: list[tuple[Any, ...]], k: int, most: int
) -> None:
    one = Generalising(WAYS, most_classes=most)
    for row in rows:
        one.add(row)
    try:
        classes, left_out = one.anonymous(k)
    except NothingIsAnonymous:
        assert len(rows) < k
        return
    given_rows = [row for row, number in classes for _ in range(number)]
    assert smallest_class(given_rows)[1] >= k
    assert len(given_rows) + left_out == len(rows)
    assert left_out <= 0.1 * len(rows) or all(set(row) == {ANY} for row, _ in classes)
    levels = [[coarser(label(value, way), way) for value, way in zip(row, WAYS, strict=True)] for row in rows]
    for row, number in classes:
        standing = sum(all(text in said for text, said in zip(row, level, strict=True)) for level in levels)
        assert standing >= number


@given(st.lists(st.text(min_size=1), min_size=5, max_size=30))
@settings(deadline=None)
def test_what_is_no_code_is_never_said(texts: list[str]) -> None:
    one = Generalising([Way("code", CODES)])
    for text in texts:
        one.add([text])
    assert {row[0] for row, _ in one.anonymous(5)[0]} <= {*CODES, NOTHING, ANY}


def test_values_become_coarser_step_by_step() -> None:
    for value, way, expected in (
        ("1987-06-05T00:00:00Z", WAYS[0], ["1987", "1980s", "*"]),
        (4711, WAYS[1], ["4000-4999", "1000-9999", "*"]),
        (7, WAYS[1], ["0-9", "0-9", "*"]),
        (-3, WAYS[1], ["<0", "<0", "*"]),
        (True, WAYS[2], ["true", "*"]),
        ("NL", WAYS[3], ["NL", "*"]),
        ("1017 ab", WAYS[4], ["10", "1", "*"]),
        ("=cmd()", WAYS[3], ["", "*"]),
        ("Ada was born then", WAYS[0], ["", "", "*"]),
    ):
        found = [label(value, way)]
        for step in STEPS[way.kind]:
            found.append(step(found[-1]))
        assert found == expected


def test_the_rarest_are_left_out_and_nothing_is_given_of_too_few() -> None:
    one = Generalising([Way("code", CODES)])
    for code in ["NL"] * 60 + ["BE"] * 6 + ["DE"]:
        one.add([code])
    assert one.anonymous(5) == ([(("BE",), 6), (("NL",), 60)], 1)
    few = Generalising([Way("code", CODES)])
    for _ in range(4):
        few.add(["NL"])
    with pytest.raises(NothingIsAnonymous):
        few.anonymous(5)


def test_the_first_value_counts() -> None:
    document = {"a": [{"b": None}, {"b": 1}, {"b": 2}], "c": {"d": {"e": 3}}}
    assert list(first_values(document, [("a", "b"), ("c", "d"), ("x",), ("c", "d", "e")])) == [1, None, None, 3]


def test_a_class_is_named_only_if_there_is_one() -> None:
    kept = {"a.n": Way("number")}
    document = {
        "id": "1",
        "@type": "Individual",
        "@baseType": "Ada Lovelace",
        "@schemaLocation": "https://ada.example",
        "a": {"@type": "PartyRef", "@referredType": "+31 6 1234", "@baseType": ["x"], "n": 1},
    }
    found = pseudonymised(document, kept, b"key")
    assert {name: each for name, each in found.items() if name != "id"} == {
        "@type": "Individual",
        "a": {"@type": "PartyRef", "n": 1},
    }


def test_of_a_date_time_the_day_is_left() -> None:
    kept = {"lastUpdate": Way("date"), "since": Way("date")}
    moments = {"lastUpdate": "2026-01-31T12:13:14.567Z", "since": "2026-02-01"}
    found = pseudonymised({"id": "1", **moments}, kept, b"key")
    assert (found["lastUpdate"], found["since"]) == ("2026-01-31", "2026-02-01")
    assert "lastUpdate" not in pseudonymised({"id": "1", "lastUpdate": "2026-01-31 Ada"}, kept, b"key")


LEAF = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
DOCUMENT = st.recursive(
    LEAF, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abc@"), below, max_size=3)
)


@given(st.dictionaries(st.sampled_from("abcdef"), DOCUMENT, max_size=5))
@settings(deadline=None)
def test_nothing_that_is_not_known_to_be_harmless_leaves(content: dict[str, Any]) -> None:
    kept = {"a": Way("pseudonym"), "b": Way("number"), "c.a": Way("truth"), "d": Way("code", CODES)}
    found = pseudonymised({"id": "1", **content}, kept, b"key")
    leaves = Counter(map(type, _leaves({name: each for name, each in found.items() if name not in {"id", "a"}})))
    assert set(leaves) <= {int, bool} | ({str} if str(content.get("d")) in CODES else set())
    assert {"e", "f"}.isdisjoint(found)
    assert found == pseudonymised({"id": "1", **content}, kept, b"key")
    assert found["id"] != pseudonymised({"id": "1"}, kept, b"other")["id"]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]
