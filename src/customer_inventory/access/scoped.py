"""A scoped access: one whose grants are limited to attributes or rows, or masked, wherever records are told or written.

The limits stand between the repository and whoever asks, so that answers, histories, lists and events have no way
around them. What of a kind cannot be told piece by piece is refused to who may not see the whole of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.access.opened import RecordNotFound, VersionNotFound
from customer_inventory.access.policy.grant import Grant
from customer_inventory.access.saved import Saved
from customer_inventory.access.spending import AllowanceSpent
from customer_inventory.access.window import MaskedAttribute, Masks, Window, class_alone, standing_windows
from customer_inventory.access.writable import OutsideGrant, Writable
from customer_inventory.access.writing import Change
from customer_inventory.model import Resource
from customer_inventory.repository.deleted import DeletedPage
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.lists import Page
from customer_inventory.repository.query import ConsentTo, Query
from customer_inventory.repository.records import History, IdempotencyKey, Record, Version

MASKED = {"read:*": (Grant("read", "*", masked=True),)}
"""The limits of who sees special categories and CPNI masked, of every kind."""


_THE_REST = attrgetter(*(each.name for each in fields(Access)[2:]))
"""What an access has besides its facilities and its principal; one is made of another with every limited request."""


@dataclass(frozen=True, slots=True)
class ScopedAccess(Access):
    """An access with limits; `mask_key` is that of the hashes that masks show."""

    # `super()` finds no class in a dataclass with slots, so that the class above is named.
    mask_key: bytes = b""

    async def window(self, kind: str, verb: str = "read") -> Window | None:
        """Return what the grants leave open of a kind, None where that is all of it."""
        grants = self.principal.limited(verb, kind)
        if not grants:
            return None
        masks = await self.facilities.catalogue.masks() if any(each.masked for each in grants) else {}
        return self._window(kind, grants, masks)

    def _window(self, kind: str, grants: tuple[Grant, ...], masks: Masks) -> Window:
        asks = any(each.consent for each in grants)
        consent = ConsentTo(self.purpose, self.facilities.clock()) if asks else None
        return Window(KINDS[kind], grants, masks, self.mask_key, consent)

    async def looking_at(self, window: Window, ids: Collection[str]) -> Window:
        """Return a window that knows of which of these records the use is consented to."""
        if window.consent is None or not ids:
            return window
        purpose, at = window.consent
        consents = self.facilities.repository.register.consents
        return window.at_hand(await consents.holding(window.resource.kind, ids, purpose=purpose, at=at))

    async def tally(self, verb: str, kind: str, ids: Collection[str]) -> Mapping[Grant, int]:
        """Return how many of these records count on which grants, by what holds for each as it stands."""
        metered = self.principal.metered(verb, kind)
        if metered is None or not metered.by_record or not ids:
            return await Access.tally(self, verb, kind, ids)
        window = await self.looking_at(self._window(kind, metered.grants, {}), ids)
        standing = await self.facilities.repository.surroundings.now({kind: ids})
        # Of a record that is no more nothing is known: it counts on whatever it might.
        found = dict.fromkeys(metered.records, len(set(ids) - {each.id for each in standing}))
        for each in standing:
            for grant in metered.of(window.holding(each.id, each.document)):
                found[grant] = found.get(grant, 0) + 1
        return found

    async def read(self, resource: Resource, identifier: UUID, *, as_of: datetime | None = None) -> Record:
        """Return a record, as far as it may be seen. Raises as `Reading.read` does."""
        window = await self.window(resource.kind)
        if window is None:
            return await Access.read(self, resource, identifier, as_of=as_of)
        await self.require("read", resource.kind)
        window = await self.looking_at(window, (str(identifier),))
        records = self.facilities.repository.records
        record = await records.get(resource.kind, identifier)
        shown = window.shown(str(identifier), record.document) if record is not None else None
        if as_of is not None and record is not None and shown is not None:
            window = window.standing(record.id, record.document)
            record = await records.get_as_of(resource.kind, identifier, as_of=as_of)
            shown = window.shown(record.id, record.document) if record is not None else None
        if record is None or shown is None:
            await self.note("read", resource.kind, "absent" if record is None else "refused", (str(identifier),))
            raise RecordNotFound(f"The inventory holds no {resource.name} {identifier}.")
        await self.require_free("read", resource.kind, identifier)
        await self.note("read", resource.kind, "shown", (record.id,))
        return record._replace(document=shown)

    async def version(
        self, resource: Resource, identifier: UUID, version: int, *, as_of: datetime | None = None
    ) -> Record:
        """Return one version of a record, as far as it may be seen. Raises as `Reading.version` does."""
        window = await self.window(resource.kind)
        if window is None:
            return await Access.version(self, resource, identifier, version, as_of=as_of)
        window = await self._standing_window(window, resource, identifier)
        record = await Access.version(self, resource, identifier, version, as_of=as_of)
        shown = window.shown(record.id, record.document)
        if shown is None:
            raise VersionNotFound(f"The inventory holds no version {version} of {resource.name} {identifier}.")
        return record._replace(document=shown)

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
        """Return a page of a record's versions, as far as they may be seen. Raises as `Reading.history` does."""
        window = await self.window(resource.kind)
        if window is not None:
            window = await self._standing_window(window, resource, identifier)
        found = await Access.history(self, resource, identifier, limit=limit, offset=offset, before=before, as_of=as_of)
        if window is None:
            return found
        versions = [shown for each in found.versions if (shown := _version(window, identifier, each)) is not None]
        older = [each.document for each in versions[1:]]
        return found._replace(
            versions=[
                each if each.version == 1 or before not in {each.document, _UNKNOWN} else _anonymous(each)
                for each, before in zip(versions, [*older, _UNKNOWN], strict=True)
            ]
        )

    async def page(self, resource: Resource, query: Query) -> Page:
        """Return one page of a list of what may be seen. Raises MaskedAttribute, and as `Reading.page` does."""
        window = await self.window(resource.kind)
        if window is None:
            return await Access.page(self, resource, query)
        page = await Access.page(self, resource, await self._narrowed(window, query))
        return await self._through({resource.kind: window}, page, [resource.kind] * len(page.records), query)

    async def _narrowed(self, window: Window, query: Query, *, joint: bool = False) -> Query:
        """Narrow a query to what a window leaves open. Raises MaskedAttribute, with a trail entry."""
        try:
            return window.narrowed(query, joint=joint)
        except MaskedAttribute:
            await self.note("read", window.resource.kind, "refused", ())
            raise

    async def page_of(self, resources: Sequence[Resource], query: Query) -> Page:
        """Return one page of a list of several resources. Raises as `page` does."""
        windows = {each.kind: window for each in resources if (window := await self.window(each.kind)) is not None}
        for window in windows.values():
            query = await self._narrowed(window, query, joint=True)
        page = await Access.page_of(self, resources, query)
        return await self._through(windows, page, page.kinds, query)

    async def deleted(
        self, resource: Resource, *, limit: int, offset: int = 0, after: UUID | None = None
    ) -> DeletedPage:
        """Return a page of deleted records, to who may see all of the kind. Raises Denied, as `Reading.deleted`."""
        window = await self.window(resource.kind)
        if window is None:
            return await Access.deleted(self, resource, limit=limit, offset=offset, after=after)
        await self.require_every("read", resource.kind)
        page = await Access.deleted(self, resource, limit=limit, offset=offset, after=after)
        shown = [
            each._replace(document=window.shown(each.id, each.document) or class_alone(each.document))
            for each in page.records
        ]
        return page._replace(records=shown)

    async def linked_from(self, resource: Resource, identifier: UUID) -> list[tuple[str, str, str, str]]:
        """Return what refers to a record by attributes that may be seen of every record of its kind.

        As what it does stays out where the role is masked. Raises RecordNotFound where the record may not be seen.
        """
        window = await self.window(resource.kind)
        if window is not None:
            await self._standing_window(window, resource, identifier)
        found = await Access.linked_from(self, resource, identifier)
        windows = {kind: await self.window(kind) for kind in dict.fromkeys(each[0] for each in found)}
        shown = [each for each in found if (of := windows[each[0]]) is None or of.tells(each[2])]
        return [_link(windows[each[0]], each) for each in shown]

    async def create(
        self,
        resource: Resource,
        document: dict[str, Any],
        *,
        key: IdempotencyKey | None = None,
        demanded: Collection[str] | None = None,
    ) -> Saved:
        """Create a record within the grants. Raises OutsideGrant, and as `Writing.create` does."""
        judge = await self._judge("create", resource)
        if judge is not None:
            await self._spend_written("create", resource.kind, judge, document)
            try:
                judge.created(document)
            except OutsideGrant:
                await self.note("create", resource.kind, "refused", ())
                raise
        return await self._seen(resource, await Access.create(self, resource, document, key=key, demanded=demanded))

    async def modify(
        self,
        resource: Resource,
        identifier: UUID,
        change: Change,
        *,
        expected: frozenset[int] | None = None,
        key: IdempotencyKey | None = None,
        demanded: Collection[str] | None = None,
        verb: str = "modify",
    ) -> Saved:
        """Change a record within the grants. Raises OutsideGrant, and as `Writing.modify` does."""
        judge = await self._judge(verb, resource)
        judged = judge.judged(identifier, change, removes=self.removes) if judge is not None else change
        if judge is not None:
            # Before anything else: whether its version is the one that is expected tells that it is there.
            await self._spend_stored(verb, resource.kind, judge, identifier)
            await self.require(verb, resource.kind)
            await self._standing_record(judge.window, verb, resource, identifier)
        try:
            saved = await Access.modify(
                self, resource, identifier, judged, expected=expected, key=key, demanded=demanded, verb=verb
            )
        except (OutsideGrant, RecordNotFound) as error:
            if isinstance(error, OutsideGrant) or judge is not None:
                await self.note(verb, resource.kind, "refused", (str(identifier),))
            raise
        return await self._seen(resource, saved)

    async def delete(
        self,
        resource: Resource,
        identifier: UUID,
        *,
        expected: frozenset[int] | None = None,
        key: IdempotencyKey | None = None,
    ) -> None:
        """Delete a record within the grants. Raises as `Writing.delete` does."""
        window = await self.window(resource.kind, "delete")
        if window is not None:
            await self._spend_stored("delete", resource.kind, Writable(window, "delete"), identifier)
            await self.require("delete", resource.kind)
            record = await self._standing_record(window, "delete", resource, identifier)
            # What was judged is what goes: one that was changed in between is a conflict.
            expected = frozenset({record.version}) if expected is None else expected & {record.version}
        await Access.delete(self, resource, identifier, expected=expected, key=key)

    async def restore(
        self,
        resource: Resource,
        identifier: UUID,
        version: int,
        *,
        expected: frozenset[int] | None = None,
        key: IdempotencyKey | None = None,
    ) -> Saved:
        """Restore a record, who may write all of the kind. Raises Denied, and as `Restoring.restore` does."""
        for verb in ("create", "modify"):
            if self.principal.limited(verb, resource.kind):
                await self.require_every(verb, resource.kind)
        saved = await Access.restore(self, resource, identifier, version, expected=expected, key=key)
        return await self._seen(resource, saved)

    async def _spend_stored(self, verb: str, kind: str, judge: Writable, identifier: UUID) -> None:
        """Count a write on the grants that hold for a record as it stands, where it depends on that."""
        metered = self.principal.metered(verb, kind)
        if metered is not None and metered.by_record:
            record = await self.facilities.repository.records.get(kind, identifier)
            stored = {**msgspec.json.decode(record.document), "id": record.id} if record is not None else None
            await self._spend_written(verb, kind, judge, stored)

    async def _spend_written(self, verb: str, kind: str, judge: Writable, document: Mapping[str, Any] | None) -> None:
        """Count a write on the grants that hold for a document, where it depends on that; `require` does otherwise."""
        metered = self.principal.metered(verb, kind)
        if metered is not None and metered.by_record and document is not None:
            await self._spend(metered, verb, kind, metered.of(judge.holding(document)))

    async def _judge(self, verb: str, resource: Resource) -> Writable | None:
        window = await self.window(resource.kind, verb)
        return Writable(window, verb) if window is not None else None

    async def _seen(self, resource: Resource, saved: Saved) -> Saved:
        """What a write left, as far as it may be seen: what is shown of it counts as read."""
        record = saved.record
        window, metered = await self.window(resource.kind), self.principal.metered("read", resource.kind)
        shown: bytes | None = record.document
        if window is not None:
            window = await self.looking_at(window, (record.id,))
            shown = window.shown(record.id, record.document)
        seen = self.principal.volume is not None and self.may("read", resource)
        if (metered is not None or seen) and shown is not None:
            try:
                await self.note("read", resource.kind, "shown", (record.id,))
            except AllowanceSpent:
                shown = None
        return saved._replace(record=record._replace(document=shown or class_alone(record.document)))

    async def _through(self, windows: Mapping[str, Window], page: Page, kinds: Sequence[str], query: Query) -> Page:
        """A page with its records as far as they may be seen; those of a former moment, by what may be seen now."""
        pairs = list(zip(page.records, kinds, strict=True))
        windows = {
            kind: await self.looking_at(window, [each.id for each, of in pairs if of == kind])
            for kind, window in windows.items()
        }
        if query.as_of is not None:
            ids = [(kind, each.id) for each, kind in pairs]
            standing = await standing_windows(self.facilities.repository.surroundings, windows, ids)
        else:
            standing = {}
        shown = [_record(standing.get(each.id) or windows.get(kind), each) for each, kind in pairs]
        return replace(page, records=shown)

    async def _standing_window(self, window: Window, resource: Resource, identifier: UUID) -> Window:
        """The window on the versions of a record, by what may be seen of it as it stands. Raises RecordNotFound."""
        await self.require("read", resource.kind)
        if not window.by_rows:
            return window
        window = await self.looking_at(window, (str(identifier),))
        record = await self._standing_record(window, "read", resource, identifier)
        return window.standing(record.id, record.document)

    async def _standing_record(self, window: Window, verb: str, resource: Resource, identifier: UUID) -> Record:
        """A record as it stands, if something is granted of it. Raises RecordNotFound."""
        record = await self.facilities.repository.records.get(resource.kind, identifier)
        if record is None or not window.told_of(record.id, record.document):
            await self.note(verb, resource.kind, "absent" if record is None else "refused", (str(identifier),))
            raise RecordNotFound(f"The inventory holds no {resource.name} {identifier}.")
        return record


