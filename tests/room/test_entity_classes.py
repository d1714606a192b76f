"""Classes of entity: what a specification demands, its entities are held to."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.model import InvalidDocument, Resource, links, terms
from customer_inventory.model.entity_classes import (
    contradictions,
    entity_attributes,
    entity_class,
    entity_classes,
    specification_problems,
    turning_points,
)
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.model.validation import validate

TARGET = {"@schemaLocation": "https://example.com/Meter.schema.json", "@type": "Meter"}


def specification(*characteristics: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"@type": "EntitySpecification", "name": "Meter", "specCharacteristic": [*characteristics], **more}


def meter(*characteristics: dict[str, Any]) -> Resource:
    found = entity_class(specification(*characteristics, targetEntitySchema=TARGET))
    assert found is not None
    return found


def problems(governing: Resource, document: dict[str, Any]) -> str:
    with pytest.raises(InvalidDocument) as caught:
        validate(governing, {"@type": "Meter", **document})
    return caught.value.message


def test_the_class_is_the_one_that_the_target_schema_names() -> None:
    assert meter().shape.name == "Meter"
    without = entity_class(specification())
    assert without is not None
    assert without.shape.name == "Meter"


def test_a_retired_specification_governs_nothing() -> None:
    assert entity_class(specification(lifecycleStatus="Retired")) is None


@pytest.mark.parametrize(
    ("kind", "fit", "unfit"),
    [
        ("string", "x", 1),
        ("integer", 3, "3"),
        ("number", 1.5, "1.5"),
        ("Boolean", True, "true"),
        ("dateTime", "2026-01-31T12:00:00Z", "2026-01-31"),
        ("date", "2026-01-31", "yesterday"),
        ("object", {"a": 1}, "a"),
    ],
)
def test_a_value_is_of_the_type_of_its_characteristic(kind: str, fit: Any, unfit: Any) -> None:
    governing = meter({"name": "value1", "valueType": kind})
    validate(governing, {"@type": "Meter", "value1": fit})
    assert "value1" in problems(governing, {"value1": unfit})


def test_a_mandatory_value_may_stand_as_an_attribute_or_as_a_characteristic() -> None:
    governing = meter({"name": "serialNumber", "valueType": "string", "minCardinality": 1})
    assert problems(governing, {}) == "serialNumber: is mandatory"
    assert problems(governing, {"serialNumber": " "}) == "serialNumber: is mandatory"
    validate(governing, {"@type": "Meter", "serialNumber": "A1"})
    validate(governing, {"@type": "Meter", "characteristic": [{"name": "serialNumber", "value": "A1"}]})


def test_a_characteristic_in_the_list_is_of_its_type_too() -> None:
    governing = meter({"name": "serial no", "valueType": "integer"}, {"name": "installed", "valueType": "date"})
    validate(governing, {"@type": "Meter", "characteristic": [{"name": "serial no", "value": 4}]})
    validate(governing, {"@type": "Meter", "characteristic": [{"name": "installed", "value": "2026-01-31"}]})
    for name, value in (("serial no", "text"), ("installed", "yesterday")):
        assert name in problems(governing, {"characteristic": [{"name": name, "value": value}]})


@pytest.mark.parametrize("bounds", [(5, 2), (-1, None)])
def test_a_cardinality_that_nothing_can_meet_is_refused(bounds: tuple[int, int | None]) -> None:
    least, most = bounds
    with pytest.raises(InvalidDocument, match="minCardinality"):
        meter({"name": "a", "minCardinality": least, **({"maxCardinality": most} if most else {})})


def test_several_values_are_a_list_within_the_cardinality() -> None:
    governing = meter({"name": "tag", "valueType": "string", "maxCardinality": 2})
    validate(governing, {"@type": "Meter", "tag": ["a", "b"]})
    assert "more than 2" in problems(governing, {"tag": ["a", "b", "c"]})
    assert "expected an array" in problems(governing, {"tag": "a"})


def test_values_ranges_and_patterns_bind() -> None:
    offered = [{"value": 1}, {"valueFrom": 10, "valueTo": 20, "rangeInterval": "closedBottom"}]
    governing = meter(
        {"name": "phases", "valueType": "integer", "characteristicValueSpecification": offered},
        {"name": "serial", "valueType": "string", "regex": "[A-Z]{2}[0-9]+"},
    )
    for fit in (1, 10, 19):
        validate(governing, {"@type": "Meter", "phases": fit, "serial": "AB1"})
    for unfit in (2, 9, 20):
        assert "phases" in problems(governing, {"phases": unfit})
    assert "serial" in problems(governing, {"serial": "AB1x"})
    assert "AB1x" not in problems(governing, {"serial": "AB1x"}), "the value is not repeated"


def test_an_extensible_characteristic_takes_other_values_too() -> None:
    governing = meter(
        {
            "name": "colour",
            "valueType": "string",
            "extensible": True,
            "characteristicValueSpecification": [{"value": "red"}],
        }
    )
    validate(governing, {"@type": "Meter", "colour": "blue"})


def test_a_pattern_costs_linear_time_and_a_broken_one_is_refused() -> None:
    governing = meter({"name": "serial", "valueType": "string", "regex": "(a+)+"})
    assert "pattern" in problems(governing, {"serial": "a" * 10_000 + "b"})
    with pytest.raises(InvalidDocument, match=r"specCharacteristic\[0\]\.regex"):
        meter({"name": "serial", "regex": "("})


def test_the_same_name_twice_is_refused() -> None:
    with pytest.raises(InvalidDocument, match="twice"):
        meter({"name": "a"}, {"name": "a"})


def test_attributes_of_the_class_are_searched_like_declared_ones() -> None:
    governing = meter(
        {"name": "installed", "valueType": "date-time"}, {"name": "tag", "valueType": "string", "maxCardinality": 9}
    )
    document = {"@type": "Meter", "installed": "2026-01-31T13:00:00+01:00", "tag": ["a", "b"]}
    assert {"installed=2026-01-31T12:00:00Z", "tag=a", "tag=b"} <= set(terms(governing, document))
    found = entity_attributes([governing])
    assert found["installed"].type == "date-time"
    assert found["tag"].many
    assert found["name"].searchable


def test_references_of_an_entity_are_links() -> None:
    party = "019a0000-0000-8001-8000-000000000001"
    document = {"@type": "Meter", "relatedParty": [{"id": party, "@referredType": "Individual", "role": "owner"}]}
    assert [link.target_kind for link in links(meter(), document)] == ["individual"]


def test_a_class_without_specification_has_what_every_entity_has() -> None:
    document = {"@type": "Anything", "name": "x", "whatever": [1]}
    validate(ENTITY, document)
    with pytest.raises(InvalidDocument):
        validate(ENTITY, {"@type": "Anything", "name": 1})


@given(
    st.lists(st.dictionaries(st.sampled_from(["name", "valueType", "regex", "minCardinality"]), st.text(max_size=5))),
    st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5), max_size=5),
)
def test_any_valid_specification_makes_a_class_or_says_why_not(
    characteristics: list[dict[str, Any]], entity: dict[str, Any]
) -> None:
    try:
        governing = entity_class(specification(*characteristics))
    except InvalidDocument:
        return
    assert governing is not None
    with suppress(InvalidDocument):
        validate(governing, {**entity, "@type": "Meter"})


@pytest.mark.parametrize(
    ("characteristic", "where"),
    [
        ({"name": "name", "valueType": "integer"}, "valueType"),
        ({"name": "startDate", "valueType": "string"}, "valueType"),
        ({"name": "note", "valueType": "string"}, "valueType"),
        ({"name": "status", "valueType": "string", "maxCardinality": 3}, "maxCardinality"),
        ({"name": "id", "valueType": "string"}, "name"),
        ({"name": "@type", "valueType": "string"}, "name"),
    ],
)
def test_a_characteristic_that_contradicts_what_every_entity_has_is_refused(
    characteristic: dict[str, Any], where: str
) -> None:
    with pytest.raises(InvalidDocument, match=rf"specCharacteristic\[0\]\.{where}"):
        meter(characteristic)


def test_a_characteristic_may_demand_more_of_what_every_entity_has() -> None:
    governing = meter({"name": "name", "valueType": "string", "minCardinality": 1, "regex": "M.*"})
    assert problems(governing, {}) == "name: is mandatory"
    assert "pattern" in problems(governing, {"name": "X"})
    validate(governing, {"@type": "Meter", "name": "M1"})


@pytest.mark.parametrize(
    ("characteristic", "reason"),
    [
        ({"valueType": "integer", "characteristicValueSpecification": [{"value": "three"}]}, "not of the valueType"),
        ({"valueType": "string", "regex": "[a-z]", "characteristicValueSpecification": [{"value": "1"}]}, "the regex"),
        ({"characteristicValueSpecification": [{"valueFrom": 5, "valueTo": 2}]}, "above valueTo"),
        (
            {"characteristicValueSpecification": [{"valueFrom": 1, "valueTo": 9}, {"value": 50, "isDefault": True}]},
            "default outside",
        ),
        (
            {
                "maxCardinality": 1,
                "characteristicValueSpecification": [
                    {"value": 1, "isDefault": True},
                    {"value": 2, "isDefault": True},
                ],
            },
            "more defaults",
        ),
        ({"characteristicValueSpecification": [{"regex": "("}]}, "regular expression"),
    ],
)
def test_a_characteristic_that_contradicts_itself_is_refused(characteristic: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason):
        meter({"name": "a", **characteristic})


def test_offered_values_may_be_spelled_as_texts() -> None:
    governing = meter({"name": "a", "valueType": "number", "characteristicValueSpecification": [{"value": "2.5"}]})
    validate(governing, {"@type": "Meter", "a": 2.5})
    assert "a" in problems(governing, {"a": 3})


def test_a_value_may_be_offered_by_a_pattern_and_numbers_follow_patterns_too() -> None:
    offered = [{"value": "none"}, {"regex": "[A-Z]{3}"}]
    governing = meter(
        {"name": "code", "valueType": "string", "characteristicValueSpecification": offered},
        {"name": "year", "valueType": "integer", "regex": "20[0-9]{2}"},
    )
    for fit in ("none", "ABC"):
        validate(governing, {"@type": "Meter", "code": fit, "year": 2026})
    assert "code" in problems(governing, {"code": "ab"})
    assert "year" in problems(governing, {"year": 1999})


def test_what_has_a_time_is_asked_for_in_its_time_alone() -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    period = {"startDateTime": "2026-06-01T00:00:00Z"}
    offered = [{"value": 1}, {"value": 2, "validFor": period}]
    document = specification(
        {"name": "a", "minCardinality": 1, "validFor": period},
        {"name": "b", "characteristicValueSpecification": offered},
        targetEntitySchema=TARGET,
    )
    before, after = (entity_class(document, at=moment) for moment in (early, late))
    assert before is not None
    assert after is not None
    validate(before, {"@type": "Meter", "b": 1})
    assert "b" in problems(before, {"b": 2})
    assert problems(after, {"b": 2}) == "a: is mandatory"
    assert entity_class({**document, "validFor": period}, at=early) is None
    assert turning_points([document]) == [(2026, "06-01T00:00:00", "")] * 2


@pytest.mark.parametrize("status", ["In Study", "In design", "inTest", "Rejected", "obsolete"])
def test_a_draft_governs_nothing_and_is_held_to_the_rules_all_the_same(status: str) -> None:
    draft = specification({"name": "a", "regex": "("}, lifecycleStatus=status)
    assert entity_class(specification(lifecycleStatus=status)) is None
    assert [problem.path for problem in specification_problems(draft)] == ["specCharacteristic[0].regex"]


def test_specifications_of_one_class_add_up_and_must_agree() -> None:
    first = specification({"name": "a", "valueType": "integer"}, targetEntitySchema=TARGET)
    second = specification({"name": "b", "minCardinality": 1}, targetEntitySchema=TARGET)
    other = specification({"name": "a", "valueType": "string"}, targetEntitySchema=TARGET)
    both = entity_classes([first, second])["Meter"]
    assert "a: expected a whole number" in problems(both, {"a": "x", "b": 1})
    assert problems(both, {"a": 1}) == "b: is mandatory"
    assert contradictions(second, [first], at=None) == []
    assert contradictions(other, [first, second], at=None) == ["a"]
    assert contradictions({**other, "lifecycleStatus": "In design"}, [first], at=None) == []


def test_the_class_of_another_api_cannot_be_specified() -> None:
    with pytest.raises(InvalidDocument, match="API of its own"):
        entity_class(specification(targetEntitySchema={**TARGET, "@type": "Individual"}))
    assert entity_class({**specification(), "name": "Individual"}) is None


def test_the_same_specification_makes_the_same_class() -> None:
    assert meter({"name": "a", "valueType": "integer"}) is meter({"name": "a", "valueType": "integer"})


def test_values_that_are_equal_make_one_claim() -> None:
    governing = meter(
        {"name": "serial", "valueType": "string", "isUnique": True},
        {"name": "made", "valueType": "date-time", "isUnique": True},
        {"name": "size", "valueType": "number", "isUnique": True},
    )
    one = {"serial": "A", "made": "2026-01-31T12:00:00Z", "size": 1}
    same = [
        {"characteristic": [{"name": "serial", "value": "A"}]},
        {"made": "2026-01-31T13:00:00+01:00"},
        {"size": 1.0},
    ]
    claimed = {claim.digest for claim in governing.claims(one)}
    assert len(claimed) == 3
    assert {claim.digest for document in same for claim in governing.claims(document)} == claimed
    assert not list(governing.claims({"@type": "Meter"}))
    assert not list(ENTITY.claims(one))
