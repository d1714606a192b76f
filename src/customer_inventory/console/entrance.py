"""The entrance: signing in with login, password and second factor, signing out, telling who a request comes from.

Whoever has a second factor gets no session by the password alone: the browser's visit is remembered for five minutes as
one that gave it, and the code is asked for. Both steps count towards the same attempts.
"""

from __future__ import annotations

import asyncio
import math
from urllib.parse import urlencode

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from customer_inventory.access.elsewhere import NOBODY, decided_elsewhere
from customer_inventory.access.people import SignInFailed, enter_by_password
from customer_inventory.access.second_factor import NoSecondFactor, WrongCode, check_code, has_second_factor
from customer_inventory.access.sessions import (
    Origin,
    SignInRules,
    admit,
    arrive,
    arrived,
    end_session,
    session_of,
    start_session,
)
from customer_inventory.clock import Clock
from customer_inventory.console.attempts import Attempts
from customer_inventory.console.rendering import Pages
from customer_inventory.console.requests import form_of, query_of
from customer_inventory.console.sessions import Cookies, ForeignForm, check_proof, local_path, new_visit, proof
from customer_inventory.repository import Repository
from customer_inventory.repository.people import Person, Session

CODE_PAGE = "/sign-in/code"
_log = structlog.get_logger(__name__)
_SEE_OTHER = 303
_BY_PROVIDER = "Your role comes from the account of your organisation: sign in with that."
# A check costs 64 MiB and a tenth of a second of a core: more at once would let strangers starve everyone else.
_CHECKS_AT_ONCE = 2


