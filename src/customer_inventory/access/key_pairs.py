"""Key pairs that sign: each with the one algorithm that it is for (RFC 7518, RFC 9864), which stands in its row."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from joserfc.jwk import ECKey, KeyParameters, OKPKey

ES256, ED25519 = "ES256", "Ed25519"
ALGORITHMS = (ES256, ED25519)
"""By what is signed, the first unless another is chosen: ECDSA on P-256, and EdDSA on edwards25519."""
_OF_CURVE = {("EC", "P-256"): ES256, ("OKP", "Ed25519"): ED25519}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A new key: its id, its algorithm, and itself, private and public, as JSON Web Keys (RFC 7517) as JSON."""

    id: str
    algorithm: str
    private: bytes
    public: bytes


def new_pair(algorithm: str = ES256) -> KeyPair:
    """Return a new key for one of `ALGORITHMS`."""
    identifier = secrets.token_hex(8)
    named: KeyParameters = {"kid": identifier}
    key = ECKey.generate_key("P-256", named) if algorithm == ES256 else OKPKey.generate_key("Ed25519", named)
    private, public = (msgspec.json.encode(key.as_dict(private=each)) for each in (True, False))
    return KeyPair(identifier, algorithm, private, public)


def algorithm_of(key: Mapping[str, Any]) -> str:
    """Return the only algorithm that a JSON Web Key is for. Raises ValueError for a key of another kind."""
    found = _OF_CURVE.get((str(key.get("kty")), str(key.get("crv"))))
    if found is None or key.get("alg", found) != found:
        raise ValueError("no key of an algorithm that signs here")
    return found


def imported(key: Mapping[str, Any]) -> ECKey | OKPKey:
    """Return a JSON Web Key to sign or verify with. Raises ValueError, or what the library makes of a broken one."""
    return ECKey.import_key(dict(key)) if algorithm_of(key) == ES256 else OKPKey.import_key(dict(key))
