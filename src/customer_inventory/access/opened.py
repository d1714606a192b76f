"""What every access has: who is asking, for which purpose, what is granted, and the trail that everything leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from customer_inventory.access.entity_classes import EntityClasses
from customer_inventory.access.grants import Denied, allows, named
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.access.trail import TrailWriter
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import Randomness, draw_bucket, new_id
from customer_inventory.model import Resource
from customer_inventory.model.contents import ATTACHMENT_LIMIT
from customer_inventory.repository import Repository
from customer_inventory.repository.journal import TrailEntry
from customer_inventory.repository.records import Authorship
from customer_inventory.requirements.catalogue import Catalogue


class RecordNotFound(InventoryError):
    """The inventory holds no such record.

    Check the id; a record that was deleted is still in its history.
    """

    code = "not-found"
    failure = Failure.NOT_FOUND


class VersionNotFound(InventoryError):
    """The record has no content of this version number.

    Its history lists its versions; one that is a deletion holds nothing.
    """

    code = "version-not-found"
    failure = Failure.NOT_FOUND


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
    classes: EntityClasses
    catalogue: Catalogue
    attachment_limit: int = ATTACHMENT_LIMIT
    """Most bytes of one file that a record carries."""
    purge_after: timedelta | None = None
    """How long a deleted record is kept; None for ever."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The part of an access on which reading and writing stand."""

    facilities: Facilities
    principal: Principal
    purpose: str
    request_id: str
    source: str | None = None
    reason: str | None = None
    named: tuple[str, ...] = ()
    """The attributes that are asked for by name, for the trail; empty where whole records are."""
    despite_conflicts: bool = False
    """Whether a specification is written although stored records do not follow it, or are left without one."""

    def despite(self) -> Self:
        """Return the same access, which keeps the stored records of a class as they are whatever is specified."""
        return replace(self, despite_conflicts=True)

    def naming(self, attributes: tuple[str, ...]) -> Self:
        """Return the same access, which asks for these attributes by name: to see, or to search or sort by them."""
        return replace(self, named=attributes) if attributes else self

    def because(self, reason: str | None) -> Self:
        """Return the same access with the reason that its changes will give."""
        return replace(self, reason=reason)

    def may(self, verb: str, resource: Resource) -> bool:
        """Return whether the verb is granted on the resource."""
        return allows(self.principal.grants, verb, resource.kind)

    async def require(self, verb: str, kind: str) -> None:
        """Return if the verb is granted on the kind; otherwise put the refusal in the trail and raise Denied."""
        if allows(self.principal.grants, verb, kind):
            return
        await self.note(verb, kind, "refused", ())
        raise Denied(f"{self.principal.client_id} is not granted {verb}:{named(kind)}.")

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
                self.named,
            )
        )

    def authorship(self, bucket: int) -> Authorship:
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
