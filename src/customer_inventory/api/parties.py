"""Parties: individuals and organizations in one list, at every base path of TMF632 (TMF630 part 2).

The collection of the base class is for reading; a record is kept, and changed, in the collection of its own class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from customer_inventory.access import Access
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.pages import page_answer
from customer_inventory.api.parameters import named, parse, ranged
from customer_inventory.api.representation import represent
from customer_inventory.api.routing import Routes
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.view import View
from customer_inventory.model.views import EARLIER, NATIVE

PATH = "party"
CLASSES = ("individual", "organization")
"""The resources that are listed together."""


def add_parties(routes: Routes, *, public_url: str) -> None:
    """Let parties of every class be listed together, in every version."""
    for views in (NATIVE, EARLIER):
        handlers = PartyHandlers([views[name] for name in CLASSES], public_url=public_url)
        for base in views[CLASSES[0]].api.paths:
            routes.add(f"{base}/{PATH}", PATH, GET=handlers.list)


class PartyHandlers:
    """Answers the requests for parties of every class in one version."""

    def __init__(self, views: Sequence[View], *, public_url: str) -> None:
        self._views = {view.resource.kind: view for view in views}
        self._joint = joint_view(views, name=PATH)
        self._public_url = public_url

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET on the collection."""
        asked = parse(self._joint, exchange.query_string, public_url=self._public_url)
        asked = ranged(asked, exchange.header(b"range"))
        naming = access.naming(named(self._joint, asked))
        page = await naming.page_of([view.resource for view in self._views.values()], asked.query)
        bodies = [
            represent(self._views[kind], record, asked.fields, public_url=self._public_url)
            for record, kind in zip(page.records, page.kinds, strict=True)
        ]
        return page_answer(bodies, page, asked, path=exchange.path, public_url=self._public_url)


def joint_view(views: Sequence[View], *, name: str) -> View:
    """Return a view by which several resources can be asked together: the attributes of all on which all agree."""
    found: dict[str, Attribute] = {}
    for view in views:
        for path, attribute in view.attributes.items():
            others = [other for other in views if path in other.attributes]
            places = {(other.stored_path(path), other.attributes[path].type) for other in others}
            if len(places) == 1 and path != "href":
                enums = [other.attributes[path].enum for other in others]
                joint = replace(
                    attribute,
                    many=any(other.attributes[path].many for other in others),
                    enum=tuple(sorted({word for enum in enums for word in enum})) if all(enums) else (),
                    searchable=False,
                    kinds=frozenset(other.resource.kind for other in others if len(others) < len(views)),
                )
                found.setdefault(path, joint)
    return replace(
        views[0],
        resource=replace(views[0].resource, name=name, path=name),
        attributes=found,
        stored_paths={path: place for view in views for path, place in view.stored_paths.items() if path in found},
        showings={path: showing for view in views for path, showing in view.showings.items() if path in found},
    )
