"""References: the classes that are kept here, the kinds that keep them, and the attributes that point at them.

Each reference that several resources have is declared once. `owning` makes the record that has it live in the bucket of
the party it points at, so that all that belongs to a party lies together (DESIGN 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from customer_inventory.model.resource import Reference

PARTIES = {"Individual": "individual", "Organization": "organization"}
"""The classes of party that are kept here, and the kinds that keep them."""

ROLES = {
    "PartyRole": "party_role",
    "Supplier": "party_role",
    "BusinessPartner": "party_role",
    "Consumer": "party_role",
    "Producer": "party_role",
    "Customer": "customer",
}
"""The classes of role that a party may play."""

ACCOUNTS = {
    "PartyAccount": "party_account",
    "BillingAccount": "billing_account",
    "SettlementAccount": "settlement_account",
    "FinancialAccount": "financial_account",
}
"""The classes of account."""

PARTIES_AND_ROLES = {**PARTIES, **ROLES}


def reference(*path: str, targets: Mapping[str, str], role: str | None = None) -> Reference:
    """Return the reference at `path`, whose name is the path with dots."""
    return Reference(attribute=".".join(path), path=path, targets=targets, role=role)


def owning(declared: Reference) -> Reference:
    """Return the same reference, as the one that says to which party the record belongs."""
    return replace(declared, owner=True)


ENGAGED_PARTY = reference("engagedParty", targets=PARTIES)
RELATED_PARTY = reference("relatedParty", "partyOrPartyRole", targets=PARTIES_AND_ROLES, role="role")
HELD_ACCOUNT = reference("account", targets=ACCOUNTS)
AGREEMENT_MADE = reference("agreement", targets={"Agreement": "agreement"})
ROLE_SPECIFICATION = reference("partyRoleSpecification", targets={"PartyRoleSpecification": "party_role_specification"})

ROLE_REFERENCES = (owning(ENGAGED_PARTY), RELATED_PARTY, ROLE_SPECIFICATION, HELD_ACCOUNT, AGREEMENT_MADE)
"""What a role points at, whichever it is."""
