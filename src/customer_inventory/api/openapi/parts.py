"""The parts that operations share: parameters, headers, refusals, and how they are referred to."""

from __future__ import annotations

from typing import Any

from customer_inventory.api.parameters import DEFAULT_LIMIT, MOST_LIMIT, MOST_OFFSET

Part = dict[str, Any]

ERROR: Part = {
    "type": "object",
    "description": "What went wrong: every refusal has this body.",
    "required": ["code", "reason", "message", "status", "@type"],
    "properties": {
        "code": {"type": "string", "description": "What went wrong, for programs."},
        "reason": {"type": "string", "description": "What kind of problem this is."},
        "message": {"type": "string", "description": "What happened, to which record, and what to do."},
        "status": {"type": "string", "description": "The HTTP status."},
        "@type": {"type": "string", "const": "Error"},
    },
}

REFUSALS = {
    "400": "The request is not understood or not valid.",
    "401": "The token is missing, malformed, expired or revoked.",
    "403": "The client is not granted this, or not for this purpose.",
    "404": "There is no such record.",
    "405": "The method is not allowed here.",
    "408": "The body did not arrive in time.",
    "409": "The record is not in a state that admits this, or other records refer to it.",
    "412": "The record is not at the version that If-Match names.",
    "413": "The body is too large.",
    "415": "The media type is not supported.",
    "416": "The range begins behind the end of the file.",
    "422": "The Idempotency-Key is another request's, a strict reference names nothing, or a query costs too much.",
    "429": "More than is granted for this day or second, or more downloads than a client may have at a time.",
    "500": "Something went wrong that nobody foresaw; the log names it by X-Request-Id.",
    "501": "The standard allows this, the inventory does not support it.",
    "503": "The repository cannot be reached.",
}

ALWAYS = (400, 401, 403, 404, 405, 500, 501, 503)
"""What every operation may be refused with, as the official files say of theirs."""

_HEADERS = {
    "X-Request-Id": ("Names this exchange in trail and log.", "string"),
    "ETag": ("The version of the record.", "string"),
    "Location": ("The record's href.", "string"),
    "Link": ("The first, previous, next and last page.", "string"),
    "Content-Range": ("Which items, or bytes, of how many these are.", "string"),
    "X-Total-Count": ("How many records the query has.", "integer"),
    "X-Result-Count": ("How many of them this page holds.", "integer"),
    "X-Total-Count-Estimated": ("true when the total was estimated.", "string"),
    "Idempotent-Replayed": ("true when a repeated request got what the first one left.", "string"),
    "X-Requirement-Warning": (
        "The requirements that the record does not meet: requirement:rule, comma-separated.",
        "string",
    ),
    "X-Reference-Warning": ("The reference attributes that name nothing the inventory holds.", "string"),
}

_TEXT: Part = {"type": "string"}
_PRINTABLE = "^[!-~]([ -~]*[!-~])?$"
_ETAGS = r'^(\*|(W/)?"[^"]*"([ \t]*,[ \t]*(W/)?"[^"]*")*)$'
_WHOLE: Part = {"type": "integer", "minimum": 0}
_ANY_WHOLE: Part = {**_WHOLE, "maximum": 10**18 - 1}


def query(name: str, schema: Part, description: str) -> Part:
    """Return a parameter of the query string."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _header(name: str, description: str, *, pattern: str = _PRINTABLE, longest: int = 255) -> Part:
    schema = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": pattern}
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


PARAMETERS: dict[str, Part] = {
    "fields": query("fields", _TEXT, "Attributes to answer with, separated by commas; none for id and href only."),
    "offset": query("offset", {**_WHOLE, "maximum": MOST_OFFSET}, "How many records to pass over."),
    "limit": query(
        "limit",
        {**_WHOLE, "maximum": MOST_OFFSET, "default": DEFAULT_LIMIT},
        f"How many records to answer with; {MOST_LIMIT} at most, however many are asked for.",
    ),
    "ownOffset": query("offset", _ANY_WHOLE, "How many entries to pass over."),
    "ownLimit": query("limit", _ANY_WHOLE, f"How many entries to answer with; {MOST_LIMIT} at most."),
    "sort": query("sort", _TEXT, "Attributes to sort by, separated by commas; a minus sign before one: descending."),
    "filter": query("filter", _TEXT, "A JSONPath with a condition, such as contactMedium[?(@.city=='Paris')]."),
    "after": query("after", _TEXT, "Cursor from a Link header: the page behind it."),
    "before": query("before", _TEXT, "Cursor from a Link header: the page before it."),
    "asOf": query("asOf", {"type": "string", "format": "date-time"}, "The state of the inventory at this moment."),
    # A range that cannot be read is passed over, as RFC 9110 wants it: any text is taken.
    "range": {
        "name": "Range",
        "in": "header",
        "required": False,
        "schema": _TEXT,
        "description": "The page as items=11-20, instead of offset and limit.",
    },
    "byteRange": {
        "name": "Range",
        "in": "header",
        "required": False,
        "schema": _TEXT,
        "description": "The part of the file to answer with, such as bytes=0-1023.",
    },
    "purpose": _header("X-Purpose", "The purpose of the call, one the client is registered for."),
    "reason": _header("X-Reason", "Why the change is made; the history keeps it."),
    "key": _header("Idempotency-Key", "Names this request: repeated, it is not done again."),
    "ifMatch": _header("If-Match", "ETag of the version that may be changed.", pattern=_ETAGS, longest=1000),
    "ifNoneMatch": _header("If-None-Match", "ETag of the version that the client has.", pattern=_ETAGS, longest=1000),
}


def use(*names: str) -> list[Part]:
    """Return references to shared parameters."""
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def ref(name: str) -> Part:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def headers(*names: str) -> Part:
    """Return references to shared headers; every answer has X-Request-Id."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def gives(description: str, schema: Part, *named: str) -> Part:
    """Return a successful answer with a body of this schema and the headers `named`."""
    content = {"application/json": {"schema": schema}}
    return {"description": description, "headers": headers(*named), "content": content}


def refuses(*codes: int) -> Part:
    """Return references to the refusals that every operation has, and to those named."""
    return {str(code): {"$ref": f"#/components/responses/{code}"} for code in sorted({*ALWAYS, *codes})}


def components(*, token_url: str) -> Part:
    """Return everything that operations refer to but the schemas of resources."""
    return {
        "parameters": PARAMETERS,
        "headers": {name: {"description": words, "schema": {"type": kind}} for name, (words, kind) in _HEADERS.items()},
        "responses": {
            code: {
                "description": words,
                "headers": headers(),
                "content": {"application/json": {"schema": ref("Error")}},
            }
            for code, words in REFUSALS.items()
        },
        "securitySchemes": {
            "oauth2": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": token_url, "scopes": {}}},
            }
        },
    }
