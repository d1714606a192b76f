"""JSON Patch: the cases of RFC 6902 and RFC 6901, its laws, and what stops a hostile one."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.api.patching import ImmutableAttribute, patched, read_patch
from customer_inventory.api.patching.budget import LARGEST_RECORD, LONGEST_PATH, MOST_OPERATIONS
from customer_inventory.api.patching.problems import (
    InvalidPatch,
    PatchTargetMissing,
    PatchTestFailed,
    PatchTooDeep,
    PatchTooLarge,
)
from customer_inventory.model.views import NATIVE

INDIVIDUAL = NATIVE["individual"]
OWN = {"id": "6f9619ff-8b86-8011-b42d-00cf4fc964ff", "href": "/tmf-api/partyManagement/v5/individual/6f96"}
PERSON = {"@type": "Individual", "givenName": "Ada", "nationality": "British"}


def apply(document: Any, *operations: Any) -> Any:
    return read_patch("application/json-patch+json", list(operations)).apply(document)


def op(verb: str, path: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"op": verb, "path": path, **({"value": value} if verb in {"add", "replace", "test"} else {}), **more}


# What RFC 6902 shows in its appendix A, with other documents.
CASES: list[tuple[str, Any, list[Any], Any]] = [
    ("adds an attribute", {"name": "Ada"}, [op("add", "/title", "Dr")], {"name": "Ada", "title": "Dr"}),
    ("adds an element", {"note": [1, 3]}, [op("add", "/note/1", 2)], {"note": [1, 2, 3]}),
    ("adds behind the last by its index", {"note": [1]}, [op("add", "/note/1", 2)], {"note": [1, 2]}),
    ("adds behind the last by a dash", {"note": []}, [op("add", "/note/-", [1])], {"note": [[1]]}),
    ("adds over what is there", {"name": "Ada"}, [op("add", "/name", [])], {"name": []}),
    ("adds a null", {}, [op("add", "/title", None)], {"title": None}),
    ("adds the whole document", {"name": "Ada"}, [op("add", "", {"a": 1})], {"a": 1}),
    ("adds below what an operation before it added", {}, [op("add", "/a", {}), op("add", "/a/b", 1)], {"a": {"b": 1}}),
    ("removes an attribute", {"name": "Ada", "a": 1}, [op("remove", "/a")], {"name": "Ada"}),
    ("removes an element", {"note": [1, 2, 3]}, [op("remove", "/note/1")], {"note": [1, 3]}),
    ("replaces a value", {"a": {"b": 1}}, [op("replace", "/a/b", 2)], {"a": {"b": 2}}),
    ("replaces an object whole", {"a": {"b": 1}}, [op("replace", "/a", {"c": 2})], {"a": {"c": 2}}),
    ("replaces an element whole", {"a": [{"b": 1}]}, [op("replace", "/a/0", {"c": 2})], {"a": [{"c": 2}]}),
    ("replaces the whole document", {"a": 1}, [op("replace", "", {"b": 2})], {"b": 2}),
    ("moves a value", {"a": {"b": 1}, "c": {}}, [op("move", "/c/d", **{"from": "/a/b"})], {"a": {}, "c": {"d": 1}}),
    ("moves an element", {"a": [1, 2, 3]}, [op("move", "/a/2", **{"from": "/a/0"})], {"a": [2, 3, 1]}),
    ("moves nothing anywhere", {"a": 1}, [op("move", "/a", **{"from": "/a"})], {"a": 1}),
    ("moves over what is there", {"a": 1, "b": 2}, [op("move", "/b", **{"from": "/a"})], {"b": 1}),
    ("moves to a name that begins alike", {"a": 1}, [op("move", "/ab", **{"from": "/a"})], {"ab": 1}),
    ("copies a value", {"a": {"b": [1]}}, [op("copy", "/c", **{"from": "/a/b"})], {"a": {"b": [1]}, "c": [1]}),
    (
        "changes a copy and not what it was copied from",
        {"a": {"b": 1}},
        [op("copy", "/c", **{"from": "/a"}), op("replace", "/c/b", 2)],
        {"a": {"b": 1}, "c": {"b": 2}},
    ),
    ("tests a value", {"a": [1, {"b": None}]}, [op("test", "/a", [1, {"b": None}])], {"a": [1, {"b": None}]}),
    ("tests numbers as numbers", {"a": 1}, [op("test", "/a", 1.0)], {"a": 1}),
    (
        "tests objects in any order",
        {"a": {"b": 1, "c": 2}},
        [op("test", "/a", {"c": 2, "b": 1})],
        {"a": {"b": 1, "c": 2}},
    ),
    ("tests the whole document", {"a": 1}, [op("test", "", {"a": 1})], {"a": 1}),
    ("unescapes tildes and slashes", {"~": {"/": 1}}, [op("replace", "/~0/~1", 2)], {"~": {"/": 2}}),
    ("unescapes once", {"~1": 1}, [op("replace", "/~01", 2)], {"~1": 2}),
    ("knows the empty name", {"": {"": 1}}, [op("replace", "//", 2)], {"": {"": 2}}),
    ("reads digits as a name in an object", {"0": 1}, [op("replace", "/0", 2)], {"0": 2}),
    ("reads a dash as a name in an object", {"-": 1}, [op("replace", "/-", 2)], {"-": 2}),
    ("passes over members it does not know", {"a": 1}, [op("replace", "/a", 2, note="x")], {"a": 2}),
    ("does nothing", {"a": 1}, [], {"a": 1}),
    ("adds a name with a question mark", {"a": 1}, [op("add", "/b?c=1", 2)], {"a": 1, "b?c=1": 2}),
    ("takes a question mark in a name that is there", {"a?b=1": 1}, [op("replace", "/a?b=1", 2)], {"a?b=1": 2}),
]

REFUSED: list[tuple[str, Any, Any, type[Exception]]] = [
    ("nothing to remove", {}, op("remove", "/a"), PatchTargetMissing),
    ("nothing to replace", {}, op("replace", "/a", 1), PatchTargetMissing),
    ("nothing to test", {}, op("test", "/a", None), PatchTargetMissing),
    ("nothing to move", {}, op("move", "/b", **{"from": "/a"}), PatchTargetMissing),
    ("nothing to copy", {}, op("copy", "/b", **{"from": "/a"}), PatchTargetMissing),
    ("no group to add to", {}, op("add", "/a/b", 1), PatchTargetMissing),
    ("a text is no group", {"a": "b"}, op("add", "/a/b", 1), PatchTargetMissing),
    ("a text has no elements", {"a": "bcd"}, op("remove", "/a/0"), PatchTargetMissing),
    ("past the end", {"a": [1]}, op("add", "/a/2", 1), PatchTargetMissing),
    ("the element after the last is not there", {"a": [1]}, op("remove", "/a/-"), PatchTargetMissing),
    ("an index has no leading zero", {"a": [1, 2]}, op("remove", "/a/01"), PatchTargetMissing),
    ("an index has no sign", {"a": [1, 2]}, op("remove", "/a/-1"), PatchTargetMissing),
    ("an index is written in ASCII", {"a": [1, 2]}, op("remove", "/a/\u0661"), PatchTargetMissing),
    ("an index has an end", {"a": [1, 2]}, op("remove", "/a/" + "9" * 1000), PatchTargetMissing),
    ("a name in an array", {"a": [1, 2]}, op("add", "/a/b", 1), PatchTargetMissing),
    ("another value", {"a": "1"}, op("test", "/a", 1), PatchTestFailed),
    ("true is not one", {"a": True}, op("test", "/a", 1), PatchTestFailed),
    ("false is not nought", {"a": [0]}, op("test", "/a", [False]), PatchTestFailed),
    ("an array in another order", {"a": [1, 2]}, op("test", "/a", [2, 1]), PatchTestFailed),
    ("an array that is longer", {"a": [1, 2]}, op("test", "/a", [1]), PatchTestFailed),
    ("an object that has more", {"a": {"b": 1}}, op("test", "/a", {"b": 1, "c": 2}), PatchTestFailed),
    ("into itself", {"a": {"b": {}}}, op("move", "/a/b/c", **{"from": "/a"}), InvalidPatch),
    ("the record into itself", {"a": {}}, op("move", "/a/b", **{"from": ""}), InvalidPatch),
    ("the record removed", {"a": 1}, op("remove", ""), InvalidPatch),
]

MALFORMED: list[tuple[str, Any]] = [
    ("no array", "remove"),
    ("null", None),
    ("no object", [1]),
    ("no op", [{"path": "/a"}]),
    ("an op that there is none of", [{"op": "spam", "path": "/a"}]),
    ("an op in capitals", [{"op": "ADD", "path": "/a", "value": 1}]),
    ("an op that is no text", [{"op": ["add"], "path": "/a", "value": 1}]),
    ("delete is no word of RFC 6902", [{"op": "delete", "path": "/a"}]),
    ("no path", [{"op": "remove"}]),
    ("a path that is no text", [{"op": "remove", "path": 1}]),
    ("a null path", [{"op": "remove", "path": None}]),
    ("no value", [{"op": "add", "path": "/a"}]),
    ("no from", [{"op": "copy", "path": "/a"}]),
    ("a from that is no text", [{"op": "move", "path": "/a", "from": {}}]),
    ("no slash", [{"op": "remove", "path": "a"}]),
    ("a stray tilde", [{"op": "remove", "path": "/a~2"}]),
    ("a tilde at the end", [{"op": "remove", "path": "/a~"}]),
    ("an empty object", {}),
]


@pytest.mark.parametrize(("document", "operations", "result"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_the_operations(document: Any, operations: list[Any], result: Any) -> None:
    before = copy.deepcopy(document)
    after = apply(document, *operations)
    assert (after, msgspec.json.encode(after)) == (result, msgspec.json.encode(after))
    assert document == before


@pytest.mark.parametrize(("document", "operation", "error"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_the_document_does_not_take(document: Any, operation: Any, error: type[Exception]) -> None:
    before = copy.deepcopy(document)
    with pytest.raises(error, match=r"Operation 2|A record"):
        apply(document, op("add", "/first", 1), operation)
    assert document == before


@pytest.mark.parametrize("body", [case[1] for case in MALFORMED], ids=[case[0] for case in MALFORMED])
def test_what_no_document_takes(body: Any) -> None:
    with pytest.raises(InvalidPatch):
        read_patch("application/json-patch+json", body)


@pytest.mark.parametrize("media_type", ["application/json-patch+json", "application/json-patch-query+json"])
def test_an_element_is_added_to_an_array_by_the_name_of_the_array(media_type: str) -> None:
    """Of what is an array by its class, whether it is there or not; another array takes its place."""
    element = {"id": "2"}

    def added(document: Any, value: Any, path: str = "/note") -> Any:
        operation = {"op": "add", "path": path, "value": value}
        return read_patch(media_type, operation, arrays={"note"}).apply(document)

    before = {"note": [{"id": "1"}]}
    assert added(before, element) == {"note": [{"id": "1"}, element]}
    assert added({}, element) == {"note": [element]}
    assert added(before, [element]) == {"note": [element]}
    assert added(before, None) == {"note": None}
    assert added({"other": []}, element, "/other") == {"other": element}
    assert before == {"note": [{"id": "1"}]}


def test_one_bare_operation_is_an_array_of_one() -> None:
    assert read_patch("application/json-patch+json", op("add", "/a", 1)).apply({}) == {"a": 1}


names = st.sampled_from(["a", "b", "~", "/", "", "0", "-", "a?b"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, width=16).map(lambda number: number + 0.0)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
documents = st.dictionaries(names, values, max_size=4)


@given(before=documents, after=documents)
def test_there_is_a_patch_between_any_two_documents(before: dict[str, Any], after: dict[str, Any]) -> None:
    kept = copy.deepcopy(before)
    operations = list(_difference("", before, after))
    assert msgspec.json.encode(_sorted(apply(before, *operations))) == msgspec.json.encode(_sorted(after))
    assert before == kept


@given(before=documents, after=documents)
def test_a_patch_holds_whole_or_not_at_all(before: dict[str, Any], after: dict[str, Any]) -> None:
    kept = copy.deepcopy(before)
    with pytest.raises((PatchTestFailed, PatchTargetMissing)):
        apply(before, *_difference("", before, after), op("test", "/not there", 1))
    assert before == kept


@given(document=documents, value=values)
def test_what_was_added_and_removed_again_leaves_no_trace(document: dict[str, Any], value: Any) -> None:
    assert apply(document, op("add", "/new", value), op("test", "/new", value), op("remove", "/new")) == document


def _difference(path: str, before: Any, after: Any) -> Any:
    """The operations that lead from one value to another, each after a test of what it takes away."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            below = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
            if name not in after:
                yield from (op("test", below, before[name]), op("remove", below))
            elif name not in before:
                yield op("add", below, after[name])
            else:
                yield from _difference(below, before[name], after[name])
    elif isinstance(before, list) and isinstance(after, list):
        shared = min(len(before), len(after))
        for index in range(shared):
            yield from _difference(f"{path}/{index}", before[index], after[index])
        yield from (op("remove", f"{path}/{shared}") for _ in before[shared:])
        yield from (op("add", f"{path}/-", value) for value in after[shared:])
    elif before != after or type(before) is not type(after):
        yield op("replace", path, after)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def patch_person(*operations: Any) -> dict[str, Any]:
    return patched(INDIVIDUAL, PERSON, read_patch("application/json-patch+json", list(operations)), **OWN)


