"""The console as one ASGI application: which page answers, what every answer carries, what is shown when it fails."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence

import structlog
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customer_inventory.access import Access, Desk
from customer_inventory.access.break_glass import broken_in
from customer_inventory.access.guarded import PERSON
from customer_inventory.access.openid import GroupRoles, Provider
from customer_inventory.access.sessions import USUAL_RULES, SignInRules
from customer_inventory.clock import Clock
from customer_inventory.console import searching, timeline
from customer_inventory.console.account import ACCOUNT_PAGES, CHANGE_PAGE, SECOND_FACTOR_PAGE
from customer_inventory.console.alarms_page import ALARM_PAGES
from customer_inventory.console.asking import Search, id_in
from customer_inventory.console.downloads import Understanding, download_pages
from customer_inventory.console.entrance import CODE_PAGE, Entrance
from customer_inventory.console.forms import FORM_PAGES
from customer_inventory.console.glass import glass_page
from customer_inventory.console.headings import headings_of
from customer_inventory.console.kinds import EDITED, KIND_NAMES, SEARCHED, resource_of
from customer_inventory.console.provider_entrance import AWAY, BACK, ProviderEntrance
from customer_inventory.console.record_page import identifier_of, record_page
from customer_inventory.console.rendering import HEADERS, Pages, StaticFiles
from customer_inventory.console.requirements import REQUIREMENT_PAGES
from customer_inventory.console.seen import seen_page
from customer_inventory.console.sessions import proof
from customer_inventory.console.visit import SEE_OTHER, Answering, Place, Visit
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.people import Person, Session
from customer_inventory.requirements.requirement import INFORMATION_REQUIREMENT

_log = structlog.get_logger(__name__)
_LONGEST_REQUEST_ID = 64
_DONE = {"created": "Kept. This is its page.", "saved": "Saved.", "same": "Nothing was changed, so nothing was saved."}

Endpoint = Callable[[Request], Awaitable[Response]]


class UnknownPage(InventoryError):
    """There is no page at this address.

    Start from the search page.
    """

    code = "unknown-page"
    failure = Failure.NOT_FOUND


class UnknownMethod(InventoryError):
    """The page cannot be asked for in this way.

    Start from the search page.
    """

    code = "method-not-allowed"
    failure = Failure.METHOD_NOT_ALLOWED


class Unforeseen(InventoryError):
    """Something went wrong in the customer inventory.

    Try again; when it happens again, tell whoever runs the inventory which request it was.
    """

    code = "internal"
    failure = Failure.INTERNAL


def create_console(
    desk: Desk,
    *,
    clock: Clock,
    understand: Understanding,
    public_url: str = "",
    rules: SignInRules = USUAL_RULES,
    provider: Provider | None = None,
    login_claim: str = "",
    groups: GroupRoles | None = None,
) -> ASGIApp:
    """Return the console of an inventory. Its cookies are for https only when a request or `public_url` is https.

    `understand` reads what a download is to hold, as the API does. With a `provider` people may sign in there;
    `login_claim` is what it calls their logins, and `groups`, where there are any, decide on their roles.
    """
    console = _Console(desk, clock=clock, understand=understand, public_url=public_url, rules=rules)
    return _with_headers(console.application(console.by_provider(provider, login_claim, groups) if provider else []))


class _Console:
    def __init__(
        self, desk: Desk, *, clock: Clock, understand: Understanding, public_url: str, rules: SignInRules
    ) -> None:
        self._desk = desk
        self._understand = understand
        self._rules = rules
        self._clock = clock
        self._static = StaticFiles()
        self._pages = Pages(self._static)
        self._entrance = Entrance(desk.repository, self._pages, clock=clock, public_url=public_url, rules=rules)

    def by_provider(self, provider: Provider, login_claim: str, groups: GroupRoles | None) -> list[Route]:
        """Return the routes of the way in by an OpenID provider."""
        way = ProviderEntrance(
            self._entrance,
            provider,
            people=self._desk.repository.people,
            login_claim=login_claim,
            clock=self._clock,
            groups=groups,
            note_role=self._note_role,
        )
        return [Route(AWAY, self._guarded(way.away)), Route(BACK, self._guarded(way.back))]

    async def _note_role(self, request: Request, person: Person) -> None:
        """Put into the trail that the groups of a provider gave a person another role."""
        access = await self._desk.open_for_housekeeping(request_id=_request_id(request))
        await access.note("modify", PERSON, "done", (str(person.id),))

    def application(self, more: Sequence[Route] = ()) -> Starlette:
        """Return the routes with their guard."""
        guard, entrance = self._guarded, self._entrance
        downloads = download_pages(self._understand)
        own = [
            self._route(place) for place in (*ACCOUNT_PAGES, *ALARM_PAGES, *downloads, *REQUIREMENT_PAGES, *FORM_PAGES)
        ]
        records = [Route(f"/{kind}/{{id}}", guard(self._signed_in(self._record(kind)))) for kind in KIND_NAMES]
        seen = [Route(f"/{kind}/{{id}}/seen", guard(self._signed_in(seen_page(kind)))) for kind in KIND_NAMES]
        places = [Place(f"/{kind}/{{id}}/break-glass", glass_page(kind), takes_form=True) for kind in KIND_NAMES]
        application = Starlette(
            routes=[
                Route("/", guard(self._signed_in(self._search))),
                *own,
                *more,
                *records,
                *seen,
                *map(self._route, places),
                Route("/sign-in", guard(entrance.answer), methods=["GET", "POST"]),
                Route(CODE_PAGE, guard(entrance.code), methods=["GET", "POST"]),
                Route("/sign-out", guard(entrance.leave), methods=["POST"]),
                Route("/static/{name}", guard(self._file)),
            ],
            exception_handlers={HTTPException: self._refused},
        )
        # A redirect would carry the query along, and with it what was searched for.
        application.router.redirect_slashes = False
        return application

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except InventoryError as error:
                return self._problem(request, error)
            except Exception as error:  # noqa: BLE001  the door is where the unforeseen ends
                _log.error(
                    "unexpected error", error=type(error).__name__, request_id=_request_id(request), where=_where(error)
                )
                return self._problem(request, Unforeseen())

        return answer

    def _route(self, place: Place) -> Route:
        methods = ["GET", "POST"] if place.takes_form else ["GET"]
        return Route(place.path, self._guarded(self._signed_in(place.answer)), methods=methods)

    def _signed_in(self, endpoint: Answering) -> Endpoint:
        async def answer(request: Request) -> Response:
            session = await self._entrance.session(request)
            if session is None:
                return self._entrance.to_sign_in(request)
            request.state.person = session.person
            if session.password_due and request.url.path != CHANGE_PAGE:
                return RedirectResponse(CHANGE_PAGE, status_code=SEE_OTHER)
            lacks = not session.password_due and self._rules.lacks_second_factor(session)
            if lacks and request.url.path != SECOND_FACTOR_PAGE:
                return RedirectResponse(SECOND_FACTOR_PAGE, status_code=SEE_OTHER)
            access = await self._desk.open_for_person(session.person, request_id=_request_id(request))
            return await endpoint(self._visit(request, access, session))

        return answer

    def _visit(self, request: Request, access: Access, session: Session) -> Visit:
        token = self._entrance.token(request) or ""
        attempts = self._entrance.attempts
        return Visit(request, access, session, token, self._pages, self._clock(), self._rules, attempts)

    async def _search(self, visit: Visit) -> Response:
        if not visit.query and not _sees_customers(visit.access) and visit.access.may("read", INFORMATION_REQUIREMENT):
            return visit.see("/requirements")
        search = Search.of(visit.query)
        identifier = id_in(search.text)
        if identifier is not None:
            page = await searching.page_of(visit.access, identifier)
            if page is not None:
                return visit.see(page)
        found, held = None, None
        if search.text and identifier is None and not search.too_short:
            found = await searching.find(visit.access, search)
        elif search.kind and not search.text:
            found = await searching.browse(visit.access, search)
        elif not search.text:
            held = await searching.count(visit.access)
        headings = {kind: await headings_of(visit.access, resource_of(kind)) for kind in KIND_NAMES}
        return visit.page("search.html", search=search, found=found, held=held, headings=headings)

    def _record(self, kind: str) -> Callable[[Visit], Awaitable[Response]]:
        async def answer(visit: Visit) -> Response:
            every = visit.query.get("history") == "all"
            limit = timeline.MOST_SHOWN if every else timeline.SHOWN
            identifier = identifier_of(visit.request.path_params["id"])
            page = await record_page(visit.access, kind, identifier, now=visit.now, limit=limit)
            # Gone: it was here, and its history still is.
            status, done = 410 if page.deleted else 200, _DONE.get(visit.query.get("done", ""), "")
            whole = any((each.kind, each.record_id) == (kind, identifier) for each in broken_in(visit.access))
            values = {"record": page, "every": every, "done": done, "edited": EDITED, "shown_whole": whole}
            return visit.page("record.html", status=status, **values)

        return answer

    async def _file(self, request: Request) -> Response:
        answer = self._static.answer(request.path_params["name"])
        if answer is None:
            raise UnknownPage
        return answer

    async def _refused(self, request: Request, error: Exception) -> Response:
        unknown = isinstance(error, HTTPException) and error.status_code == 404
        response = self._problem(request, UnknownPage() if unknown else UnknownMethod())
        if isinstance(error, HTTPException):
            response.headers.update(error.headers or {})
        return response

    def _problem(self, request: Request, error: InventoryError) -> Response:
        person = getattr(request.state, "person", None)
        token = self._entrance.token(request) or ""
        response = self._pages.problem(
            error, search=Search(), person=person, proof=proof(token), request_id=_request_id(request)
        )
        if error.failure is Failure.UNAVAILABLE:
            response.headers["retry-after"] = "1"
        return response


def _sees_customers(access: Access) -> bool:
    return all(access.may("read", resource_of(kind)) for kind in SEARCHED)


def _request_id(request: Request) -> str:
    known: str | None = getattr(request.state, "request_id", None)
    if known is None:
        stated = request.headers.get("x-request-id", "")
        usable = 0 < len(stated) <= _LONGEST_REQUEST_ID and stated.isascii() and stated.isprintable()
        known = request.state.request_id = stated if usable else secrets.token_hex(8)
    return known


def _with_headers(application: ASGIApp) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await application(scope, receive, send_with_headers)

    return answer


def _where(error: Exception) -> list[str]:
    """The trace as file, line and function only: messages and values could hold customer data."""
    trace, lines = error.__traceback__, []
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"{code.co_filename.rpartition('customer_inventory/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return lines[-8:]
