"""TMF672 as the register shows it: who may do what. Read only: any other method is refused with 405."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.permissions import permission_sets, permissions, user_roles
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.parameters import DEFAULT_LIMIT, MOST_LIMIT, MOST_OFFSET
from customer_inventory.api.questions import asked
from customer_inventory.api.routing import Routes
from customer_inventory.model.view import View
from customer_inventory.model.views import REGISTER_VIEWS

Shown = dict[str, Any]
_SHOWING: dict[str, Callable[[Access], Awaitable[list[Shown]]]] = {
    "permission": permissions,
    "userRole": user_roles,
    "permissionSpecificationSet": permission_sets,
}
_FILTERS = {
    "permission": ("id", "name", "status"),
    "userRole": ("id", "name", "involvementRole"),
    "permissionSpecificationSet": ("id", "name", "involvementRole"),
}
_ALWAYS = {"id", "href", "@type"}


def add_permissions(routes: Routes, *, public_url: str) -> None:
    """Let the register be read at every base path of TMF672."""
    for view in REGISTER_VIEWS:
        handlers = RegisterHandlers(view, public_url=public_url)
        for base in view.api.paths:
            routes.add(f"{base}/{view.resource.path}", view.resource.name, GET=handlers.list)
            routes.add(f"{base}/{view.resource.path}/{{id}}", view.resource.name, GET=handlers.get)


def filters(name: str) -> tuple[str, ...]:
    """Return the attributes that a resource of the register can be filtered by."""
    return _FILTERS[name]


class RegisterHandlers:
    """Answers the requests for one resource of the register."""

    def __init__(self, view: View, *, public_url: str) -> None:
        self._view = view
        self._base = f"{public_url}{view.collection}"
        self._filters = _FILTERS[view.resource.name]

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET on the collection."""
        question = asked(exchange.query_string, ("fields", "limit", "offset", *self._filters))
        limit = question.whole("limit", most=MOST_LIMIT, default=DEFAULT_LIMIT)
        offset = question.whole("offset", most=MOST_OFFSET, default=0)
        conditions = {name: question.given[name] for name in self._filters if name in question.given}
        found = [one for one in await self._all(access) if _meets(one, conditions)]
        page = found[offset : offset + limit]
        bodies = [self._selected(one, question.given.get("fields")) for one in page]
        more = bool(page) and offset + limit < len(found)
        return Answer(206 if more else 200, msgspec.json.encode(bodies)).plus(
            (b"x-total-count", b"%d" % len(found)), (b"x-result-count", b"%d" % len(bodies))
        )

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one."""
        question = asked(exchange.query_string, ("fields",))
        for one in await self._all(access):
            if one["id"] == identifier:
                return Answer(200, msgspec.json.encode(self._selected(one, question.given.get("fields"))))
        raise RecordNotFound(f"The register has no {self._view.resource.name} of this id.")

    async def _all(self, access: Access) -> Sequence[Shown]:
        shown = await _SHOWING[self._view.resource.name](access)
        return [{"id": one["id"], "href": f"{self._base}/{one['id']}", **one} for one in shown]

    def _selected(self, one: Shown, fields: str | None) -> Shown:
        if not fields:
            return one
        names = _ALWAYS | {name.strip() for name in fields.split(",")}
        return {name: value for name, value in one.items() if name in names}


def _meets(one: Shown, conditions: dict[str, str]) -> bool:
    """Tell whether an entry has every value that is asked for, or one of several separated by commas."""
    return all(one.get(name) in {text, *text.split(",")} for name, text in conditions.items())
