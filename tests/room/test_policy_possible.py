"""Grants that can let nothing through are refused, with what cannot be; those that add nothing are told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest

from customer_inventory.access.granting import check_granted, doubts_of
from customer_inventory.access.grants import OWN_KINDS, OWN_VERBS, grantable
from customer_inventory.access.policy.possible import ImpossibleGrant
from customer_inventory.model.tmf672 import REGISTER

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ENDPOINTS = Path(__file__).parents[1] / "matrix" / "endpoints.tsv"


def check(line: str, purposes: Collection[str] = ("care",)) -> None:
    check_granted([line], purposes=purposes, now=NOW)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("read customer (*) from 2027-02-01 until 2027-01-01", "ends before it begins"),
        ("read customer (*) from 2027-01-01 until 2027-01-01", "ends before it begins"),
        ("read customer (*) until 2026-11-30", "is over"),
        ("read customer (*) for billing", "registered for care"),
        ("read customer (*) where status = a and status = b", "status holds one value"),
        ("read customer (*) where status in (a, b) and name = x and status in (c, d)", "status holds one value"),
        ("read customer (*) where status in (a, b) and status in (b, c) and status = c", "status holds one value"),
        ("read customer (*) where creditProfile.creditScore = 1 and creditProfile.creditScore = 2", "holds one value"),
        ("read customer (*) where id = 17", "such an id"),
        ("delete trailEntry (*)", "Nobody can delete trailEntry: of that one can read, download"),
        ("read, update consent (*)", "Nobody can update consent"),
        ("modify:userRole", "Nobody can modify userRole: of that one can read"),
        ("read:customer,create:session", "Nobody can create session"),
    ],
)
def test_what_can_let_nothing_through_is_refused_and_says_why(line: str, says: str) -> None:
    with pytest.raises(ImpossibleGrant, match=says):
        check(line)


@pytest.mark.parametrize(
    "line",
    [
        "read customer (*) from 2026-11-30 until 2026-12-01",
        "read customer (*) for billing, care",
        "read customer (*) where status in (a, b) and status in (b, c)",
        "read individual (*) where birthDate = 2000-01-01 and birthDate = 2000-01-01T00:00:00Z",
        "read customer (*) where creditProfile.creditScore = 1 and creditProfile.creditScore = 1.0",
        "read customer (*) where id = 01a22fb9-1216-8266-9e3d-c687388f7676",
        "read customer (*) where status = a and name = b",
        "delete customer (name)",
        "all",
    ],
)
def test_what_may_let_something_through_is_not_refused(line: str) -> None:
    check(line)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["read:customer", "read customer (name)"], ["limits nothing"]),
        (["all", "read customer (name) where status = active"], ["limits nothing"]),
        (["read customer (name)", "read customer (name, status)"], ["adds nothing to read customer (name, status)"]),
        (["read customer (name)", "read customer (name)"], ["adds nothing"]),
        (["read * (*)", "read customer (*)"], ["adds nothing to read * (*)"]),
        (["read customer (name) at most 5 a day", "read customer (*) at most 9 a day"], ["adds nothing"]),
        (["read customer (name) for care", "read customer (*)"], ["adds nothing"]),
        (["read customer (*) until 2027-01-01", "read customer (*) until 2028-01-01"], ["adds nothing"]),
        (["delete customer (name)"], ["goes whole"]),
        (["create customer (name) where status = active"], ["takes status"]),
        (["read customer (name) at most 9 a day", "read customer (*) at most 5 a day"], []),
        (["read customer (name)", "read customer (*) for care"], []),
        (["read customer (name)", "read customer (*) where status = active"], []),
        (["read customer (name)", "read masked customer (*)"], []),
        (["read customer (*)", "modify customer (name)"], []),
        (["read:customer", "read individual (*) where nationality = NL"], []),
    ],
)
def test_what_is_odd_is_told(lines: list[str], says: list[str]) -> None:
    told = doubts_of(lines)
    assert len(told) == len(says), told
    assert all(text in doubt for text, doubt in zip(says, told, strict=True))


def test_the_verbs_of_what_is_no_record_are_those_that_doors_ask_for() -> None:
    names = {**{kind: name for name, kind in OWN_KINDS.items()}, **{each.kind: each.name for each in REGISTER.values()}}
    assert OWN_VERBS.keys() == names.keys()
    takes = {one for line in ENDPOINTS.read_text("utf-8").splitlines() for one in line.split("\t")[2].split(", ")}
    asked = [one.split(":") for one in takes if one.partition(":")[2] in grantable()]
    own = {(verb, grantable()[name]) for verb, name in asked if grantable()[name] in OWN_VERBS}
    assert own
    assert own <= {(verb, kind) for kind, verbs in OWN_VERBS.items() for verb in verbs}
