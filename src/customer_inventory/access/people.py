"""People: who may sign in at the console, with passwords kept as argon2id and sessions that end.

A role says what a person may do; `ROLE_GRANTS` is the whole of it.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from customer_inventory.access.clients import hash_secret
from customer_inventory.access.grants import parse_grants
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.repository.register import Person, Register

SESSION_LASTS = timedelta(hours=8)
LONGEST_PASSWORD = 256
SHORTEST_PASSWORD = 12

ROLE_GRANTS = {
    "administrator": frozenset(f"{verb}:{kind}" for verb, kind in parse_grants(["all"])),
    "steward": frozenset(f"{verb}:{kind}" for verb, kind in parse_grants(["read", "create", "modify"])),
    "auditor": frozenset(f"{verb}:{kind}" for verb, kind in parse_grants(["read"])),
}

UNMASKED_ROLES = frozenset({"administrator", "steward"})
"""Who sees special categories and CPNI as they are recorded, because they work with them."""

_HASHER = PasswordHasher()


class SignInFailed(InventoryError):
    """The login or the password is wrong.

    Check both and try again; after several failures wait a minute.
    """

    code = "sign-in-failed"
    failure = Failure.UNAUTHENTICATED


class LoginTaken(InventoryError):
    """A person with this login exists already.

    Choose another login; `customer-inventory person list` shows those in use.
    """

    code = "login-taken"
    failure = Failure.CONFLICT


class UnknownPerson(InventoryError):
    """No person has this login.

    `customer-inventory person list` shows those who do.
    """

    code = "unknown-person"
    failure = Failure.NOT_FOUND


class InvalidPerson(InventoryError):
    """A person needs a login of 1 to 100 characters and a role: administrator, steward or auditor."""

    code = "invalid-person"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """A login with the password that was made for it, shown here and never again."""

    login: str
    password: str


async def add_person(register: Register, *, login: str, display_name: str, role: str, clock: Clock) -> FirstPassword:
    """Add a person with a random password. Raises InvalidPerson or LoginTaken."""
    if not 0 < len(login) <= 100 or not login.isprintable() or role not in ROLE_GRANTS:
        raise InvalidPerson
    password = secrets.token_urlsafe(15)
    added = await register.add_person(
        identifier=new_id(bucket=draw_bucket(), at=clock()),
        login=login,
        display_name=display_name or login,
        password_hash=await asyncio.to_thread(_HASHER.hash, password),
        role=role,
        at=clock(),
    )
    if not added:
        raise LoginTaken(f"A person with the login {login!r} exists already. Choose another login.")
    return FirstPassword(login, password)


async def reset_password(register: Register, *, login: str) -> FirstPassword:
    """Give a person a new random password and end their sessions. Raises UnknownPerson."""
    person = await register.person_by_login(login)
    if person is None:
        raise UnknownPerson(f"No person has the login {login!r}.")
    password = secrets.token_urlsafe(15)
    await register.set_password(person.id, password_hash=await asyncio.to_thread(_HASHER.hash, password))
    return FirstPassword(login, password)


async def sign_in(register: Register, *, login: str, password: str, clock: Clock) -> tuple[Person, str]:
    """Check a password and start a session; return the person and the session's token. Raises SignInFailed."""
    usable = len(login) <= 100 and len(password) <= LONGEST_PASSWORD and "\0" not in login
    person = await register.person_by_login(login) if usable else None
    right = await asyncio.to_thread(_verify, person.password_hash if person else None, password[:LONGEST_PASSWORD])
    if person is None or not right or person.status != "active":
        raise SignInFailed
    token = secrets.token_urlsafe(32)
    now = clock()
    await register.add_session(
        token_hash=hash_secret(token), person_id=person.id, at=now, expires_at=now + SESSION_LASTS
    )
    return person, token


async def person_of_session(register: Register, *, token: str, clock: Clock) -> Person | None:
    """Return whose session the token is, or None."""
    return await register.session(hash_secret(token), at=clock())


async def sign_out(register: Register, *, token: str) -> None:
    """End a session."""
    await register.end_session(hash_secret(token))


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _nobodys_hash(), password)
    except VerificationError:
        return False


@cache
def _nobodys_hash() -> str:
    """A hash to verify against when the login is unknown, so that the time taken does not tell which logins exist."""
    return _HASHER.hash(secrets.token_urlsafe(16))
