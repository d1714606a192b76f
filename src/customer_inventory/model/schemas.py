"""JSON Schemas: what validation accepts, told to clients in the OpenAPI document (JSON Schema 2020-12, OpenAPI 3.1).

Of a resource X there are X (answers; `fields` may leave out all but id, href and @type), X_FVO (create) and X_MVO
(merge patch: null removes, an object is merged into the one that is kept). A class that stands among others is
X_Typed there: its `@type` must say so, and whatever says something else is read as the base class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from customer_inventory.model.bounds import NAME_CHARACTERS, TEXT_CHARACTERS
from customer_inventory.model.resource import Resource
from customer_inventory.model.shapes import CLASS, Field, Leaf, Position, Shape
from customer_inventory.model.spelling import LARGEST_NUMBER

Schema = dict[str, Any]

_BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_PRINTABLE = "^[^\\u0000]*$"
_TEXT: Schema = {
    "type": "string",
    "description": "Any text without the character U+0000.",
    "pattern": _PRINTABLE,
    "maxLength": TEXT_CHARACTERS,
}
_NAME: Schema = {
    "type": "string",
    "description": "The name of an attribute.",
    "pattern": _PRINTABLE,
    "maxLength": NAME_CHARACTERS,
}
_OPEN: Schema = {
    "propertyNames": {"$ref": "#/components/schemas/Name"},
    "additionalProperties": {"$ref": "#/components/schemas/Value"},
}
"""What any object may hold besides what is declared: it is kept, within the bounds of every document."""

_NUMBER: Schema = {"type": "number", "minimum": -float(LARGEST_NUMBER), "maximum": float(LARGEST_NUMBER)}
_VALUE: Schema = {
    "description": "Any value.",
    "anyOf": [
        {"type": "null"},
        {"type": "boolean"},
        _NUMBER,
        {"$ref": "#/components/schemas/Text"},
        {"type": "array", "items": {"$ref": "#/components/schemas/Value"}},
        {"type": "object", **_OPEN},
    ],
}


def json_schema(resource: Resource) -> dict[str, Schema]:
    """Return the schemas of `resource` and of all they refer to, by component name."""
    schemas: dict[str, Schema] = {"Text": _TEXT, "Name": _NAME, "Value": _VALUE}
    shape, name = resource.shape, resource.shape.name
    answer = _object(shape, schemas, required=("id", "href", CLASS.name))
    schemas[name] = answer
    schemas[f"{name}_FVO"] = {**answer, "required": list(dict.fromkeys((*resource.mandatory, *shape.required)))}
    if resource.api.version != "v4":  # where a client need not name a class, and may name any
        schemas[f"{name}_FVO"]["anyOf"] = [_says(CLASS.name, name), _says("@baseType", name)]
    kept = frozenset(resource.mandatory)
    patch = _patch_object(shape, schemas, kept=kept)
    for immutable in resource.immutable:
        patch["properties"].pop(immutable, None)
    schemas[f"{name}_MVO"] = patch
    return schemas


def _says(attribute: str, name: str) -> Schema:
    return {"properties": {attribute: {"const": name}}, "required": [attribute]}


def _object(shape: Shape, schemas: dict[str, Schema], *, required: tuple[str, ...]) -> Schema:
    """Return the schema of an object of the class `shape`."""
    properties = {name: _field(field, schemas) for name, field in shape.fields.items()}
    schema: Schema = {"type": "object", "description": shape.description, "properties": properties, **_OPEN}
    return {**schema, "required": list(required)} if required else schema


def _component(name: str, schemas: dict[str, Schema], build: Callable[[], Schema]) -> Schema:
    """Return a reference to the component `name`, building it at its first mention."""
    if name not in schemas:
        schemas[name] = {}  # a class that contains itself finds its name taken, and refers to it
        schemas[name] = build()
    return {"$ref": f"#/components/schemas/{name}"}


def _field(field: Field, schemas: dict[str, Schema]) -> Schema:
    """Return the schema of an attribute."""
    content = _leaf(field.content) if isinstance(field.content, Leaf) else _position(field.content, schemas)
    schema = {"type": "array", "items": content} if field.many else content
    return {**schema, "description": field.description} if field.description else schema


def _leaf(leaf: Leaf) -> Schema:
    """Return the schema of a single value."""
    if leaf.enum:
        return {"type": "string", "enum": list(leaf.enum)}
    if leaf.formats == ("base64",):
        return {"type": "string", "contentEncoding": "base64", "pattern": _BASE64, "maxLength": TEXT_CHARACTERS}
    if leaf.formats:
        choices: list[Schema] = [{"type": "string", "format": kind} for kind in leaf.formats]
        return choices[0] if len(choices) == 1 else {"anyOf": choices}
    if leaf.type in {"integer", "number"}:
        narrower = {"minimum": leaf.minimum, "maximum": leaf.maximum}
        return {**_NUMBER, "type": leaf.type, **{key: bound for key, bound in narrower.items() if bound is not None}}
    return _SIMPLE.get(leaf.type, {"type": leaf.type})


_SIMPLE: dict[str, Schema] = {
    "object": {"type": "object", **_OPEN},
    "any": {"$ref": "#/components/schemas/Value"},
    "string": {"$ref": "#/components/schemas/Text"},
}


def _position(position: Position, schemas: dict[str, Schema]) -> Schema:
    """Return the schema of a place for an object: one class, or several told apart by `@type`."""
    base = _plain(position.base, schemas)
    others = [shape for shape in position.choices.values() if shape is not position.base]
    if not others:
        return base
    typed = {shape.name: _typed(shape, schemas) for shape in others}
    otherwise = {"allOf": [base], "properties": {CLASS.name: {"not": {"enum": list(typed)}}}}
    return {
        "anyOf": [*typed.values(), otherwise],
        "discriminator": {
            "propertyName": CLASS.name,
            "mapping": {name: schema["$ref"] for name, schema in typed.items()},
        },
    }


def _plain(shape: Shape, schemas: dict[str, Schema]) -> Schema:
    return _component(shape.name, schemas, lambda: _object(shape, schemas, required=tuple(shape.required)))


def _typed(shape: Shape, schemas: dict[str, Schema]) -> Schema:
    """Return the schema of a class whose `@type` must name it."""

    def build() -> Schema:
        schema = _object(shape, schemas, required=(CLASS.name, *shape.required))
        schema["properties"][CLASS.name] = {"const": shape.name, "description": CLASS.description}
        return schema

    return _component(f"{shape.name}_Typed", schemas, build)


def _patch_object(shape: Shape, schemas: dict[str, Schema], *, kept: frozenset[str]) -> Schema:
    """Return the schema of a merge patch for an object: any part of it, null for what may be removed."""
    properties = {}
    for name, field in shape.fields.items():
        schema = _patch_field(field, schemas)
        properties[name] = schema if field.required or name in kept else {"anyOf": [schema, {"type": "null"}]}
    return {"type": "object", "description": f"A merge patch: {shape.description}", "properties": properties, **_OPEN}


def _patch_field(field: Field, schemas: dict[str, Schema]) -> Schema:
    """Return the schema of an attribute in a merge patch: objects are patched, arrays replaced whole."""
    content = field.content
    if field.many or isinstance(content, Leaf) or len(content.choices) > 1:
        return _field(field, schemas)
    shape = content.base
    name = f"{shape.name}_MVO"
    return _component(name, schemas, lambda: _patch_object(shape, schemas, kept=frozenset()))
