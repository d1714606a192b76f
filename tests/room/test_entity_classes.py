"""Classes of entity: what a specification demands, its entities are held to."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.model import InvalidDocument, Resource, links, terms
from customer_inventory.model.entity_classes import (
    entity_attributes,
    entity_class,
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
