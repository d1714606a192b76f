"""What a party is described with: names, proofs of identity, skills, tax and credit (TMF632 v5.0.0)."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from customer_inventory.model.entity import (
    AttachmentRefOrValue,
    Entity,
    EntityRef,
    Extensible,
    Instant,
    TimePeriod,
    Word,
    says,
)

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class OtherNameIndividual(Word, frozen=True):
    """A name a person bears, or bore, besides the present one."""

    title: Annotated[str | UnsetType, says("How the person is addressed, such as Dr.")] = UNSET
    aristocratic_title: Annotated[str | UnsetType, says("A title of nobility.")] = UNSET
    generation: Annotated[str | UnsetType, says("What tells generations apart, such as Jr or III.")] = UNSET
    given_name: Annotated[str | UnsetType, says("The first name.")] = UNSET
    preferred_given_name: Annotated[str | UnsetType, says("The first name the person prefers.")] = UNSET
    family_name_prefix: Annotated[str | UnsetType, says("What goes before the family name, such as van.")] = UNSET
    family_name: Annotated[str | UnsetType, says("The family name.")] = UNSET
    legal_name: Annotated[str | UnsetType, says("The name as the law knows it.")] = UNSET
    middle_name: Annotated[str | UnsetType, says("Names between the first and the family name.")] = UNSET
    full_name: Annotated[str | UnsetType, says("The whole name in one line.")] = UNSET
    formatted_name: Annotated[str | UnsetType, says("The whole name as it is written in an address.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the person bore the name.")] = UNSET


class OtherNameOrganization(Extensible, frozen=True):
    """A name an organisation bears, or bore, besides the present one."""

    trading_name: Annotated[str | UnsetType, says("The name it trades under.")] = UNSET
    name_type: Annotated[str | UnsetType, says("What kind of name it is, such as Inc or Ltd.")] = UNSET
    name: Annotated[str | UnsetType, says("The name.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When it bore the name.")] = UNSET


class IndividualIdentification(Extensible, frozen=True):
    """A document that proves who a person is."""

    identification_id: Annotated[str | UnsetType, says("The number of the document.")] = UNSET
    issuing_authority: Annotated[str | UnsetType, says("Who issued it.")] = UNSET
    issuing_date: Annotated[Instant | UnsetType, says("When it was issued.")] = UNSET
    identification_type: Annotated[str | UnsetType, says("What kind of document, such as a passport.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When it is valid.")] = UNSET
    attachment: Annotated[AttachmentRefOrValue | UnsetType, says("A copy of it.")] = UNSET


class OrganizationIdentification(Extensible, frozen=True):
    """A registration that proves which organisation it is."""

    identification_id: Annotated[str | UnsetType, says("The number of the registration.")] = UNSET
    issuing_authority: Annotated[str | UnsetType, says("Who registered it.")] = UNSET
    issuing_date: Annotated[Instant | UnsetType, says("When it was registered.")] = UNSET
    identification_type: Annotated[str | UnsetType, says("What kind of registration it is.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When it is valid.")] = UNSET
    attachment: Annotated[AttachmentRefOrValue | UnsetType, says("A copy of it.")] = UNSET


class Disability(Word, frozen=True):
    """Something a person cannot do, so that service can be fitted to it."""

    disability_code: Annotated[str | UnsetType, says("The code of the disability.")] = UNSET
    disability_name: Annotated[str | UnsetType, says("The disability in words.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the person has it.")] = UNSET


class LanguageAbility(Word, frozen=True):
    """How well a person knows a language."""

    language_code: Annotated[str | UnsetType, says("The code of the language.")] = UNSET
    language_name: Annotated[str | UnsetType, says("The language in words.")] = UNSET
    is_favourite_language: Annotated[bool | UnsetType, says("Whether the person likes it best.")] = UNSET
    writing_proficiency: Annotated[str | UnsetType, says("How well the person writes it.")] = UNSET
    reading_proficiency: Annotated[str | UnsetType, says("How well the person reads it.")] = UNSET
    speaking_proficiency: Annotated[str | UnsetType, says("How well the person speaks it.")] = UNSET
    listening_proficiency: Annotated[str | UnsetType, says("How well the person follows it when spoken.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When this held.")] = UNSET


class Skill(Word, frozen=True):
    """What a person has learnt to do."""

    skill_code: Annotated[str | UnsetType, says("The code of the skill.")] = UNSET
    skill_name: Annotated[str | UnsetType, says("The skill in words.")] = UNSET
    evaluated_level: Annotated[str | UnsetType, says("How good the person is at it.")] = UNSET
    comment: Annotated[str | UnsetType, says("Anything to add about it.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the person has it.")] = UNSET


class TaxDefinition(Extensible, frozen=True):
    """A tax that an authority raises."""

    id: Annotated[str | UnsetType, says("The identifier of the tax.")] = UNSET
    name: Annotated[str | UnsetType, says("What the tax is called.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the tax is raised.")] = UNSET
    jurisdiction_name: Annotated[str | UnsetType, says("Where the tax is raised.")] = UNSET
    jurisdiction_level: Annotated[str | UnsetType, says("Which level of government raises it.")] = UNSET
    tax_type: Annotated[str | UnsetType, says("What kind of tax it is.")] = UNSET


class TaxExemptionCertificate(Extensible, frozen=True):
    """A proof that a party need not pay some taxes."""

    id: Annotated[str | UnsetType, says("The identifier of the certificate here.")] = UNSET
    tax_definition: Annotated[list[TaxDefinition] | UnsetType, says("The taxes it spares.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When it holds.")] = UNSET
    certificate_number: Annotated[str | UnsetType, says("The number the authority gave it.")] = UNSET
    issuing_jurisdiction: Annotated[str | UnsetType, says("Where it was issued.")] = UNSET
    reason: Annotated[str | UnsetType, says("Why the party is spared.")] = UNSET
    attachment: Annotated[AttachmentRefOrValue | UnsetType, says("A copy of it.")] = UNSET


class PartyCreditProfile(Entity, frozen=True):
    """What a credit agency says of a party."""

    credit_agency_name: Annotated[str | UnsetType, says("The agency.")] = UNSET
    credit_agency_type: Annotated[str | UnsetType, says("What kind of agency it is.")] = UNSET
    rating_reference: Annotated[str | UnsetType, says("The agency's reference for the rating.")] = UNSET
    rating_score: Annotated[Int32 | UnsetType, says("The score the agency gave.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the rating holds.")] = UNSET


class CreditProfile(Entity, frozen=True):
    """What the enterprise itself thinks of a party's credit."""

    credit_profile_date: Annotated[Instant | UnsetType, says("When it was drawn up.")] = UNSET
    credit_risk_rating: Annotated[int | UnsetType, says("How risky credit is, on the enterprise's scale.")] = UNSET
    credit_score: Annotated[int | UnsetType, says("The score, on the enterprise's scale.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When it holds.")] = UNSET


