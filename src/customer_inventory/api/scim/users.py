"""The users of SCIM: the people who may sign in, created, read, changed and disabled by a directory."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.people import UnknownPerson
from customer_inventory.access.provisioning import (
    change_provisioned,
    deprovision,
    provision,
    provisioned,
    provisioned_page,
)
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.questions import asked
from customer_inventory.api.scim.partial import PARAMETERS, Partial, partial
from customer_inventory.api.scim.reading import USER, filtered_login, stated_changes, stated_user
from customer_inventory.ids import parse_id
from customer_inventory.repository.people import Person

BASE = "/scim/v2"
JSON = (b"content-type", b"application/scim+json")
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_MOST_LISTED = 200


class Users:
    """Answers at /scim/v2/Users."""

    def __init__(self, *, public_url: str) -> None:
        self._base = f"{public_url}{BASE}/Users"

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET on all users: a page, or the one that the filter names (RFC 7644 section 3.4.2)."""
        question = asked(exchange.query_string, ("filter", "startIndex", "count", *PARAMETERS))
        of_each = partial(question)
        count = question.whole("count", most=_MOST_LISTED, default=100)
        start = max(1, question.whole("startIndex", most=1_000_000_000, default=1))
        login = filtered_login(question.given.get("filter"))
        found, total = await provisioned_page(access, login=login, limit=count, offset=start - 1)
        return _answer(
            200,
            {
                "schemas": [_LIST],
                "totalResults": total,
                "startIndex": start,
                "itemsPerPage": len(found),
                "Resources": [of_each.of(self._shown(each)) for each in found],
            },
        )

    async def create(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST: give a person access."""
        of_it, (body, _) = _partial(exchange), await exchange.json_object()
        made = await provision(access, stated_user(body))
        return self._of(made, of_it, status=201)

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one user."""
        of_it = _partial(exchange)
        return self._of(await provisioned(access, _id(identifier)), of_it)

    async def replace(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer PUT: replace what is kept of a user; a password that is not sent stays (RFC 7644 section 3.5.1)."""
        of_it, (body, _) = _partial(exchange), await exchange.json_object()
        return self._of(await change_provisioned(access, _id(identifier), stated_user(body)), of_it)

    async def patch(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer PATCH: change a user by operations."""
        of_it, (body, _) = _partial(exchange), await exchange.json_object()
        return self._of(await change_provisioned(access, _id(identifier), stated_changes(body)), of_it)

    async def delete(self, exchange: Exchange, access: Access, identifier: str) -> Answer:  # noqa: ARG002
        """Answer DELETE: disable a user, whose past stays recorded under the login."""
        await deprovision(access, _id(identifier))
        return Answer(204, b"", ())

    def _of(self, person: Person, of_it: Partial, *, status: int = 200) -> Answer:
        return _answer(status, of_it.of(self._shown(person))).plus((b"location", f"{self._base}/{person.id}".encode()))

    def _shown(self, person: Person) -> dict[str, Any]:
        return {
            "schemas": [USER],
            "id": str(person.id),
            "userName": person.login,
            "displayName": person.display_name,
            "active": person.status == "active",
            "roles": [{"value": person.role, "primary": True}],
            "meta": {
                "resourceType": "User",
                "created": person.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "location": f"{self._base}/{person.id}",
            },
        }


async def configuration(exchange: Exchange, access: Access) -> Answer:  # noqa: ARG001
    """Answer GET /scim/v2/ServiceProviderConfig: what of SCIM there is here (RFC 7643 section 5)."""
    no = {"supported": False}
    return _answer(
        200,
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": {"supported": True},
            "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": True, "maxResults": _MOST_LISTED},
            "changePassword": {"supported": True},
            "sort": no,
            "etag": no,
            "authenticationSchemes": [
                {
                    "type": "oauthbearertoken",
                    "name": "OAuth 2.0 bearer token",
                    "description": "A token of a client that is granted verbs on person, from /oauth2/token.",
                }
            ],
        },
    )


async def resource_types(exchange: Exchange, access: Access) -> Answer:  # noqa: ARG001
    """Answer GET /scim/v2/ResourceTypes: users, and nothing else (RFC 7643 section 6)."""
    user = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "schema": USER,
    }
    return _answer(
        200, {"schemas": [_LIST], "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [user]}
    )


def _partial(exchange: Exchange) -> Partial:
    return partial(asked(exchange.query_string, PARAMETERS))


def _id(text: str) -> UUID:
    identifier = parse_id(text)
    if identifier is None:
        raise UnknownPerson
    return identifier


def _answer(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, msgspec.json.encode(body), (JSON, (b"cache-control", b"no-store")))
