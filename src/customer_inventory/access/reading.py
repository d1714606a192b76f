"""Reading through an access: nothing is shown that is not granted, or before its trail entry is durable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from customer_inventory.access.grants import allows
from customer_inventory.access.opened import Opened, RecordNotFound, VersionNotFound
from customer_inventory.model import Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.model.view import View
from customer_inventory.repository.deleted import DeletedPage
from customer_inventory.repository.lists import Page
from customer_inventory.repository.query import Query
from customer_inventory.repository.records import History, Record, Version


@dataclass(frozen=True, slots=True)
class Reading(Opened):
    """What an access can read."""

    async def read(self, resource: Resource, identifier: UUID, *, as_of: datetime | None = None) -> Record:
        """Return a record, as it is or as it was. Raises Denied or RecordNotFound."""
        kind = resource.kind
        await self.require("read", kind)
        await self.require_free("read", kind, identifier)
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

    async def attributes(self, resource: Resource) -> Mapping[str, Attribute]:
        """Return the attributes by which a resource can be searched now: entities have those of every class."""
        return await self.facilities.classes.attributes() if resource is ENTITY else resource.attributes

    async def searched(self, view: View, *, anew: bool = True) -> View:
        """Return a view with the attributes by which its records can be searched now, as `attributes` does.

        Unless `anew`, it may be a quarter of a second late of what another server specified.
        """
        return await self.facilities.classes.view(anew=anew) if view.resource is ENTITY else view

    async def page(self, resource: Resource, query: Query) -> Page:
        """Return one page of a list. Raises Denied and what `Lists.page` raises."""
        await self.require("read", resource.kind)
        page = await self.facilities.repository.lists.page(resource.kind, self.free([resource.kind], query))
        await self.note("read", resource.kind, "shown", tuple(record.id for record in page.records))
        return page

    async def page_of(self, resources: Sequence[Resource], query: Query) -> Page:
        """Return one page of a list of several resources, of those that may be read. Raises as `page` does."""
        kinds = [resource.kind for resource in resources if allows(self.principal.grants, "read", resource.kind)]
        if not kinds:
            await self.require("read", resources[0].kind)
        page = await self.facilities.repository.lists.page_of(kinds, self.free(kinds, query))
        shown = list(zip(page.records, page.kinds, strict=True))
        for kind in kinds:
            await self.note("read", kind, "shown", tuple(record.id for record, of in shown if of == kind))
        return page

    async def versions(self, resource: Resource, identifier: UUID, *, limit: int = 100) -> list[Version]:
        """Return a record's versions, newest first. Raises Denied or RecordNotFound when it never was."""
        return (await self.history(resource, identifier, limit=limit)).versions

    async def history(
        self,
        resource: Resource,
        identifier: UUID,
        *,
        limit: int,
        offset: int = 0,
        before: int | None = None,
        as_of: datetime | None = None,
    ) -> History:
        """Return a page of a record's versions, newest first, of a deleted record too.

        `before` is a version number that the page stays below. Raises Denied, or RecordNotFound when it never was.
        """
        await self.require("read", resource.kind)
        await self.require_free("read", resource.kind, identifier)
        history = await self.facilities.repository.records.history(
            resource.kind, identifier, limit=limit, offset=offset, before=before, as_of=as_of
        )
        await self.note("read", resource.kind, "shown" if history.total else "absent", (str(identifier),))
        if not history.total:
            raise RecordNotFound(f"The inventory never held a {resource.name} {identifier}.")
        return history

    async def version(
        self, resource: Resource, identifier: UUID, version: int, *, as_of: datetime | None = None
    ) -> Record:
        """Return one version of a record, of a deleted one too. Raises Denied, or VersionNotFound.

        A version that came about after `as_of` is not found either.
        """
        await self.require("read", resource.kind)
        await self.require_free("read", resource.kind, identifier)
        record = await self.facilities.repository.records.get_version(resource.kind, identifier, version=version)
        if record is not None and as_of is not None:
            latest = await self.facilities.repository.records.history(
                resource.kind, identifier, limit=1, before=version + 1, as_of=as_of
            )
            record = record if [each.version for each in latest.versions] == [version] else None
        await self.note("read", resource.kind, "shown" if record else "absent", (str(identifier),))
        if record is None:
            raise VersionNotFound(f"The inventory holds no version {version} of {resource.name} {identifier}.")
        return record

    async def deleted(
        self, resource: Resource, *, limit: int, offset: int = 0, after: UUID | None = None
    ) -> DeletedPage:
        """Return a page of the deleted records that can come back, newest first. Raises Denied or InvalidCursor."""
        await self.require("read", resource.kind)
        deleted = self.facilities.repository.deleted
        page = await deleted.page(resource.kind, limit=limit, offset=offset, after=after, use=self.use)
        await self.note("read", resource.kind, "shown", tuple(record.id for record in page.records))
        return page

    async def linked_from(self, resource: Resource, identifier: UUID) -> list[tuple[str, str, str, str]]:
        """Return what refers to a record, as (kind, id, attribute, role), of the kinds that may be read."""
        await self.require("read", resource.kind)
        await self.require_free("read", resource.kind, identifier)
        found = await self.facilities.repository.records.linked_from(identifier)
        hidden = await self.withheld([link[1] for link in found])
        shown = [link for link in found if allows(self.principal.grants, "read", link[0]) and link[1] not in hidden]
        await self.note("read", resource.kind, "shown", tuple({str(identifier), *(link[1] for link in shown)}))
        return shown
