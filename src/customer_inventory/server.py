"""The server: joins the two doors, health and metrics into one ASGI application, and runs it.

`/tmf-api/…`, `/inventory/…` and `/oauth2/…` go to the API; `/health/…`, `/metrics` and `/openapi.json` are answered
here; everything else is the console's.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from datetime import timedelta

import uvicorn
from prometheus_client import generate_latest
from starlette.types import ASGIApp, Receive, Scope, Send

from customer_inventory.access import Desk
from customer_inventory.access.attending import request_counts
from customer_inventory.access.indexing import indexing
from customer_inventory.access.openid import group_roles_of, provider_of
from customer_inventory.access.roles import PRIVILEGED_ROLES, ROLES
from customer_inventory.access.sealing import sealing
from customer_inventory.access.sessions import SignInRules
from customer_inventory.api import AuthorizationServer, create_door
from customer_inventory.api.door import UnknownPath
from customer_inventory.api.download_making import making_downloads
from customer_inventory.api.download_wishes import sought_of
from customer_inventory.api.errors import error_answer, error_body
from customer_inventory.api.events.service import HubService
from customer_inventory.api.events.worker import Worker
from customer_inventory.api.exchange import Answer, Exchange, send_answer
from customer_inventory.api.http_protocol import BoundedHttpProtocol
from customer_inventory.api.metrics import Metrics
from customer_inventory.api.oauth import BELOW as OAUTH
from customer_inventory.api.oauth import METADATA
from customer_inventory.api.openapi import Documents
from customer_inventory.api.peers import Peers, trusted_networks
from customer_inventory.api.scim import ScimDoor
from customer_inventory.console import create_console
from customer_inventory.console.provider_entrance import BACK
from customer_inventory.errors import InventoryError
from customer_inventory.repository.connections import RepositoryUnavailable
from customer_inventory.repository.kinds import KINDS
from customer_inventory.settings import InvalidSetting, Settings

_DRAIN_S = 10


class Application:
    """The whole server as one ASGI application."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self._desk = desk
        self._public_url = settings.public_url
        self._metrics = Metrics()
        desk.alarming.measure = self._metrics.measure_alarm
        trusted = trusted_networks(settings.trusted_proxies)
        self._peers = Peers(trusted, certificates=settings.proxy_certificates) if trusted else None
        self._hub = HubService(desk, settings, registry=self._metrics.registry)
        door = create_door(
            desk, public_url=settings.public_url, callbacks=self._hub.callbacks, measure=self._metrics.measure
        )
        self._door: ASGIApp = door
        self._documents = Documents(
            door.routes,
            public_url=settings.public_url,
            token_url=f"{settings.public_url or own_url(settings)}/oauth2/token",
        )
        self._oauth: ASGIApp = AuthorizationServer(desk, address=settings.public_url or own_url(settings))
        self._scim: ASGIApp = ScimDoor(desk, public_url=settings.public_url)
        rules = SignInRules(
            _second_factor_of(settings),
            timedelta(minutes=settings.session_idle),
            timedelta(days=settings.first_password_lasts),
            settings.first_administrator,
        )
        self._console: ASGIApp = create_console(
            desk,
            clock=desk.clock,
            understand=sought_of,
            public_url=settings.public_url,
            rules=rules,
            provider=provider_of(settings, back=BACK, clock=desk.clock),
            login_claim=settings.oidc_login_claim,
            groups=group_roles_of(settings),
        )
        self._own = {
            "/health/live": self._live,
            "/health/ready": self._ready,
            "/metrics": self._prometheus,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse what is not HTTP."""
        if scope["type"] != "http":
            return
        if self._peers is not None:
            scope = self._peers.through(scope)
        path: str = scope["path"]
        if self._documents.describes(path):
            exchange = Exchange(scope, receive)
            answer = await self._document(path) if exchange.method in {"GET", "HEAD"} else _get_only()
            await send_answer(send, answer, exchange)
        elif path.startswith(("/tmf-api/", "/inventory/", "/userrolepermission/")):
            await self._door(scope, receive, send)
        elif path.startswith(OAUTH) or path == METADATA:
            await self._oauth(scope, receive, send)
        elif path.startswith("/scim/"):
            await self._scim(scope, receive, send)
        elif path in self._own:
            exchange = Exchange(scope, receive)
            answer = await self._own[path]() if exchange.method in {"GET", "HEAD"} else _get_only()
            await send_answer(send, answer, exchange)
        elif path.startswith(("/tmf-api", "/oauth2", "/inventory", "/health")) or _for_no_page(path, scope):
            await send_answer(send, error_answer(UnknownPath()), Exchange(scope, receive))
        else:
            await self._console(scope, receive, send)

    def telling(self) -> Worker:
        """Return the worker that delivers events, a context to serve in."""
        return self._hub.worker()

    def indexing(self) -> AbstractAsyncContextManager[None]:
        """Return the work on indexes that follows the catalogue, a context to serve in."""
        return indexing(self._desk, measure=self._metrics.measure_index)

    def sealing(self) -> AbstractAsyncContextManager[None]:
        """Return the work that seals the trail, a context to serve in."""
        return sealing(self._desk)

    def downloads(self) -> AbstractAsyncContextManager[None]:
        """Return the work that makes the files of downloads, a context to serve in."""
        return making_downloads(self._desk, public_url=self._public_url)

    async def _live(self) -> Answer:
        return Answer(200, b'{"status":"pass"}')

    async def _ready(self) -> Answer:
        try:
            async with asyncio.timeout(2):
                await self._desk.repository.ping()
        except InventoryError as error:
            return error_answer(error)
        except TimeoutError:
            return error_answer(RepositoryUnavailable())
        return Answer(200, b'{"status":"pass"}')

    async def _prometheus(self) -> Answer:
        await self._hub.observe()
        with suppress(InventoryError, TimeoutError):
            async with asyncio.timeout(2):
                self._metrics.show_privacy_requests(await request_counts(self._desk))
        text = generate_latest(self._metrics.registry)
        return Answer(200, text, ((b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),))

    async def _document(self, path: str) -> Answer:
        # Made when it is first asked for, which takes a moment that others need not wait for.
        if self._documents.shows_entities(path):
            try:
                classes = await self._desk.entity_classes()
            except InventoryError as error:
                return error_answer(error)
            document = await asyncio.to_thread(self._documents.with_classes, path, classes)
        else:
            document = await asyncio.to_thread(self._documents.at, path)
        return Answer(200, document) if document else error_answer(UnknownPath())


def _second_factor_of(settings: Settings) -> frozenset[str]:
    """Return the roles of which a second factor is demanded."""
    if settings.require_totp_for_all:
        return frozenset(ROLES)
    return PRIVILEGED_ROLES if settings.require_totp else frozenset()


def own_url(settings: Settings) -> str:
    """Return the address of the server as it listens."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'http' if settings.tls_certificate is None else 'https'}://{host}:{settings.port}"


def _for_no_page(path: str, scope: Scope) -> bool:
    """Whether a path is none of the console's and the client asks for no page: a program gets the one error body."""
    if path == "/" or path.startswith(_PAGES):
        return False
    return not any(b"text/html" in value for name, value in scope["headers"] if name == b"accept")


_PAGES = ("/sign-in", "/sign-out", "/static/", "/favicon", *(f"/{kind}/" for kind in KINDS))


def _get_only() -> Answer:
    body = error_body(
        code="method-not-allowed",
        reason="The method is not allowed at this path.",
        message="Use GET.",
        status=405,
    )
    return Answer(405, body).plus((b"allow", b"GET, HEAD"))


class _Server(uvicorn.Server):
    """uvicorn with our own signal handling: Ctrl-C ends the server, and then the caller goes on to stop the rest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


class CannotListen(InventoryError):
    """The server could not listen on its address."""

    code = "cannot-listen"


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens where the settings say. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise CannotListen(
            f"The server cannot listen on {settings.host}:{settings.port}: {error.strerror or error}. "
            "If another program uses the port, choose another one with --port."
        ) from error


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """Return how the server itself speaks TLS, 1.2 or newer; None where it does not. Raises InvalidSetting.

    Certificates of clients are asked for where authorities for them are named, and never demanded: who has a secret or
    a key has none.
    """
    if settings.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
        if settings.tls_client_ca is not None:
            context.load_verify_locations(settings.tls_client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
    except OSError as error:  # ssl.SSLError is one
        raise InvalidSetting(
            "--tls-certificate, --tls-key or --tls-client-ca cannot be read, or do not fit."
        ) from error
    return context


async def run(application: ASGIApp, listening: socket.socket, *, tls: ssl.SSLContext | None = None) -> None:
    """Serve on a socket until a signal says to stop."""
    config = uvicorn.Config(
        application,
        http=BoundedHttpProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # `Peers` reads them, and believes none but those it is told to
        timeout_graceful_shutdown=_DRAIN_S,
        h11_max_incomplete_event_size=None,
        ssl_context_factory=(lambda *_: tls) if tls is not None else None,
    )
    await _Server(config).serve(sockets=[listening])
