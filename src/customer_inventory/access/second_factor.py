"""The second factor: six digits of an authenticator (TOTP, RFC 6238), or a recovery code, besides the password.

A code counts once (RFC 6238 section 5.2), also when it comes to two servers at the same moment, and 30 seconds early or
late. The secret is kept as it is, in a table of its own that no API, page, export or log shows: whoever reads the
database could sign in with it, and could sign tokens with the keys beside it just as well.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime

import pyotp

from customer_inventory.access.clients import hash_secret
from customer_inventory.access.people import person_named
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository import Repository
from customer_inventory.repository.people import Person
from customer_inventory.repository.second_factors import SecondFactors

ISSUER = "Customer Inventory"
RECOVERY_CODES = 10
_STEP_S = 30
_LEEWAY = 1
_LONGEST_CODE = 40


class WrongCode(InventoryError):
    """The code is not right, or was used already.

    Wait for the authenticator's next code, or give a recovery code that was not used yet.
    """

    code = "wrong-code"
    failure = Failure.UNAUTHENTICATED


class SecondFactorThere(InventoryError):
    """A second factor is set up already.

    Take it away first, by one of its codes; `customer-inventory person reset-totp LOGIN` takes away a lost one.
    """

    code = "second-factor-there"
    failure = Failure.CONFLICT


class NoSecondFactor(InventoryError):
    """No second factor is set up, or the one that was begun was replaced meanwhile.

    Begin to set it up.
    """

    code = "no-second-factor"
    failure = Failure.NOT_FOUND


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """What an authenticator needs, shown once: the secret, and the address that holds it for a QR code."""

    secret: str
    address: str


async def begin_enrolment(factors: SecondFactors, *, person: Person, clock: Clock) -> Enrolment:
    """Make a secret for a person's authenticator; it is asked for once confirmed. Raises SecondFactorThere."""
    secret = pyotp.random_base32()
    if not await factors.begin(person.id, secret=secret, at=clock()):
        raise SecondFactorThere
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=person.login, issuer_name=ISSUER))


async def confirm_enrolment(factors: SecondFactors, *, person: Person, code: str, clock: Clock) -> tuple[str, ...]:
    """Confirm the secret that was begun by its first code; return the recovery codes, shown once.

    Raises NoSecondFactor, SecondFactorThere or WrongCode.
    """
    now, factor = clock(), await factors.factor(person.id)
    if factor is None:
        raise NoSecondFactor
    if factor.confirmed_at is not None:
        raise SecondFactorThere
    step = _step(factor.secret, _typed(code), now)
    if step is None:
        raise WrongCode
    codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    hashes = [hash_secret(_typed(each)) for each in codes]
    if not await factors.confirm(person.id, secret=factor.secret, step=step, code_hashes=hashes, at=now):
        raise NoSecondFactor
    return codes


async def has_second_factor(factors: SecondFactors, *, person: Person) -> bool:
    """Return whether a person signs in with a second factor."""
    factor = await factors.factor(person.id)
    return factor is not None and factor.confirmed_at is not None


async def check_code(factors: SecondFactors, *, person: Person, code: str, clock: Clock) -> None:
    """Return if the code is right, and use it up. Raises NoSecondFactor or WrongCode."""
    factor = await factors.factor(person.id)
    if factor is None or factor.confirmed_at is None:
        raise NoSecondFactor
    typed = _typed(code)
    step = _step(factor.secret, typed, clock())
    if step is not None:
        right = await factors.take_step(person.id, step)
    else:
        right = await factors.take_recovery_code(person.id, hash_secret(typed))
    if not right:
        raise WrongCode


async def remove(factors: SecondFactors, *, person: Person, code: str, clock: Clock) -> None:
    """Take a person's second factor away by one of its codes. Raises NoSecondFactor or WrongCode."""
    await check_code(factors, person=person, code=code, clock=clock)
    await factors.drop(person.id)


async def reset_second_factor(repository: Repository, *, login: str) -> bool:
    """Take a person's second factor away and end their sessions; return whether there was one. Raises UnknownPerson."""
    person = await person_named(repository.people, login=login)
    had = await repository.people.second_factors.drop(person.id)
    await repository.people.end_sessions(person.id)
    return had


def _typed(code: str) -> str:
    """A code as it was meant: without the spaces and hyphens that people put into it."""
    return code[:_LONGEST_CODE].replace(" ", "").replace("-", "").upper()


def _step(secret: str, code: str, now: datetime) -> int | None:
    """The step of 30 seconds whose code this is, if it is one of now; every one is compared, so time tells nothing."""
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // _STEP_S
    steps = range(present - _LEEWAY, present + _LEEWAY + 1)
    given = code.encode("utf-8", "surrogatepass")
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), given)]
    return found[-1] if found else None


def _recovery_code() -> str:
    text = b32encode(secrets.token_bytes(10)).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))
