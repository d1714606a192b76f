"""The operations on the resources of the Open APIs, as the official files name them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from customer_inventory.api.openapi.parts import Part, gives, headers, query, ref, refuses, use
from customer_inventory.api.patching import MEDIA_TYPES
from customer_inventory.model.view import View

_PAGE = ("Link", "Content-Range", "X-Total-Count", "X-Result-Count", "X-Total-Count-Estimated")
_SAVED = ("ETag", "Idempotent-Replayed", "X-Reference-Warning", "X-Requirement-Warning")


@dataclass(frozen=True, slots=True)
class Named:
    """A resource as a document speaks of it: its name, its class, and the names of its schemas there."""

    name: str
    title: str
    answer: str
    create: str
    patch: str


def named(view: View, name: Callable[[str], str]) -> Named:
    """Return how a document speaks of a view, where `name` is what a component is called there."""
    title = view.shape.name
    return Named(view.resource.name, title, name(title), name(f"{title}_FVO"), name(f"{title}_MVO"))


def collection_operation(method: str, named: Named) -> Part | None:
    """Return what a method on the collection does, or None for a method that it has not."""
    makers = {"GET": _list, "POST": _create}
    return makers[method](named) if method in makers else None


def record_operation(method: str, named: Named) -> Part | None:
    """Return what a method on one record does, or None for a method that it has not."""
    makers = {"GET": _get, "PATCH": _patch, "PUT": _put, "DELETE": _delete}
    return makers[method](named) if method in makers else None


def _list(named: Named) -> Part:
    schema = {"type": "array", "items": ref(named.answer)}
    return {
        "operationId": f"list{named.title}",
        "summary": f"List {named.name} records",
        "description": "Any attribute is a filter: name=value, name=a,b, name.gte=value and the other operators.",
        "parameters": use("fields", "offset", "limit", "sort", "filter", "after", "before", "asOf", "range", "purpose"),
        "responses": {
            "200": gives("The end of the list.", schema, *_PAGE),
            "206": gives("A page; more follows.", schema, *_PAGE),
            **refuses(422),
        },
    }


def joint_list(name: str, several: Sequence[Named]) -> Part:
    """Return what a list of several resources together does."""
    schema = {"type": "array", "items": {"anyOf": [ref(each.answer) for each in several]}}
    title = name[0].upper() + name[1:]
    said = {**_list(several[0]), "operationId": f"list{title}", "summary": f"List records of every {name}"}
    answers = {code: gives(said["responses"][code]["description"], schema, *_PAGE) for code in ("200", "206")}
    return {**said, "responses": {**said["responses"], **answers}}


def _create(named: Named) -> Part:
    return {
        "operationId": f"create{named.title}",
        "summary": f"Create one {named.name}",
        "parameters": use("fields", "purpose", "reason", "key"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref(named.create)}}},
        "responses": {
            "201": gives("Created.", ref(named.answer), "Location", *_SAVED),
            **refuses(408, 409, 413, 415, 422),
        },
    }


def _get(named: Named) -> Part:
    return {
        "operationId": f"retrieve{named.title}",
        "summary": f"Get one {named.name}",
        "parameters": use("fields", "asOf", "purpose", "ifNoneMatch"),
        "responses": {
            "200": gives("The record.", ref(named.answer), "ETag"),
            "304": {"description": "The client has this version already.", "headers": headers("ETag")},
            **refuses(),
        },
    }


def _patch(named: Named) -> Part:
    return {
        "operationId": f"patch{named.title}",
        "summary": f"Change attributes of one {named.name}",
        "description": "A merge patch (RFC 7396): objects merge, null removes, arrays are replaced whole.",
        "parameters": use("fields", "purpose", "reason", "key", "ifMatch"),
        "requestBody": {
            "required": True,
            "content": {media_type: {"schema": ref(_body(media_type, named))} for media_type in MEDIA_TYPES},
        },
        "responses": {
            "200": gives("The record as it is now.", ref(named.answer), *_SAVED),
            **refuses(408, 409, 412, 413, 415, 422),
        },
    }


def _body(media_type: str, named: Named) -> str:
    """Return the schema of a patch: a list of operations, or the attributes that change."""
    return "JsonPatch" if "json-patch" in media_type else named.patch


def _put(named: Named) -> Part:
    return {
        "operationId": f"update{named.title}",
        "summary": f"Replace one {named.name}",
        "parameters": use("fields", "purpose", "reason", "key", "ifMatch"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref(named.create)}}},
        "responses": {
            "200": gives("The record as it is now.", ref(named.answer), *_SAVED),
            **refuses(408, 409, 412, 413, 415, 422),
        },
    }


def _delete(named: Named) -> Part:
    return {
        "operationId": f"delete{named.title}",
        "summary": f"Delete one {named.name}",
        "parameters": use("purpose", "reason", "key", "ifMatch"),
        "responses": {
            "204": {"description": "Deleted; its history stays.", "headers": headers()},
            **refuses(409, 412, 422),
        },
    }


def attachment_operation(named: Named) -> Part:
    """Return what GET on the content of an attachment does."""
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    return {
        "operationId": f"retrieve{named.title}AttachmentContent",
        "summary": f"Get a file that one {named.name} carries",
        "description": "The file itself, as the type that its attachment declares. `digest` is its SHA-256.",
        "parameters": use("asOf", "purpose", "ifNoneMatch", "byteRange"),
        "responses": {
            "200": {"description": "The file.", "headers": headers("ETag"), "content": {"*/*": {"schema": file}}},
            "206": {
                "description": "The part of the file that Range asks for.",
                "headers": headers("ETag", "Content-Range"),
                "content": {"*/*": {"schema": file}},
            },
            "304": {"description": "The client has this file already.", "headers": headers("ETag")},
            **refuses(416),
        },
    }


def of_specifications(operation: Part) -> Part:
    """Return an operation that writes a specification of entities: it says what becomes of those that are stored."""
    said = "keep: write it although stored entities do not follow it, or delete it although they are of its class."
    asked = query("onConflict", {"type": "string", "enum": ["refuse", "keep"], "default": "refuse"}, said)
    return {**operation, "parameters": [*operation["parameters"], asked]}


def of_register(operation: Part | None) -> Part | None:
    """Return an operation that reads as one on entries of the register does, which have no versions."""
    if operation is None:
        return None
    parameters = [part for part in operation["parameters"] if part not in use("asOf", "ifNoneMatch")]
    responses = {code: answer for code, answer in operation["responses"].items() if code not in {"304", "422"}}
    if "206" not in responses:
        responses["200"] = {**responses["200"], "headers": headers()}
    return {**operation, "parameters": parameters, "responses": responses}


JSON_PATCH: Part = {
    "description": "Operations, done in order, all or none (RFC 6902); one alone need not stand in an array.",
    "anyOf": [ref("JsonPatchOperation"), {"type": "array", "items": ref("JsonPatchOperation")}],
}
JSON_PATCH_OPERATION: Part = {
    "type": "object",
    "description": "One operation of a patch.",
    "required": ["op", "path"],
    "properties": {
        "op": {"type": "string", "enum": ["add", "copy", "move", "remove", "replace", "test"]},
        "path": {"type": "string", "description": "Where: a JSON Pointer, with a query in the query dialect."},
        "from": {"type": "string", "description": "Where move and copy take from."},
        "value": {"description": "What add, replace and test compare or put there."},
    },
}
