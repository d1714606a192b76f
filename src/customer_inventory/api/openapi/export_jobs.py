"""The operations on export jobs."""

from __future__ import annotations

from customer_inventory.api.export_jobs import EXPORT_JOB
from customer_inventory.api.openapi.beside import declared
from customer_inventory.api.openapi.parts import Part, gives, headers, ref, refuses, use
from customer_inventory.api.openapi.resources import Named, collection_operation, of_register, record_operation

_NAME = EXPORT_JOB.shape.name
EXPORT_JOB_SCHEMAS: dict[str, Part] = {
    "ExportJobRequest": declared(
        "Of which resource a file is wanted, by the address of its root, and which records and attributes of it.",
        {"path": "text!"},
        words="@type query contentType",
    ),
}
_BYTES: Part = {"schema": {"type": "string"}}
_FILE: Part = {"content": {"*/*": _BYTES}}


def export_job_operation(method: str, below: str, named: Named) -> Part | None:
    """Return what a method does at a path below export jobs; None for a method that it has not."""
    if method == "GET" and below in {"", "{id}"}:
        return of_register(record_operation("GET", named) if below else collection_operation("GET", named))
    return _OPERATIONS.get((method, below))


_OPERATIONS: dict[tuple[str, str], Part] = {
    ("POST", ""): {
        "operationId": f"create{_NAME}",
        "summary": "Ask for a file with records of a resource",
        "parameters": use("purpose"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref("ExportJobRequest")}}},
        "responses": {"201": gives("Asked for.", ref(_NAME), "Location"), **refuses(408, 413, 415, 422, 429)},
    },
    ("DELETE", "{id}"): {
        "operationId": f"delete{_NAME}",
        "summary": "Cancel one's own job and remove its file",
        "parameters": use("purpose"),
        "responses": {"204": {"description": "Cancelled."}, **refuses(409)},
    },
    ("GET", "{id}/content"): {
        "operationId": f"retrieve{_NAME}Content",
        "summary": "Get the file of one's own job",
        "parameters": use("purpose", "ifNoneMatch", "byteRange"),
        "responses": {
            "200": {"description": "The file.", "headers": headers("ETag"), **_FILE},
            "206": {"description": "A part of it.", "headers": headers("ETag", "Content-Range"), **_FILE},
            "304": {"description": "The client has it.", "headers": headers("ETag")},
            **refuses(409, 416),
        },
    },
}
