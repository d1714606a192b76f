"""TMF632 Party Management v5.0.0: Individual, Organization, and the roles and relations they are entangled with.

Roles stand here rather than with TMF629 because a party may carry another party or a role by value and a role
carries parties: the classes name each other, so they share a file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from customer_inventory.model.characteristic import AnyCharacteristic
from customer_inventory.model.contact import AnyContactMedium
from customer_inventory.model.entity import DayOrInstant, Entity, Extensible, ExternalIdentifier, TimePeriod, says
from customer_inventory.model.party import (
    AccountRef,
    AgreementRef,
    CreditProfile,
    Disability,
    IndividualIdentification,
    LanguageAbility,
    OrganizationChildRelationship,
    OrganizationIdentification,
    OrganizationParentRelationship,
    OtherNameIndividual,
    OtherNameOrganization,
    PartyCreditProfile,
    PartyRef,
    PartyRoleRef,
    PartyRoleSpecificationRef,
    PaymentMethodRef,
    RelatedPartyRefOrPartyRoleRef,
    Skill,
    TaxExemptionCertificate,
)
from customer_inventory.model.references import RELATED_PARTY, reference
from customer_inventory.model.resource import Api, Document, declare, first_text
from customer_inventory.model.v4.tmf632 import INDIVIDUAL_V4, ORGANIZATION_V4


class Party(Entity, frozen=True):
    """A person or an organisation."""

    external_reference: Annotated[
        list[ExternalIdentifier] | UnsetType, says("The identifiers other systems gave to the party.")
    ] = UNSET
    party_characteristic: Annotated[
        list[AnyCharacteristic] | UnsetType, says("Attributes added by the enterprise.")
    ] = UNSET
    tax_exemption_certificate: Annotated[
        list[TaxExemptionCertificate] | UnsetType, says("Proofs that the party need not pay some taxes.")
    ] = UNSET
    credit_rating: Annotated[list[PartyCreditProfile] | UnsetType, says("What credit agencies say.")] = UNSET
    related_party: Annotated[list[AnyRelatedParty] | UnsetType, says("Who else bears on the party, and how.")] = UNSET
    contact_medium: Annotated[list[AnyContactMedium] | UnsetType, says("How the party is reached.")] = UNSET


class Individual(Party, frozen=True):
    """A person."""

    gender: Annotated[str | UnsetType, says("The gender the person states.")] = UNSET
    place_of_birth: Annotated[str | UnsetType, says("Where the person was born.")] = UNSET
    country_of_birth: Annotated[str | UnsetType, says("The country the person was born in.")] = UNSET
    nationality: Annotated[str | UnsetType, says("The state whose citizen the person is.")] = UNSET
    marital_status: Annotated[str | UnsetType, says("Whether the person is married.")] = UNSET
    birth_date: Annotated[DayOrInstant | UnsetType, says("When the person was born.")] = UNSET
    death_date: Annotated[DayOrInstant | UnsetType, says("When the person died.")] = UNSET
    title: Annotated[str | UnsetType, says("How the person is addressed, such as Dr.")] = UNSET
    aristocratic_title: Annotated[str | UnsetType, says("A title of nobility.")] = UNSET
    generation: Annotated[str | UnsetType, says("What tells generations apart, such as Jr or III.")] = UNSET
    preferred_given_name: Annotated[str | UnsetType, says("The first name the person prefers.")] = UNSET
    family_name_prefix: Annotated[str | UnsetType, says("What goes before the family name, such as van.")] = UNSET
    legal_name: Annotated[str | UnsetType, says("The name as the law knows it.")] = UNSET
    middle_name: Annotated[str | UnsetType, says("Names between the first and the family name.")] = UNSET
    name: Annotated[str | UnsetType, says("The whole name in one line.")] = UNSET
    formatted_name: Annotated[str | UnsetType, says("The whole name as it is written in an address.")] = UNSET
    location: Annotated[str | UnsetType, says("Where the person is for now.")] = UNSET
    status: Annotated[
        Literal["initialized", "validated", "deceased"] | UnsetType, says("How far the record has come.")
    ] = UNSET
    other_name: Annotated[list[OtherNameIndividual] | UnsetType, says("Other names the person bears or bore.")] = UNSET
    individual_identification: Annotated[
        list[IndividualIdentification] | UnsetType, says("Documents that prove who the person is.")
    ] = UNSET
    disability: Annotated[list[Disability] | UnsetType, says("What the person cannot do.")] = UNSET
    language_ability: Annotated[list[LanguageAbility] | UnsetType, says("Languages the person knows.")] = UNSET
    skill: Annotated[list[Skill] | UnsetType, says("What the person has learnt to do.")] = UNSET
    family_name: Annotated[str | UnsetType, says("The family name.")] = UNSET
    given_name: Annotated[str | UnsetType, says("The first name.")] = UNSET


class Organization(Party, frozen=True):
    """A company, authority, association or a part of one."""

    is_legal_entity: Annotated[bool | UnsetType, says("Whether the law knows it as a person.")] = UNSET
    is_head_office: Annotated[bool | UnsetType, says("Whether it is the head office.")] = UNSET
    organization_type: Annotated[str | UnsetType, says("What kind of organisation it is.")] = UNSET
    exists_during: Annotated[TimePeriod | UnsetType, says("From founding to closing.")] = UNSET
    name: Annotated[str | UnsetType, says("What it is called.")] = UNSET
    name_type: Annotated[str | UnsetType, says("What kind of name it is, such as Inc or Ltd.")] = UNSET
    status: Annotated[
        Literal["initialized", "validated", "closed"] | UnsetType, says("How far the record has come.")
    ] = UNSET
    other_name: Annotated[list[OtherNameOrganization] | UnsetType, says("Other names it bears or bore.")] = UNSET
    organization_identification: Annotated[
        list[OrganizationIdentification] | UnsetType, says("Registrations that prove which one it is.")
    ] = UNSET
    organization_child_relationship: Annotated[
        list[OrganizationChildRelationship] | UnsetType, says("The organisations below it.")
    ] = UNSET
    organization_parent_relationship: Annotated[
        OrganizationParentRelationship | UnsetType, says("The organisation above it.")
    ] = UNSET
    trading_name: Annotated[str | UnsetType, says("The name it trades under.")] = UNSET


class PartyRole(Entity, kw_only=True, frozen=True):
    """The part a party plays towards the enterprise."""

    name: Annotated[str, says("What the party is called in this part.")]
    description: Annotated[str | UnsetType, says("The part in words.")] = UNSET
    role: Annotated[str | UnsetType, says("The part the party plays.")] = UNSET
    engaged_party: Annotated[PartyRef, says("The party that plays it.")]
    party_role_specification: Annotated[
        PartyRoleSpecificationRef | UnsetType, says("What the part demands of who plays it.")
    ] = UNSET
    characteristic: Annotated[list[AnyCharacteristic] | UnsetType, says("Attributes added by the enterprise.")] = UNSET
    account: Annotated[list[AccountRef] | UnsetType, says("The accounts held in this part.")] = UNSET
    agreement: Annotated[list[AgreementRef] | UnsetType, says("The agreements made in this part.")] = UNSET
    contact_medium: Annotated[list[AnyContactMedium] | UnsetType, says("How the party is reached in this part.")] = (
        UNSET
    )
    payment_method: Annotated[list[PaymentMethodRef] | UnsetType, says("How the party pays.")] = UNSET
    credit_profile: Annotated[list[CreditProfile] | UnsetType, says("What the enterprise thinks of its credit.")] = (
        UNSET
    )
    related_party: Annotated[list[AnyRelatedParty] | UnsetType, says("Who else bears on the part, and how.")] = UNSET
    status: Annotated[str | UnsetType, says("Where the part stands in its life.")] = UNSET
    status_reason: Annotated[str | UnsetType, says("Why it stands there.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the party plays the part.")] = UNSET


class Supplier(PartyRole, frozen=True):
    """A party that supplies the enterprise."""


class BusinessPartner(PartyRole, frozen=True):
    """A party that does business with the enterprise on equal terms."""


class Consumer(PartyRole, frozen=True):
    """A party that uses a product."""


class Producer(PartyRole, frozen=True):
    """A party that makes a product."""


class RelatedPartyOrPartyRole(Extensible, kw_only=True, frozen=True):
    """Who else bears on a thing: a party or a role, pointed to or carried by value."""

    role: Annotated[str, says("What the other is to this one, such as employer.")]
    party_or_party_role: Annotated[PartyOrPartyRole | UnsetType, says("The other party or role.")] = UNSET


PartyOrPartyRole = (
    Entity
    | PartyRef
    | PartyRoleRef
    | Individual
    | Organization
    | PartyRole
    | Supplier
    | BusinessPartner
    | Consumer
    | Producer
)
AnyRelatedParty = RelatedPartyOrPartyRole | RelatedPartyRefOrPartyRoleRef

PARTY_MANAGEMENT = Api(
    number="TMF632",
    title="Party Management",
    version="v5",
    paths=("/tmf-api/partyManagement/v5", "/tmf-api/party/v5"),
)


def person_label(document: Document) -> str:
    """Return what a person is called: the written name, else the names one after the other."""
    whole = first_text(document, "formattedName", "fullName", "name")
    parts = (first_text(document, part) for part in ("givenName", "familyNamePrefix", "familyName"))
    return whole or " ".join(filter(None, parts)) or first_text(document, "legalName")


def organization_label(document: Document) -> str:
    """Return what an organisation is called."""
    return first_text(document, "name", "tradingName")


INDIVIDUAL = declare(
    struct=Individual,
    api=PARTY_MANAGEMENT,
    mandatory=("@type", "givenName", "familyName"),
    references=(RELATED_PARTY,),
    searchable=("familyName", "givenName", "birthDate"),
    label=person_label,
    earlier=INDIVIDUAL_V4,
)

ORGANIZATION = declare(
    struct=Organization,
    api=PARTY_MANAGEMENT,
    mandatory=("@type", "name"),
    references=(
        RELATED_PARTY,
        *(
            reference(relationship, "organization", targets={"Organization": "organization"}, role="relationshipType")
            for relationship in ("organizationParentRelationship", "organizationChildRelationship")
        ),
    ),
    searchable=("name", "tradingName"),
    label=organization_label,
    earlier=ORGANIZATION_V4,
)
