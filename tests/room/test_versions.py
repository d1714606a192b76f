"""One record, two versions: what the one cannot say survives a round trip through the other.

The laws hold of documents generated from the declared shapes, not only of those somebody thought of.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_inventory.model import InvalidDocument, json_schema, terms, validate
from customer_inventory.model.conversion import copied, same
from customer_inventory.model.shapes import Position, Shape
from customer_inventory.model.showing import maker
from customer_inventory.model.validation import validate_shown
from customer_inventory.model.view import View
from customer_inventory.model.views import EARLIER
from tests.room.test_model_properties import JSON, containers, documents, objects

MODEST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def views() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", EARLIER)


def v4_documents(name: str) -> st.SearchStrategy[dict[str, Any]]:
    view = EARLIER[name]
    return objects(view.shape, 2, frozenset(view.mandatory))


@st.composite
def v5_documents(draw: Any, name: str) -> dict[str, Any]:
    """Stored documents, now and then with attributes of v4 at the first level, as v5 extensions."""
    document: dict[str, Any] = draw(documents(name))
    only_v4 = sorted(EARLIER[name].shape.fields.keys() - EARLIER[name].resource.shape.fields.keys())
    for extension in draw(st.lists(st.sampled_from(only_v4), max_size=2)) if only_v4 else []:
        document[extension] = draw(JSON)
    return document


def says_all(shown: Any, earlier: Any, classes: frozenset[str]) -> bool:
    """Tell whether `shown` says all that `earlier` does; a class named as v4 names it may be named more closely."""
    if isinstance(earlier, dict) and isinstance(shown, dict):
        return all(
            name in shown and (says_all(shown[name], value, classes) or (name == "@type" and value in classes))
            for name, value in earlier.items()
        )
    if isinstance(earlier, list) and isinstance(shown, list):
        return len(earlier) == len(shown) and all(map(lambda a, b: says_all(a, b, classes), shown, earlier))
    return same(shown, earlier)


def classes_of(shape: Shape) -> frozenset[str]:
    found: dict[str, Shape] = {}
    pending = [shape]
    while pending:
        each = pending.pop()
        if each.name not in found:
            found[each.name] = each
            pending += [field.content.base for field in each.fields.values() if isinstance(field.content, Position)]
    return frozenset(found)


def values_at(value: Any, path: str) -> Iterator[Any]:
    """Yield every single value at a dotted path, through arrays."""
    first, _, rest = path.partition(".")
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and first in item:
            content = item[first]
            if rest:
                yield from values_at(content, rest)
            else:
                yield from (each for each in (content if isinstance(content, list) else [content])
                            if not isinstance(each, dict | list))  # fmt: skip


def values_made(view: View, stored: Any, path: str) -> Iterator[Any]:
    """Yield every single value that `stored` has for a path of a view, by its declaration alone."""
    showing = view.showings.get(path)
    if showing is None:
        yield from values_at(stored, view.stored_path(path))
        return
    for owner in objects_at(stored, showing.owner):
        found = maker(showing.value)(owner)
        for each in found if isinstance(found, list) else [found]:
            if each is not None and not isinstance(each, dict | list):
                yield each


def objects_at(value: Any, path: str) -> Iterator[dict[str, Any]]:
    """Yield every object at a dotted path, through arrays."""
    first, _, rest = path.partition(".")
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and not first:
            yield item
        elif isinstance(item, dict) and first in item:
            yield from objects_at(item[first], rest)


@views()
@MODEST
@given(data=st.data())
def test_what_v4_shows_unchanged_is_kept_as_it_was_stored(name: str, data: Any) -> None:
    view, stored = EARLIER[name], data.draw(v5_documents(name))
    assert view.show
    assert view.keep
    before = copied(stored)
    assert same(view.keep(view.show(copied(stored)), stored), before)
    assert same(stored, before)


@views()
@MODEST
@given(data=st.data())
def test_what_v4_does_not_fill_in_needs_no_memory_to_be_kept(name: str, data: Any) -> None:
    """Even without the stored record at hand everything comes back but what v4 or v5 demand and v5 left unsaid."""
    view, stored = EARLIER[name], data.draw(documents(name))
    assert view.show
    assert view.keep
    kept = view.keep(view.show(copied(stored)), None)
    assert says_all(kept, stored, classes_of(view.resource.shape))


@views()
@MODEST
@given(data=st.data())
def test_what_v4_says_v4_is_shown(name: str, data: Any) -> None:
    view, earlier = EARLIER[name], data.draw(v4_documents(name))
    assert view.show
    assert view.keep
    kept = view.keep(earlier, None)
    validate(view.resource, kept, mandatory=view.demanded, earlier=True)
    shown = view.show(copied(kept))
    assert says_all(shown, earlier, classes_of(view.shape))
    validate_shown(view.shape, shown, mandatory=view.mandatory)


@views()
@MODEST
@given(data=st.data())
def test_a_changed_attribute_leaves_the_others_as_they_were_stored(name: str, data: Any) -> None:
    view, stored = EARLIER[name], data.draw(v5_documents(name))
    assert view.show
    assert view.keep
    shown = view.show(copied(stored))
    kept = view.keep({**shown, "somethingNew": 1}, stored)
    assert same(kept, {**stored, "somethingNew": 1})


@views()
@MODEST
@given(data=st.data())
def test_an_element_added_to_an_array_leaves_the_others_as_they_were_stored(name: str, data: Any) -> None:
    view, stored = EARLIER[name], data.draw(v5_documents(name))
    assert view.show
    assert view.keep
    shown = view.show(copied(stored))
    for array in [each for each in view.shape.fields if isinstance(shown.get(each), list)]:
        standing = view.stored_path(array)
        if isinstance(stored.get(standing), list):
            added = {**shown, array: [{"somethingNew": 1}, *shown[array]]}
            assert same(view.keep(added, stored)[standing][1:], stored[standing])


@views()
@MODEST
@given(data=st.data())
def test_a_value_shown_at_a_path_is_stored_at_the_path_it_is_looked_up_by(name: str, data: Any) -> None:
    view, stored = EARLIER[name], data.draw(documents(name))
    assert view.show
    shown = view.show(copied(stored))
    for path, attribute in view.attributes.items():
        if not attribute.scalar:
            continue
        seen, held = list(values_at(shown, path)), list(values_made(view, stored, path))
        if path in view.riding and path.endswith(".@type"):
            # The class of a bare pointer within is not shown: the pointer stands outside.
            assert all(each in held for each in seen), path
            continue
        assert sorted(map(repr, seen)) == sorted(map(repr, held)), path


@views()
@MODEST
@given(data=st.data())
def test_whatever_v4_declares_can_be_looked_up(name: str, data: Any) -> None:
    """What only v4 says has terms like any other attribute."""
    view, earlier = EARLIER[name], data.draw(v4_documents(name))
    assert view.show
    assert view.keep
    kept = view.keep(earlier, None)
    found = terms(view.resource, kept)
    for path, attribute in view.attributes.items():
        for value in values_at(kept, view.stored_path(path)):
            if attribute.type == "string" and isinstance(value, str) and len(value) < 100:
                assert f"{view.stored_path(path)}={value}" in found


@cache
def published(name: str) -> Any:
    """A validator of what the OpenAPI document says of a creation in v4, by the standard and nothing of ours."""
    view = EARLIER[name]
    root = {
        "$ref": f"#/components/schemas/{view.shape.name}_FVO",
        "components": {"schemas": json_schema(view)},
    }
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


@st.composite
def damaged(draw: Any, name: str) -> dict[str, Any]:
    """Documents of v4 in which one value somewhere was replaced by another, or an attribute taken out."""
    document: dict[str, Any] = draw(v4_documents(name))
    places = list(containers(document))
    holder, key = draw(st.sampled_from(places)) if places else (document, "@type")
    if isinstance(holder, dict) and draw(st.booleans()):
        holder.pop(key, None)
    else:
        holder[key] = draw(JSON | st.sampled_from(["RelatedParty", "2020-01-01", 5, [], {}]))
    return document


@views()
@MODEST
@given(data=st.data())
def test_the_published_schema_accepts_what_v4_accepts(name: str, data: Any) -> None:
    view, sent = EARLIER[name], data.draw(v4_documents(name) | damaged(name))
    read = {key: value for key, value in sent.items() if key not in {"id", "href"}}
    assert view.keep
    try:
        validate_shown(view.shape, read, mandatory=view.mandatory)
    except InvalidDocument:
        accepted = False
    else:
        accepted = True
        # What v4 accepts can be stored.
        validate(view.resource, view.keep(read, None), mandatory=view.demanded, earlier=True)
    assert published(name).is_valid(sent) == accepted


@views()
def test_every_path_of_v4_leads_to_a_stored_attribute(name: str) -> None:
    view = EARLIER[name]
    for path, attribute in view.attributes.items():
        assert view.stored_path(path) in view.resource.attributes, path
        assert not attribute.searchable or view.stored_path(path) in view.resource.searchable


@views()
def test_a_body_of_v4_is_refused_by_its_own_names(name: str) -> None:
    view = EARLIER[name]
    with pytest.raises(InvalidDocument) as refused:
        validate_shown(view.shape, {}, mandatory=view.mandatory)
    assert {problem.path for problem in refused.value.problems} == set(view.mandatory)
