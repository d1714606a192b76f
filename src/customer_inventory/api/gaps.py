"""Gaps as a resource of our own: of a resource, what is asked for and not kept, and what is kept and not asked for."""

from __future__ import annotations

from typing import Any

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.gaps import DAYS, MOST_DAYS, Gaps, gaps
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.questions import asked
from customer_inventory.api.routing import Routes
from customer_inventory.requirements.gaps import Coverage, Unasked, draft_of
from customer_inventory.requirements.requirement import CATALOGUE

BASE = f"{CATALOGUE.paths[0]}/requirementGap"
_DIGITS = 4


def add_gaps(routes: Routes) -> None:
    """Let the gaps of each resource answer."""
    routes.add(f"{BASE}/{{resource}}", "requirementGap", GET=_get)


async def _get(exchange: Exchange, access: Access, name: str) -> Answer:
    """Answer GET on the gaps of one resource."""
    question = asked(exchange.query_string, ("segment", "days"))
    days = question.bounded("days", least=1, most=MOST_DAYS, default=DAYS)
    found = await gaps(access, name, segment=question.given.get("segment"), days=days)
    body = {
        "@type": "RequirementGap",
        "id": found.resource,
        "href": f"{BASE}/{found.resource}",
        "recordCount": found.records,
        "recordCountApart": found.apart,
        "examinedShare": round(found.share / 100, _DIGITS),
        "accessesSince": found.since,
        "accessesShare": round(found.accesses_share / 100, _DIGITS),
        "accessesWhole": found.whole,
        "coverage": [_covered(each, found) for each in found.coverage],
        "notAskedFor": [_unasked(each, found.resource) for each in found.unasked],
    }
    return Answer(200, msgspec.json.encode(body))


def _covered(each: Coverage, found: Gaps) -> dict[str, Any]:
    use = found.uses[str(each.requirement.id)]
    shown = {
        "requirementId": each.requirement.id,
        "name": each.requirement.name,
        "obligation": each.requirement.obligation,
        "share": round(each.share, _DIGITS),
        "target": each.target,
        "isShort": each.short,
        "isUnreachable": each.unreachable,
        "accessesByName": use.accesses,
        "lastAccessByName": use.last,
        "accessedBy": list(use.client_ids),
        "isUnused": found.unused(each),
        "part": [
            {
                "source": part.source,
                "segment": part.segment,
                "recordCount": part.records,
                "share": round(part.share, _DIGITS),
            }
            for part in each.parts
        ],
    }
    return {name: value for name, value in shown.items() if value is not None}


def _unasked(each: Unasked, resource: str) -> dict[str, Any]:
    return {
        "attribute": each.attribute,
        "recordCount": each.records,
        "valueType": list(each.types),
        "source": [{"name": name, "recordCount": number} for name, number in each.sources],
        "exampleId": each.example,
        "proposal": draft_of(each, resource),
    }
