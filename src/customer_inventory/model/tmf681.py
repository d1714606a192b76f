"""TMF681 Communication Management v4.0.0: CommunicationMessage, what the enterprise sends or has sent to a customer."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from customer_inventory.model.entity import Entity, Extensible, Instant, says
from customer_inventory.model.references import PARTIES_AND_ROLES, owning, reference
from customer_inventory.model.resource import Api, Document, declare, first_text
from customer_inventory.model.version4 import Attachment, Characteristic, RelatedParty


class Correspondent(Extensible, frozen=True):
    """Somebody at one end of a message."""

    id: Annotated[str | UnsetType, says("The identifier of who sends or receives.")] = UNSET
    email: Annotated[str | UnsetType, says("The e-mail address.")] = UNSET
    name: Annotated[str | UnsetType, says("What who sends or receives is called.")] = UNSET
    phone_number: Annotated[str | UnsetType, says("The telephone number.")] = UNSET
    party: Annotated[RelatedParty | UnsetType, says("The party or role that sends or receives.")] = UNSET


class Receiver(Correspondent, frozen=True):
    """Somebody whom a message is for."""

    app_user_id: Annotated[str | UnsetType, says("The name under which a mobile app knows the receiver.")] = UNSET
    ip: Annotated[str | UnsetType, says("The network address of the receiver.")] = UNSET


class Sender(Correspondent, frozen=True):
    """Who a message comes from."""


class CommunicationMessage(Entity, kw_only=True, frozen=True):
    """A message to customers: an SMS, an e-mail, a notice in an app."""

    content: Annotated[str, says("What the message says.")]
    description: Annotated[str | UnsetType, says("What the message is for.")] = UNSET
    log_flag: Annotated[bool | UnsetType, says("Whether sending it is to be logged.")] = UNSET
    message_type: Annotated[str, says("How it goes out, such as SMS or Email.")]
    priority: Annotated[str | UnsetType, says("How urgent it is: the smaller, the more urgent.")] = UNSET
    scheduled_send_time: Annotated[Instant | UnsetType, says("When it is to be sent.")] = UNSET
    send_time: Annotated[Instant | UnsetType, says("When it was sent.")] = UNSET
    send_time_complete: Annotated[Instant | UnsetType, says("When the sending was over.")] = UNSET
    subject: Annotated[str | UnsetType, says("The heading of the message.")] = UNSET
    try_times: Annotated[int | UnsetType, says("How often sending it may be tried again.")] = UNSET
    attachment: Annotated[list[Attachment] | UnsetType, says("Files that go with it.")] = UNSET
    characteristic: Annotated[list[Characteristic] | UnsetType, says("Attributes added by the enterprise.")] = UNSET
    receiver: Annotated[list[Receiver], says("Whom it is for.")]
    sender: Annotated[Sender, says("Who it comes from.")]
    state: Annotated[
        Literal["initial", "inProgress", "completed", "cancelled", "failed"] | UnsetType,
        says("How far the sending has come."),
    ] = UNSET


COMMUNICATION_MANAGEMENT = Api(
    number="TMF681",
    title="Communication Management",
    version="v4",
    paths=("/tmf-api/communicationManagement/v4",),
)


def message_label(document: Document) -> str:
    """Return what a message is about."""
    return first_text(document, "subject", "description")


COMMUNICATION_MESSAGE = declare(
    struct=CommunicationMessage,
    api=COMMUNICATION_MANAGEMENT,
    mandatory=("content", "messageType", "receiver", "sender"),
    references=(
        owning(reference("receiver", "party", targets=PARTIES_AND_ROLES, role="role")),
        reference("sender", "party", targets=PARTIES_AND_ROLES, role="role"),
    ),
    searchable=("subject", "sendTime", "scheduledSendTime"),
    label=message_label,
    state="state",
)
