"""What approving a proposal would do, as the API shows it."""

from __future__ import annotations

from typing import Any

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.governing import proposal_named
from customer_inventory.access.impact import Impact, RuleImpact, impact
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.questions import asked
from customer_inventory.api.requirements import BASE
from customer_inventory.api.routing import Routes
from customer_inventory.requirements.requirement import INFORMATION_REQUIREMENT_PROPOSAL

_PLACE = f"{BASE}/{INFORMATION_REQUIREMENT_PROPOSAL.path}/{{id}}/impact"


def add_impact(routes: Routes) -> None:
    """Let the impact of proposals answer."""
    routes.add(_PLACE, INFORMATION_REQUIREMENT_PROPOSAL.name, GET=_get)


async def _get(exchange: Exchange, access: Access, identifier: str) -> Answer:
    """Answer GET on what approving one proposal would do."""
    asked(exchange.query_string, ())
    return Answer(200, msgspec.json.encode(_shown(await impact(access, *proposal_named(identifier)))))


def _shown(found: Impact) -> dict[str, Any]:
    shown = {
        "@type": "RequirementImpact",
        "proposalId": found.proposal.id,
        "recordCount": found.examined,
        "rule": [_rule(each) for each in found.rules],
        "indexSeconds": None if found.index_seconds is None else round(found.index_seconds, 1),
        "tooLongCount": found.index_too_long,
        "reader": list(found.readers),
        "writer": list(found.writers),
        "user": list(found.users),
        "losingRole": list(found.losing),
        "gainingRole": list(found.gaining),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _rule(each: RuleImpact) -> dict[str, Any]:
    return {
        "code": each.code,
        "enforcement": each.enforcement,
        "reason": each.reason,
        "brokenCount": each.broken,
        "brokenNowCount": each.broken_now,
        "source": [{"name": name, "recordCount": number} for name, number in each.by_source.items()],
        "exampleId": list(each.samples),
    }
