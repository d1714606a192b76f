"""Blocks: what a second of the trail is sealed with, each naming the one before, signed (RFC 7515)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from customer_inventory.access.compact import head_of, is_canonical, payload_of
from customer_inventory.access.key_pairs import ES256, algorithm_of, imported, new_pair
from customer_inventory.repository.seals import SealKey

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


class Successor(msgspec.Struct, frozen=True, tag_field="@type", tag="TrailKey", forbid_unknown_fields=True):
    """The key that takes the place of another from a moment, said by the one that it replaces."""

    key: dict[str, Any]
    replaces: str
    at: str


def new_key(algorithm: str = ES256, *, before: SealKey | None = None, at: str = "") -> SealKey:
    """Return a new key; with one `before`, which it replaces at a moment, that vouches for it."""
    pair = new_pair(algorithm)
    vouch = None
    if before is not None:
        said = Successor(key=msgspec.json.decode(pair.public), replaces=before.id, at=at)
        vouch = signed(said, before)
    return SealKey(pair.id, pair.algorithm, pair.private, pair.public, vouch)


def said_in(text: str) -> Block | None:
    """Return the block that a seal speaks of, whoever signed it; None for what is none."""
    try:
        return msgspec.json.decode(payload_of(text), type=Block)
    except (ValueError, msgspec.DecodeError):
        return None


def is_public_key(text: bytes) -> bool:
    """Return whether a text is a JSON Web Key by which seals can be read."""
    try:
        return not imported(msgspec.json.decode(text)).is_private
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, msgspec.DecodeError):
        return False


def hash_of(block: Block) -> str:
    """Return the hash by which the next block names this one."""
    return sha256(msgspec.json.encode(block)).hexdigest()


def signed(said: Block | End | Successor, key: SealKey) -> str:
    """Return what is said, signed."""
    header = {"alg": key.algorithm, "kid": key.id}
    private = imported(msgspec.json.decode(key.private_key))
    return jws.serialize_compact(header, msgspec.json.encode(said), private, algorithms=[key.algorithm])


class Seals:
    """Reads what was signed with one of these public keys (JSON Web Keys as JSON), each by its own algorithm alone.

    Raises ValueError, TypeError or KeyError for what is no such key.
    """

    def __init__(self, public_keys: Sequence[bytes]) -> None:
        self._keys: dict[str, tuple[ECKey | OKPKey, str]] = {}
        for each in public_keys:
            self.add(msgspec.json.decode(each))

    def add(self, key: dict[str, Any]) -> None:
        """Read what was signed with this key, too."""
        try:
            self._keys[str(key["kid"])] = (imported(key), algorithm_of(key))
        except (JoseError, AttributeError) as error:
            raise ValueError("no public key") from error

    def block(self, text: str) -> Block:
        """Return the block that was signed. Raises NotSealed."""
        return msgspec.json.decode(self._payload(text), type=Block)

    def end(self, text: str) -> End:
        """Return the end of an export that was signed. Raises NotSealed."""
        return msgspec.json.decode(self._payload(text), type=End)

    def successor(self, text: str) -> Successor:
        """Return what was signed by the key that it names as the one before. Raises NotSealed."""
        said = msgspec.json.decode(self._payload(text), type=Successor)
        if said.replaces != signer(text):
            raise NotSealed
        return said

    def _payload(self, text: str) -> bytes:
        try:
            key, algorithm = self._keys[signer(text)]
            found = jws.deserialize_compact(text, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise NotSealed from error
        if not is_canonical(text):
            raise NotSealed
        return bytes(found.payload)


def signer(text: str) -> str:
    """Return the id of the key that a text says it is signed by, true or not. Raises ValueError for what is none."""
    try:
        return str(head_of(text)["kid"])
    except (TypeError, KeyError) as error:
        raise ValueError("no head") from error
