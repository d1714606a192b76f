"""The operations on restrictions."""

from __future__ import annotations

from customer_inventory.access.restriction import RESTRICTION
from customer_inventory.api.openapi.beside import declared
from customer_inventory.api.openapi.parts import Part, gives, ref, refuses, use
from customer_inventory.api.openapi.resources import Named, collection_operation, of_register, record_operation

_NAME = RESTRICTION.shape.name
RESTRICTION_SCHEMAS: dict[str, Part] = {
    f"{_NAME}Wish": declared(
        "Whose use is to be restricted, why, for which purposes not, and until when; requestId: for which request.",
        {"subjectId": "text!", "reason": "text!", "allowedPurpose": "[text]", "until": "moment"},
        words="@type requestId",
    ),
    f"{_NAME}Lift": declared("Why it is lifted; the party was told so before.", {"reason": "text!"}),
}


def restriction_operation(method: str, below: str, named: Named) -> Part | None:
    """Return what a method does at a path below a restriction; None for a method that it has not."""
    if method == "GET":
        return of_register(record_operation("GET", named) if below else collection_operation("GET", named))
    wish = f"{_NAME}Lift" if below else f"{_NAME}Wish"
    told = {
        "operationId": f"lift{_NAME}" if below else f"create{_NAME}",
        "summary": "Lift a restriction" if below else "Restrict the use of a party's records",
        "parameters": use("purpose"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref(wish)}}},
    }
    if below:
        return {**told, "responses": {"200": gives("It as it was.", ref(_NAME)), **refuses(408, 413, 415)}}
    done = gives("It holds on every server.", ref(_NAME), "Location")
    return {**told, "responses": {"201": done, **refuses(408, 409, 413, 415)}}
