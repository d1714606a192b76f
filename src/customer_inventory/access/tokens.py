"""Access tokens: short-lived JSON Web Tokens after RFC 9068, signed with a key that the register keeps.

A token names a client; what the client may do is looked up, not carried, so a grant that changes or a client that is
revoked takes effect within a second on every server, whatever tokens are about.
"""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.register import Register

ISSUER = "customer-inventory"
LIFETIME_S = 600
_ALGORITHM = "ES256"
_LONGEST_TOKEN = 4096
_CACHE = 10_000


class InvalidToken(InventoryError):
    """The access token is missing, malformed, expired or not ours.

    Ask POST /oauth2/token for a new one with the client's credentials and send it as `Authorization: Bearer …`.
    """

    code = "invalid_token"
    failure = Failure.UNAUTHENTICATED


@dataclass(frozen=True, slots=True)
class _Known:
    client_id: str
    expires: float


class Tokens:
    """Issues and verifies access tokens with the signing keys of one inventory."""

    def __init__(self, register: Register, *, clock: Clock) -> None:
        self._register = register
        self._clock = clock
        self._keys = KeySet([])
        self._signing: ECKey | None = None
        self._cache: dict[str, _Known] = {}
        self._loaded = 0.0

    async def start(self) -> None:
        """Load the signing keys, making the first one for a new inventory."""
        await self._load()
        if self._signing is None:
            identifier = secrets.token_hex(8)
            key = ECKey.generate_key("P-256", {"kid": identifier})
            private = msgspec.json.encode(key.as_dict(private=True))
            await self._register.add_signing_key(identifier=identifier, private_key=private, at=self._clock())
            await self._load()

    def issue(self, client_id: str) -> str:
        """Return a token for the client, good for `LIFETIME_S` seconds."""
        if self._signing is None:
            raise RuntimeError("tokens were not started")
        now = int(self._clock().timestamp())
        header = {"alg": _ALGORITHM, "typ": "at+jwt", "kid": self._signing.kid}
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": client_id,
            "client_id": client_id,
            "iat": now,
            "exp": now + LIFETIME_S,
            "jti": secrets.token_urlsafe(12),
        }
        return jwt.encode(header, claims, self._signing, algorithms=[_ALGORITHM])

    async def verify(self, token: str) -> str:
        """Return the client that the token names. Raises InvalidToken."""
        known = self._cache.get(token)
        if known is None:
            known = await self._verified(token)
            if len(self._cache) >= _CACHE:
                self._cache.clear()
            self._cache[token] = known
        if known.expires <= self._clock().timestamp():
            raise InvalidToken
        return known.client_id

    async def _verified(self, token: str) -> _Known:
        if not 0 < len(token) <= _LONGEST_TOKEN:
            raise InvalidToken
        try:
            decoded = jwt.decode(token, await self._keys_for(token), algorithms=[_ALGORITHM])
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            # Beside its own errors the decoder lets through what a header of the wrong shape or depth makes of it.
            raise InvalidToken from error
        claims = decoded.claims
        client_id, expires = claims.get("client_id"), claims.get("exp")
        ours = decoded.header.get("typ") == "at+jwt" and claims.get("iss") == ISSUER and claims.get("aud") == ISSUER
        if not ours or not isinstance(client_id, str) or not isinstance(expires, int):
            raise InvalidToken
        return _Known(client_id, float(expires))

    async def _keys_for(self, token: str) -> KeySet:
        # Another server may have made the key since we looked; look again, but not at every forged token's bidding.
        if not self._keys.keys or (self._unknown_key(token) and time.monotonic() - self._loaded > 1):
            await self._load()
        return self._keys

    def _unknown_key(self, token: str) -> bool:
        try:
            header = msgspec.json.decode(_base64(token.partition(".")[0]), type=dict[str, object])
        except (ValueError, msgspec.MsgspecError):
            return False
        return header.get("kid") not in {key.kid for key in self._keys.keys}

    async def _load(self) -> None:
        keys = [ECKey.import_key(msgspec.json.decode(private)) for _, private in await self._register.signing_keys()]
        self._keys = KeySet(list(keys))
        self._signing = keys[-1] if keys else None
        self._loaded = time.monotonic()


def _base64(text: str) -> bytes:

    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
