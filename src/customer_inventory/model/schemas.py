"""JSON Schemas: what validation accepts, told to clients in the OpenAPI document (JSON Schema 2020-12, OpenAPI 3.1).

Of a resource X there are X (answers; `fields` may leave out all but id, href and @type), X_FVO (create: without what
the server sets) and X_MVO (merge patch: null removes, an object is merged into the one that is kept). A class that
stands among others is X_Typed there: its `@type` must say so, and whatever says something else is read as the base.
Answers of a resource that has two versions are made of X_RES, which demand nothing: a record that one version made need
not say what the other demands of a new one. So do the official files, whose answers demand the class alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from customer_inventory.model.bounds import NAME_CHARACTERS, TEXT_CHARACTERS
from customer_inventory.model.shapes import CLASS, Field, Leaf, Position, Shape
from customer_inventory.model.spelling import LARGEST_NUMBER
from customer_inventory.model.view import View

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

_WHITE = "\\t-\\r\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
"""What Unicode counts as white space; \\s is not the same in every dialect of regular expressions."""
NOT_BLANK: Schema = {"pattern": f"[^{_WHITE}]", "minItems": 1}
"""What the value of a mandatory attribute must be: the one rule is for texts, the other for arrays."""

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


def json_schema(view: View) -> dict[str, Schema]:
    """Return the schemas of a resource in one version of its API, and of all they refer to, by component name."""
    return _Schemas().of(view)


class _Schemas:
    """The components that one view needs. Different classes of the same name are told apart by a number."""

    def __init__(self) -> None:
        self._components: dict[str, Schema] = {"Text": _TEXT, "Name": _NAME, "Value": _VALUE}
        self._names: dict[Shape, str] = {}
        self._form = ""

    def of(self, view: View) -> dict[str, Schema]:
        """Return the components of `view`."""
        name = self._name(view.shape)
        self._form = "_RES" if view.show or view.resource.declared_earlier else ""
        self._components[name] = self._object(view.shape, required=("id", "href", CLASS.name))
        self._form = ""
        self._components[f"{name}_FVO"] = self._create_object(view)
        self._components[f"{name}_MVO"] = self._patch_object(
            view.shape, kept=frozenset(view.mandatory), without=_standing(view, *view.resource.immutable)
        )
        return self._components

    def _create_object(self, view: View) -> Schema:
        """Return the schema of a new record: its id and href may be sent, and are not looked at."""
        # Another version than the stored one may leave out what only the stored one demands.
        required = dict.fromkeys(view.mandatory if view.show else (*view.mandatory, *view.shape.required))
        schema = self._object(view.shape, required=tuple(required))
        for name in view.mandatory:
            schema["properties"][name] = _not_blank(view.shape.fields[name], schema["properties"][name])
        for name in _standing(view, "id", "href"):
            del schema["properties"][name]
        if view.api.version == "v4":  # where a client need not name a class, and may name any
            return schema
        classes = sorted(view.resource.classes)
        said = [{"properties": {name: {"enum": classes}}, "required": [name]} for name in (CLASS.name, "@baseType")]
        return {**schema, "anyOf": said}

    def _name(self, shape: Shape) -> str:
        """Return the component that stands for a class; its forms are called after it."""
        if shape not in self._names:
            same = sum(known.name == shape.name for known in self._names)
            self._names[shape] = f"{shape.name}.{same + 1}" if same else shape.name
        return self._names[shape]

    def _component(self, name: str, build: Callable[[], Schema]) -> Schema:
        """Return a reference to the component `name`, building it at its first mention."""
        if name not in self._components:
            self._components[name] = {}  # a class that contains itself finds its name taken, and refers to it
            self._components[name] = build()
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, shape: Shape, *, required: tuple[str, ...]) -> Schema:
        """Return the schema of an object of the class `shape`."""
        properties = {name: self._field(field) for name, field in shape.fields.items()}
        schema: Schema = {"type": "object", "description": shape.description, "properties": properties, **_OPEN}
        return {**schema, "required": list(required)} if required else schema

    def _field(self, field: Field) -> Schema:
        """Return the schema of an attribute."""
        content = _leaf(field.content) if isinstance(field.content, Leaf) else self._position(field.content)
        schema = {"type": "array", "items": content} if field.many else content
        return {**schema, "description": field.description} if field.description else schema

    def _position(self, position: Position) -> Schema:
        """Return the schema of a place for an object: one class, or several told apart by `@type`."""
        base = self._plain(position.base)
        others = [shape for shape in position.choices.values() if shape is not position.base]
        if not others:
            return base
        typed = {shape.name: self._typed(shape) for shape in others}
        otherwise = {"allOf": [base], "properties": {CLASS.name: {"not": {"enum": list(typed)}}}}
        return {
            "anyOf": [*typed.values(), otherwise],
            "discriminator": {
                "propertyName": CLASS.name,
                "mapping": {name: schema["$ref"] for name, schema in typed.items()},
            },
        }

    def _plain(self, shape: Shape) -> Schema:
        required = () if self._form else tuple(shape.required)
        return self._component(self._name(shape) + self._form, lambda: self._object(shape, required=required))

    def _typed(self, shape: Shape) -> Schema:
        """Return the schema of a class whose `@type` must name it."""

        def build() -> Schema:
            schema = self._object(shape, required=(CLASS.name, *(() if self._form else shape.required)))
            schema["properties"][CLASS.name] = {"const": shape.name, "description": CLASS.description}
            return schema

        return self._component(f"{self._name(shape)}{self._form}_Typed", build)

    def _patch_object(self, shape: Shape, *, kept: frozenset[str], without: frozenset[str] = frozenset()) -> Schema:
        """Return the schema of a merge patch for an object: any part of it, null for what may be removed."""
        properties = {}
        for name, field in shape.fields.items():
            if name not in without:
                schema = self._patch_field(field)
                if name in kept:
                    properties[name] = _not_blank(field, schema)
                else:
                    properties[name] = schema if field.required else {"anyOf": [schema, {"type": "null"}]}
        said = f"A merge patch: {shape.description}"
        return {"type": "object", "description": said, "properties": properties, **_OPEN}

    def _patch_field(self, field: Field) -> Schema:
        """Return the schema of an attribute in a merge patch: objects are patched, arrays replaced whole."""
        content = field.content
        if field.many or isinstance(content, Leaf) or len(content.choices) > 1:
            return self._field(field)
        shape = content.base
        return self._component(f"{self._name(shape)}_MVO", lambda: self._patch_object(shape, kept=frozenset()))


def _standing(view: View, *stored: str | None) -> frozenset[str]:
    """Return what the first-level attributes that are stored under these names are called in this version."""
    return frozenset(name for name in view.shape.fields if view.stored_path(name) in stored)


def _not_blank(field: Field, schema: Schema) -> Schema:
    """Return the schema of a mandatory attribute: a text that is not blank, an array that is not empty."""
    if field.many:
        return {**schema, "minItems": NOT_BLANK["minItems"]}
    plain = isinstance(field.content, Leaf) and field.content.type == "string"
    return {**schema, "pattern": NOT_BLANK["pattern"]} if plain else schema


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
        bounds = {key: bound for key, bound in narrower.items() if bound is not None}
        return {**_NUMBER, "type": leaf.type, **bounds, **({"format": "int32"} if bounds == _INT32 else {})}
    return _SIMPLE.get(leaf.type, {"type": leaf.type})


_INT32: Schema = {"minimum": -(2**31), "maximum": 2**31 - 1}
_SIMPLE: dict[str, Schema] = {
    "object": {"type": "object", **_OPEN},
    "any": {"$ref": "#/components/schemas/Value"},
    "string": {"$ref": "#/components/schemas/Text"},
}
