"""TMF683 Party Interaction Management v5.0.0: PartyInteraction, what was said and done between a party and us."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from customer_inventory.model.entity import (
    AttachmentRefOrValue,
    Entity,
    EntityRef,
    Extensible,
    ExternalIdentifier,
    Instant,
    TimePeriod,
    says,
)
from customer_inventory.model.party import PaymentMethodRef, RelatedPartyRefOrPartyRoleRef
from customer_inventory.model.references import ACCOUNTS, PARTIES_AND_ROLES, RELATED_PARTY, owning, reference
from customer_inventory.model.resource import STATUS_EVENTS, Api, Document, Stamps, declare, first_text
from customer_inventory.model.tmf632 import AnyRelatedParty
from customer_inventory.model.v4.tmf683 import PARTY_INTERACTION_V4


class ChannelRef(EntityRef, frozen=True):
    """A pointer to a channel, such as a shop, a web site or a telephone line."""


class RelatedChannel(Extensible, kw_only=True, frozen=True):
    """A channel, and what it was used for."""

    role: Annotated[str, says("What the channel was used for.")]
    channel: Annotated[ChannelRef, says("The channel.")]


class Note(Extensible, frozen=True):
    """A remark that somebody made."""

    id: Annotated[str | UnsetType, says("The identifier of the note, among those of the record.")] = UNSET
    author: Annotated[str | UnsetType, says("Who wrote it.")] = UNSET
    date: Annotated[Instant | UnsetType, says("When it was written.")] = UNSET
    text: Annotated[str | UnsetType, says("What it says.")] = UNSET


EntityRefOrValue = Entity | EntityRef | PaymentMethodRef


class RelatedEntityRefOrValue(Extensible, kw_only=True, frozen=True):
    """A thing that something is about, pointed to or carried by value."""

    role: Annotated[str, says("What the thing is to what refers to it.")]
    entity: Annotated[EntityRefOrValue, says("The thing.")]


class InteractionItemRelationship(Extensible, kw_only=True, frozen=True):
    """How one item of an interaction bears on another of the same interaction."""

    id: Annotated[str, says("The identifier of the other item.")]
    relationship_type: Annotated[str, says("How it bears on the other item, such as follows.")]


class InteractionItem(Extensible, frozen=True):
    """One matter that an interaction was about."""

    id: Annotated[str | UnsetType, says("The identifier of the item, among those of the interaction.")] = UNSET
    item_date: Annotated[TimePeriod | UnsetType, says("When the matter was dealt with.")] = UNSET
    reason: Annotated[str | UnsetType, says("Why the matter came up.")] = UNSET
    resolution: Annotated[str | UnsetType, says("How the matter was settled.")] = UNSET
    creation_date: Annotated[Instant | UnsetType, says("When the item was written down.")] = UNSET
    last_update: Annotated[Instant | UnsetType, says("When the item was last changed.")] = UNSET
    item: Annotated[RelatedEntityRefOrValue | UnsetType, says("The thing that the matter is about.")] = UNSET
    related_channel: Annotated[list[RelatedChannel] | UnsetType, says("Where the matter was dealt with.")] = UNSET
    related_party: Annotated[
        list[RelatedPartyRefOrPartyRoleRef] | UnsetType, says("Who had a part in the matter, and which.")
    ] = UNSET
    attachment: Annotated[list[AttachmentRefOrValue] | UnsetType, says("Files about the matter.")] = UNSET
    note: Annotated[list[Note] | UnsetType, says("Remarks about the matter.")] = UNSET
    interaction_item_relationship: Annotated[
        list[InteractionItemRelationship] | UnsetType, says("How the item bears on other items.")
    ] = UNSET
    interaction_item_type: Annotated[str | UnsetType, says("What kind of matter it is, such as a complaint.")] = UNSET


class InteractionRelationship(EntityRef, kw_only=True, frozen=True):
    """A pointer to another interaction that this one bears on."""

    relationship_type: Annotated[str, says("How this one bears on the other, such as follows.")]


class PartyInteraction(Entity, kw_only=True, frozen=True):
    """What was said or done, in one go, between a party and the enterprise."""

    related_channel: Annotated[list[RelatedChannel], says("Where it took place.")]
    direction: Annotated[str, says("Who began it: inbound is the party, outbound the enterprise.")]
    reason: Annotated[str, says("Why it took place.")]
    interaction_date: Annotated[TimePeriod | UnsetType, says("From when until when it lasted.")] = UNSET
    description: Annotated[str | UnsetType, says("What it was about, in words.")] = UNSET
    status: Annotated[str | UnsetType, says("How far it has come, such as opened or completed.")] = UNSET
    status_change_date: Annotated[Instant | UnsetType, says("When its status last changed.")] = UNSET
    creation_date: Annotated[Instant | UnsetType, says("When it was written down.")] = UNSET
    last_update: Annotated[Instant | UnsetType, says("When what is written of it last changed.")] = UNSET
    related_party: Annotated[list[AnyRelatedParty] | UnsetType, says("Who had a part in it, and which.")] = UNSET
    attachment: Annotated[list[AttachmentRefOrValue] | UnsetType, says("Files about it.")] = UNSET
    note: Annotated[list[Note] | UnsetType, says("Remarks about it.")] = UNSET
    interaction_item: Annotated[list[InteractionItem] | UnsetType, says("The matters that it was about.")] = UNSET
    interaction_relationship: Annotated[
        list[InteractionRelationship] | UnsetType, says("How it bears on other interactions.")
    ] = UNSET
    external_identifier: Annotated[
        list[ExternalIdentifier] | UnsetType, says("The identifiers other systems gave to it.")
    ] = UNSET


def interaction_label(document: Document) -> str:
    """Return what an interaction is called: why it took place, else what it was about."""
    return first_text(document, "reason", "description")


PARTY_INTERACTION = declare(
    struct=PartyInteraction,
    api=Api(
        number="TMF683",
        title="Party Interaction Management",
        version="v5",
        paths=("/tmf-api/partyInteractionManagement/v5", "/tmf-api/partyInteraction/v5"),
        events=STATUS_EVENTS,
    ),
    mandatory=("@type", "relatedChannel", "direction", "reason"),
    references=(
        owning(RELATED_PARTY),
        reference("interactionItem", "relatedParty", "partyOrPartyRole", targets=PARTIES_AND_ROLES, role="role"),
        reference("interactionItem", "item", "entity", targets={**ACCOUNTS, "Agreement": "agreement"}, role="role"),
        reference(
            "interactionRelationship", targets={"PartyInteraction": "party_interaction"}, role="relationshipType"
        ),
    ),
    searchable=("status", "interactionDate.startDateTime", "creationDate"),
    label=interaction_label,
    stamps=Stamps(created="creationDate", turned="statusChangeDate"),
    fixed=("direction",),
    earlier=PARTY_INTERACTION_V4,
)
