"""The entrance: signing in with login and password, signing out, and telling who a request comes from."""

from __future__ import annotations

import asyncio
import math
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from customer_inventory.access.people import SignInFailed, person_of_session, sign_in, sign_out
from customer_inventory.clock import Clock
from customer_inventory.console.attempts import Attempts
from customer_inventory.console.rendering import Pages
from customer_inventory.console.requests import form_of, query_of
from customer_inventory.console.sessions import Cookies, ForeignForm, check_proof, local_path, new_visit, proof
from customer_inventory.repository.register import Person, Register

_SEE_OTHER = 303
# A check costs 64 MiB and a tenth of a second of a core: more at once would let strangers starve everyone else.
_CHECKS_AT_ONCE = 2


class Entrance:
    """Lets people in and out."""

    def __init__(self, register: Register, pages: Pages, *, clock: Clock, public_url: str) -> None:
        self._register = register
        self._pages = pages
        self._clock = clock
        self._public_url = public_url
        self._attempts = Attempts()
        self._checks = asyncio.Semaphore(_CHECKS_AT_ONCE)

    async def person(self, request: Request) -> Person | None:
        """Return who is signed in. Raises RepositoryUnavailable."""
        token = self.token(request)
        return await person_of_session(self._register, token=token, clock=self._clock) if token else None

    def token(self, request: Request) -> str | None:
        """Return the token of the session that the browser says it has."""
        cookies = self._cookies(request)
        return cookies.read(request, cookies.session)

    def to_sign_in(self, request: Request) -> Response:
        """Return the way to the sign-in page, and back from there to the page that was asked for."""
        path = local_path(request.url.path)
        response = RedirectResponse(
            "/sign-in" if path == "/" else "/sign-in?" + urlencode({"next": path}), status_code=_SEE_OTHER
        )
        if self.token(request):
            cookies = self._cookies(request)
            cookies.drop(response, cookies.session)
        return response

    async def answer(self, request: Request) -> Response:
        """Answer /sign-in. Raises what a broken form or query does, and RepositoryUnavailable."""
        return await (self._enter(request) if request.method == "POST" else self._show(request))

    async def leave(self, request: Request) -> Response:
        """Answer POST /sign-out. Raises ForeignForm."""
        form = await form_of(request)
        response = RedirectResponse("/sign-in?out", status_code=_SEE_OTHER)
        token = self.token(request)
        if token is not None:
            check_proof(token, form)
            await sign_out(self._register, token=token)
            cookies = self._cookies(request)
            cookies.drop(response, cookies.session)
        return response

    async def _show(self, request: Request) -> Response:
        query = query_of(request)
        if await self.person(request):
            return RedirectResponse(local_path(query.get("next")), status_code=_SEE_OTHER)
        notice = "You are signed out." if "out" in query else ""
        return self._form(request, wanted=local_path(query.get("next")), notice=notice)

    async def _enter(self, request: Request) -> Response:
        form = await form_of(request)
        login, wanted = form.get("login", ""), local_path(form.get("next"))
        cookies = self._cookies(request)
        try:
            check_proof(cookies.read(request, cookies.visit), form)
        except ForeignForm as error:
            # What a person sees who left the page open for long, or has cookies switched off.
            problem = "This page was too old, or the browser keeps no cookies. Please sign in again."
            return self._form(request, wanted=wanted, login=login, problem=problem, status=error.failure.status)
        address = request.client.host if request.client else "local"
        wait = self._attempts.begin(login=login, address=address, at=self._clock())
        if wait is not None:
            seconds = math.ceil(wait.total_seconds())
            problem = f"Too many failed attempts. Wait {_in_words(seconds)}, then try again."
            response = self._form(request, wanted=wanted, login=login, problem=problem, status=429)
            response.headers["retry-after"] = str(seconds)
            return response
        return await self._checked(request, form, address, wanted)

    async def _checked(self, request: Request, form: dict[str, str], address: str, wanted: str) -> Response:
        login = form.get("login", "")
        try:
            async with self._checks:
                _, token = await sign_in(
                    self._register, login=login, password=form.get("password", ""), clock=self._clock
                )
        except SignInFailed as error:
            response = self._form(request, wanted=wanted, login=login, problem=error.message, status=401)
            response.headers["www-authenticate"] = 'Session realm="customer-inventory"'
            return response
        except BaseException:
            self._attempts.abandoned(login=login, address=address)
            raise
        self._attempts.succeeded(login=login, address=address)
        cookies = self._cookies(request)
        response = RedirectResponse(wanted, status_code=_SEE_OTHER)
        cookies.keep_session(response, token)
        cookies.drop(response, cookies.visit)
        return response

    def _form(
        self,
        request: Request,
        *,
        wanted: str,
        login: str = "",
        problem: str = "",
        notice: str = "",
        status: int = 200,
    ) -> Response:
        cookies = self._cookies(request)
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
        )
        cookies.keep(response, cookies.visit, visit, seconds=None)
        return response

    def _cookies(self, request: Request) -> Cookies:
        return Cookies.of(request, self._public_url)


def _in_words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} second{'s' if seconds > 1 else ''}"
    return f"{math.ceil(seconds / 60)} minutes"
