"""TMF672 as the register shows it: who may do what. Read only: any other method is refused with 405."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.permissions import permission_sets, permissions, user_roles
from customer_inventory.api.entries import Shown, asked_of_entries, asked_of_entry, entries_answer, entry_answer
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.representation import href
from customer_inventory.api.routing import Routes
from customer_inventory.model.view import View
from customer_inventory.model.views import REGISTER_VIEWS

_SHOWING: dict[str, Callable[[Access], Awaitable[list[Shown]]]] = {
    "permission": permissions,
    "userRole": user_roles,
    "permissionSpecificationSet": permission_sets,
}


def add_permissions(routes: Routes, *, public_url: str) -> None:
    """Let the register be read at every base path of TMF672."""
    for view in REGISTER_VIEWS:
        handlers = RegisterHandlers(view, public_url=public_url)
        for base in view.api.paths:
            routes.add(f"{base}/{view.resource.path}", view.resource.name, GET=handlers.list)
            routes.add(f"{base}/{view.resource.path}/{{id}}", view.resource.name, GET=handlers.get)


class RegisterHandlers:
    """Answers the requests for one resource of the register."""

    def __init__(self, view: View, *, public_url: str) -> None:
        self._view = view
        self._public_url = public_url

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET on the collection."""
        asked = asked_of_entries(self._view, exchange, public_url=self._public_url)
        entries = await self._all(access)
        return entries_answer(self._view, entries, asked, path=exchange.path, public_url=self._public_url)

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one."""
        asked = asked_of_entry(self._view, exchange)
        for one in await self._all(access):
            if one["id"] == identifier:
                return entry_answer(self._view, one, asked)
        raise RecordNotFound(f"The register has no {self._view.resource.name} of this id.")

    async def _all(self, access: Access) -> Sequence[Shown]:
        shown = await _SHOWING[self._view.resource.name](access)
        return [{"id": one["id"], "href": self._address(one["id"]), **one} for one in shown]

    def _address(self, identifier: str) -> str:
        return href(self._view, identifier, public_url=self._public_url)
