"""Consents at the API (a resource of our own): what parties said, and what holds of it now."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.consenting import InvalidConsent, Said, facts, resolved, say
from customer_inventory.api.exchange import Answer, Exchange, UnsupportedMediaType
from customer_inventory.api.questions import asked, said
from customer_inventory.api.routing import Routes
from customer_inventory.api.scanning import InvalidParameter
from customer_inventory.ids import parse_id
from customer_inventory.repository.consents import Fact, Resolved

CONSENTS = "/inventory/v1/consent"
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern="^[^\x00]*$")]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Asked(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    party_id: str
    purpose: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{1,100}$")]
    status: Literal["given", "withdrawn"]
    said_at: _Moment | None = None
    expires_at: _Moment | None = None
    document_version: _Text | None = None
    evidence: _Text | None = None
    agreement_id: str | None = None


def add_consents(routes: Routes, *, public_url: str) -> None:
    """Let consents answer."""
    routes.add(CONSENTS, "consent", GET=partial(_list, public_url), POST=partial(_create, public_url))
    routes.add(f"{CONSENTS}/{{id}}", "consent", GET=partial(_state, public_url))


async def _create(public_url: str, exchange: Exchange, access: Access) -> Answer:
    """Answer POST: a party gives or withdraws consent."""
    if exchange.media_type != "application/json":
        raise UnsupportedMediaType("Send the consent as application/json.")
    asked(exchange.query_string, ())
    document, _ = await exchange.json_object()
    try:
        wish = msgspec.convert(document, _Asked)
    except msgspec.ValidationError as error:
        raise InvalidConsent(f"The consent is not understood: {_without_values(str(error))}.") from error
    agreement = parse_id(wish.agreement_id) if wish.agreement_id is not None else None
    if wish.agreement_id is not None and agreement is None:
        raise InvalidConsent("agreementId is no id of this inventory.")
    given = wish.status == "given"
    kept = await say(
        access,
        Said(
            _party(wish.party_id),
            wish.purpose,
            given,
            wish.said_at,
            wish.expires_at,
            wish.document_version,
            wish.evidence,
            agreement,
        ),
    )
    return Answer(201, msgspec.json.encode(_fact(public_url, kept)))


async def _list(public_url: str, exchange: Exchange, access: Access) -> Answer:
    """Answer GET: everything that a party said, newest first."""
    party = asked(exchange.query_string, ("partyId",)).identifier("partyId")
    if party is None:
        raise InvalidParameter("partyId is missing. Say of which party.")
    found = await facts(access, party)
    return Answer(200, msgspec.json.encode([_fact(public_url, each) for each in found]))


async def _state(public_url: str, exchange: Exchange, access: Access, identifier: str) -> Answer:
    """Answer GET on a party: what holds now, by purpose."""
    asked(exchange.query_string, ())
    party, now = _party(identifier), access.facilities.clock()
    found = [_holds(each, now) for each in await resolved(access, party)]
    body = {"id": str(party), "href": f"{public_url}{CONSENTS}/{party}", "@type": "ConsentState", "purpose": found}
    return Answer(200, msgspec.json.encode(body))


def _party(text: str) -> UUID:
    party = parse_id(text)
    if party is None:
        raise RecordNotFound("The inventory holds no party of this id.")
    return party


def _holds(each: Resolved, now: datetime) -> dict[str, Any]:
    expired = each.given and each.expires_at is not None and each.expires_at <= now
    status = "expired" if expired else "given" if each.given else "withdrawn"
    return said({"name": each.purpose, "status": status, "saidAt": each.said_at, "expiresAt": each.expires_at})


def _fact(public_url: str, fact: Fact) -> dict[str, Any]:
    return said(
        {
            "id": str(fact.id),
            "@type": "Consent",
            "partyId": str(fact.party),
            "party": f"{public_url}{CONSENTS}/{fact.party}",
            "purpose": fact.purpose,
            "status": "given" if fact.given else "withdrawn",
            "saidAt": fact.said_at,
            "expiresAt": fact.expires_at,
            "documentVersion": fact.document_version,
            "evidence": fact.evidence,
            "agreementId": str(fact.agreement) if fact.agreement else None,
            "recordedAt": fact.recorded_at,
            "clientId": fact.client,
            "person": fact.person,
        }
    )


def _without_values(text: str) -> str:
    """What msgspec says of an attribute; it names those that were sent and no values but the ones that are allowed."""
    return text[:200].replace("`", "")
