"""Receiving: keeping the events of other systems, judged, and showing them, by grants and into the trail like all else.

An event that carries what would be refused is kept all the same: what another system tells is not lost, it is marked.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5
from zlib import crc32

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.access.judging import Fault, faults
from customer_inventory.ids import BUCKETS, new_id
from customer_inventory.model.events import create_event
from customer_inventory.model.view import View
from customer_inventory.repository.receiving import STATUSES, Received

RECEIVED_EVENT = "received_event"
"""The kind that grants name as receivedEvent."""


async def receive(
    access: Access, *, view: View, event_id: str | None, event_type: str, carried: dict[str, Any], body: bytes
) -> None:
    """Keep an event that a client sent, with its trail entry; the same `event_id` again changes nothing. Raises Denied.

    `carried` is the record in it, as the view shows it: whole in the event of a new one, in others what they tell of
    it. An event without an id of its own is known by its content.
    """
    await access.require("create", RECEIVED_EVENT)
    facilities, principal = access.facilities, access.principal
    found = await faults(facilities, view, carried, whole=event_type == create_event(view))
    name = event_id or str(uuid5(UUID(int=0), f"{event_type} {body.hex()}"))
    bucket = crc32(f"{principal.client_id}\0{name}".encode()) % BUCKETS
    now = facilities.clock()
    await facilities.repository.received.add(
        Received(
            str(new_id(bucket=bucket, at=now, randomness=facilities.randomness)),
            principal.client_id,
            name,
            view.api.number,
            view.api.version,
            event_type,
            now,
            body.decode(),
            _status(found),
            msgspec.json.encode(found).decode(),
        ),
        trail_id=new_id(bucket=bucket, at=now, randomness=facilities.randomness),
        person=principal.person,
        purpose=access.purpose,
        request_id=access.request_id,
    )


async def received(
    access: Access,
    *,
    after: UUID,
    limit: int,
    identifier: UUID | None = None,
    event_type: str | None = None,
    status: str | None = None,
) -> list[Received]:
    """Return events that were received, in order of arrival, after one of them. Raises Denied.

    Without those that name a record whose use is restricted, and
    without what they carry for whoever sees less than whole records of some kind.
    """
    await access.require("read", RECEIVED_EVENT)
    store = access.facilities.repository.received
    found = await store.after(
        after, limit=limit, identifier=identifier, event_type=event_type, status=status, use=access.use
    )
    await access.note("read", RECEIVED_EVENT, "shown" if found else "absent", tuple(event.id for event in found))
    if any(name.startswith("read:") for name in access.principal.limits):
        # Whose records of which kind an event tells of is its sender's word: no limit could be held to it.
        return [each._replace(body="{}", breaches="[]") for each in found]
    return found


def _status(found: tuple[Fault, ...]) -> str:
    acceptable, quarantined = STATUSES
    return quarantined if any(fault.enforcement == "refuse" for fault in found) else acceptable
