"""Deleted records: which there are of a kind, who deleted them, and how to bring them back (a resource of our own)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import msgspec

from customer_inventory.access import Access
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.parameters import MOST_LIMIT, MOST_OFFSET
from customer_inventory.api.questions import asked, said
from customer_inventory.api.representation import href
from customer_inventory.api.routing import Routes
from customer_inventory.api.scanning import InvalidParameter
from customer_inventory.model import RESOURCES, Resource
from customer_inventory.model.viewing import native_view
from customer_inventory.repository.deleted import Deleted

DELETED = "/inventory/v1/deletedRecord"


def add_deleted_records(routes: Routes, *, public_url: str) -> None:
    """Let deleted records answer."""
    routes.add(DELETED, "deletedRecord", GET=partial(_list, public_url))


async def _list(public_url: str, exchange: Exchange, access: Access) -> Answer:
    question = asked(exchange.query_string, ("kind", "limit", "offset", "after"))
    resource = RESOURCES.get(question.given.get("kind", ""))
    if resource is None:
        raise InvalidParameter(f"kind must name a resource: one of {', '.join(sorted(RESOURCES))}.")
    if {"after", "offset"} <= question.given.keys():
        raise InvalidParameter("offset cannot go with after. Page by the one or by the other.")
    limit = question.whole("limit", most=MOST_LIMIT, default=20)
    page = await access.deleted(
        resource,
        limit=limit,
        offset=question.whole("offset", most=MOST_OFFSET, default=0),
        after=question.identifier("after"),
    )
    keep = access.facilities.purge_after
    bodies = [_shown(public_url, resource, record, keep) for record in page.records]
    answer = Answer(206 if page.more and bodies else 200, msgspec.json.encode(bodies)).plus(
        (b"x-total-count", b"%d" % page.total), (b"x-result-count", b"%d" % len(bodies))
    )
    if not page.exact:
        answer = answer.plus((b"x-total-count-estimated", b"true"))
    if page.more and bodies:
        target = f"{public_url}{DELETED}?kind={resource.name}&limit={limit}&after={page.records[-1].id}"
        answer = answer.plus((b"link", f'<{target}>; rel="next"'.encode()))
    return answer


def _shown(public_url: str, resource: Resource, record: Deleted, keep: timedelta | None) -> dict[str, Any]:
    own = href(native_view(resource), record.id, public_url=public_url)
    attributes = {
        "@type": "DeletedRecord",
        "id": record.id,
        "href": own,
        "kind": resource.name,
        "name": resource.label(msgspec.json.decode(record.document)) or None,
        "version": record.version,
        "deletedAt": record.deleted_at,
        "purgeAfter": None if keep is None else record.deleted_at + keep,
        "clientId": record.client_id,
        "person": record.person,
        "purpose": record.purpose,
        "reason": record.reason,
        "changeId": record.change_id,
        "restore": f"{own}/history/{record.version - 1}/restore",
    }
    return said(attributes)
