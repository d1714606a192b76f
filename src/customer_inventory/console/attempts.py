"""Attempts to sign in: how often a login or an address may fail, and how long it then has to wait.

Five failures of a login are free, and twenty of an address (an office has one); each one more doubles the wait, from
one second up to five minutes. An attempt counts as failed from when it begins, so many at once do not slip by. Kept in
memory and bounded: a restart forgets, which costs an attacker the restart; several servers count each for itself.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

FREE = 5
FREE_OF_ADDRESS = 20
LONGEST_WAIT = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(hours=1)
_MOST_KEPT = 20_000


@dataclass(slots=True)
class _Tally:
    failures: int
    last: datetime


class Attempts:
    """Counts the failed attempts of logins and addresses."""

    def __init__(self, *, most_kept: int = _MOST_KEPT) -> None:
        self._most = most_kept
        self._tallies: OrderedDict[bytes, _Tally] = OrderedDict()

    def begin(self, *, login: str, address: str, at: datetime) -> timedelta | None:
        """Count an attempt as failed until `succeeded`; return how long to wait instead when it may not be made now."""
        keys = _keys(login, address)
        wait = max(self._wait(key, free, at) for key, free in keys.items())
        if wait > timedelta(0):
            return wait
        for key in keys:
            tally = self._tallies.setdefault(key, _Tally(0, at))
            tally.failures += 1
            tally.last = at
            self._tallies.move_to_end(key)
        while len(self._tallies) > self._most:
            self._tallies.popitem(last=False)
        return None

    def succeeded(self, *, login: str, address: str) -> None:
        """Forget the failures of the login, and of the address this one attempt only.

        Otherwise whoever has one right password could use it to try any number of others from one address.
        """
        of_login, of_address = _keys(login, address)
        self._tallies.pop(of_login, None)
        self._take_back(of_address)

    def abandoned(self, *, login: str, address: str) -> None:
        """Take an attempt back that could not be decided, because the repository was away."""
        for key in _keys(login, address):
            self._take_back(key)

    def _take_back(self, key: bytes) -> None:
        tally = self._tallies.get(key)
        if tally is not None:
            tally.failures -= 1

    def _wait(self, key: bytes, free: int, at: datetime) -> timedelta:
        tally = self._tallies.get(key)
        if tally is not None and at - tally.last > FORGOTTEN_AFTER:
            del self._tallies[key]
            tally = None
        if tally is None or tally.failures < free:
            return timedelta(0)
        doubled = min(2.0 ** min(tally.failures - free, 20), LONGEST_WAIT.total_seconds())
        return max(tally.last + timedelta(seconds=doubled) - at, timedelta(0))


def _keys(login: str, address: str) -> dict[bytes, int]:
    """The keys of a login and an address, with their free failures.

    Hashed: entries stay small whatever is sent, and no password typed into the wrong box stays in memory.
    """
    return {_key("login", login): FREE, _key("address", address): FREE_OF_ADDRESS}


def _key(what: str, text: str) -> bytes:
    return sha256(f"{what} {text}".encode("utf-8", "surrogatepass")).digest()
