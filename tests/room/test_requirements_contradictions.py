"""Rules that no value can follow are refused when they are proposed; whatever a value can follow is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.model.spelling import is_instant
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.contradictions import check_contradictions
from customer_inventory.requirements.reading import requirement_from
from customer_inventory.requirements.requirement import FORMATS, InformationRequirement
from customer_inventory.requirements.rules import rules_of

INDIVIDUAL = RESOURCES["individual"]
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
OWN = "partyCharacteristic[own]"


def asks(*rules: dict[str, Any], attribute: str = OWN, **more: Any) -> InformationRequirement:
    said = [{"code": f"rule-{number}", **rule} for number, rule in enumerate(rules)]
    document = {"resource": "individual", "attribute": attribute, "name": "N", "meaning": "m", "valueRule": said}
    return requirement_from({**document, **more})


def told(requirement: InformationRequirement) -> list[str]:
    rules_of(requirement, INDIVIDUAL)
    try:
        check_contradictions(requirement, INDIVIDUAL)
    except InvalidDocument as error:
        return [str(problem) for problem in error.problems]
    return []


CONTRADICTIONS: dict[str, tuple[InformationRequirement, str]] = {
    "a type and a format": (
        asks({"type": "number"}, {"format": "email"}),
        "valueRule[1].format: contradicts type of the rule rule-0: no value can follow both",
    ),
    "a type and a format of one rule": (asks({"type": "date", "format": "uuid"}), "valueRule[0].format"),
    "two formats": (asks({"format": "phone"}, {"format": "email"}), "format of the rule rule-0"),
    "two types": (asks({"type": "boolean"}, {"type": "integer"}), "type of the rule rule-0"),
    "codes that break the pattern": (
        asks({"pattern": "[A-Z]{2}"}, {"codeList": ["a", "ABC"]}),
        "valueRule[1].codeList: contradicts pattern of the rule rule-0: no value can follow both",
    ),
    "codes that break the length": (asks({"codeList": ["a", "b"], "minLength": 2}), "contradicts codeList"),
    "codes that break the format": (asks({"codeList": ["mail"]}, {"format": "email"}), "contradicts codeList"),
    "codes that break the type": (asks({"codeList": ["one"]}, {"type": "integer"}), "contradicts"),
    "codes that break the check digit": (asks({"codeList": ["1234"], "checkDigit": "luhn"}), "contradicts"),
    "codes that break the bounds": (asks({"codeList": ["1", "9"]}, {"minimum": "10"}), "contradicts"),
    "two code lists": (asks({"codeList": ["a"]}, {"codeList": ["A"]}), "contradicts codeList of the rule rule-0"),
    "bounds of two rules": (
        asks({"minimum": "10"}, {"maximum": "9.5"}),
        "valueRule[1].maximum: contradicts minimum of the rule rule-0: no value can follow both",
    ),
    "moments of two rules": (asks({"minimum": "2026-01-02"}, {"maximum": "2026-01-01T23:59:59Z"}), "minimum of"),
    "moments that move": (asks({"minimum": "today+1d"}, {"maximum": "today-1y"}), "minimum of"),
    "moments that move in one rule": (asks({"minimum": "now+2d", "maximum": "today"}), "minimum of"),
    "a number and a moment": (asks({"minimum": "1"}, {"maximum": "today"}), "minimum of"),
    "no whole number between": (asks({"type": "integer", "minimum": "1.2", "maximum": "1.8"}), "all of that"),
    "lengths of two rules": (asks({"minLength": 5}, {"maxLength": 4}), "minLength of the rule rule-0"),
    "a length and a pattern": (asks({"pattern": "[0-9]{4}"}, {"maxLength": 3}), "pattern of the rule rule-0"),
    "a length and a format": (asks({"format": "uuid"}, {"maxLength": 30}), "format of the rule rule-0"),
    "two patterns": (asks({"pattern": "[A-Z]+"}, {"pattern": "[0-9]+"}), "pattern of the rule rule-0"),
    "a pattern and a type": (asks({"pattern": "[A-Z]+"}, {"type": "date"}), "contradicts"),
    "a pattern and a check digit": (asks({"pattern": "[A-Z]+"}, {"checkDigit": "luhn"}), "contradicts"),
    "an object with a length": (asks({"type": "object"}, {"maxLength": 9}), "contradicts"),
    "what the rules watch alone": (
        asks({"type": "number", "enforcement": "observe"}, {"format": "email", "enforcement": "refuse"}),
        "contradicts",
    ),
    "the type of the attribute": (
        asks({"format": "email"}, attribute="birthDate"),
        "valueRule[0].format: contradicts its type, date-time: no value can follow both",
    ),
    "the values of the attribute": (
        asks({"codeList": ["nowhere"]}, attribute="status"),
        "valueRule[0].codeList: contradicts the values that the Open API has for it",
    ),
    "nothing but an empty text where one is mandatory": (
        asks({"codeList": [""]}, obligation="mandatory"),
        "contradicts that it is mandatory, and so not empty",
    ),
    "a rule under a condition by itself": (
        asks({"when": "@.name == 'x'", "type": "number", "format": "email"}),
        "valueRule[0].format",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_no_value_can_follow_is_told_with_the_rules_that_contradict(name: str) -> None:
    requirement, expected = CONTRADICTIONS[name]
    found = told(requirement)
    assert len(found) == 1
    assert expected in found[0]


def test_only_the_rules_that_contradict_each_other_are_told() -> None:
    rules = ({"type": "string"}, {"pattern": "[A-Z]*"}, {"maxLength": 9}, {"format": "phone"}, {"minLength": 2})
    assert told(asks(*rules)) == [
        "valueRule[3].format: contradicts pattern of the rule rule-1: no value can follow both"
    ]


POSSIBLE = [
    asks({"type": "number"}, {"pattern": "[0-9.]+"}, {"maxLength": 3}),
    asks({"type": "integer"}, {"codeList": ["1", "one"]}),
    asks({"type": "boolean"}, {"codeList": ["true"]}),
    asks({"format": "country"}, {"codeList": ["AT", "Austria"]}),
    asks({"format": "iban"}, {"checkDigit": "mod97"}, {"maxLength": 22}),
    asks({"type": "date"}, {"pattern": "[0-9-]+"}, {"maxLength": 10}),
    asks({"minimum": "2050-01-01"}, {"maximum": "today"}),  # one day
    asks({"minimum": "today+12m"}, {"maximum": "today+1y"}),
    asks({"minimum": "today+9998y"}, {"maximum": "today+9997y"}),  # both at the end of the calendar
    asks({"minimum": "today"}, {"maximum": "now"}),
    asks({"codeList": ["2026-01-01"]}, {"maximum": "today"}),
    asks({"minimum": "5"}, {"maximum": "5"}),
    asks({"type": "number"}, {"when": "@.name == 'x'", "format": "email"}),  # then there is to be none
    asks({"when": "@.name == 'x'", "type": "number"}, {"when": "@.name == 'y'", "format": "email"}),
    asks({"type": "object"}, obligation="mandatory"),
    asks({"codeList": [""]}, obligation="conditional", condition="@.name == 'x'"),
    asks({"pattern": r"a\b b"}),
    asks({"maximum": "9" * 150}),
]


@pytest.mark.parametrize("requirement", POSSIBLE, ids=lambda each: str(each.value_rule)[:60])
def test_what_a_value_can_follow_is_taken(requirement: InformationRequirement) -> None:
    assert told(requirement) == []


def test_nothing_that_is_shipped_contradicts_itself() -> None:
    for name, resource in RESOURCES.items():
        for requirement in shipped(name).values():
            check_contradictions(requirement, resource)


CODES = ["", "1", "1.5", "-3", "12", "true", "AT", "a@b.ch", "+4112345", "2026-01-01", "2026-01-01T00:00:00Z", "x y"]
NUMBERS = ["1", "-3", "1.5", "12", "1e23", "100000000000000000000000"]
MOMENTS = ["2026-01-01", "2026-01-01T00:00:00Z", "today", "now", "today-1y", "today+12m", "now-366d", "now+1d"]
BOUNDS = st.sampled_from(NUMBERS + MOMENTS)
FACETS = {
    "type": st.sampled_from(("string", "integer", "number", "boolean", "date", "date-time", "object")),
    "format": st.sampled_from(FORMATS),
    "codeList": st.lists(st.sampled_from(CODES), min_size=1, max_size=3),
    "pattern": st.sampled_from(("[A-Z]+", "[0-9]*", r"\d{4}-.*", "[^@]*", r".*\b.*", "-?[0-9.]+", "true|x y", "()")),
    "minimum": BOUNDS,
    "maximum": BOUNDS,
    "minLength": st.integers(0, 12),
    "maxLength": st.integers(0, 12),
    "checkDigit": st.sampled_from(("luhn", "mod97")),
}
rule = st.sampled_from(list(FACETS)).flatmap(lambda name: st.fixed_dictionaries({name: FACETS[name]}))
value = st.one_of(
    st.sampled_from(
        [*CODES, 1, 1.5, -3, 12.0, 1e23, 10**23, True, False, {}, {"a": 1}, "79927398713", "GB82WEST12345698765432"]
    ),
    st.integers(-20, 20),
    st.text("aZ0-.@+ ", max_size=12),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.datetimes(timezones=st.just(UTC)).map(lambda each: each.isoformat()),
)


@given(st.lists(rule, min_size=1, max_size=12), value, st.booleans())
def test_what_a_value_follows_is_never_refused(rules: list[dict[str, Any]], value: Any, mandatory: bool) -> None:
    tests = {made.code: made.tests for made in rules_of(asks(*rules), INDIVIDUAL)}
    followed = [
        rule for number, rule in enumerate(rules) if all(test.passes(value, NOW) for test in tests[f"rule-{number}"])
    ]
    needed = mandatory and value != ""
    check_contradictions(asks(*followed, obligation="mandatory" if needed else "optional"), INDIVIDUAL)


@given(value, st.sampled_from(["birthDate", "status", "partyCharacteristic", "gender", "contactMedium.preferred"]))
def test_what_the_model_takes_is_never_refused(value: Any, attribute: str) -> None:
    known = INDIVIDUAL.attributes[attribute]
    if type(value) is str and known.type in {"string", "date-time"} and (not known.enum or value in known.enum):
        if known.type == "string" or is_instant(value, known.formats):
            check_contradictions(asks({"codeList": [value]}, attribute=attribute), INDIVIDUAL)
    elif type(value) is bool and known.type == "boolean":
        check_contradictions(asks({"codeList": [str(value).lower()]}, attribute=attribute), INDIVIDUAL)
