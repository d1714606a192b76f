"""What holds of every document, not only of those somebody thought of: generated from the declaration itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_inventory.model import RESOURCES, InvalidDocument, Resource, json_schema, term, terms, validate
from customer_inventory.model import validation as room
from customer_inventory.model.bounds import beyond_bounds, within_bounds
from customer_inventory.model.resource import no_rules
from customer_inventory.model.shapes import Field, Leaf, Position, Shape
from customer_inventory.model.spelling import spelled_number
from customer_inventory.model.validation import is_blank
from customer_inventory.model.view import native

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
UNFIT = st.sampled_from(["a\0", 10**309, -1.7e308])
NUMBERS = st.integers(-(10**20), 10**20) | st.floats(
    allow_nan=False, allow_infinity=False, min_value=-1e308, max_value=1e308
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
INSTANTS = st.builds(
    "{}{}{}{}{}".format,
    st.dates().map(str),
    st.sampled_from("Tt"),
    st.times().map(lambda time: time.replace(microsecond=0).isoformat()),
    st.sampled_from(["", ".5", ".250", ".000", ".1234567890"]),
    st.sampled_from(["Z", "z", "+00:00", "-23:59", "+05:30"]),
)
DECLARED = {name: replace(resource, rules=no_rules) for name, resource in RESOURCES.items()}
"""Every resource as far as its classes say it; what its own rules add is no matter of types."""

MODEST = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def resources() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", RESOURCES)


def leaves(leaf: Leaf) -> st.SearchStrategy[Any]:
    """Values of a single attribute."""
    if leaf.enum:
        return st.sampled_from(leaf.enum)
    if leaf.formats == ("base64",):
        return st.binary(max_size=9).map(msgspec.to_builtins)
    if leaf.formats:
        return INSTANTS | st.dates().map(str) if "date" in leaf.formats else INSTANTS
    return {
        "string": TEXTS,
        "boolean": st.booleans(),
        "integer": st.integers(leaf.minimum or -(10**20), leaf.maximum or 10**20),
        "number": NUMBERS,
        "object": st.dictionaries(TEXTS, JSON, max_size=2),
        "any": JSON.filter(lambda value: value is not None),
    }[leaf.type]


@st.composite
def objects(draw: Any, shape: Shape, depth: int, required: frozenset[str], chosen: int = 4) -> dict[str, Any]:
    """Objects of a class, with an `@type` of their own or without one, and sometimes an attribute nobody declared."""
    optional = sorted(shape.fields.keys() - required - {"@type"})
    names = sorted(required | {*shape.required} - {"@type"})
    if not shape.tagged and "@type" in shape.required:
        names.append("@type")
    names += draw(st.lists(st.sampled_from(optional), max_size=chosen, unique=True)) if optional else []
    value: dict[str, Any] = {}
    for name in names:
        contents = fields(shape.fields[name], depth)
        said = contents.filter(lambda content: not is_blank(content)) if name in required else contents
        content = draw(said) if name != "@type" or not shape.tagged else shape.name
        if content is not None:
            value[name] = content
    if shape.tagged and (required or draw(st.booleans())):
        value["@type"] = shape.name
    if draw(st.integers(0, 9)) == 0:
        value["extraOf" + shape.name] = draw(JSON)
    return value


@st.composite
def fields(draw: Any, field: Field, depth: int) -> Any:
    """Contents of an attribute; None where the depth forbids an object that could be left out."""
    if isinstance(field.content, Leaf):
        one = leaves(field.content)
    elif depth <= 0 and not field.required:
        return [] if field.many else None
    else:
        one = positions(field.content, depth - 1)
    return draw(st.lists(one, max_size=2)) if field.many else draw(one)


@st.composite
def positions(draw: Any, position: Position, depth: int) -> dict[str, Any]:
    """Objects at a place for several classes: one of them, or one that nobody knows."""
    shape = draw(st.sampled_from([position.base, *position.choices.values()]))
    value: dict[str, Any] = draw(objects(shape, depth, frozenset(), 2))
    if shape is not position.base:
        return {**value, "@type": shape.name}
    if draw(st.booleans()):
        value["@type"] = draw(st.sampled_from(["SomebodysExtension", shape.name]))
    return value


def documents(name: str) -> st.SearchStrategy[dict[str, Any]]:
    resource = DECLARED[name]
    return objects(resource.shape, 2, frozenset(resource.mandatory))


@st.composite
def damaged(draw: Any, name: str) -> dict[str, Any]:
    """Documents in which one value somewhere was replaced by another, or an attribute taken out."""
    document: dict[str, Any] = draw(documents(name))
    places = list(containers(document))
    if not places:
        return document
    holder, key = places[draw(st.integers(0, len(places) - 1))]
    if isinstance(holder, dict) and draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = draw(
            JSON | UNFIT | st.sampled_from(["EmailContactMedium", "Individual", "2020-01-01", 1.0, 5, [], {}])
        )
    return document


def containers(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in `value`: what holds it, and under which name or number."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from containers(value[key])


def accepts(resource: Resource, document: dict[str, Any]) -> bool:
    try:
        validate(resource, document)
    except InvalidDocument:
        return False
    return True


@cache
def validator(resource: Resource) -> Any:
    """A validator of what the OpenAPI document says of a creation, by the standard and nothing of ours."""
    schemas = json_schema(native(resource))
    root = {"$ref": f"#/components/schemas/{resource.shape.name}_FVO", "components": {"schemas": schemas}}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


@resources()
@MODEST
@given(data=st.data())
def test_a_document_made_from_the_declaration_is_valid(name: str, data: Any) -> None:
    validate(DECLARED[name], data.draw(documents(name)))


@resources()
@MODEST
@given(data=st.data())
def test_what_the_quick_look_passes_the_close_look_passes(name: str, data: Any) -> None:
    """msgspec is only ever a shortcut to a yes; the shapes decide."""
    document = data.draw(documents(name) | damaged(name))
    if room._valid_to_the_letter(DECLARED[name], document, DECLARED[name].mandatory):
        assert list(room._look_closely(DECLARED[name], document, DECLARED[name].mandatory)) == []
    if within_bounds(document):
        assert beyond_bounds(document) == []


@resources()
@MODEST
@given(data=st.data())
def test_unknown_attributes_never_change_the_outcome(name: str, data: Any) -> None:
    document = data.draw(documents(name) | damaged(name))
    before = accepts(DECLARED[name], document)
    assert accepts(DECLARED[name], {**document, "nobodysAttribute": data.draw(JSON)}) == before


@resources()
@MODEST
@given(data=st.data())
def test_the_published_schema_accepts_what_validation_accepts(name: str, data: Any) -> None:
    document = data.draw(documents(name) | damaged(name))
    ignored = {"id", "href"}  # what the server sets may be sent, and is not looked at
    read = {key: value for key, value in document.items() if key not in ignored}
    sent = {key: value for key, value in document.items() if key not in ignored or not beyond_bounds({key: value})}
    assert validator(DECLARED[name]).is_valid(sent) == accepts(DECLARED[name], read)


def declared_leaves(resource: Resource, value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value in a document whose path is a declared single value, however it is nested."""
    for name, content in value.items():
        inner = path + name
        attribute = resource.attributes.get(inner)
        for item in content if isinstance(content, list) else [content]:
            if isinstance(item, dict):
                yield from declared_leaves(resource, item, inner + ".")
            elif attribute is not None and attribute.scalar and item is not None and not isinstance(item, list):
                yield inner, item


def written(value: Any) -> str:
    """A value as a client writes it into a query."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


@resources()
@MODEST
@given(data=st.data())
def test_every_declared_value_is_found_by_the_term_of_its_own_text(name: str, data: Any) -> None:
    resource, document = DECLARED[name], data.draw(documents(name))
    found = terms(resource, document)
    assert len(found) == len(set(found))
    for path, value in declared_leaves(resource, document):
        text = spelled_number(value) if resource.attributes[path].type == "any" and is_number(value) else written(value)
        assert term(resource, path, text) in found


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@given(NUMBERS)
def test_a_number_has_one_spelling_that_reads_back_as_itself(number: float) -> None:
    text = spelled_number(number)
    assert "e" not in text.lower()
    assert text == spelled_number(float(text)) or isinstance(number, int)
    assert (int(text) if isinstance(number, int) else float(text)) == number
    assert math.copysign(1, number) > 0 or text.startswith("-") or number == 0
