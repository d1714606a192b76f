"""Assertions: a client proves who it is by a JSON Web Token that it signs itself (RFC 7523; OpenID Connect Core 9).

Its public keys are registered, so nothing secret is kept here. An assertion is short-lived, is for this inventory, and
is taken once, by whichever server. Which algorithm goes with a key is ours to say, never the assertion's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from customer_inventory.access.certificates import is_certificate
from customer_inventory.access.clients import InvalidClient, active_client
from customer_inventory.access.compact import payload_of
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.register import Client, Register

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256", "ES384", "ES512", "PS256", "RS256")
LASTS_S = 300
"""How far off the end of an assertion may be at most."""
_CLOCKS_DIFFER_S = 30
_LONGEST = 8192
_LONGEST_ID = 200
_LARGEST_SET = 32 * 1024
_MOST_KEYS = 10
_FITS = {"P-256": ("ES256",), "P-384": ("ES384",), "P-521": ("ES512",), "RSA": ("PS256", "RS256")}
_RSA_DIGITS = (2048 // 6, 8192 // 6 + 1)
"""How long a modulus is in base64url."""
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_HEAD = frozenset({"alg", "typ", "kid", "x5t", "x5t#S256"})
_TYPES = frozenset({"jwt", "application/jwt", "client-authentication+jwt", "application/client-authentication+jwt"})


class InvalidKeys(InventoryError):
    """The keys cannot be registered.

    Give a JSON Web Key Set of 1 to 10 public keys: EC on P-256, P-384 or P-521, or RSA of 2048 to 8192 bits.
    """

    code = "invalid-keys"
    failure = Failure.INVALID


class _Claims(msgspec.Struct):
    """What an assertion says, before anybody knows whether it is true: only where to look for keys."""

    sub: str


def public_keys(document: bytes | str | Mapping[str, Any]) -> list[str]:
    """Return the keys of a JSON Web Key Set, or of one key, each as JSON with its id. Raises InvalidKeys."""
    try:
        found = document if isinstance(document, Mapping) else msgspec.json.decode(document)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise InvalidKeys("The keys are not JSON.") from error
    keys = found.get("keys", [found]) if isinstance(found, Mapping) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST_KEYS or len(str(keys)) > _LARGEST_SET:
        raise InvalidKeys
    kept = [_public(each) for each in keys]
    if len({each["kid"] for each in kept}) < len(kept):
        raise InvalidKeys("Two of the keys have the same kid.")
    return [msgspec.json.encode(each).decode() for each in kept]


async def client_of_assertion(
    register: Register, assertion: str, *, audiences: Collection[str], clock: Clock
) -> Client:
    """Return the active client that signed an assertion, which is used up by that.

    Raises InvalidClient and RegistrationNotActive.
    """
    now = clock()
    named = _named(assertion)
    valid = await register.credentials.valid(named, at=now)
    claims = _verified(assertion, [each.public_key for each in valid if each.public_key is not None])
    expires = _checked(claims, named, audiences=audiences, now=now.timestamp())
    client = await active_client(register, named)
    digest = hashlib.sha256(str(claims["jti"]).encode("utf-8", "surrogatepass")).digest()
    # It is remembered for as long as any server would take it, however their clocks differ.
    until = datetime.fromtimestamp(expires + 2 * _CLOCKS_DIFFER_S, UTC)
    if not await register.credentials.use_assertion(named, digest, expires_at=until):
        raise InvalidClient("The assertion was used before. Sign one with a jti of its own for each request.")
    return client


def _named(assertion: str) -> str:
    """Return whom an assertion claims to be of. Raises InvalidClient."""
    try:
        named = msgspec.json.decode(payload_of(assertion[:_LONGEST]), type=_Claims).sub
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        raise InvalidClient("The assertion is no JSON Web Token with a subject.") from error
    if "\0" in named or not named.isascii() or len(assertion) > _LONGEST:
        raise InvalidClient
    return named


def _verified(assertion: str, keys: Sequence[str]) -> Mapping[str, Any]:
    """Return the claims of an assertion that one of the keys signed. Raises InvalidClient."""
    from customer_inventory.access.signing import Unreadable, read_with  # noqa: PLC0415  as above

    for text in keys:
        key = msgspec.json.decode(text)
        if is_certificate(key):
            continue
        try:
            head, claims = read_with(key, assertion, algorithms=_algorithms(key))
        except Unreadable:
            continue
        typed = str(head.get("typ", "JWT")).lower() in _TYPES
        if typed and head.keys() <= _HEAD and head.get("kid", key["kid"]) == key["kid"]:
            return claims
    raise InvalidClient("No registered key of the client signed this assertion.")


def _checked(claims: Mapping[str, Any], named: str, *, audiences: Collection[str], now: float) -> int:
    """Return when the assertion ends, if it says what it must (RFC 7523 section 3). Raises InvalidClient."""
    expires, audience = claims.get("exp"), claims.get("aud")
    if claims.get("iss") != named or claims.get("sub") != named:
        raise InvalidClient("Issuer and subject of the assertion are not both the client.")
    if not any(each in audiences for each in (audience if isinstance(audience, list) else [audience]) if _text(each)):
        raise InvalidClient("The assertion is for somebody else: its aud is not the address of this inventory.")
    if type(expires) is not int or not now < expires <= now + LASTS_S + _CLOCKS_DIFFER_S:
        raise InvalidClient(f"The assertion has expired, or ends more than {LASTS_S} seconds from now.")
    begins = (claims.get("nbf", 0), claims.get("iat", 0))
    if not all(type(moment) is int and moment <= now + _CLOCKS_DIFFER_S for moment in begins):
        raise InvalidClient("The assertion is not valid yet.")
    if not _text(claims.get("jti")) or not 0 < len(claims["jti"]) <= _LONGEST_ID:
        raise InvalidClient(f"The assertion has no jti of 1 to {_LONGEST_ID} characters.")
    return int(expires)


def _public(key: object) -> Mapping[str, Any]:
    """Return a public key with its id, if it is one that can verify assertions. Raises InvalidKeys."""
    # Imported here as in `tokens`: it loads cryptography, which most commands need not.
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import JWKRegistry  # noqa: PLC0415

    if not isinstance(key, dict) or _PRIVATE & key.keys() or not _suits(key):
        raise InvalidKeys
    try:
        imported = JWKRegistry.import_key(key)
        imported.ensure_kid()
        public: Mapping[str, Any] = imported.as_dict(private=False)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidKeys from error
    if not _text(public["kid"]) or not 0 < len(public["kid"]) <= _LONGEST_ID:
        raise InvalidKeys(f"A kid has 1 to {_LONGEST_ID} characters.")
    return public


def _text(value: object) -> bool:
    return isinstance(value, str)


def _suits(key: Mapping[str, Any]) -> bool:
    """Whether a key is one that can verify assertions."""
    allowed, digits = _algorithms(key), key.get("n", "")
    if key.get("kty") == "RSA" and (not _text(digits) or not _RSA_DIGITS[0] <= len(digits) <= _RSA_DIGITS[1]):
        return False
    return bool(allowed) and key.get("use", "sig") == "sig" and key.get("alg", allowed[0]) in allowed


def _algorithms(key: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the algorithms that go with a key; of its own `alg` only that one."""
    kind = {"EC": key.get("crv"), "RSA": "RSA"}.get(str(key.get("kty")))
    fitting = _FITS.get(str(kind), ())
    return (key["alg"],) if key.get("alg") in fitting else fitting
