"""Entering: whom of the people of this inventory a provider vouches for.

Somebody is known by issuer and subject, which never change and are never given to another. The first time, the claim
with the login says who it is; from then on what the provider calls them does not matter. Nobody is made by signing in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from customer_inventory.access.openid.claims import NotVouched
from customer_inventory.clock import Clock
from customer_inventory.repository.people import People, Person

LOCAL = "admin"
"""The login of the first administrator, who comes in by password alone: for when the provider is gone, or lies."""
_LONGEST_LOGIN = 100
_UNKNOWN = "You are signed in at the provider, but have no access to this inventory. Ask an administrator for it."


@dataclass(frozen=True, slots=True)
class Vouched:
    """A person for whom the provider vouches, and whether it asked for more than one factor."""

    person: Person
    several_factors: bool


async def person_of(
    people: People, claims: Mapping[str, Any], *, issuer: str, login_claim: str, clock: Clock
) -> Vouched:
    """Return the active person of whom an ID token is. Raises NotVouched."""
    subject = str(claims["sub"])
    known = await people.identities.person_id(issuer, subject)
    person = await people.person(known) if known is not None else None
    if person is None:
        person = await _linked(people, _login(claims, login_claim), issuer, subject, clock)
    if person.login == LOCAL:
        raise NotVouched("local", _UNKNOWN)
    if person.status != "active":
        raise NotVouched("disabled", _UNKNOWN)
    methods = claims.get("amr")
    return Vouched(person, isinstance(methods, list) and "mfa" in methods)  # RFC 8176 section 2


async def _linked(people: People, login: str, issuer: str, subject: str, clock: Clock) -> Person:
    """Link a person to who has this login at the provider, unless it is another's already. Raises NotVouched."""
    person = await people.person_by_login(login)
    if person is None:
        raise NotVouched("unknown-person", _UNKNOWN)
    if person.login == LOCAL:
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
