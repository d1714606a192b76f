"""Sample documents of every resource, made from its declaration: every attribute once, classes within classes twice."""

from __future__ import annotations

from typing import Any

from customer_inventory.model.resource import Resource
from customer_inventory.model.shapes import Field, Leaf, Position, Shape

DEPTH = 2
_VALUES: dict[str, Any] = {
    "string": "sample text",
    "date-time": "2026-01-31T12:00:00Z",
    "boolean": True,
    "integer": 7,
    "number": 1.5,
    "any": "sample text",
    "object": {},
}
_CONTENT = "c2FtcGxl"
_LEFT_OUT = frozenset({"id", "href", "@baseType", "@schemaLocation"})


def sample(resource: Resource) -> dict[str, Any]:
    """Return a document of a resource, as large as its declaration makes it."""
    return sample_of(resource.shape)


def sample_of(shape: Shape) -> dict[str, Any]:
    """Return a document of a class, as large as its declaration makes it."""
    document = _object(shape, DEPTH, set())
    return {"@type": shape.name, **{name: value for name, value in document.items() if name not in _LEFT_OUT}}


def _object(shape: Shape, depth: int, above: set[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field in shape.fields.values():
        if field.required or (depth > 0 and field.name not in {"@baseType", "@schemaLocation"}):
            made[field.name] = _value(shape, field, depth, above)
    return {name: value for name, value in made.items() if value is not None}


def _value(shape: Shape, field: Field, depth: int, above: set[str]) -> Any:
    if field.name == "@type":
        return shape.name
    content = field.content
    if isinstance(content, Leaf):
        value = _CONTENT if "base64" in content.formats else content.enum[0] if content.enum else _VALUES[content.type]
    else:
        value = _chosen(content, field, depth, above | {shape.name})
    if value is None:
        return None
    return [value] if field.many else value


def _chosen(position: Position, field: Field, depth: int, above: set[str]) -> dict[str, Any] | None:
    """Return an object for a position: of the last class that may stand there, unless that would go on for ever."""
    chosen = list(position.choices.values())[-1]
    if chosen.name in above and not field.required:
        return None
    return _object(chosen, depth - 1, above)
