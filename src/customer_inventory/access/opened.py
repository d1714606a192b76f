"""What every access has: who is asking, for which purpose, what is granted, and the trail that everything leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Self
from uuid import UUID

from customer_inventory.access.breached import BreachedPasswords
from customer_inventory.access.download_rules import DownloadRules
from customer_inventory.access.elsewhere import NOBODY, Deciding
from customer_inventory.access.entity_classes import EntityClasses
from customer_inventory.access.file_scanner import FileScanner
from customer_inventory.access.grants import Denied, allows, named
from customer_inventory.access.policy.counting import Metered, scope_name
from customer_inventory.access.policy.grant import Grant
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.access.spending import AllowanceSpent, spend_records, spend_requests
from customer_inventory.access.trail import TrailWriter
from customer_inventory.access.volumes import Volume, Volumes
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import Randomness, draw_bucket, new_id
from customer_inventory.model import Resource
from customer_inventory.model.contents import ATTACHMENT_LIMIT
from customer_inventory.repository import Repository
from customer_inventory.repository.journal import TrailEntry
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.query import Query
from customer_inventory.repository.records import Authorship
from customer_inventory.repository.restrictions import UseFor
from customer_inventory.requirements.catalogue import Catalogue

if TYPE_CHECKING:
    from customer_inventory.access.window import Window


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


class Restricted(InventoryError):
    """The use of the record is restricted: it is stored, and no more, for the time being (GDPR article 18).

    Whoever answers for privacy can say why and until when, and for which purposes it may be used all the same.
    """

    code = "restricted"
    failure = Failure.DENIED


_SHOWING = frozenset({"read", "download"})
"""The verbs by which records are counted as they are shown; by the others, as they are written."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a client, what it may do, and the person on whose behalf it asks."""

    client_id: str
    purposes: tuple[str, ...]
    grants: frozenset[str]
    person: str | None
    limits: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    """What limits a grant, by "verb:kind"; a kind of "*" limits the verb on every kind."""
    counts: Mapping[str, Metered] = field(default_factory=dict)
    """The grants on which it is counted how much is used, by "verb:kind" or "verb:*"."""
    volume: Volume | None = None
    """The most records that the registration of the client lets expect to be shown."""
    beyond: frozenset[str] = frozenset()
    """What the client itself is granted, and the scope of its token leaves out."""

    def limited(self, verb: str, kind: str) -> tuple[Grant, ...]:
        """Return the grants that limit a verb on a kind; none where nothing does, or where it is not granted."""
        if not self.limits or f"{verb}:{kind}" in self.limits:
            return self.limits.get(f"{verb}:{kind}", ())
        return self.limits.get(f"{verb}:*", ())

    def metered(self, verb: str, kind: str) -> Metered | None:
        """Return the grants of a verb on a kind where some of them have an amount that counts, None otherwise."""
        if not self.counts:
            return None
        found = self.counts.get(f"{verb}:{kind}") or self.counts.get(f"{verb}:*")
        return found if found is not None and (found.records or found.requests) else None


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
    downloads: DownloadRules = field(default_factory=DownloadRules)
    volumes: Volumes | None = None
    privacy_zone: tzinfo = UTC
    """In whose days the time of privacy requests is reckoned."""
    breached: BreachedPasswords | None = None
    """The list of passwords that nobody may choose."""
    scanner: FileScanner | None = None
    """What looks through the files that records carry."""
    deciding: Deciding = NOBODY
    """Whose groups decide on the roles of people who signed in there."""


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
    spent: set[str] = field(default_factory=set)
    """The grants with an amount that this request was counted on, and "verb:kind" of what it writes."""
    restricted: frozenset[str] = frozenset()
    """The kinds of which there are records whose use is restricted."""
    removes: frozenset[str] = frozenset()
    """The attributes that a change removes, whether the record has them or not."""
    despite_conflicts: bool = False
    """Whether a specification is written although stored records do not follow it, or are left without one."""

    def despite(self) -> Self:
        """Return the same access, which keeps the stored records of a class as they are whatever is specified."""
        return replace(self, despite_conflicts=True)

    def removing(self, attributes: frozenset[str]) -> Self:
        """Return the same access, whose change removes these attributes, whether the record has them or not."""
        return replace(self, removes=attributes) if attributes else self

    def naming(self, attributes: tuple[str, ...]) -> Self:
        """Return the same access, which asks for these attributes by name: to see, or to search or sort by them."""
        return replace(self, named=attributes) if attributes else self

    def because(self, reason: str | None) -> Self:
        """Return the same access with the reason that its changes will give."""
        return replace(self, reason=reason)

    def may(self, verb: str, resource: Resource) -> bool:
        """Return whether the verb is granted on the resource."""
        return allows(self.principal.grants, verb, resource.kind)

    def sees_whole(self, kind: str) -> bool:
        """Return whether every record of a kind may be read, whole and as it is."""
        return allows(self.principal.grants, "read", kind) and not self.principal.limited("read", kind)

    def may_every(self, verb: str, kind: str) -> bool:
        """Return whether a verb is granted on every record and attribute of a kind, be it masked."""
        limits = self.principal.limited(verb, kind)
        return allows(self.principal.grants, verb, kind) and not any(each.limited_beyond_masks for each in limits)

    async def window(self, kind: str, verb: str = "read") -> Window | None:  # noqa: ARG002  see ScopedAccess
        """Return what the grants leave open of a kind, None where that is all of it."""
        return None

    async def looking_at(self, window: Window, ids: Collection[str]) -> Window:  # noqa: ARG002  see ScopedAccess
        """Return a window that knows of which of these records the use is consented to."""
        return window

    @property
    def use(self) -> UseFor | None:
        """For what records must be free of restrictions, None where none is restricted."""
        return UseFor(self.purpose, self.facilities.clock()) if self.restricted else None

    def free(self, kinds: Collection[str], query: Query) -> Query:
        """Return the query over records of these kinds whose use is not restricted."""
        return replace(query, use=self.use) if self.restricted.intersection(kinds) else query

    async def withheld(self, ids: Collection[str]) -> frozenset[str]:
        """Return which of some records are restricted, and not to be used for this purpose."""
        if self.use is None or not ids:
            return frozenset()
        found = await self.facilities.repository.erasures.restrictions.restricted(ids, self.use)
        return frozenset(each for each, allowed in found.items() if not allowed)

    async def require_free(self, verb: str, kind: str, identifier: UUID) -> None:
        """Return if a record may be used for this purpose. Raises Restricted, with a trail entry."""
        if kind in self.restricted and await self.withheld([str(identifier)]):
            await self.note(verb, kind, "refused", (str(identifier),))
            raise Restricted

    async def require_every(self, verb: str, kind: str) -> None:
        """Return if a verb is granted on every record and attribute of a kind; as `require` otherwise."""
        if self.may_every(verb, kind):
            return
        await self.note(verb, kind, "refused", ())
        raise Denied(f"This takes {verb}:{named(kind)} on every record and attribute of the kind.")

    async def require_without_amount(self, verb: str, kind: str) -> None:
        """Return if a verb is granted on every record and attribute of a kind, as many as there are."""
        await self.require_every(verb, kind)
        if self.principal.metered(verb, kind) is not None:
            await self.note(verb, kind, "refused", ())
            raise Denied(f"This takes {verb}:{named(kind)} without an amount: it may write thousands of records.")

    async def require_whole(self, verb: str, kind: str) -> None:
        """Return if a verb is granted on every record of a kind, whole and as it is; as `require` otherwise."""
        if self.principal.limited(verb, kind):
            await self.note(verb, kind, "refused", ())
            raise Denied(f"This takes {verb}:{named(kind)} on whole records of the kind, without limits.")
        await self.require(verb, kind)

    async def require(self, verb: str, kind: str, *, writes: bool = True) -> None:
        """Return if the verb is granted on the kind; otherwise put the refusal in the trail and raise Denied.

        Counts the request, and the record that it `writes`, unless that is still to come. Raises AllowanceSpent.
        """
        if allows(self.principal.grants, verb, kind):
            if (metered := self.principal.metered(verb, kind)) is not None:
                await self._spend(metered, verb, kind, metered.records if writes else None)
            return
        await self.note(verb, kind, "refused", ())
        raise Denied(f"{self.principal.client_id} is not granted {verb}:{named(kind)}.")

    async def _spend(self, metered: Metered, verb: str, kind: str, written: Collection[Grant] | None) -> None:
        """Count a request, and once what it is about to write, None if that is not known yet. Raises AllowanceSpent."""
        requests = {each: 1 for each in metered.requests if f"{verb}:{scope_name(each)}" not in self.spent}
        writes = written if written and verb not in _SHOWING and f"{verb}:{kind}" not in self.spent else ()
        self.spent.update(f"{verb}:{scope_name(each)}" for each in requests)
        self.spent.update([f"{verb}:{kind}"] if written is not None else [])
        allowances, now, client = self.facilities.repository.register.allowances, self.facilities.clock(), self._client
        try:
            await spend_requests(allowances, client, requests, now)
            await spend_records(allowances, client, dict.fromkeys(writes, 1), now)
        except AllowanceSpent:
            await self.note(verb, kind, "refused", ())
            raise

    async def tally(self, verb: str, kind: str, ids: Collection[str]) -> Mapping[Grant, int]:
        """Return how many of these records count on which grants; an answer without any counts as one."""
        metered = self.principal.metered(verb, kind)
        return dict.fromkeys(metered.records, max(1, len(ids))) if metered is not None else {}

    @property
    def _client(self) -> str:
        return self.principal.client_id

    async def note(self, verb: str, kind: str, outcome: str, record_ids: tuple[str, ...]) -> None:
        """Make a trail entry durable. Raises AllowanceSpent where more would be shown than is granted."""
        if outcome == "shown" and verb in _SHOWING and (self.principal.counts or self.principal.volume):
            await self.spend_shown(verb, kind, len(record_ids), await self.tally(verb, kind, record_ids))
        await self.enter(verb, kind, outcome, record_ids)

    async def spend_shown(self, verb: str, kind: str, number: int, tally: Mapping[Grant, int]) -> None:
        """Count records that are about to be shown. Raises AllowanceSpent, with a trail entry, counting nothing."""
        volume, volumes, now = self.principal.volume, self.facilities.volumes, self.facilities.clock()
        try:
            if volume is not None and kind in KINDS and volumes is not None:
                await volumes.count(self._client, volume, max(1, number), now)
            await spend_records(self.facilities.repository.register.allowances, self._client, tally, now)
        except AllowanceSpent:
            await self.note(verb, kind, "refused", ())
            raise

    async def enter(self, verb: str, kind: str, outcome: str, record_ids: tuple[str, ...]) -> None:
        """Make a trail entry durable, of what was counted before if it counts."""
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
