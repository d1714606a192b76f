"""Clients: the processes that are registered to use the inventory, and their credentials.

A secret is shown once, at registration, and kept as its SHA-256: it is 256 bits of randomness, which no guessing slow
hash would protect better (people's passwords are another matter, see `people`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from customer_inventory.access.granting import check_granted, granted, is_privileged
from customer_inventory.access.grants import parse_grants
from customer_inventory.access.registration import STEPS, check_expected, recertify_before
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.credentials import NewCredentials
from customer_inventory.repository.register import Client, Register
from customer_inventory.repository.registrations import RegistrationRow, Step

DEFAULT_PURPOSE = "inventory-management"
CONSOLE = "console"
COMMAND_LINE = "command-line"
HOUSEKEEPING = "housekeeping"
OWN_CLIENTS = frozenset({CONSOLE, COMMAND_LINE, HOUSEKEEPING})
INVENTORY = "customer-inventory"
"""Who does what nobody asked for: register the product's own clients, and let time take effect."""
LONGEST_OVERLAP = timedelta(days=90)
_LONGEST_NAME = 100


class NameTaken(InventoryError):
    """A client of this name is registered already.

    Choose another name; `customer-inventory client list` shows the names in use.
    """

    code = "name-taken"
    failure = Failure.CONFLICT


class InvalidRegistration(InventoryError):
    """The registration cannot be taken as it is.

    A name and each purpose are 1 to 100 letters, digits, dots, hyphens and underscores.
    """

    code = "invalid-registration"
    failure = Failure.INVALID


class UnknownClient(InventoryError):
    """No client of this name or id is registered.

    `customer-inventory client list` shows those that are.
    """

    code = "unknown-client"
    failure = Failure.NOT_FOUND


class InvalidClient(InventoryError):
    """The client could not be authenticated.

    Check its id and secret, and that it has not been revoked.
    """

    code = "invalid_client"
    failure = Failure.UNAUTHENTICATED


class RegistrationNotActive(InventoryError):
    """The registration of the client is not active, so there are no tokens.

    It waits for its approval, was rejected, or is suspended; `customer-inventory registration show NAME` tells which.
    """

    code = "unauthorized_client"
    failure = Failure.INVALID


class InvalidOverlap(InventoryError):
    """The time for which old credentials stay valid is from 0 to 90 days."""

    code = "invalid-overlap"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client's id and secret; the secret is shown here and never again. None: it proves itself by its own keys."""

    client_id: str
    client_secret: str | None

    def kept(self, keys: Sequence[str] = ()) -> NewCredentials:
        """Return what is kept of them: the hash of the secret, or the public keys in its place."""
        return NewCredentials(None if self.client_secret is None else hash_secret(self.client_secret), keys)


def new_secret(keys: Sequence[str]) -> str | None:
    """Return a new secret, none for who has keys: one way to prove oneself is enough, and a secret can leak."""
    return None if keys else secrets.token_urlsafe(32)


async def register_client(
    register: Register,
    *,
    name: str,
    purposes: Iterable[str],
    grants: Iterable[str],
    by: str,
    clock: Clock,
    keys: Sequence[str] = (),
    expected: Mapping[str, Any] | None = None,
) -> Credentials:
    """Register a process and return its credentials; with public `keys` it proves itself by these (see `assertions`).

    `grants` are short ones, such as read:customer, or lines of a policy; `expected` is what a registration tells of
    from where, when and how much it calls, and of its owner, if that is not who registers it. Raises
    InvalidRegistration, InvalidGrant, InvalidPolicy, ImpossibleGrant, InvalidDocument, or NameTaken.
    """
    stated, texts = tuple(purposes) or (DEFAULT_PURPOSE,), tuple(grants)
    for word in (name, *stated):
        if not _well_formed(word):
            raise InvalidRegistration
    credentials, now = Credentials(f"{name}-{secrets.token_hex(4)}", new_secret(keys)), clock()
    check_granted(texts, purposes=stated, now=now)
    told = {"name": name, "owner": by, "purpose": [{"name": each} for each in stated], "grant": texts}
    check_expected(expected or {})
    told |= expected or {}
    row = RegistrationRow(
        client_id=credentials.client_id,
        name=name,
        document=msgspec.json.encode(told).decode(),
        status="approved",
        privileged=is_privileged(texts),
        requested_by=by,
        requested_at=now,
        approved_by=by,
    )
    if not await register.registrations.add(row, credentials.kept(keys)):
        raise NameTaken(f"A client named {name!r} is registered already. Choose another name.")
    await activate_client(register, row, at=now)
    return credentials


