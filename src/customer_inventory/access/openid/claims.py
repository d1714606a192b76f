"""Claims: what an ID token says, once it is sure that the provider says it, of this sign-in, to this inventory, now.

OpenID Connect Core 3.1.3.7. Which algorithm goes with a key is ours to say, never the token's.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from customer_inventory.access.compact import head_of
from customer_inventory.errors import Failure, InventoryError

LONGEST_TOKEN = 32 * 1024
CLOCKS_DIFFER_S = 60
_OLDEST_S = 600
_LONGEST_SUBJECT = 255
_FITS = {"P-256": ("ES256",), "P-384": ("ES384",), "P-521": ("ES512",), "RSA": ("RS256", "PS256", "RS384", "RS512")}
_SHORTEST_MODULUS = 2048 // 6


class NotVouched(InventoryError):
    """The provider's answer cannot be taken for a sign-in.

    Sign in again, from the sign-in page.
    """

    code = "not-vouched"
    failure = Failure.UNAUTHENTICATED

    def __init__(self, why: str, message: str | None = None) -> None:
        super().__init__(message)
        self.why = why
        """What was wrong, in a word, for the log."""


def verified(
    token: object, keys: Iterable[Mapping[str, Any]], *, issuer: str, client_id: str, nonce: str, now: float
) -> Mapping[str, Any]:
    """Return the claims of an ID token. Raises NotVouched."""
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN:
        raise NotVouched("no-token")
    claims = _signed(token, keys)
    if claims.get("iss") != issuer:
        raise NotVouched("issuer")
    audience = claims.get("aud")
    several = audience if isinstance(audience, list) else [audience]
    if client_id not in several or claims.get("azp", client_id) != client_id:
        raise NotVouched("audience")
    if len(several) > 1 and "azp" not in claims:
        raise NotVouched("audience")
    _check_times(claims, now)
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode("utf-8", "surrogatepass"), nonce.encode()):
        raise NotVouched("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or "\0" in subject:
        raise NotVouched("subject")
    return claims


def kid_of(token: object) -> str | None:
    """Return the id of the key that a token says it is signed with; it need not be true."""
    try:
        kid = head_of(token[:LONGEST_TOKEN]).get("kid") if isinstance(token, str) else None
    except (ValueError, AttributeError):
        return None
    return kid if isinstance(kid, str) else None


def _signed(token: str, keys: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    from customer_inventory.access.signing import Unreadable, read_with  # noqa: PLC0415  as above

    for key in keys:
        try:
            head, claims = read_with(key, token, algorithms=_algorithms(key))
        except Unreadable:
            continue
        if isinstance(claims, Mapping) and "crit" not in head:
            return claims
    raise NotVouched("signature")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued, begins = claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in (expires, issued, begins)):
        raise NotVouched("times")
    if expires <= now - CLOCKS_DIFFER_S or issued <= now - _OLDEST_S:  # type: ignore[operator]
        raise NotVouched("expired")
    if max(issued, begins) > now + CLOCKS_DIFFER_S:
        raise NotVouched("times")


def _algorithms(key: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the algorithms that go with a key of the provider; none for one that is none to sign with."""
    if key.get("use", "sig") != "sig":
        return ()
    kind = {"EC": key.get("crv"), "RSA": "RSA"}.get(str(key.get("kty")))
    if kind == "RSA" and len(str(key.get("n", ""))) < _SHORTEST_MODULUS:
        return ()
    fitting = _FITS.get(str(kind), ())
    return tuple(each for each in fitting if key.get("alg", each) == each)
