"""Standing: what a registered client may do now, as the register says it, for each of its purposes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import structlog

from customer_inventory.access.expecting import Expected, expected_of
from customer_inventory.access.opened import Principal
from customer_inventory.access.policy import Grant, parse_policy, rights_of
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.register import Client

_log = structlog.get_logger(__name__)


class PurposeRequired(InventoryError):
    """The client is registered for several purposes and did not say which one this call serves.

    Send the header `X-Purpose` with one of them.
    """

    code = "purpose-required"
    failure = Failure.INVALID


class PurposeNotRegistered(InventoryError):
    """The client is not registered for this purpose.

    Use a purpose it is registered for, or have the purpose added to its registration.
    """

    code = "purpose-not-registered"
    failure = Failure.DENIED


@dataclass(frozen=True, slots=True)
class Standing:
    """An active client with the grants of its policy; made anew every second, so that it is of this moment."""

    client: Client
    policy: tuple[Grant, ...]
    expected: Expected | None = None
    tokens_since: float = 0.0
    """In seconds since 1970: no token from before is taken, for the credentials of then have ended."""
    _principals: dict[str, Principal] = field(default_factory=dict)

    def principal(self, purpose: str, now: datetime) -> Principal:
        """Return who the client is for a purpose, with what is granted for that at the moment."""
        known = self._principals.get(purpose)
        if known is None:
            rights = rights_of(self.client.grants, self.policy, purpose=purpose, now=now)
            client = self.client
            volume = self.expected.volume if self.expected is not None else None
            known = Principal(
                client.client_id, client.purposes, rights.grants, None, rights.limits, rights.metered, volume
            )
            self._principals[purpose] = known
        return known


def standing_of(client: Client | None) -> Standing | None:
    """Return where a client stands, None for one that is not active."""
    if client is None or client.status != "active":
        return None
    since = client.credentials_since
    tokens_since = math.floor(since.timestamp()) if since is not None else 0  # tokens tell no fractions
    return Standing(client, _policy(client.client_id, client.policy), expected_of(client.told), tokens_since)


@lru_cache(maxsize=1024)
def _policy(client_id: str, lines: tuple[str, ...]) -> tuple[Grant, ...]:
    found: list[Grant] = []
    for line in lines:
        try:
            found += parse_policy([line])
        except InventoryError as error:
            # It was understood when it was granted: of an attribute that is gone since nothing can be granted.
            _log.warning("policy.not-understood", client_id=client_id, code=error.code)
    return tuple(found)


def stated_purpose(purposes: Sequence[str], stated: str | None) -> str:
    """Return the purpose that a call serves: the stated one, or the only one that its client is registered for.

    Raises PurposeRequired or PurposeNotRegistered.
    """
    if stated is None:
        if len(purposes) > 1:
            raise PurposeRequired
        return purposes[0]
    if stated not in purposes:
        raise PurposeNotRegistered
    return stated
