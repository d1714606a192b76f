"""Representations: what `fields` selects, and that a whole record is spliced without a change."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.api.fields import select
from customer_inventory.api.representation import href, represent
from customer_inventory.model.views import NATIVE
from customer_inventory.repository.records import Record

CUSTOMER = NATIVE["customer"]
ID = "0199aa00-0000-8abc-8000-000000000001"
DOCUMENT = {
    "@type": "Customer",
    "name": "Byron & Co",
    "validFor": {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z"},
    "contactMedium": [
        {"@type": "EmailContactMedium", "emailAddress": "ada@example.org", "preferred": True},
        {"@type": "PhoneContactMedium", "phoneNumber": "+44 20 7946 0000"},
    ],
    "note": ["one", {"text": "two"}],
}

names = st.sampled_from(["a", "b", "c", "@type"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=15,
)
documents = st.dictionaries(names, values, max_size=4)
paths = st.lists(names, min_size=1, max_size=4).map(".".join)
selections = st.frozensets(paths, max_size=5)


def represented(document: dict[str, Any], fields: frozenset[str] | None) -> dict[str, Any]:
    """Return what a client reads, through the bytes that it gets."""
    raw = represent(CUSTOMER, Record(ID, 1, msgspec.json.encode(document)), fields)
    found: dict[str, Any] = json.loads(raw, object_pairs_hook=_without_duplicates)
    return found


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), "a name stands twice in one object"
    return dict(pairs)


def test_a_whole_record_is_its_document_with_id_and_href() -> None:
    assert represented(DOCUMENT, None) == {"id": ID, "href": href(CUSTOMER, ID), **DOCUMENT}


@given(document=documents)
def test_every_document_comes_out_as_it_was_stored(document: dict[str, Any]) -> None:
    assert represented(document, None) == {"id": ID, "href": href(CUSTOMER, ID), **document}


@pytest.mark.parametrize("stored", [b"{}", b"{ }", b' {"a": 1}', b'{"a":1}'])
def test_splicing_minds_the_spaces_of_a_stored_document(stored: bytes) -> None:
    found = json.loads(represent(CUSTOMER, Record(ID, 1, stored), None))
    assert found == {"id": ID, "href": href(CUSTOMER, ID), **json.loads(stored)}


def test_no_fields_means_id_href_and_type_only() -> None:
    assert represented(DOCUMENT, frozenset()) == {"id": ID, "href": href(CUSTOMER, ID), "@type": "Customer"}


def test_first_level_fields() -> None:
    found = represented(DOCUMENT, frozenset({"name", "absent"}))
    assert found == {"id": ID, "href": href(CUSTOMER, ID), "@type": "Customer", "name": "Byron & Co"}


def test_dotted_fields_descend_into_objects_and_arrays_and_keep_the_class() -> None:
    found = represented(DOCUMENT, frozenset({"validFor.startDateTime", "contactMedium.emailAddress"}))
    assert found["validFor"] == {"startDateTime": "2026-01-01T00:00:00Z"}
    assert found["contactMedium"] == [
        {"@type": "EmailContactMedium", "emailAddress": "ada@example.org"},
        {"@type": "PhoneContactMedium"},
    ]
    assert "name" not in found


def test_an_attribute_named_whole_and_in_part_comes_whole() -> None:
    found = represented(DOCUMENT, frozenset({"validFor", "validFor.startDateTime"}))
    assert found["validFor"] == DOCUMENT["validFor"]


def test_values_that_are_not_objects_stay_when_a_path_leads_through_them() -> None:
    assert represented(DOCUMENT, frozenset({"note.text"}))["note"] == ["one", {"text": "two"}]


@given(document=documents, fields=selections)
def test_what_is_selected_is_in_the_document(document: dict[str, Any], fields: frozenset[str]) -> None:
    assert _within(select(document, fields), document)


@given(document=documents, fields=selections)
def test_selecting_twice_is_selecting_once(document: dict[str, Any], fields: frozenset[str]) -> None:
    once = select(document, fields)
    assert select(once, fields) == once


@given(document=documents, fields=selections, more=selections)
def test_more_fields_never_show_less(document: dict[str, Any], fields: frozenset[str], more: frozenset[str]) -> None:
    assert _within(select(document, fields), select(document, fields | more))


@given(document=documents)
def test_selecting_every_name_selects_everything(document: dict[str, Any]) -> None:
    assert select(document, frozenset(document)) == document


@given(document=documents, fields=selections)
def test_every_named_attribute_of_the_first_level_is_there(document: dict[str, Any], fields: frozenset[str]) -> None:
    wanted = {path.partition(".")[0] for path in fields}
    assert select(document, fields).keys() == wanted & document.keys()


def _within(part: Any, whole: Any) -> bool:
    """Tell whether `part` is `whole` with attributes left out."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and _within(part[name], whole[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(_within, part, whole))
    return bool(part == whole) and type(part) is type(whole)
