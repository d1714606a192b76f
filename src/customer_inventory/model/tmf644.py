"""TMF644 Privacy Management v5.0.0: PartyPrivacyProfile, PartyPrivacyProfileSpecification, PartyPrivacyAgreement.

A specification says what of a party there is to keep private and for which purposes it may be asked for; a profile says
what one party allows of that; an agreement binds it.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from customer_inventory.model.characteristic import AnyCharacteristic, Characteristic
from customer_inventory.model.entity import Entity, EntityRef, Extensible, Instant, TimePeriod, says
from customer_inventory.model.party import (
    AgreementSpecificationRef,
    PartyRoleSpecificationRef,
    RelatedPartyRefOrPartyRoleRef,
)
from customer_inventory.model.references import PARTIES_AND_ROLES, RELATED_PARTY, owning, reference
from customer_inventory.model.resource import STATUS_EVENTS, Api, Stamps, declare, name_label
from customer_inventory.model.specification import CharacteristicSpecification
from customer_inventory.model.tmf651 import (
    AGREEMENT,
    Agreement,
    AgreementItem,
    ProductAgreementItem,
    ProductOfferingRef,
)
from customer_inventory.model.v4.tmf644 import (
    PARTY_PRIVACY_AGREEMENT_V4,
    PARTY_PRIVACY_PROFILE_SPECIFICATION_V4,
    PARTY_PRIVACY_PROFILE_V4,
)


class PartyPrivacyAgreementRef(EntityRef, frozen=True):
    """A pointer to what a party agreed to about its privacy."""


class PartyPrivacyProfileRef(EntityRef, frozen=True):
    """A pointer to what a party allows."""


class PartyPrivacyProfileSpecificationRef(EntityRef, frozen=True):
    """A pointer to what there is to allow."""


class PartyPrivacyRoleSpecification(PartyRoleSpecificationRef, frozen=True):
    """A pointer to a part whose players the specification is meant for, and to the agreements they enter into."""

    agreement_specification: Annotated[
        list[AgreementSpecificationRef] | UnsetType, says("The agreements that who plays the part enters into.")
    ] = UNSET


class PartyPrivacyProfileSpecificationCharacteristic(CharacteristicSpecification, kw_only=True, frozen=True):
    """Something about a party that there is to keep private."""

    criticality_level: Annotated[str | UnsetType, says("How badly it would hurt to have it known.")] = UNSET
    privacy_usage_purpose: Annotated[str | UnsetType, says("What it may be used for, such as INFORMATION.")] = UNSET
    privacy_type: Annotated[str | UnsetType, says("Whether using it or keeping it is meant, and by whom.")] = UNSET
    allowed_role: Annotated[
        list[PartyRoleSpecificationRef | PartyPrivacyRoleSpecification] | UnsetType,
        says("The parts whose players may see it."),
    ] = UNSET


class PartyPrivacyProfileSpecification(Entity, kw_only=True, frozen=True):
    """What there is to keep private about a party, and for which purposes it may be asked for."""

    description: Annotated[str | UnsetType, says("The specification in words.")] = UNSET
    applicable_role: Annotated[
        list[PartyPrivacyRoleSpecification] | UnsetType, says("The parts whose players it is meant for.")
    ] = UNSET
    last_update: Annotated[Instant | UnsetType, says("When the specification last changed.")] = UNSET
    lifecycle_status: Annotated[str | UnsetType, says("Where the specification stands in its life.")] = UNSET
    name: Annotated[str, says("What the specification is called.")]
    product_offering: Annotated[list[ProductOfferingRef] | UnsetType, says("The offers it goes with.")] = UNSET
    related_party: Annotated[
        list[RelatedPartyRefOrPartyRoleRef] | UnsetType, says("Who bears on the specification, and how.")
    ] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the specification holds.")] = UNSET
    version: Annotated[str | UnsetType, says("The version of the specification.")] = UNSET
    spec_characteristic: Annotated[
        list[PartyPrivacyProfileSpecificationCharacteristic] | UnsetType, says("What there is to keep private.")
    ] = UNSET


class MapAnyCharacteristicValue(Characteristic, kw_only=True, frozen=True):
    """A characteristic whose value is a map from names to values."""

    name: Annotated[str, says("What the characteristic is called.")]
    value: Annotated[dict[str, Any] | UnsetType, says("The map.")] = UNSET


class PartyPrivacyProfileCharacteristic(Extensible, frozen=True):
    """What a party allows, or does not, of one thing about it."""

    characterisitc: Annotated[
        AnyCharacteristic | MapAnyCharacteristicValue | UnsetType,
        says("The thing and whether it is allowed; spelled so in the official file."),
    ] = UNSET
    related_party: Annotated[
        list[RelatedPartyRefOrPartyRoleRef] | UnsetType, says("Whom it is allowed or not allowed.")
    ] = UNSET
    privacy_usage_purpose: Annotated[str | UnsetType, says("What it may be used for, such as INFORMATION.")] = UNSET


class PartyPrivacyProfile(Entity, kw_only=True, frozen=True):
    """What a party allows of what is known about it."""

    applicable_for_party: Annotated[
        RelatedPartyRefOrPartyRoleRef | UnsetType, says("The party whose privacy it is.")
    ] = UNSET
    agreement: Annotated[PartyPrivacyAgreementRef | UnsetType, says("What was agreed about it.")] = UNSET
    creation_date: Annotated[Instant | UnsetType, says("When the profile was made.")] = UNSET
    last_update: Annotated[Instant | UnsetType, says("When the profile last changed.")] = UNSET
    description: Annotated[str | UnsetType, says("The profile in words.")] = UNSET
    name: Annotated[str | UnsetType, says("What the profile is called.")] = UNSET
    status: Annotated[str | UnsetType, says("Where the profile stands in its life.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the profile holds.")] = UNSET
    party_privacy_profile_specification: Annotated[
        PartyPrivacyProfileSpecificationRef, says("What there was to allow.")
    ]
    party_privacy_profile_characteristic: Annotated[
        list[PartyPrivacyProfileCharacteristic], says("What is allowed and what is not.")
    ]
    agreed_by_party: Annotated[RelatedPartyRefOrPartyRoleRef, says("Who agreed: the party itself, or a parent of it.")]


class PartyPrivacyAgreement(Agreement, kw_only=True, frozen=True):
    """What a party has agreed to about its privacy."""

    # Of these agreements, unlike of others, the file demands no items.
    agreement_item: Annotated[
        list[AgreementItem | ProductAgreementItem] | UnsetType, says("The parts of the agreement.")
    ] = UNSET  # type: ignore[assignment]
    characteristic: Annotated[
        list[AnyCharacteristic | MapAnyCharacteristicValue] | UnsetType, says("Attributes its specification adds.")
    ] = UNSET
    party_privacy_profile: Annotated[
        list[PartyPrivacyProfileRef] | UnsetType, says("The profiles that were agreed to.")
    ] = UNSET
    party_privacy_profile_characteristic: Annotated[
        list[PartyPrivacyProfileCharacteristic] | UnsetType, says("What of them the agreement says itself.")
    ] = UNSET


PRIVACY_MANAGEMENT = Api(
    number="TMF644",
    title="Privacy Management",
    version="v5",
    paths=("/tmf-api/privacyManagement/v5",),
    events=STATUS_EVENTS,
)

PARTY_PRIVACY_PROFILE = declare(
    struct=PartyPrivacyProfile,
    api=PRIVACY_MANAGEMENT,
    mandatory=("@type", "agreedByParty", "partyPrivacyProfileCharacteristic", "partyPrivacyProfileSpecification"),
    references=(
        owning(reference("applicableForParty", "partyOrPartyRole", targets=PARTIES_AND_ROLES, role="role")),
        owning(reference("agreedByParty", "partyOrPartyRole", targets=PARTIES_AND_ROLES, role="role")),
        reference(
            "partyPrivacyProfileSpecification",
            targets={"PartyPrivacyProfileSpecification": "party_privacy_profile_specification"},
        ),
        reference("agreement", targets={"PartyPrivacyAgreement": "party_privacy_agreement"}),
    ),
    searchable=("name", "status", "creationDate"),
    label=name_label,
    stamps=Stamps(created="creationDate"),
    earlier=PARTY_PRIVACY_PROFILE_V4,
)

PARTY_PRIVACY_AGREEMENT = declare(
    struct=PartyPrivacyAgreement,
    api=PRIVACY_MANAGEMENT,
    mandatory=("@type", "name", "agreementType", "engagedParty"),
    references=(
        *AGREEMENT.references,
        reference("partyPrivacyProfile", targets={"PartyPrivacyProfile": "party_privacy_profile"}),
    ),
    searchable=("name", "agreementType", "status"),
    label=name_label,
    earlier=PARTY_PRIVACY_AGREEMENT_V4,
)

PARTY_PRIVACY_PROFILE_SPECIFICATION = declare(
    struct=PartyPrivacyProfileSpecification,
    api=PRIVACY_MANAGEMENT,
    mandatory=("@type", "name"),
    references=(RELATED_PARTY,),
    searchable=("name", "lifecycleStatus", "lastUpdate"),
    label=name_label,
    state="lifecycleStatus",
    earlier=PARTY_PRIVACY_PROFILE_SPECIFICATION_V4,
)
