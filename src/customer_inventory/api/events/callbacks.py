"""Callbacks: where events may be sent, and the sending, so that no listener's address reaches what it must not.

A callback is given by a client, so it is an address from outside: without care it could make the server ask machines
that only the server can reach. Every address that a name stands for is looked at when the connection is made, and the
connection goes to the very address that was looked at; a name that changes its mind gains nothing. Redirects are not
followed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

import certifi
import httpcore

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.settings import InvalidSetting

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

LONGEST_CALLBACK = 2000
MOST_ANSWER = 16 * 1024
"""How many bytes of a listener's answer are read, so that the connection can be used again; beyond, it is closed."""
_LOOK_UP_S = 5.0
_LOOKING_UP = ThreadPoolExecutor(32, thread_name_prefix="callback names")
"""Threads of its own: a name whose server never answers holds one up, and nothing else must wait for that."""
_LONGEST_RETRY_AFTER = 40
_MOST_CONNECTIONS = 128
_KEPT_CONNECTIONS = 32
_KEPT_S = 30.0
_LOOPBACK = ipaddress.ip_address("127.0.0.1")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_RESERVED = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16", "fec0::/10")
)
"""Special purposes that the standard library does not know in every version (IANA's registries; RFC 3879)."""


class CallbackRefused(InventoryError):
    """The callback is no address that events are sent to.

    Give an absolute http or https address, without user name, password or fragment, of a machine outside the
    networks that only this server reaches. Whoever runs the server can allow a network with `--hub-allow`.
    """

    code = "callback-refused"
    failure = Failure.INVALID


class Reply(NamedTuple):
    """What a listener answered: the status code, and when it wants to hear more, as it wrote that."""

    status: int
    retry_after: str | None = None

    def pause(self, now: datetime) -> float | None:
        """Return for how many seconds a listener with too much to do asks to be left alone, None when it does not.

        Written as seconds or as a date (RFC 9110, 10.2.3); what cannot be read is passed over.
        """
        text = self.retry_after
        if self.status not in {429, 503} or text is None or not 0 < len(text) <= _LONGEST_RETRY_AFTER:
            return None
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            return (parsedate_to_datetime(text).astimezone(UTC) - now).total_seconds()
        except (ValueError, OverflowError):
            return None


class Undeliverable(Exception):
    """A delivery had no answer; the message says why, without any content."""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks that `texts` name, such as 127.0.0.0/8. Raises InvalidSetting."""
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise InvalidSetting(f"--hub-allow is no network: {error}. Write it as 10.1.0.0/16 or fd12::/64.") from error


def permitted(address: Address, allowed: Iterable[Network]) -> bool:
    """Return whether events may be sent to an address: it is public, or in a network that is allowed.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) leads to that, and is judged by both.
    """
    if isinstance(address, ipaddress.IPv6Address):
        carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            carried.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        within = [inner for inner in carried if inner is not None]
        if within:
            return all(permitted(inner, allowed) for inner in within)
    special = address.is_multicast or address.is_reserved or address.is_unspecified or _within(address, _RESERVED)
    return (address.is_global and not special) or _within(address, allowed)


def _within(address: Address, allowed: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in allowed)


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses that a host name or a written address stands for; none when there is no such name.

    A dot behind a name only says that it is whole. Names below `localhost` are this machine's, whether or not whoever
    is asked knows them (RFC 6761, 6.3): what asks again at the delivery might.
    """
    host = host.removesuffix(".").lower()
    with suppress(ValueError):
        return [ipaddress.ip_address(host)]
    try:
        async with asyncio.timeout(_LOOK_UP_S):
            look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
            found = await asyncio.get_running_loop().run_in_executor(_LOOKING_UP, look)
    except (OSError, UnicodeError, TimeoutError):
        return [_LOOPBACK] if host.rpartition(".")[2] == "localhost" else []
    return list(dict.fromkeys(ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found))


class Callbacks:
    """Sends events to listeners that may be sent to."""

    def __init__(self, *, allowed: Iterable[Network] = (), timeout_s: float = 10.0) -> None:
        self._allowed = tuple(allowed)
        self._timeout_s = timeout_s
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def check(self, callback: str) -> None:
        """Raise CallbackRefused for an address that events are not sent to.

        A name that stands for nothing yet is taken: a listener may register before it is there.
        """
        host, port = _host_and_port(callback)
        if any(not permitted(address, self._allowed) for address in await resolve(host, port)):
            raise CallbackRefused(
                "The callback leads into a network that only this server reaches. "
                "Whoever runs the server can allow a network with --hub-allow."
            )

    async def send(self, callback: str, *, body: bytes, headers: dict[str, str]) -> Reply:
        """Send one event and return the answer. Raises Undeliverable when there is none in time."""
        written = [(b"host", urlsplit(callback).netloc.encode()), (b"content-length", b"%d" % len(body))]
        written += [(name.encode(), value.encode()) for name, value in headers.items()]
        request = httpcore.Request("POST", callback, headers=written, content=body)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._exchange(request)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise Undeliverable("timeout") from error
        except _AddressRefused as error:
            raise Undeliverable("address refused") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
            raise Undeliverable("no connection") from error

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    async def _exchange(self, request: httpcore.Request) -> Reply:
        if self._pool is None:
            self._pool = _pool(_GuardedBackend(self._allowed))
        response = await self._pool.handle_async_request(request)
        try:
            read = 0
            async for part in response.aiter_stream():
                read += len(part)
                if read > MOST_ANSWER:
                    break
        finally:
            await response.aclose()
        later = next((value for name, value in response.headers if name.lower() == b"retry-after"), None)
        return Reply(response.status, later.decode("latin-1").strip() if later else None)


def _pool(backend: httpcore.AsyncNetworkBackend) -> httpcore.AsyncConnectionPool:
    """Return a pool of connections that verify certificates by the system's authorities and the public ones."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return httpcore.AsyncConnectionPool(
        ssl_context=context,
        max_connections=_MOST_CONNECTIONS,
        max_keepalive_connections=_KEPT_CONNECTIONS,
        keepalive_expiry=_KEPT_S,
        network_backend=backend,
    )


def _host_and_port(callback: str) -> tuple[str, int]:
    """Return the host and port of a callback. Raises CallbackRefused for what is no plain http or https address."""
    if not 0 < len(callback) <= LONGEST_CALLBACK or not callback.isascii() or not callback.isprintable():
        raise CallbackRefused
    if any(character in callback for character in ' "<>\\^`{|}'):
        raise CallbackRefused
    try:
        parts = urlsplit(callback)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise CallbackRefused from error
    if (
        parts.port == 0
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or "#" in callback
        or set(parts.netloc) & set("@%")
    ):
        raise CallbackRefused
    return parts.hostname, port


class _AddressRefused(OSError):
    """The name of a listener stands for no address that may be sent to."""


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to permitted addresses only, and to the very address that was looked at."""

    def __init__(self, allowed: tuple[Network, ...]) -> None:
        self._allowed = allowed
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the library's signature
        local_address: str | None = None,
        socket_options: Iterable[Option] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await resolve(host, port)
        if not found:
            raise httpcore.ConnectError("the name stands for no address")
        for address in found:
            if not permitted(address, self._allowed):
                raise _AddressRefused
        failed: Exception | None = None
        for address in found:
            try:
                return await self._backend.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore.ConnectError

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
