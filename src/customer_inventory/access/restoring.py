"""Restoring: a record gets back the content of one of its versions, as a new version; a deleted one comes back with it.

What was in the inventory once is checked again as it stands today, but for one thing: attributes that were not
mandatory when the version was written, or that an import was let off, may be missing or blank still.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access.grants import Denied, allows
from customer_inventory.access.opened import RecordNotFound, VersionNotFound
from customer_inventory.access.pointing import Pointing
from customer_inventory.access.saved import Saved, saved
from customer_inventory.access.specifying import specifying
from customer_inventory.access.writing import ATTEMPTS, VersionConflict, Writing, hushed
from customer_inventory.ids import bucket_of
from customer_inventory.model import Resource
from customer_inventory.model.relations import pointers
from customer_inventory.model.resource import stamped
from customer_inventory.model.validation import is_blank
from customer_inventory.repository.records import Draft, IdempotencyKey, Record, Standing, WriteContention


@dataclass(frozen=True, slots=True)
class Restoring(Writing):
    """What an access can bring back."""

    async def restore(
        self,
        resource: Resource,
        identifier: UUID,
        version: int,
        *,
        expected: frozenset[int] | None = None,
        key: IdempotencyKey | None = None,
    ) -> Saved:
        """Give a record the content of one of its versions again, on one of the versions `expected` or on any.

        Whoever restores must be granted `modify`, for a deleted record `create`. Raises Denied, RecordNotFound when it
        never was or was purged, VersionNotFound, VersionConflict, InvalidDocument, ReferenceMissing and
        IdempotencyKeyReused.
        """
        if not allows(self.principal.grants, "create", resource.kind):
            await self.require("modify", resource.kind)
        await self.require_free("modify", resource.kind, identifier)
        if key and (seen := await self.facilities.repository.records.seen(self.principal.client_id, key)):
            return await self._replayed("modify", resource, seen)
        for attempt in range(ATTEMPTS):
            await self._step_back(attempt)
            standing = await self._standing(resource, identifier, expected)
            saved = await self._restored(resource, identifier, version, standing=standing, key=key)
            if saved is not None:
                return saved
        raise WriteContention

    async def _restored(
        self, resource: Resource, identifier: UUID, version: int, *, standing: Standing, key: IdempotencyKey | None
    ) -> Saved | None:
        """Write the content of `version` again where the record stands; None when it does not stand there any more."""
        reading = self.sees_whole(resource.kind)
        with hushed(unless=reading):
            draft, pointed = await self._former(resource, identifier, version, standing)
            missing = await self._unresolved(resource, msgspec.json.decode(draft.document), pointed)
            async with specifying(self, resource, identifier, msgspec.json.decode(draft.document)):
                written = await self.facilities.repository.records.replace(
                    resource.kind,
                    identifier,
                    expected=standing.version,
                    draft=draft,
                    relink=_links_of(resource, standing) != draft.links,
                    authorship=self.authorship(bucket_of(identifier)),
                    key=key,
                    operation="restore",
                    always=not reading,
                )
        if written.outcome in {"done", "unchanged"}:
            record = Record(str(identifier), written.version, draft.document)
            return saved(record, written, missing, told=reading)
        if written.outcome in {"replayed", "reused"}:
            return await self._replayed("modify", resource, written)
        return None

    async def _standing(self, resource: Resource, identifier: UUID, expected: frozenset[int] | None) -> Standing:
        """Where the record stands, when the access may restore it from there and it is where the caller saw it."""
        standing = await self.facilities.repository.records.standing(resource.kind, identifier)
        absent = f"The inventory holds no {resource.name} {identifier}, and no history of it."
        verb = "modify" if standing is None or standing.document is not None else "create"
        try:
            await self.require(verb, resource.kind)
        except Denied as error:
            # Which verb is missing tells whether the record is there, is deleted, or never was.
            if self.sees_whole(resource.kind):
                raise
            raise RecordNotFound(absent) from error
        if standing is None:
            await self.note(verb, resource.kind, "absent", (str(identifier),))
            raise RecordNotFound(absent)
        if expected is not None and standing.version not in expected:
            await self.note(verb, resource.kind, "stale", (str(identifier),))
            raise VersionConflict
        return standing

    async def _former(
        self, resource: Resource, identifier: UUID, version: int, standing: Standing
    ) -> tuple[Draft, Pointing]:
        """What the record would hold with the content of `version` again, and what that points at."""
        former = await self.facilities.repository.records.get_version(resource.kind, identifier, version=version)
        if former is None:
            await self._standing(resource, identifier, None)  # raises when the record was purged in between
            await self.note("modify", resource.kind, "absent", (str(identifier),))
            raise VersionNotFound(f"The inventory holds no version {version} of {resource.name} {identifier}.")
        before = msgspec.json.decode(standing.document) if standing.document is not None else None
        return await self._again(resource, former.document, before)

    async def _again(self, resource: Resource, former: bytes, before: dict[str, Any] | None) -> tuple[Draft, Pointing]:
        """The draft that holds a former document again, in place of the document `before`, and what it points at."""
        document = stamped(resource.stamps, msgspec.json.decode(former), before=before, now=self.facilities.clock())
        # What it lacked, it may lack again: that is no loss, and was taken then.
        held = [name for name in resource.mandatory if not is_blank(document.get(name))]
        draft, pointed, _ = await self._draft(resource, document, held, before=document, stored=before)
        return draft, pointed


def _links_of(resource: Resource, standing: Standing) -> object:
    """The links that are written of a record now; of a deleted one, or one with bare pointers, no list of links."""
    return pointers(resource, msgspec.json.decode(standing.document)) if standing.document is not None else None
