"""Reading through an access: nothing is shown that is not granted, or before its trail entry is durable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from customer_inventory.access.grants import allows
from customer_inventory.access.opened import Opened, RecordNotFound
from customer_inventory.model import Resource
from customer_inventory.repository.lists import Page
from customer_inventory.repository.query import Query
from customer_inventory.repository.records import Record, Version


@dataclass(frozen=True, slots=True)
class Reading(Opened):
    """What an access can read."""

    async def read(self, resource: Resource, identifier: UUID, *, as_of: datetime | None = None) -> Record:
        """Return a record, as it is or as it was. Raises Denied or RecordNotFound."""
        kind = resource.kind
        await self.require("read", kind)
        records = self.facilities.repository.records
        if as_of is None:
            record = await records.get(kind, identifier)
        else:
            record = await records.get_as_of(kind, identifier, as_of=as_of)
        if record is None:
            await self.note("read", kind, "absent", (str(identifier),))
            raise RecordNotFound(f"The inventory holds no {resource.name} {identifier}.")
        await self.note("read", kind, "shown", (record.id,))
        return record

    async def page(self, resource: Resource, query: Query) -> Page:
        """Return one page of a list. Raises Denied and what `Lists.page` raises."""
        await self.require("read", resource.kind)
        page = await self.facilities.repository.lists.page(resource.kind, query)
        await self.note("read", resource.kind, "shown", tuple(record.id for record in page.records))
        return page

    async def versions(self, resource: Resource, identifier: UUID, *, limit: int = 100) -> list[Version]:
        """Return a record's versions, newest first. Raises Denied or RecordNotFound when it never was."""
        await self.require("read", resource.kind)
        versions = await self.facilities.repository.records.versions(resource.kind, identifier, limit=limit)
        await self.note("read", resource.kind, "shown" if versions else "absent", (str(identifier),))
        if not versions:
            raise RecordNotFound(f"The inventory never held a {resource.name} {identifier}.")
        return versions

    async def linked_from(self, resource: Resource, identifier: UUID) -> list[tuple[str, str, str, str]]:
        """Return what refers to a record, as (kind, id, attribute, role), of the kinds that may be read."""
        await self.require("read", resource.kind)
        found = await self.facilities.repository.records.linked_from(identifier)
        shown = [link for link in found if allows(self.principal.grants, "read", link[0])]
        await self.note("read", resource.kind, "shown", tuple({str(identifier), *(link[1] for link in shown)}))
        return shown
