"""The trail: who saw or wrote a record."""

from __future__ import annotations

from customer_inventory.api.openapi.beside import IDENTIFIED, asks, declared
from customer_inventory.api.openapi.parts import Part, gives, ref, refuses, use

TRAIL_SCHEMAS: dict[str, Part] = {
    "ClientOfEntry": declared("A client: its id and its name.", {"id": "text!", "name": "text!"}),
    "TrailEntry": declared(
        "One access: who did or saw what for which purpose; attribute names what was asked for by name.",
        {
            "@type": "text!",
            "id": "text!",
            "at": "moment!",
            "client": "ClientOfEntry!",
            "purpose": "text!",
            "verb": "text!",
            "outcome": "text!",
            "attribute": "[text]",
            "records": "whole!",
        },
        words="person resource requestId",
    ),
    "AccessSummary": declared(
        "How often somebody did the same to any of the records; whole is whether that was to whole records too.",
        {
            "@type": "text!",
            "client": "ClientOfEntry!",
            "purpose": "text!",
            "verb": "text!",
            "outcome": "text!",
            "count": "whole!",
            "first": "moment!",
            "last": "moment!",
            "attribute": "[text]",
            "whole": "truth!",
        },
        words="person resource",
    ),
    "AccessReport": declared(
        "Who saw or wrote a record, or a customer or party with all that belongs to it.",
        {
            **IDENTIFIED,
            "since": "moment",
            "record": "[object]",
            "access": "[AccessSummary]",
            "truncated": "truth!",
        },
    ),
}


def trail_operation(method: str, rest: str) -> Part | None:
    """Return what a method does at a path of the trail; None for what is not known."""
    return _TRAIL.get((method, rest))


_ENTRIES: Part = {"type": "array", "items": ref("TrailEntry")}
_COUNTS = ("Link", "X-Result-Count")
_TRAIL: dict[tuple[str, str], Part] = {
    ("GET", "/trailEntry"): {
        "operationId": "listTrailEntry",
        "summary": "List the accesses to one record, newest first",
        "parameters": [
            *use("ownLimit", "purpose"),
            {**asks("recordId", "text", "The record."), "required": True},
            asks("after", "text", "The id of the last one of the page before."),
            asks("clientId", "text", "Accesses of this client."),
            asks("verb", "text", "Accesses by this verb: read, create, modify, update, delete, download or purge."),
            asks("since", "moment", "Accesses from this moment on."),
            asks("until", "moment", "Accesses before this moment."),
        ],
        "responses": {
            "200": gives("The end of the list.", _ENTRIES, *_COUNTS),
            "206": gives("A page; more follows.", _ENTRIES, *_COUNTS),
            **refuses(422),
        },
    },
    ("GET", "/accessReport/{id}"): {
        "operationId": "retrieveAccessReport",
        "summary": "Get who saw or wrote a record, or a customer or party with all that belongs to it",
        "parameters": [*use("purpose"), asks("since", "moment", "Accesses from this moment on.")],
        "responses": {"200": gives("It.", ref("AccessReport")), **refuses(422)},
    },
}
