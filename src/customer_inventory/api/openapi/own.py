"""The inventory's own resources, which no Open API has: changes, deleted records, the whole of a customer, kinship."""

from __future__ import annotations

from customer_inventory.access.kin import MOST_DEPTH
from customer_inventory.api.openapi.beside import IDENTIFIED, asks, declared
from customer_inventory.api.openapi.parts import Part, gives, query, ref, refuses, use

OWN_SCHEMAS: dict[str, Part] = {
    "RecordRef": declared("A pointer to a record.", {**IDENTIFIED, "@referredType": "text"}),
    "RecordOfChange": declared(
        "A record that a change wrote.",
        {**IDENTIFIED, "version": "whole"},
        words="@referredType operation outcome reason",
    ),
    "Change": declared(
        "One write: who, when, for which purpose, why.",
        {**IDENTIFIED, "at": "moment!", "recordCount": "whole", "withheldCount": "whole", "record": "[RecordOfChange]"},
        words="operation clientId person purpose source reason requestId",
    ),
    "ChangeUndo": declared(
        "What taking a change back did, or would do.",
        {
            "@type": "text!",
            "id": "text",
            "href": "text",
            "undoes": "RecordRef!",
            "dryRun": "truth!",
            "recordCount": "whole!",
            "doneCount": "whole!",
            "unchangedCount": "whole!",
            "conflictCount": "whole!",
            "record": "[RecordOfChange]",
        },
    ),
    "DeletedRecord": declared(
        "A record that was deleted and can be brought back.",
        {**IDENTIFIED, "version": "whole!", "deletedAt": "moment!", "purgeAfter": "moment"},
        words="kind name clientId person purpose reason changeId restore",
    ),
    "RequirementCoverage": declared(
        "How much of what a requirement asks for is kept, part says it by source and segment, and whether it is used.",
        {
            "share": "any!",
            "target": "any",
            "isShort": "truth!",
            "isUnreachable": "truth!",
            "accessesByName": "whole!",
            "lastAccessByName": "moment",
            "accessedBy": "[text]",
            "isUnused": "truth!",
            "part": "[object]",
        },
        words="requirementId name obligation",
    ),
    "UnaskedAttribute": declared(
        "An attribute that is kept though nobody asked for it, with a draft of a requirement.",
        {"recordCount": "whole!", "valueType": "[text]", "source": "[object]", "proposal": "object"},
        words="attribute exampleId",
    ),
    "RequirementGap": declared(
        "What of a resource is asked for and not kept, kept and not asked for, or kept and not used, in a sample.",
        {
            **IDENTIFIED,
            "recordCount": "whole!",
            "recordCountApart": "whole!",
            "examinedShare": "any!",
            "accessesSince": "moment!",
            "accessesShare": "any!",
            "accessesWhole": "whole!",
            "coverage": "[RequirementCoverage]",
            "notAskedFor": "[UnaskedAttribute]",
        },
    ),
    "Relative": declared(
        "A party or role with what it is to another.",
        {
            **IDENTIFIED,
            "inverse": "truth",
            "level": "whole",
            "held": "truth",
            "above": "[Relative]",
            "below": "[Relative]",
        },
        words="@referredType name role relationshipType of",
    ),
    "PartyHierarchy": declared(
        "Those above and below a party, as a tree and as a list.",
        {
            **IDENTIFIED,
            "tree": "Relative!",
            "party": "[Relative]",
            "circle": "[Relative]",
            "other": "[Relative]",
            "complete": "truth!",
            "withheld": "[text]",
        },
    ),
    "PartyPath": declared(
        "The shortest way from one party to another.",
        {
            "@type": "text!",
            "from": "Relative!",
            "to": "Relative!",
            "length": "whole!",
            "party": "[Relative]",
            "step": "[Relative]",
        },
    ),
    "Customer360": declared(
        "A customer with everything that belongs to it, part by part; further parts are lists of records.",
        {
            **IDENTIFIED,
            "customer": "object",
            "party": "object",
            "hierarchy": "object",
            "related": "[object]",
            "count": "object!",
            "withheld": "[text]",
        },
    ),
}

_SPECIFICATION = {
    "type": "object",
    "description": "An EntitySpecification of TMF662, as GET /tmf-api/entityCatalogManagement/v4/openapi.json has it.",
}
_PAGE = ("Link", "X-Total-Count", "X-Result-Count", "X-Total-Count-Estimated")
_AFTER = asks("after", "text", "The id of the last one of the page before.")


