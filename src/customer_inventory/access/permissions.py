"""Permissions: who may do what, told in the words of TMF672 from the register. It is shown, never changed, this way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from customer_inventory.access.access import Access
from customer_inventory.access.grants import VERBS, grantable, parse_grants
from customer_inventory.access.policy import parse_policy
from customer_inventory.access.roles import ROLE_GRANTS, ROLES
from customer_inventory.model.tmf672 import PERMISSION, PERMISSION_SPECIFICATION_SET, USER_ROLE
from customer_inventory.repository.people import Person
from customer_inventory.repository.register import Client

Shown = dict[str, Any]
"""A resource as JSON, without its href."""

_ASSET = {"id": "customer-inventory", "name": "Customer Inventory", "@referredType": "Inventory"}
_SETS = {
    "all": "Everything: every verb on every kind of record.",
    **{verb: f"To {verb} every kind of record." for verb in VERBS},
}


async def permissions(access: Access) -> list[Shown]:
    """Return what each person and each registered client may do, by name. Raises Denied."""
    await access.require("read", PERMISSION.kind)
    repository = access.facilities.repository
    people, clients = await repository.people.people(), await repository.register.clients()
    await access.note("read", PERMISSION.kind, "shown", tuple(str(person.id) for person in people))
    shown = [*map(_of_person, people), *map(_of_client, clients)]
    return sorted(shown, key=lambda permission: (permission["name"], permission["id"]))


async def user_roles(access: Access) -> list[Shown]:
    """Return the roles that people may have, with what each brings. Raises Denied."""
    await access.require("read", USER_ROLE.kind)
    await access.note("read", USER_ROLE.kind, "shown", ())
    return [
        {
            "id": role,
            "@type": "UserRole",
            "name": role,
            "involvementRole": role,
            "entitlement": [
                {"@type": "Entitlement", "action": verb, "function": function} for verb, function in _pairs(grants)
            ],
        }
        for role, grants in sorted(ROLE_GRANTS.items())
    ]


async def permission_sets(access: Access) -> list[Shown]:
    """Return the words by which grants are given, and those of the roles, with what each stands for. Raises Denied."""
    await access.require("read", PERMISSION_SPECIFICATION_SET.kind)
    await access.note("read", PERMISSION_SPECIFICATION_SET.kind, "shown", ())
    words = [_set(word, told, _pairs(map(":".join, parse_grants([word])))) for word, told in _SETS.items()]
    roles = [
        {**_set(role, ROLES[role].told, _pairs(grants)), "involvementRole": role}
        for role, grants in ROLE_GRANTS.items()
    ]
    return sorted([*words, *roles], key=lambda one: str(one["id"]))


def _of_person(person: Person) -> Shown:
    role = {"id": person.role, "@type": "UserRoleRef", "@referredType": "UserRole"}
    user = {"id": person.login, "name": person.display_name, "role": person.role, "@referredType": "Person"}
    return {
        **_permission(str(person.id), person.login, person.status, person.created_at, user),
        "description": "A person at the console; the role says what may be done.",
        "assetUserRole": [{"@type": "AssetUserRole", "manageableAsset": _ASSET, "userRole": role}],
        "privilege": _privileges(ROLE_GRANTS[person.role]),
    }


def _of_client(client: Client) -> Shown:
    user = {"id": client.client_id, "name": client.name, "role": "client", "@referredType": "Client"}
    return {
        **_permission(client.client_id, client.name, client.status, client.registered_at, user),
        "description": f"A registered process, for {', '.join(client.purposes)}.",
        "granter": {
            "id": client.registered_by,
            "@type": "RelatedParty",
            "role": "granter",
            "@referredType": "Person",
        },
        "privilege": [*_privileges(client.grants), *_limited(client.policy)],
    }


def _permission(identifier: str, name: str, status: str, since: datetime, user: Shown) -> Shown:
    moment = since.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": identifier,
        "@type": "Permission",
        "name": name,
        "status": status,
        "creationDate": moment,
        "validFor": {"startDateTime": moment},
        "user": {"@type": "RelatedParty", **user},
    }


def _privileges(grants: Iterable[str]) -> list[Shown]:
    return [
        {
            "@type": "Privilege",
            "action": verb,
            "function": function,
            "manageableAsset": {"@type": "EntityRef", "id": function, "@referredType": "Resource"},
        }
        for verb, function in _pairs(grants)
    ]


def _limited(policy: Iterable[str]) -> list[Shown]:
    """The grants that are limited, each with the line that says how."""
    return [
        {**privilege, "policy": line}
        for line in policy
        for grant in parse_policy([line])
        for privilege in _privileges([f"{grant.verb}:{grant.kind}"])
    ]


def _set(word: str, told: str, pairs: Iterable[tuple[str, str]]) -> Shown:
    granted = [
        {
            "@type": "PermissionSpecification",
            "id": f"{verb}:{function}",
            "name": f"{verb}:{function}",
            "action": verb,
            "function": function,
        }
        for verb, function in pairs
    ]
    return {
        "id": word,
        "@type": "PermissionSpecificationSet",
        "name": word,
        "description": told,
        "permissionSpecification": granted,
    }


def _pairs(grants: Iterable[str]) -> list[tuple[str, str]]:
    """Return grants as (verb, resource), in one order; a resource is told by its name, not its table's."""
    names = {kind: name for name, kind in grantable().items()}
    pairs = (grant.partition(":")[::2] for grant in grants)
    return sorted((verb, names.get(kind, kind)) for verb, kind in pairs)
