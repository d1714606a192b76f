"""Blocks: what a second of the trail is sealed with, each naming the one before, signed (ES256, RFC 7515, RFC 7518)."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from customer_inventory.repository.seals import SealKey

_ALGORITHM = "ES256"
NOTHING = "0" * 64
"""What the first block names in place of one before it."""


class NotSealed(Exception):
    """A text is signed by none of the keys, or is no seal."""


class Block(
    msgspec.Struct, frozen=True, rename="camel", tag_field="@type", tag="TrailBlock", forbid_unknown_fields=True
):
    """What is sealed: so many entries, of places from `first` up to but not including `next`, under one root.

    `previous` is the hash of the block before. `root` is that of the tree of the entries, in order of place and id.
    """

    number: int
    first: int
    next: int
    entries: int
    root: str
    previous: str
    at: str


class End(msgspec.Struct, frozen=True, rename="camel", tag_field="@type", tag="TrailEnd", forbid_unknown_fields=True):
    """How an export ends: with the number and hash of its last block, and the SHA-256 of every line before."""

    number: int
    hash: str
    lines: str
    at: str


def new_key() -> tuple[str, bytes, bytes]:
    """Return a new key: its id, and itself, private and public, as JSON."""
    identifier = secrets.token_hex(8)
    key = ECKey.generate_key("P-256", {"kid": identifier})
    return (
        identifier,
        msgspec.json.encode(key.as_dict(private=True)),
        msgspec.json.encode(key.as_dict(private=False)),
    )


def said_in(text: str) -> Block | None:
    """Return the block that a seal speaks of, whoever signed it; None for what is none."""
    try:
        return msgspec.json.decode(_bytes_of(text.split(".")[1]), type=Block)
    except (IndexError, ValueError, msgspec.DecodeError):
        return None


def is_public_key(text: bytes) -> bool:
    """Return whether a text is a JSON Web Key by which seals can be read."""
    try:
        return not ECKey.import_key(msgspec.json.decode(text)).is_private
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, msgspec.DecodeError):
        return False


def hash_of(block: Block) -> str:
    """Return the hash by which the next block names this one."""
    return sha256(msgspec.json.encode(block)).hexdigest()


def signed(said: Block | End, key: SealKey) -> str:
    """Return what is said, signed."""
    private = ECKey.import_key(msgspec.json.decode(key.private_key))
    header = {"alg": _ALGORITHM, "kid": key.id}
    return jws.serialize_compact(header, msgspec.json.encode(said), private, algorithms=[_ALGORITHM])


class Seals:
    """Reads what was signed with one of these public keys (JSON Web Keys as JSON)."""

    def __init__(self, public_keys: Sequence[bytes]) -> None:
        self._keys = KeySet([ECKey.import_key(msgspec.json.decode(each)) for each in public_keys])

    def block(self, text: str) -> Block:
        """Return the block that was signed. Raises NotSealed."""
        return msgspec.json.decode(self._payload(text), type=Block)

    def end(self, text: str) -> End:
        """Return the end of an export that was signed. Raises NotSealed."""
        return msgspec.json.decode(self._payload(text), type=End)

    def _payload(self, text: str) -> bytes:
        try:
            found = jws.deserialize_compact(text, self._keys, algorithms=[_ALGORITHM])
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise NotSealed from error
        if not all(map(_written_in_one_way, text.split("."))):
            raise NotSealed
        return bytes(found.payload)


def _bytes_of(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _written_in_one_way(part: str) -> bool:
    """Whether no other text stands for the same bytes: the last letter of base64 has bits that nobody reads."""
    return urlsafe_b64encode(_bytes_of(part)).rstrip(b"=") == part.encode()
