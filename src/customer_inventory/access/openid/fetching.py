"""Fetching: what the provider of the issuer is asked, bounded in time and size. Redirects are not followed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpcore
import msgspec

from customer_inventory.errors import Failure, InventoryError

_WITHIN_S = 10.0
_MOST_ANSWER = 256 * 1024
_MOST_CONNECTIONS = 4
_LONGEST_ADDRESS = 2000
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ProviderUnavailable(InventoryError):
    """The OpenID provider did not answer as it should.

    Try again in a moment. Who has a password here can sign in with that.
    """

    code = "provider-unavailable"
    failure = Failure.UNAVAILABLE


class Fetching:
    """Asks the provider."""

    def __init__(self) -> None:
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def get(self, address: str) -> Any:
        """Return the JSON at an address. Raises ProviderUnavailable."""
        status, body = await self._ask("GET", address, {}, b"")
        return _json(body) if status == 200 else _refuse(status)

    async def post(self, address: str, *, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        """Send a form; return the status and the JSON that is answered. Raises ProviderUnavailable."""
        form = {"content-type": "application/x-www-form-urlencoded", **headers}
        status, answer = await self._ask("POST", address, form, body)
        return status, _json(answer)

    async def _ask(self, method: str, address: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        written = [("host", urlsplit(address).netloc), ("accept", "application/json"), *headers.items()]
        if body:
            written.append(("content-length", str(len(body))))
        request = httpcore.Request(
            method, address, headers=[(name.encode(), value.encode()) for name, value in written], content=body
        )
        try:
            async with asyncio.timeout(_WITHIN_S):
                return await self._exchange(request)
        except (
            TimeoutError,
            httpcore.TimeoutException,
            httpcore.NetworkError,
            httpcore.ProtocolError,
            OSError,
        ) as error:
            raise ProviderUnavailable from error

    async def _exchange(self, request: httpcore.Request) -> tuple[int, bytes]:
        if self._pool is None:
            context = ssl.create_default_context()
            context.load_verify_locations(certifi.where())
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=context, max_connections=_MOST_CONNECTIONS, keepalive_expiry=_WITHIN_S
            )
        response = await self._pool.handle_async_request(request)
        body = b""
        try:
            async for part in response.aiter_stream():
                body += part
                if len(body) > _MOST_ANSWER:
                    raise ProviderUnavailable("The OpenID provider answered more than is read here.")
        finally:
            await response.aclose()
        return response.status, body


def is_safe(address: object) -> bool:
    """Return whether an address is one of https; plain http is for a provider on this machine, to try things out."""
    if not isinstance(address, str) or not 0 < len(address) <= _LONGEST_ADDRESS or not address.isascii():
        return False
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = address.isprintable() and " " not in address and not parts.fragment and "@" not in parts.netloc
    return plain and bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise ProviderUnavailable("The OpenID provider answered no JSON.") from error


def _refuse(status: int) -> Any:
    raise ProviderUnavailable(f"The OpenID provider answered {status}.")