async def activate_client(register: Register, row: RegistrationRow, *, at: datetime) -> None:
    """Make the process of an approved registration a client, with what it asked for; done again, it does no harm.

    Raises NameTaken when another client took the name meanwhile.
    """
    told = msgspec.json.decode(row.document)
    valid = await register.credentials.valid(row.client_id, at=at)
    pairs, policy = granted(told["grant"])
    added = await register.add_client(
        client_id=row.client_id,
        name=row.name,
        # Servers of the version before look for it here alone.
        secret_hash=next((each.secret_hash for each in valid if each.secret_hash is not None), None),
        purposes=[purpose["name"] for purpose in told["purpose"]],
        grants=pairs,
        policy=policy,
        at=row.requested_at,
        by=row.requested_by,
    )
    if not added and await register.client(row.client_id) is None:
        raise NameTaken(f"A client named {row.name!r} is registered already. Revoke this registration.")
    due = recertify_before(privileged=row.privileged, at=at)
    step = Step(verb="activate", leads=STEPS["activate"], by=INVENTORY, at=at, due_at=due)
    if await register.registrations.take(row.client_id, step) is None:
        found = await register.registrations.one(row.client_id)
        if found is not None and found.status == "revoked":  # while this was under way
            await register.set_client_status(row.client_id, status="revoked")


async def register_own_clients(register: Register, *, clock: Clock) -> None:
    """Register the product's own processes, such as the console and the command line, unless they are there already.

    They have no secret, so no token is ever issued to them; who may do what through the console depends on the person.
    """
    for name, grant in ((CONSOLE, "all"), (COMMAND_LINE, "all"), (HOUSEKEEPING, "delete")):
        await register.add_client(
            client_id=name,
            name=name,
            secret_hash=None,
            purposes=(DEFAULT_PURPOSE,),
            grants=parse_grants([grant]),
            at=clock(),
            by=INVENTORY,
        )


async def authenticate_client(register: Register, *, client_id: str, secret: str, clock: Clock) -> Client:
    """Return the active client with these credentials, in equal time whatever is wrong.

    Raises InvalidClient, or RegistrationNotActive to who has the right secret of one that waits or is suspended.
    """
    named = "" if "\0" in client_id or not client_id.isascii() else client_id
    valid = await register.credentials.valid(named, at=clock())
    given = hash_secret(secret)
    hashes = [each.secret_hash for each in valid if each.secret_hash is not None]
    right = [hmac.compare_digest(expected, given) for expected in hashes or [bytes(32)]]
    if not hashes or not any(right):
        raise InvalidClient
    return await active_client(register, named)


async def active_client(register: Register, client_id: str) -> Client:
    """Return a client that proved who it is, if it is active. Raises InvalidClient or RegistrationNotActive."""
    client = await register.client(client_id)
    if client is not None and client.status == "active":
        return client
    registration = await register.registrations.one(client_id)
    if registration is None or registration.status == "revoked":
        raise InvalidClient
    raise RegistrationNotActive(
        f"The registration of {registration.name!r} is {registration.status}: there are no tokens until it is active."
    )


async def rotate_client(
    register: Register, *, name: str, overlap: timedelta, by: str, clock: Clock, keys: Sequence[str] = ()
) -> Credentials:
    """Give a client new credentials, valid at once; those that it has stay valid for `overlap` yet, then never again.

    So a process of many instances takes the new ones one after the other, and no call fails. Raises UnknownClient or
    InvalidOverlap.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise InvalidOverlap
    client = await client_of_name(register, name)
    if client.status == "revoked":
        raise UnknownClient(f"The client {name!r} was revoked: there is nothing to rotate.")
    credentials, now = Credentials(client.client_id, new_secret(keys)), clock()
    await register.credentials.rotate(client.client_id, credentials.kept(keys), at=now, until=now + overlap, by=by)
    return credentials


async def revoke_client(register: Register, *, name: str, by: str, clock: Clock) -> Client:
    """Revoke a client: no new tokens, and those it has stop working within a second. Raises UnknownClient."""
    client = await client_of_name(register, name)
    step = Step(verb="revoke", leads=STEPS["revoke"], by=by, at=clock())
    if await register.registrations.take(client.client_id, step) is None:  # a server of before registered it
        await register.set_client_status(client.client_id, status="revoked")
    return client


async def client_of_name(register: Register, name: str) -> Client:
    """Return the client of this id or name, if it is none of the product's own. Raises UnknownClient."""
    client = await register.client(name) or await register.client_named(name)
    if client is None or client.client_id in OWN_CLIENTS:
        raise UnknownClient(f"No client {name!r} is registered whose registration could be changed.")
    return client


def hash_secret(secret: str) -> bytes:
    """Return the form in which a random secret is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _well_formed(word: str) -> bool:
    return (
        0 < len(word) <= _LONGEST_NAME
        and word.isascii()
        and word.replace(".", "").replace("-", "").replace("_", "").isalnum()
    )
