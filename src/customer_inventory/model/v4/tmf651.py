"""TMF651 Agreement Management v4.0.0: what it says otherwise than v5.0.0."""

from __future__ import annotations

from customer_inventory.model.earlier import Earlier, EarlierClass, Object, added
from customer_inventory.model.v4.shared import (
    ATTACHMENT,
    CHARACTERISTIC,
    engaged_party,
    related_party,
    value_specification_class,
)


def item_class(stored: Object) -> str:
    """Return the class of a part of an agreement: one that names products or offers is about products."""
    if stored.get("@type") == "ProductAgreementItem" or not {"product", "productOffering"}.isdisjoint(stored):
        return "ProductAgreementItem"
    return "AgreementItem"


AGREEMENT_PARTS = {
    "AgreementItem": EarlierClass("AgreementItem", required=(), left_out=("id",), is_a=item_class),
    "AgreementAuthorization": EarlierClass("AgreementAuthorization", left_out=("id", "party", "signature")),
    "AgreementRelationship": EarlierClass("AgreementRef", left_out=("relationshipType", "validFor")),
}
"""What differs in the parts of every agreement; TMF644 has it too."""

_CLASSES = {
    **AGREEMENT_PARTS,
    "Agreement": EarlierClass(
        "Agreement",
        left_out=("externalIdentifier", "relatedDocument", "relatedParty"),
        renamed={"associatedAgreement": "agreementRelationship"},
        added=(added("documentNumber", "The number of the document that records it.", type="integer"),),
    ),
    "AgreementSpecificationRef": EarlierClass("AgreementSpecificationRef", left_out=("version",)),
    "ProductOfferingRef": EarlierClass("ProductOfferingRef", left_out=("version",)),
    "PartyRef": engaged_party("id", "name", "@referredType", role_too=True),
    "RelatedPartyRefOrPartyRoleRef": related_party("id", "name", "@referredType"),
    "Characteristic": CHARACTERISTIC,
    "Attachment": ATTACHMENT,
    "AgreementSpecification": EarlierClass(
        "AgreementSpecification", left_out=("externalIdentifier",), renamed={"serviceCategory": "category"}
    ),
    "AgreementSpecificationRelationship": EarlierClass("AgreementSpecificationRelationship", required=()),
    "CharacteristicSpecification": EarlierClass(
        "AgreementSpecCharacteristic",
        required=(),
        left_out=(
            "id",
            "minCardinality",
            "maxCardinality",
            "isUnique",
            "regex",
            "extensible",
            "@valueSchemaLocation",
            "charSpecRelationship",
        ),
        renamed={"specCharacteristicValue": "characteristicValueSpecification"},
    ),
    "CharacteristicValueSpecification": EarlierClass(
        "AgreementSpecCharacteristicValue",
        left_out=("rangeInterval", "regex"),
        renamed={"default": "isDefault"},
        added=(added("value", "The value.", type="any"),),
        texts=("valueFrom", "valueTo"),
        is_a=value_specification_class,
    ),
}

TMF651_V4 = Earlier("v4", ("/tmf-api/agreementManagement/v4",), _CLASSES)
AGREEMENT_V4 = TMF651_V4.demanding("agreementItem", "agreementType", "engagedParty", "name")
AGREEMENT_SPECIFICATION_V4 = TMF651_V4.demanding("attachment", "name")
