"""Every resource that the inventory keeps, by its name."""

from __future__ import annotations

from customer_inventory.model.tmf629 import CUSTOMER
from customer_inventory.model.tmf632 import INDIVIDUAL, ORGANIZATION
from customer_inventory.model.tmf644 import (
    PARTY_PRIVACY_AGREEMENT,
    PARTY_PRIVACY_PROFILE,
    PARTY_PRIVACY_PROFILE_SPECIFICATION,
)
from customer_inventory.model.tmf651 import AGREEMENT, AGREEMENT_SPECIFICATION
from customer_inventory.model.tmf662 import ENTITY_SPECIFICATION
from customer_inventory.model.tmf666 import (
    BILL_FORMAT,
    BILL_PRESENTATION_MEDIA,
    BILLING_ACCOUNT,
    BILLING_CYCLE_SPECIFICATION,
    FINANCIAL_ACCOUNT,
    PARTY_ACCOUNT,
    SETTLEMENT_ACCOUNT,
)
from customer_inventory.model.tmf667 import DOCUMENT
from customer_inventory.model.tmf669 import PARTY_ROLE, PARTY_ROLE_SPECIFICATION
from customer_inventory.model.tmf681 import COMMUNICATION_MESSAGE
from customer_inventory.model.tmf683 import PARTY_INTERACTION
from customer_inventory.model.tmf703 import ENTITY

RESOURCES = {
    resource.name: resource
    for resource in (
        INDIVIDUAL,
        ORGANIZATION,
        CUSTOMER,
        PARTY_ROLE,
        PARTY_ROLE_SPECIFICATION,
        PARTY_PRIVACY_PROFILE,
        PARTY_PRIVACY_PROFILE_SPECIFICATION,
        PARTY_PRIVACY_AGREEMENT,
        PARTY_INTERACTION,
        AGREEMENT,
        AGREEMENT_SPECIFICATION,
        PARTY_ACCOUNT,
        BILLING_ACCOUNT,
        SETTLEMENT_ACCOUNT,
        FINANCIAL_ACCOUNT,
        BILL_FORMAT,
        BILL_PRESENTATION_MEDIA,
        BILLING_CYCLE_SPECIFICATION,
        DOCUMENT,
        COMMUNICATION_MESSAGE,
        ENTITY_SPECIFICATION,
        ENTITY,
    )
}
"""Every resource by its name."""