@pytest.mark.parametrize(
    "operations",
    [
        [op("replace", "/id", "other")],
        [op("remove", "/id")],
        [op("remove", "/href")],
        [op("replace", "/@type", "Organization")],
        [op("remove", "/@type")],
        [op("add", "/@baseType", "Party")],
        [op("add", "/@schemaLocation", "https://example.com/schema")],
        [op("move", "/nickname", **{"from": "/id"})],
        [op("copy", "/href", **{"from": "/givenName"})],
        [op("replace", "", {"givenName": "Ada", "id": "other"})],
        [op("replace", "", {"givenName": "Ada", "@type": "Organization"})],
        [op("add", "", {"givenName": "Ada", "@baseType": "Party"})],
    ],
)
def test_immutable_attributes_cannot_be_changed_by_any_operation(operations: list[Any]) -> None:
    with pytest.raises(ImmutableAttribute):
        patch_person(*operations)


def test_immutable_attributes_may_be_tested_repeated_and_put_back() -> None:
    operations = [
        op("test", "/id", OWN["id"]),
        op("replace", "/href", OWN["href"]),
        op("move", "/kept", **{"from": "/@type"}),
        op("move", "/@type", **{"from": "/kept"}),
        op("add", "/title", "Dr"),
    ]
    assert patch_person(*operations) == {**PERSON, "title": "Dr"}


