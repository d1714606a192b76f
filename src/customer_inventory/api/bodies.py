"""Bodies of requests to resources of our own, read into what they are declared to be."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from customer_inventory.api.exchange import Exchange
from customer_inventory.api.questions import asked
from customer_inventory.model import InvalidDocument
from customer_inventory.model.problems import Problem

Body = TypeVar("Body", bound=msgspec.Struct)


async def body_of(exchange: Exchange, kind: type[Body]) -> Body:
    """Return the body of a request. Raises InvalidDocument, and what `Exchange.json_object` raises."""
    document, _ = await exchange.json_object()
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise InvalidDocument([Problem("", str(error))]) from error


async def said_of(exchange: Exchange, kind: type[Body]) -> Body:
    """Return what is said of a step, which may be nothing: then the request has no body. Raises as `body_of` does."""
    asked(exchange.query_string, ())
    if exchange.header(b"content-length") in {None, "0"} and exchange.header(b"transfer-encoding") is None:
        return kind()
    return await body_of(exchange, kind)
