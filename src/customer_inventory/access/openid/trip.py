"""A trip: what goes with a browser to the provider and back, so that only the browser that left can come back.

One random value in a cookie of the browser is all that is kept. State, nonce and the verifier of the code are made of
it: any server can answer who comes back, and what the provider or a log sees of one tells nothing of the others.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Trip:
    """One way to the provider and back."""

    secret: str

    @classmethod
    def begun(cls) -> Trip:
        """Return a new trip."""
        return cls(secrets.token_urlsafe(32))

    @property
    def state(self) -> str:
        """What the answer must repeat (RFC 6749 section 10.12)."""
        return self._made("state")

    @property
    def nonce(self) -> str:
        """What the ID token must repeat (OpenID Connect Core 3.1.2.1)."""
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        """What proves to the provider that the code comes back from where it was asked for (RFC 7636 section 4.1)."""
        return self._made("verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier beforehand (RFC 7636 section 4.2, S256)."""
        return _base64(hashlib.sha256(self.verifier.encode()).digest())

    def _made(self, name: str) -> str:
        return _base64(hmac.digest(self.secret.encode(), name.encode(), "sha256"))


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
