"""Topics: making, showing and deleting those that clients name, by grants and into the trail like all else.

What a topic shows of events is judged for each client that looks, by what that one may read.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.model.tmf688 import TOPIC
from customer_inventory.model.validation import validate
from customer_inventory.repository.topics import KeptTopic

MOST_TOPICS = 1000


class TooManyTopics(InventoryError):
    """The inventory has as many topics as it can have.

    Delete one that is not needed any more.
    """

    code = "too-many-topics"
    failure = Failure.CONFLICT


async def topics(access: Access) -> list[KeptTopic]:
    """Return the topics that are kept, oldest first; none to who may not read topics."""
    if not access.may("read", TOPIC):
        await access.note("read", TOPIC.kind, "refused", ())
        return []
    found = await access.facilities.repository.topics.all()
    await access.note("read", TOPIC.kind, "shown", tuple(topic.id for topic in found))
    return found


async def topic(access: Access, identifier: UUID) -> KeptTopic | None:
    """Return a topic that is kept, or None. Raises Denied."""
    await access.require("read", TOPIC.kind)
    found = await access.facilities.repository.topics.get(identifier)
    await access.note("read", TOPIC.kind, "shown" if found else "absent", (found.id,) if found else ())
    return found


async def make_topic(access: Access, document: dict[str, Any]) -> KeptTopic:
    """Keep a new topic. Raises Denied, InvalidDocument or TooManyTopics."""
    await access.require("create", TOPIC.kind)
    content = {"@type": TOPIC.shape.name, **{name: value for name, value in document.items() if name not in _OWN}}
    validate(TOPIC, content)
    facilities, principal = access.facilities, access.principal
    now = facilities.clock()
    identifier = new_id(bucket=draw_bucket(facilities.randomness), at=now, randomness=facilities.randomness)
    made = KeptTopic(str(identifier), principal.client_id, now, msgspec.json.encode(content).decode())
    if not await facilities.repository.topics.add(made, most=MOST_TOPICS, **_said_of(access, identifier)):
        raise TooManyTopics
    return made


async def delete_topic(access: Access, identifier: UUID) -> bool:
    """Delete a topic, which ends the subscriptions at it; return whether it was there. Raises Denied."""
    await access.require("delete", TOPIC.kind)
    dropped = await access.facilities.repository.topics.drop(
        identifier,
        at=access.facilities.clock(),
        client_id=access.principal.client_id,
        **_said_of(access, identifier),
    )
    if not dropped:
        await access.note("delete", TOPIC.kind, "absent", ())
    return dropped


_OWN = frozenset({"id", "href"})


def _said_of(access: Access, identifier: UUID) -> dict[str, Any]:
    """What the trail says of a write besides what was written."""
    facilities = access.facilities
    bucket = int(str(identifier)[15:18], 16)
    return {
        "trail_id": new_id(bucket=bucket, at=facilities.clock(), randomness=facilities.randomness),
        "person": access.principal.person,
        "purpose": access.purpose,
        "request_id": access.request_id,
    }
