"""Rules asked of a document: by look-ups and functions, as a plain reading of them has it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_inventory.model import RESOURCES
from customer_inventory.model.places import InvalidPlace, holders, place, values
from customer_inventory.model.ruling import Breach, Rule, Ruling, asked_of_part
from customer_inventory.model.selecting import Node, Reading
from customer_inventory.requirements.reading import requirement_from
from customer_inventory.requirements.rules import rules_of
from tests.room.ruling_cases import RULES

INDIVIDUAL = RESOURCES["individual"]
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
scalar = st.sampled_from(
    (None, "", "Bath", "York", "GB", "1", "one", "2026-01-01T00:00:00Z", "2027-01-01", 1, 2.5, True)
)
characteristic = st.fixed_dictionaries({}, optional={"name": st.sampled_from(("size", "x", 1)), "value": scalar})
value = st.one_of(scalar, st.lists(scalar, max_size=2))
medium = st.fixed_dictionaries(
    {},
    optional={
        "@type": st.sampled_from(("A", "B")),
        "city": value,
        "country": value,
        "street1": scalar,
        "preferred": st.sampled_from((True, False, "true")),
        "extra": value,
        "validFor": st.one_of(scalar, st.fixed_dictionaries({}, optional={"startDateTime": value})),
        "characteristic": st.one_of(characteristic, st.lists(characteristic, max_size=3)),
    },
)
person = st.fixed_dictionaries(
    {},
    optional={
        "givenName": value,
        "deathDate": value,
        "city": scalar,
        "contactMedium": st.one_of(medium, st.lists(st.one_of(medium, scalar), max_size=3)),
        "partyCharacteristic": st.lists(st.one_of(characteristic, scalar), max_size=3),
        "relatedParty": st.lists(st.fixed_dictionaries({"partyOrPartyRole": medium}), max_size=2),
    },
)


def plainly(rule: Rule, document: dict[str, Any]) -> list[Breach]:
    """Return the breaches of one rule by a plain reading of what it says."""
    reading, found = Reading(INDIVIDUAL.attributes, document), []
    at = rule.place
    for path, held in holders(document, at.holder):
        node = Node(held, at.holder_path)
        if rule.when is not None and not reading.holds(rule.when, node):
            continue
        here = f"{path}.{at.name}" if path else at.name
        there = list(values(held.get(at.name), here, at.named))
        if rule.holds is not None:
            found += [] if reading.holds(rule.holds, node) else [Breach(rule, here)]
        elif rule.present:
            whole = here if at.named is None else f"{here}[{at.named}]"
            found += [Breach(rule, whole)] if all(each == "" for _, each in there) else []
        else:
            found += [
                Breach(rule, deep) for deep, each in there if not all(test.passes(each, NOW) for test in rule.tests)
            ]
    return found


RULING = Ruling(RULES, INDIVIDUAL.attributes)


@settings(max_examples=150, deadline=None)
@given(person)
def test_rules_are_asked_as_they_read(document: dict[str, Any]) -> None:
    told = RULING.breaches(document, now=NOW)
    wanted = [breach for rule in RULES for breach in plainly(rule, document)]
    assert sorted(map(_named, told)) == sorted(map(_named, wanted))


def _named(breach: Breach) -> tuple[str, str, str]:
    return breach.rule.requirement, breach.rule.code, breach.path


def test_the_rules_of_the_test_are_kept_and_broken() -> None:
    """Otherwise the agreement above would hold of nothing."""
    document = {
        "givenName": "Ann",
        "contactMedium": [{"@type": "A", "city": "Bath"}, {"city": "york", "country": "GB"}],
    }
    broken = {breach.rule.code for breach in RULING.breaches(document, now=NOW)}
    assert {"obligation0", "t0-1", "t0-2", "t0-3", "h0-0"} <= broken
    assert "t0-0" not in broken


@pytest.mark.parametrize(
    "text", ["", "a..b", ".a", "a.b[", "a[b]c", "a.b.c.d.e.f", "a[x].b", "a['x']x]", "a b", "a" * 201]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(InvalidPlace):
        place(text)


@pytest.mark.parametrize("text", ["birthDate", "contactMedium.emailAddress", "partyCharacteristic[shoe size]", "@type"])
def test_a_place_is_written_as_it_was_read(text: str) -> None:
    assert str(place(text)) == text


@pytest.mark.parametrize(
    ("said", "told", "asked"),
    [
        ({"attribute": "givenName", "obligation": "mandatory"}, {"givenName"}, False),
        ({"attribute": "givenName", "valueRule": [{"code": "x", "maxLength": 3}]}, set(), True),
        ({"attribute": "title", "valueRule": [{"code": "x", "maxLength": 3, "when": "@.status"}]}, {"title"}, False),
        ({"attribute": "title", "valueRule": [{"code": "x", "maxLength": 3, "when": "@.status"}]}, {"status"}, True),
        ({"attribute": "title", "valueRule": [{"code": "x", "condition": "@.status || @.title"}]}, {"title"}, False),
        ({"attribute": "contactMedium.city", "valueRule": [{"code": "x", "condition": "@.country"}]}, set(), True),
        ({"attribute": "contactMedium.city", "valueRule": [{"code": "x", "condition": "$.title"}]}, set(), False),
    ],
)
def test_of_a_part_it_is_asked_what_the_part_decides(said: dict[str, Any], told: set[str], *, asked: bool) -> None:
    named = {"resource": "individual", "name": "n", "meaning": "Tested.", "obligation": "optional"}
    (rule,) = rules_of(requirement_from({**named, **said}), INDIVIDUAL)
    assert asked_of_part(rule, told) is asked
