"""Documents: contracts, letters and proofs that belong to a thing, carried by value (TMF651 v5.0.0)."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType, field

from customer_inventory.model.characteristic import AnyCharacteristic
from customer_inventory.model.entity import (
    AttachmentRefOrValue,
    Entity,
    EntityRef,
    Extensible,
    Instant,
    says,
)
from customer_inventory.model.party import RelatedPartyRefOrPartyRoleRef


class CategoryRef(EntityRef, frozen=True):
    """A pointer to a group that a thing belongs to."""

    version: Annotated[str | UnsetType, says("The version of the group.")] = UNSET


class DocumentRef(EntityRef, frozen=True):
    """A pointer to a document."""


class DocumentSpecification(Extensible, kw_only=True, frozen=True):
    """What a document is specified by."""

    url: Annotated[str | UnsetType, says("Where the specification can be read (URL).")] = field(
        default=UNSET, name="URL"
    )
    name: Annotated[str | UnsetType, says("What the specification is called.")] = UNSET
    version: Annotated[str | UnsetType, says("The version of the specification.")] = UNSET
    id: Annotated[str, says("The identifier of the specification.")]


class RelatedEntity(Extensible, kw_only=True, frozen=True):
    """A thing that something is about, pointed to."""

    role: Annotated[str, says("What the thing is to what refers to it.")]
    entity: Annotated[EntityRef, says("The thing.")]


class Document(Entity, kw_only=True, frozen=True):
    """A document: what it is, and the files that hold it."""

    attachment: Annotated[list[AttachmentRefOrValue] | UnsetType, says("The files that hold it.")] = UNSET
    category: Annotated[list[CategoryRef] | UnsetType, says("The groups it belongs to.")] = UNSET
    characteristic: Annotated[list[AnyCharacteristic] | UnsetType, says("Attributes added by the enterprise.")] = UNSET
    creation_date: Annotated[Instant | UnsetType, says("When it was made.")] = UNSET
    description: Annotated[str | UnsetType, says("What it says, in brief.")] = UNSET
    document_relationship: Annotated[list[DocumentRef] | UnsetType, says("Other documents it bears on.")] = UNSET
    document_specification: Annotated[DocumentSpecification | UnsetType, says("What it is specified by.")] = UNSET
    last_update: Annotated[Instant | UnsetType, says("When it was last changed.")] = UNSET
    lifecycle_state: Annotated[str | UnsetType, says("Where it stands in its life.")] = UNSET
    related_entity: Annotated[RelatedEntity | UnsetType, says("The thing it is about.")] = UNSET
    related_party: Annotated[list[RelatedPartyRefOrPartyRoleRef] | UnsetType, says("Who bears on it, and how.")] = UNSET
    document_type: Annotated[str | UnsetType, says("What kind of document it is.")] = UNSET
    version: Annotated[str | UnsetType, says("Which version of it this is.")] = UNSET
    name: Annotated[str, says("What it is called.")]


DocumentRefOrValue = Entity | Document | DocumentRef


class RelatedDocumentRefOrValue(Extensible, kw_only=True, frozen=True):
    """A document that bears on a thing, and how."""

    role: Annotated[str, says("What the document is to the thing, such as the signed copy.")]
    document: Annotated[DocumentRefOrValue | UnsetType, says("The document.")] = UNSET
