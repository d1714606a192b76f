"""TMF632 Party Management v4.0.0: what it says otherwise than v5.0.0."""

from __future__ import annotations

from customer_inventory.model.earlier import Earlier, EarlierClass, Object, added
from customer_inventory.model.showing import Said
from customer_inventory.model.v4.shared import (
    ATTACHMENT,
    CHARACTERISTIC,
    EXTERNAL_REFERENCE,
    contact_medium,
    extensible,
    related_party,
)


def _name(stored: Object) -> object:
    return stored.get("tradingName")


_CLASSES = {
    "Individual": EarlierClass(
        "Individual", renamed={"fullName": "name"}, spelled={"status": {"deceaded": "deceased"}}
    ),
    "Organization": EarlierClass("Organization", shown={"tradingName": Said(("name",))}, kept={"name": _name}),
    "RelatedPartyOrPartyRole": related_party("id", "@referredType"),
    "ExternalIdentifier": EXTERNAL_REFERENCE,
    "Characteristic": CHARACTERISTIC,
    "ContactMedium": contact_medium(),
    "Attachment": ATTACHMENT,
    "TaxExemptionCertificate": EarlierClass(
        "TaxExemptionCertificate", left_out=("certificateNumber", "issuingJurisdiction", "reason")
    ),
    "TaxDefinition": EarlierClass(
        "TaxDefinition",
        left_out=("jurisdictionLevel", "jurisdictionName", "validFor"),
        added=(added("@referredType", "The class of the tax pointed to."),),
    ),
    "PartyCreditProfile": EarlierClass("PartyCreditProfile", left_out=("id", "href")),
    **{name: extensible(name) for name in ("Disability", "LanguageAbility", "Skill", "OtherNameIndividual")},
}
"""`deceaded` is how the official file spells it. The mandatory name of an organization is another in each version."""

TMF632_V4 = Earlier("v4", ("/tmf-api/party/v4", "/tmf-api/partyManagement/v4"), _CLASSES)
INDIVIDUAL_V4 = TMF632_V4.demanding("givenName", "familyName")
ORGANIZATION_V4 = TMF632_V4.demanding("tradingName")
