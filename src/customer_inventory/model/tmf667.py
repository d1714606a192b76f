"""TMF667 Document Management v4.0.0: Document, a piece of writing or a picture about a customer, with its files."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType, field

from customer_inventory.model.entity import Entity, EntityRef, Instant, says
from customer_inventory.model.references import ACCOUNTS, PARTIES_AND_ROLES, owning, reference
from customer_inventory.model.resource import Api, declare, first_text
from customer_inventory.model.resource import Document as Json
from customer_inventory.model.version4 import AttachmentRefOrValue, Characteristic, RelatedEntity, RelatedParty


class CategoryRef(EntityRef, frozen=True):
    """A pointer to a category that documents are sorted into."""

    version: Annotated[str | UnsetType, says("The version of the category.")] = UNSET


class DocumentRef(EntityRef, frozen=True):
    """A pointer to another document."""


class DocumentSpecification(Entity, frozen=True):
    """What a document of its kind must be like."""

    url: Annotated[str | UnsetType, says("Where the specification can be read (URL).")] = field(
        default=UNSET, name="URL"
    )
    name: Annotated[str | UnsetType, says("What the specification is called.")] = UNSET
    version: Annotated[str | UnsetType, says("The version of the specification.")] = UNSET


class Document(Entity, frozen=True):
    """A piece of writing, a picture or a recording that bears on a customer, with its files."""

    creation_date: Annotated[Instant | UnsetType, says("When the document was drawn up.")] = UNSET
    description: Annotated[str | UnsetType, says("What the document is about.")] = UNSET
    document_type: Annotated[str | UnsetType, says("What kind of document it is, such as a contract.")] = UNSET
    last_update: Annotated[Instant | UnsetType, says("When the document last changed.")] = UNSET
    lifecycle_state: Annotated[str | UnsetType, says("Where the document stands in its life.")] = UNSET
    name: Annotated[str | UnsetType, says("What the document is called.")] = UNSET
    version: Annotated[str | UnsetType, says("Which edition of the document it is.")] = UNSET
    attachment: Annotated[
        list[AttachmentRefOrValue] | UnsetType, says("The files, under the name that v5 of the API gives them.")
    ] = UNSET
    binary_attachment: Annotated[list[AttachmentRefOrValue] | UnsetType, says("The files.")] = UNSET
    category: Annotated[list[CategoryRef] | UnsetType, says("The categories it is sorted into.")] = UNSET
    characteristic: Annotated[list[Characteristic] | UnsetType, says("Attributes added by the enterprise.")] = UNSET
    document_relationship: Annotated[list[DocumentRef] | UnsetType, says("Other documents that bear on it.")] = UNSET
    document_specification: Annotated[
        DocumentSpecification | UnsetType, says("What a document of its kind must be like.")
    ] = UNSET
    related_entity: Annotated[RelatedEntity | UnsetType, says("The thing the document is about.")] = UNSET
    related_party: Annotated[list[RelatedParty] | UnsetType, says("Who bears on the document, and how.")] = UNSET


DOCUMENT_MANAGEMENT = Api(
    number="TMF667",
    title="Document Management",
    version="v4",
    paths=("/tmf-api/document/v4", "/tmf-api/documentManagement/v4"),
    replaces=True,
)


def document_label(document: Json) -> str:
    """Return what a document is called."""
    return first_text(document, "name")


_ENTITIES = {
    **PARTIES_AND_ROLES,
    **ACCOUNTS,
    "Agreement": "agreement",
    "PartyInteraction": "party_interaction",
    "PartyPrivacyAgreement": "party_privacy_agreement",
    "CommunicationMessage": "communication_message",
    "Document": "document",
}
"""What a document may be about, of what is kept here."""

DOCUMENT = declare(
    struct=Document,
    api=DOCUMENT_MANAGEMENT,
    mandatory=(),
    references=(
        owning(reference("relatedParty", targets=PARTIES_AND_ROLES, role="role")),
        reference("relatedEntity", targets=_ENTITIES, role="role"),
        reference("documentRelationship", targets={"Document": "document"}),
    ),
    searchable=("name", "creationDate", "lastUpdate"),
    label=document_label,
    state="lifecycleState",
)
