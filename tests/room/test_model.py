"""The model room by example: what is accepted, what is refused and in which words, what follows from a declaration."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from customer_inventory.errors import Failure
from customer_inventory.model import (
    RESOURCES,
    InvalidDocument,
    Resource,
    term,
    terms,
    validate,
)
from customer_inventory.model.bounds import DEPTH, NAME_CHARACTERS, NODES, TEXT_CHARACTERS, within_bounds
from customer_inventory.model.problems import PROBLEMS_SHOWN, InvalidValue
from customer_inventory.model.resource import nearest
from customer_inventory.model.search import LONGEST_VALUE, TERMS
from customer_inventory.model.spelling import is_instant, spelled_instant, spelled_number
from customer_inventory.model.validation import kept

INDIVIDUAL, ORGANIZATION, CUSTOMER = (RESOURCES[name] for name in ("individual", "organization", "customer"))
OURS = UUID("0199d6b5-2c00-8abc-9def-0123456789ab")
PERSON: dict[str, Any] = {"@type": "Individual", "givenName": "Ada", "familyName": "Byron"}
BUYER: dict[str, Any] = {
    "@type": "Customer",
    "name": "Ada Byron",
    "engagedParty": {"@type": "PartyRef", "id": str(OURS), "@referredType": "Individual"},
}


def problems(resource: Resource, document: Any) -> dict[str, str]:
    """The problems of a document by path; empty when it is valid."""
    try:
        validate(resource, document)
    except InvalidDocument as refused:
        return {problem.path: problem.reason for problem in refused.problems}
    return {}


def test_a_resource_carries_its_names_api_and_duties() -> None:
    interaction = RESOURCES["partyInteraction"]
    assert set(interaction.immutable) - set(CUSTOMER.immutable) == {"creationDate", "statusChangeDate", "direction"}
    assert list(RESOURCES)[:3] == ["individual", "organization", "customer"]
    assert (CUSTOMER.name, CUSTOMER.kind, CUSTOMER.path) == ("customer", "customer", "customer")
    assert CUSTOMER.api.paths == ("/tmf-api/customerManagement/v5", "/tmf-api/customer/v5")
    assert INDIVIDUAL.api.paths == ("/tmf-api/partyManagement/v5", "/tmf-api/party/v5")
    assert CUSTOMER.mandatory == ("@type", "name", "engagedParty")
    assert INDIVIDUAL.mandatory == ("@type", "givenName", "familyName")
    assert ORGANIZATION.mandatory == ("@type", "name")
    for resource in RESOURCES.values():
        assert set(resource.immutable) >= {
            "id",
            "href",
            "@type",
            "@baseType",
            "@schemaLocation",
            *resource.stamps.names,
        }
        assert 1 <= len(resource.searchable) <= 3
        assert {path for path, attribute in resource.attributes.items() if attribute.searchable} == set(
            resource.searchable
        )
        assert not any(resource.attributes[path].many for path in resource.searchable)


@pytest.mark.parametrize("value", [None, [], "text", 5, True])
def test_only_an_object_is_a_document(value: Any) -> None:
    with pytest.raises(InvalidDocument, match="expected an object") as refused:
        validate(CUSTOMER, value)
    assert refused.value.failure is Failure.INVALID


def test_mandatory_attributes_are_missed_when_absent_or_null() -> None:
    assert problems(INDIVIDUAL, {}) == dict.fromkeys(INDIVIDUAL.mandatory, "is mandatory")
    assert problems(INDIVIDUAL, {**PERSON, "givenName": None}) == {"givenName": "is mandatory"}
    assert problems(CUSTOMER, {"@type": "Customer", "name": "x", "engagedParty": {"@type": "PartyRef"}}) == {
        "engagedParty.id": "is mandatory in PartyRef"
    }


@pytest.mark.parametrize("blank", ["", " ", "\t\u2003\u3000"])
def test_mandatory_attributes_are_missed_when_blank(blank: str) -> None:
    """The conformance profiles: "must not be blank or null", and of an array at least one element."""
    assert problems(INDIVIDUAL, {**PERSON, "givenName": blank}) == {"givenName": "is mandatory"}
    assert problems(INDIVIDUAL, {**PERSON, "gender": blank, "contactMedium": []}) == {}
    account = {"@type": "PartyAccount", "name": blank, "relatedParty": []}
    assert problems(RESOURCES["partyAccount"], account) == dict.fromkeys(("name", "relatedParty"), "is mandatory")


def test_a_change_keeps_what_is_there_and_may_leave_blank_what_was() -> None:
    def demanded(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
        return kept(("a", "b"), after, before=before)

    assert demanded({"a": "x", "b": ["y"]}, {}) == ["a", "b"]
    assert demanded({"a": "", "b": []}, {"a": "", "b": []}) == []
    assert demanded({"a": " "}, {}) == []
    assert demanded({"a": " "}, {"a": "", "b": []}) == ["a", "b"]


def test_every_problem_is_told_with_its_path() -> None:
    document = {
        **PERSON,
        "gender": 5,
        "status": "alive",
        "birthDate": "1815-13-10",
        "contactMedium": [{"@type": "EmailContactMedium", "emailAddress": False}, "phone"],
        "creditRating": [{"ratingScore": 2**31}],
        "skill": {},
    }
    assert problems(INDIVIDUAL, document) == {
        "gender": "expected a text, got a number",
        "status": "expected one of deceased, initialized, validated",
        "birthDate": "expected a date-time (RFC 3339 with a zone) or a date",
        "contactMedium[0].emailAddress": "expected a text, got a truth",
        "contactMedium[1]": "expected an object, got a text",
        "creditRating[0].ratingScore": f"expected a number from {-(2**31)} to {2**31 - 1}",
        "skill": "expected an array, got an object",
    }


def test_a_refusal_never_repeats_what_the_client_sent() -> None:
    secret = "Zx81secret"
    document = {**PERSON, "status": secret, "birthDate": secret, "gender": [secret], "contactMedium": secret}
    deep: dict[str, Any] = {**PERSON, secret + "\0": secret + "\ud800"}
    for bad in (document, deep, {**PERSON, "@type": secret}):
        with pytest.raises(InvalidDocument) as refused:
            validate(INDIVIDUAL, bad)
        assert secret not in str(refused.value)
        assert str(refused.value).encode()


def test_no_more_problems_are_told_than_help() -> None:
    document = {**PERSON, "contactMedium": [{"preferred": "yes"}] * 1000}
    assert len(problems(INDIVIDUAL, document)) == PROBLEMS_SHOWN


@pytest.mark.parametrize(
    ("path", "good", "bad"),
    [
        ("score", [5, 5.0, -(10**30)], ["5", 5.5, True, None]),
        ("amount", [5, 5.5, -1e300], ["5.5", True, None, "NaN"]),
        ("flag", [True, False], ["true", 1, 0, None]),
        ("text", ["", "5"], [5, True, None, ["x"]]),
        ("instant", ["2020-02-29T12:00:00Z", "2020-02-29T12:00:00.5+02:00"], ["2020-02-29", "2021-02-29T12:00:00Z", 5]),
        ("day", ["2020-02-29", "2020-02-29T12:00:00Z"], ["2021-02-29", "20200229", 5, "2020-02-29T12:00:00"]),
        ("file", ["aGk=", ""], ["aGk", "a*", 5]),
    ],
)
def test_values_are_of_their_json_type_to_the_letter(path: str, good: list[Any], bad: list[Any]) -> None:
    def person(value: Any) -> dict[str, Any]:
        attachment = {"@type": "Attachment", "attachmentType": "a", "mimeType": "b"}
        proof = {"individualIdentification": [{"attachment": attachment}]}
        place: dict[str, Any] = {
            "score": {"creditRating": [{"ratingScore": value}]},
            "amount": {"partyCharacteristic": [{"@type": "NumberCharacteristic", "value": value}]},
            "flag": {"contactMedium": [{"preferred": value}]},
            "text": {"gender": value},
            "instant": {"skill": [{"validFor": {"startDateTime": value}}]},
            "day": {"birthDate": value},
            "file": proof,
        }[path]
        if path == "score":
            place = {"partyCharacteristic": [{"@type": "IntegerCharacteristic", "value": value}]}
        if path == "file":
            attachment["content"] = value
        return {**PERSON, **place}

    assert [value for value in good if problems(INDIVIDUAL, person(value))] == []
    assert [value for value in bad if not problems(INDIVIDUAL, person(value))] == []


def test_the_class_is_told_by_type_and_not_by_trying() -> None:
    def person(medium: dict[str, Any]) -> dict[str, Any]:
        return {**PERSON, "contactMedium": [medium]}

    assert problems(INDIVIDUAL, person({"@type": "EmailContactMedium", "emailAddress": 5}))
    assert problems(INDIVIDUAL, person({"@type": "EmailContactMedium", "phoneNumber": 5})) == {}
    assert problems(INDIVIDUAL, person({"@type": "PigeonContactMedium", "emailAddress": 5})) == {}
    assert problems(INDIVIDUAL, person({"@type": "PigeonContactMedium", "preferred": 5}))
    assert problems(INDIVIDUAL, person({"emailAddress": 5})) == {}
    assert problems(INDIVIDUAL, person({"@type": 5})) == {"contactMedium[0].@type": "expected a text, got a number"}


def test_a_party_may_stand_by_value_where_a_pointer_may() -> None:
    def customer(party: dict[str, Any]) -> dict[str, Any]:
        return {**BUYER, "relatedParty": [{"role": "payer", "partyOrPartyRole": party}]}

    assert problems(CUSTOMER, customer({"@type": "Individual", "birthDate": "1815-12-10"})) == {}
    assert problems(CUSTOMER, customer({"@type": "Individual", "birthDate": 1815}))
    assert problems(CUSTOMER, customer({"@type": "PartyRef"})) == {
        "relatedParty[0].partyOrPartyRole.id": "is mandatory in PartyRef"
    }
    assert problems(CUSTOMER, customer({"@type": "Supplier", "name": "x", "engagedParty": {"id": "1"}})) == {}
    assert problems(CUSTOMER, {**BUYER, "relatedParty": [{}]}) == {
        "relatedParty[0].role": "is mandatory in RelatedPartyOrPartyRole"
    }


def test_an_extension_names_the_class_it_extends() -> None:
    extension = {**PERSON, "@type": "Patient", "ward": {"floor": 3}}
    assert list(problems(INDIVIDUAL, extension)) == ["@type"]
    assert problems(INDIVIDUAL, {**extension, "@baseType": "Individual"}) == {}
    assert problems(INDIVIDUAL, {**extension, "@baseType": "Individual", "gender": 5})
    assert list(problems(INDIVIDUAL, {**extension, "@baseType": ["Individual"]})) == ["@type", "@baseType"]
    assert list(problems(ORGANIZATION, {**PERSON, "name": "x"})) == ["@type"]
    assert problems(INDIVIDUAL, {**PERSON, "@type": "individual"}) == {}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("extra", "word"),
    [
        ({"x": nested(DEPTH)}, "deeper"),
        ({"x": nested(100_000)}, "deeper"),
        ({"x": [0] * NODES}, "values"),
        ({"x": "y" * (TEXT_CHARACTERS + 1)}, "longer"),
        ({"x" * (NAME_CHARACTERS + 1): 1}, "name is longer"),
        ({"x": "a\0b"}, "U+0000"),
        ({"a\0b": 1}, "U+0000"),
        ({"x": ["\ud800"]}, "surrogate"),
        ({"\udfff": 1}, "surrogate"),
        ({"x": 10**309}, "10^308"),
        ({"x": 10**5000}, "10^308"),
        ({"x": 1.7e308}, "10^308"),
        ({"x": float("inf")}, "finite"),
        ({"x": float("nan")}, "finite"),
        ({"x": (1, 2)}, "not a JSON value"),
        ({"x": OURS}, "not a JSON value"),
        ({5: "x"}, "name"),
    ],
)
def test_what_cannot_be_kept_is_refused_wherever_it_stands(extra: dict[Any, Any], word: str) -> None:
    (reason,) = problems(INDIVIDUAL, {**PERSON, **extra}).values()
    assert word in reason
    (reason,) = problems(CUSTOMER, {**BUYER, "engagedParty": {**BUYER["engagedParty"], **extra}}).values()
    assert word in reason


@pytest.mark.parametrize(
    "extra",
    [
        {"x": nested(DEPTH - 1)},
        {"x": [0] * (NODES - 10)},
        {"x": "y" * TEXT_CHARACTERS},
        {"x" * NAME_CHARACTERS: 1},
        {"x": "\\u0000"},
        {"x": -(10**308)},
        {"x": [1e308, 1e-320, None, True]},
        {"x": "\U0001f600 \x7f"},
    ],
)
def test_what_lies_just_within_the_bounds_is_kept(extra: dict[str, Any]) -> None:
    assert problems(INDIVIDUAL, {**PERSON, **extra}) == {}


def test_an_ordinary_document_needs_no_close_look() -> None:
    assert within_bounds({**PERSON, "skill": [{"skillName": "x" * 1000, "validFor": {}}] * 20})


def test_attributes_reach_every_nested_value_with_its_type() -> None:
    attributes = CUSTOMER.attributes
    assert attributes["contactMedium.emailAddress"].type == "string"
    assert attributes["contactMedium.emailAddress"].many
    assert not attributes["engagedParty.id"].many
    assert attributes["validFor.startDateTime"].type == "date-time"
    assert attributes["contactMedium"].type == "array"
    assert attributes["engagedParty"].type == "object"
    assert attributes["characteristic.value"].type == "any"
    assert attributes["relatedParty.partyOrPartyRole.contactMedium.city"].type == "string"
    assert INDIVIDUAL.attributes["birthDate"].formats == ("date-time", "date")
    assert ORGANIZATION.attributes["status"].enum == ("closed", "initialized", "validated")
    assert max(path.count(".") for path in attributes) == 3
    assert all(attribute.description for attribute in attributes.values())


def test_a_mistyped_attribute_is_guessed() -> None:
    assert nearest(INDIVIDUAL, "familyname") == "familyName"
    assert nearest(CUSTOMER, "contactMedium.emailAdress") == "contactMedium.emailAddress"
    assert nearest(CUSTOMER, "zzzzzz") is None


def test_the_label_is_what_a_record_is_called() -> None:
    assert INDIVIDUAL.label({**PERSON, "familyNamePrefix": "de"}) == "Ada de Byron"
    assert INDIVIDUAL.label({**PERSON, "formattedName": "Ada, Countess of Lovelace"}) == "Ada, Countess of Lovelace"
    assert INDIVIDUAL.label({"fullName": "Ada"}) == "Ada"
    assert INDIVIDUAL.label({"fullName": ["Ada"]}) == ""
    assert ORGANIZATION.label({"tradingName": "Engines"}) == "Engines"
    assert ORGANIZATION.label({"name": "Analytical Ltd", "tradingName": "Engines"}) == "Analytical Ltd"
    assert CUSTOMER.label(BUYER) == "Ada Byron"


def test_terms_are_the_declared_values_each_once() -> None:
    document = {
        **PERSON,
        "undeclared": "x",
        "birthDate": "1815-12-10T02:00:00.50+02:00",
        "contactMedium": [{"@type": "EmailContactMedium", "emailAddress": "a@b", "preferred": True}] * 2,
        "partyCharacteristic": [
            {"@type": "NumberArrayCharacteristic", "name": "sizes", "value": [1.0, 2.50]},
            {"@type": "ObjectCharacteristic", "name": "desk", "value": {"floor": 3}},
        ],
    }
    assert terms(INDIVIDUAL, document) == [
        "@type=Individual",
        "givenName=Ada",
        "familyName=Byron",
        "birthDate=1815-12-10T00:00:00.5Z",
        "contactMedium.@type=EmailContactMedium",
        "contactMedium.emailAddress=a@b",
        "contactMedium.preferred=true",
        "partyCharacteristic.@type=NumberArrayCharacteristic",
        "partyCharacteristic.name=sizes",
        "partyCharacteristic.value=1",
        "partyCharacteristic.value=2.5",
        "partyCharacteristic.@type=ObjectCharacteristic",
        "partyCharacteristic.name=desk",
    ]


def test_a_long_value_is_found_by_its_hash() -> None:
    long = "é" * (LONGEST_VALUE + 1)
    (found,) = (each for each in terms(INDIVIDUAL, {"location": long}) if each.startswith("location"))
    assert found == term(INDIVIDUAL, "location", long)
    assert found.startswith("location#")
    assert len(found) == len("location#") + 64
    assert found != term(INDIVIDUAL, "location", long + "é")


def test_more_terms_than_fit_are_refused_not_dropped() -> None:
    skills = [{"skillCode": str(number)} for number in range(TERMS)]
    assert len(terms(INDIVIDUAL, {"skill": skills})) == TERMS
    with pytest.raises(InvalidDocument, match="4096"):
        terms(INDIVIDUAL, {"skill": [*skills, {"skillName": "one more"}]})


@pytest.mark.parametrize(
    ("resource", "path", "text", "expected"),
    [
        (INDIVIDUAL, "creditRating.ratingScore", "5.0", "creditRating.ratingScore=5"),
        (INDIVIDUAL, "creditRating.ratingScore", "1e2", "creditRating.ratingScore=100"),
        (INDIVIDUAL, "creditRating.ratingScore", "-0", "creditRating.ratingScore=0"),
        (CUSTOMER, "contactMedium.preferred", "true", "contactMedium.preferred=true"),
        (
            CUSTOMER,
            "validFor.startDateTime",
            "2020-01-01T00:30:00+01:00",
            "validFor.startDateTime=2019-12-31T23:30:00Z",
        ),
        (INDIVIDUAL, "birthDate", "1815-12-10", "birthDate=1815-12-10"),
        (INDIVIDUAL, "status", "validated", "status=validated"),
        (INDIVIDUAL, "partyCharacteristic.value", "a=b", "partyCharacteristic.value=a=b"),
    ],
)
def test_a_filter_looks_up_the_canonical_term(resource: Resource, path: str, text: str, expected: str) -> None:
    assert term(resource, path, text) == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("creditRating.ratingScore", "five"),
        ("creditRating.ratingScore", "5.5"),
        ("creditRating.ratingScore", "1e999"),
        ("creditRating.ratingScore", "9" * 5000),
        ("creditRating.ratingScore", "٣"),
        ("contactMedium.preferred", "TRUE"),
        ("birthDate", "yesterday"),
        ("status", "alive"),
        ("gender", "a\0b"),
        ("gender", "\udc80"),
        ("contactMedium", "x"),
        ("nothing", "x"),
    ],
)
def test_a_value_that_cannot_be_is_refused_without_repeating_it(path: str, text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        term(INDIVIDUAL, path, text)
    assert text not in refused.value.message or text == "x"
    assert refused.value.failure is Failure.INVALID


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("2020-01-01t00:00:00.120z", "2020-01-01T00:00:00.12Z"),
        ("2020-01-01 00:00:00.000000000100Z", "2020-01-01T00:00:00.0000000001Z"),
        ("2020-02-29T23:59:59-00:01", "2020-03-01T00:00:59Z"),
        ("2020-01-01T00:00:00+0100", "2019-12-31T23:00:00Z"),
        ("0001-01-01T00:00:00+01:00", "0000-12-31T23:00:00Z"),
        ("9999-12-31T23:00:00-01:00", "10000-01-01T00:00:00Z"),
        ("1900-02-28T23:59:59-01:00", "1900-03-01T00:59:59Z"),
    ],
)
def test_an_instant_is_spelled_in_utc_at_every_edge_of_the_calendar(text: str, expected: str) -> None:
    assert is_instant(text)
    assert spelled_instant(text) == expected


def test_numbers_beyond_the_decimal_context_keep_all_digits() -> None:
    assert spelled_number(10**40 + 1) == f"1{'0' * 39}1"
    assert spelled_number(1e22) == f"1{'0' * 22}"
    assert spelled_number(-0.0) == "0"
    assert spelled_number(5e-7) == "0.0000005"
