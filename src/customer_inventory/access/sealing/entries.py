"""Entries of the trail as they are sealed: every word of them, but in place of the ids shown something that hides them.

An id stands in the seal as the SHA-256 of a salt and itself. Who has the salt can prove that the id is meant; without
it nobody can, not even by trying ids: so the trail of somebody who was erased can go on to be proved without naming
them. The salts of one entry grow from its seed as the leaves of a binary tree (Goldreich, Goldwasser and Micali, 1986),
so that one of them can be destroyed and the others still be made: by keeping the branches that lead to those alone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec

from customer_inventory.repository.seals import SealedEntry

_SALT_BYTES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record that an entry shows: its id and the salt, as hexadecimal digits, under which the seal holds it."""

    id: str
    salt: str


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
        held = [commitment(UUID(each.id).bytes, bytes.fromhex(each.salt)) for each in self.record]
        said = [getattr(self, name) for name in _SAID]
        return _leaf((UUID(self.id).bytes, _microseconds(self.at), *said, held))


_SAID = tuple(name for name in Entry.__struct_fields__ if name not in {"id", "at", "record"})


def exported(row: SealedEntry) -> Entry:
    """Return an entry as it is exported."""
    salts = salts_of(row.seed, len(row.record_ids))
    shown = (Shown(str(UUID(bytes=each)), salt.hex()) for each, salt in zip(row.record_ids, salts, strict=True))
    at = moment(_EPOCH + timedelta(microseconds=row.at))
    return Entry(*(str(UUID(bytes=row.id)), at, *row[2:9], tuple(row.attributes or ()), tuple(shown)))


def leaf_of(row: SealedEntry) -> bytes:
    """Return what is sealed of an entry: `exported(row).leaf`, in a third of the time, for every read makes one."""
    salts = salts_of(row.seed, len(row.record_ids))
    held = [commitment(each, salt) for each, salt in zip(row.record_ids, salts, strict=True)]
    return _leaf((*row[:9], row.attributes or (), held))


def commitment(identifier: bytes, salt: bytes) -> bytes:
    """Return what stands in a seal for the 16 bytes of an id."""
    return sha256(salt + identifier).digest()


def salts_of(seed: bytes | None, number: int) -> list[bytes]:
    """Return the salts of an entry with so many ids; empty ones where it has no seed: it is older than seals are."""
    if seed is None or not number:
        return [b""] * number
    level = [seed]
    for left in range((number - 1).bit_length() - 1, -1, -1):
        wanted = -(-number >> left)
        level = [_branch(each, side) for each in level for side in (b"\x00", b"\x01")][:wanted]
    return level


def moment(at: datetime) -> str:
    """Return a point in time as it is sealed."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _branch(seed: bytes, side: bytes) -> bytes:
    return sha256(seed + side).digest()[:_SALT_BYTES]


def _microseconds(at: str) -> int:
    since = datetime.fromisoformat(at) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_leaf = msgspec.msgpack.Encoder().encode
"""What is hashed of an entry: MessagePack, in which equal values are written in one way and different ones are not."""
