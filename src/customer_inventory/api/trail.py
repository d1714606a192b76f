"""The trail at the API: who saw or wrote a record, or a customer with all that belongs to it (resources of our own)."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.grants import VERBS, named
from customer_inventory.access.sightings import sightings, who_saw
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.parameters import MOST_LIMIT
from customer_inventory.api.questions import Question, asked, said
from customer_inventory.api.representation import href
from customer_inventory.api.routing import Routes
from customer_inventory.api.scanning import InvalidParameter
from customer_inventory.ids import parse_id
from customer_inventory.model.viewing import native_view
from customer_inventory.repository.journal import Seen, Sighting, SightingQuery
from customer_inventory.repository.kinds import KINDS

TRAIL_ENTRIES = "/inventory/v1/trailEntry"
ACCESS_REPORTS = "/inventory/v1/accessReport"
DEFAULT_ENTRIES = 20
_FILTERS = ("recordId", "clientId", "verb", "since", "until")


def add_trail(routes: Routes, *, public_url: str) -> None:
    """Let the trail answer."""
    routes.add(TRAIL_ENTRIES, "trailEntry", GET=partial(_list, public_url))
    routes.add(f"{ACCESS_REPORTS}/{{id}}", "accessReport", GET=partial(_report, public_url))


async def _list(public_url: str, exchange: Exchange, access: Access) -> Answer:
    question = asked(exchange.query_string, (*_FILTERS, "limit", "after"))
    query = _query(question)
    found = await sightings(access, query._replace(limit=query.limit + 1))
    shown = found[: query.limit]
    more = len(found) > len(shown)
    answer = Answer(206 if more else 200, msgspec.json.encode([_entry(each) for each in shown]))
    answer = answer.plus((b"x-result-count", b"%d" % len(shown)))
    if more:
        kept = question.repeated(_FILTERS)
        target = f"{public_url}{TRAIL_ENTRIES}?{kept}limit={query.limit}&after={shown[-1].id}"
        answer = answer.plus((b"link", f'<{target}>; rel="next"'.encode()))
    return answer


def _query(question: Question) -> SightingQuery:
    record = question.identifier("recordId")
    if record is None:
        raise InvalidParameter("recordId is missing. Say of which record the trail is asked.")
    return SightingQuery(
        record=record,
        limit=question.whole("limit", least=1, most=MOST_LIMIT, default=DEFAULT_ENTRIES),
        client=question.given.get("clientId"),
        verb=question.one_of("verb", (*VERBS, "purge"), default="read") if "verb" in question.given else None,
        since=question.moment("since"),
        until=question.moment("until"),
        after=question.identifier("after"),
    )


async def _report(public_url: str, exchange: Exchange, access: Access, identifier: str) -> Answer:
    question = asked(exchange.query_string, ("since",))
    record = parse_id(identifier)
    if record is None:
        raise RecordNotFound("The trail knows no record of this id.")
    found = await who_saw(access, record, since=question.moment("since"))
    body = {
        "id": str(record),
        "href": f"{public_url}{ACCESS_REPORTS}/{record}",
        "@type": "AccessReport",
        "since": question.moment("since"),
        "record": [_record(public_url, kind, each) for each, kind in found.records.items()],
        "access": [_seen(each) for each in found.seen],
        "truncated": found.cut,
    }
    return Answer(200, msgspec.json.encode(said(body)))


def _record(public_url: str, kind: str, identifier: str) -> dict[str, Any]:
    if not kind:
        return {"id": identifier}
    resource = KINDS[kind]
    return {
        "id": identifier,
        "href": href(native_view(resource), identifier, public_url=public_url),
        "@referredType": resource.struct.__name__,
    }


def _resource(kind: str) -> str:
    return KINDS[kind].name if kind in KINDS else named(kind)


def _entry(entry: Sighting) -> dict[str, Any]:
    return said(
        {
            "id": entry.id,
            "@type": "TrailEntry",
            "at": entry.at,
            "client": {"id": entry.client_id, "name": entry.client},
            "person": entry.person,
            "purpose": entry.purpose,
            "verb": entry.verb,
            "resource": _resource(entry.kind),
            "outcome": entry.outcome,
            "requestId": entry.request_id,
            "attribute": entry.attributes,
            "records": entry.records,
        }
    )


def _seen(seen: Seen) -> dict[str, Any]:
    return said(
        {
            "@type": "AccessSummary",
            "client": {"id": seen.client_id, "name": seen.client},
            "person": seen.person,
            "purpose": seen.purpose,
            "verb": seen.verb,
            "resource": _resource(seen.kind),
            "outcome": seen.outcome,
            "count": seen.times,
            "first": seen.first,
            "last": seen.last,
            "attribute": seen.attributes,
            "whole": seen.whole,
        }
    )
