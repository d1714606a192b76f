"""Roles: what people may do, each as the grants that it brings; a person has one role.

As little as the work asks for: who keeps the inventory running, or answers for it, does not need to see customers. The
table of all of them is the page `docs/reference/roles.md`, made of this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from customer_inventory.access.grants import parse_grants


@dataclass(frozen=True, slots=True)
class Role:
    """A role: what it is for in a sentence, and the grants that it brings, written as those of clients are."""

    told: str
    grants: tuple[str, ...]


_REVIEWS = "read:accessReview,modify:accessReview"
_BREAKS = "create:accessReview"
_DOWNLOADS = "read:download,modify:download"
_PROCESSES = "read:registration,modify:registration"

ROLES: Mapping[str, Role] = {
    "administrator": Role(
        "Sets the inventory up and lets people in; may do everything.",
        ("all", "read:session,delete:session", _REVIEWS, _DOWNLOADS, _PROCESSES),
    ),
    "steward": Role("Works with customers: reads, creates and changes records.", ("read", "create", "modify")),
    "auditor": Role("Checks what is recorded, and who did what.", ("read", _REVIEWS, _BREAKS)),
    "privacy-officer": Role(
        "Watches over what is known of people, keeps what they agreed to, and answers what they ask.",
        (
            "read",
            _REVIEWS,
            _BREAKS,
            _DOWNLOADS,
            "create:privacyRequest,modify:privacyRequest,read:privacyRequest",
            "create:restriction,delete:restriction,read:restriction",
            "create:partyPrivacyProfile,modify:partyPrivacyProfile",
            "create:partyPrivacyAgreement,modify:partyPrivacyAgreement",
            "create:partyPrivacyProfileSpecification,modify:partyPrivacyProfileSpecification",
        ),
    ),
    "owner": Role(
        "Answers for the inventory: decides what is asked of its records, and sees who may do what and who did.",
        (
            "read:informationRequirement,modify:informationRequirement",
            "read:informationRequirementProposal,create:informationRequirementProposal",
            "read:permission,read:userRole,read:permissionSpecificationSet,read:trailEntry",
            _REVIEWS,
            _DOWNLOADS,
            _PROCESSES,
        ),
    ),
    "operator": Role(
        "Keeps the inventory running: sees what is asked of records, who may do what and what processes do that nobody "
        "expects, and looks after topics.",
        (
            "read:informationRequirement,read:topic,create:topic,delete:topic",
            "read:permission,read:userRole,read:permissionSpecificationSet,read:registration",
        ),
    ),
}
"""Every role, by its name."""

ROLE_GRANTS = {
    name: frozenset(f"{verb}:{kind}" for verb, kind in parse_grants(role.grants)) for name, role in ROLES.items()
}
"""What each role may do, as "verb:kind"."""

PRIVILEGED_ROLES = frozenset({"administrator", "owner", "privacy-officer"})
"""The roles that need a second factor where one is demanded: what they may do harms more than one record."""
UNMASKED_ROLES = frozenset({"administrator", "steward"})
"""Who sees special categories and CPNI as they are recorded, because they work with them."""
