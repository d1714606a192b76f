"""TMF669 Party Role Management v5.0.0: PartyRole, the part that a party plays, and PartyRoleSpecification."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from customer_inventory.model.entity import EntityRef, says
from customer_inventory.model.party import AgreementSpecificationRef
from customer_inventory.model.references import RELATED_PARTY, ROLE_REFERENCES, reference
from customer_inventory.model.resource import Api, declare, name_label
from customer_inventory.model.specification import EntitySpecification
from customer_inventory.model.tmf632 import BusinessPartner, Consumer, PartyRole, Producer, Supplier
from customer_inventory.model.v4.tmf669 import PARTY_ROLE_V4


class PermissionSpecificationSetRef(EntityRef, frozen=True):
    """A pointer to a set of permissions that a role brings with it."""


class PartyRoleSpecification(EntitySpecification, frozen=True):
    """What a part demands of who plays it, and what it brings with it."""

    agreement_specification: Annotated[
        list[AgreementSpecificationRef] | UnsetType, says("The agreements that who plays the part enters into.")
    ] = UNSET
    permission_specification_set: Annotated[
        list[PermissionSpecificationSetRef] | UnsetType, says("What who plays the part may do.")
    ] = UNSET
    status: Annotated[str | UnsetType, says("Where the specification of the part stands in its life.")] = UNSET


PARTY_ROLE_MANAGEMENT = Api(
    number="TMF669",
    title="Party Role Management",
    version="v5",
    paths=("/tmf-api/partyRoleManagement/v5",),
)

PARTY_ROLE = declare(
    struct=PartyRole,
    api=PARTY_ROLE_MANAGEMENT,
    mandatory=("@type", "name", "engagedParty"),
    references=ROLE_REFERENCES,
    searchable=("name", "role", "status"),
    label=name_label,
    extensions=(Supplier, BusinessPartner, Consumer, Producer),
    earlier=PARTY_ROLE_V4,
)

PARTY_ROLE_SPECIFICATION = declare(
    struct=PartyRoleSpecification,
    api=PARTY_ROLE_MANAGEMENT,
    mandatory=("@type", "name"),
    references=(
        RELATED_PARTY,
        reference("agreementSpecification", targets={"AgreementSpecification": "agreement_specification"}),
    ),
    searchable=("name", "status", "lifecycleStatus"),
    label=name_label,
    state="lifecycleStatus",
)
