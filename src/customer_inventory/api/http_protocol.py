"""The protocol: HTTP as the server speaks it, bounded where its library bounds nothing."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from customer_inventory.access.certificates import Presented
from customer_inventory.api.errors import error_body
from customer_inventory.api.exchange import CERTIFICATE

MAX_HEAD = 64 * 1024
MAX_AROUND_BODY = 1024 * 1024
_AROUND_A_BYTE = 16
"""What may come around a chunked body, sizes of chunks and trailers: a fixed part, and some for every byte of it."""
HEAD_TIMEOUT_S = 10.0


class BoundedHttpProtocol(HttpToolsProtocol):
    """HTTP whose heads are bounded in size and time, and whose own refusals have the one error body too.

    uvicorn bounds neither with this parser: one client could fill the memory with a header that never ends.
    """

    _begun = False
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _in_body = False
    _body_bytes = 0
    _around_body = 0
    _certificate: Presented | None = None

    def data_received(self, data: bytes) -> None:
        """Take what came; refuse a head that has grown too large, and time one that is not whole yet."""
        self._head_bytes += len(data)
        body_before = self._body_bytes
        super().data_received(data)
        if self._in_body and not self.transport.is_closing():
            self._around_body += max(0, len(data) - max(0, self._body_bytes - body_before))
            if self._around_body > MAX_AROUND_BODY + _AROUND_A_BYTE * self._body_bytes:
                self._refuse(*_HEAD_TOO_LARGE)
        if not self._begun or self.transport.is_closing():
            self._head_bytes = 0
        elif max(self._head_bytes, self._parsed_bytes()) > MAX_HEAD:
            self._refuse(*_HEAD_TOO_LARGE)
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._refuse, *_HEAD_TOO_SLOW)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Greet a connection; one that says nothing at all is closed."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        der = tls.getpeercert(binary_form=True) if tls is not None else None
        # TLS let in none but those for which an authority of ours vouches.
        self._certificate = Presented(der, verified=True) if der else None
        self.timeout_keep_alive_task = self.loop.call_later(HEAD_TIMEOUT_S, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._head_is_done()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Start a request; what came in one piece with it is measured when its head is whole."""
        self._begun, self._head_bytes = True, 0
        self._in_body, self._body_bytes, self._around_body = False, 0, 0
        super().on_message_begin()
        if self._certificate is not None:
            cast("dict[str, Any]", self.scope)[CERTIFICATE] = self._certificate

    def on_headers_complete(self) -> None:
        """Hand the request on, unless its head came at once and is too large all the same."""
        self._head_is_done()
        if self._parsed_bytes() > MAX_HEAD:
            self._refuse(*_HEAD_TOO_LARGE)
            raise ValueError("the head is too large")  # ends the parser; the answer is on its way already
        self._in_body = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._in_body = False
        super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing of a client that would rather speak another protocol: it gets its answer in this one."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  uvicorn's words are not shown
        """Answer what could not be parsed, and close the connection."""
        if not self.transport.is_closing():
            self._refuse(*_MALFORMED)

    def _parsed_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)

    def _head_is_done(self) -> None:
        self._begun = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, status: int, code: str, reason: str, message: str) -> None:
        body = error_body(code=code, reason=reason, message=message, status=status)
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self.transport.close()


_MALFORMED = (
    400,
    "malformed-http",
    "The request is not well-formed HTTP.",
    "Check the request line, the headers and the chunks; percent-encode non-ASCII characters of an address.",
)
_HEAD_TOO_LARGE = (
    431,
    "head-too-large",
    "The request line and headers are too large.",
    f"Together they may have {MAX_HEAD} bytes. Leave out cookies and headers that are not needed.",
)
_HEAD_TOO_SLOW = (
    408,
    "head-too-slow",
    "The request line and headers did not arrive in time.",
    f"Send them within {HEAD_TIMEOUT_S:.0f} seconds.",
)
