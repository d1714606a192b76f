"""What the tests of the API talk about: addresses, documents, and what a refusal looks like."""

from __future__ import annotations

from typing import Any

import httpx

PERSONS = "/tmf-api/partyManagement/v5/individual"
COMPANIES = "/tmf-api/partyManagement/v5/organization"
CUSTOMERS = "/tmf-api/customerManagement/v5/customer"
SHAPE = {"code", "reason", "message", "status", "@type"}
NO_SUCH_ID = "0199aa00-0000-8abc-8000-00000000dead"


def person(given: str = "Ada", family: str = "Byron", **more: Any) -> dict[str, Any]:
    return {"@type": "Individual", "givenName": given, "familyName": family, **more}


def customer(party: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    engaged = {"@type": "PartyRef", "@referredType": "Individual", "id": party["id"] if party else "someone"}
    return {"@type": "Customer", "name": "Byron", "engagedParty": engaged, **more}


def create(api: httpx.Client, path: str, document: dict[str, Any]) -> dict[str, Any]:
    made = api.post(path, json=document)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def refused(answer: httpx.Response, status: int) -> str:
    """Fail unless the answer is a refusal in the one shape; return its code."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body.keys() - {"error", "error_description"} == SHAPE
    assert (body["status"], body["@type"]) == (str(status), "Error")
    return str(body["code"])
