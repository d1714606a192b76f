"""Privacy requests as a resource of our own: to enter what a person asks, take the steps, and hand out receipts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from msgspec import UNSET, UnsetType

from customer_inventory.access import Access, privacy_requesting
from customer_inventory.access.privacy_request import (
    ARTICLES,
    OPEN,
    PRIVACY_REQUEST,
    STEPS,
    Asked,
    Said,
    nearness,
    request_id,
)
from customer_inventory.access.privacy_requesting import Tracked, receipt
from customer_inventory.api.bodies import as_base, asked_of, said_of
from customer_inventory.api.entries import Shown, asked_of_entries, asked_of_entry, entries_answer, entry_answer
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.questions import asked, said
from customer_inventory.api.routing import Routes
from customer_inventory.model.view import native
from customer_inventory.repository.kinds import KINDS
from customer_inventory.requirements.requirement import CATALOGUE

PLACE = f"{CATALOGUE.paths[0]}/{PRIVACY_REQUEST.path}"
PRIVACY_REQUEST_VIEW = native(PRIVACY_REQUEST)


class _Asking(Asked, kw_only=True, frozen=True):
    """The body of a request that came."""

    type: str | UnsetType = msgspec.field(default=UNSET, name="@type")


def add_privacy_requests(routes: Routes, *, public_url: str) -> None:
    """Let privacy requests answer."""
    handlers = PrivacyRequestHandlers(public_url=public_url)
    label = PRIVACY_REQUEST.name
    routes.add(PLACE, label, GET=handlers.list, POST=handlers.create)
    routes.add(f"{PLACE}/{{id}}", label, GET=handlers.get)
    routes.add(f"{PLACE}/{{id}}/receipt", label, GET=handlers.receipt)
    for verb in STEPS:
        routes.add(f"{PLACE}/{{id}}/{verb}", label, POST=handlers.taking(verb))


class PrivacyRequestHandlers:
    """Answers the requests for privacy requests."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: the requests, those that are due next first."""
        question = asked_of_entries(PRIVACY_REQUEST_VIEW, exchange, public_url=self._public_url)
        entries = [self._shown(each, access) for each in await privacy_requesting.requests(access)]
        return entries_answer(PRIVACY_REQUEST_VIEW, entries, question, path=exchange.path, public_url=self._public_url)

    async def create(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST: enter a request that came."""
        body = await asked_of(exchange, _Asking, "the privacy request")
        found = await privacy_requesting.enter(access, as_base(body, Asked))
        answer = Answer(201, msgspec.json.encode(self._shown(found, access)))
        return answer.plus((b"location", f"{self._public_url}{PLACE}/{found.row.id}".encode()))

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one request."""
        question = asked_of_entry(PRIVACY_REQUEST_VIEW, exchange)
        found = await privacy_requesting.request(access, request_id(identifier))
        return entry_answer(PRIVACY_REQUEST_VIEW, self._shown(found, access), question)

    async def receipt(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET …/receipt: what the person is handed."""
        asked(exchange.query_string, ())
        found = await privacy_requesting.request(access, request_id(identifier))
        return Answer(200, msgspec.json.encode(receipt(found.row)))

    def taking(self, verb: str) -> Callable[[Exchange, Access, str], Awaitable[Answer]]:
        """Return what answers POST …/verify and so on."""

        async def take(exchange: Exchange, access: Access, identifier: str) -> Answer:
            body = await said_of(exchange, Said)
            found = await privacy_requesting.take(access, request_id(identifier), verb, body)
            return Answer(200, msgspec.json.encode(self._shown(found, access)))

        return take

    def _shown(self, found: Tracked, access: Access) -> Shown:
        row = found.row
        steps = [
            {"step": each.verb, "status": each.status, "by": each.by, "at": each.at, "note": each.note}
            for each in found.events
        ]
        return said(
            {
                "id": str(row.id),
                "href": f"{self._public_url}{PLACE}/{row.id}",
                "@type": PRIVACY_REQUEST.shape.name,
                "right": row.right,
                "article": ARTICLES[row.right],
                "subjectId": str(row.subject_id) if row.subject_id else None,
                "subjectType": KINDS[row.subject_kind].name if row.subject_kind else None,
                "status": row.status,
                "receivedAt": row.received_at,
                "dueAt": row.due_at,
                "due": nearness(row.due_at, now=access.facilities.clock()) if row.status in OPEN else None,
                "extendedBecause": row.extended_because,
                "identity": row.identity,
                "handler": row.handler,
                "openedBy": row.opened_by,
                "closedAt": row.closed_at,
                "ground": row.ground,
                "wrongAttribute": row.wrong_attributes,
                "result": row.result,
                "event": [said(each) for each in steps],
            }
        )
