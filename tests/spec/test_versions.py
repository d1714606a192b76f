"""The v4 shapes, which nobody wrote: derived from v5 and the declared differences, they are the official ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from customer_inventory.model.shapes import Field, Leaf, Position, Shape
from customer_inventory.model.view import View
from customer_inventory.model.views import EARLIER
from tests.official.description import ANSWER, CREATE, Attribute, Class
from tests.official.files import official

_PROFILE = "the conformance profile demands less than the description, and its kit leaves it out"
OURS = {
    ("AttachmentRefOrValue", "checksum", "extra"): "what the content hashes to, kept by the server in every version",
    ("AttachmentRefOrValue", "content", "type"): "base64, as its description says: v5 takes nothing else",
    ("Individual", "birthDate", "type"): "a plain date is taken too: nobody knows the hour of most births",
    ("Individual", "deathDate", "type"): "a plain date is taken too",
    ("PartyInteraction", "interactionDate", "mandatory"): _PROFILE,
    ("PartyInteraction", "status", "mandatory"): _PROFILE,
    ("RelatedChannel", "href", "mandatory"): _PROFILE,
    ("RelatedParty", "href", "mandatory"): _PROFILE,
}
"""Where a v4 shape is not what the file says, by class, attribute and aspect, and why."""

Difference = tuple[str, str, str]


def said(attribute: Attribute) -> tuple[bool, str, frozenset[str]]:
    kind = "date-time" if "date-time" in attribute.formats else attribute.type
    return attribute.many, "any" if attribute.classes == {"Any"} else kind, attribute.enum


def ours(field: Field) -> tuple[bool, str, frozenset[str]]:
    if isinstance(field.content, Position):
        return field.many, "object", frozenset()
    return field.many, field.content.type, frozenset(field.content.enum)


def compared(view: View, shape: Shape, name: str, passed: set[tuple[str, str]]) -> Iterator[Difference]:
    """Yield where a class differs from the official one that stands at its place, and the classes below."""
    description = official(view.api.number, "v4")
    whole = shape is view.shape
    theirs = description.class_of(name, ANSWER)
    mandatory = description.class_of(name, CREATE if whole else ANSWER).mandatory
    yield from attributes(shape, theirs)
    required = frozenset(view.mandatory if whole else shape.required)
    yield from ((shape.name, attribute, "mandatory") for attribute in required ^ mandatory)
    for attribute in theirs.attributes.values():
        field = shape.fields.get(attribute.name)
        if attribute.type == "object" and attribute.classes and field and isinstance(field.content, Position):
            (below,) = attribute.classes
            if (below, field.content.base.name) not in passed:
                passed.add((below, field.content.base.name))
                yield from compared(view, field.content.base, below, passed)


def attributes(shape: Shape, theirs: Class) -> Iterator[Difference]:
    for name in theirs.attributes.keys() ^ shape.fields.keys():
        yield shape.name, name, "missing" if name in theirs.attributes else "extra"
    for name in theirs.attributes.keys() & shape.fields.keys():
        for aspect, mine, other in zip(
            ("many", "type", "enum"), ours(shape.fields[name]), said(theirs.attributes[name]), strict=True
        ):
            field = shape.fields[name]
            formats = field.content.formats if isinstance(field.content, Leaf) else ()
            if mine != other or (aspect == "type" and set(formats) - {"date-time"}):
                yield shape.name, name, aspect


@pytest.mark.parametrize("name", EARLIER)
def test_the_v4_shape_is_the_official_one(name: str) -> None:
    """Name, type, cardinality, values and duty of every attribute of every class, at the place where it stands."""
    view = EARLIER[name]
    found = set(compared(view, view.shape, view.resource.shape.name, set()))
    assert found - OURS.keys() == set()


def test_no_difference_is_listed_that_is_none() -> None:
    found = {each for view in EARLIER.values() for each in compared(view, view.shape, view.resource.shape.name, set())}
    assert found >= OURS.keys()
