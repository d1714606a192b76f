"""The operations on privacy requests."""

from __future__ import annotations

from customer_inventory.access.privacy_request import PRIVACY_REQUEST
from customer_inventory.api.openapi.beside import declared
from customer_inventory.api.openapi.parts import Part, gives, ref, refuses, use
from customer_inventory.api.openapi.resources import Named, collection_operation, of_register, record_operation

_NAME = PRIVACY_REQUEST.shape.name
PRIVACY_REQUEST_SCHEMAS: dict[str, Part] = {
    f"{_NAME}Asked": declared(
        "What is told of a request that came; without receivedAt it came now, without subjectId nobody was found.",
        {"right": "text!", "subjectId": "text", "receivedAt": "moment"},
        words="@type handler note",
    ),
    f"{_NAME}Step": declared(
        "What is said with a step; reason and result are kept when the person is erased, note and identity are not.",
        {},
        words="identity handler reason result note",
    ),
    f"{_NAME}Receipt": declared(
        "What the person is handed; sha256 is that of the rest as JSON with sorted names and without spaces.",
        {
            "@type": "text!",
            "id": "text!",
            "right": "text!",
            "article": "text!",
            "receivedAt": "moment!",
            "dueAt": "moment!",
            "status": "text!",
            "closedAt": "moment",
            "sha256": "text!",
        },
        words="extendedBecause ground result",
    ),
}
_VERBS = {
    "ask": "Note that the person is asked to prove who it is",
    "verify": "Note how it was verified who asks; then work begins",
    "assign": "Say who handles it",
    "extend": "Take two months more, once, for a reason that the person is told",
    "note": "Note something",
    "complete": "Close it as done",
    "refuse": "Close it as refused, for a reason that the person is told",
    "withdraw": "Close it as withdrawn by the person",
}


def privacy_request_operation(method: str, below: str, named: Named) -> Part | None:
    """Return what a method does at a path below a privacy request; None for a method that it has not."""
    if below.endswith("/receipt"):
        return {
            "operationId": f"retrieve{_NAME}Receipt",
            "summary": "Get what the person is handed as a receipt",
            "parameters": use("purpose"),
            "responses": {"200": gives("It.", ref(f"{_NAME}Receipt")), **refuses()},
        }
    if method == "GET":
        return of_register(record_operation("GET", named) if below else collection_operation("GET", named))
    if not below:
        return _enters()
    return _takes(below.rpartition("/")[2])


def _enters() -> Part:
    return {
        "operationId": f"create{_NAME}",
        "summary": "Enter what a person asks about the data that is held of them",
        "parameters": use("purpose"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref(f"{_NAME}Asked")}}},
        "responses": {"201": gives("Entered.", ref(_NAME), "Location"), **refuses(408, 413, 415)},
    }


def _takes(verb: str) -> Part:
    return {
        "operationId": f"{verb}{_NAME}",
        "summary": _VERBS[verb],
        "parameters": use("purpose"),
        "requestBody": {"required": False, "content": {"application/json": {"schema": ref(f"{_NAME}Step")}}},
        "responses": {"200": gives("It as it is now.", ref(_NAME)), **refuses(408, 409, 413, 415)},
    }
