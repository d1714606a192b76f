"""TMF644 Privacy Management v4.0.0: what it says otherwise than v5.0.0."""

from __future__ import annotations

from customer_inventory.model.earlier import Earlier, EarlierClass, Flattened, added
from customer_inventory.model.v4.shared import (
    ATTACHMENT,
    CHARACTERISTIC,
    characteristic_class,
    engaged_party,
    related_party,
    value_specification_class,
)
from customer_inventory.model.v4.tmf651 import AGREEMENT_PARTS

_ANY_VALUE = added("value", "The value.", type="any")
_ROLE_DESCRIPTION = added("description", "What the part is, in words.")

_CLASSES = {
    **AGREEMENT_PARTS,
    "RelatedPartyRefOrPartyRoleRef": related_party("id", "@referredType"),
    "PartyRef": engaged_party("id", "@referredType", role_too=True),
    "Characteristic": CHARACTERISTIC,
    "Attachment": ATTACHMENT,
    "PartyPrivacyProfile": EarlierClass("PartyPrivacyProfile", left_out=("lastUpdate",)),
    "PartyPrivacyProfileCharacteristic": EarlierClass(
        "PartyPrivacyProfileCharacteristic",
        required=("name", "value"),
        added=(_ANY_VALUE,),
        flattened=Flattened("characterisitc", frozenset({"id", "name", "value", "valueType"}), characteristic_class),
    ),
    "PartyPrivacyProfileSpecification": EarlierClass(
        "PartyPrivacyProfileSpecification",
        renamed={"partyPrivacyProfileSpecCharacteristic": "specCharacteristic", "status": "lifecycleStatus"},
    ),
    "PartyPrivacyRoleSpecification": EarlierClass(
        "PartyPrivacyRoleSpecification",
        required=("name",),
        left_out=("id", "href", "@referredType"),
        added=(_ROLE_DESCRIPTION,),
    ),
    "PartyRoleSpecificationRef": EarlierClass(
        "RoleSpecification",
        required=("name",),
        left_out=("id", "href", "@referredType", "agreementSpecification"),
        added=(_ROLE_DESCRIPTION,),
    ),
    "PartyPrivacyProfileSpecificationCharacteristic": EarlierClass(
        "PartyPrivacyProfileSpecificationCharacteristic",
        required=(),
        left_out=(
            "valueType",
            "configurable",
            "minCardinality",
            "maxCardinality",
            "isUnique",
            "regex",
            "extensible",
            "@valueSchemaLocation",
            "charSpecRelationship",
        ),
        renamed={"partyPrivacyProfileSpecCharacteristicValue": "characteristicValueSpecification"},
    ),
    "CharacteristicValueSpecification": EarlierClass(
        "SpecificationCharacteristicValue", added=(_ANY_VALUE,), is_a=value_specification_class
    ),
    "AgreementSpecificationRef": EarlierClass("AgreementSpecificationRef", left_out=("version",)),
    "ProductOfferingRef": EarlierClass("ProductOfferingRef", left_out=("version",)),
    "PartyPrivacyAgreement": EarlierClass(
        "PartyPrivacyAgreement",
        left_out=("externalIdentifier", "relatedDocument", "relatedParty"),
        renamed={"associatedAgreement": "agreementRelationship", "engagedPartyRole": "engagedParty"},
        added=(added("documentNumber", "The number of the document that records it.", type="integer"),),
    ),
}

TMF644_V4 = Earlier("v4", ("/tmf-api/privacyManagement/v4",), _CLASSES)
PARTY_PRIVACY_PROFILE_V4 = TMF644_V4.demanding(
    "agreedByParty", "partyPrivacyProfileCharacteristic", "partyPrivacyProfileSpecification"
)
PARTY_PRIVACY_PROFILE_SPECIFICATION_V4 = TMF644_V4.demanding("partyPrivacyProfileSpecCharacteristic")
PARTY_PRIVACY_AGREEMENT_V4 = TMF644_V4.demanding("agreementItem", "agreementType", "engagedPartyRole", "name")
