"""People: who may sign in at the console, with passwords kept as argon2id.

What a person may do is said by the role, see `roles`.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from customer_inventory.access.elsewhere import NOBODY, Deciding, check_password_counts
from customer_inventory.access.roles import ROLES
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.repository.people import People, Person

LONGEST_NAME = 200
LONGEST_PASSWORD = 256
SHORTEST_PASSWORD = 12
FIRST_PASSWORD_LASTS = timedelta(days=3)

_HASHER = PasswordHasher()
RESERVED = frozenset({"customer-inventory", "console", "command-line", "housekeeping", "inventory"})
"""What the product itself is called in the trail."""


class SignInFailed(InventoryError):
    """The login or the password is wrong.

    Check both and try again; after several failures wait a minute.
    """

    code = "sign-in-failed"
    failure = Failure.UNAUTHENTICATED


class FirstPasswordEnded(SignInFailed):
    """The password was made for you and is over, because you chose none of your own in time.

    Ask who gave it to you for another: `customer-inventory person reset-password LOGIN` makes one.
    """

    code = "first-password-ended"


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
    """A person needs a login of 1 to 100 printable characters, a name of at most 200, and a role.

    The roles are administrator, steward, auditor, privacy-officer, owner and operator.
    """

    code = "invalid-person"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """A login with the password that was made for it, shown here and never again."""

    login: str
    password: str


async def add_person(people: People, *, login: str, display_name: str, role: str, clock: Clock) -> FirstPassword:
    """Add a person with a random password. Raises InvalidPerson or LoginTaken."""
    check_person(login=login, display_name=display_name, role=role)
    password = secrets.token_urlsafe(15)
    added = await people.add_person(
        identifier=new_id(bucket=draw_bucket(), at=clock()),
        login=login,
        display_name=display_name or login,
        password_hash=await asyncio.to_thread(_HASHER.hash, password),
        role=role,
        at=clock(),
        password_made_at=clock(),
    )
    if not added:
        raise LoginTaken(f"A person with the login {login!r} exists already. Choose another login.")
    return FirstPassword(login, password)


def check_person(*, login: str, display_name: str, role: str) -> None:
    """Return if a person can be called so and have this role. Raises InvalidPerson."""
    if login.strip() != login or login.casefold() in RESERVED:
        raise InvalidPerson("This login cannot be used: it begins or ends with a space, or is the product's own.")
    printable = login.isprintable() and "\0" not in display_name
    if not 0 < len(login) <= 100 or len(display_name) > LONGEST_NAME or not printable or role not in ROLES:
        raise InvalidPerson


async def reset_password(people: People, *, login: str, clock: Clock, deciding: Deciding = NOBODY) -> FirstPassword:
    """Give a person a new random password and end their sessions.

    Raises UnknownPerson, and SignsInElsewhere for whose role groups at the provider decide on.
    """
    person = await person_named(people, login=login)
    await check_password_counts(people, person, deciding)
    password = secrets.token_urlsafe(15)
    password_hash = await asyncio.to_thread(_HASHER.hash, password)
    await people.set_password(person.id, password_hash=password_hash, made_at=clock())
    return FirstPassword(login, password)


async def person_named(people: People, *, login: str) -> Person:
    """Return the person with this login. Raises UnknownPerson."""
    person = await people.person_by_login(login) if "\0" not in login else None
    if person is None:
        raise UnknownPerson(f"No person has the login {login!r}. `customer-inventory person list` shows those who do.")
    return person


async def check_password(people: People, *, login: str, password: str) -> Person:
    """Return the active person with this login and password. Raises SignInFailed, in equal time whatever is wrong."""
    usable = len(login) <= 100 and len(password) <= LONGEST_PASSWORD and "\0" not in login
    person = await people.person_by_login(login) if usable else None
    right = await asyncio.to_thread(is_password, person.password_hash if person else None, password[:LONGEST_PASSWORD])
    if person is None or not right or person.status != "active":
        raise SignInFailed
    return person


async def enter_by_password(people: People, *, login: str, password: str, lasts: timedelta, clock: Clock) -> Person:
    """Return the active person with this login and password, unless it was made for them and is over.

    Only who gave the right one is told that it is (OWASP ASVS 5.0, 6.4.1). Raises SignInFailed or FirstPasswordEnded.
    """
    person = await check_password(people, login=login, password=password)
    if person.password_made_at is not None and person.password_made_at + lasts <= clock():
        raise FirstPasswordEnded
    return person


def hash_password(password: str) -> str:
    """Return the form in which a password is kept; takes a tenth of a second of a core."""
    return _HASHER.hash(password)


def is_password(password_hash: str | None, password: str) -> bool:
    """Return whether a password is the one that is kept so; in the same time where none is."""
    try:
        return _HASHER.verify(password_hash or _nobodys_hash(), password)
    except VerificationError:
        return False


@cache
def _nobodys_hash() -> str:
    """A hash to verify against when the login is unknown, so that the time taken does not tell which logins exist."""
    return _HASHER.hash(secrets.token_urlsafe(16))
