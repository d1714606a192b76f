"""What a browser sends, bounded and decoded strictly: query strings, forms, cookies."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from customer_inventory.errors import Failure, InventoryError

_LONGEST_QUERY = 4096
_LONGEST_FORM = 16 * 1024
_FORM_TIMEOUT_S = 30.0
_MOST_FIELDS = 20


class UnreadableRequest(InventoryError):
    """The address or form holds something that cannot be read.

    Go back to the search page and start from there.
    """

    code = "unreadable-request"
    failure = Failure.INVALID


class RequestTooLong(InventoryError):
    """The address or form is longer than the console accepts.

    Search for fewer words.
    """

    code = "request-too-long"
    failure = Failure.TOO_LARGE


class FormTooSlow(InventoryError):
    """The form did not arrive in time.

    Send it again.
    """

    code = "form-too-slow"
    failure = Failure.TOO_SLOW


class NoForm(InventoryError):
    """What was sent is not a form of the console.

    Use the console's own pages; programs use the API.
    """

    code = "no-form"
    failure = Failure.UNSUPPORTED_MEDIA


def query_of(request: Request) -> dict[str, str]:
    """Return the parameters of the query string. Raises RequestTooLong or UnreadableRequest."""
    raw: bytes = request.scope["query_string"]
    if len(raw) > _LONGEST_QUERY:
        raise RequestTooLong
    return _pairs(raw)


async def form_of(request: Request, *, longest: int = _LONGEST_FORM, most_fields: int = _MOST_FIELDS) -> dict[str, str]:
    """Return the fields of a form of at most so many bytes and fields.

    Raises NoForm, RequestTooLong, FormTooSlow or UnreadableRequest.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise NoForm
    raw = bytearray()
    try:
        async with asyncio.timeout(_FORM_TIMEOUT_S):
            async for part in request.stream():
                raw += part
                if len(raw) > longest:
                    raise RequestTooLong
    except TimeoutError as error:
        raise FormTooSlow from error
    except ClientDisconnect as error:
        raise UnreadableRequest from error
    return _pairs(bytes(raw), most_fields)


def _pairs(raw: bytes, most_fields: int = _MOST_FIELDS) -> dict[str, str]:
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=most_fields)
    except ValueError as error:  # UnicodeDecodeError is one
        raise UnreadableRequest from error
    if any("\0" in text for pair in pairs for text in pair) or len({name for name, _ in pairs}) < len(pairs):
        raise UnreadableRequest
    return dict(pairs)
