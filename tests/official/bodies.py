"""Bodies made from an official file: what its create schemas demand, and no more, or every single value besides."""

from __future__ import annotations

from typing import Any

from tests.official.description import CREATE, Attribute, Description

_DEPTH = 6
_VALUES: dict[str, Any] = {
    "string": "conformance",
    "string date-time": "2026-01-31T12:00:00Z",
    "string date": "2026-01-31",
    "string uri": "https://example.com/conformance",
    "string base64": "Y29uZm9ybWFuY2U=",
    "boolean": True,
    "integer": 7,
    "number": 1.5,
    "any": "conformance",
    "object": {},
}


def least(description: Description, name: str) -> dict[str, Any]:
    """Return a new record of a class with the mandatory attributes only, at every depth."""
    made = _made(description, name, _DEPTH)
    assert isinstance(made, dict)
    return made


def singles(description: Description, name: str) -> dict[str, Any]:
    """Return every attribute of a new record that is one single value, with such a value."""
    attributes = description.class_of(name, CREATE).attributes.values()
    values = {one.name: _single(one) for one in attributes if not one.many and not one.classes}
    return {key: value for key, value in values.items() if value != {} and not key.startswith("@")}


def _made(description: Description, name: str, depth: int) -> dict[str, Any]:
    declared = description.class_of(name, CREATE)
    body = _typed(declared.name, declared.mandatory) if "@type" in declared.attributes else {}
    said = {"id"} if declared.name.endswith("Ref") else set()  # what does not say to what it points is no pointer
    for attribute in sorted((declared.mandatory | said) & declared.attributes.keys() - {"@type"} if depth else ()):
        body[attribute] = _value(description, declared.attributes[attribute], depth - 1)
    return body


def _typed(name: str, mandatory: frozenset[str]) -> dict[str, Any]:
    return {"@type": name} if "@type" in mandatory else {}


def _value(description: Description, attribute: Attribute, depth: int) -> Any:
    if attribute.classes:
        # A pointer, where one may stand, is the least that can be said.
        name = min(attribute.classes, key=lambda one: (not one.endswith("Ref"), one))
        value: Any = _made(description, name, depth) if description.forms(name, CREATE) else {}
    else:
        value = _single(attribute)
    return [value] if attribute.many else value


def _single(attribute: Attribute) -> Any:
    if attribute.enum:
        return min(attribute.enum)
    kind = " ".join((attribute.type, *attribute.formats))
    return _VALUES.get(kind, _VALUES.get(attribute.type))
