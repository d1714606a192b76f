"""Registrations of processes as a resource of our own: to ask for one, to decide on it, and to look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Meta, UnsetType

from customer_inventory.access import Access, registering
from customer_inventory.access.assertions import public_keys
from customer_inventory.access.registering import DECIDING, Registered
from customer_inventory.access.registration import REGISTRATION, Volume, Wanted
from customer_inventory.api.bodies import as_base, asked_of, said_of
from customer_inventory.api.entries import Shown, asked_of_entries, asked_of_entry, entries_answer, entry_answer
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.questions import said
from customer_inventory.api.routing import Routes
from customer_inventory.model.view import native
from customer_inventory.requirements.requirement import CATALOGUE

PLACE = f"{CATALOGUE.paths[0]}/{REGISTRATION.path}"
REGISTRATION_VIEW = native(REGISTRATION)


class _Asking(Wanted, kw_only=True, frozen=True):
    """The body of a request for registration."""

    type: str | UnsetType = msgspec.field(default=UNSET, name="@type")
    status: Annotated[str, Meta(pattern="^(draft|submitted)$")] = "submitted"
    jwks: dict[str, Any] | UnsetType = UNSET


class _Deciding(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The body of a decision."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None


class _Recertifying(_Deciding, kw_only=True, forbid_unknown_fields=True):
    """The body of a recertification."""

    expected_volume: Volume | UnsetType = msgspec.field(default=UNSET, name="expectedVolume")
    expected_volume_per_hour: Volume | UnsetType = msgspec.field(default=UNSET, name="expectedVolumePerHour")

    @property
    def volumes(self) -> dict[str, int]:
        """The volumes that are to hold from then on."""
        given = {"expectedVolume": self.expected_volume, "expectedVolumePerHour": self.expected_volume_per_hour}
        return {name: value for name, value in given.items() if isinstance(value, int)}


def add_registrations(routes: Routes, *, public_url: str) -> None:
    """Let registrations answer."""
    handlers = RegistrationHandlers(public_url=public_url)
    label = REGISTRATION.name
    routes.add(PLACE, label, GET=handlers.list, POST=handlers.create)
    routes.add(f"{PLACE}/{{id}}", label, GET=handlers.get)
    routes.add(f"{PLACE}/{{id}}/submit", label, POST=handlers.submit)
    for verb in DECIDING:
        routes.add(f"{PLACE}/{{id}}/{verb}", label, POST=handlers.deciding(verb))


class RegistrationHandlers:
    """Answers the requests for registrations."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: every registration."""
        question = asked_of_entries(REGISTRATION_VIEW, exchange, public_url=self._public_url)
        entries = [self._shown(each) for each in await registering.registrations(access)]
        return entries_answer(REGISTRATION_VIEW, entries, question, path=exchange.path, public_url=self._public_url)

    async def create(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST: ask for a process to be registered, or draft that; the answer shows the secret, once."""
        body = await asked_of(exchange, _Asking, "the registration")
        wanted = as_base(body, Wanted)
        keys = public_keys(body.jwks) if isinstance(body.jwks, dict) else ()
        found, credentials = await registering.request(access, wanted, keys=keys, draft=body.status == "draft")
        once = {} if credentials.client_secret is None else {"clientSecret": credentials.client_secret}
        answer = Answer(201, msgspec.json.encode({**self._shown(found), **once}))
        address = f"{self._public_url}{PLACE}/{quote(found.row.client_id, safe='')}"
        return answer.plus((b"location", address.encode()), (b"cache-control", b"no-store"))

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one registration."""
        question = asked_of_entry(REGISTRATION_VIEW, exchange)
        found = await registering.registration(access, identifier)
        return entry_answer(REGISTRATION_VIEW, self._shown(found), question)

    async def submit(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer POST …/submit."""
        await said_of(exchange, _Deciding)
        return self._answer(await registering.submit(access, identifier))

    def deciding(self, verb: str) -> Callable[[Exchange, Access, str], Awaitable[Answer]]:
        """Return what answers POST …/approve and so on."""

        async def decide(exchange: Exchange, access: Access, identifier: str) -> Answer:
            body = await said_of(exchange, _Recertifying if verb == "recertify" else _Deciding)
            volumes = body.volumes if isinstance(body, _Recertifying) else None
            return self._answer(await registering.decide(access, identifier, verb, said=body.reason, volumes=volumes))

        return decide

    def _answer(self, found: Registered) -> Answer:
        return Answer(200, msgspec.json.encode(self._shown(found)))

    def _shown(self, found: Registered) -> Shown:
        return shown_registration(found, public_url=self._public_url)


def shown_registration(found: Registered, *, public_url: str = "") -> Shown:
    """Return a registration as the API shows it."""
    row = found.row
    steps = [
        {
            "step": each.verb,
            "status": each.status,
            "decidedBy": each.decided_by,
            "decidedAt": each.decided_at,
            "reason": each.said,
        }
        for each in found.decisions
    ]
    return said(
        {
            "id": row.client_id,
            "href": f"{public_url}{PLACE}/{quote(row.client_id, safe='')}",
            "@type": REGISTRATION.shape.name,
            **found.told,
            "status": row.status,
            "privileged": row.privileged,
            "requestedBy": row.requested_by,
            "requestedAt": row.requested_at,
            "approvedBy": row.approved_by,
            "recertifyBefore": row.due_at,
            "expiresAt": row.expires_at,
            "decision": [said(each) for each in steps],
            "alarm": [{"code": each.code, "at": each.at, "said": each.said} for each in found.alarms],
        }
    )
