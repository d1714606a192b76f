"""The door for directories: requests of SCIM are let in at the desk as others are, and errors have SCIM's own shape."""

from __future__ import annotations

import msgspec
from starlette.types import Receive, Scope, Send

from customer_inventory.access import Desk
from customer_inventory.access.people import LoginTaken
from customer_inventory.api.door import Door, MethodNotAllowed
from customer_inventory.api.errors import error_answer, unexpected_answer
from customer_inventory.api.exchange import Answer, ClientGone, Exchange, send_answer
from customer_inventory.api.routing import Routes
from customer_inventory.api.scim.reading import ScimRefused
from customer_inventory.api.scim.users import BASE, JSON, Users, configuration, resource_types
from customer_inventory.errors import InventoryError

_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimDoor(Door):
    """The ASGI application at /scim/v2."""

    def __init__(self, desk: Desk, *, public_url: str) -> None:
        super().__init__(desk, scim_routes(public_url=public_url), measure=_unmeasured)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        exchange = Exchange(scope, receive)
        endpoint, segments = self.routes.find(exchange.segments) or (None, [])
        try:
            answer = await self._answer(exchange, endpoint, segments)
        except InventoryError as error:
            answer = _refusal(error)
            if isinstance(error, MethodNotAllowed) and endpoint is not None:
                answer = answer.plus((b"allow", ", ".join(endpoint.methods).encode()))
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001  the door is where the unforeseen ends
            answer = _as_scim(unexpected_answer(error, request_id=exchange.request_id), "", "")
        await send_answer(send, answer, exchange)


def scim_routes(*, public_url: str) -> Routes:
    """Return every endpoint of SCIM."""
    users, routes = Users(public_url=public_url), Routes()
    routes.add(f"{BASE}/Users", "scimUser", GET=users.list, POST=users.create)
    one = {"GET": users.get, "PUT": users.replace, "PATCH": users.patch, "DELETE": users.delete}
    routes.add(f"{BASE}/Users/{{id}}", "scimUser", **one)
    routes.add(f"{BASE}/ServiceProviderConfig", "scimConfiguration", GET=configuration)
    routes.add(f"{BASE}/ResourceTypes", "scimConfiguration", GET=resource_types)
    return routes


def _refusal(error: InventoryError) -> Answer:
    kind = error.scim_type if isinstance(error, ScimRefused) else "uniqueness" if isinstance(error, LoginTaken) else ""
    return _as_scim(error_answer(error), kind, error.message)


def _as_scim(answer: Answer, kind: str, detail: str) -> Answer:
    """The same answer with the body of RFC 7644 section 3.12."""
    body = {"schemas": [_ERROR], "status": str(answer.status), "detail": detail, **({"scimType": kind} if kind else {})}
    headers = tuple(each for each in answer.headers if each[0] != b"content-type")
    return Answer(answer.status, msgspec.json.encode(body), (JSON, *headers))


def _unmeasured(label: str, method: str, status: int, seconds: float) -> None:
    """Provisioning is rare: its requests are not counted among those of the Open APIs."""
