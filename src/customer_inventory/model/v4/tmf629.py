"""TMF629 Customer Management v4.0.0: what it says otherwise than v5.0.1."""

from __future__ import annotations

from customer_inventory.model.earlier import Earlier, EarlierClass, added
from customer_inventory.model.v4.shared import CHARACTERISTIC, contact_medium, engaged_party, related_party

ROLE_CLASSES = {
    "RelatedPartyOrPartyRole": related_party("id", "@referredType"),
    "PartyRef": engaged_party("id", "@referredType"),
    "Characteristic": CHARACTERISTIC,
    "ContactMedium": contact_medium("mediumType", "characteristic"),
    "AccountRef": EarlierClass(
        "AccountRef", required=("name",), added=(added("description", "What the account is for."),)
    ),
    "CreditProfile": EarlierClass("CreditProfile", required=("creditProfileDate", "validFor"), left_out=("id", "href")),
}
"""What differs in every role that a party plays; TMF669 has it too."""

ROLE_LEFT_OUT = ("description", "partyRoleSpecification", "role")

CUSTOMER_V4 = Earlier(
    "v4",
    ("/tmf-api/customerManagement/v4",),
    {**ROLE_CLASSES, "Customer": EarlierClass("Customer", left_out=ROLE_LEFT_OUT)},
).demanding("name", "engagedParty")
