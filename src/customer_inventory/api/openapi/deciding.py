"""Decisions: may a client or a person do something (OpenID AuthZEN Authorization API 1.0)."""

from __future__ import annotations

from customer_inventory.api.openapi.beside import declared
from customer_inventory.api.openapi.parts import Part, gives, ref, refuses, use

DECISION_SCHEMAS: dict[str, Part] = {
    "Evaluation": declared(
        "May a subject (client or person) do an action (a verb) to a resource; context has the purpose.",
        {"subject": "object!", "action": "object!", "resource": "object!", "context": "object"},
    ),
    "Evaluations": declared(
        "Several evaluations; what each leaves out is taken from here.",
        {
            **dict.fromkeys(("subject", "action", "resource", "context", "options"), "object"),
            "evaluations": "[object]",
        },
    ),
    "Decision": declared("Whether it may; in context a word for why not.", {"decision": "truth!", "context": "object"}),
    "Decisions": declared(
        "The decisions in the order of the evaluations; a single one where there were none.",
        {"evaluations": "[Decision]", "decision": "truth", "context": "object"},
    ),
}


def decision_operation(method: str, rest: str) -> Part | None:
    """Return what a method does at a path of decisions; None for what is not known."""
    return _DECISIONS.get((method, rest))


def _asks(operation: str, summary: str, sent: str, given: str) -> Part:
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": use("purpose"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref(sent)}}},
        "responses": {"200": gives("Decided.", ref(given)), **refuses(408, 413, 415, 422)},
    }


_DECISIONS: dict[tuple[str, str], Part] = {
    ("POST", "/access/v1/evaluation"): _asks(
        "evaluateAccess", "Ask whether somebody may do something", "Evaluation", "Decision"
    ),
    ("POST", "/access/v1/evaluations"): _asks(
        "evaluateAccesses", "Ask whether somebody may do several things", "Evaluations", "Decisions"
    ),
}
