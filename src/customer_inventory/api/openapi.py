"""The OpenAPI document of the running server, made from the model: what it says is what the server does."""

from __future__ import annotations

from typing import Any

import msgspec

from customer_inventory import __version__
from customer_inventory.api.parameters import DEFAULT_LIMIT, MOST_LIMIT, MOST_OFFSET
from customer_inventory.model import RESOURCES, Resource, json_schema

_ERROR = {
    "type": "object",
    "required": ["code", "reason", "message", "status", "@type"],
    "properties": {
        "code": {"type": "string", "description": "What went wrong, for programs."},
        "reason": {"type": "string", "description": "What kind of problem this is."},
        "message": {"type": "string", "description": "What happened, to which record, and what to do."},
        "status": {"type": "string", "description": "The HTTP status."},
        "@type": {"type": "string", "const": "Error"},
    },
}
_ETAG = {"ETag": {"description": "The version of the record.", "schema": {"type": "string"}}}
_REQUEST_ID = {"X-Request-Id": {"description": "Names this exchange in trail and log.", "schema": {"type": "string"}}}
_WORDS = {
    "400": "The request is not understood or not valid.",
    "401": "The token is missing, malformed, expired or revoked.",
    "403": "The client is not granted this, or not for this purpose.",
    "404": "There is no such record.",
    "405": "The method is not allowed here.",
    "408": "The body did not arrive in time.",
    "409": "Other records refer to this one.",
    "412": "The record is not at the version that If-Match names.",
    "413": "The body is too large.",
    "415": "The media type is not supported.",
    "422": "The Idempotency-Key is another request's, a strict reference names nothing, or a query costs too much.",
    "503": "The repository cannot be reached.",
}


