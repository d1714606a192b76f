"""TMF688 v4.0.0 (beta): Topic, which groups events, and Hub, which is a subscription to them.

Neither is a record: both are entries of the register, and topics of every resource are there without being kept.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from customer_inventory.model.entity import Entity, says
from customer_inventory.model.resource import Api, declare, name_label
from customer_inventory.model.view import native


class Topic(Entity, frozen=True):
    """A group of events: those of one kind of record, of all, or those that two queries choose."""

    name: Annotated[str | UnsetType, says("What the topic is called.")] = UNSET
    header_query: Annotated[str | UnsetType, says("Which events, by what stands around the resource in them.")] = UNSET
    content_query: Annotated[str | UnsetType, says("Which events, by the resource in them.")] = UNSET


class Hub(Entity, frozen=True):
    """A subscription: where events go, and which."""

    callback: Annotated[str | UnsetType, says("The address to which events are sent.")] = UNSET
    query: Annotated[str | UnsetType, says("Which events are sent, under which conditions, with which fields.")] = UNSET
    status: Annotated[str | UnsetType, says("disabled, when nothing is sent any more.")] = UNSET
    status_reason: Annotated[str | UnsetType, says("Why it is disabled.")] = UNSET


EVENT_MANAGEMENT = Api(number="TMF688", title="Event Management", version="v4", paths=("/tmf-api/event/v4",))

TOPIC = declare(
    struct=Topic, api=EVENT_MANAGEMENT, mandatory=(), references=(), searchable=(), label=name_label, state=None
)
TOPIC_VIEW = native(TOPIC)
HUB_VIEW = native(
    declare(struct=Hub, api=EVENT_MANAGEMENT, mandatory=(), references=(), searchable=(), label=name_label)
)