class AccountRef(EntityRef, frozen=True):
    """A pointer to an account that is billed or settled."""


class AgreementRef(EntityRef, frozen=True):
    """A pointer to an agreement."""


class AgreementSpecificationRef(EntityRef, frozen=True):
    """A pointer to what agreements are specified by."""

    description: Annotated[str | UnsetType, says("What the agreement specification says, in words.")] = UNSET
    version: Annotated[str | UnsetType, says("The version of the agreement specification.")] = UNSET


class PaymentMethodRef(EntityRef, frozen=True):
    """A pointer to a way of paying."""


class PartyRoleSpecificationRef(EntityRef, frozen=True):
    """A pointer to what a role demands of who plays it."""


class OrganizationRef(EntityRef, frozen=True):
    """A pointer to an organisation."""


class PartyRef(EntityRef, frozen=True):
    """A pointer to a person or an organisation."""


class PartyRoleRef(EntityRef, frozen=True):
    """A pointer to a role that a party plays."""

    party_id: Annotated[str | UnsetType, says("The identifier of the party that plays the role.")] = UNSET
    party_name: Annotated[str | UnsetType, says("What the party that plays the role is called.")] = UNSET


PartyRefOrPartyRoleRef = Entity | PartyRef | PartyRoleRef


class RelatedPartyRefOrPartyRoleRef(Extensible, kw_only=True, frozen=True):
    """Who else bears on a thing: a party or a role, pointed to."""

    role: Annotated[str, says("What the other is to this one, such as employer.")]
    party_or_party_role: Annotated[PartyRefOrPartyRoleRef | UnsetType, says("The other party or role.")] = UNSET


class OrganizationChildRelationship(Extensible, frozen=True):
    """An organisation below this one."""

    relationship_type: Annotated[str | UnsetType, says("How it belongs, such as juridical.")] = UNSET
    organization: Annotated[OrganizationRef | UnsetType, says("The organisation below.")] = UNSET


class OrganizationParentRelationship(Extensible, frozen=True):
    """The organisation above this one."""

    relationship_type: Annotated[str | UnsetType, says("How this one belongs to it, such as juridical.")] = UNSET
    organization: Annotated[OrganizationRef | UnsetType, says("The organisation above.")] = UNSET
