"""The classes of entity that are in force: what the stored specifications say, read again when one was written.

Whoever writes entities looks first whether a specification was written, here or by another server: so what is answered
to the writer of a specification is in force everywhere at once. A look is one small query, and those who ask while it
is under way share the next one. Lists, which need to know only by which attributes they can be asked, take what a look
found up to a quarter of a second ago; who writes a specification looks afterwards, so its own server knows at once.
Reading one entity by its id needs none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import msgspec

from customer_inventory.clock import Clock
from customer_inventory.model import Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.entity_classes import entity_attributes, entity_classes, turning_points
from customer_inventory.model.resource import Document
from customer_inventory.model.spelling import instant_key, spelled_as
from customer_inventory.model.tmf662 import ENTITY_SPECIFICATION
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.model.view import View
from customer_inventory.model.viewing import native_view
from customer_inventory.repository import Repository
from customer_inventory.repository.order import Sort
from customer_inventory.repository.query import Query
from customer_inventory.repository.records import Record

LATE_S = 0.25
"""So many seconds may pass until lists take the attributes of a specification that another server wrote."""
_A_PAGE = 500

Moment = tuple[int, str, str]


class EntityClasses:
    """The classes of one inventory; `seconds` counts on whatever happens to the clock."""

    def __init__(self, repository: Repository, *, clock: Clock, seconds: Callable[[], float] = time.monotonic) -> None:
        self._repository = repository
        self._clock = clock
        self._seconds = seconds
        self._looked_at = -LATE_S
        self._looking = asyncio.Lock()
        self._asked = 0
        self._served = 0
        self._stamp: tuple[int, int] | None = None
        self._turns: Moment | None = None
        self._stored: Mapping[str, Document] = MappingProxyType({})
        self._classes: Mapping[str, Resource] = MappingProxyType({})
        self._view: View | None = None

    async def governing(self, resource: Resource, document: Document) -> Resource:
        """Return the kind of record by which a document of `resource` is checked and searched: an entity's class."""
        if resource is not ENTITY:
            return resource
        known = await self.by_name()
        named = spelled_as(document.get("@type"), known)
        return known.get(named, ENTITY) if isinstance(named, str) else ENTITY

    async def by_name(self) -> Mapping[str, Resource]:
        """Return the classes that are in force, by name."""
        await self._refresh()
        return self._classes

    async def attributes(self) -> Mapping[str, Attribute]:
        """Return the attributes by which entities can be searched: those of every class."""
        return (await self.view()).attributes

    async def view(self, *, anew: bool = True) -> View:
        """Return entities as their API shows them, with the attributes of every class: the same while none changes.

        Unless `anew`, what another server wrote less than `LATE_S` ago may be missing.
        """
        if anew or self._view is None or self._seconds() - self._looked_at >= LATE_S:
            await self._refresh()
        if self._view is None:
            self._view = replace(native_view(ENTITY), attributes=entity_attributes(self._classes.values()))
        return self._view

    async def stored(self) -> Mapping[str, Document]:
        """Return the stored specifications by id, the one that was written last at the end."""
        await self._refresh()
        return self._stored

    async def specifications(self) -> tuple[bytes, ...]:
        """Return the stored specifications as JSON, for work in other processes."""
        return tuple(record.document for record in await self._read())

    async def _read(self) -> list[Record]:
        found: list[Record] = []
        query = Query(sort=(Sort("lastUpdate"),), limit=_A_PAGE)
        while True:
            page = await self._repository.lists.page(ENTITY_SPECIFICATION.kind, query)
            found += page.records
            if not page.more_after:
                return found
            query = Query(sort=query.sort, limit=_A_PAGE, after=page.last)

    async def _refresh(self) -> None:
        # A look that was under way may have been too early for who asks now: the next one serves all who wait for it.
        self._asked += 1
        asked = self._asked
        async with self._looking:
            if self._served < asked:
                serves = self._asked
                await self._look()
                self._served = serves

    async def _look(self) -> None:
        began = self._seconds()
        await self._compare()
        self._looked_at = began

    async def _compare(self) -> None:
        stamp = await self._repository.records.stamp(ENTITY_SPECIFICATION.kind)
        now = self._clock()
        moment = instant_key(now.isoformat())
        if stamp == self._stamp and (self._turns is None or moment is None or moment < self._turns):
            return
        if stamp != self._stamp:
            self._stored = {each.id: msgspec.json.decode(each.document) for each in await self._read()}
        known = self._stored.values()
        self._turns = next((turn for turn in turning_points(known) if moment is not None and turn > moment), None)
        self._classes = entity_classes(known, at=now)
        self._view = None
        self._stamp = stamp
