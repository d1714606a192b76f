"""Merge patch: the examples and the laws of RFC 7396, and the attributes that stay as they are."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.api.patching import ImmutableAttribute, patched, read_patch
from customer_inventory.api.patching.budget import LARGEST_RECORD
from customer_inventory.api.patching.merging import merge
from customer_inventory.api.patching.problems import InvalidPatch, PatchTooDeep, PatchTooLarge
from customer_inventory.model.views import NATIVE

# RFC 7396, appendix A: original, patch, result.
EXAMPLES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]

leaves = st.booleans() | st.integers() | st.text(max_size=5)
names = st.sampled_from(["a", "b", "c", "d"])
without_null = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)
with_null = st.recursive(
    leaves | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(names, without_null, max_size=4)
patches = st.dictionaries(names, with_null, max_size=4)

INDIVIDUAL = NATIVE["individual"]
PERSON = {"@type": "Individual", "givenName": "Ada", "familyName": "Byron", "validFor": {"x": 1}}
OWN = {"id": "6f9619ff-8b86-8011-b42d-00cf4fc964ff", "href": "/tmf-api/partyManagement/v5/individual/6f96"}


def merge_document(document: dict[str, Any], patch: Any) -> dict[str, Any]:
    return patched(INDIVIDUAL, document, read_patch("application/merge-patch+json", patch), **OWN)


@pytest.mark.parametrize(("original", "patch", "result"), EXAMPLES)
def test_the_examples_of_the_standard(original: Any, patch: Any, result: Any) -> None:
    assert merge(original, patch) == result


@given(target=objects, patch=patches)
def test_a_patch_applied_twice_is_a_patch_applied_once(target: dict[str, Any], patch: dict[str, Any]) -> None:
    once = merge(target, patch)
    assert merge(once, patch) == once


@given(target=objects)
def test_the_empty_patch_changes_nothing(target: dict[str, Any]) -> None:
    assert merge(target, {}) == target


@given(target=objects, patch=patches)
def test_what_is_patched_is_left_as_it_was(target: dict[str, Any], patch: dict[str, Any]) -> None:
    target_before, patch_before = copy.deepcopy(target), copy.deepcopy(patch)
    merge(target, patch)
    assert (target, patch) == (target_before, patch_before)


@given(target=objects, patch=patches)
def test_null_removes_and_all_else_is_there_afterwards(target: dict[str, Any], patch: dict[str, Any]) -> None:
    merged = merge(target, patch)
    for name, value in patch.items():
        assert (name in merged) == (value is not None)
        if value is not None and not isinstance(value, dict):
            assert merged[name] == value
    assert merged.keys() == (target.keys() | patch.keys()) - {name for name, value in patch.items() if value is None}


@given(before=objects, after=objects)
def test_there_is_a_patch_between_any_two_objects(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert merge(before, _difference(before, after)) == after


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The merge patch that leads from one object (without nulls) to another."""
    patch: dict[str, Any] = dict.fromkeys(before.keys() - after.keys())
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            patch[name] = _difference(old, value)
        elif name not in before or old != value or type(old) is not type(value):
            patch[name] = value
    return patch


@pytest.mark.parametrize("name", ["@type", "@baseType", "@schemaLocation", "id", "href"])
@pytest.mark.parametrize("value", ["something else", "", 1, {}, []])
def test_immutable_attributes_cannot_be_changed(name: str, value: Any) -> None:
    with pytest.raises(ImmutableAttribute) as refused:
        merge_document(PERSON, {name: value})
    assert name in refused.value.message
    assert "something else" not in refused.value.message


@pytest.mark.parametrize("name", ["@type", "id", "href"])
def test_immutable_attributes_cannot_be_taken_away(name: str) -> None:
    with pytest.raises(ImmutableAttribute):
        merge_document(PERSON, {name: None})


def test_taking_away_an_immutable_attribute_that_is_not_there_changes_nothing() -> None:
    assert merge_document(PERSON, {"@baseType": None}) == PERSON


def test_immutable_attributes_may_be_repeated_and_own_ones_are_not_stored() -> None:
    repeated = {"@type": "Individual", "givenName": "Augusta", **OWN}
    assert merge_document(PERSON, repeated) == {**PERSON, "givenName": "Augusta"}


def test_a_patch_within_an_attribute_keeps_its_neighbours() -> None:
    patched = merge_document(PERSON, {"validFor": {"y": 2}})
    assert patched["validFor"] == {"x": 1, "y": 2}


@pytest.mark.parametrize("depth", [100, 900, 5000, 100_000])
def test_a_patch_too_deep_is_refused_whatever_its_depth(depth: int) -> None:
    patch: dict[str, Any] = {}
    for _ in range(depth):
        patch = {"deeper": patch}
    with pytest.raises(PatchTooDeep):
        merge_document(PERSON, patch)


@pytest.mark.parametrize("patch", [[], "text", 1, None, True])
def test_a_merge_patch_is_an_object(patch: Any) -> None:
    with pytest.raises(InvalidPatch):
        merge_document(PERSON, patch)


def test_a_record_grows_to_a_bound_however_many_patches_it_takes() -> None:
    half = {"one": "x" * (LARGEST_RECORD * 2 // 3)}
    grown = merge_document(PERSON, half)
    with pytest.raises(PatchTooLarge):
        merge_document(grown, {"two": half["one"]})
    assert merge_document(grown, {"one": "small"})["one"] == "small"
