"""The token endpoint: OAuth 2.0 client credentials (RFC 6749 section 4.4), proved by secret or assertion (RFC 7523)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

import msgspec
import structlog

from customer_inventory.access import Desk
from customer_inventory.access.assertions import ASSERTION_TYPE, client_of_assertion
from customer_inventory.access.certificates import client_of_certificate
from customer_inventory.access.clients import InvalidClient, authenticate_client
from customer_inventory.access.scopes import parse_scope
from customer_inventory.api.exchange import JSON, Answer, Exchange
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.register import Client

_log = structlog.get_logger(__name__)
PATH = "/oauth2/token"
REVOKE = "/oauth2/revoke"
_MOST_PARAMETERS = 20


class TokenRequestError(InventoryError):
    """The token request cannot be taken as it is."""

    failure = Failure.INVALID

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class TokenEndpoint:
    """Answers at /oauth2/token and /oauth2/revoke; `address` is that of the server as clients know it."""

    def __init__(self, desk: Desk, *, address: str) -> None:
        self._desk = desk
        self._address = address

    async def answer(self, exchange: Exchange) -> Answer:
        """Answer one token request. Raises TokenRequestError, InvalidScope, or what keeps the client out."""
        form = await self._form(exchange)
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise TokenRequestError("invalid_request", "grant_type is missing. Send grant_type=client_credentials.")
        if grant_type != "client_credentials":
            raise TokenRequestError("unsupported_grant_type", "The only grant type is client_credentials.")
        client = await self._client(exchange, form)
        presented = exchange.certificate
        scope = parse_scope(form["scope"]) if "scope" in form else None
        token, seconds = await self._desk.token_for(
            client,
            peer=exchange.peer,
            request_id=exchange.request_id,
            bound=presented.thumbprint if presented is not None else None,
            scope=scope,
        )
        _log.info("token.issued", client_id=client.client_id, request_id=exchange.request_id)
        body = {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
        if scope is not None:
            body["scope"] = " ".join(scope)
        return Answer(200, msgspec.json.encode(body), (JSON,))

    async def revoke(self, exchange: Exchange) -> Answer:
        """Answer one request to revoke a token of the client that asks (RFC 7009). Raises what `answer` does."""
        form = await self._form(exchange)
        client = await self._client(exchange, form)
        if "token" not in form:
            raise TokenRequestError("invalid_request", "token is missing. Send the token that is to be revoked.")
        await self._desk.tokens.revoke(form["token"], client_id=client.client_id)
        return Answer(200, b"", ())

    async def _client(self, exchange: Exchange, form: Mapping[str, str]) -> Client:
        """Return the client that a request proves to be of, in one of three ways. Raises InvalidClient."""
        register, clock = self._desk.repository.register, self._desk.clock
        basic = _basic(exchange.header(b"authorization"))
        secret, presented = basic is not None or "client_secret" in form, exchange.certificate
        if "client_assertion" not in form and not secret and presented is not None:
            return await client_of_certificate(register, form.get("client_id", ""), presented, clock=clock)
        if "client_assertion" not in form:
            client_id, given = basic or (form.get("client_id", ""), form.get("client_secret", ""))
            return await authenticate_client(register, client_id=client_id, secret=given, clock=clock)
        if secret:  # RFC 6749 section 2.3
            raise TokenRequestError("invalid_request", "Prove who you are in one way: an assertion, or a secret.")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise TokenRequestError("invalid_request", f"The client_assertion_type is {ASSERTION_TYPE}.")
        assertion, audiences = form["client_assertion"], (self._address, self._address + PATH)
        client = await client_of_assertion(register, assertion, audiences=audiences, clock=clock)
        if form.get("client_id", client.client_id) != client.client_id:
            raise InvalidClient("The client_id is not the subject of the assertion.")
        return client

    async def _form(self, exchange: Exchange) -> dict[str, str]:
        if exchange.media_type != "application/x-www-form-urlencoded":
            raise TokenRequestError("invalid_request", "Send the parameters as application/x-www-form-urlencoded.")
        try:
            pairs = parse_qsl(
                (await exchange.body()).decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS
            )
        except ValueError as error:
            raise TokenRequestError("invalid_request", "The form is not well-formed UTF-8.") from error
        form = dict(pairs)
        if len(form) != len(pairs):
            raise TokenRequestError("invalid_request", "A parameter is given twice.")
        return form


def _basic(header: str | None) -> tuple[str, str] | None:
    """Read HTTP Basic credentials, form-encoded as RFC 6749 section 2.3.1 asks; None when there are none."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError as error:  # not ASCII, not base64, or not UTF-8 within
        raise InvalidClient from error
    if not colon:
        raise InvalidClient
    return unquote_plus(client_id), unquote_plus(secret)
