"""An API's description as tests compare it: operations and classes, read alike from Swagger 2 and OpenAPI 3.0 and 3.1.

Inheritance is resolved (allOf), alternatives are told by their discriminator (TMF630 part 2), and the forms of a class
are kept apart: X as answered, X_FVO or X_Create to create it, X_MVO or X_Update to patch it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
ANSWER, CREATE, PATCH = "", "create", "patch"
_SUFFIXES = {ANSWER: ("_RES",), CREATE: ("_FVO", "_Create"), PATCH: ("_MVO", "_Update")}
_EVERY_SUFFIX = ("_FVO", "_Create", "_MVO", "_Update", "_RES")

WRAPPERS = ("event", "payload")
"""What an event may have for the attribute that carries the resource."""

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a class: `type` is JSON's, or any; `classes` are those that may stand there."""

    name: str
    many: bool
    type: str
    formats: tuple[str, ...] = ()
    enum: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Class:
    """One class in one form: its attributes by name, and those an object cannot do without."""

    name: str
    attributes: Mapping[str, Attribute]
    mandatory: frozenset[str]


@dataclass(frozen=True, slots=True)
class Told:
    """One event: the attribute that carries what it is of, the classes in there by their keys, and what is around."""

    wrapper: str
    carried: Mapping[str, frozenset[str]]
    around: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path: what it takes, and every status that it may answer with."""

    method: str
    path: str
    statuses: frozenset[str]
    parameters: frozenset[tuple[str, str]]
    body: str
    """The name of the schema of the JSON body, or nothing."""
    media_types: frozenset[str]
    """What the body may be sent as; nothing where the description leaves that open."""
    answer: str
    """The name of the schema of the first success that has a body; of its elements, for a list."""


class Description:
    """One description of an API."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.schemas: Mapping[str, Schema] = document.get("definitions") or document.get("components", {}).get(
            "schemas", {}
        )

    # ------------------------------------------------------------ operations

    def operations(self) -> Iterator[Operation]:
        """Yield every operation."""
        for path, item in self.document.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, method, item)

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        said = item[method]
        given = [self.resolve(one) for one in (*item.get("parameters", ()), *said.get("parameters", ()))]
        content = self.resolve(said.get("requestBody", {})).get("content", {})
        sent = [one["schema"] for one in given if one["in"] == "body"]
        sent += [part["schema"] for part in content.values() if "schema" in part]
        return Operation(
            method=method.upper(),
            path=path,
            statuses=frozenset(map(str, said.get("responses", ()))),
            parameters=frozenset((one["in"], one["name"]) for one in given if one["in"] not in {"body", "path"}),
            body=target(sent[0]) if sent else "",
            media_types=frozenset((*content, *said.get("consumes", ()))),
            answer=self._answer(said.get("responses", {})),
        )

    def _answer(self, responses: Mapping[Any, Any]) -> str:
        for status in sorted(map(str, responses)):
            response = self.resolve(responses.get(status, responses.get(int(status) if status.isdigit() else status)))
            contents = [response, *response.get("content", {}).values()]
            for schema in (content["schema"] for content in contents if "schema" in content):
                return target(schema.get("items", schema))
        return ""

    def resources(self) -> dict[str, dict[str, str]]:
        """Return, by the path of each collection, the schemas of its resource by form: answer, create, patch."""
        found: dict[str, dict[str, str]] = {}
        for operation in self.operations():
            collection = re.sub(r"/\{\w+\}$", "", operation.path)
            if any(word in collection for word in ("/hub", "/listener")) or collection.count("{") > (
                "/event" in collection
            ):
                continue
            forms = found.setdefault(collection, {})
            if operation.method == "GET" and operation.answer:
                forms[ANSWER] = operation.answer
            elif operation.method in {"POST", "PATCH"}:
                forms[CREATE if operation.method == "POST" else PATCH] = operation.body
        return found

    # ------------------------------------------------------------ classes

    def forms(self, name: str, form: str) -> str | None:
        """Return the schema of the class `name` in a form: its own if it has one, else the class as answered."""
        kept = plain(name)
        own = (kept + suffix for suffix in _SUFFIXES[form])
        return next((candidate for candidate in (*own, kept) if candidate in self.schemas), None)

    def class_of(self, name: str, form: str = ANSWER) -> Class:
        """Return a class in one of its forms."""
        attributes: dict[str, Attribute] = {}
        mandatory: set[str] = set()
        for part in self._parts(self.schemas[self.forms(name, form) or name]):
            mandatory |= set(part.get("required", ()))
            for attribute, schema in part.get("properties", {}).items():
                attributes[attribute] = self.attribute(attribute, schema)
        return Class(plain(name), attributes, frozenset(mandatory))

    def events(self) -> dict[str, Told]:
        """Return every event that is sent, by its type."""
        found: dict[str, Told] = {}
        for name in self.schemas:
            if not name.endswith("Event") or name in {"Event", "BaseEvent"}:
                continue
            attributes = self.class_of(name).attributes
            wrapper = next((one for one in WRAPPERS if one in attributes), "")
            carried = [self.class_of(one).attributes for one in attributes[wrapper].classes] if wrapper else []
            keys = {key: frozenset(map(plain, one.classes)) for within in carried for key, one in within.items()}
            found[name] = Told(wrapper, keys, {key: one for key, one in attributes.items() if key != wrapper})
        return found

    def reached(self, name: str, form: str = ANSWER) -> dict[str, Class]:
        """Return the class `name` and every class that is met below it, by name, all in one form."""
        found: dict[str, Class] = {}
        pending = [plain(name)]
        while pending:
            current = pending.pop()
            if current not in found and self.forms(current, form) is not None:
                found[current] = self.class_of(current, form)
                pending += (below for one in found[current].attributes.values() for below in one.classes)
        return found

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        """Yield a schema and all that it inherits from, the nearest last."""
        if "$ref" in schema:
            yield from self._parts(self.schemas[target(schema)])
            return
        for part in schema.get("allOf", ()):
            yield from self._parts(part)
        yield schema

    def attribute(self, name: str, schema: Schema) -> Attribute:
        """Return what an attribute's schema says."""
        said = str(schema.get("description", ""))
        present = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        if "anyOf" in schema and len(present) == 1:
            schema = present[0]  # it or null
        if schema.get("type") == "array":
            content = self.attribute(name, schema.get("items", {}))
            return Attribute(name, True, content.type, content.formats, content.enum, content.classes, said)
        if "$ref" in schema:
            return self._referred(name, target(schema), said)
        return self._value(name, schema, said)

    def _referred(self, name: str, wanted: str, said: str) -> Attribute:
        schema = self.schemas[wanted]
        if "properties" not in schema and "allOf" not in schema and "discriminator" not in schema:
            return self._value(name, schema, said)
        named = schema.get("discriminator", {})
        # In Swagger 2 it is the name of the attribute alone.
        classes = (named.get("mapping") if isinstance(named, Mapping) else None) or (wanted,)
        return Attribute(name, False, "object", classes=frozenset(map(plain, classes)), description=said)

    def _value(self, name: str, schema: Schema, said: str) -> Attribute:
        """Return a single value, or a place for several classes that is written where it stands."""
        if "discriminator" in schema:
            return Attribute(name, False, "object", classes=frozenset(self._choices(schema)), description=said)
        if "const" in schema:
            return Attribute(name, False, "string", description=said)  # the class that @type must name
        choices = [one for one in schema.get("anyOf", ()) if one.get("type") == "string"]
        if choices and len(choices) == len(schema["anyOf"]):
            formats = tuple(sorted(str(one.get("format", "")) for one in choices))
            return Attribute(name, False, "string", formats, description=said)
        formats = tuple(filter(None, (schema.get("format") or schema.get("contentEncoding"),)))
        enum = frozenset(map(str, schema.get("enum", ())))
        return Attribute(name, False, schema.get("type", "any"), formats, enum, description=said)

    def _choices(self, schema: Schema) -> Iterator[str]:
        yield from map(plain, schema["discriminator"].get("mapping", ()))
        for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from (plain(target(part)) for part in (choice, *choice.get("allOf", ())) if "$ref" in part)

    def resolve(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a reference to another place of the document stands for."""
        while "$ref" in part:
            found: Any = self.document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            part = found
        return part


def target(schema: Schema) -> str:
    """Return the name of the schema that `schema` refers to, or nothing."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def plain(name: str) -> str:
    """Return the name of a class without the suffix of a form."""
    name = name.rpartition("/")[2].removesuffix("_Typed")
    return next((name.removesuffix(suffix) for suffix in _EVERY_SUFFIX if name.endswith(suffix)), name)
