"""Bodies of requests to resources of our own, read into what they are declared to be."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from customer_inventory.api.exchange import Exchange, UnsupportedMediaType
from customer_inventory.api.questions import asked
from customer_inventory.model.problems import read_as

Body = TypeVar("Body", bound=msgspec.Struct)
Base = TypeVar("Base", bound=msgspec.Struct)


async def body_of(exchange: Exchange, kind: type[Body]) -> Body:
    """Return the body of a request. Raises InvalidDocument, and what `Exchange.json_object` raises."""
    document, _ = await exchange.json_object()
    return read_as(document, kind)


async def asked_of(exchange: Exchange, kind: type[Body], what: str) -> Body:
    """Return the body of a request that makes something. Raises UnsupportedMediaType, and as `body_of` does."""
    if exchange.media_type != "application/json":
        raise UnsupportedMediaType(f"Send {what} as application/json.")
    asked(exchange.query_string, ())
    return await body_of(exchange, kind)


def as_base(body: Base, base: type[Base]) -> Base:
    """Return of a body what the class beneath its own holds."""
    return base(**{name: getattr(body, name) for name in base.__struct_fields__})


async def said_of(exchange: Exchange, kind: type[Body]) -> Body:
    """Return what is said of a step, which may be nothing: then the request has no body. Raises as `body_of` does."""
    asked(exchange.query_string, ())
    if exchange.header(b"content-length") in {None, "0"} and exchange.header(b"transfer-encoding") is None:
        return kind()
    return await body_of(exchange, kind)
