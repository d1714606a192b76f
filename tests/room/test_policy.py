"""Policies are read as they are written, refused where they are not understood, and cut documents as they say."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.access.policy import Grant, InvalidPolicy, Row, parse_policy, rights_of, written
from customer_inventory.access.policy.pruning import pruned
from customer_inventory.errors import InventoryError
from customer_inventory.model import RESOURCES

NOW = datetime(2026, 11, 30, tzinfo=UTC)
CUSTOMER = RESOURCES["customer"]
NAMES = sorted(path for path in CUSTOMER.attributes if path not in {"id", "href"})
TEXTUAL = sorted(path for path, each in CUSTOMER.attributes.items() if each.type == "string" and path != "href")
PRINTED = st.characters(exclude_categories=("Cs", "Cc"))
TEXTS = st.text(PRINTED, min_size=1, max_size=20).filter(str.isprintable)
DAYS = st.dates().map(lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC))
GRANTS = st.builds(
    Grant,
    st.sampled_from(["read", "modify", "create", "delete", "download", "update"]),
    st.just("customer"),
    attributes=st.none() | st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=6),
    rows=st.lists(
        st.builds(Row, st.sampled_from(TEXTUAL), st.lists(TEXTS, min_size=1, max_size=3, unique=True).map(tuple)),
        max_size=3,
    ).map(tuple),
    consent=st.booleans(),
    purposes=st.frozensets(st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True), max_size=3),
    daily=st.none() | st.integers(1, 10**12),
    per_second=st.none() | st.integers(1, 10**6),
    starts=st.none() | DAYS,
    ends=st.none() | DAYS,
)


@given(GRANTS.map(lambda grant: replace(grant, consent=grant.consent and grant.verb in {"read", "download"})))
def test_what_is_written_reads_back_as_the_same(grant: Grant) -> None:
    assert parse_policy([written(grant)]) == [grant]


@given(st.text(max_size=200) | st.lists(st.sampled_from(["read", "customer", "(", ")", "*", ",", "where", "=", '"'])))
def test_whatever_is_no_policy_is_refused_with_an_error_of_ours(text: str | list[str]) -> None:
    line = text if isinstance(text, str) else " ".join(text)
    with suppress(InventoryError):
        assert all(parse_policy([written(grant)]) == [grant] for grant in parse_policy([line]))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("read customer", "which attributes"),
        ("read customer ()", "lacks"),
        ("read customer (nmae)", "no such attribute"),
        ("read customer (name", "lacks a"),
        ("read custmer (name)", "a resource"),
        ("see customer (name)", "verbs are"),
        ("modify masked customer (name)", "masked"),
        ("modify customer (name) with consent", "read or downloaded"),
        ("read * (*) with consent", "read or downloaded"),
        ("read customer (name) with love", "consent"),
        ("read customer (*) where nmae = x", "no attribute"),
        ("read customer (*) where contactMedium = x", "no attribute"),
        ("read * (*) where name = x", "one resource"),
        ("read trailEntry (name)", "one resource"),
        ("read customer (*) where name = x where name = y", "once"),
        ("read customer (*) for a b", "where, with"),
        ("read customer (*) at most 0 a day", "whole number"),
        ("read customer (*) at most 5 a week", "at most 1000 a day"),
        ("read customer (*) until 2027-13-01", "date"),
        ('read customer (*) where name = "x', "quote"),
        (f"read customer (*) where name = {'x' * 4000}", "4000"),
    ],
)
def test_a_line_that_is_not_understood_says_where(line: str, says: str) -> None:
    with pytest.raises(InvalidPolicy, match=says):
        parse_policy([line])


def test_a_whole_grant_outweighs_limited_ones_and_purposes_and_times_decide_which_apply() -> None:
    policy = parse_policy(
        [
            "read customer (name)",
            "read customer (status) for billing",
            "read individual (*) until 2026-11-30",
            "modify customer (*) from 2026-11-30",
        ]
    )
    rights = rights_of(frozenset(), policy, purpose="care", now=NOW)
    assert rights.grants == {"read:customer", "modify:customer"}
    assert [each.attributes for each in rights.limits["read:customer"]] == [{"name"}]
    assert not rights.limited("modify", "customer")
    both = rights_of(frozenset(), policy, purpose="billing", now=NOW)
    assert [each.attributes for each in both.limits["read:customer"]] == [{"name"}, {"status"}]
    assert not rights_of(frozenset({"read:*"}), policy, purpose="care", now=NOW).limits


def test_pruning_keeps_what_is_granted_and_drops_objects_that_nothing_is_left_of() -> None:
    document = {
        "@type": "Individual",
        "givenName": "Ada",
        "new": 1,
        "contactMedium": [{"@type": "E", "emailAddress": "a@b"}, {"@type": "P", "phoneNumber": "1"}, None, []],
        "externalReference": [{"@type": "X"}],
    }
    kept = pruned(msgspec.json.encode(document), frozenset({"contactMedium.emailAddress", "externalReference.id"}))
    assert msgspec.json.decode(kept) == {
        "@type": "Individual",
        "contactMedium": [{"@type": "E", "emailAddress": "a@b"}],
    }


@pytest.mark.parametrize(
    ("lines", "counted"),
    [
        (["read customer (*) at most 5 a day"], [5]),
        (["read customer (*) at most 5 a day", "read customer (name)"], [5]),
        (["read customer (name) at most 5 a day", "read customer (name, status)"], []),
        (["read customer (name, status) at most 5 a day", "read customer (name)", "read customer (status)"], []),
        (["read customer (*) at most 5 a day", "read customer (*) at most 9 a day"], [9]),
        (["read customer (*) at most 5 a day", "read customer (name) at most 9 a day"], [9, 5]),
        (["read customer (name) at most 5 a day", "read masked customer (*)"], [5]),
        (["read masked customer (*) at most 5 a day", "read customer (*)"], []),
        (["read customer (*) at most 5 a day", "read customer (*) where status = active"], [5]),
        (
            [
                "read customer (*) where status = active at most 5 a day",
                "read customer (*) where status in (active, x)",
            ],
            [],
        ),
        (["read customer (*) where status in (active, x) at most 5 a day", "read customer (*) where status = x"], [5]),
        (["read customer (*) at most 5 a day", "read customer (*) with consent"], [5]),
        (["read customer (*) at most 5 a day", "read * (*)"], []),
        (["read * (*) at most 5 a day", "read customer (*)"], []),
        (["read * (*) at most 5 a day", "read customer (name)"], [5]),
        (["read customer (*) at most 5 a day", "read customer (*) for billing"], [5]),
    ],
)
def test_an_amount_is_spared_only_by_grants_that_cover_all_that_it_is_of(lines: list[str], counted: list[int]) -> None:
    metered = rights_of(frozenset(), parse_policy(lines), purpose="care", now=NOW).metered
    assert [each.daily for each in metered["read:customer"].records] == counted


def test_what_is_granted_whole_and_short_is_never_counted() -> None:
    policy = parse_policy(["read customer (*) at most 5 a day", "read * (*) at most 5 a second"])
    metered = rights_of(frozenset({"read:customer"}), policy, purpose="care", now=NOW).metered
    assert (metered["read:customer"].records, metered["read:customer"].requests) == ((), ())
    assert [each.per_second for each in metered["read:*"].requests] == [5]
