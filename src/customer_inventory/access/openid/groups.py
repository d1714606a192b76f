"""Groups: the role that the provider gives a person, by the groups that an ID token says the person is in.

Where groups are mapped, they alone decide: at each sign-in the role is set, up and down, and who is in no mapped group
does not come in. No group brings a role that is not written down, least of all a privileged one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customer_inventory.access.openid.claims import NotVouched
from customer_inventory.access.roles import ROLES
from customer_inventory.settings import InvalidSetting, Settings

MOST_MAPPED = 200
_LONGEST_GROUP = 500
_MOST_SAID = 2000
_IN_NONE = (
    "You are signed in at the provider, but in no group that may use this inventory. Ask whoever keeps the groups."
)


class InNoGroup(NotVouched):
    """The person is in no group that has a role in this inventory.

    Ask whoever keeps the groups at the provider; the settings say which groups have a role.
    """

    code = "in-no-group"

    def __init__(self) -> None:
        super().__init__("no-group", _IN_NONE)


@dataclass(frozen=True, slots=True)
class GroupRoles:
    """The claim with the groups, and the role of each that has one; of several the first that is mapped counts."""

    claim: str
    roles: Mapping[str, str]

    def role_of(self, claims: Mapping[str, Any]) -> str:
        """Return the role of whom an ID token is. Raises InNoGroup, and NotVouched for what are no groups."""
        said = claims.get(self.claim, [])
        said = [said] if isinstance(said, str) else said
        if not isinstance(said, list) or len(said) > _MOST_SAID or not all(isinstance(each, str) for each in said):
            raise NotVouched("groups", "What the provider says of your groups cannot be read.")
        found = set(said)
        role = next((role for group, role in self.roles.items() if group in found), None)
        if role is None:
            raise InNoGroup
        return role


def group_roles_of(settings: Settings) -> GroupRoles | None:
    """Return which groups have which role by the settings; None where they name no claim. Raises InvalidSetting."""
    if not settings.oidc_groups_claim:
        return None
    return GroupRoles(settings.oidc_groups_claim, _mapped(settings.oidc_group_role))


def _mapped(pairs: Sequence[str]) -> dict[str, str]:
    """Return the roles by group, in the order of the settings. Raises InvalidSetting."""
    if len(pairs) > MOST_MAPPED:
        raise InvalidSetting(f"--oidc-group-role is there {len(pairs)} times; it may be {MOST_MAPPED} times.")
    found: dict[str, str] = {}
    for pair in pairs:
        group, equals, role = pair.rpartition("=")  # the name of a group may hold one, as in cn=staff,ou=people
        if not equals or not 0 < len(group) <= _LONGEST_GROUP or not group.isprintable() or group != group.strip():
            raise InvalidSetting(f"--oidc-group-role {pair!r} is not GROUP=ROLE, such as inventory-stewards=steward.")
        if role not in ROLES:
            raise InvalidSetting(f"--oidc-group-role {pair!r}: a role is one of {', '.join(ROLES)}.")
        if group in found:
            raise InvalidSetting(f"--oidc-group-role names the group {group!r} twice.")
        found[group] = role
    return found
