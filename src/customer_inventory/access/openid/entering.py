"""Entering: whom of the people of this inventory a provider vouches for.

Somebody is known by issuer and subject, which never change and are never given to another. The first time, the claim
with the login says who it is; from then on what the provider calls them does not matter. Nobody is made by signing in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from customer_inventory.access.openid.claims import NotVouched
from customer_inventory.access.openid.groups import GroupRoles, InNoGroup
from customer_inventory.clock import Clock
from customer_inventory.repository.people import People, Person
from customer_inventory.settings import FIRST_ADMINISTRATOR

_LONGEST_LOGIN = 100
_ADMINISTRATOR = "administrator"
_log = structlog.get_logger(__name__)
_UNKNOWN = "You are signed in at the provider, but have no access to this inventory. Ask an administrator for it."


@dataclass(frozen=True, slots=True)
class Vouched:
    """A person for whom the provider vouches, whether it asked for more than one factor, and if the role was set."""

    person: Person
    several_factors: bool
    has_new_role: bool = False


async def person_of(
    people: People,
    claims: Mapping[str, Any],
    *,
    issuer: str,
    login_claim: str,
    clock: Clock,
    groups: GroupRoles | None = None,
    local: str = FIRST_ADMINISTRATOR,
) -> Vouched:
    """Return the active person of whom an ID token is, with the role of their `groups` where these decide.

    Who is in none any more has no session from then on. The login of the first administrator is `local`: who has it
    comes in by password alone, for when the provider is gone, or lies. Raises NotVouched and InNoGroup.
    """
    subject = str(claims["sub"])
    known = await people.identities.person_id(issuer, subject)
    person = await people.person(known) if known is not None else None
    role = await _role(people, person, claims, groups, local=local) if groups is not None else None
    if person is None:
        person = await _linked(people, _login(claims, login_claim), issuer, subject, clock, local=local)
    if person.login == local:
        raise NotVouched("local", _UNKNOWN)
    if person.status != "active":
        raise NotVouched("disabled", _UNKNOWN)
    has_new_role = role is not None and role != person.role
    if role is not None and has_new_role:
        person = await _with_role(people, person, role)
    methods = claims.get("amr")
    return Vouched(person, isinstance(methods, list) and "mfa" in methods, has_new_role)  # RFC 8176 section 2


async def _role(
    people: People, person: Person | None, claims: Mapping[str, Any], groups: GroupRoles, local: str
) -> str:
    """Return the role of somebody's groups. Raises InNoGroup, and NotVouched, once their sessions are ended."""
    try:
        return groups.role_of(claims)
    except (InNoGroup, NotVouched):
        # Nor is there a right to a session where nobody can tell which groups they are in.
        if person is not None and person.login != local:
            await people.end_sessions(person.id)
        raise


async def _with_role(people: People, person: Person, role: str) -> Person:
    """Give a person another role, which their sessions have at once. Raises NotVouched for the last administrator."""
    if person.role == _ADMINISTRATOR and not await people.other_administrators(person.id):
        raise NotVouched("last-administrator", "You are the last administrator. Let somebody else be one first.")
    changed = replace(person, role=role)
    await people.change_person(changed, password_hash=None)
    _log.info("sign-in.role", login=person.login, role=role, was=person.role)
    return changed


async def _linked(people: People, login: str, issuer: str, subject: str, clock: Clock, *, local: str) -> Person:
    """Link a person to who has this login at the provider, unless it is another's already. Raises NotVouched."""
    person = await people.person_by_login(login)
    if person is None:
        raise NotVouched("unknown-person", _UNKNOWN)
    if person.login == local:
        raise NotVouched("local", _UNKNOWN)
    if person.status != "active":
        raise NotVouched("disabled", _UNKNOWN)
    if not await people.identities.link(person.id, issuer=issuer, subject=subject, at=clock()):
        raise NotVouched("other-subject", _UNKNOWN)
    return person


def _login(claims: Mapping[str, Any], name: str) -> str:
    """Return the login that a token says. An address of mail counts only where it was verified. Raises NotVouched."""
    login = claims.get(name)
    if not isinstance(login, str) or not 0 < len(login) <= _LONGEST_LOGIN or not login.isprintable():
        raise NotVouched("no-login", _UNKNOWN)
    if name == "email" and claims.get("email_verified") is not True:
        raise NotVouched("unverified", "The provider has not verified your address of mail.")
    return login