def scoped_access(access: Access, limits: Mapping[str, tuple[Grant, ...]], *, key: bytes) -> ScopedAccess:
    """Return the same access with limits; `key` is that of the hashes that masks show."""
    principal = access.principal
    if principal.limits is not limits:
        principal = replace(principal, limits=limits)
    values: tuple[Any, ...] = (access.facilities, principal, *_THE_REST(access), key)
    return ScopedAccess(*values)


def masked_access(access: Access, key: bytes) -> ScopedAccess:
    """Return the same access, to which special categories and CPNI are masked."""
    return scoped_access(access, MASKED, key=key)


def _record(window: Window | None, record: Record) -> Record:
    if window is None:
        return record
    # The list found it by the same rule; that nothing of it may be seen is then a disagreement, and safe.
    return record._replace(document=window.shown(record.id, record.document) or class_alone(record.document))


def _version(window: Window, identifier: UUID, version: Version) -> Version | None:
    if version.document is None:
        return version
    shown = window.shown(str(identifier), version.document)
    return replace(version, document=shown) if shown is not None else None


_UNKNOWN = b""
"""In place of the version before the last one of a page."""


def _anonymous(version: Version) -> Version:
    """A version of which nothing that changed may be seen, or is known here: nor is who changed it, and why."""
    return replace(version, client_id=None, person=None, purpose=None, source=None, reason=None)


def _link(window: Window | None, link: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    kind, source, attribute, role = link
    return kind, source, attribute, role if window is None or window.tells_role(attribute) else ""
