"""Restriction: a party's records are stored and no more, while that is disputed, or needed by the party (GDPR 18).

It covers the records that an erasure would take, those that come to belong to them while it lasts, and every version.
To restrict takes `create:restriction`, to lift `delete:restriction`, to look `read:restriction`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from customer_inventory.access.opened import Opened
from customer_inventory.access.privacy_request import Line, Words
from customer_inventory.access.privacy_requesting import linked, party_of, served
from customer_inventory.access.subjects import NoSubject, Subject, owners_of, subject
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.model.belonging import THINGS
from customer_inventory.model.entity import Entity, Instant, says
from customer_inventory.model.resource import declare
from customer_inventory.repository.erasing import ErasureWork
from customer_inventory.repository.restrictions import LATE_S, Restrictions, UseFor
from customer_inventory.repository.restrictions import Restriction as Row
from customer_inventory.requirements.requirement import CATALOGUE

MOST_LISTED = 1000
MOST_PURPOSES = 20
PURPOSE_PATTERN = "^[A-Za-z0-9._-]{1,100}$"
PurposeName = Annotated[str, Meta(pattern=PURPOSE_PATTERN)]


class AlreadyRestricted(InventoryError):
    """The use of the party's records is restricted already.

    Lift that restriction first where another one is to take its place.
    """

    code = "already-restricted"
    failure = Failure.CONFLICT


class RestrictionNotFound(InventoryError):
    """There is no such restriction that lasts.

    `customer-inventory privacy restrictions` lists those that there are.
    """

    code = "restriction-not-found"
    failure = Failure.NOT_FOUND


class InvalidRestriction(InventoryError):
    """The restriction cannot be kept as it is.

    Its end is to come.
    """

    code = "invalid-restriction"
    failure = Failure.INVALID


class Restriction(Entity, kw_only=True, frozen=True):
    """That the records of a party are stored and no more, for the time being."""

    party_id: Annotated[Line | UnsetType, says("The party; none once it is erased.")] = UNSET
    status: Annotated[str, says("Whether it lasts: active, expired or lifted.")]
    reason: Annotated[Words, says("Why: one of the cases of article 18(1) GDPR.")]
    allowed_purpose: Annotated[list[PurposeName], says("For what the records may be used all the same: article 18(2).")]
    since: Annotated[Instant, says("From when on.")]
    until: Annotated[Instant | UnsetType, says("Until when, if that is known.")] = UNSET
    restricted_by: Annotated[Line, says("Who restricted it.")]
    record_count: Annotated[int, says("How many records are under it.")]
    lifted_at: Annotated[Instant | UnsetType, says("When it was lifted.")] = UNSET
    lifted_by: Annotated[Line | UnsetType, says("Who lifted it.")] = UNSET
    lifted_because: Annotated[Words | UnsetType, says("Why it was lifted.")] = UNSET


RESTRICTION = declare(
    struct=Restriction,
    api=CATALOGUE,
    mandatory=("@type", "reason", "status", "since"),
    references=(),
    searchable=(),
    label=lambda document: str(document.get("id", "")),
)
KIND = RESTRICTION.kind


class Wished(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What is told of a restriction that is to be; `request_id` is the privacy request for which it is done."""

    subject_id: Line
    reason: Words
    allowed_purpose: Annotated[list[PurposeName], Meta(max_length=MOST_PURPOSES)] = []
    until: Annotated[datetime, Meta(tz=True)] | None = None
    request_id: Line | None = None


