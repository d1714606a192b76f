"""Access tokens: short-lived JSON Web Tokens after RFC 9068, signed with keys that the register keeps.

A token names a client; what the client may do is looked up, not carried, so a grant that changes or a client that is
revoked takes effect within a second on every server, whatever tokens are about.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.keys import SigningKey
from customer_inventory.repository.register import Register

if TYPE_CHECKING:
    from customer_inventory.access.signing import Signing

ISSUER = "customer-inventory"
LIFETIME_S = 600
_BOUND = "x5t#S256"
_LONGEST_TOKEN = 4096
_CLOCKS_DIFFER_S = 30
"""How far the clocks of two servers may be apart: a token of the other one may come from the future by so much."""
_CACHE = 10_000
_SEEN_LASTS_S = 0.5
"""How long a server goes by the keys and revoked tokens that it knows of: with the queries, well within a second."""
_LOADS_EVERY_S = 0.1


class InvalidToken(InventoryError):
    """The access token is missing, malformed, expired or not ours.

    Ask POST /oauth2/token for a new one with the client's credentials and send it as `Authorization: Bearer …`.
    """

    code = "invalid_token"
    failure = Failure.UNAUTHENTICATED


class ForeignToken(InventoryError):
    """The token is another client's, so it is not revoked.

    A client revokes its own tokens; whoever governs registrations suspends or revokes a client.
    """

    code = "unauthorized_client"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Read:
    """What a token says: whose it is, and when it was issued and ends, in seconds since 1970."""

    client_id: str
    issued: int
    expires: int
    digest: bytes
    """Of its id, by which it is revoked."""
    bound: str | None = None
    """The SHA-256 of the certificate that it is bound to (RFC 8705 section 3.1)."""
    scope: tuple[str, ...] | None = None
    """What it is narrowed to (RFC 9068 section 2.2.3); None where it is not."""


class _Head(msgspec.Struct):
    kid: str = ""


class Tokens:
    """Issues and verifies access tokens with the signing keys of one inventory.

    `issuer` is the address by which clients know it (RFC 8414); tokens from before it had one are taken, too.
    """

    def __init__(self, register: Register, *, clock: Clock, issuer: str = ISSUER) -> None:
        self._register = register
        self._clock = clock
        self._issuer = issuer
        self._signing: Signing | None = None
        self._cache: dict[str, Read] = {}
        self._keys: list[SigningKey] = []
        self._loaded = float("-inf")
        self._loading = asyncio.Lock()
        self._revoked: frozenset[bytes] = frozenset()
        self._looked = float("-inf")

    async def start(self) -> None:
        """Load the signing keys, making the first one for a new inventory."""
        # Imported here: with the cryptography that it loads it takes 0.1 s, and commands deal in no tokens.
        from customer_inventory.access.key_pairs import new_pair  # noqa: PLC0415

        if await self._load() is None:
            pair = new_pair()
            await self._register.keys.add_signing(
                identifier=pair.id, algorithm=pair.algorithm, private_key=pair.private, at=self._clock()
            )
            await self._load()

    async def look(self) -> None:
        """See which keys sign by now and which tokens are revoked, unless that was seen a moment ago."""
        if time.monotonic() - self._looked > _SEEN_LASTS_S:
            before, self._looked = self._looked, time.monotonic()  # one looks, and the others need not wait
            try:
                await self._load()
                self._revoked = await self._register.credentials.revoked_tokens(at=self._clock())
            except BaseException:
                self._looked = before
                raise

    def issue(
        self,
        client_id: str,
        *,
        lasts_s: int = LIFETIME_S,
        bound: str | None = None,
        scope: tuple[str, ...] | None = None,
    ) -> str:
        """Return a token for the client, good for so many seconds, `LIFETIME_S` at most.

        With `bound` it is good only with the certificate of this SHA-256 (RFC 8705), with `scope` only for that.
        """
        if self._signing is None:
            raise RuntimeError("tokens were not started")
        now = int(self._clock().timestamp())
        return self._signing.sign(
            {
                "iss": self._issuer,
                "aud": ISSUER,
                "sub": client_id,
                "client_id": client_id,
                "iat": now,
                "exp": now + min(lasts_s, LIFETIME_S),
                "jti": secrets.token_urlsafe(12),
                **({"cnf": {_BOUND: bound}} if bound is not None else {}),
                **({"scope": " ".join(scope)} if scope is not None else {}),
            }
        )

    async def public_keys(self) -> Mapping[str, Any]:
        """Return the keys by which others verify tokens, as a JSON Web Key Set: none before the first is made."""
        await self.look()
        return self._signing.public() if self._signing is not None else {"keys": []}

    async def verify(self, token: str) -> str:
        """Return the client that the token names. Raises InvalidToken."""
        return (await self.read(token)).client_id

    async def read(self, token: str) -> Read:
        """Return what a token says. Raises InvalidToken."""
        await self.look()
        known = self._cache.get(token)
        if known is None:
            known = await self._verified(token)
            if len(self._cache) >= _CACHE:
                self._cache.clear()
            self._cache[token] = known
        if known.expires <= self._clock().timestamp() or known.digest in self._revoked:
            raise InvalidToken
        return known

    async def revoke(self, token: str, *, client_id: str) -> None:
        """Take a token of a client no more, on any server from a second from now; what is no token needs no more.

        RFC 7009 section 2. Raises ForeignToken.
        """
        try:
            known = await self._verified(token)
        except InvalidToken:
            return
        if known.client_id != client_id:
            raise ForeignToken
        if known.expires <= self._clock().timestamp():
            return
        expires_at = datetime.fromtimestamp(known.expires, UTC)
        await self._register.credentials.revoke_token(known.digest, expires_at=expires_at)
        self._revoked |= {known.digest}

    async def _verified(self, token: str) -> Read:
        from customer_inventory.access.signing import Unreadable  # noqa: PLC0415  as in `start`

        if not 0 < len(token) <= _LONGEST_TOKEN:
            raise InvalidToken
        signing = await self._signing_for(token)
        if signing is None:
            raise InvalidToken
        try:
            claims = signing.read(token)
        except Unreadable as error:
            raise InvalidToken from error
        return _known(claims, issuers=(self._issuer, ISSUER), now=self._clock().timestamp())

    async def _signing_for(self, token: str) -> Signing | None:
        if self._signing is None or self._unknown_key(token):
            await self._load_anew()
        return self._signing

    async def _load_anew(self) -> None:
        """Load the keys as they are after this is called: another server may sign with one since a moment ago.

        Forged tokens that name keys of nobody wait for each other, and are looked up ten times a second together.
        """
        asked = time.monotonic()
        async with self._loading:
            if self._loaded < asked:
                await asyncio.sleep(max(0.0, self._loaded + _LOADS_EVERY_S - asked))
                await self._load()

    def _unknown_key(self, token: str) -> bool:
        try:
            head = msgspec.json.decode(_base64(token.partition(".")[0]), type=_Head)
        except (ValueError, RecursionError, msgspec.MsgspecError):
            return False
        return self._signing is None or head.kid not in self._signing.ids

    async def _load(self) -> Signing | None:
        from customer_inventory.access.signing import Signing  # noqa: PLC0415  as in `start`

        begun = time.monotonic()
        keys = await self._register.keys.signing(at=self._clock())
        if begun < self._loaded:
            return self._signing  # what was asked for later came sooner
        if keys != self._keys:
            self._keys, self._signing = keys, Signing(keys) if keys else None
            self._cache.clear()  # a key may be gone, and with it every token that it signed
        self._loaded = begun
        return self._signing


def _known(claims: Mapping[str, Any], *, issuers: Collection[str], now: float) -> Read:
    """Return whom the claims name, if they are those of one of our tokens, whole. Raises InvalidToken.

    RFC 9068 sections 2.2 and 4. A token of ours speaks for a client alone, so its subject is the client.
    """
    subject, audience, expires = claims.get("sub"), claims.get("aud"), claims.get("exp")
    if not any(claims.get("iss") == issuer for issuer in issuers) or ISSUER not in (
        audience if isinstance(audience, list) else [audience]
    ):
        raise InvalidToken
    if not isinstance(subject, str) or subject != claims.get("client_id") or not isinstance(claims.get("jti"), str):
        raise InvalidToken
    begins = (claims.get("iat"), claims.get("nbf", 0))
    if not all(type(moment) is int and moment <= now + _CLOCKS_DIFFER_S for moment in begins):
        raise InvalidToken
    if type(expires) is not int or expires > now + _CLOCKS_DIFFER_S + LIFETIME_S:
        raise InvalidToken
    digest = hashlib.sha256(str(claims["jti"]).encode("utf-8", "surrogatepass")).digest()
    return Read(subject, int(begins[0] or 0), expires, digest, _bound(claims.get("cnf")), _scope(claims))


def _bound(confirmation: object) -> str | None:
    """Return what a token is bound to; one that is bound in a way that is not known here is nobody's."""
    if confirmation is None:
        return None
    bound = confirmation.get(_BOUND) if isinstance(confirmation, dict) and len(confirmation) == 1 else None
    if not isinstance(bound, str):
        raise InvalidToken
    return bound


def _scope(claims: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what a token is narrowed to; one whose scope cannot be read is nobody's."""
    if "scope" not in claims:
        return None
    if not isinstance(claims["scope"], str):
        raise InvalidToken
    return tuple(claims["scope"].split(" "))


def _base64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
