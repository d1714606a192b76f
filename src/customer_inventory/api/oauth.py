"""OAuth 2.0 for processes: tokens and their end, keys, metadata (RFC 8414), registration (RFC 7591, RFC 7592).

Errors have the members of OAuth, `error` and `error_description`, beside those of every other error here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from customer_inventory.access import Desk
from customer_inventory.access.assertions import ALGORITHMS
from customer_inventory.access.clients import InvalidClient
from customer_inventory.access.expecting import Unexpected
from customer_inventory.access.scopes import supported
from customer_inventory.api.door import MethodNotAllowed, UnknownPath
from customer_inventory.api.errors import error_answer, unexpected_answer
from customer_inventory.api.exchange import Answer, ClientGone, Exchange, send_answer
from customer_inventory.api.oauth_registration import PLACE as REGISTER
from customer_inventory.api.oauth_registration import RegistrationEndpoint
from customer_inventory.api.tokens import PATH as TOKEN
from customer_inventory.api.tokens import REVOKE, TokenEndpoint
from customer_inventory.errors import InventoryError

_log = structlog.get_logger(__name__)
BELOW = "/oauth2/"
METADATA = "/.well-known/oauth-authorization-server"
JWKS = "/oauth2/jwks"
METHODS = (
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
)
_Handler = Callable[[Exchange], Awaitable[Answer]]


class AuthorizationServer:
    """The ASGI application at /oauth2/… and at its metadata; `address` is that of the server as clients know it."""

    def __init__(self, desk: Desk, *, address: str) -> None:
        self._desk = desk
        self._address = address
        self._registering = RegistrationEndpoint(desk, address=address)
        tokens = TokenEndpoint(desk, address=address)
        self._endpoints: Mapping[str, Mapping[str, _Handler]] = {
            TOKEN: {"POST": tokens.answer},
            REVOKE: {"POST": tokens.revoke},
            REGISTER: {"POST": self._registering.create},
            JWKS: {"GET": self._jwks, "HEAD": self._jwks},
            METADATA: {"GET": self._metadata, "HEAD": self._metadata},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive)
        methods = self._methods(exchange)
        try:
            answer = await self._answer(exchange, methods)
        except InventoryError as error:
            if isinstance(error, InvalidClient | Unexpected):
                _log.warning("token.refused", code=error.code, request_id=exchange.request_id)
            # RFC 6749 section 5.2 has two members of its own; they ride along in the one shape.
            named = "unauthorized_client" if isinstance(error, Unexpected) else error.code
            answer = error_answer(error, error=named, error_description=error.message)
            if isinstance(error, MethodNotAllowed):
                answer = answer.plus((b"allow", ", ".join(methods).encode()))
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001  the door is where the unforeseen ends
            answer = unexpected_answer(error, request_id=exchange.request_id)
        await send_answer(send, answer.plus((b"cache-control", b"no-store")), exchange)

    async def _answer(self, exchange: Exchange, methods: Mapping[str, _Handler]) -> Answer:
        if not methods:
            raise UnknownPath
        handler = methods.get(exchange.method)
        if handler is None:
            raise MethodNotAllowed(f"{exchange.method} is not allowed here; {', '.join(methods)} are.")
        return await handler(exchange)

    def _methods(self, exchange: Exchange) -> Mapping[str, _Handler]:
        found = self._endpoints.get(exchange.path)
        if found is None and exchange.path.startswith(f"{REGISTER}/"):
            return self._registering.of(unquote(exchange.path.removeprefix(f"{REGISTER}/")))
        return found or {}

    async def _jwks(self, exchange: Exchange) -> Answer:  # noqa: ARG002  what is answered is the same to everybody
        return Answer(200, msgspec.json.encode(await self._desk.tokens.public_keys()))

    async def _metadata(self, exchange: Exchange) -> Answer:  # noqa: ARG002  as above
        metadata: dict[str, Any] = {
            "issuer": self._address,
            "token_endpoint": self._address + TOKEN,
            "revocation_endpoint": self._address + REVOKE,
            "revocation_endpoint_auth_methods_supported": list(METHODS),
            "registration_endpoint": self._address + REGISTER,
            "jwks_uri": self._address + JWKS,
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "scopes_supported": supported(),
            "token_endpoint_auth_methods_supported": list(METHODS),
            "tls_client_certificate_bound_access_tokens": True,
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        }
        return Answer(200, msgspec.json.encode(metadata))
