"""Answering privacy requests through an access: who may enter them, take their steps and look, by grants of their own.

To enter takes `create:privacyRequest`, a step `modify:privacyRequest`, to look `read:privacyRequest`. A receipt tells
the person what was asked and what came of it, with a hash, and nothing that is held of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access.opened import Opened
from customer_inventory.access.privacy_evidence import NothingDone, require_evidence
from customer_inventory.access.privacy_request import (
    ARTICLES,
    NEEDED,
    PRIVACY_REQUEST,
    SERVES,
    STEPS,
    Asked,
    InvalidRequest,
    NotForThis,
    RequestNotFound,
    Said,
    StepIncomplete,
    WrongStep,
    due,
)
from customer_inventory.access.rectifying import wrong_attributes
from customer_inventory.access.subjects import NoSubject, subject
from customer_inventory.ids import draw_bucket, new_id, parse_id
from customer_inventory.model.belonging import PARTIES
from customer_inventory.repository.privacy_requests import PrivacyRequests, RequestEvent, RequestRow
from customer_inventory.repository.privacy_requests import RequestStep as Step

KIND = PRIVACY_REQUEST.kind
MOST_LISTED = 1000
_OLDEST = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class Tracked:
    """A request with every step that was taken of it."""

    row: RequestRow
    events: Sequence[RequestEvent]


async def enter(access: Opened, asked: Asked) -> Tracked:
    """Enter a request that came. Raises Denied, NoSubject, InvalidRequest and UnknownWrongAttribute."""
    await access.require("create", KIND)
    now = access.facilities.clock()
    received = asked.received_at or now
    if not now - _OLDEST <= received <= now:
        when = "in the future" if received > now else "more than ten years ago"
        raise InvalidRequest(f"It is said to have come (received) {when}: it came now or within the last ten years.")
    received = received.astimezone(UTC)
    kind, identifier = await party_of(access, asked.subject_id) if asked.subject_id is not None else (None, None)
    wrong = asked.wrong_attribute and wrong_attributes(asked.wrong_attribute, right=asked.right, party_kind=kind)
    randomness = access.facilities.randomness
    row = RequestRow(
        id=new_id(bucket=draw_bucket(randomness), at=now, randomness=randomness),
        right=asked.right,
        subject_kind=kind,
        subject_id=identifier,
        status="received",
        received_at=received,
        due_at=due(received, zone=access.facilities.privacy_zone),
        handler=asked.handler,
        opened_by=_actor(access),
        wrong_attributes=wrong,
    )
    await _requests(access).add(row, note=asked.note)
    await access.note("create", KIND, "done", (str(row.id),))
    return await _found(access, row.id)


async def request(access: Opened, identifier: UUID) -> Tracked:
    """Return a request. Raises Denied and RequestNotFound."""
    await access.require("read", KIND)
    found = await _found(access, identifier)
    await access.note("read", KIND, "shown", (str(identifier),))
    return found


async def requests(access: Opened) -> list[Tracked]:
    """Return `MOST_LISTED` requests: open ones by when they are due, then the last closed. Raises Denied."""
    await access.require("read", KIND)
    store = _requests(access)
    rows = await store.all(limit=MOST_LISTED)
    events = await store.events([row.id for row in rows])
    await access.note("read", KIND, "shown", tuple(str(row.id) for row in rows))
    return [Tracked(row, events.get(row.id, [])) for row in rows]


async def take(access: Opened, identifier: UUID, verb: str, said: Said) -> Tracked:
    """Take one of `STEPS`.

    Raises Denied, RequestNotFound, WrongStep, StepIncomplete, UnknownWrongAttribute and NothingDone.
    """
    await access.require("modify", KIND)
    needed = NEEDED.get(verb)
    if needed is not None and not getattr(said, needed):
        raise StepIncomplete(f"To {verb} takes {needed}: it is missing.")
    if said.wrong_attribute is not None:
        said = await _with_wrong_attributes(access, identifier, verb, said)
    if verb == "complete":
        await _require_done(access, identifier, said)
    now = access.facilities.clock()
    return await _taken(access, identifier, verb, said, now)


async def _with_wrong_attributes(access: Opened, identifier: UUID, verb: str, said: Said) -> Said:
    """Return what is said, with the whole names of the attributes. Raises StepIncomplete, UnknownWrongAttribute."""
    if verb != "verify":
        raise StepIncomplete("What is wrong is named when a request comes, or with the step verify.")
    row = await _requests(access).one(identifier)
    if row is None or said.wrong_attribute is None:  # what is not there is told by the step itself
        return said
    names = wrong_attributes(said.wrong_attribute, right=row.right, party_kind=row.subject_kind)
    return msgspec.structs.replace(said, wrong_attribute=names)


async def _require_done(access: Opened, identifier: UUID, said: Said) -> None:
    row = await _requests(access).one(identifier)
    # What is not there, or not in work, is told by the step itself.
    if row is not None and row.status in STEPS["complete"]:
        try:
            await require_evidence(access, row, said)
        except NothingDone:
            await access.note("modify", KIND, "refused", (str(identifier),))
            raise


async def linked(access: Opened, identifier: UUID, verb: str, party: UUID | None) -> RequestRow:
    """Return the request for which a piece of privacy work is done on a party.

    Raises Denied, RequestNotFound, and NotForThis where it is somebody else's, or is not in work.
    """
    await access.require("modify", KIND)
    row = (await _found(access, identifier)).row
    if party is None or row.subject_id != party or row.status != "inWork":
        await access.note("modify", KIND, "refused", (str(identifier),))
        raise NotForThis(
            f"The privacy request {identifier} is {row.status}: to {verb} for it takes that it is verified who asks."
            if row.subject_id == party
            else f"The privacy request {identifier} is not of this party."
        )
    return row


async def served(access: Opened, row: RequestRow, verb: str, *, result: str) -> None:
    """Put into a request what was done for it; that closes it where the work is all that was asked for."""
    step = "complete" if row.right in SERVES.get(verb, ()) else "note"
    said = Said(result=result, note=f"{verb}: {result}")
    await access.require("modify", KIND)
    try:
        await _taken(access, row.id, step, said, access.facilities.clock())
    except WrongStep:
        # Somebody closed it meanwhile: what was done is done, and its own receipt tells of it.
        await access.note("modify", KIND, "unchanged", (str(row.id),))


def receipt(row: RequestRow) -> dict[str, Any]:
    """Return what the person is handed: what was asked, until when it is due, and what came of it.

    `sha256` is that of the rest as JSON, its names sorted, without spaces.
    """
    told = {
        "@type": "PrivacyRequestReceipt",
        "id": str(row.id),
        "right": row.right,
        "article": f"GDPR {ARTICLES[row.right]}",
        "receivedAt": _instant(row.received_at),
        "dueAt": _instant(row.due_at),
        "extendedBecause": row.extended_because,
        "status": row.status,
        "closedAt": row.closed_at and _instant(row.closed_at),
        "ground": row.ground,
        "result": row.result,
    }
    kept = {name: value for name, value in told.items() if value is not None}
    return {**kept, "sha256": sha256(msgspec.json.encode(kept, order="sorted")).hexdigest()}


async def _taken(access: Opened, identifier: UUID, verb: str, said: Said, now: datetime) -> Tracked:
    def step(row: RequestRow) -> Step:
        status = STEPS[verb].get(row.status)
        if status is None or (verb == "extend" and row.extended_because is not None):
            again = "it is extended already" if status else f"it is {row.status}"
            raise WrongStep(f"There is no {verb} of this privacy request: {again}.")
        if verb == "extend" and row.due_at < now:
            raise WrongStep("It is overdue: the person was to be told of an extension within the month (GDPR 12(3)).")
        return Step(
            status=status,
            due_at=due(row.received_at, zone=access.facilities.privacy_zone, extended=True)
            if verb == "extend"
            else None,
            extended_because=said.reason if verb == "extend" else None,
            identity=said.identity if verb == "verify" else None,
            handler=said.handler if verb == "assign" else None,
            closed_at=now if status not in STEPS["note"] else None,
            ground=said.reason if verb in {"complete", "refuse", "withdraw"} else None,
            result=said.result if verb in {"complete", "note"} else None,
            wrong_attributes=said.wrong_attribute,
        )

    try:
        found = await _requests(access).take(identifier, verb, step, by=_actor(access), at=now, note=said.note)
    except WrongStep:
        await access.note("modify", KIND, "refused", (str(identifier),))
        raise
    if not found:
        await access.note("modify", KIND, "absent", (str(identifier),))
        raise RequestNotFound
    await access.note("modify", KIND, "done", (str(identifier),))
    return await _found(access, identifier)


async def party_of(access: Opened, text: str) -> tuple[str, UUID]:
    """Return kind and id of the party that a record is about. Raises NoSubject and Denied."""
    for kind in PARTIES:
        # Before anything is looked for: that there is somebody is told to who may see them.
        await access.require_every("read", kind)
    identifier = parse_id(text)
    if identifier is None:
        raise NoSubject("The subject is no id of this inventory.")
    async with access.facilities.repository.erasing.working() as work:
        found = await subject(work, identifier)
    return found.kinds[found.root], UUID(found.root)


async def _found(access: Opened, identifier: UUID) -> Tracked:
    store = _requests(access)
    row = await store.one(identifier)
    if row is None:
        await access.note("read", KIND, "absent", (str(identifier),))
        raise RequestNotFound
    return Tracked(row, (await store.events([identifier])).get(identifier, []))


def _requests(access: Opened) -> PrivacyRequests:
    return access.facilities.repository.erasures.requests


def _actor(access: Opened) -> str:
    return access.principal.person or access.principal.client_id


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
