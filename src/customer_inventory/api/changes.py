"""Changes: who wrote what, when, for which purpose and why; and taking one back (a resource of our own)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.undoing import ChangeNotFound, Undone
from customer_inventory.api.exchange import Answer, Exchange, MalformedJson
from customer_inventory.api.parameters import MOST_LIMIT, MOST_OFFSET
from customer_inventory.api.questions import asked, said
from customer_inventory.api.representation import href
from customer_inventory.api.routing import Routes
from customer_inventory.api.scanning import InvalidParameter
from customer_inventory.ids import parse_id
from customer_inventory.model.viewing import native_view
from customer_inventory.repository.changes import Change, ChangeQuery
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.reverting import Reverted

CHANGES = "/inventory/v1/change"
DEFAULT_CHANGES = 20
OPERATIONS = ("create", "modify", "delete", "import", "restore", "undo")
_FILTERS = ("recordId", "clientId", "operation", "since")
_PAGE = ("limit", "offset", "after")
_REASONS = {
    "stale": "It was written since.",
    "absent": "It is not there, or was deleted since.",
    "referenced": "Other records refer to it strictly.",
    "missing": "It refers strictly to a record that is not there.",
    "taken": "Another record has a value by now that it needs back, and that must be unique.",
    "invalid": "What it held before is not kept any more, or is not valid today.",
}


def add_changes(routes: Routes, *, public_url: str) -> None:
    """Let changes answer."""
    routes.add(CHANGES, "change", GET=partial(_list, public_url))
    routes.add(f"{CHANGES}/{{id}}", "change", GET=partial(_get, public_url))
    routes.add(f"{CHANGES}/{{id}}/undo", "change", POST=partial(_undo, public_url))


async def _list(public_url: str, exchange: Exchange, access: Access) -> Answer:
    question = asked(exchange.query_string, (*_FILTERS, *_PAGE))
    operation = question.one_of("operation", OPERATIONS, default="create") if "operation" in question.given else None
    if {"after", "offset"} <= question.given.keys():
        raise InvalidParameter("offset cannot go with after. Page by the one or by the other.")
    query = ChangeQuery(
        record_id=question.identifier("recordId"),
        client_id=question.given.get("clientId"),
        operation=operation,
        since=question.moment("since"),
        after=question.identifier("after"),
        limit=question.whole("limit", most=MOST_LIMIT, default=DEFAULT_CHANGES),
        offset=question.whole("offset", most=MOST_OFFSET, default=0),
    )
    page = await access.changes(query)
    bodies = [_shown(public_url, change) for change in page.changes]
    answer = Answer(206 if page.more and bodies else 200, msgspec.json.encode(bodies)).plus(
        (b"x-total-count", b"%d" % page.total), (b"x-result-count", b"%d" % len(bodies))
    )
    if not page.exact:
        answer = answer.plus((b"x-total-count-estimated", b"true"))
    if page.more and bodies:
        kept = question.repeated(_FILTERS)
        target = f"{public_url}{CHANGES}?{kept}limit={query.limit}&after={page.changes[-1].id}"
        answer = answer.plus((b"link", f'<{target}>; rel="next"'.encode()))
    return answer


async def _get(public_url: str, exchange: Exchange, access: Access, identifier: str) -> Answer:
    question = asked(exchange.query_string, ("limit", "offset"))
    limit = question.whole("limit", most=MOST_LIMIT, default=100)
    offset = question.whole("offset", most=MOST_OFFSET, default=0)
    shown = await access.change(_change_id(identifier), limit=limit, offset=offset)
    records = [
        {**_reference(public_url, entry.kind, entry.record_id), "version": entry.version, "operation": entry.operation}
        for entry in shown.entries
    ]
    counts = {"recordCount": shown.number, "withheldCount": shown.withheld or None}
    body = {**_shown(public_url, shown.change), **said(counts), "record": records}
    return Answer(200, msgspec.json.encode(body))


async def _undo(public_url: str, exchange: Exchange, access: Access, identifier: str) -> Answer:
    question = asked(exchange.query_string, ("dryRun", "onConflict"))
    dry = question.yes("dryRun")
    skip = question.one_of("onConflict", ("refuse", "skip"), default="refuse") == "skip"
    change_id = _change_id(identifier)
    if (await exchange.body()).strip() not in {b"", b"{}"}:
        raise MalformedJson("An undo says everything in its address: send no body, or {}.")
    undone = await access.undo(change_id, skip_conflicts=skip, dry=dry)
    return Answer(200, msgspec.json.encode(_outcome(public_url, change_id, undone, dry=dry)))


def _change_id(identifier: str) -> UUID:
    change_id = parse_id(identifier)
    if change_id is None:
        raise ChangeNotFound("The inventory holds no change of this id.")
    return change_id


def _shown(public_url: str, change: Change) -> dict[str, Any]:
    attributes = {
        "@type": "Change",
        "id": str(change.id),
        "href": f"{public_url}{CHANGES}/{change.id}",
        "at": change.at,
        "operation": change.operation,
        "clientId": change.client_id,
        "person": change.person,
        "purpose": change.purpose,
        "source": change.source,
        "reason": change.reason,
        "requestId": change.request_id,
    }
    return said(attributes)


def _outcome(public_url: str, change_id: UUID, undone: Undone, *, dry: bool) -> dict[str, Any]:
    own = {"id": str(undone.change_id), "href": f"{public_url}{CHANGES}/{undone.change_id}"}
    done = sum(each.outcome == "done" for each in undone.records)
    conflicts = sum(each.conflict for each in undone.records)
    return {
        "@type": "ChangeUndo",
        **(own if undone.change_id else {}),
        "undoes": {"@type": "ChangeRef", "id": str(change_id), "href": f"{public_url}{CHANGES}/{change_id}"},
        "dryRun": dry,
        "recordCount": len(undone.records),
        "doneCount": done,
        "unchangedCount": len(undone.records) - done - conflicts,
        "conflictCount": conflicts,
        "record": [_reverted(public_url, each) for each in undone.records],
    }


def _reverted(public_url: str, reverted: Reverted) -> dict[str, Any]:
    why = {"reason": _REASONS[reverted.outcome]} if reverted.conflict else {}
    return {
        **_reference(public_url, reverted.kind, str(reverted.id)),
        "operation": reverted.operation,
        "version": reverted.version,
        "outcome": "conflict" if reverted.conflict else reverted.outcome,
        **why,
    }


def _reference(public_url: str, kind: str, identifier: str) -> dict[str, Any]:
    resource = KINDS[kind]
    return {
        "@type": "RecordRef",
        "@referredType": resource.struct.__name__,
        "id": identifier,
        "href": href(native_view(resource), identifier, public_url=public_url),
    }
