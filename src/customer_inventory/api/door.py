"""The door for programs: every request of the APIs comes in here, is let in at the desk, and gets its answer.

A plain ASGI application: Starlette's router, request and response cost more than the statement behind a get (bench/).
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter

import structlog
from starlette.types import Receive, Scope, Send

from customer_inventory.access import Access, Desk
from customer_inventory.access.tokens import InvalidToken
from customer_inventory.api.errors import error_answer, unexpected_answer
from customer_inventory.api.exchange import (
    BODY_TIMEOUT_S,
    Answer,
    ClientGone,
    Exchange,
    UnsupportedMediaType,
    send_answer,
)
from customer_inventory.api.parameters import printable
from customer_inventory.api.patching import MEDIA_TYPES
from customer_inventory.api.routing import Endpoint, Routes
from customer_inventory.errors import Failure, InventoryError

_log = structlog.get_logger(__name__)
_EXPECTED = frozenset({Failure.NOT_FOUND, Failure.CONFLICT, Failure.PRECONDITION, Failure.RANGE})
"""What befalls whoever means well: looking for what is gone, two who write at once, a download that is whole."""

Measure = Callable[[str, str, int, float], None]
"""Told of every answer: resource, method, status, and the seconds that it took."""


class UnknownPath(InventoryError):
    """There is nothing at this path.

    GET /openapi.json lists every path of this server.
    """

    code = "unknown-path"
    failure = Failure.NOT_FOUND


class MethodNotAllowed(InventoryError):
    """The method is not allowed at this path."""

    code = "method-not-allowed"
    failure = Failure.METHOD_NOT_ALLOWED


class Door:
    """The ASGI application that answers at `routes`; a body has `patience_s` seconds to arrive."""

    def __init__(self, desk: Desk, routes: Routes, *, measure: Measure, patience_s: float = BODY_TIMEOUT_S) -> None:
        self._desk = desk
        self.routes = routes
        self._measure = measure
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        began = perf_counter()
        exchange = Exchange(scope, receive, patience_s=self._patience_s)
        found = self.routes.find(exchange.segments)
        endpoint, segments = found or (None, [])
        try:
            answer = await self._answer(exchange, endpoint, segments)
        except InventoryError as error:
            answer = error_answer(error)
            self._say(error, exchange, endpoint)
            if isinstance(error, MethodNotAllowed) and endpoint is not None:
                answer = answer.plus((b"allow", ", ".join(endpoint.methods).encode()))
            elif isinstance(error, UnsupportedMediaType) and exchange.method == "PATCH":
                answer = answer.plus((b"accept-patch", ", ".join(MEDIA_TYPES).encode()))
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001  the door is where the unforeseen ends
            answer = unexpected_answer(error, request_id=exchange.request_id)
        label = endpoint.label if endpoint else "-"
        self._measure(label, exchange.method, answer.status, perf_counter() - began)
        await send_answer(send, answer, exchange)

    @staticmethod
    def _say(error: InventoryError, exchange: Exchange, endpoint: Endpoint | None) -> None:
        """Log what was refused for what it is or who sent it, so that attempts are seen (ASVS 16.3.3)."""
        if error.failure not in _EXPECTED and error.failure.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            resource, status = endpoint.label if endpoint else "-", error.failure.status
            _log.info(
                "request.refused", code=error.code, status=status, resource=resource, request_id=exchange.request_id
            )

    async def _answer(self, exchange: Exchange, endpoint: Endpoint | None, segments: list[str]) -> Answer:
        if endpoint is None:
            raise UnknownPath
        handler = endpoint.methods.get(exchange.method)
        if handler is None:
            raise MethodNotAllowed(f"{exchange.method} is not allowed here; {', '.join(endpoint.methods)} are.")
        return await handler(exchange, await self._open(exchange), *segments)

    async def _open(self, exchange: Exchange) -> Access:
        scheme, _, token = (exchange.header(b"authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            raise InvalidToken
        purpose = exchange.header(b"x-purpose")
        access = await self._desk.open_by_token(
            token.strip(),
            purpose=purpose,
            request_id=exchange.request_id,
            peer=exchange.peer,
            certificate=exchange.certificate,
        )
        reason = exchange.header(b"x-reason")
        return access.because(printable(reason, "X-Reason")) if reason is not None else access
