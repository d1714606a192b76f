"""TMF629 Customer Management v5.0.1: Customer, the part in which a party buys from the enterprise."""

from __future__ import annotations

from customer_inventory.model.resource import Api, Document, Reference, declare, first_text
from customer_inventory.model.tmf632 import PARTIES, RELATED_PARTY, PartyRole


class Customer(PartyRole, frozen=True):
    """A party that buys from the enterprise, or may."""


CUSTOMER_MANAGEMENT = Api(
    number="TMF629",
    title="Customer Management",
    version="v5",
    paths=("/tmf-api/customerManagement/v5", "/tmf-api/customer/v5"),
)


def customer_label(document: Document) -> str:
    """Return what a customer is called."""
    return first_text(document, "name")


CUSTOMER = declare(
    struct=Customer,
    api=CUSTOMER_MANAGEMENT,
    mandatory=("@type", "name", "engagedParty"),
    references=(
        Reference(attribute="engagedParty", path=("engagedParty",), targets=PARTIES, owner=True),
        RELATED_PARTY,
    ),
    searchable=("name", "status"),
    label=customer_label,
)
