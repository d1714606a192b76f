"""TMF672: UserRole and Permission (v4.0.0), PermissionSpecificationSet (v5.0.0): who may do what.

These are read only: they are views of the register of people, clients and grants, not records of their own.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from customer_inventory.model.entity import Entity, EntityRef, Extensible, Instant, TimePeriod, says
from customer_inventory.model.resource import Api, declare, name_label
from customer_inventory.model.specification import CharacteristicSpecification
from customer_inventory.model.version4 import RelatedParty


class UserRoleRef(EntityRef, frozen=True):
    """A pointer to a role that people have."""


class Entitlement(Extensible, frozen=True):
    """Something that a role brings with it."""

    action: Annotated[str | UnsetType, says("The verb: create, modify, update, delete, download or read.")] = UNSET
    function: Annotated[str | UnsetType, says("The kind of record; * for every kind there is or will be.")] = UNSET


class UserRole(Entity, frozen=True):
    """A role that people have at the console, and what they may do in it."""

    name: Annotated[str | UnsetType, says("What the role is called.")] = UNSET
    involvement_role: Annotated[str | UnsetType, says("The part that who has the role plays.")] = UNSET
    entitlement: Annotated[list[Entitlement] | UnsetType, says("What the role brings with it.")] = UNSET


class AssetUserRole(Extensible, kw_only=True, frozen=True):
    """A role that somebody has for something."""

    manageable_asset: Annotated[EntityRef, says("What the role is for.")]
    user_role: Annotated[UserRoleRef, says("The role.")]


class Privilege(Extensible, kw_only=True, frozen=True):
    """One thing that somebody may do."""

    action: Annotated[str, says("The verb: create, modify, update, delete, download or read.")]
    function: Annotated[str, says("The kind of record; * for every kind there is or will be.")]
    manageable_asset: Annotated[EntityRef, says("What it is done to.")]


class Permission(Entity, kw_only=True, frozen=True):
    """What one person or one registered process may do."""

    name: Annotated[str | UnsetType, says("What the person or the process is called.")] = UNSET
    status: Annotated[str | UnsetType, says("Whether it holds: active, revoked or disabled.")] = UNSET
    creation_date: Annotated[Instant | UnsetType, says("When it was given.")] = UNSET
    description: Annotated[str | UnsetType, says("The permission in words.")] = UNSET
    asset_user_role: Annotated[list[AssetUserRole] | UnsetType, says("The roles that were given.")] = UNSET
    granter: Annotated[RelatedParty | UnsetType, says("Who gave it.")] = UNSET
    privilege: Annotated[list[Privilege] | UnsetType, says("What may be done.")] = UNSET
    user: Annotated[RelatedParty, says("Who may do it.")]
    valid_for: Annotated[TimePeriod, says("From when on it holds.")]


class PermissionSpecification(Entity, frozen=True):
    """One thing that may be granted."""

    name: Annotated[str | UnsetType, says("What it is called.")] = UNSET
    description: Annotated[str | UnsetType, says("What it lets one do.")] = UNSET
    function: Annotated[str | UnsetType, says("The kind of record; * for every kind there is or will be.")] = UNSET
    action: Annotated[str | UnsetType, says("The verb: create, modify, update, delete, download or read.")] = UNSET
    specification_characteristic: Annotated[
        list[CharacteristicSpecification] | UnsetType, says("What else decides whether it holds.")
    ] = UNSET


class PermissionSpecificationRef(EntityRef, frozen=True):
    """A pointer to something that may be granted."""


class PermissionSpecificationSet(Entity, frozen=True):
    """Things that are granted together, under one word."""

    name: Annotated[str | UnsetType, says("The word for it.")] = UNSET
    description: Annotated[str | UnsetType, says("What it lets one do.")] = UNSET
    involvement_role: Annotated[str | UnsetType, says("The role that has it, where a role does.")] = UNSET
    permission_specification: Annotated[
        list[PermissionSpecification | PermissionSpecificationRef] | UnsetType, says("What is granted together.")
    ] = UNSET


USER_ROLE_PERMISSION = Api(
    number="TMF672",
    title="User Roles and Permissions",
    version="v4",
    paths=("/tmf-api/userRolePermissionManagement/v4", "/userrolepermission/v4"),
)
ROLES_AND_PERMISSIONS = Api(
    number="TMF672",
    title="Roles and Permissions Management",
    version="v5",
    paths=("/tmf-api/rolesAndPermissionsManagement/v5",),
)

PERMISSION = declare(
    struct=Permission,
    api=USER_ROLE_PERMISSION,
    mandatory=("user", "validFor"),
    references=(),
    searchable=(),
    label=name_label,
)
USER_ROLE = declare(
    struct=UserRole,
    api=USER_ROLE_PERMISSION,
    mandatory=("entitlement",),
    references=(),
    searchable=(),
    label=name_label,
)
PERMISSION_SPECIFICATION_SET = declare(
    struct=PermissionSpecificationSet,
    api=ROLES_AND_PERMISSIONS,
    mandatory=("@type",),
    references=(),
    searchable=(),
    label=name_label,
)

REGISTER = {resource.name: resource for resource in (PERMISSION, USER_ROLE, PERMISSION_SPECIFICATION_SET)}
"""The resources that show the register, by name: no tables of records, nothing to write."""
