"""Writing through an access: what is written is checked against the model, and its trail entry is part of the write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from customer_inventory.access.opened import Opened, RecordNotFound
from customer_inventory.access.pointing import Pointing, pointing
from customer_inventory.access.restricted import join_restricted_owners, refuse_restricted_owners
from customer_inventory.access.saved import Saved, saved
from customer_inventory.access.specifying import specifying
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import bucket_of
from customer_inventory.model import InvalidDocument, Resource, terms, unresolved, validate
from customer_inventory.model.contents import File, carries_content, taken_out
from customer_inventory.model.problems import Problem
from customer_inventory.model.relations import owner, pointers
from customer_inventory.model.resource import stamped, undated
from customer_inventory.model.ruling import Breach
from customer_inventory.model.spelling import classed
from customer_inventory.model.validation import kept
from customer_inventory.repository.records import (
    Draft,
    IdempotencyKey,
    Record,
    ReferenceMissing,
    WriteContention,
    Written,
)
from customer_inventory.repository.uniqueness import ValueTaken
from customer_inventory.requirements.unique import claimed
from customer_inventory.requirements.verdict import verdict

ATTEMPTS = 60
_PATIENT_FROM = 3

Change = Callable[[dict[str, Any]], dict[str, Any]]


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


class ReferenceForeign(InventoryError):
    """A strictly checked reference names no record of this inventory.

    Create the referenced record first, or correct the reference.
    """

    code = "reference-missing"
    failure = Failure.UNPROCESSABLE


class _Drafted(NamedTuple):
    """What is about to be written, the records that it points at, and the requirements that it does not meet."""

    draft: Draft
    pointed: Pointing
    breaches: tuple[Breach, ...]


@dataclass(frozen=True, slots=True)
class Writing(Opened):
    """What an access can write."""

    async def create(
        self,
        resource: Resource,
        document: dict[str, Any],
        *,
        key: IdempotencyKey | None = None,
        demanded: Collection[str] | None = None,
    ) -> Saved:
        """Create a record; `demanded` is what it must say when an earlier version of its API cannot say all.

        Raises Denied, InvalidDocument, AttachmentTooLarge, ReferenceMissing or IdempotencyKeyReused.
        """
        await self.require("create", resource.kind)
        document = {name: value for name, value in document.items() if name not in {"id", "href"}}
        held = resource.mandatory if demanded is None else demanded
        document = stamped(resource.stamps, document, before=None, now=self.facilities.clock(), demanded=held)
        identifier: UUID | None = None
        files: list[File] = []
        if carries_content(resource, document):
            if key and (seen := await self.facilities.repository.records.seen(self.principal.client_id, key)):
                return await self._replayed("create", resource, seen)
            identifier = self._new_id(_home(resource, await pointing(self, resource, document)))
            document, files = await self._without_files(resource, identifier, document)
        draft, pointed, breaches = await self._draft(resource, document, demanded, earlier=demanded is not None)
        identifier = identifier or self._new_id(_home(resource, pointed))
        missing = await self._unresolved(resource, document, pointed)
        await join_restricted_owners(self, resource, identifier, pointed.links)
        await self._keep_files(resource, identifier, files)
        async with specifying(self, resource, None, document):
            with hushed(unless=self.sees_whole(resource.kind)):
                written = await self.facilities.repository.records.create(
                    resource.kind, identifier, draft=draft, authorship=self.authorship(bucket_of(identifier)), key=key
                )
        if written.outcome == "done":
            return saved(Record(str(identifier), 1, draft.document), written, missing, breaches)
        return await self._replayed("create", resource, written)

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
        """Apply `change` to a record's document, on one of the versions `expected` or on whatever is there.

        `demanded` as in `create`; `verb` is the grant it takes: update where the whole record is replaced. Raises what
        `create` and `change` raise, RecordNotFound and VersionConflict.
        """
        await self.require(verb, resource.kind)
        await self.require_free(verb, resource.kind, identifier)
        if key and (seen := await self.facilities.repository.records.seen(self.principal.client_id, key)):
            return await self._replayed(verb, resource, seen)
        for attempt in range(ATTEMPTS):
            await self._step_back(attempt)
            old = await self._current(verb, resource, identifier, expected)
            with hushed(unless=self.sees_whole(resource.kind)):
                written, saved = await self._rewrite(resource, old, change, demanded=demanded, key=key, verb=verb)
            if written.outcome in {"done", "unchanged"}:
                return saved
            if written.outcome in {"replayed", "reused"}:
                return await self._replayed(verb, resource, written)
            await self._refuse_if_settled(verb, resource, identifier, written.outcome, expected)
        raise WriteContention

    async def _rewrite(
        self,
        resource: Resource,
        old: Record,
        change: Change,
        *,
        demanded: Collection[str] | None,
        key: IdempotencyKey | None,
        verb: str,
    ) -> tuple[Written, Saved]:
        """Write what `change` makes of a record; return what happened, and what it left if it was done.

        Who may not read makes a new version whatever comes of it: that there was nothing to change would tell a lot.
        """
        identifier, before = UUID(old.id), msgspec.json.decode(old.document)
        changed = undated(resource.stamps, change(msgspec.json.decode(old.document)), before=before)
        document = stamped(resource.stamps, changed, before=before, now=self.facilities.clock())
        document, files = await self._without_files(resource, identifier, document)
        held, earlier = _held(resource, document, before, demanded), demanded is not None
        draft, pointed, breaches = await self._draft(
            resource, document, held, before=before, stored=before, earlier=earlier
        )
        missing = await self._unresolved(resource, document, pointed)
        await join_restricted_owners(self, resource, identifier, pointed.links)
        await self._keep_files(resource, identifier, files)
        reading, replace = self.sees_whole(resource.kind), self.facilities.repository.records.replace
        async with specifying(self, resource, identifier, document):
            written = await replace(
                resource.kind,
                identifier,
                expected=old.version,
                draft=draft,
                # Where a bare pointer among them led to, when it was written, is not known any more.
                relink=pointers(resource, before) != draft.links,
                authorship=self.authorship(bucket_of(identifier)),
                key=key,
                always=not reading,
                verb=verb,
            )
        record = Record(old.id, written.version, draft.document)
        return written, saved(record, written, missing, breaches, told=reading)

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
        await self.require_free("delete", resource.kind, identifier)
        if key and (seen := await self.facilities.repository.records.seen(self.principal.client_id, key)):
            await self._note_replay("delete", resource, seen)
            return
        for attempt in range(ATTEMPTS):
            await self._step_back(attempt)
            old = await self._current("delete", resource, identifier, expected)
            author, replace = self.authorship(bucket_of(identifier)), self.facilities.repository.records.replace
            async with specifying(self, resource, identifier, None):
                written = await replace(
                    resource.kind, identifier, expected=old.version, draft=None, relink=True, authorship=author, key=key
                )
            if written.outcome == "done":
                return
            if written.outcome in {"replayed", "reused"}:
                await self._note_replay("delete", resource, written)
                return
            await self._refuse_if_settled("delete", resource, identifier, written.outcome, expected)
        raise WriteContention

    async def _step_back(self, attempt: int) -> None:
        """Wait a random moment, the longer the more often others won the record, so that each of many gets a turn."""
        if attempt >= _PATIENT_FROM:
            await asyncio.sleep(self.facilities.randomness(10) / 1024 * min(attempt, 20) * 0.002)

    async def _without_files(
        self, resource: Resource, identifier: UUID, document: dict[str, Any]
    ) -> tuple[dict[str, Any], list[File]]:
        """Return a record's document without its large files, and those, checked.

        Raises what `taken_out` and the scanner raise.
        """
        if not carries_content(resource, document):
            return document, []
        address = f"{resource.api.paths[0]}/{resource.path}/{identifier}"
        limit = self.facilities.attachment_limit
        # Megabytes are decoded and hashed: not on the loop on which all others wait.
        taken = await asyncio.to_thread(taken_out, resource, document, address=address, limit=limit)
        if self.facilities.scanner is not None:
            await self.facilities.scanner.check(resource, document, request_id=self.request_id)
        return taken

    async def _keep_files(self, resource: Resource, identifier: UUID, files: list[File]) -> None:
        """Make files durable for the record that is about to name them."""
        if files:
            named = [(file.digest, file.data) for file in files]
            contents = self.facilities.repository.contents
            await contents.keep(resource.kind, identifier, named, at=self.facilities.clock())

    async def _draft(
        self,
        resource: Resource,
        document: dict[str, Any],
        mandatory: Collection[str] | None = None,
        *,
        before: dict[str, Any] | None = None,
        stored: dict[str, Any] | None = None,
        earlier: bool = False,
    ) -> _Drafted:
        """What is written of a valid document in place of the one `stored`.

        What was wrong with the one `before` may stay so. Raises InvalidDocument.
        """
        resource = await self.facilities.classes.governing(resource, document)
        if before is None:
            document = classed(document, resource.classes)
        validate(resource, document, mandatory=mandatory, before=before, earlier=earlier)
        ruling = await self.facilities.catalogue.ruling(resource)
        breaches = verdict(ruling, document, before=before, now=self.facilities.clock())
        pointed = await pointing(self, resource, document)
        await refuse_restricted_owners(self, resource, pointed.links)
        found, uniques = terms(resource, document), await self.facilities.catalogue.uniques(resource)
        draft = Draft(
            document=msgspec.json.encode(document),
            terms=found,
            label=resource.label(document),
            links=pointed.links,
            strict=self.facilities.reference_checks.with_check(resource.name, "strict"),
            claims=claimed(resource, document, uniques, found, stored),
        )
        return _Drafted(draft, pointed, breaches)

    async def _unresolved(self, resource: Resource, document: dict[str, Any], pointed: Pointing) -> tuple[str, ...]:
        """The warned-about reference attributes of a document that name nothing the inventory holds.

        Raises ReferenceForeign for a strictly checked one whose id cannot be one of ours, or that is bare and leads
        nowhere; strict ones that could be ours are checked by the write itself, under a lock.
        """
        checks = self.facilities.reference_checks
        foreign = set(unresolved(resource, document))
        strict = (foreign | pointed.lost) & checks.with_check(resource.name, "strict")
        if strict:
            raise ReferenceForeign(
                f"{', '.join(sorted(strict))} names no record of this inventory. "
                "Create it first, or correct the reference."
            )
        warned = checks.with_check(resource.name, "warn")
        # Whether there is a record of a kind that may not be read is told to nobody.
        readable = [link for link in pointed.links if self.may_every("read", link.target_kind)]
        asked = [link for link in readable if link.attribute in warned]
        missing = await self.facilities.repository.records.missing(asked) if asked else set()
        return tuple(sorted(((foreign | pointed.absent) & warned) | missing))

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
        await self.require_free(verb, resource.kind, written.id)
        records = self.facilities.repository.records
        record = await records.get_version(resource.kind, written.id, version=written.version)
        if record is None:
            raise RecordNotFound(f"The inventory no longer holds the {resource.name} that this key created.")
        return Saved(record, "replayed", ())


@contextmanager
def hushed(*, unless: bool) -> Iterator[None]:
    """Keep errors that come of what a record holds from telling it; `unless` it may be read anyway."""
    try:
        yield
    except InvalidDocument as error:
        if unless:
            raise
        raise InvalidDocument([Problem("", "the record would not be valid; who may read it is told why")]) from error
    except (ReferenceForeign, ReferenceMissing, ValueTaken) as error:
        if unless:
            raise
        raise type(error) from error


def _held(
    resource: Resource, document: dict[str, Any], before: dict[str, Any], demanded: Collection[str] | None
) -> list[str]:
    """The mandatory attributes that a record cannot be without: of those `demanded`, where not all are."""
    mandatory = [name for name in resource.mandatory if demanded is None or name in demanded]
    return kept(mandatory, document, before=before)


def _home(resource: Resource, pointed: Pointing) -> int | None:
    """The bucket that a new record shares with the party it belongs to, or None to draw one.

    The new id shows it, so it follows from what was sent and what may be told, not from what there is.
    """
    party = owner(resource, pointed.told)
    return None if party is None else bucket_of(party)
