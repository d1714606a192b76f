"""Peers: from where a request comes. What a proxy says of that is believed of none but those that are named.

The connection says who is at its other end. Where that is a trusted proxy, it is whom the proxy names last, and so on
from the right: what stands further left was written by whoever came to the outermost proxy, and may be made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from starlette.types import Scope

from customer_inventory.access.certificates import Presented, presented_in
from customer_inventory.access.expecting import Address, Network, address_of
from customer_inventory.api.exchange import CERTIFICATE
from customer_inventory.settings import InvalidSetting

_MOST_HOPS = 20
_PAIR = re.compile(r'\s*([!#$%&\'*+.^_`|~\w-]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)\s*', re.ASCII)
"""One parameter of Forwarded (RFC 7239 section 4)."""


class Peers:
    """Tells from where requests come, through the proxies within `trusted` networks."""

    def __init__(self, trusted: Sequence[Network], *, certificates: str = "none") -> None:
        self._trusted = trusted
        self._certificates = certificates

    def through(self, scope: Scope) -> Scope:
        """Return a request as one from whom the proxies say it is from, by the scheme that they were asked by.

        Where what they say cannot be read, or two headers disagree, it comes from nowhere.
        """
        client = scope.get("client")
        nearest = address_of(client[0]) if client else None
        if nearest is None or not self._trusts(nearest):
            return scope
        headers = {name: _joined(scope, name) for name in (b"forwarded", b"x-forwarded-for", b"x-forwarded-proto")}
        forwarded = _forwarded(headers[b"forwarded"]) if headers[b"forwarded"] else []
        plain = headers[b"x-forwarded-for"].split(",") if headers[b"x-forwarded-for"] else []
        named = [self._first(nearest, hops) for hops in ([each.get("for", "") for each in forwarded], plain) if hops]
        found = (named[0] if len(set(named)) == 1 else None) if named else nearest
        said = forwarded[-1].get("proto") if forwarded else headers[b"x-forwarded-proto"].rpartition(",")[2].strip()
        scheme = "https" if (said or "").lower() == "https" else scope["scheme"]
        seen = {"client": (str(found), 0) if found else None, "scheme": scheme, CERTIFICATE: self._certificate(scope)}
        return {**scope, **seen}

    def _certificate(self, scope: Scope) -> Presented | None:
        """Return the certificate of the client that a proxy passes; that of the connection is the proxy's own."""
        if self._certificates == "none":
            return None
        return presented_in(_joined(scope, b"client-cert"), verified=self._certificates == "verified")

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)

    def _first(self, nearest: Address, hops: Sequence[str]) -> Address | None:
        """Return the first address from the right that is no trusted proxy, else the leftmost; None where none is."""
        found: Address | None = nearest
        for hop in reversed(hops[-_MOST_HOPS:]):
            if found is None or not self._trusts(found):
                break
            found = _node(hop)
        return found


def trusted_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks in which proxies are trusted. Raises InvalidSetting."""
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise InvalidSetting(
            f"--trusted-proxies is no network: {error}. Write it as 10.1.0.0/16 or fd12::/64."
        ) from error


def _joined(scope: Scope, name: bytes) -> str:
    return b",".join(value for known, value in scope["headers"] if known == name).decode("latin-1")


def _forwarded(text: str) -> list[dict[str, str]]:
    """Read the elements of Forwarded; one that cannot be read makes the whole say nothing of anybody."""
    elements: list[dict[str, str]] = [{}]
    at = 0
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            return [{}]
        value = pair[2]
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        elements[-1][pair[1].lower()] = value
        at = pair.end()
        if at < len(text) and text[at] not in ";,":
            return [{}]
        if text[at : at + 1] == ",":
            elements.append({})
        at += 1
    return elements


def _node(text: str) -> Address | None:
    """Return the address of a node, with or without a port (RFC 7239 section 6); None for a hidden or unknown one."""
    text = text.strip()
    if text.startswith("["):
        return address_of(text[1:].partition("]")[0])
    return address_of(text.partition(":")[0] if text.count(":") == 1 else text)