def own_operation(method: str, rest: str) -> Part | None:
    """Return what a method does at a path of the inventory's own resources; None for what is not known."""
    return _OWN.get((method, rest))


def _lists(name: str, summary: str, *parameters: Part) -> Part:
    listed = {"type": "array", "items": ref(name)}
    return {
        "operationId": f"list{name}",
        "summary": summary,
        "parameters": [*use("ownOffset", "ownLimit", "purpose"), *parameters],
        "responses": {
            "200": gives("The end of the list.", listed, *_PAGE),
            "206": gives("A page; more follows.", listed, *_PAGE),
            **refuses(422),
        },
    }


def _gets(name: str, summary: str, *parameters: Part, shared: tuple[str, ...] = ("purpose",)) -> Part:
    return {
        "operationId": f"retrieve{name}",
        "summary": summary,
        "parameters": [*use(*shared), *parameters],
        "responses": {"200": gives("It.", ref(name)), **refuses(422)},
    }


def _does(operation: str, name: str, summary: str, *parameters: Part) -> Part:
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": [*use("purpose", "reason"), *parameters],
        "responses": {"200": gives("What was done.", ref(name)), **refuses(408, 409, 413, 415, 422)},
    }


_DEPTH = query("depth", {"type": "integer", "minimum": 1, "maximum": MOST_DEPTH}, "How many steps at most.")
_OWN: dict[tuple[str, str], Part] = {
    ("GET", "/change"): _lists(
        "Change",
        "List changes, newest first",
        _AFTER,
        asks("recordId", "text", "Changes that wrote this record."),
        asks("clientId", "text", "Changes of this client."),
        asks("operation", "text", "Changes of this kind: create, modify, delete, import, restore or undo."),
        asks("since", "moment", "Changes from this moment on."),
    ),
    ("GET", "/change/{id}"): _gets(
        "Change", "Get one change with the records that it wrote", shared=("ownOffset", "ownLimit", "purpose")
    ),
    ("POST", "/change/{id}/undo"): _does(
        "undoChange",
        "ChangeUndo",
        "Take one change back",
        asks("dryRun", "truth", "true: only tell what would be done."),
        asks("onConflict", "text", "skip: pass over records that were written since; else nothing is done."),
    ),
    ("GET", "/requirementGap/{resource}"): _gets(
        "RequirementGap",
        "Get the gaps between what is asked of a resource and what is kept of it",
        asks("segment", "text", "An attribute by whose values the records are told apart."),
        asks("days", "whole", "For how many days the access trail tells what is used; 90."),
    ),
    ("GET", "/requirementSpecification"): {
        "operationId": "listRequirementSpecification",
        "summary": "List what is asked of resources, in the words of TMF662",
        "parameters": use("fields", "offset", "limit", "sort", "filter", "after", "before", "range", "purpose"),
        "responses": {
            "200": gives("The end of the list.", {"type": "array", "items": _SPECIFICATION}, *_PAGE, "Content-Range"),
            "206": gives("A page; more follows.", {"type": "array", "items": _SPECIFICATION}, *_PAGE, "Content-Range"),
            **refuses(),
        },
    },
    ("GET", "/requirementSpecification/{id}"): {
        "operationId": "retrieveRequirementSpecification",
        "summary": "Get what is asked of one resource, in the words of TMF662",
        "parameters": use("fields", "purpose"),
        "responses": {"200": gives("It.", _SPECIFICATION), **refuses()},
    },
    ("GET", "/deletedRecord"): _lists(
        "DeletedRecord",
        "List deleted records of a kind, the latest first",
        {**asks("kind", "text", "Which resource."), "required": True},
        _AFTER,
    ),
    ("GET", "/customer360/{id}"): _gets(
        "Customer360",
        "Get a customer, by its id or its party's, with everything that belongs to it",
        asks("limit", "count", "How many records of each part; limit.account and so on for one part."),
        shared=("fields", "asOf", "purpose"),
    ),
    ("GET", "/partyHierarchy/{id}"): _gets(
        "PartyHierarchy",
        "Get those above and below a party",
        asks("direction", "text", "up, down or both."),
        _DEPTH,
        asks("relationship", "text", "Only these relationships, separated by commas."),
        shared=("asOf", "purpose"),
    ),
    ("GET", "/partyPath"): _gets(
        "PartyPath",
        "Find the shortest way from one party to another",
        {**asks("from", "text", "The id of the one."), "required": True},
        {**asks("to", "text", "The id of the other."), "required": True},
        _DEPTH,
        shared=("asOf", "purpose"),
    ),
}
