"""Rotating keys: another takes the place of the one that signs, or makes pseudonyms, and the secret of that one goes.

Of tokens and seals what was signed before stays good: each names its key, and the public half is kept. A key of seals
is vouched for by the one before it, so that nobody can put one among them afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from customer_inventory.access.guarded import KEY
from customer_inventory.access.key_pairs import ALGORITHMS, new_pair
from customer_inventory.access.opened import Opened
from customer_inventory.access.sealing.blocks import new_key
from customer_inventory.access.sealing.entries import moment
from customer_inventory.access.tokens import LIFETIME_S
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import draw_key
from customer_inventory.repository.keys import KeyRow
from customer_inventory.repository.register import Register

TOKENS, SEALS, PSEUDONYMS = "tokens", "seals", "pseudonyms"
OF_PSEUDONYMS = ("HS256",)
LONGEST_OVERLAP = timedelta(seconds=LIFETIME_S)
_PSEUDONYM_BITS = 256


class InvalidKeyRotation(InventoryError):
    """The keys cannot be rotated so.

    Keys of pseudonyms are of a purpose, the others are not; only tokens have an overlap, of ten minutes at most.
    """

    code = "invalid-key-rotation"
    failure = Failure.INVALID


class NoKey(InventoryError):
    """There is no such key yet that another could replace.

    The first keys of tokens and seals are made when a server runs, those of a purpose by its first pseudonymised
    download.
    """

    code = "no-key"
    failure = Failure.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which keys are to be rotated, to which algorithm, and how long tokens of the one before are taken."""

    of: str
    purpose: str | None = None
    algorithm: str | None = None
    overlap: timedelta | None = None
    """Of tokens alone; None is as long as they last."""

    @property
    def taken(self) -> timedelta:
        """How long tokens of the key before are taken yet."""
        return LONGEST_OVERLAP if self.overlap is None else self.overlap

    def check(self) -> None:
        """Return if it can be done. Raises InvalidKeyRotation."""
        if (self.purpose is not None) is not (self.of == PSEUDONYMS):
            raise InvalidKeyRotation(
                "Say with --purpose whose pseudonyms." if self.of == PSEUDONYMS else "Only pseudonyms have a purpose."
            )
        possible = OF_PSEUDONYMS if self.of == PSEUDONYMS else ALGORITHMS
        if self.algorithm is not None and self.algorithm not in possible:
            raise InvalidKeyRotation(f"{self.of.capitalize()} have keys of {' or '.join(possible)}.")
        if self.overlap is not None and self.of != TOKENS:
            raise InvalidKeyRotation("Only tokens have an overlap: leave out --overlap.")
        if not timedelta() <= self.taken <= LONGEST_OVERLAP:
            raise InvalidKeyRotation("Tokens of the retired key can be taken for 0s to 10m.")


class Rotated(NamedTuple):
    """The key that was in use, and the one that is in its place."""

    before: KeyRow
    made: KeyRow


async def keys_of(access: Opened) -> list[KeyRow]:
    """Return every key that there is or was, without secrets. Raises Denied."""
    await access.require("read", KEY)
    found = await _register(access).keys.listed()
    await access.note("read", KEY, "shown", ())
    return found


async def to_replace(access: Opened, wanted: Wanted) -> KeyRow:
    """Return the key that would be replaced. Raises Denied, InvalidKeyRotation and NoKey."""
    wanted.check()
    return _in_use(await keys_of(access), wanted)


def _in_use(rows: Sequence[KeyRow], wanted: Wanted) -> KeyRow:
    """Return the key that is in use. Raises NoKey."""
    active = [each for each in rows if each.of == wanted.of and each.purpose == wanted.purpose and not each.retired_at]
    if not active:
        raise NoKey
    return active[-1]


async def rotate(access: Opened, wanted: Wanted) -> Rotated:
    """Put a new key in the place of the one in use, and return both. Raises Denied, InvalidKeyRotation and NoKey."""
    await access.require("modify", KEY)
    before = await to_replace(access, wanted)
    algorithm = wanted.algorithm or before.algorithm
    done = {TOKENS: _tokens, SEALS: _seals, PSEUDONYMS: _pseudonyms}[wanted.of]
    if not await done(access, wanted, algorithm):
        raise NoKey("Another rotation was quicker. Look with `customer-inventory key list`.")
    await access.note("modify", KEY, "done", ())
    return Rotated(before, _in_use(await _register(access).keys.listed(), wanted))


async def _tokens(access: Opened, wanted: Wanted, algorithm: str) -> bool:
    pair, now = new_pair(algorithm), access.facilities.clock()
    return await _register(access).keys.rotate_signing(
        identifier=pair.id, algorithm=algorithm, private_key=pair.private, at=now, not_after=now + wanted.taken
    )


async def _seals(access: Opened, wanted: Wanted, algorithm: str) -> bool:  # noqa: ARG001  one of three
    store, now = access.facilities.repository.seals, access.facilities.clock()
    before = (await store.keys())[-1]
    return await store.rotate_key(new_key(algorithm, before=before, at=moment(now)), replaces=before.id, at=now)


async def _pseudonyms(access: Opened, wanted: Wanted, algorithm: str) -> bool:  # noqa: ARG001  there is one
    new = draw_key(_PSEUDONYM_BITS, access.facilities.randomness)
    now = access.facilities.clock()
    return await _register(access).keys.rotate_pseudonym(wanted.purpose or "", new=new, at=now)


def _register(access: Opened) -> Register:
    return access.facilities.repository.register
