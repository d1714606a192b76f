"""Decisions for other systems: the OpenID AuthZEN Authorization API 1.0 over the grants of the inventory.

The decision point is `/inventory/v1`; below it are the paths of the specification (sections 6 and 7): one evaluation,
and several at once with defaults for each and a semantic that may stop early.
"""

from __future__ import annotations

from typing import Any

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.deciding import SUBJECTS, Decision, Question, decide
from customer_inventory.api.exchange import Answer, Exchange, UnsupportedMediaType
from customer_inventory.api.routing import Routes
from customer_inventory.errors import Failure, InventoryError

EVALUATION = "/inventory/v1/access/v1/evaluation"
EVALUATIONS = "/inventory/v1/access/v1/evaluations"
MOST_EVALUATIONS = 100
_SEMANTICS = {"execute_all": None, "deny_on_first_deny": False, "permit_on_first_permit": True}
_LONGEST = 200
_PARTS = ("subject", "action", "resource", "context")


class InvalidEvaluation(InventoryError):
    """The evaluation cannot be taken as it is.

    Send {"subject": {"type": "client", "id": …}, "action": {"name": …}, "resource": {"type": …, "id": …}}; in context
    the purpose, and in the properties of the resource the attributes that it is about.
    """

    code = "invalid-evaluation"
    failure = Failure.INVALID


def add_decisions(routes: Routes) -> None:
    """Let decisions answer."""
    routes.add(EVALUATION, "evaluation", POST=_evaluate)
    routes.add(EVALUATIONS, "evaluation", POST=_evaluate_all)


async def _evaluate(exchange: Exchange, access: Access) -> Answer:
    """Answer POST of one evaluation."""
    body = await _body(exchange)
    return Answer(200, msgspec.json.encode(_told((await decide(access, [_question(body)]))[0])))


async def _evaluate_all(exchange: Exchange, access: Access) -> Answer:
    """Answer POST of several evaluations; one without them is a single evaluation (section 7)."""
    body = await _body(exchange)
    asked = body.get("evaluations", [])
    if not isinstance(asked, list) or not all(isinstance(each, dict) for each in asked):
        raise InvalidEvaluation("evaluations is an array of objects.")
    if len(asked) > MOST_EVALUATIONS:
        raise InvalidEvaluation(f"More than {MOST_EVALUATIONS} evaluations. Ask in several requests.")
    if not asked:
        return Answer(200, msgspec.json.encode(_told((await decide(access, [_question(body)]))[0])))
    options = body.get("options") or {}
    semantic = options.get("evaluations_semantic", "execute_all") if isinstance(options, dict) else None
    if not isinstance(semantic, str) or semantic not in _SEMANTICS:
        raise InvalidEvaluation(f"options.evaluations_semantic is one of {', '.join(_SEMANTICS)}.")
    defaults = {part: body[part] for part in _PARTS if part in body}
    decisions = await decide(access, [_question({**defaults, **each}) for each in asked])
    shown = _until(decisions, _SEMANTICS[semantic])
    return Answer(200, msgspec.json.encode({"evaluations": [_told(each) for each in shown]}))


def _until(decisions: list[Decision], ends: bool | None) -> list[Decision]:
    """The decisions up to the first that ends them."""
    for number, each in enumerate(decisions, start=1):
        if each.permits is ends:
            return decisions[:number]
    return decisions


async def _body(exchange: Exchange) -> dict[str, Any]:
    if exchange.media_type != "application/json":
        raise UnsupportedMediaType("Send the evaluation as application/json.")
    return (await exchange.json_object())[0]


def _question(body: dict[str, Any]) -> Question:
    """Return what an evaluation asks (section 5). Raises InvalidEvaluation."""
    subject, action, resource = (_object(body, part) for part in _PARTS[:3])
    context = body.get("context", {})
    properties = resource.get("properties", {})
    if not isinstance(context, dict) or not isinstance(properties, dict):
        raise InvalidEvaluation("context and properties are objects.")
    kind = _text(subject, "type", "subject")
    if kind not in SUBJECTS:
        raise InvalidEvaluation(f"subject.type is one of {', '.join(SUBJECTS)}.")
    return Question(
        kind,
        _text(subject, "id", "subject"),
        _text(action, "name", "action"),
        _text(resource, "type", "resource"),
        _text(resource, "id", "resource") if "id" in resource else None,
        _attributes(properties.get("attribute", [])),
        _text(context, "purpose", "context") if "purpose" in context else None,
    )


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    found = body.get(name)
    if not isinstance(found, dict):
        raise InvalidEvaluation(f"{name} is missing, or no object.")
    return found


def _text(of: dict[str, Any], name: str, part: str) -> str:
    found = of.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST or "\0" in found:
        raise InvalidEvaluation(f"{part}.{name} is a text of 1 to {_LONGEST} characters.")
    return found


def _attributes(found: Any) -> tuple[str, ...]:
    given = [found] if isinstance(found, str) else found
    if not isinstance(given, list) or not all(isinstance(each, str) and 0 < len(each) <= _LONGEST for each in given):
        raise InvalidEvaluation("resource.properties.attribute is the path of an attribute, or an array of some.")
    if len(given) > MOST_EVALUATIONS:
        raise InvalidEvaluation(f"More than {MOST_EVALUATIONS} attributes. Ask in several requests.")
    return tuple(given)


def _told(decision: Decision) -> dict[str, Any]:
    if decision.permits:
        return {"decision": True}
    return {"decision": False, "context": {"reason": decision.reason}}
