"""TMF651 Agreement Management v5.0.0: Agreement, what parties have bound themselves to, and AgreementSpecification."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from customer_inventory.model.characteristic import AnyCharacteristic
from customer_inventory.model.document import CategoryRef, RelatedDocumentRefOrValue
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
from customer_inventory.model.party import (
    AgreementSpecificationRef,
    PartyRefOrPartyRoleRef,
    RelatedPartyRefOrPartyRoleRef,
)
from customer_inventory.model.references import PARTIES_AND_ROLES, RELATED_PARTY, owning, reference
from customer_inventory.model.resource import Api, declare, name_label
from customer_inventory.model.specification import CharacteristicSpecification
from customer_inventory.model.v4.tmf651 import AGREEMENT_SPECIFICATION_V4, AGREEMENT_V4


class ProductOfferingRef(EntityRef, frozen=True):
    """A pointer to something that is offered."""

    version: Annotated[str | UnsetType, says("The version of the offer.")] = UNSET


class ProductRef(EntityRef, frozen=True):
    """A pointer to something that was bought."""


class AgreementTermOrCondition(Extensible, frozen=True):
    """One thing that was agreed."""

    description: Annotated[str | UnsetType, says("What was agreed, in words.")] = UNSET
    id: Annotated[str | UnsetType, says("The identifier of the term, among those of its item.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When it binds.")] = UNSET


class AgreementItem(Extensible, kw_only=True, frozen=True):
    """One part of an agreement."""

    id: Annotated[str, says("The identifier of the item, among those of the agreement.")]
    term_or_condition: Annotated[list[AgreementTermOrCondition] | UnsetType, says("What was agreed in this part.")] = (
        UNSET
    )


class ProductAgreementItem(AgreementItem, frozen=True):
    """A part of an agreement that is about products."""

    product_offering: Annotated[list[ProductOfferingRef] | UnsetType, says("The offers that it is about.")] = UNSET
    product: Annotated[list[ProductRef] | UnsetType, says("The products that it is about.")] = UNSET


class AgreementAuthorization(Extensible, frozen=True):
    """The consent of one party to an agreement."""

    id: Annotated[str | UnsetType, says("The identifier of the consent, among those of the agreement.")] = UNSET
    date: Annotated[Instant | UnsetType, says("When its state was reached.")] = UNSET
    signature_representation: Annotated[str | UnsetType, says("Whether it was signed on paper or digitally.")] = UNSET
    signature: Annotated[AttachmentRefOrValue | UnsetType, says("The signature.")] = UNSET
    party: Annotated[PartyRefOrPartyRoleRef | UnsetType, says("Who consents.")] = UNSET
    state: Annotated[str | UnsetType, says("How far the consent has come, such as approved.")] = UNSET


class AgreementRelationship(EntityRef, frozen=True):
    """A pointer to another agreement that this one bears on."""

    relationship_type: Annotated[str | UnsetType, says("How this one bears on the other, such as replaces.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When it bears on the other.")] = UNSET


class Agreement(Entity, kw_only=True, frozen=True):
    """What parties have bound themselves to."""

    name: Annotated[str, says("What the agreement is called.")]
    agreement_type: Annotated[str, says("What kind of agreement it is, such as commercial.")]
    agreement_item: Annotated[list[AgreementItem | ProductAgreementItem], says("The parts of the agreement.")]
    external_identifier: Annotated[
        list[ExternalIdentifier] | UnsetType, says("The identifiers other systems gave to it.")
    ] = UNSET
    related_party: Annotated[
        list[RelatedPartyRefOrPartyRoleRef] | UnsetType, says("Who else bears on the agreement, and how.")
    ] = UNSET
    engaged_party: Annotated[list[PartyRefOrPartyRoleRef], says("Who is bound by it.")]
    agreement_period: Annotated[TimePeriod | UnsetType, says("When it binds.")] = UNSET
    completion_date: Annotated[TimePeriod | UnsetType, says("When it was concluded.")] = UNSET
    description: Annotated[str | UnsetType, says("What it is about, in words.")] = UNSET
    related_document: Annotated[
        list[RelatedDocumentRefOrValue] | UnsetType, says("Documents about it, such as the signed contract.")
    ] = UNSET
    initial_date: Annotated[Instant | UnsetType, says("When work on it began.")] = UNSET
    statement_of_intent: Annotated[str | UnsetType, says("What the parties mean to reach by it.")] = UNSET
    status: Annotated[str | UnsetType, says("How far it has come, such as approved.")] = UNSET
    version: Annotated[str | UnsetType, says("Which version of it this is.")] = UNSET
    agreement_specification: Annotated[AgreementSpecificationRef | UnsetType, says("What it is specified by.")] = UNSET
    agreement_authorization: Annotated[
        list[AgreementAuthorization] | UnsetType, says("The consents of the parties.")
    ] = UNSET
    characteristic: Annotated[list[AnyCharacteristic] | UnsetType, says("Attributes its specification adds.")] = UNSET
    agreement_relationship: Annotated[
        list[AgreementRelationship] | UnsetType, says("How it bears on other agreements.")
    ] = UNSET


class AgreementSpecificationRelationship(EntityRef, frozen=True):
    """A pointer to another specification of agreements that this one bears on."""

    relationship_type: Annotated[str | UnsetType, says("How this one bears on the other, such as replaces.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When it bears on the other.")] = UNSET


class AgreementSpecification(Entity, kw_only=True, frozen=True):
    """What a kind of agreement is specified by."""

    name: Annotated[str, says("What the specification is called.")]
    description: Annotated[str | UnsetType, says("What agreements of the kind are about, in words.")] = UNSET
    is_bundle: Annotated[bool | UnsetType, says("Whether it is made of other specifications.")] = UNSET
    external_identifier: Annotated[
        list[ExternalIdentifier] | UnsetType, says("The identifiers other systems gave to it.")
    ] = UNSET
    last_update: Annotated[Instant, says("When the specification was last changed.")]
    lifecycle_status: Annotated[str, says("Where the specification stands in its life.")]
    valid_for: Annotated[TimePeriod | UnsetType, says("When agreements may be made by it.")] = UNSET
    version: Annotated[str | UnsetType, says("The version of the specification.")] = UNSET
    category: Annotated[CategoryRef | UnsetType, says("The group it belongs to.")] = UNSET
    specification_characteristic: Annotated[
        list[CharacteristicSpecification] | UnsetType, says("The characteristics that its agreements may have.")
    ] = UNSET
    related_party: Annotated[
        list[RelatedPartyRefOrPartyRoleRef] | UnsetType, says("Who bears on the specification, and how.")
    ] = UNSET
    specification_relationship: Annotated[
        list[AgreementSpecificationRelationship] | UnsetType, says("How it bears on other specifications.")
    ] = UNSET
    attachment: Annotated[list[AttachmentRefOrValue] | UnsetType, says("Files that say more about it.")] = UNSET


AGREEMENT_MANAGEMENT = Api(
    number="TMF651",
    title="Agreement Management",
    version="v5",
    paths=("/tmf-api/agreementManagement/v5",),
)

AGREEMENT = declare(
    struct=Agreement,
    api=AGREEMENT_MANAGEMENT,
    mandatory=("@type", "name", "agreementType", "agreementItem", "engagedParty"),
    references=(
        owning(reference("engagedParty", targets=PARTIES_AND_ROLES)),
        RELATED_PARTY,
        reference("agreementSpecification", targets={"AgreementSpecification": "agreement_specification"}),
        reference("agreementRelationship", targets={"Agreement": "agreement"}, role="relationshipType"),
        reference("agreementAuthorization", "party", targets=PARTIES_AND_ROLES),
        reference("relatedDocument", "document", targets={"Document": "document"}, role="role"),
    ),
    searchable=("name", "agreementType", "status"),
    label=name_label,
    earlier=AGREEMENT_V4,
)

AGREEMENT_SPECIFICATION = declare(
    struct=AgreementSpecification,
    api=AGREEMENT_MANAGEMENT,
    mandatory=("@type", "name", "lastUpdate", "lifecycleStatus"),
    references=(
        RELATED_PARTY,
        reference(
            "specificationRelationship",
            targets={"AgreementSpecification": "agreement_specification"},
            role="relationshipType",
        ),
    ),
    searchable=("name", "lifecycleStatus"),
    label=name_label,
    state="lifecycleStatus",
    earlier=AGREEMENT_SPECIFICATION_V4,
)
