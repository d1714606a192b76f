"""One request and its answer, as the API sees them: bounded on the way in, in one error shape on the way out."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from customer_inventory.access.certificates import Presented
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.contents import AttachmentTooLarge
from customer_inventory.model.exact import decoded

MAX_BODY = 1024 * 1024
BODY_TIMEOUT_S = 30.0
_TIMED_BODY = 8 * 1024 * 1024
"""For how many bytes the time allowed for a body is meant; more have more."""
_MOMENT_S = 1.0
_BEGINNING = 64 * 1024
"""How much is looked at of a body that says itself that it is too large, and for how long, to tell what makes it so."""
JSON = (b"content-type", b"application/json")
_LONGEST_REQUEST_ID = 64
CERTIFICATE = "inventory.certificate"
"""Where the scope of a request holds the certificate that it came by."""
_log = structlog.get_logger(__name__)


class MalformedJson(InventoryError):
    """The body is not well-formed JSON.

    Send one JSON value in UTF-8, without comments, trailing commas or repeated top-level values.
    """

    code = "malformed-json"
    failure = Failure.INVALID


class BodyTooLarge(InventoryError):
    """The body is larger than the inventory accepts.

    A request may have 1 MiB, with files as much more as one may have; bring bulk data in with `customer-inventory
    import`.
    """

    code = "body-too-large"
    failure = Failure.TOO_LARGE


class BodyTooSlow(InventoryError):
    """The body did not arrive in time.

    Send the whole body within 30 seconds.
    """

    code = "body-too-slow"
    failure = Failure.TOO_SLOW


class UnsupportedMediaType(InventoryError):
    """The media type or encoding of the body is not supported here."""

    code = "unsupported-media-type"
    failure = Failure.UNSUPPORTED_MEDIA


class ClientGone(Exception):
    """The client went away before its request was whole; there is nobody left to answer."""


class Answer(NamedTuple):
    """A whole answer; or one whose body, of `size` bytes, comes in `parts`."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = (JSON,)
    parts: AsyncIterator[bytes] | None = None
    size: int = 0

    def plus(self, *headers: tuple[bytes, bytes]) -> Answer:
        """Return the same answer with more headers."""
        return self._replace(headers=(*self.headers, *headers))


