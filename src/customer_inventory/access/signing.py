"""Signing: JSON Web Tokens made and read with the keys of one inventory, each with the algorithm of its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry

from customer_inventory.access.compact import head_of, is_canonical
from customer_inventory.access.key_pairs import imported
from customer_inventory.repository.keys import SigningKey

_TYPE = "at+jwt"
_TYPES = frozenset({_TYPE, f"application/{_TYPE}"})
_HEAD = frozenset({"alg", "typ", "kid"})


class Unreadable(Exception):
    """A text is no access token of these keys."""


class Signing:
    """Makes and reads tokens with keys, of which the active one signs."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        self._keys = {each.id: (imported(msgspec.json.decode(each.key)), each.algorithm) for each in keys}
        self._active = next((each.id for each in reversed(keys) if each.active), None)
        self.ids = frozenset(self._keys)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return the token that makes these claims."""
        if self._active is None:
            raise RuntimeError("no key is active")
        key, algorithm = self._keys[self._active]
        header = {"alg": algorithm, "typ": _TYPE, "kid": self._active}
        return jwt.encode(header, dict(claims), key, algorithms=[algorithm])

    def public(self) -> Mapping[str, Any]:
        """Return the keys by which others verify what these sign, as a JSON Web Key Set (RFC 7517 section 5)."""
        keys = ((key.as_dict(private=False), algorithm) for key, algorithm in self._keys.values())
        return {"keys": [{**key, "use": "sig", "alg": algorithm} for key, algorithm in keys]}

    def read(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token, whoever made it and whenever it expires. Raises Unreadable.

        The token names one of our keys, and the algorithm is that of the key, never the token's choice: a head that
        brings a key or the address of one, or asks for an extension, is of no token that was made here (RFC 8725
        sections 3.1 and 3.10). It must say that it is an access token (RFC 9068 section 4).
        """
        if not is_canonical(token):
            raise Unreadable
        try:
            key, algorithm = self._keys[str(head_of(token)["kid"])]
            decoded = jwt.decode(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            # Beside its own errors the decoder lets through what a header of the wrong shape or depth makes of it.
            raise Unreadable from error
        head = decoded.header
        if head.keys() != _HEAD or str(head["typ"]).lower() not in _TYPES or head["kid"] not in self.ids:
            raise Unreadable
        return decoded.claims


def read_with(
    key: Mapping[str, Any], token: str, *, algorithms: Sequence[str]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return head and claims of a token that the key signed by one of these algorithms. Raises Unreadable."""
    if not is_canonical(token):
        raise Unreadable
    try:
        decoded = jwt.decode(token, JWKRegistry.import_key(dict(key)), algorithms=list(algorithms))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Unreadable from error
    return decoded.header, decoded.claims
