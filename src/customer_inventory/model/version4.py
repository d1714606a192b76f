"""The words that the APIs which exist as v4 only are built from (TMF662, TMF667, TMF681 and TMF703 v4.0.0,
whose files agree).

In v4 a class may be named but need not be: what is left out is the class that the attribute declares.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType, field

from customer_inventory.model.entity import Entity, EntityRef, Extensible, Quantity, TimePeriod, says


class RelatedParty(EntityRef, kw_only=True, frozen=True):
    """Who bears on a thing: a party or a role, pointed to, with what it is to the thing."""

    role: Annotated[str | UnsetType, says("What the party is to the thing, such as author.")] = UNSET
    referred_type: Annotated[str, says("The class of the party, such as Individual or Customer.")] = field(
        name="@referredType"
    )


class RelatedEntity(EntityRef, kw_only=True, frozen=True):
    """Anything that bears on a thing, pointed to, with what it is to the thing."""

    role: Annotated[str, says("What the other is to the thing.")]
    referred_type: Annotated[str, says("The class of the other.")] = field(name="@referredType")


class AssociationSpecificationRef(EntityRef, frozen=True):
    """A pointer to what an association between entities demands."""


class CharacteristicRelationship(Extensible, frozen=True):
    """How one characteristic bears on another."""

    id: Annotated[str | UnsetType, says("The identifier of the other characteristic.")] = UNSET
    relationship_type: Annotated[str | UnsetType, says("How it bears on it, such as depends on.")] = UNSET


class Characteristic(Extensible, kw_only=True, frozen=True):
    """A named value of any type."""

    id: Annotated[str | UnsetType, says("The identifier of the characteristic.")] = UNSET
    name: Annotated[str, says("What the characteristic is called.")]
    value_type: Annotated[str | UnsetType, says("The type of the value, in words.")] = UNSET
    characteristic_relationship: Annotated[
        list[CharacteristicRelationship] | UnsetType, says("How it bears on other characteristics.")
    ] = UNSET
    value: Annotated[Any, says("The value.")]


class Attachment(Entity, frozen=True):
    """A file that belongs to a thing: carried along, or fetched from an address."""

    attachment_type: Annotated[str | UnsetType, says("What kind of file it is, such as a scan.")] = UNSET
    content: Annotated[bytes | UnsetType, says("The file itself, in base64.")] = UNSET
    checksum: Annotated[str | UnsetType, says("The SHA-256 of a file that the inventory keeps, as sha256:….")] = UNSET
    description: Annotated[str | UnsetType, says("What the file shows.")] = UNSET
    mime_type: Annotated[str | UnsetType, says("The media type of the file, such as application/pdf.")] = UNSET
    name: Annotated[str | UnsetType, says("The name of the file.")] = UNSET
    url: Annotated[str | UnsetType, says("Where the file can be fetched (URL).")] = UNSET
    size: Annotated[Quantity | UnsetType, says("How large the file is.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the file may be relied upon.")] = UNSET


class AttachmentRefOrValue(Attachment, frozen=True):
    """A file that belongs to a thing: carried along, fetched from an address, or pointed to where another keeps it."""

    referred_type: Annotated[str | UnsetType, says("The class of the file pointed to.")] = field(
        default=UNSET, name="@referredType"
    )
