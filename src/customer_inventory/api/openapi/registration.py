"""The operations on registrations of processes."""

from __future__ import annotations

from customer_inventory.access.registration import REGISTRATION
from customer_inventory.api.openapi.beside import declared
from customer_inventory.api.openapi.parts import Part, gives, ref, refuses, use
from customer_inventory.api.openapi.resources import Named, collection_operation, of_register, record_operation

_NAME = REGISTRATION.shape.name
_TOLD = {
    "name": "text!",
    "owner": "text!",
    "purpose": "[object]",
    "grant": "[text]",
    "expectedVolume": "whole!",
    "expectedVolumePerHour": "whole",
    "network": "[text]",
    "expiresAt": "moment",
    "jwks": "object",
}
REGISTRATION_SCHEMAS: dict[str, Part] = {
    "RegistrationRequest": {
        **declared(
            "What is told of a process; a draft is not to be decided on yet. jwks: the public keys it signs with.",
            _TOLD,
            words="@type deputy expectedHours status",
        ),
        "required": ["name", "owner", "purpose", "grant", "expectedVolume"],
    },
    "RegistrationRenewal": declared(
        "Why it is recertified, and the most records that it is shown from then on, where that changes.",
        {"expectedVolume": "whole", "expectedVolumePerHour": "whole"},
        words="reason",
    ),
    "RegistrationReason": declared("Why a step is taken.", {}, words="reason"),
}
_VERBS = {
    "submit": "Hand one's own draft in for a decision",
    "approve": "Let a process that somebody else asked for be a client",
    "reject": "Turn down what somebody else asked for",
    "recertify": "Vouch for a registration for another period",
    "suspend": "Let a client do nothing for a time",
    "resume": "Let a suspended client go on",
    "revoke": "End a registration for good",
}


def registration_operation(method: str, below: str, named: Named) -> Part | None:
    """Return what a method does at a path below a registration; None for a method that it has not."""
    if method == "GET":
        return of_register(record_operation("GET", named) if below else collection_operation("GET", named))
    if not below:
        return _asks()
    return _takes(below.rpartition("/")[2])


def _asks() -> Part:
    return {
        "operationId": f"create{_NAME}",
        "summary": "Ask for a process to be registered, or draft that",
        "description": "The answer shows the secret, in clientSecret, this once; it works from the approval on.",
        "parameters": use("purpose"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref("RegistrationRequest")}}},
        "responses": {"201": gives("Asked for.", ref(_NAME), "Location"), **refuses(408, 409, 413, 415)},
    }


def _takes(verb: str) -> Part:
    said = ref("RegistrationRenewal" if verb == "recertify" else "RegistrationReason")
    return {
        "operationId": f"{verb}{_NAME}",
        "summary": _VERBS[verb],
        "parameters": use("purpose"),
        "requestBody": {"required": False, "content": {"application/json": {"schema": said}}},
        "responses": {"200": gives("It as it is now.", ref(_NAME)), **refuses(408, 409, 413, 415)},
    }
