"""Clients: the processes that are registered to use the inventory, and their credentials.

A secret is shown once, at registration, and kept as its SHA-256: it is 256 bits of randomness, which no guessing slow
hash would protect better (people's passwords are another matter, see `people`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from customer_inventory.access.grants import named, parse_grants
from customer_inventory.access.policy import parse_policy, written
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.register import Client, Register

DEFAULT_PURPOSE = "inventory-management"
CONSOLE = "console"
COMMAND_LINE = "command-line"
HOUSEKEEPING = "housekeeping"
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


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client's id and secret; the secret is shown here and never again."""

    client_id: str
    client_secret: str


async def register_client(
    register: Register, *, name: str, purposes: Iterable[str], grants: Iterable[str], by: str, clock: Clock
) -> Credentials:
    """Register a process and return its credentials.

    `grants` are short ones, such as read:customer, or lines of a policy. Raises InvalidRegistration, InvalidGrant,
    InvalidPolicy, or NameTaken.
    """
    stated = tuple(purposes) or (DEFAULT_PURPOSE,)
    for word in (name, *stated):
        if not _well_formed(word):
            raise InvalidRegistration
    pairs, policy = granted(grants)
    credentials = Credentials(f"{name}-{secrets.token_hex(4)}", secrets.token_urlsafe(32))
    added = await register.add_client(
        client_id=credentials.client_id,
        name=name,
        secret_hash=hash_secret(credentials.client_secret),
        purposes=stated,
        grants=pairs,
        policy=policy,
        at=clock(),
        by=by,
    )
    if not added:
        raise NameTaken(f"A client named {name!r} is registered already. Choose another name.")
    return credentials


def granted(texts: Iterable[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what texts grant: short ones as (verb, kind) pairs, and the others as lines of a policy, written alike.

    A line has attributes in parentheses, a short one never. Raises InvalidGrant or InvalidPolicy.
    """
    given = [text.strip() for text in texts]
    short, long = ([text for text in given if ("(" in text) is way] for way in (False, True))
    return parse_grants(short), [written(grant) for grant in parse_policy(long)]


@dataclass(frozen=True, slots=True)
class Regranted:
    """What a change of grants takes from a client and gives it, a line each."""

    taken: list[str]
    given: list[str]


async def regrant(register: Register, *, name: str, grants: Iterable[str], dry: bool) -> Regranted:
    """Grant a client this and nothing else; with `dry` tell only what that would change.

    Raises UnknownClient, InvalidGrant and InvalidPolicy.
    """
    client = await _registered(register, name)
    pairs, policy = granted(grants)
    before = {*(_line(grant) for grant in client.grants), *client.policy}
    after = {*(_line(f"{verb}:{kind}") for verb, kind in pairs), *policy}
    if not dry:
        await register.set_grants(client.client_id, grants=pairs, policy=policy)
    return Regranted(sorted(before - after), sorted(after - before))


def _line(grant: str) -> str:
    verb, _, kind = grant.partition(":")
    return f"{verb}:{named(kind)}"


async def _registered(register: Register, name: str) -> Client:
    client = await register.client(name) or await register.client_named(name)
    if client is None or client.secret_hash is None:
        raise UnknownClient(f"No client {name!r} is registered whose grants or state could be changed.")
    return client


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
            by="customer-inventory",
        )


async def authenticate_client(register: Register, *, client_id: str, secret: str) -> Client:
    """Return the active client with these credentials. Raises InvalidClient, in equal time whatever is wrong."""
    client = await register.client(client_id) if "\0" not in client_id else None
    expected = client.secret_hash if client and client.secret_hash else bytes(32)
    right = hmac.compare_digest(expected, hash_secret(secret))
    if client is None or not right or client.status != "active":
        raise InvalidClient
    return client


async def revoke_client(register: Register, *, name: str) -> Client:
    """Revoke a client: no new tokens, and those it has stop working within a second. Raises UnknownClient."""
    client = await _registered(register, name)
    await register.set_client_status(client.client_id, status="revoked")
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
