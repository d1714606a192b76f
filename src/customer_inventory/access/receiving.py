"""Receiving: keeping the events of other systems, and showing them, by grants and into the trail like all else."""

from __future__ import annotations

from uuid import UUID, uuid5
from zlib import crc32

from customer_inventory.access.access import Access
from customer_inventory.ids import BUCKETS, new_id
from customer_inventory.repository.receiving import Received

RECEIVED_EVENT = "received_event"
"""The kind that grants name as receivedEvent."""


async def receive(
    access: Access, *, api: str, api_version: str, event_id: str | None, event_type: str, body: bytes
) -> None:
    """Keep an event that a client sent, with its trail entry; the same `event_id` again changes nothing. Raises Denied.

    An event without an id of its own is known by its content.
    """
    await access.require("create", RECEIVED_EVENT)
    facilities, principal = access.facilities, access.principal
    name = event_id or str(uuid5(UUID(int=0), f"{event_type} {body.hex()}"))
    bucket = crc32(f"{principal.client_id}\0{name}".encode()) % BUCKETS
    now = facilities.clock()
    await facilities.repository.received.add(
        Received(
            str(new_id(bucket=bucket, at=now, randomness=facilities.randomness)),
            principal.client_id,
            name,
            api,
            api_version,
            event_type,
            now,
            body.decode(),
        ),
        trail_id=new_id(bucket=bucket, at=now, randomness=facilities.randomness),
        person=principal.person,
        purpose=access.purpose,
        request_id=access.request_id,
    )


async def received(
    access: Access, *, after: UUID, limit: int, identifier: UUID | None = None, event_type: str | None = None
) -> list[Received]:
    """Return events that were received, in order of arrival, after one of them. Raises Denied."""
    await access.require("read", RECEIVED_EVENT)
    store = access.facilities.repository.received
    found = await store.after(after, limit=limit, identifier=identifier, event_type=event_type)
    await access.note("read", RECEIVED_EVENT, "shown" if found else "absent", tuple(event.id for event in found))
    return found