async def restrict(access: Opened, wished: Wished, *, request: UUID | None = None) -> Row:
    """Restrict the use of a party's records; return it once it holds on every server.

    Raises Denied, NoSubject, AlreadyRestricted, InvalidRestriction, and what `linked` raises for the request.
    """
    await access.require("create", KIND)
    now, randomness = access.facilities.clock(), access.facilities.randomness
    if wished.until is not None and wished.until <= now:
        raise InvalidRestriction("The end (until) is past: a restriction ends in time to come, or when it is lifted.")
    _, party = await party_of(access, wished.subject_id)
    asked = await linked(access, request, "restrict", party) if request is not None else None
    made = Row(
        id=new_id(bucket=draw_bucket(randomness), at=now, randomness=randomness),
        party_id=party,
        purposes=tuple(dict.fromkeys(wished.allowed_purpose)),
        ground=wished.reason,
        since=now,
        until=wished.until,
        restricted_by=access.principal.person or access.principal.client_id,
    )
    kept = await _store(access).restrict(made, await _records(access, party))
    await access.note("create", KIND, "done" if kept else "unchanged", (str(party),))
    if not kept:
        raise AlreadyRestricted
    # Until every server knows, something more may have come to belong to the party.
    await asyncio.sleep(LATE_S)
    try:
        await _store(access).add(made.id, await _records(access, party))
    except NoSubject:
        await _store(access).drop(made.id)  # an erasure was a moment earlier
        raise
    if asked is not None:
        await served(access, asked, "restrict", result=f"restriction {made.id}")
    return (await _store(access).all(identifier=made.id))[0]


async def lift(access: Opened, identifier: UUID, *, reason: str) -> Row:
    """End a restriction, for a reason of which the party was told before (GDPR 18(3)).

    Raises Denied and RestrictionNotFound.
    """
    await access.require("delete", KIND)
    now, by = access.facilities.clock(), access.principal.person or access.principal.client_id
    ended = await _store(access).end(identifier, by=by, at=now, reason=reason)
    found = await _store(access).all(identifier=identifier)
    about = found[0].party_id if found else None
    await access.note("delete", KIND, "done" if ended else "absent", (str(about or identifier),))
    if not ended:
        raise RestrictionNotFound
    if about is not None:
        await _free_shared(access, about)
    return found[0]


async def restriction_of(access: Opened, text: str) -> Row:
    """Return the restriction that lasts of a party. Raises Denied, NoSubject and RestrictionNotFound."""
    await access.require("read", KIND)
    _, party = await party_of(access, text)
    found = await _store(access).all(party=party)
    if not found:
        raise RestrictionNotFound
    return found[0]


async def restrictions(access: Opened, identifier: UUID | None = None) -> Sequence[Row]:
    """Return `MOST_LISTED` restrictions, those that last first, or one. Raises Denied and RestrictionNotFound."""
    await access.require("read", KIND)
    found = await _store(access).all(identifier=identifier, limit=MOST_LISTED)
    shown = tuple(str(each.party_id or each.id) for each in found)
    await access.note("read", KIND, "shown" if found or identifier is None else "absent", shown)
    if identifier is not None and not found:
        raise RestrictionNotFound
    return found


def status_of(row: Row, *, now: datetime) -> str:
    """Return whether a restriction is active, expired or lifted."""
    if row.ended_at is not None or row.party_id is None:
        return "lifted"
    return "expired" if row.until is not None and row.until <= now else "active"


async def _records(access: Opened, party: UUID) -> dict[str, str]:
    """Return what a restriction of a party covers: all that is its own, and what it shares with none but restricted."""
    async with access.facilities.repository.erasing.working() as work:
        found = await subject(work, party)
        shared = await _shared(work, found)
    use = UseFor("", access.facilities.clock())
    limited = {*found.kinds, *await _store(access).restricted([each for ids in shared.values() for each in ids], use)}
    return {**found.kinds, **{each: kind for (kind, each), ids in shared.items() if limited.issuperset(ids)}}


async def _shared(work: ErasureWork, found: Subject) -> dict[tuple[str, str], list[str]]:
    """Return what belongs to a subject and to others, by kind and id: the ids of all that it belongs to."""
    shared = {}
    for kind, identifier in found.others:
        owners = owners_of(kind, (await work.versions(kind, [identifier]))[identifier][-1])
        if kind in THINGS and found.kinds.keys() & owners:
            shared[kind, identifier] = owners
    return shared


async def _free_shared(access: Opened, party: UUID) -> None:
    """Let what a party shares be used again, since the party may be: whoever else it belongs to is one of several."""
    try:
        async with access.facilities.repository.erasing.working() as work:
            shared = await _shared(work, await subject(work, party))
    except NoSubject:
        return
    await _store(access).free([identifier for _, identifier in shared])


def _store(access: Opened) -> Restrictions:
    return access.facilities.repository.erasures.restrictions
