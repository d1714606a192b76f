"""The way in by an OpenID provider: there, with a trip in a cookie, and back with the provider's word for who it is.

Who comes in so has the same session as by password. The second factor is asked for here unless the provider says that
it asked for more than one.
"""

from __future__ import annotations

import asyncio
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from customer_inventory.access.elsewhere import Deciding
from customer_inventory.access.openid import (
    GroupRoles,
    NotVouched,
    Provider,
    ProviderUnavailable,
    Trip,
    Vouched,
    person_of,
)
from customer_inventory.access.second_factor import has_second_factor
from customer_inventory.access.sessions import start_session
from customer_inventory.clock import Clock
from customer_inventory.console.entrance import Entrance, address_of, in_words, origin_of
from customer_inventory.console.requests import query_of
from customer_inventory.console.sessions import local_path
from customer_inventory.repository.people import People, Person

AWAY = "/sign-in/provider"
BACK = "/sign-in/provider/back"
_LASTS_S = 600
_LONGEST_TRIP = 400
_SEE_OTHER = 303
# Each one waits up to ten seconds for the provider: more at once would let strangers hold up everyone else.
_ASKED_AT_ONCE = 8
_log = structlog.get_logger(__name__)

NotingRole = Callable[[Request, Person], Awaitable[None]]
"""Puts into the access trail that the groups gave a person another role."""


class ProviderEntrance:
    """Lets people in for whom the OpenID provider vouches."""

    def __init__(
        self,
        entrance: Entrance,
        provider: Provider,
        *,
        people: People,
        login_claim: str,
        clock: Clock,
        groups: GroupRoles | None,
        note_role: NotingRole,
    ) -> None:
        self._entrance = entrance
        self._provider = provider
        self._people = people
        self._login_claim = login_claim
        self._groups = groups
        self._note_role = note_role
        self._clock = clock
        self._asking = asyncio.Semaphore(_ASKED_AT_ONCE)
        entrance.provider_page = AWAY
        if groups is not None:
            entrance.deciding = Deciding(provider.issuer, entrance.rules.first_administrator)

    async def away(self, request: Request) -> Response:
        """Answer GET /sign-in/provider: send the browser to the provider. Raises what a broken query does."""
        wanted, trip = local_path(query_of(request).get("next")), Trip.begun()
        try:
            response = RedirectResponse(await self._provider.ask(trip), status_code=_SEE_OTHER)
        except ProviderUnavailable as error:
            return self._unavailable(request, error, wanted)
        cookies = self._entrance.cookies(request)
        cookies.keep(response, cookies.trip, _kept(trip, wanted), seconds=_LASTS_S)
        return response

    async def back(self, request: Request) -> Response:
        """Answer GET /sign-in/provider/back, where the provider sends the browser. Raises what a broken query does."""
        cookies, query = self._entrance.cookies(request), query_of(request)
        trip, wanted = _trip(cookies.read(request, cookies.trip, longest=_LONGEST_TRIP))
        response = await self._arrived(request, query, trip, wanted)
        cookies.drop(response, cookies.trip)  # whatever came of it: nobody travels twice by it
        return response

    async def _arrived(self, request: Request, query: dict[str, str], trip: Trip | None, wanted: str) -> Response:
        if trip is None:
            problem = "It took too long, or the browser keeps no cookies. Please sign in again."
            return self._entrance.form(request, wanted=wanted, problem=problem, status=401)
        address = address_of(request)
        login = f"provider {address}"
        if waits := self._entrance.begin(request, login):
            problem = f"Too many failed attempts. Wait {in_words(waits)}, then try again."
            response = self._entrance.form(request, wanted=wanted, problem=problem, status=429)
            response.headers["retry-after"] = str(waits)
            return response
        try:
            vouched = await self._vouched(query, trip)
        except NotVouched as error:
            _log.warning("sign-in.failed", stage="provider", why=error.why)
            return self._entrance.form(request, wanted=wanted, problem=error.message, status=401)
        except ProviderUnavailable as error:
            self._entrance.attempts.abandoned(login=login, address=address)
            return self._unavailable(request, error, wanted)
        self._entrance.attempts.succeeded(login=login, address=address)
        return await self._let_in(request, vouched, wanted)

    async def _vouched(self, query: dict[str, str], trip: Trip) -> Vouched:
        """Return for whom the provider vouches. Raises NotVouched or ProviderUnavailable."""
        if not hmac.compare_digest(query.get("state", "").encode(), trip.state.encode()):
            raise NotVouched("state")
        async with self._asking:
            claims = await self._provider.hear(trip, query)
        return await person_of(
            self._people,
            claims,
            issuer=self._provider.issuer,
            login_claim=self._login_claim,
            clock=self._clock,
            groups=self._groups,
            local=self._entrance.rules.first_administrator,
        )

    async def _let_in(self, request: Request, vouched: Vouched, wanted: str) -> Response:
        person = vouched.person
        if vouched.has_new_role:
            await self._note_role(request, person)
        if not vouched.several_factors and await has_second_factor(self._people.second_factors, person=person):
            return await self._entrance.ask_for_code(request, person, wanted)
        token = await start_session(
            self._people,
            person=person,
            origin=origin_of(request),
            clock=self._clock,
            several_factors=vouched.several_factors,
        )
        _log.info("sign-in.done", login=person.login, second_factor=vouched.several_factors, provider=True)
        return await self._entrance.let_in(request, token, wanted)

    def _unavailable(self, request: Request, error: ProviderUnavailable, wanted: str) -> Response:
        _log.warning("sign-in.failed", stage="provider", why=error.code)
        response = self._entrance.form(request, wanted=wanted, problem=error.message, status=503)
        response.headers["retry-after"] = "10"
        return response


def _kept(trip: Trip, wanted: str) -> str:
    return f"{trip.secret}.{urlsafe_b64encode(wanted.encode()).decode()}"


def _trip(cookie: str | None) -> tuple[Trip | None, str]:
    """Return the trip of a cookie, and the page that was asked for before."""
    secret, _, way = (cookie or "").partition(".")
    try:
        wanted = local_path(urlsafe_b64decode(way).decode())
    except ValueError:
        wanted = "/"
    return Trip(secret) if secret else None, wanted
