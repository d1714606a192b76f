"""The shipped baseline: complete, sound, and lenient enough for real data."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from customer_inventory.model import RESOURCES
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.places import place
from customer_inventory.model.ruling import Rule, Ruling
from customer_inventory.model.selecting import Node, Reading
from customer_inventory.model.value_tests import Long
from customer_inventory.requirements.baseline import FILES, governed, shipped
from customer_inventory.requirements.requirement import InformationRequirement
from customer_inventory.requirements.rules import OBLIGATION, rules_of
from tests.room.baseline_samples import NOW, SAMPLES, samples_of

GOVERNED = (
    "agreement",
    "billingAccount",
    "communicationMessage",
    "customer",
    "document",
    "financialAccount",
    "individual",
    "organization",
    "partyAccount",
    "partyInteraction",
    "partyPrivacyAgreement",
    "partyPrivacyProfile",
    "partyRole",
    "settlementAccount",
)

NOT_GOVERNED = {
    # what an attribute is called, of whichever resource: why nobody governs it
    r"(.+\.)?@(type|baseType|schemaLocation|referredType)": "says of which class a thing is",
    r"(.+\.)?href": "is the address that the server makes of the id",
    r"(.+\.)?id": "is given by the inventory, or points to a record, which reference checks look after",
    r".+\.partyId": "points to the party of a role, as an id does",
    r".+\.partyOrPartyRole\..+": "is said of another party, whose own record is governed; its name is, here",
    r".+\.characteristicRelationship\..+": "says how characteristics hang together, nothing of a customer",
    r"relatedDocument\.document\..+": "is said of a document by value; as a record of its own it is governed",
    r"(agreement|partyRole|document|partyPrivacyProfile)Specification\..+": "repeats what a specification says",
    r"category\..+": "repeats what a category says of itself",
    r"agreementItem\.productOffering\.version": "repeats what the catalogue of products says of an offer",
    r"billStructure\.(format|presentationMedia|cycleSpecification)\..+": "repeats what a standard way of billing says",
}
"""Attributes that are deliberately not governed; a new one that none of these describes needs a requirement."""

_COUNTRY = re.compile(r"@\.(?:country|issuingAuthority) == '([A-Z]{2})'")


def requirements() -> Iterator[InformationRequirement]:
    for name in governed():
        yield from shipped(name).values()


def rules(requirement: InformationRequirement) -> list[Rule]:
    return rules_of(requirement, RESOURCES[requirement.resource])


RULES = {
    f"{requirement.id}/{rule.code}": rule
    for requirement in requirements()
    for rule in rules(requirement)
    if rule.code != OBLIGATION
}
WHEN = {
    f"{requirement.id}/{said.code}": said.when or ""
    for requirement in requirements()
    for said in requirement.value_rule or ()
}


def groups(attribute: Attribute) -> bool:
    """Whether an attribute is a group of others, each of which is governed."""
    return not attribute.scalar


# ---------------------------------------------------------------- what is governed


def test_every_core_resource_is_governed() -> None:
    assert governed() == GOVERNED
    assert shipped("billFormat") == {}
    assert shipped("../secret") == {}


@pytest.mark.parametrize("name", GOVERNED)
def test_every_attribute_is_governed_or_deliberately_not(name: str) -> None:
    """What only an earlier version of the API has is carried for its clients, and governed under its v5 name."""
    asked = {requirement.attribute for requirement in shipped(name).values()}
    left_out = {
        path
        for path, attribute in RESOURCES[name].own_attributes.items()
        if path not in asked and not groups(attribute)
    }
    assert {path for path in left_out if not any(re.fullmatch(each, path) for each in NOT_GOVERNED)} == set()
    assert {place(each).path for each in asked} <= RESOURCES[name].attributes.keys()


def test_every_reason_not_to_govern_is_needed() -> None:
    left_out = {path for name in GOVERNED for path in RESOURCES[name].own_attributes} - {
        requirement.attribute for requirement in requirements()
    }
    for pattern in NOT_GOVERNED:
        assert any(re.fullmatch(pattern, path) for path in left_out), pattern


@pytest.mark.parametrize("name", GOVERNED)
def test_what_an_index_serves_is_what_the_model_declares(name: str) -> None:
    """So that the first start builds no other indexes than the tables have."""
    marked = {requirement.attribute for requirement in shipped(name).values() if requirement.searchable}
    assert marked == set(RESOURCES[name].searchable)


@pytest.mark.parametrize("name", GOVERNED)
def test_what_the_model_demands_is_mandatory(name: str) -> None:
    said = {requirement.attribute: requirement.obligation for requirement in shipped(name).values()}
    assert {said.get(each, "mandatory") for each in RESOURCES[name].mandatory} <= {"mandatory", "conditional"}


@pytest.mark.parametrize("name", GOVERNED)
def test_every_requirement_says_who_answers_for_it_and_why_it_is_kept(name: str) -> None:
    for identifier, asked in shipped(name).items():
        assert (asked.id, asked.version, asked.resource) == (identifier, 0, name)
        assert identifier == f"{name}.{asked.attribute}"
        assert asked.business_owner, identifier
        assert asked.steward, identifier
        assert asked.purpose, identifier
        assert asked.lawful_basis, identifier
        assert asked.retention, identifier
        assert asked.name[0].isupper(), identifier
        assert asked.name != asked.meaning, identifier
        assert re.fullmatch(r"[A-Z].{20,}[.]", asked.meaning), identifier
        for purpose in asked.purpose or ():
            assert re.fullmatch(r"[A-Za-z0-9._-]+", purpose), "a purpose is one that clients can be registered for"


def test_headings_tell_the_attributes_of_a_resource_apart() -> None:
    for name in GOVERNED:
        headings = [requirement.name for requirement in shipped(name).values()]
        assert sorted(headings) == sorted(set(headings)), name


TELLING = {"givenName", "familyName", "legalName", "birthDate", "emailAddress", "phoneNumber", "street1", "contactName"}


def test_what_is_special_or_tells_who_somebody_is_is_masked() -> None:
    for asked in requirements():
        if asked.sensitivity == "special":
            assert asked.masking == "null", asked.id
            assert asked.lawful_basis in {"consent", "legal obligation"}, asked.id
        if asked.attribute.rpartition(".")[2] in TELLING:
            assert asked.sensitivity == "personal", asked.id
            assert asked.masking != "none", asked.id


# ---------------------------------------------------------------- what the rules say


def test_only_what_can_never_be_right_is_refused() -> None:
    refused = {rule.partition("/")[2] for rule, each in RULES.items() if each.enforcement == "refuse"}
    assert refused == {"printable", "past", "after-birth", "order", "range"}
    exact = {rule for rule, each in RULES.items() if each.enforcement == "refuse" and each.code in {"past", "range"}}
    assert {rule.rsplit(".", 1)[-1] for rule in exact} == {"deathDate/past", "amount/range"}


def test_what_is_not_said_is_left_to_audits() -> None:
    """The model refuses what no record can do without; a door that spoke of all else would never be silent."""
    obligations = [each for asked in requirements() for each in rules(asked) if each.code == OBLIGATION]
    assert len(obligations) > 200
    assert {each.enforcement for each in obligations} == {"observe"}


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_accepts_and_refuses_what_the_table_says(name: str) -> None:
    rule, samples = RULES[name], samples_of(name)
    assert samples.accepted
    assert samples.refused
    for wanted, values in ((False, samples.accepted), (True, samples.refused)):
        for value in values:
            document = _around(rule, value)
            assert _applies(rule, document), f"the rule does not look at {value!r}"
            assert bool(_ruling(rule).breaches(document, now=NOW)) is wanted, value


@pytest.mark.parametrize("name", sorted(name for name in RULES if _COUNTRY.search(WHEN[name])))
def test_a_rule_of_countries_has_a_sample_of_each(name: str) -> None:
    shown = {each.get("country") or each.get("issuingAuthority") for each in samples_of(name).accepted}
    assert set(_COUNTRY.findall(WHEN[name])) == shown


def test_every_sample_is_used() -> None:
    used = {id(samples_of(name)) for name in RULES}
    assert [key for key, samples in SAMPLES.items() if id(samples) not in used] == []


@pytest.mark.parametrize("name", sorted(name for name, rule in RULES.items() if rule.code == "length"))
def test_lengths_hold_to_the_letter(name: str) -> None:
    rule = RULES[name]
    (length,) = rule.tests
    assert isinstance(length, Long)
    for count in range(max(length.least - 1, 0), length.least + 2):
        assert bool(_ruling(rule).breaches(_around(rule, "x" * count), now=NOW)) is (count < length.least)
    assert length.most
    for count in (length.most, length.most + 1):
        assert bool(_ruling(rule).breaches(_around(rule, "x" * count), now=NOW)) is (count > length.most)


def test_at_least_25_countries_have_rules_of_each_kind() -> None:
    def countries(*codes: str) -> set[str]:
        return {
            country
            for name, when in WHEN.items()
            if name.partition("/")[2].startswith(codes) and "Medium" not in name
            for country in _COUNTRY.findall(when)
        }

    posts = {each for name, when in WHEN.items() if "postCode" in name for each in _COUNTRY.findall(when)}
    assert len(posts) >= 50
    assert len(countries("passport-")) >= 30
    assert len(countries("number-", "card-", "tax-")) >= 35
    assert len(countries("register-")) >= 35


def _ruling(rule: Rule) -> Ruling:
    return Ruling([rule], RESOURCES[rule.requirement.partition(".")[0]].attributes)


def _around(rule: Rule, sample: Any) -> dict[str, Any]:
    """Return a document that has a sample where the rule looks for it."""
    at = rule.place
    held: Any = sample if isinstance(sample, dict) else {at.name: sample}
    for name in reversed(at.holder):
        held = {name: held}
    return dict(held)


def _applies(rule: Rule, document: dict[str, Any]) -> bool:
    held: Any = document
    for name in rule.place.holder:
        held = held[name]
    attributes = RESOURCES[rule.requirement.partition(".")[0]].attributes
    return rule.when is None or Reading(attributes, document).holds(rule.when, Node(held, rule.place.holder_path))


# ---------------------------------------------------------------- the files


def test_conditions_of_parts_speak_of_what_has_the_attribute() -> None:
    """A part stands in several resources, so a condition on the record would mean something else in each."""
    parts = sorted((FILES / "parts").glob("*.toml"))
    assert len(parts) > 10
    for path in parts:
        assert "$." not in path.read_text("utf-8"), path.name


def test_a_command_that_needs_no_requirement_reads_none() -> None:
    """The reader of files is loaded when a requirement is first asked for, not when a command starts."""
    program = (
        "import sys, customer_inventory.access\n"
        "from customer_inventory.requirements.baseline import shipped\n"
        "assert 'tomllib' not in sys.modules\n"
        "shipped('customer')\n"
        "from customer_inventory.requirements import baseline_files\n"
        "read = baseline_files._document.cache_info().currsize\n"
        "assert 1 < read < 12, read"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_the_baseline_is_the_same_after_a_round_through_json() -> None:
    for asked in requirements():
        again = msgspec.json.decode(msgspec.json.encode(asked), type=InformationRequirement)
        assert again == asked
