"""Registration by OAuth 2.0 (RFC 7591), and its management (RFC 7592): the same registrations, in its words.

Who registers shows a bearer token that is granted `create:registration`. What is registered waits for approval like any
other; until then there are no tokens. What was asked for is decided on as it is, so a change of it is a new one.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Meta, UnsetType

from customer_inventory.access import Access, Desk, managing, registering
from customer_inventory.access.assertions import InvalidKeys, public_keys
from customer_inventory.access.clients import NameTaken
from customer_inventory.access.grants import InvalidGrant
from customer_inventory.access.registering import Registered
from customer_inventory.access.registration import Wanted
from customer_inventory.access.tokens import InvalidToken
from customer_inventory.api.exchange import JSON, Answer, Exchange, MalformedJson, UnsupportedMediaType
from customer_inventory.api.questions import asked
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import InvalidDocument

PLACE = "/oauth2/register"
_SECRET = ("client_secret_basic", "client_secret_post")
_KEYS = "private_key_jwt"
_Name = Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\x00]*$")]


class InvalidClientMetadata(InventoryError):
    """The client metadata cannot be registered as it is.

    Mend what is named and send it again (RFC 7591 section 3.2.2).
    """

    code = "invalid_client_metadata"
    failure = Failure.INVALID


class _Purpose(msgspec.Struct, kw_only=True, frozen=True):
    name: str
    lawful_basis: str | UnsetType = UNSET


class _Metadata(msgspec.Struct, kw_only=True, frozen=True):
    """Client metadata: what OAuth has words for, and what else must be told of a process. Other members are ignored."""

    client_name: str
    scope: str
    owner: _Name
    purpose: list[_Purpose]
    expected_volume: int
    expected_volume_per_hour: int | UnsetType = UNSET
    deputy: _Name | UnsetType = UNSET
    expected_hours: str | UnsetType = UNSET
    network: list[str] | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    grant_types: list[str] = msgspec.field(default_factory=lambda: ["client_credentials"])
    response_types: list[str] = msgspec.field(default_factory=list)
    token_endpoint_auth_method: str = _SECRET[0]
    jwks: dict[str, Any] | UnsetType = UNSET
    jwks_uri: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET


class RegistrationEndpoint:
    """Answers at /oauth2/register and below it."""

    def __init__(self, desk: Desk, *, address: str) -> None:
        self._desk = desk
        self._address = address

    def of(self, client_id: str) -> Mapping[str, Callable[[Exchange], Awaitable[Answer]]]:
        """Return what answers at the address of one registration, by method."""

        def bound(handler: Callable[[Exchange, str], Awaitable[Answer]]) -> Callable[[Exchange], Awaitable[Answer]]:
            return lambda exchange: handler(exchange, client_id)

        return {"GET": bound(self._get), "PUT": bound(self._put), "DELETE": bound(self._delete)}

    async def create(self, exchange: Exchange) -> Answer:
        """Answer POST: ask for a registration; secret and access token of the registration are shown only now."""
        access = await self._desk.open_by_token(
            _bearer(exchange),
            purpose=exchange.header(b"x-purpose"),
            request_id=exchange.request_id,
            peer=exchange.peer,
            certificate=exchange.certificate,
        )
        await access.require("create", registering.KIND)
        metadata = await _metadata(exchange)
        token = secrets.token_urlsafe(32)
        try:
            wanted, keys = _wanted(metadata)
            found, credentials = await registering.request(access, wanted, keys=keys, token=token)
        except (InvalidDocument, InvalidGrant, InvalidKeys, NameTaken) as error:
            raise InvalidClientMetadata(error.message) from error
        once: dict[str, Any] = {"registration_access_token": token}
        if credentials.client_secret is not None:
            once |= {"client_secret": credentials.client_secret, "client_secret_expires_at": 0}
        return self._answer(found, keys, status=201, once=once)

    async def _get(self, exchange: Exchange, client_id: str) -> Answer:
        access = await self._open(exchange, client_id)
        return self._answer(await managing.managed(access), await managing.keys_of(access))

    async def _put(self, exchange: Exchange, client_id: str) -> Answer:
        access = await self._open(exchange, client_id)
        metadata = await _metadata(exchange)
        if metadata.client_id != client_id:
            raise InvalidClientMetadata("The client_id is not that of the registration.")
        try:
            wanted, keys = _wanted(metadata)
            secret = metadata.client_secret or None
            found = await managing.put(access, wanted, keys=keys, secret=secret)
        except (InvalidDocument, InvalidGrant, InvalidKeys, managing.AlreadyDecided) as error:
            raise InvalidClientMetadata(error.message) from error
        return self._answer(found, await managing.keys_of(access))

    async def _delete(self, exchange: Exchange, client_id: str) -> Answer:
        await managing.withdraw(await self._open(exchange, client_id))
        return Answer(204, b"", ())

    async def _open(self, exchange: Exchange, client_id: str) -> Access:
        asked(exchange.query_string, ())
        return await self._desk.open_for_registration(client_id, _bearer(exchange), request_id=exchange.request_id)

    def _answer(
        self, found: Registered, keys: Sequence[str], *, status: int = 200, once: Mapping[str, Any] | None = None
    ) -> Answer:
        row, told = found.row, found.told
        shown = {
            "client_id": row.client_id,
            "client_id_issued_at": int(row.requested_at.timestamp()),
            "registration_client_uri": f"{self._address}{PLACE}/{quote(row.client_id, safe='')}",
            "registration_status": row.status,
            "client_name": told["name"],
            "scope": " ".join(told["grant"]),
            "grant_types": ["client_credentials"],
            "response_types": [],
            "token_endpoint_auth_method": _KEYS if keys else _SECRET[0],
            "jwks": {"keys": [msgspec.json.decode(each) for each in keys]} if keys else None,
            "owner": told["owner"],
            "deputy": told.get("deputy"),
            "purpose": [{"name": each["name"], "lawful_basis": each.get("lawfulBasis")} for each in told["purpose"]],
            "expected_volume": told.get("expectedVolume"),
            "expected_volume_per_hour": told.get("expectedVolumePerHour"),
            "expected_hours": told.get("expectedHours"),
            "network": told.get("network"),
            "expires_at": told.get("expiresAt"),
            **(once or {}),
        }
        body = {name: value for name, value in shown.items() if value is not None}
        return Answer(status, msgspec.json.encode(body), (JSON,))


def _bearer(exchange: Exchange) -> str:
    scheme, _, token = (exchange.header(b"authorization") or "").partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidToken
    return token.strip()


async def _metadata(exchange: Exchange) -> _Metadata:
    """Return the body of a request. Raises InvalidClientMetadata and what reading a body does."""
    if exchange.media_type != "application/json":
        raise UnsupportedMediaType("Send the client metadata as application/json.")
    try:
        document, _ = await exchange.json_object()
        return msgspec.convert(document, _Metadata)
    except (MalformedJson, msgspec.ValidationError) as error:
        raise InvalidClientMetadata(f"The client metadata cannot be read: {error}") from error


def _wanted(metadata: _Metadata) -> tuple[Wanted, list[str]]:
    """Return what is asked for, and the keys. Raises InvalidClientMetadata or InvalidKeys."""
    if metadata.grant_types != ["client_credentials"] or metadata.response_types:
        raise InvalidClientMetadata("The only grant type is client_credentials, which has no response types.")
    if metadata.jwks_uri is not UNSET:
        raise InvalidClientMetadata(
            "Keys are not fetched from elsewhere: send them in jwks, and PUT them when they change."
        )
    signs = metadata.token_endpoint_auth_method == _KEYS
    if not signs and metadata.token_endpoint_auth_method not in _SECRET:
        raise InvalidClientMetadata(f"The token_endpoint_auth_method is one of {', '.join((*_SECRET, _KEYS))}.")
    if signs != isinstance(metadata.jwks, dict):
        raise InvalidClientMetadata(f"jwks goes with the token_endpoint_auth_method {_KEYS}, and only with that.")
    told = {
        "name": metadata.client_name,
        "owner": metadata.owner,
        "deputy": metadata.deputy,
        "purpose": [_purpose(each) for each in metadata.purpose],
        "grant": metadata.scope.split(),
        "expectedVolume": metadata.expected_volume,
        "expectedVolumePerHour": metadata.expected_volume_per_hour,
        "expectedHours": metadata.expected_hours,
        "network": metadata.network,
        "expiresAt": metadata.expires_at,
    }
    try:
        wanted = msgspec.convert({name: value for name, value in told.items() if value is not UNSET}, Wanted)
    except msgspec.ValidationError as error:
        raise InvalidClientMetadata(str(error)) from error
    return wanted, public_keys(metadata.jwks) if isinstance(metadata.jwks, dict) else []


def _purpose(purpose: _Purpose) -> dict[str, str]:
    return {"name": purpose.name, **({"lawfulBasis": purpose.lawful_basis} if purpose.lawful_basis else {})}