def openapi_document(*, public_url: str) -> bytes:
    """Return the document as JSON."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Error": _ERROR}
    for resource in RESOURCES.values():
        base = f"{resource.api.paths[0]}/{resource.path}"
        paths[base] = {"get": _list(resource), "post": _create(resource)}
        paths[f"{base}/{{id}}"] = {
            "parameters": [{"$ref": "#/components/parameters/id"}],
            "get": _get(resource),
            "patch": _patch(resource),
            "delete": _delete(resource),
        }
        schemas.update(json_schema(resource))
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Customer Inventory",
            "version": __version__,
            "description": "The system of record for an enterprise's customers: TMF632 Party and TMF629 Customer, v5.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url or "/"}],
        "security": [{"oauth2": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": _parameters(),
            "responses": {code: _error_response(words) for code, words in _WORDS.items()},
            "securitySchemes": {
                "oauth2": {
                    "type": "oauth2",
                    "flows": {"clientCredentials": {"tokenUrl": f"{public_url}/oauth2/token", "scopes": {}}},
                }
            },
        },
    }
    return msgspec.json.encode(document)


def _parameters() -> dict[str, Any]:
    text = {"type": "string"}
    whole = {"type": "integer", "minimum": 0}
    return {
        "id": {"name": "id", "in": "path", "required": True, "schema": text, "description": "The record's id."},
        "fields": _query("fields", text, "Attributes to answer with, separated by commas; none for id and href only."),
        "offset": _query("offset", {**whole, "maximum": MOST_OFFSET}, "How many records to pass over."),
        "limit": _query(
            "limit",
            {**whole, "maximum": MOST_OFFSET, "default": DEFAULT_LIMIT},
            f"How many records to answer with; {MOST_LIMIT} at most, however many are asked for.",
        ),
        "sort": _query(
            "sort", text, "Attributes to sort by, separated by commas; a minus sign before one: descending."
        ),
        "after": _query("after", text, "Cursor from a Link header: the page behind it."),
        "before": _query("before", text, "Cursor from a Link header: the page before it."),
        "asOf": _query("asOf", {"type": "string", "format": "date-time"}, "The state of the inventory at this moment."),
        "purpose": _header("X-Purpose", "The purpose of the call, one the client is registered for."),
        "reason": _header("X-Reason", "Why the change is made; the history keeps it."),
        "key": _header("Idempotency-Key", "Names this request: repeated, it is not done again."),
        "ifMatch": _header("If-Match", "ETag of the version that may be changed.", pattern=_ETAGS, longest=1000),
        "ifNoneMatch": _header(
            "If-None-Match", "ETag of the version that the client has.", pattern=_ETAGS, longest=1000
        ),
    }


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


_PRINTABLE = "^[!-~]([ -~]*[!-~])?$"
_ETAGS = r'^(\*|(W/)?"[^"]*"([ \t]*,[ \t]*(W/)?"[^"]*")*)$'


def _header(name: str, description: str, *, pattern: str = _PRINTABLE, longest: int = 255) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": longest, "pattern": pattern},
        "description": description,
    }


def _use(*names: str) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _error_response(words: str) -> dict[str, Any]:
    return {
        "description": words,
        "headers": _REQUEST_ID,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def _refuses(*codes: int) -> dict[str, Any]:
    return {str(code): {"$ref": f"#/components/responses/{code}"} for code in codes}


def _gives(description: str, schema: dict[str, Any], **headers: Any) -> dict[str, Any]:
    return {
        "description": description,
        "headers": {**_REQUEST_ID, **headers},
        "content": {"application/json": {"schema": schema}},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _type(resource: Resource) -> str:
    return resource.struct.__name__


def _list(resource: Resource) -> dict[str, Any]:
    counts = {
        name: {"description": words, "schema": {"type": "integer"}}
        for name, words in (
            ("X-Total-Count", "How many records the query has."),
            ("X-Result-Count", "How many of them this page holds."),
        )
    }
    link = {"Link": {"description": "The first, previous, next and last page.", "schema": {"type": "string"}}}
    schema = {"type": "array", "items": _ref(_type(resource))}
    return {
        "operationId": f"list{_type(resource)}",
        "summary": f"List {resource.name} records",
        "description": "Any attribute is a filter: name=value, name=a,b, and name.gt, .gte, .lt, .lte for ranges.",
        "tags": [resource.api.number],
        "parameters": _use("fields", "offset", "limit", "sort", "after", "before", "asOf", "purpose"),
        "responses": {
            "200": _gives("The end of the list.", schema, **counts, **link),
            "206": _gives("A page; more follows.", schema, **counts, **link),
            **_refuses(400, 401, 403, 422, 503),
        },
    }


def _create(resource: Resource) -> dict[str, Any]:
    location = {"Location": {"description": "The record's href.", "schema": {"type": "string"}}}
    return {
        "operationId": f"create{_type(resource)}",
        "summary": f"Create one {resource.name}",
        "tags": [resource.api.number],
        "parameters": _use("fields", "purpose", "reason", "key"),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref(f"{_type(resource)}_FVO")}},
        },
        "responses": {
            "201": _gives("Created.", _ref(_type(resource)), **_ETAG, **location),
            **_refuses(400, 401, 403, 408, 413, 415, 422, 503),
        },
    }


def _get(resource: Resource) -> dict[str, Any]:
    return {
        "operationId": f"retrieve{_type(resource)}",
        "summary": f"Get one {resource.name}",
        "tags": [resource.api.number],
        "parameters": _use("fields", "asOf", "purpose", "ifNoneMatch"),
        "responses": {
            "200": _gives("The record.", _ref(_type(resource)), **_ETAG),
            "304": {"description": "The client has this version already.", "headers": {**_REQUEST_ID, **_ETAG}},
            **_refuses(400, 401, 403, 404, 503),
        },
    }


def _patch(resource: Resource) -> dict[str, Any]:
    body = {"schema": _ref(f"{_type(resource)}_MVO")}
    return {
        "operationId": f"patch{_type(resource)}",
        "summary": f"Change attributes of one {resource.name}",
        "description": "A merge patch (RFC 7396): objects merge, null removes, arrays are replaced whole.",
        "tags": [resource.api.number],
        "parameters": _use("fields", "purpose", "reason", "key", "ifMatch"),
        "requestBody": {
            "required": True,
            "content": {"application/merge-patch+json": body, "application/json": body},
        },
        "responses": {
            "200": _gives("The record as it is now.", _ref(_type(resource)), **_ETAG),
            **_refuses(400, 401, 403, 404, 408, 412, 413, 415, 422, 503),
        },
    }


def _delete(resource: Resource) -> dict[str, Any]:
    return {
        "operationId": f"delete{_type(resource)}",
        "summary": f"Delete one {resource.name}",
        "tags": [resource.api.number],
        "parameters": _use("purpose", "reason", "key", "ifMatch"),
        "responses": {
            "204": {"description": "Deleted; its history stays.", "headers": _REQUEST_ID},
            **_refuses(400, 401, 403, 404, 409, 412, 422, 503),
        },
    }
