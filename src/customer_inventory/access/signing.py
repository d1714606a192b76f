"""Signing: the keys of one inventory, and JSON Web Tokens made and read with them (ES256, RFC 7518)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

_ALGORITHM = "ES256"
_TYPE = "at+jwt"


class Unreadable(Exception):
    """A text is no access token of these keys."""


def new_key() -> tuple[str, bytes]:
    """Return a new key: its id, and itself as JSON."""
    identifier = secrets.token_hex(8)
    key = ECKey.generate_key("P-256", {"kid": identifier})
    return identifier, msgspec.json.encode(key.as_dict(private=True))


class Signing:
    """Makes and reads tokens with keys, of which the last one signs."""

    def __init__(self, private_keys: Sequence[bytes]) -> None:
        keys = [ECKey.import_key(msgspec.json.decode(private)) for private in private_keys]
        self._keys = KeySet(list(keys))
        self._last = keys[-1]
        self.ids = frozenset(key.kid for key in keys)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return the token that makes these claims."""
        header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": self._last.kid}
        return jwt.encode(header, dict(claims), self._last, algorithms=[_ALGORITHM])

    def read(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token, whoever made it and whenever it expires. Raises Unreadable."""
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[_ALGORITHM])
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            # Beside its own errors the decoder lets through what a header of the wrong shape or depth makes of it.
            raise Unreadable from error
        if decoded.header.get("typ") != _TYPE:
            raise Unreadable
        return decoded.claims
