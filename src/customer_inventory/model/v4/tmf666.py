"""TMF666 Account Management v4.0.0: what it says otherwise than v5.0.0."""

from __future__ import annotations

from customer_inventory.model.earlier import Earlier, EarlierClass, Finds, Object, added
from customer_inventory.model.showing import Ends, Said
from customer_inventory.model.v4.shared import contact_medium, related_party

IS_REFERENCE = Ends(Said(("@type",)), "Ref")
"""Whether a thing that stands where it may be pointed to is: its class says so."""


def is_reference(earlier: Object) -> bool:
    """Tell whether a thing is pointed to: by its class, which v4 need not name, or by its id."""
    named = earlier.get("@type")
    return named.endswith("Ref") if isinstance(named, str) else "id" in earlier


def told_by_reference(name: str) -> Finds:
    """Return what finds the class of a thing that is pointed to or carried: v4 says which in isRef."""

    def finds(stored: Object) -> str:
        pointed = stored.get("isRef", is_reference(stored))
        return f"{name}Ref" if pointed else name

    return finds


def ref_or_value(name: str, *more: str) -> EarlierClass:
    """Return the v4 class of a thing that is pointed to or carried by value, with more whole numbers than in v5."""
    return EarlierClass(
        f"{name}RefOrValue",
        required=("isRef", "name"),
        added=(
            added("isRef", "Whether the thing is pointed to rather than carried.", type="boolean"),
            *(added(each, "Days by which the dates of the cycle move.", type="integer") for each in more),
        ),
        shown={"isRef": IS_REFERENCE},
        is_a=told_by_reference(name),
    )


def _account(name: str, *left_out: str) -> EarlierClass:
    return EarlierClass(name, left_out=left_out, renamed={"lastModified": "lastUpdate"})


_CLASSES = {
    "PartyAccount": _account("PartyAccount"),
    "BillingAccount": _account("BillingAccount", "ratingType"),
    "SettlementAccount": _account("SettlementAccount"),
    "FinancialAccount": _account("FinancialAccount"),
    "RelatedPartyRefOrPartyRoleRef": related_party("id", "name", "@referredType"),
    "ContactMedium": contact_medium(),
    "Contact": EarlierClass("Contact", required=("contactType", "validFor"), left_out=("id",)),
    "TaxExemptionCertificate": EarlierClass(
        "AccountTaxExemption",
        required=("issuingJurisdiction", "validFor"),
        left_out=("id", "attachment", "taxDefinition"),
    ),
    "AccountBalance": EarlierClass("AccountBalance", left_out=("id",)),
    "AccountRelationship": EarlierClass(
        "AccountRelationship", required=("relationshipType", "validFor"), left_out=("id", "href")
    ),
    "AccountRef": EarlierClass("AccountRef", added=(added("description", "What the account is for."),)),
    "FinancialAccountRef": EarlierClass("FinancialAccountRef", borrowed={"accountBalance": "AccountBalance"}),
    "PaymentPlan": EarlierClass("PaymentPlan", left_out=("id",)),
    "BillFormatRef": ref_or_value("BillFormat"),
    "BillPresentationMediaRef": ref_or_value("BillPresentationMedia"),
    "BillingCycleSpecificationRef": ref_or_value("BillingCycleSpecification", "dateShift"),
}

TMF666_V4 = Earlier("v4", ("/tmf-api/accountManagement/v4",), _CLASSES, wrapper="payload")
ACCOUNT_V4 = TMF666_V4.demanding("name", "relatedParty")
NAMED_V4 = TMF666_V4.demanding("name")
"""What is demanded of a financial account and of what bills are made by: a name."""
