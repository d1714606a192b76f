"""An access: one process (and person), for one purpose, at work on records.

What an access does not grant, it refuses; what it writes, it checks against the model; what it shows or does is in the
trail, durable, before the caller gets it. A write's trail entry is part of the write's own transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from customer_inventory.access.grants import Denied, allows
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.access.trail import TrailWriter
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import Randomness, bucket_of, draw_bucket, new_id
from customer_inventory.model import Link, Resource, links, terms, unresolved, validate
from customer_inventory.model.resource import stamped
from customer_inventory.repository import Repository
from customer_inventory.repository.journal import TrailEntry
from customer_inventory.repository.lists import Page
from customer_inventory.repository.query import Query
from customer_inventory.repository.records import (
    Authorship,
    Draft,
    IdempotencyKey,
    Record,
    Version,
    WriteContention,
    Written,
)

_ATTEMPTS = 60
_PATIENT_FROM = 3

Change = Callable[[dict[str, Any]], dict[str, Any]]


class RecordNotFound(InventoryError):
    """The inventory holds no such record.

    Check the id; a record that was deleted is still in its history.
    """

    code = "not-found"
    failure = Failure.NOT_FOUND


class VersionConflict(InventoryError):
    """The record has changed since the version that If-Match names.

    Get it again, apply the change to what is there now, and send its ETag.
    """

    code = "version-conflict"
    failure = Failure.PRECONDITION


class IdempotencyKeyReused(InventoryError):
    """The Idempotency-Key was used before, for another request.

    Choose a new key for every new request; repeat a key only with the very same request.
    """

    code = "idempotency-key-reused"
    failure = Failure.UNPROCESSABLE


class StillReferenced(InventoryError):
    """Other records refer to this one by a strictly checked reference.

    Delete or change them first.
    """

    code = "still-referenced"
    failure = Failure.CONFLICT


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a client, what it may do, and the person on whose behalf it asks."""

    client_id: str
    purposes: tuple[str, ...]
    grants: frozenset[str]
    person: str | None


@dataclass(frozen=True, slots=True)
class Facilities:
    """What accesses work with."""

    repository: Repository
    trail: TrailWriter
    clock: Clock
    randomness: Randomness
    reference_checks: ReferenceChecks


