"""Restrictions as a resource of our own: to restrict the use of a party's records, to lift that, and to look."""

from __future__ import annotations

from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from customer_inventory.access import Access, restriction
from customer_inventory.access.privacy_request import Words, request_id
from customer_inventory.access.restriction import RESTRICTION, RestrictionNotFound, Wished, status_of
from customer_inventory.api.bodies import as_base, asked_of, body_of
from customer_inventory.api.entries import Shown, asked_of_entries, asked_of_entry, entries_answer, entry_answer
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.questions import asked, said
from customer_inventory.api.routing import Routes
from customer_inventory.ids import parse_id
from customer_inventory.model.view import native
from customer_inventory.repository.restrictions import Restriction as Row
from customer_inventory.requirements.requirement import CATALOGUE

PLACE = f"{CATALOGUE.paths[0]}/{RESTRICTION.path}"
RESTRICTION_VIEW = native(RESTRICTION)


class _Wishing(Wished, kw_only=True, frozen=True):
    """The body of a restriction that is to be."""

    type: str | UnsetType = msgspec.field(default=UNSET, name="@type")


class _Lifting(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The body of a lift."""

    reason: Words


def add_restrictions(routes: Routes, *, public_url: str) -> None:
    """Let restrictions answer."""
    handlers = RestrictionHandlers(public_url=public_url)
    label = RESTRICTION.name
    routes.add(PLACE, label, GET=handlers.list, POST=handlers.create)
    routes.add(f"{PLACE}/{{id}}", label, GET=handlers.get)
    routes.add(f"{PLACE}/{{id}}/lift", label, POST=handlers.lift)


class RestrictionHandlers:
    """Answers the requests for restrictions."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: the restrictions, those that last first."""
        question = asked_of_entries(RESTRICTION_VIEW, exchange, public_url=self._public_url)
        entries = [self._shown(each, access) for each in await restriction.restrictions(access)]
        return entries_answer(RESTRICTION_VIEW, entries, question, path=exchange.path, public_url=self._public_url)

    async def create(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST: restrict the use of a party's records; it holds everywhere when this is answered."""
        body = await asked_of(exchange, _Wishing, "the restriction")
        request = request_id(body.request_id) if body.request_id is not None else None
        made = await restriction.restrict(access, as_base(body, Wished), request=request)
        answer = Answer(201, msgspec.json.encode(self._shown(made, access)))
        return answer.plus((b"location", f"{self._public_url}{PLACE}/{made.id}".encode()))

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one restriction."""
        question = asked_of_entry(RESTRICTION_VIEW, exchange)
        (found,) = await restriction.restrictions(access, _named(identifier))
        return entry_answer(RESTRICTION_VIEW, self._shown(found, access), question)

    async def lift(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer POST …/lift."""
        asked(exchange.query_string, ())
        named = _named(identifier)
        body = await body_of(exchange, _Lifting)
        return Answer(
            200, msgspec.json.encode(self._shown(await restriction.lift(access, named, reason=body.reason), access))
        )

    def _shown(self, row: Row, access: Access) -> Shown:
        return said(
            {
                "id": str(row.id),
                "href": f"{self._public_url}{PLACE}/{row.id}",
                "@type": RESTRICTION.shape.name,
                "partyId": str(row.party_id) if row.party_id else None,
                "status": status_of(row, now=access.facilities.clock()),
                "reason": row.ground,
                "allowedPurpose": list(row.purposes),
                "since": row.since,
                "until": row.until,
                "restrictedBy": row.restricted_by,
                "recordCount": row.records,
                "liftedAt": row.ended_at,
                "liftedBy": row.ended_by,
                "liftedBecause": row.ended_because,
            }
        )


def _named(text: str) -> UUID:
    identifier = parse_id(text)
    if identifier is None:
        raise RestrictionNotFound
    return identifier