class Exchange:
    """One HTTP request, read lazily from ASGI."""

    __slots__ = (
        "_headers",
        "_patience_s",
        "_receive",
        "certificate",
        "max_body",
        "max_file",
        "method",
        "path",
        "peer",
        "query_string",
        "request_id",
        "segments",
    )

    def __init__(self, scope: Scope, receive: Receive, *, patience_s: float = BODY_TIMEOUT_S) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        raw: bytes = scope.get("raw_path") or b""
        self.segments = self.path.split("/")
        """The segments of the path; a slash within one came encoded (RFC 3986, 2.2)."""
        if b"%2f" in raw.lower():
            self.segments = [unquote(each) for each in raw.decode("ascii", "replace").split("/")]
        self.query_string: bytes = scope["query_string"]
        self._headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
        self._receive = receive
        self._patience_s = patience_s
        self.max_body = MAX_BODY
        """The most bytes that the body may have; a handler that takes more says so before it asks for the body."""
        self.max_file: int | None = None
        """The most bytes of a file that the body may carry, if it may carry any."""
        client = scope.get("client")
        self.peer: str | None = client[0] if client else None
        """The address from where the request comes."""
        self.certificate: Presented | None = scope.get(CERTIFICATE)
        """The certificate of the connection, or the one that a trusted proxy passes."""
        self.request_id = self._request_id()

    def header(self, name: bytes) -> str | None:
        """Return a header by its lower-case name, or None. Several of one name are joined by commas (RFC 9110 5.2)."""
        found = [value for known, value in self._headers if known == name]
        return b", ".join(found).decode("latin-1").strip() if found else None

    @property
    def media_type(self) -> str:
        """The media type of the body, lower case and without parameters; empty when not said."""
        return (self.header(b"content-type") or "").partition(";")[0].strip().lower()

    def _charset(self) -> str:
        """The encoding of the body, lower case; empty when not said."""
        parameters = (self.header(b"content-type") or "").lower().split(";")[1:]
        named = (each.partition("=") for each in parameters)
        return next((value.strip().strip('"') for name, _, value in named if name.strip() == "charset"), "")

    async def body(self) -> bytes:
        """Return the whole body.

        Raises BodyTooLarge, AttachmentTooLarge where a file makes it so, BodyTooSlow, UnsupportedMediaType or
        ClientGone.
        """
        if (self.header(b"content-encoding") or "identity").lower() != "identity":
            raise UnsupportedMediaType("A content encoding is not supported. Send the body as it is.")
        length = self.header(b"content-length")
        if length is not None and length.isdigit() and int(length) > self.max_body:
            raise self._too_large([await self._beginning()])
        try:
            async with asyncio.timeout(self._patience_s * max(1.0, self.max_body / _TIMED_BODY)):
                return await self._whole()
        except TimeoutError as error:
            raise BodyTooSlow from error

    async def json_object(self) -> tuple[dict[str, Any], bytes]:
        """Return the body as a JSON object, and as it came. Raises what `body` does and MalformedJson."""
        value, raw = await self.json()
        if not isinstance(value, dict):
            raise MalformedJson("The body must be one JSON object.")
        return value, raw

    async def json(self) -> tuple[Any, bytes]:
        """Return the body as JSON, and as it came. Raises what `body` and `decoded` do, and MalformedJson.

        JSON between systems is in UTF-8 (RFC 8259 section 8.1): a body that says it is in another encoding is refused.
        """
        if self._charset() not in {"", "utf-8", "utf8", "us-ascii"}:
            raise UnsupportedMediaType("JSON comes in UTF-8. Send it so, with charset=utf-8 or none.")
        raw = await self.body()
        try:
            return decoded(raw), raw
        except RecursionError as error:
            raise MalformedJson("The body is nested deeper than anything that is kept here.") from error
        except msgspec.ValidationError as error:
            raise MalformedJson("The body has a whole number of more digits than are read here.") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedJson from error

    async def _whole(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            part = message.get("body", b"")
            size += len(part)
            parts.append(part)
            if size > self.max_body:
                raise self._too_large(parts)
            if not message.get("more_body", False):
                return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _beginning(self) -> bytes:
        """Return how the body begins, as far as that comes in a moment; nothing where it does not matter."""
        beginning = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT_S):
                while self.max_file is not None and len(beginning) < _BEGINNING:
                    message = await self._receive()
                    beginning += message.get("body", b"")
                    if not message.get("more_body", False):
                        break
        return beginning

    def _too_large(self, parts: list[bytes]) -> InventoryError:
        """What makes a body too large that begins so: where files may be sent, most likely one that is in it."""
        if self.max_file is None or b'"content"' not in b"".join(parts):
            return BodyTooLarge()
        return AttachmentTooLarge(
            f"The body has a file, or several together, that make it larger than {self.max_body} bytes; a file may "
            f"have {self.max_file} at most."
        )

    def _request_id(self) -> str:
        stated = self.header(b"x-request-id")
        if stated and len(stated) <= _LONGEST_REQUEST_ID and stated.isascii() and stated.isprintable():
            return stated
        return secrets.token_hex(8)


_GUARDS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
)
"""Nothing on the way keeps what an answer tells, and a browser that is led to one neither runs it nor frames it."""


async def send_answer(send: Send, answer: Answer, exchange: Exchange) -> None:
    """Send an answer; a HEAD request gets everything but the body."""
    given = {name for name, _ in answer.headers}
    headers = [
        *answer.headers,
        *(guard for guard in _GUARDS if guard[0] not in given),
        (b"content-length", b"%d" % (answer.size if answer.parts else len(answer.body))),
        (b"x-request-id", exchange.request_id.encode()),
    ]
    if answer.status in {204, 304}:
        headers = [header for header in headers if header[0] not in {b"content-length", b"content-type"}]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.parts is not None and exchange.method != "HEAD":
        await _send_parts(send, answer.parts, exchange)
        return
    await send({"type": "http.response.body", "body": b"" if exchange.method == "HEAD" else answer.body})


async def _send_parts(send: Send, parts: AsyncIterator[bytes], exchange: Exchange) -> None:
    """Send a body in parts; when one cannot be had any more, the answer ends short and the client can tell."""
    try:
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    except InventoryError as error:
        _log.error("answer.broken", code=error.code, request_id=exchange.request_id)
        return
    await send({"type": "http.response.body", "body": b""})
