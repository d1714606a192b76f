"""Consents: what parties say to the use of their data for purposes."""

from __future__ import annotations

from customer_inventory.api.openapi.beside import IDENTIFIED, asks, declared
from customer_inventory.api.openapi.parts import Part, gives, ref, refuses, use

CONSENT_SCHEMAS: dict[str, Part] = {
    "Consent": declared(
        "What a party said once: that it gives or withdraws consent, to which words, and what shows it.",
        {
            "id": "text!",
            "@type": "text!",
            "partyId": "text!",
            "purpose": "text!",
            "status": "text!",
            "saidAt": "moment!",
            "expiresAt": "moment",
            "recordedAt": "moment!",
            "clientId": "text!",
        },
        words="party documentVersion evidence agreementId person",
    ),
    "Consent_FVO": declared(
        "What a party says: status is given or withdrawn; without saidAt it says so now.",
        {"partyId": "text!", "purpose": "text!", "status": "text!", "saidAt": "moment", "expiresAt": "moment"},
        words="documentVersion evidence agreementId",
    ),
    "ConsentState": declared("What holds for a party now, by purpose.", {**IDENTIFIED, "purpose": "[object]"}),
}


def consent_operation(method: str, rest: str) -> Part | None:
    """Return what a method does at a path of consents; None for what is not known."""
    return _CONSENTS.get((method, rest))


_CONSENTS: dict[tuple[str, str], Part] = {
    ("GET", "/consent"): {
        "operationId": "listConsent",
        "summary": "List everything that a party said to the use of its data, newest first",
        "parameters": [*use("purpose"), {**asks("partyId", "text", "The party."), "required": True}],
        "responses": {"200": gives("All of it.", {"type": "array", "items": ref("Consent")}), **refuses()},
    },
    ("POST", "/consent"): {
        "operationId": "createConsent",
        "summary": "Keep that a party gives or withdraws consent to a purpose",
        "parameters": use("purpose"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Consent_FVO")}}},
        "responses": {"201": gives("Kept.", ref("Consent")), **refuses(408, 413, 415)},
    },
    ("GET", "/consent/{id}"): {
        "operationId": "retrieveConsentState",
        "summary": "Get what holds for a party now, by purpose",
        "parameters": use("purpose"),
        "responses": {"200": gives("It.", ref("ConsentState")), **refuses()},
    },
}
