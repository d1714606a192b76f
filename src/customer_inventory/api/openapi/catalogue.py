"""The operations on the catalogue of information requirements."""

from __future__ import annotations

from customer_inventory.api.openapi.beside import declared
from customer_inventory.api.openapi.parts import Part, gives, ref, refuses, use
from customer_inventory.api.openapi.resources import Named, collection_operation, of_register, record_operation
from customer_inventory.requirements.requirement import INFORMATION_REQUIREMENT, INFORMATION_REQUIREMENT_PROPOSAL

CATALOGUE_PATHS = frozenset({INFORMATION_REQUIREMENT.path, INFORMATION_REQUIREMENT_PROPOSAL.path})
_PROPOSAL = INFORMATION_REQUIREMENT_PROPOSAL.shape.name
CATALOGUE_SCHEMAS: dict[str, Part] = {
    "RequirementProposal_FVO": declared(
        "A proposal: what is to be asked, and why; as a draft it is not to be decided on yet.",
        {"requirement": f"{INFORMATION_REQUIREMENT.shape.name}_FVO!", "reason": "text!", "status": "text"},
        words="@type",
    ),
    "RequirementDecision": declared(
        "A decision: what is said about it, and from when on an approved proposal governs.",
        {"effectiveFrom": "moment"},
        words="decision",
    ),
    "RuleImpact": declared(
        "What one rule of a proposal comes to: how many stored records break it, and break what governs now.",
        {"brokenCount": "whole!", "brokenNowCount": "whole!", "source": "[object]", "exampleId": "[text]"},
        words="code enforcement reason",
    ),
    "RequirementImpact": declared(
        "What approving a proposal would do: to stored records, to the engine, and who works with the attribute.",
        {
            "@type": "text!",
            "recordCount": "whole!",
            "rule": "[RuleImpact]",
            "indexSeconds": "any",
            "tooLongCount": "whole",
            "reader": "[text]",
            "writer": "[text]",
            "user": "[text]",
            "losingRole": "[text]",
            "gainingRole": "[text]",
        },
        words="proposalId",
    ),
}

_VERBS = {
    "submit": "Hand one's own draft in for a decision",
    "approve": "Let a proposal of somebody else govern, from now or from a later moment",
    "reject": "Turn a proposal of somebody else down",
    "withdraw": "Take one's own draft or proposal back, also an approved one that does not govern yet",
}


def catalogue_operation(method: str, below: str, named: Named) -> Part | None:
    """Return what a method does at a path below a requirement or a proposal; None for a method that it has not."""
    if method == "GET" and below == "{id}/impact":
        return _impact()
    if method == "GET" and below == "{id}/version":
        return of_register({**_listed(named), "operationId": "listInformationRequirementVersion"})
    if method == "GET":
        return of_register(record_operation("GET", named) if below else collection_operation("GET", named))
    if named.title == _PROPOSAL:
        return _decides(below.rpartition("/")[2]) if below else _proposes()
    return _changes(method)


def _listed(named: Named) -> Part:
    listed = collection_operation("GET", named) or {}
    schema = {"type": "array", "items": ref(_PROPOSAL)}
    answers = {code: gives("The versions.", schema, "X-Total-Count", "X-Result-Count") for code in ("200", "206")}
    return {**listed, "summary": "List the versions of a requirement", "responses": {**listed["responses"], **answers}}


def _impact() -> Part:
    return {
        "operationId": "retrieveRequirementImpact",
        "summary": "Get what approving a proposal would do",
        "parameters": use("purpose"),
        "responses": {"200": gives("What it would do.", ref("RequirementImpact")), **refuses(422)},
    }


def _proposes() -> Part:
    return {
        "operationId": f"create{_PROPOSAL}",
        "summary": "Propose a requirement, or draft one",
        "parameters": use("purpose"),
        "requestBody": _sends("RequirementProposal_FVO", required=True),
        "responses": {"201": gives("Proposed.", ref(_PROPOSAL), "Location"), **refuses(408, 409, 413, 415)},
    }


def _decides(verb: str) -> Part:
    return {
        "operationId": f"{verb}{_PROPOSAL}",
        "summary": _VERBS[verb],
        "parameters": use("purpose"),
        "requestBody": _sends("RequirementDecision", required=False),
        "responses": {"200": gives("The proposal as it is now.", ref(_PROPOSAL)), **refuses(408, 409, 413, 415)},
    }


def _changes(method: str) -> Part:
    changes = method == "PATCH"
    named = INFORMATION_REQUIREMENT.shape.name
    said: Part = {
        "operationId": f"{'patch' if changes else 'delete'}{named}",
        "summary": "Propose a change of the requirement" if changes else "Propose that the requirement ends",
        "parameters": use("purpose", "reason"),
        "responses": {
            "202": gives("Proposed; somebody else decides.", ref(_PROPOSAL), "Location"),
            **refuses(408, 409, 413, 415),
        },
    }
    if not changes:
        return said
    body = {media: {"schema": ref(f"{named}_MVO")} for media in ("application/merge-patch+json", "application/json")}
    return {**said, "requestBody": {"required": True, "content": body}}


def _sends(name: str, *, required: bool) -> Part:
    return {"required": required, "content": {"application/json": {"schema": ref(name)}}}