@pytest.mark.parametrize("verb", ["add", "replace"])
def test_a_whole_document_may_leave_out_what_cannot_be_changed(verb: str) -> None:
    kept = {"@type": "Individual", "givenName": "Eve"}
    assert patch_person(op(verb, "", {"givenName": "Eve"})) == kept
    assert patch_person(op(verb, "", {**kept, **OWN})) == kept


@pytest.mark.parametrize("value", [[], "text", None, 1])
def test_a_record_stays_an_object(value: Any) -> None:
    with pytest.raises(InvalidPatch):
        patch_person(op("replace", "", value))


def test_copies_that_double_are_stopped_before_they_take_memory() -> None:
    bomb = [op("add", "/a", ["x" * 1000] * 100)]
    bomb += [op("copy", "/a/-", **{"from": "/a"}) for _ in range(900)]
    with pytest.raises((PatchTooLarge, PatchTooDeep)):
        patch_person(*bomb)


def test_copies_that_nest_are_stopped() -> None:
    with pytest.raises(PatchTooDeep):
        patch_person(op("add", "/a", {}), *(op("copy", "/a/b", **{"from": "/a"}) for _ in range(40)))


def test_copies_side_by_side_are_stopped() -> None:
    text = op("add", "/a0", "x" * (LARGEST_RECORD // 10))
    with pytest.raises(PatchTooLarge):
        patch_person(text, *(op("copy", f"/a{number}", **{"from": "/a0"}) for number in range(1, 30)))


def test_what_is_taken_away_again_counts_too() -> None:
    text = op("add", "/a", "x" * (LARGEST_RECORD // 10))
    again = [op("copy", "/b", **{"from": "/a"}), op("remove", "/b")] * 30
    with pytest.raises(PatchTooLarge):
        patch_person(text, *again)


def test_a_patch_has_a_bounded_number_of_operations_and_steps() -> None:
    test = op("test", "/givenName", "Ada")
    assert patch_person(*[test] * MOST_OPERATIONS) == PERSON
    with pytest.raises(PatchTooLarge):
        patch_person(*[test] * (MOST_OPERATIONS + 1))
    with pytest.raises(PatchTooLarge, match="Operation 1"):
        patch_person(op("test", "/" + "x" * LONGEST_PATH, 1))
    with pytest.raises(PatchTooLarge, match="Operation 1"):
        patch_person(op("test", "/x" * 40, 1))


@pytest.mark.parametrize("depth", [100, 5000, 100_000])
@pytest.mark.parametrize("verb", ["add", "test"])
def test_a_value_too_deep_does_no_harm(depth: int, verb: str) -> None:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    with pytest.raises((PatchTooDeep, PatchTargetMissing, PatchTestFailed)):
        patch_person(op(verb, "/a", value))


def test_a_message_holds_no_value_and_no_path_of_the_client() -> None:
    for operation in (
        op("test", "/givenName", "secret"),
        op("remove", "/secret"),
        op("add", "/secret/secret", "secret"),
    ):
        with pytest.raises((PatchTestFailed, PatchTargetMissing)) as refused:
            patch_person(operation)
        assert "secret" not in refused.value.message