class Saved(NamedTuple):
    """What a write left: the record, what happened, and the reference attributes that name nothing we hold."""

    record: Record
    outcome: str
    unresolved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """One open access. Cheap: the doors open one for every request."""

    facilities: Facilities
    principal: Principal
    purpose: str
    request_id: str
    source: str | None = None
    reason: str | None = None

    def because(self, reason: str | None) -> Access:
        """Return the same access with the reason that its changes will give."""
        return replace(self, reason=reason)

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

    async def create(self, resource: Resource, document: dict[str, Any], *, key: IdempotencyKey | None = None) -> Saved:
        """Create a record. Raises Denied, InvalidDocument, ReferenceMissing or IdempotencyKeyReused."""
        await self.require("create", resource.kind)
        document = {name: value for name, value in document.items() if name not in {"id", "href"}}
        document = stamped(resource.stamps, document, before=None, now=self.facilities.clock())
        draft = self._draft(resource, document)
        identifier = self._new_id(_home(resource, draft.links))
        missing = await self._unresolved(resource, document, draft.links)
        written = await self.facilities.repository.records.create(
            resource.kind, identifier, draft=draft, authorship=self._authorship(bucket_of(identifier)), key=key
        )
        if written.outcome == "done":
            return Saved(Record(str(identifier), 1, draft.document), "done", missing)
        return await self._replayed("create", resource, written)

    async def modify(
        self,
        resource: Resource,
        identifier: UUID,
        change: Change,
        *,
        expected: frozenset[int] | None = None,
        key: IdempotencyKey | None = None,
    ) -> Saved:
        """Apply `change` to a record's document, on one of the versions `expected` or on whatever is there.

        Raises Denied, RecordNotFound, VersionConflict, InvalidDocument, ReferenceMissing, IdempotencyKeyReused, and
        whatever `change` raises.
        """
        await self.require("modify", resource.kind)
        if key and (seen := await self.facilities.repository.records.seen(self.principal.client_id, key)):
            return await self._replayed("modify", resource, seen)
        for attempt in range(_ATTEMPTS):
            await self._step_back(attempt)
            old = await self._current("modify", resource, identifier, expected)
            before = msgspec.json.decode(old.document)
            document = change(msgspec.json.decode(old.document))
            document = stamped(resource.stamps, document, before=before, now=self.facilities.clock())
            # What came incomplete from a source can be corrected bit by bit; what is there cannot be taken away.
            draft = self._draft(resource, document, [name for name in resource.mandatory if name in before])
            missing = await self._unresolved(resource, document, draft.links)
            written = await self.facilities.repository.records.replace(
                resource.kind,
                identifier,
                expected=old.version,
                draft=draft,
                relink=links(resource, before) != draft.links,
                authorship=self._authorship(bucket_of(identifier)),
                key=key,
            )
            if written.outcome in {"done", "unchanged"}:
                return Saved(Record(old.id, written.version, draft.document), written.outcome, missing)
            if written.outcome in {"replayed", "reused"}:
                return await self._replayed("modify", resource, written)
            await self._refuse_if_settled("modify", resource, identifier, written.outcome, expected)
        raise WriteContention

    async def delete(
        self,
        resource: Resource,
        identifier: UUID,
        *,
        expected: frozenset[int] | None = None,
        key: IdempotencyKey | None = None,
    ) -> None:
        """Delete a record; its history stays.

        Raises Denied, RecordNotFound, VersionConflict, StillReferenced or IdempotencyKeyReused.
        """
        await self.require("delete", resource.kind)
        if key and (seen := await self.facilities.repository.records.seen(self.principal.client_id, key)):
            await self._note_replay("delete", resource, seen)
            return
        for attempt in range(_ATTEMPTS):
            await self._step_back(attempt)
            old = await self._current("delete", resource, identifier, expected)
            written = await self.facilities.repository.records.replace(
                resource.kind,
                identifier,
                expected=old.version,
                draft=None,
                relink=True,
                authorship=self._authorship(bucket_of(identifier)),
                key=key,
            )
            if written.outcome == "done":
                return
            if written.outcome in {"replayed", "reused"}:
                await self._note_replay("delete", resource, written)
                return
            await self._refuse_if_settled("delete", resource, identifier, written.outcome, expected)
        raise WriteContention

    def may(self, verb: str, resource: Resource) -> bool:
        """Return whether the verb is granted on the resource."""
        return allows(self.principal.grants, verb, resource.kind)

    async def require(self, verb: str, kind: str) -> None:
        """Return if the verb is granted on the kind; otherwise put the refusal in the trail and raise Denied."""
        if allows(self.principal.grants, verb, kind):
            return
        await self.note(verb, kind, "refused", ())
        raise Denied(f"{self.principal.client_id} is not granted {verb}:{kind}.")

    async def note(self, verb: str, kind: str, outcome: str, record_ids: tuple[str, ...]) -> None:
        """Make a trail entry durable."""
        now = self.facilities.clock()
        bucket = int(record_ids[0][15:18], 16) if record_ids else 0
        await self.facilities.trail.record(
            TrailEntry(
                new_id(bucket=bucket, at=now, randomness=self.facilities.randomness),
                now,
                self.principal.client_id,
                self.principal.person,
                self.purpose,
                verb,
                kind,
                outcome,
                record_ids,
                self.request_id,
            )
        )

    async def _step_back(self, attempt: int) -> None:
        """Wait a random moment, the longer the more often others won the record, so that each of many gets a turn."""
        if attempt >= _PATIENT_FROM:
            await asyncio.sleep(self.facilities.randomness(10) / 1024 * min(attempt, 20) * 0.002)

    def _draft(self, resource: Resource, document: dict[str, Any], mandatory: Collection[str] | None = None) -> Draft:
        validate(resource, document, mandatory=mandatory)
        return Draft(
            document=msgspec.json.encode(document),
            terms=terms(resource, document),
            label=resource.label(document),
            links=links(resource, document),
            strict=self.facilities.reference_checks.with_check(resource.name, "strict"),
        )

    async def _unresolved(self, resource: Resource, document: dict[str, Any], found: list[Link]) -> tuple[str, ...]:
        """The warned-about reference attributes of a document that name nothing the inventory holds.

        Raises ReferenceUnknown for a strictly checked one whose id cannot be one of ours; strict ones that could be are
        checked by the write itself, under a lock.
        """
        checks = self.facilities.reference_checks
        foreign = set(unresolved(resource, document))
        strict = foreign & checks.with_check(resource.name, "strict")
        if strict:
            raise ReferenceForeign(
                f"{', '.join(sorted(strict))} names no record of this inventory. "
                "Create it first, or correct the reference."
            )
        warned = checks.with_check(resource.name, "warn")
        asked = [link for link in found if link.attribute in warned]
        missing = await self.facilities.repository.records.missing(asked) if asked else set()
        return tuple(sorted((foreign & warned) | missing))

    async def _current(
        self, verb: str, resource: Resource, identifier: UUID, expected: frozenset[int] | None
    ) -> Record:
        record = await self.facilities.repository.records.get(resource.kind, identifier)
        if record is None:
            await self._refuse_if_settled(verb, resource, identifier, "absent", expected)
            raise RecordNotFound
        if expected is not None and record.version not in expected:
            await self._refuse_if_settled(verb, resource, identifier, "stale", expected)
        return record

    async def _refuse_if_settled(
        self, verb: str, resource: Resource, identifier: UUID, outcome: str, expected: frozenset[int] | None
    ) -> None:
        """Raise what a write's outcome means; return when it was only overtaken and may be tried again."""
        if outcome == "stale" and expected is None:
            return
        await self.note(verb, resource.kind, "refused" if outcome == "referenced" else outcome, (str(identifier),))
        if outcome == "absent":
            raise RecordNotFound(f"The inventory holds no {resource.name} {identifier}.")
        if outcome == "referenced":
            raise StillReferenced(f"Other records refer to {resource.name} {identifier}. Delete or change them first.")
        raise VersionConflict

    async def _note_replay(self, verb: str, resource: Resource, written: Written) -> None:
        outcome = "refused" if written.outcome == "reused" else "replayed"
        await self.note(verb, resource.kind, outcome, (str(written.id),))
        if written.outcome == "reused":
            raise IdempotencyKeyReused

    async def _replayed(self, verb: str, resource: Resource, written: Written) -> Saved:
        """Answer a repeated request with what the first one left."""
        await self._note_replay(verb, resource, written)
        records = self.facilities.repository.records
        record = await records.get_version(resource.kind, written.id, version=written.version)
        if record is None:
            raise RecordNotFound(f"The inventory no longer holds the {resource.name} that this key created.")
        return Saved(record, "replayed", ())

    def _authorship(self, bucket: int) -> Authorship:
        """Who writes, with a change and a trail entry that live beside the record, so that a write is of one shard."""
        at = self.facilities.clock()
        return Authorship(
            change_id=self._new_id(bucket, at),
            trail_id=self._new_id(bucket, at),
            at=at,
            client_id=self.principal.client_id,
            person=self.principal.person,
            purpose=self.purpose,
            request_id=self.request_id,
            source=self.source,
            reason=self.reason,
        )

    def _new_id(self, bucket: int | None, at: datetime | None = None) -> UUID:
        randomness = self.facilities.randomness
        drawn = draw_bucket(randomness) if bucket is None else bucket
        return new_id(bucket=drawn, at=at or self.facilities.clock(), randomness=randomness)


class ReferenceForeign(InventoryError):
    """A strictly checked reference names no record of this inventory.

    Create the referenced record first, or correct the reference.
    """

    code = "reference-missing"
    failure = Failure.UNPROCESSABLE


def _home(resource: Resource, found: list[Link]) -> int | None:
    """The bucket that a new record shares with the party it belongs to, or None to draw one."""
    owners = {reference.attribute for reference in resource.references if reference.owner}
    return next((bucket_of(link.target_id) for link in found if link.attribute in owners), None)
