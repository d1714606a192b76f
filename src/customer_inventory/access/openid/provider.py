"""The provider: where it asks people who they are, and with which keys it signs what it says of them.

Both are read from its discovery document (OpenID Connect Discovery 1.0) and kept for a time; a key that is not known is
looked for again, at most every ten seconds.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

import msgspec

from customer_inventory.access.openid.claims import NotVouched, kid_of, verified
from customer_inventory.access.openid.fetching import Fetching, ProviderUnavailable, is_safe
from customer_inventory.access.openid.trip import Trip
from customer_inventory.clock import Clock
from customer_inventory.settings import InvalidSetting

_LASTS_S = 600.0
_AGAIN_S = 10.0
_MOST_KEYS = 100
_LONGEST_CODE = 4096
_SCOPE = "openid profile email"


class _Discovered(msgspec.Struct):
    """The parts of a discovery document that are used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(default_factory=lambda: ["client_secret_basic"])
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    """The OpenID provider at which people of this inventory sign in; `back` is where it sends them after."""

    def __init__(self, *, issuer: str, client_id: str, client_secret: str | None, back: str, clock: Clock) -> None:
        if not is_safe(issuer) or "?" in issuer:
            raise InvalidSetting("--oidc-issuer is no address of https without query and fragment.")
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._back = back
        self._clock = clock
        self._fetching = Fetching()
        self._lock = asyncio.Lock()
        self._discovered: _Discovered | None = None
        self._keys: list[Mapping[str, Any]] = []
        self._read = float("-inf")

    @property
    def issuer(self) -> str:
        """The issuer that identifies the provider."""
        return self._issuer

    async def ask(self, trip: Trip) -> str:
        """Return the address at which the provider asks a person who they are. Raises ProviderUnavailable."""
        found = await self._known()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._back,
            "scope": _SCOPE,
            "state": trip.state,
            "nonce": trip.nonce,
            "code_challenge": trip.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in found.authorization_endpoint else "?"
        return f"{found.authorization_endpoint}{joint}{urlencode(asked)}"

    async def hear(self, trip: Trip, answer: Mapping[str, str]) -> Mapping[str, Any]:
        """Return what the provider says of who came back with its answer. Raises NotVouched or ProviderUnavailable."""
        found = await self._known()
        stated = answer.get("iss")
        if stated != self._issuer and (stated is not None or found.authorization_response_iss_parameter_supported):
            raise NotVouched("issuer")  # RFC 9207 section 2.4
        code = answer.get("code", "")
        if "error" in answer or not 0 < len(code) <= _LONGEST_CODE:
            raise NotVouched("refused", "The provider did not let you in.")
        token = await self._redeem(found, code, trip)
        keys = await self._keys_for(token)
        return verified(
            token,
            keys,
            issuer=self._issuer,
            client_id=self._client_id,
            nonce=trip.nonce,
            now=self._clock().timestamp(),
        )

    async def _redeem(self, found: _Discovered, code: str, trip: Trip) -> object:
        """Give the code for the ID token (OpenID Connect Core 3.1.3). Raises NotVouched or ProviderUnavailable."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": trip.verifier,
        }
        headers: dict[str, str] = {}
        if self._client_secret is None:
            form["client_id"] = self._client_id
        elif "client_secret_basic" in found.token_endpoint_auth_methods_supported:
            proof = f"{quote_plus(self._client_id)}:{quote_plus(self._client_secret)}"
            headers["authorization"] = "Basic " + base64.b64encode(proof.encode()).decode()
        else:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        body = urlencode(form).encode()
        status, answer = await self._fetching.post(found.token_endpoint, headers=headers, body=body)
        if status >= 500:
            raise ProviderUnavailable(f"The OpenID provider answered {status}.")
        if status != 200 or not isinstance(answer, dict):
            raise NotVouched("code")
        return answer.get("id_token")

    async def _keys_for(self, token: object) -> list[Mapping[str, Any]]:
        """Return the keys that may have signed a token, read anew where its key is none of those that are known."""
        kid = kid_of(token)
        found = self._fitting(kid)
        if not found:
            await self._look(_AGAIN_S)
            found = self._fitting(kid)
        return found

    def _fitting(self, kid: str | None) -> list[Mapping[str, Any]]:
        return [key for key in self._keys if kid is None or key.get("kid", kid) == kid]

    async def _known(self) -> _Discovered:
        await self._look(_LASTS_S)
        if self._discovered is None:
            raise ProviderUnavailable
        return self._discovered

    async def _look(self, lasts_s: float) -> None:
        """Read the discovery document and the keys, if what is known is older; what is known holds where that fails."""
        if time.monotonic() - self._read <= lasts_s:
            return
        async with self._lock:
            if time.monotonic() - self._read <= lasts_s:
                return
            try:
                discovered, keys = await self._asked()
            except ProviderUnavailable:
                if self._discovered is None:
                    raise
                self._read = time.monotonic() - _LASTS_S + _AGAIN_S
                return
            self._discovered, self._keys, self._read = discovered, keys, time.monotonic()

    async def _asked(self) -> tuple[_Discovered, list[Mapping[str, Any]]]:
        address = self._issuer.removesuffix("/") + "/.well-known/openid-configuration"
        try:
            found = msgspec.convert(await self._fetching.get(address), _Discovered)
        except msgspec.ValidationError as error:
            raise ProviderUnavailable("The OpenID provider's discovery document lacks what is needed.") from error
        if found.issuer != self._issuer:  # OpenID Connect Discovery 1.0 section 4.3
            raise ProviderUnavailable("The OpenID provider's discovery document is of another issuer.")
        if not all(map(is_safe, (found.authorization_endpoint, found.token_endpoint, found.jwks_uri))):
            raise ProviderUnavailable("The OpenID provider's discovery document names an address that is not of https.")
        document = await self._fetching.get(found.jwks_uri)
        keys = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(keys, list) or not 0 < len(keys) <= _MOST_KEYS:
            raise ProviderUnavailable("The OpenID provider has no keys, or more than are read here.")
        return found, [key for key in keys if isinstance(key, dict)]
