"""JSON Patch with queries: every way in which TMF630 and the official examples pick elements by what they hold."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.api.patching import read_patch
from customer_inventory.api.patching.budget import MOST_LOOKED_AT
from customer_inventory.api.patching.problems import InvalidPatch, PatchTargetMissing, PatchTestFailed, PatchTooLarge
from customer_inventory.model.jsonpath_problems import InvalidJsonPath, JsonPathNotSupported
from customer_inventory.model.views import NATIVE

QUERY = "application/json-patch-query+json"
JSON_PATCH = "application/json-patch+json"
INDIVIDUAL = NATIVE["individual"]
HOME = {"@type": "PhoneContactMedium", "id": "1", "preferred": True, "number": "0"}
PARIS = {"@type": "GeographicAddressContactMedium", "id": "2", "preferred": False, "city": "Paris"}
ROME = {"@type": "GeographicAddressContactMedium", "id": "3", "preferred": False, "city": "Rome", "tags": ["a", "b"]}
MARY, BOB, ANN = ({"role": role, "name": name} for role, name in (("buyer", "Mary"), ("user", "Bob"), ("buyer", "Ann")))
FIRST = {"id": "1", "quantity": 1, "offering": {"id": "1513"}, "product": {"party": [MARY, BOB]}}
SECOND = {"id": "2", "quantity": 2, "offering": {"id": "1513"}, "product": {"party": [ANN]}, "empty": []}
RECORD: dict[str, Any] = {
    "status": "open",
    "contactMedium": [HOME, PARIS, ROME],
    "characteristic": [{"name": "market segment", "value": "a"}, {"name": "size", "value": 300}],
    "orderItem": [FIRST, SECOND],
    "period": {"start": "a"},
    "tags": ["x", "y", "x"],
}


def apply(*operations: Any, media_type: str = QUERY) -> dict[str, Any]:
    """Return what has changed in the record."""
    before = copy.deepcopy(RECORD)
    after = read_patch(media_type, list(operations)).apply(RECORD)
    assert before == RECORD
    return {name: value for name, value in after.items() if RECORD.get(name) != value}


def replace(path: str, value: Any) -> dict[str, Any]:
    return apply({"op": "replace", "path": path, "value": value})


def add(path: str, value: Any) -> dict[str, Any]:
    return apply({"op": "add", "path": path, "value": value})


def remove(path: str) -> dict[str, Any]:
    return apply({"op": "remove", "path": path})


@pytest.mark.parametrize(
    "path",
    [
        "/contactMedium/preferred?city=Paris",
        "/contactMedium/preferred?city='Paris'",
        '/contactMedium/preferred?city="Paris"',
        "/contactMedium/preferred?contactMedium.city=Paris",
        "/contactMedium/preferred?contactMedium/city=Paris",
        "/contactMedium/preferred?/contactMedium/city=Paris",
        "/contactMedium/preferred?/contactMedium.city=Paris",
        "contactMedium/preferred?city=Paris",
        "/contactMedium/preferred?city=Paris&id=2",
        "/contactMedium/preferred?id=2&city=Rome&city=Paris",
        "/contactMedium/preferred?@type=GeographicAddressContactMedium&/contactMedium/id=2",
        "/contactMedium/1/preferred?city=Paris",
        "/contactMedium/preferred?city=%50aris",
        "/contactMedium/preferred?city=Paris&/status=open",
        "/contactMedium/1/preferred",
        "contactMedium[?(@.city=='Paris')].preferred",
        '$.contactMedium[?(@.city == "Paris" && @.preferred==false)].preferred',
        "/contactMedium[?(@.city=='Paris')]/preferred",
        "contactMedium[?(@.city=~/^par/i)].preferred",
        "$.contactMedium[1].preferred",
        "contactMedium[-2]['preferred']",
    ],
)
def test_an_attribute_of_the_element_that_fits(path: str) -> None:
    assert replace(path, "new") == {"contactMedium": [HOME, {**PARIS, "preferred": "new"}, ROME]}


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        ("/characteristic/value?name=market segment", 0),
        ("/characteristic/value?/characteristic/name=market segment", 0),
        ("/characteristic/value?name=market%20segment", 0),
        ("/characteristic/value?value=300", 1),
        ("/characteristic/value?value=3e2", 1),
        ("/characteristic/value?value=300.0", 1),
    ],
)
def test_values_with_spaces_and_numbers(path: str, chosen: int) -> None:
    changed = [
        {**one, "value": "new"} if index == chosen else one for index, one in enumerate(RECORD["characteristic"])
    ]
    assert replace(path, "new") == {"characteristic": changed}


def test_truths_are_spelled_as_in_json() -> None:
    assert remove("/contactMedium?preferred=true") == {"contactMedium": [PARIS, ROME]}
    with pytest.raises(PatchTargetMissing):
        remove("/contactMedium?preferred=1")
    with pytest.raises(PatchTargetMissing):
        remove("/contactMedium?preferred=True")


def test_an_ampersand_that_begins_no_condition_belongs_to_the_value() -> None:
    record = {"note": [{"author": "Smith & Sons", "id": "1"}, {"author": "Smith", "id": "2"}]}
    patch = read_patch(QUERY, [{"op": "remove", "path": "/note?author=Smith & Sons&id=1"}])
    assert patch.apply(record) == {"note": [record["note"][1]]}


def test_an_object_goes_into_the_selected_element_and_null_takes_away() -> None:
    changed = {"contactMedium": [{**HOME, "number": "1"}, PARIS, ROME]}
    assert replace("/contactMedium?id=1", {"number": "1"}) == changed
    assert replace("/contactMedium?id=1", {"number": "1", "absent": None}) == changed
    assert add("/contactMedium?id=1", {"number": "1"}) == changed
    assert replace("/contactMedium?id=2", {"city": None, "x": {"y": 1}})["contactMedium"][1] == {
        "@type": PARIS["@type"],
        "id": "2",
        "preferred": False,
        "x": {"y": 1},
    }


def test_an_object_replaces_what_is_below_the_element_or_named_by_position() -> None:
    record = {"exemption": [{"number": 456, "validFor": {"start": "a", "end": "b"}}]}
    patch = [{"op": "replace", "path": "/exemption/validFor?/exemption/number=456", "value": {"end": "c"}}]
    assert read_patch(QUERY, patch).apply(record) == {"exemption": [{"number": 456, "validFor": {"end": "c"}}]}
    assert replace("/contactMedium/0", {"a": 1})["contactMedium"][0] == {"a": 1}
    assert replace("/period", {"end": "b"}) == {"period": {"end": "b"}}


def test_every_element_that_fits_is_selected() -> None:
    changed = [HOME, {**PARIS, "preferred": True}, {**ROME, "preferred": True}]
    assert replace("/contactMedium/preferred?@type=GeographicAddressContactMedium", True) == {"contactMedium": changed}
    assert remove("/contactMedium?city=Paris&city=Rome") == {"contactMedium": [HOME]}
    assert remove("/contactMedium/id?preferred=false")["contactMedium"][1].keys() == PARIS.keys() - {"id"}
    assert replace("/orderItem?offering.id=1513", {"quantity": 9})["orderItem"] == [
        {**FIRST, "quantity": 9},
        {**SECOND, "quantity": 9},
    ]


def test_an_official_example_says_delete() -> None:
    assert apply({"op": "delete", "path": "/contactMedium?id=1"}) == {"contactMedium": [PARIS, ROME]}


def test_one_bare_operation() -> None:
    patch = read_patch(QUERY, {"op": "remove", "path": "/contactMedium?id=1"})
    assert patch.apply(RECORD)["contactMedium"] == [PARIS, ROME]


@pytest.mark.parametrize("path", ["/status?/status=open", "/status?status=open"])
def test_a_condition_on_the_very_value(path: str) -> None:
    assert replace(path, "new") == {"status": "new"}


def test_an_object_that_a_condition_is_on_itself_is_merged_into() -> None:
    record = {"related": [{"document": {"id": "1", "name": "a"}}, {"document": {"id": "2", "name": "b"}}]}
    patch = {"op": "replace", "path": "/related/document?id=2", "value": {"name": "c"}}
    assert read_patch(QUERY, patch).apply(record)["related"][1] == {"document": {"id": "2", "name": "c"}}
    record = {"item": [{"id": "1", "offering": {"id": "7", "name": "a"}}]}
    patch = {"op": "replace", "path": "/item/offering?id=1", "value": {"name": "c"}}
    assert read_patch(QUERY, patch).apply(record) == {"item": [{"id": "1", "offering": {"name": "c"}}]}


def test_dots_after_a_slash_lead_on_from_the_record() -> None:
    assert remove("/orderItem?/orderItem.offering.id=1513&quantity=2") == {"orderItem": [FIRST]}


def test_an_array_goes_with_the_last_element_that_a_query_takes() -> None:
    record = {"note": [{"id": "1"}], "item": [{"note": [{"id": "1"}, {"id": "2"}]}]}
    gone = [{"op": "remove", "path": "/note?id=1"}, {"op": "remove", "path": "/item/note?/item/note/id=1"}]
    assert read_patch(QUERY, gone).apply(record) == {"item": [{"note": [{"id": "2"}]}]}
    assert read_patch(QUERY, {"op": "remove", "path": "/note/0"}).apply(record)["note"] == []


def test_conditions_on_arrays_on_the_way_speak_of_the_same_element() -> None:
    path = "/orderItem/product/party/name?orderItem.offering.id=1513&orderItem.product.party.role=buyer&orderItem.id=1"
    changed = {**FIRST, "product": {"party": [{**MARY, "name": "new"}, BOB]}}
    assert replace(path, "new") == {"orderItem": [changed, SECOND]}
    assert replace(path.replace("orderItem.", ""), "new") == {"orderItem": [changed, SECOND]}


def test_conditions_on_arrays_beside_the_way_hold_for_any_element() -> None:
    assert replace("/orderItem/quantity?product.party.role=user", 9) == {
        "orderItem": [{**FIRST, "quantity": 9}, SECOND]
    }
    assert replace("/orderItem/quantity?product.party.name=Ann&product.party.role=buyer", 9) == {
        "orderItem": [FIRST, {**SECOND, "quantity": 9}]
    }


def test_an_attribute_without_address_belongs_to_the_innermost_array_that_has_it() -> None:
    assert remove("/orderItem/product/party?name=Bob")["orderItem"][0]["product"] == {"party": [MARY]}
    # No party has a quantity: the item has, and what the pointer names is the array.
    assert remove("/orderItem/product/party?quantity=2")["orderItem"][1]["product"] == {}
    assert replace("/contactMedium/tags?city=Rome", ["c"])["contactMedium"][2]["tags"] == ["c"]


def test_elements_that_are_no_objects() -> None:
    assert remove("/tags?/tags=x") == {"tags": ["y"]}
    assert remove("/contactMedium/tags?contactMedium.tags=a")["contactMedium"][2]["tags"] == ["b"]


def test_a_condition_on_the_record_guards_the_operation() -> None:
    assert replace("/status?status=open", "closed") == {"status": "closed"}
    assert replace("/contactMedium/preferred?/status=open&id=1", None)["contactMedium"][0]["preferred"] is None
    with pytest.raises(PatchTargetMissing):
        replace("/contactMedium/preferred?/status=closed&id=1", False)


def test_something_new_goes_below_or_into_what_is_selected() -> None:
    assert add("/contactMedium/validFor?id=1", {"a": 1})["contactMedium"][0]["validFor"] == {"a": 1}
    assert add("/contactMedium/preferred?id=1", False)["contactMedium"][0]["preferred"] is False
    assert add("/contactMedium/tags?city=Rome", "c")["contactMedium"][2]["tags"] == ["a", "b", "c"]
    assert add("/contactMedium/tags?city=Rome", ["c"])["contactMedium"][2]["tags"] == ["c"]
    assert add("/contactMedium/tags/-?city=Rome", "c")["contactMedium"][2]["tags"] == ["a", "b", "c"]
    assert add("/contactMedium/tags/0?city=Rome", "c")["contactMedium"][2]["tags"] == ["c", "a", "b"]
    assert add("/orderItem/product/party?orderItem.id=2", BOB)["orderItem"][1]["product"]["party"] == [ANN, BOB]
    assert add("/orderItem/empty?id=2", BOB)["orderItem"][1]["empty"] == [BOB]
    assert add("/contactMedium/-", HOME) == {"contactMedium": [HOME, PARIS, ROME, HOME]}
    assert add("/orderItem/mark?offering.id=1513", 1)["orderItem"] == [{**FIRST, "mark": 1}, {**SECOND, "mark": 1}]


def test_whole_elements_take_objects_only() -> None:
    with pytest.raises(InvalidPatch):
        add("/contactMedium?id=1", "text")


def test_moving_copying_and_testing_by_queries() -> None:
    move = {"op": "move", "from": "/contactMedium?city=Rome", "path": "/contactMedium/0"}
    assert apply(move) == {"contactMedium": [ROME, HOME, PARIS]}
    copied = {"op": "copy", "from": "/contactMedium/city?id=2", "path": "/contactMedium/city?id=1"}
    assert apply(copied)["contactMedium"][0]["city"] == "Paris"
    assert apply({"op": "test", "path": "/contactMedium/city?id=2", "value": "Paris"}) == {}
    with pytest.raises(PatchTestFailed):
        apply({"op": "test", "path": "/contactMedium/preferred?preferred=false", "value": True})
    with pytest.raises(PatchTargetMissing, match="exactly one"):
        apply({"op": "copy", "from": "/contactMedium/id?preferred=false", "path": "/name"})


@pytest.mark.parametrize(
    "path",
    [
        "/contactMedium?id=9",
        "/contactMedium?city=paris",
        "/contactMedium?nothing=1",
        "/contactMedium?status=open",
        "/contactMedium/nothing?id=1",
        "/nothing?id=1",
        "/contactMedium?id=",
        "/contactMedium?id=1&city=Paris",
        "/period?id=1",
        "/contactMedium/9?id=1",
        "/contactMedium?offering=1513",
        "/orderItem?offering=1513",
        "/nothing/-?id=1",
    ],
)
@pytest.mark.parametrize("verb", ["remove", "replace", "test"])
def test_nothing_that_fits_is_a_conflict(path: str, verb: str) -> None:
    with pytest.raises(PatchTargetMissing, match=f"Operation 1 .{verb}"):
        apply({"op": verb, "path": path, "value": {}})


@pytest.mark.parametrize(
    "path", ["/contactMedium?", "/contactMedium?id", "/contactMedium?=1", "/a~2?id=1", "?", "/a?&"]
)
def test_a_query_that_is_none(path: str) -> None:
    with pytest.raises(InvalidPatch, match="Operation 1"):
        remove(path)


def test_a_json_patch_may_have_queries_where_its_pointer_leads_nowhere() -> None:
    operation = {"op": "replace", "path": "/contactMedium?id=1", "value": {"number": "1"}}
    assert apply(operation, media_type="application/json-patch+json")["contactMedium"][0] == {**HOME, "number": "1"}
    with pytest.raises(PatchTargetMissing):
        apply({**operation, "path": "/contactMedium?id=9"}, media_type="application/json-patch+json")


def test_searching_without_end_is_stopped() -> None:
    record = {"note": [{"id": str(number)} for number in range(10_000)]}
    search = {"op": "test", "path": "/note/id?id=7", "value": "7"}
    read_patch(QUERY, [search]).apply(record)
    with pytest.raises(PatchTooLarge, match=str(MOST_LOOKED_AT)):
        read_patch(QUERY, [search] * 1000).apply(record)
    with pytest.raises(PatchTooLarge, match="selects"):
        read_patch(QUERY, [{"op": "replace", "path": "/note?/note=1", "value": 2}]).apply({"note": [1] * 10_000})


def test_json_paths_select_elements_and_what_is_below_them() -> None:
    assert replace("contactMedium[?(@.id=='1')]", {"number": "1"})["contactMedium"][0] == {**HOME, "number": "1"}
    assert replace("contactMedium[0]", {"number": "1"})["contactMedium"][0] == {"number": "1"}
    assert remove("contactMedium[?(@.city)]") == {"contactMedium": [HOME]}
    assert remove("tags[?(@=='x')]") == {"tags": ["y"]}
    assert add("contactMedium[?(@.id=='1')].validFor", {"a": 1})["contactMedium"][0]["validFor"] == {"a": 1}
    assert add("contactMedium[?(@.city=='Rome')].tags", "c")["contactMedium"][2]["tags"] == ["a", "b", "c"]
    assert replace("orderItem[?(@.quantity>1)].product.party[?(@.role=='buyer')].name", "new")["orderItem"][1] == {
        **SECOND,
        "product": {"party": [{**ANN, "name": "new"}]},
    }
    assert replace("status", "closed") == replace("$.status", "closed") == {"status": "closed"}
    for path in ("note[?(@.id=='9')]", "contactMedium[9]", "contactMedium[?(@.id=='9')].id", "nothing.at.all"):
        with pytest.raises(PatchTargetMissing):
            remove(path)


@pytest.mark.parametrize("path", ["note[?(@.id==)]", "note[", "note[?(", "$[", "note[?(@.id=='1')", "a b"])
def test_a_json_path_that_is_none(path: str) -> None:
    with pytest.raises(InvalidJsonPath):
        remove(path)


@pytest.mark.parametrize("path", ["$..id", "note[(@.length-1)]", "note[0:4:2]"])
def test_a_json_path_that_is_not_supported(path: str) -> None:
    with pytest.raises(JsonPathNotSupported):
        remove(path)


@pytest.mark.parametrize(
    "path",
    [
        "contactMedium[?(@.validFor.endDateTime=='2024-02-29T13:00:00+01:00')].city",
        "contactMedium[?(@.validFor.endDateTime<'2024-02-29T14:00:00+01:30')].city",
        "creditRating[0,1][?(@.ratingScore=='9.0')].ratingType",
    ],
)
def test_a_json_path_compares_by_the_types_that_are_declared(path: str) -> None:
    media = [{"city": "a", "validFor": {"endDateTime": "2024-02-29T12:00:00Z"}}, {"city": "b"}]
    record = {"contactMedium": media, "creditRating": [{"ratingType": "a", "ratingScore": 9}]}
    patch = [{"op": "remove", "path": path}]
    after = read_patch(QUERY, patch, attributes=INDIVIDUAL.attributes).apply(record)
    changed = after[path.partition("[")[0]]
    assert changed[0].keys() == record[path.partition("[")[0]][0].keys() - {path.rpartition(".")[2]}
    assert changed[1:] == record[path.partition("[")[0]][1:]


def test_json_paths_that_search_without_end_are_stopped() -> None:
    record = {"note": [{"id": str(number), "tags": ["a"] * 50} for number in range(300)]}
    search = {"op": "replace", "path": "note[?(@.id=='7')].id", "value": "7"}
    assert read_patch(QUERY, [search]).apply(record) == record
    with pytest.raises(PatchTooLarge):
        read_patch(QUERY, [search] * 20).apply(record)


texts = st.text(st.characters(exclude_characters="&%=?", codec="utf-8"), min_size=1, max_size=5)


@given(st.lists(texts, min_size=1, max_size=6, unique=True), st.data())
def test_each_element_can_be_picked_by_its_own_text(names: list[str], data: st.DataObject) -> None:
    record = {"note": [{"name": name} for name in names]}
    chosen = data.draw(st.sampled_from(names))
    for path in (f"/note?name={chosen}", f"/note?note.name={chosen}", f"/note?/note/name={chosen}"):
        left = read_patch(QUERY, [{"op": "remove", "path": path}]).apply(record)
        others = [{"name": name} for name in names if name != chosen]
        assert left == ({"note": others} if others else {})


@pytest.mark.parametrize(
    ("looks", "media_type", "patch"),
    [
        (False, "application/merge-patch+json", {"a": None}),
        (False, "application/json", {"a": 1}),
        (False, JSON_PATCH, [{"op": verb, "path": "/a", "value": 1} for verb in ("add", "remove", "replace")]),
        (False, JSON_PATCH, {"op": "add", "path": "/a/-", "value": 1}),
        (True, JSON_PATCH, {"op": "add", "path": "/a/0", "value": 1}),
        (True, JSON_PATCH, {"op": "remove", "path": "/a/0"}),
        (True, JSON_PATCH, {"op": "replace", "path": "", "value": {}}),
        (False, QUERY, [{"op": verb, "path": "/a", "value": 1} for verb in ("add", "delete", "replace")]),
        (True, QUERY, {"op": "remove", "path": "note[0].text"}),
        (True, JSON_PATCH, [{"op": "add", "path": "/a", "value": 1}, {"op": "test", "path": "/b", "value": 1}]),
        (True, JSON_PATCH, {"op": "copy", "from": "/a", "path": "/b"}),
        (True, JSON_PATCH, {"op": "move", "from": "/a", "path": "/b"}),
        (True, JSON_PATCH, {"op": "remove", "path": "/note?id=1"}),
        (True, QUERY, {"op": "add", "path": "/note?id=1", "value": {}}),
        (True, QUERY, {"op": "replace", "path": "/note/text?note.id=1", "value": "x"}),
        (True, QUERY, {"op": "delete", "path": "note[?(@.author=='Ann')].text"}),
    ],
)
def test_a_patch_says_whether_it_looks_at_what_is_stored(looks: bool, media_type: str, patch: Any) -> None:
    assert read_patch(media_type, patch).looks is looks
