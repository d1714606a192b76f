"""TMF629 Customer Management v5.0.1: Customer, the part in which a party buys from the enterprise."""

from __future__ import annotations

from customer_inventory.model.references import ROLE_REFERENCES
from customer_inventory.model.resource import Api, declare, name_label
from customer_inventory.model.tmf632 import PartyRole
from customer_inventory.model.v4.tmf629 import CUSTOMER_V4


class Customer(PartyRole, frozen=True):
    """A party that buys from the enterprise, or may."""


CUSTOMER_MANAGEMENT = Api(
    number="TMF629",
    title="Customer Management",
    version="v5",
    paths=("/tmf-api/customerManagement/v5", "/tmf-api/customer/v5"),
)


CUSTOMER = declare(
    struct=Customer,
    api=CUSTOMER_MANAGEMENT,
    mandatory=("@type", "name", "engagedParty"),
    references=ROLE_REFERENCES,
    searchable=("name", "status"),
    label=name_label,
    earlier=CUSTOMER_V4,
)
