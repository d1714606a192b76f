"""Identifiers: RFC 9562 UUIDv8 that say where their record lives.

Layout (most significant bit first): 48 bits Unix time in milliseconds, 4 bits version (8), 12 bits *bucket*, 2 bits
variant (0b10), 62 random bits. A party draws a bucket; everything that belongs to the party takes the party's, so one
bucket holds a customer whole (DESIGN 3).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

BUCKETS = 4096

_VERSION = 8
_VARIANT = 0b10

Randomness = Callable[[int], int]
"""A source of randomness: given a number of bits, an integer of at most that many random bits."""


def new_id(*, bucket: int, at: datetime, randomness: Randomness = secrets.randbits) -> UUID:
    """Return a new identifier in `bucket` (0 to 4095) for the time `at` (aware, from 1970 to 10889).

    Raises ValueError when the bucket is out of range.
    """
    if not 0 <= bucket < BUCKETS:
        raise ValueError(f"bucket {bucket} is not between 0 and {BUCKETS - 1}")
    milliseconds = int(at.timestamp() * 1000)
    high = (milliseconds & 0xFFFF_FFFF_FFFF) << 16 | _VERSION << 12 | bucket
    return UUID(int=high << 64 | _VARIANT << 62 | randomness(62))


def draw_key(bits: int, randomness: Randomness = secrets.randbits) -> bytes:
    """Return a new key of so many random bits, a multiple of eight."""
    return randomness(bits).to_bytes(bits // 8)


def draw_bucket(randomness: Randomness = secrets.randbits) -> int:
    """Return a random bucket, for a party that is new."""
    return randomness(12)


def bucket_of(identifier: UUID) -> int:
    """Return the bucket that `identifier` carries."""
    return (identifier.int >> 64) & 0xFFF


def parse_id(text: str) -> UUID | None:
    """Return the identifier that `text` spells in canonical form, or None when it is not one of ours.

    Ours are lower-case hyphenated UUIDs of version 8; anything else cannot name a record, so a caller answers
    "not found" without asking the database.
    """
    if len(text) != 36:
        return None
    try:
        identifier = UUID(text)
    except ValueError:
        return None
    return identifier if identifier.version == _VERSION and str(identifier) == text else None