class Entrance:
    """Lets people in and out."""

    def __init__(
        self, repository: Repository, pages: Pages, *, clock: Clock, public_url: str, rules: SignInRules
    ) -> None:
        self._people = repository.people
        self._factors = repository.people.second_factors
        self._pages = pages
        self._clock = clock
        self._public_url = public_url
        self.rules = rules
        self.attempts = Attempts()
        self.provider_page: str | None = None
        """Where people go who sign in at an OpenID provider, if there is one."""
        self.deciding = NOBODY
        """The provider whose groups decide on roles, if they do: whom it knows does not come in by password."""
        self._checks = asyncio.Semaphore(_CHECKS_AT_ONCE)

    async def session(self, request: Request) -> Session | None:
        """Return the session of whoever is signed in. Raises RepositoryUnavailable."""
        token = self.token(request)
        return await session_of(self._people, token=token, rules=self.rules, clock=self._clock) if token else None

    def token(self, request: Request) -> str | None:
        """Return the token of the session that the browser says it has."""
        cookies = self.cookies(request)
        return cookies.read(request, cookies.session)

    def to_sign_in(self, request: Request) -> Response:
        """Return the way to the sign-in page, and back from there to the page that was asked for."""
        path = local_path(request.url.path)
        response = RedirectResponse(
            "/sign-in" if path == "/" else "/sign-in?" + urlencode({"next": path}), status_code=_SEE_OTHER
        )
        if self.token(request):
            cookies = self.cookies(request)
            cookies.drop(response, cookies.session)
        return response

    async def answer(self, request: Request) -> Response:
        """Answer /sign-in. Raises what a broken form or query does, and RepositoryUnavailable."""
        return await (self._enter(request) if request.method == "POST" else self._show(request))

    async def leave(self, request: Request) -> Response:
        """Answer POST /sign-out. Raises ForeignForm."""
        form = await form_of(request)
        response = RedirectResponse("/sign-in?out", status_code=_SEE_OTHER)
        response.headers["clear-site-data"] = '"cache", "storage"'
        token = self.token(request)
        if token is not None:
            check_proof(token, form)
            await end_session(self._people, token=token)
            cookies = self.cookies(request)
            cookies.drop(response, cookies.session)
        return response

    async def _show(self, request: Request) -> Response:
        query = query_of(request)
        if await self.session(request):
            return RedirectResponse(local_path(query.get("next")), status_code=_SEE_OTHER)
        notice = "You are signed out." if "out" in query else ""
        return self.form(request, wanted=local_path(query.get("next")), notice=notice)

    async def _enter(self, request: Request) -> Response:
        form = await form_of(request)
        login, wanted = form.get("login", ""), local_path(form.get("next"))
        cookies = self.cookies(request)
        try:
            check_proof(cookies.read(request, cookies.visit), form)
        except ForeignForm as error:
            # What a person sees who left the page open for long, or has cookies switched off.
            problem = "This page was too old, or the browser keeps no cookies. Please sign in again."
            return self.form(request, wanted=wanted, login=login, problem=problem, status=error.failure.status)
        waits = self.begin(request, login)
        if waits:
            response = self.form(request, wanted=wanted, login=login, problem=_too_many(waits), status=429)
            response.headers["retry-after"] = str(waits)
            return response
        return await self._checked(request, form, wanted)

    async def _checked(self, request: Request, form: dict[str, str], wanted: str) -> Response:
        login, address = form.get("login", ""), address_of(request)
        try:
            async with self._checks:
                person = await self._person(login, form.get("password", ""))
            due = person.password_made_at is not None
            if await has_second_factor(self._factors, person=person):
                # Neither failed nor done: the right password forgives no wrong code.
                self.attempts.abandoned(login=login, address=address)
                return await self.ask_for_code(request, person, wanted, password_due=due)
            token = await start_session(
                self._people, person=person, origin=origin_of(request), clock=self._clock, password_due=due
            )
        except SignInFailed as error:
            # Without the login: some type the password there.
            _log.warning("sign-in.failed", stage="password")
            return _unauthenticated(self.form(request, wanted=wanted, login=login, problem=error.message, status=401))
        except BaseException:
            self.attempts.abandoned(login=login, address=address)
            raise
        self.attempts.succeeded(login=login, address=address)
        _log.info("sign-in.done", login=person.login, second_factor=False)
        return await self.let_in(request, token, wanted)

    async def _check_way(self, person: Person) -> None:
        """Return if somebody may come in by password: else one would keep a role that groups took away.

        Raises SignInFailed.
        """
        if await decided_elsewhere(self._people, person, self.deciding):
            raise SignInFailed(_BY_PROVIDER)

    async def _person(self, login: str, password: str) -> Person:
        person = await enter_by_password(
            self._people, login=login, password=password, lasts=self.rules.first_password, clock=self._clock
        )
        await self._check_way(person)
        return person

    async def ask_for_code(
        self, request: Request, person: Person, wanted: str, *, password_due: bool = False
    ) -> Response:
        """Return the way to the page that asks for the second factor."""
        # A new value: whoever knew the cookie before the password was given must not know it after.
        cookies, visit = self.cookies(request), new_visit()
        await arrive(self._people, person=person, visit=visit, clock=self._clock, password_due=password_due)
        response = RedirectResponse(CODE_PAGE + "?" + urlencode({"next": wanted}), status_code=_SEE_OTHER)
        cookies.keep(response, cookies.visit, visit, seconds=None)
        return response

    async def code(self, request: Request) -> Response:
        """Answer /sign-in/code. Raises what a broken form or query does, and RepositoryUnavailable."""
        cookies = self.cookies(request)
        visit = cookies.read(request, cookies.visit) or ""
        person = await arrived(self._people, visit=visit, clock=self._clock) if visit else None
        form = await form_of(request) if request.method == "POST" else query_of(request)
        wanted = local_path(form.get("next"))
        if person is None:
            problem = "It took too long, or the browser keeps no cookies. Please sign in again."
            return _unauthenticated(self.form(request, wanted=wanted, problem=problem, status=401))
        if request.method != "POST":
            return self._code_form(visit, wanted)
        check_proof(visit, form)
        waits = self.begin(request, person.login)
        if waits:
            response = self._code_form(visit, wanted, problem=_too_many(waits), status=429)
            response.headers["retry-after"] = str(waits)
            return response
        return await self._code_checked(request, person, visit, form)

    async def _code_checked(self, request: Request, person: Person, visit: str, form: dict[str, str]) -> Response:
        address, wanted = address_of(request), local_path(form.get("next"))
        try:
            await check_code(self._factors, person=person, code=form.get("code", ""), clock=self._clock)
            token = await admit(self._people, visit=visit, origin=origin_of(request), clock=self._clock)
        except (WrongCode, NoSecondFactor) as error:
            _log.warning("sign-in.failed", stage="code", login=person.login)
            return _unauthenticated(self._code_form(visit, wanted, problem=error.message, status=401))
        except BaseException:
            self.attempts.abandoned(login=person.login, address=address)
            raise
        if token is None:
            problem = "It took too long. Please sign in again."
            return _unauthenticated(self.form(request, wanted=wanted, problem=problem, status=401))
        self.attempts.succeeded(login=person.login, address=address)
        _log.info("sign-in.done", login=person.login, second_factor=True)
        return await self.let_in(request, token, wanted)

    async def let_in(self, request: Request, token: str, wanted: str) -> Response:
        """Return the way to the page that was asked for, with a session."""
        before = self.token(request)
        if before:  # of a browser that two people share: nobody is left signed in behind the other
            await end_session(self._people, token=before)
        cookies = self.cookies(request)
        response = RedirectResponse(wanted, status_code=_SEE_OTHER)
        cookies.keep_session(response, token)
        cookies.drop(response, cookies.visit)
        return response

    def begin(self, request: Request, login: str) -> int:
        """Count an attempt; return the seconds to wait when there were too many, else 0."""
        wait = self.attempts.begin(login=login, address=address_of(request), at=self._clock())
        if wait is None:
            return 0
        _log.warning("sign-in.slowed", seconds=math.ceil(wait.total_seconds()))
        return math.ceil(wait.total_seconds())

    def _code_form(self, visit: str, wanted: str, *, problem: str = "", status: int = 200) -> Response:
        values = {"person": None, "proof": proof(visit), "wanted": wanted, "problem": problem}
        return self._pages.page("sign-in-code.html", status=status, **values)

    def form(
        self,
        request: Request,
        *,
        wanted: str,
        login: str = "",
        problem: str = "",
        notice: str = "",
        status: int = 200,
    ) -> Response:
        """Return the sign-in page."""
        cookies = self.cookies(request)
        visit = cookies.read(request, cookies.visit) or new_visit()
        response = self._pages.page(
            "sign-in.html",
            status=status,
            person=None,
            proof=proof(visit),
            wanted=wanted,
            login=login,
            problem=problem,
            notice=notice,
            provider=self.provider_page,
        )
        cookies.keep(response, cookies.visit, visit, seconds=None)
        return response

    def cookies(self, request: Request) -> Cookies:
        """Return the cookies that a request can have."""
        return Cookies.of(request, self._public_url)


def origin_of(request: Request) -> Origin:
    """Return where a request comes from, as coarsely as it is kept."""
    address = request.client.host if request.client else None
    return Origin.of(address=address, agent=request.headers.get("user-agent", ""))


def address_of(request: Request) -> str:
    """Return the address that attempts are counted by."""
    return request.client.host if request.client else "local"


def _unauthenticated(response: Response) -> Response:
    response.headers["www-authenticate"] = 'Session realm="customer-inventory"'
    return response


def _too_many(seconds: int) -> str:
    return f"Too many failed attempts. Wait {in_words(seconds)}, then try again."


def in_words(seconds: int) -> str:
    """Return a wait in words."""
    if seconds < 90:
        return f"{seconds} second{'s' if seconds > 1 else ''}"
    return f"{math.ceil(seconds / 60)} minutes"
