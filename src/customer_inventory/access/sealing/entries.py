"""Entries of the trail as they are sealed: every word of them, but in place of the ids shown something that hides them.

An id stands in the seal as the SHA-256 of a salt and itself. Who has the salt can prove that the id is meant; without
it nobody can, not even by trying ids: so the trail of somebody who was erased can go on to be proved without naming
them. The salts of one entry are squeezed out of its seed by SHAKE256 (FIPS 202, 6.2), from which neither the seed nor
one salt can be told by the others: so one of them is destroyed by keeping those in place of the seed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256, shake_256
from uuid import UUID

import msgspec

SALT_BYTES = 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Shown(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A record that an entry shows: its id and the salt, as hexadecimal digits, under which the seal holds it.

    Of one that was erased there is neither, but what the seal holds of it: `erased`, a hash whose salt was destroyed.
    """

    id: str
    salt: str
    erased: str | None = None

    @property
    def held(self) -> bytes:
        """What the seal holds of it. Raises ValueError for an id, a salt or a hash that is none."""
        if self.erased is None:
            return commitment(UUID(self.id).bytes, bytes.fromhex(self.salt))
        told = bytes.fromhex(self.erased)
        if self.id or self.salt or len(told) != sha256().digest_size:
            raise ValueError("an erased record has an id, or no hash")
        return told


class Entry(
    msgspec.Struct, frozen=True, rename="camel", tag_field="@type", tag="TrailEntry", forbid_unknown_fields=True
):
    """An entry of the trail as it is exported; `record` are those that it shows."""

    id: str
    at: str
    client_id: str
    person: str | None
    purpose: str
    verb: str
    kind: str
    outcome: str
    request_id: str
    attribute: tuple[str, ...]
    record: tuple[Shown, ...]

    @property
    def leaf(self) -> bytes:
        """What is sealed of it. Raises ValueError for an id, a time or a salt that is none."""
        held = [each.held for each in self.record]
        said = [getattr(self, name) for name in _SAID]
        return packed((UUID(self.id).bytes, _microseconds(self.at), *said, held))


_SAID = tuple(name for name in Entry.__struct_fields__ if name not in {"id", "at", "record"})


def commitment(identifier: bytes, salt: bytes) -> bytes:
    """Return what stands in a seal for the 16 bytes of an id."""
    return sha256(salt + identifier).digest()


def salts_of(seed: bytes | None, number: int) -> list[bytes]:
    """Return the salts of an entry with so many ids; empty ones where it has no seed: it is older than seals are.

    Every read makes them when it is sealed: out of one hash, as a tree of hashes took a list of twenty 40 us more.
    """
    if seed is None:
        return [b""] * number
    return in_salts(shake_256(seed).digest(SALT_BYTES * number))


def in_salts(together: bytes) -> list[bytes]:
    """Return the salts that stand in these bytes one behind the other."""
    return [together[at : at + SALT_BYTES] for at in range(0, len(together), SALT_BYTES)]


def moment(at: datetime) -> str:
    """Return a point in time as it is sealed."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _microseconds(at: str) -> int:
    since = datetime.fromisoformat(at) - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


packed = msgspec.msgpack.Encoder().encode
"""What is hashed of an entry: MessagePack, in which equal values are written in one way and different ones are not."""
