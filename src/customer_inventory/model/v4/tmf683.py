"""TMF683 Party Interaction Management v4.0.0: what it says otherwise than v5.0.0.

What is mandatory is what the conformance profile of v4 lists: its kit creates interactions without the date, status and
addresses that the description of the API demands.
"""

from __future__ import annotations

from customer_inventory.model.earlier import Earlier, EarlierClass, Flattened, Object
from customer_inventory.model.v4.shared import ATTACHMENT, REFERENCE_NAMES, related_party


def channel_class(reference: Object) -> str:
    """Return the class of a pointer to a channel."""
    return str(reference.get("@type", "ChannelRef"))


def entity_class(reference: Object) -> str:
    """Return the class of a pointer to a thing."""
    return str(reference.get("@type", "EntityRef"))


_RELATED_PARTY = related_party("id", "@referredType")

_CLASSES = {
    "PartyInteraction": EarlierClass(
        "PartyInteraction", left_out=("externalIdentifier", "lastUpdate"), renamed={"channel": "relatedChannel"}
    ),
    "InteractionItem": EarlierClass(
        "InteractionItem",
        left_out=("interactionItemRelationship", "interactionItemType", "lastUpdate"),
        renamed={"channel": "relatedChannel"},
    ),
    "InteractionRelationship": EarlierClass("InteractionRelationship", required=(), left_out=("@referredType", "name")),
    "RelatedChannel": EarlierClass(
        "RelatedChannel",
        required=("id",),
        flattened=Flattened("channel", REFERENCE_NAMES, channel_class),
    ),
    "RelatedEntityRefOrValue": EarlierClass(
        "RelatedEntityRefOrValue",
        required=("role",),
        flattened=Flattened("entity", REFERENCE_NAMES, entity_class),
    ),
    "RelatedPartyOrPartyRole": _RELATED_PARTY,
    "RelatedPartyRefOrPartyRoleRef": _RELATED_PARTY,
    "Attachment": ATTACHMENT,
}

PARTY_INTERACTION_V4 = Earlier(
    "v4", ("/tmf-api/partyInteraction/v4", "/tmf-api/partyInteractionManagement/v4"), _CLASSES
).demanding("channel", "direction", "reason")
