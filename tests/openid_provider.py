"""A small OpenID provider that really signs, over HTTP on this machine, and lies as a test tells it to."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

CLIENT_ID, CLIENT_SECRET = "inventory", "s3cret:with/odd=characters"


@dataclass
class OpenIdProvider:
    """The provider. What it says of a person is `claims`; `lie` changes the claims before they are signed."""

    address: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    lie: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    sign: Callable[[OpenIdProvider, dict[str, Any]], str] | None = None
    discovery: dict[str, Any] = field(default_factory=dict)
    broken: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one", "use": "sig"}))
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def consents(self, address: str) -> dict[str, str]:
        """What the provider sends back with the browser that came to `address`, when the person signs in there."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.address}

    def answer(self, method: str, path: str, body: bytes, authorization: str) -> tuple[int, bytes]:
        """Answer a request."""
        self.asked.append(path)
        if path in self.broken:
            return self.broken[path]
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps(self._discovery()).encode()
        if path == "/keys":
            return 200, json.dumps({"keys": [self.key.as_dict(private=False)]}).encode()
        if path == "/token" and method == "POST":
            return self._token(dict(parse_qsl(body.decode())), authorization)
        return 404, b"{}"

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "authorization_response_iss_parameter_supported": True,
            **self.discovery,
        }

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, bytes]:
        asked = self._codes.pop(form.get("code", ""), None)  # a code counts once
        proof = base64.b64encode(f"{CLIENT_ID}:s3cret%3Awith%2Fodd%3Dcharacters".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or authorization != f"Basic {proof}"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return 400, b'{"error": "invalid_grant"}'
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        token = (self.sign or signed)(self, self.lie({**claims, **self.claims}))
        return 200, json.dumps({"access_token": "x", "token_type": "Bearer", "id_token": token}).encode()


def signed(provider: OpenIdProvider, claims: dict[str, Any]) -> str:
    """An ID token as it should be."""
    return jwt.encode({"alg": "ES256", "kid": provider.key.kid}, claims, provider.key, algorithms=["ES256"])


def unsigned(_: OpenIdProvider, claims: dict[str, Any]) -> str:
    """An ID token that says it needs no signature."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'kid': 'one'})}.{part(claims)}."


def by_public_key(provider: OpenIdProvider, claims: dict[str, Any]) -> str:
    """An ID token that takes the public key for a shared secret."""
    text = json.dumps(provider.key.as_dict(private=False)).encode()
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(text), algorithms=["HS256"])


def by_stranger(_: OpenIdProvider, claims: dict[str, Any]) -> str:
    """An ID token of somebody else's key of the same name."""
    key = ECKey.generate_key("P-256", {"kid": "one"})
    return jwt.encode({"alg": "ES256", "kid": "one"}, claims, key, algorithms=["ES256"])


def with_own_key(_: OpenIdProvider, claims: dict[str, Any]) -> str:
    """An ID token that brings the key along by which it is to be verified."""
    key = ECKey.generate_key("P-256", {"kid": "one"})
    head = {"alg": "ES256", "kid": "one", "jwk": key.as_dict(private=False)}
    return jwt.encode(head, claims, key, algorithms=["ES256"])


@contextmanager
def running_provider() -> Iterator[OpenIdProvider]:
    """Run a provider while the block lasts."""
    provider = OpenIdProvider()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, answer = provider.answer(self.command, self.path, body, self.headers.get("authorization", ""))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _do  # noqa: N815  the library's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
