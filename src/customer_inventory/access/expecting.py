"""Expecting: from where, when and how much a registered process is expected to call; what else comes is refused.

What its registration says of that was approved with it. It is looked at when a token is asked for and at every call, so
that a token, or a secret, that was stolen is worth nothing elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec
import structlog

from customer_inventory.access.hours import Hours, UnknownHours, hours_of
from customer_inventory.access.volumes import Volume
from customer_inventory.errors import Failure, InventoryError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_KNOWN_PEERS = 4096
_log = structlog.get_logger(__name__)


class Unexpected(InventoryError):
    """The call is none that the registration of the process lets expect."""

    failure = Failure.DENIED


class OutsideNetwork(Unexpected):
    """The call does not come from a network that the process is registered for.

    Call from there. Behind a proxy the server must be told to trust it: `--trusted-proxies`.
    """

    code = "outside-network"


class OutsideHours(Unexpected):
    """The call comes outside the hours that the process is registered for.

    Call again when they begin; the message says when.
    """

    code = "outside-hours"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a registration says of how its process calls; nothing said is nothing asked."""

    networks: tuple[Network, ...] = ()
    hours: Hours | None = None
    volume: Volume | None = None
    puzzles: bool = False
    """Whether its hours are not understood."""
    _peers: dict[str | None, bool] = field(default_factory=dict, compare=False)
    """Which addresses are within the networks, as far as that was asked."""

    def refusal(self, peer: str | None, now: datetime) -> Unexpected | None:
        """Return why a call from an address at a moment is refused, None where it is not."""
        if self.networks and not self._within(peer):
            return OutsideNetwork()
        if self.puzzles:
            return OutsideHours("The registered hours are not understood here: this server may lack their time zone.")
        if self.hours is not None and self.hours.closes(now) is None:
            opens = self.hours.opens(now)
            return OutsideHours(f"The call comes outside the registered hours. They begin at {opens:%Y-%m-%dT%H:%MZ}.")
        return None

    def lasts_s(self, now: datetime) -> float:
        """Return for how many seconds yet the process may call without a pause."""
        closes = self.hours.closes(now) if self.hours is not None else None
        return (closes - now).total_seconds() if closes is not None else float("inf")

    def _within(self, peer: str | None) -> bool:
        known = self._peers.get(peer)
        if known is None:
            address = address_of(peer) if peer is not None else None
            known = address is not None and any(address in network for network in self.networks)
            if len(self._peers) >= _KNOWN_PEERS:
                self._peers.clear()
            self._peers[peer] = known
        return known


class _Told(msgspec.Struct):
    network: list[str] | None = None
    hours: str | None = None
    daily: int | None = None
    hourly: int | None = None


@lru_cache(maxsize=1024)
def expected_of(told: str | None) -> Expected | None:
    """Return what is expected by what a registration tells, as JSON; None where nothing is."""
    if told is None:
        return None
    said = msgspec.json.decode(told, type=_Told)
    networks = tuple(map(ip_network, said.network or ()))
    volume = None if said.daily is None and said.hourly is None else Volume(said.daily, said.hourly)
    try:
        found = Expected(networks, hours_of(said.hours) if said.hours is not None else None, volume)
    except UnknownHours:
        # They were understood when they were registered. What cannot be told to be right is refused.
        _log.warning("hours.not-understood", hours=said.hours)
        found = Expected(networks, volume=volume, puzzles=True)
    return found if found != Expected() else None


def address_of(text: str) -> Address | None:
    """Return the address that a text is; an IPv4 address that is written as an IPv6 one is that IPv4 address."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
