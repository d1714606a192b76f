"""The TM Forum Open APIs: routes for every resource of the model, by the rules of TMF630.

This is a plain ASGI application that finds its resource by dictionary: Starlette's router, request and response cost
more than the statement behind a get (bench/: 0.25 ms is the budget for all of it), and grow with the number of routes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any
from uuid import UUID

from starlette.types import Receive, Scope, Send

from customer_inventory.access import Access, Desk
from customer_inventory.access.access import RecordNotFound, Saved
from customer_inventory.access.tokens import InvalidToken
from customer_inventory.api import conditional
from customer_inventory.api.errors import error_answer, unexpected_answer
from customer_inventory.api.exchange import Answer, ClientGone, Exchange, UnsupportedMediaType, send_answer
from customer_inventory.api.pages import list_answer
from customer_inventory.api.parameters import InvalidParameter, of_one, parse
from customer_inventory.api.patch import MEDIA_TYPES, merge_document
from customer_inventory.api.representation import href, represent
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model import RESOURCES, Resource
from customer_inventory.repository.records import IdempotencyKey

_LONGEST_KEY = 255

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


class TmfApi:
    """The ASGI application of the Open APIs."""

    def __init__(self, desk: Desk, *, public_url: str = "", measure: Measure) -> None:
        self._desk = desk
        self._public_url = public_url
        self._measure = measure
        self._resources = {
            f"{base}/{resource.path}": resource for resource in RESOURCES.values() for base in resource.api.paths
        }
        self._on_list: dict[str, _Handler] = {"GET": self._list, "HEAD": self._list, "POST": self._create}
        self._on_one: dict[str, _OneHandler] = {
            "GET": self._get,
            "HEAD": self._get,
            "PATCH": self._patch,
            "DELETE": self._delete,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        began = perf_counter()
        exchange = Exchange(scope, receive)
        resource, identifier = self._route(exchange.path)
        try:
            answer = await self._answer(exchange, resource, identifier)
        except InventoryError as error:
            answer = error_answer(error)
            if isinstance(error, MethodNotAllowed):
                allowed = self._on_list if identifier is None else self._on_one
                answer = answer.plus((b"allow", ", ".join(allowed).encode()))
            elif isinstance(error, UnsupportedMediaType) and exchange.method == "PATCH":
                answer = answer.plus((b"accept-patch", ", ".join(MEDIA_TYPES).encode()))
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001  the door is where the unforeseen ends
            answer = unexpected_answer(error, request_id=exchange.request_id)
        self._measure(resource.name if resource else "-", exchange.method, answer.status, perf_counter() - began)
        await send_answer(send, answer, exchange)

    def _route(self, path: str) -> tuple[Resource | None, str | None]:
        resource = self._resources.get(path)
        if resource is not None:
            return resource, None
        collection, _, identifier = path.rpartition("/")
        return self._resources.get(collection), identifier or None

    async def _answer(self, exchange: Exchange, resource: Resource | None, identifier: str | None) -> Answer:
        if resource is None:
            raise UnknownPath
        if identifier is None:
            on_list = self._on_list.get(exchange.method)
            if on_list is None:
                raise MethodNotAllowed(f"{exchange.method} is not allowed on a list.")
            return await on_list(exchange, resource, await self._open(exchange))
        on_one = self._on_one.get(exchange.method)
        if on_one is None:
            raise MethodNotAllowed(f"{exchange.method} is not allowed on one record.")
        access = await self._open(exchange)
        record_id = parse_id(identifier)
        if record_id is None:
            raise RecordNotFound(f"The inventory holds no {resource.name} of this id.")
        return await on_one(exchange, resource, access, record_id)

    async def _open(self, exchange: Exchange) -> Access:
        scheme, _, token = (exchange.header(b"authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            raise InvalidToken
        purpose = exchange.header(b"x-purpose")
        access = await self._desk.open_by_token(token.strip(), purpose=purpose, request_id=exchange.request_id)
        reason = exchange.header(b"x-reason")
        return access.because(_printable(reason, "X-Reason")) if reason is not None else access

    async def _list(self, exchange: Exchange, resource: Resource, access: Access) -> Answer:
        asked = parse(resource, exchange.query_string, public_url=self._public_url)
        page = await access.page(resource, asked.query)
        return list_answer(resource, page, asked, path=exchange.path, public_url=self._public_url)

    async def _create(self, exchange: Exchange, resource: Resource, access: Access) -> Answer:
        if exchange.media_type != "application/json":
            raise UnsupportedMediaType("Send the new record as application/json.")
        asked = of_one(resource, exchange.query_string, writing=True)
        document, raw = await exchange.json_object()
        saved = await access.create(resource, document, key=_key(exchange, raw))
        location = href(resource, saved.record.id, public_url=self._public_url).encode()
        return self._saved(resource, saved, _shown(access, resource, asked.fields), status=201).plus(
            (b"location", location)
        )

    async def _get(self, exchange: Exchange, resource: Resource, access: Access, identifier: UUID) -> Answer:
        asked = of_one(resource, exchange.query_string)
        if_none_match = exchange.header(b"if-none-match")
        conditional.check_condition(if_none_match)
        record = await access.read(resource, identifier, as_of=asked.query.as_of)
        tag = conditional.etag(record.version)
        if conditional.not_modified(if_none_match, record.version):
            return Answer(304, headers=((b"etag", tag),))
        body = represent(resource, record, asked.fields, public_url=self._public_url)
        return Answer(200, body).plus((b"etag", tag))

    async def _patch(self, exchange: Exchange, resource: Resource, access: Access, identifier: UUID) -> Answer:
        if exchange.media_type not in MEDIA_TYPES:
            raise UnsupportedMediaType(f"Send the patch as {' or '.join(MEDIA_TYPES)}.")
        asked = of_one(resource, exchange.query_string, writing=True)
        patch, raw = await exchange.json_object()
        own = {"id": str(identifier), "href": href(resource, str(identifier), public_url=self._public_url)}

        def change(document: dict[str, Any]) -> dict[str, Any]:
            return merge_document(resource, document, patch, **own)

        expected = conditional.expected_versions(exchange.header(b"if-match"))
        saved = await access.modify(resource, identifier, change, expected=expected, key=_key(exchange, raw))
        return self._saved(resource, saved, _shown(access, resource, asked.fields), status=200)

    async def _delete(self, exchange: Exchange, resource: Resource, access: Access, identifier: UUID) -> Answer:
        if exchange.query_string:
            raise InvalidParameter("A delete takes no parameters.")
        expected = conditional.expected_versions(exchange.header(b"if-match"))
        await access.delete(resource, identifier, expected=expected, key=_key(exchange, b""))
        return Answer(204)

    def _saved(self, resource: Resource, saved: Saved, fields: frozenset[str] | None, *, status: int) -> Answer:
        body = represent(resource, saved.record, fields, public_url=self._public_url)
        answer = Answer(status, body).plus((b"etag", conditional.etag(saved.record.version)))
        if saved.outcome == "replayed":
            answer = answer.plus((b"idempotent-replayed", b"true"))
        if saved.unresolved:
            answer = answer.plus((b"x-reference-warning", ", ".join(saved.unresolved).encode()))
        return answer


_Handler = Callable[[Exchange, Resource, Access], Awaitable[Answer]]
_OneHandler = Callable[[Exchange, Resource, Access, UUID], Awaitable[Answer]]


def _shown(access: Access, resource: Resource, fields: frozenset[str] | None) -> frozenset[str] | None:
    """The attributes that the answer to a write shows: who may write but not read is told id, href and @type only."""
    return fields if access.may("read", resource) else frozenset()


def _key(exchange: Exchange, raw: bytes) -> IdempotencyKey | None:
    stated = exchange.header(b"idempotency-key")
    if stated is None:
        return None
    key = _printable(stated, "Idempotency-Key")
    request = f"{exchange.method}\n{exchange.path}\n".encode() + exchange.query_string + b"\n" + raw
    return IdempotencyKey(key=key, fingerprint=hashlib.sha256(request).digest())


def _printable(value: str, name: str) -> str:
    if not 0 < len(value) <= _LONGEST_KEY or not value.isascii() or not value.isprintable():
        raise InvalidParameter(f"{name} must be 1 to {_LONGEST_KEY} printable ASCII characters.")
    return value
