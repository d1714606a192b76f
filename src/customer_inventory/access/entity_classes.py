"""The classes of entity that are in force: what the stored specifications say, read again when one is written.

Every server looks at most once a second whether a specification was written, so a new class is in force everywhere
within a second; what the looks cost is one small query.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from customer_inventory.model import Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.entity_classes import entity_attributes, entity_classes
from customer_inventory.model.resource import Document
from customer_inventory.model.tmf662 import ENTITY_SPECIFICATION
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.repository import Repository
from customer_inventory.repository.order import Sort
from customer_inventory.repository.query import Query

_LASTS_S = 1.0
_A_PAGE = 500


class EntityClasses:
    """The classes of one inventory."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._looked = float("-inf")
        self._looking = asyncio.Lock()
        self._stamp: tuple[int, int] | None = None
        self._classes: Mapping[str, Resource] = MappingProxyType({})
        self._attributes: Mapping[str, Attribute] = ENTITY.attributes

    async def governing(self, resource: Resource, document: Document) -> Resource:
        """Return the kind of record by which a document of `resource` is checked and searched: an entity's class."""
        if resource is not ENTITY:
            return resource
        named = document.get("@type")
        await self._refresh()
        known = self._classes.get(named) if isinstance(named, str) else None
        return known or ENTITY

    async def attributes(self) -> Mapping[str, Attribute]:
        """Return the attributes by which entities can be searched: those of every class."""
        await self._refresh()
        return self._attributes

    def written(self, resource: Resource) -> None:
        """Look at once for new specifications when a record of `resource`, which was just written here, is one."""
        if resource is ENTITY_SPECIFICATION:
            self._looked = float("-inf")

    async def specifications(self) -> tuple[bytes, ...]:
        """Return the stored specifications, the one that was written last at the end, for work in other processes."""
        found: list[bytes] = []
        query = Query(sort=(Sort("lastUpdate"),), limit=_A_PAGE)
        while True:
            page = await self._repository.lists.page(ENTITY_SPECIFICATION.kind, query)
            found += (record.document for record in page.records)
            if not page.more_after:
                return tuple(found)
            query = Query(sort=query.sort, limit=_A_PAGE, after=page.last)

    async def _refresh(self) -> None:
        # One looks, the others wait for what it finds: all at once they would take every connection for the same thing.
        if time.monotonic() - self._looked >= _LASTS_S:
            async with self._looking:
                if time.monotonic() - self._looked >= _LASTS_S:
                    await self._look()

    async def _look(self) -> None:
        now = time.monotonic()
        stamp = await self._repository.records.stamp(ENTITY_SPECIFICATION.kind)
        if stamp != self._stamp:
            self._classes = entity_classes(map(msgspec.json.decode, await self.specifications()))
            self._attributes = entity_attributes(self._classes.values())
            self._stamp = stamp
        self._looked = now
