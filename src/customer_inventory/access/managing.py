"""Managing a registration by the token that its registration gave out (RFC 7592): see it, put new keys, end it.

Such an access is granted nothing else, and what it does is in the trail in the name of the process itself.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any

import msgspec

from customer_inventory.access.certificates import is_certificate
from customer_inventory.access.clients import hash_secret
from customer_inventory.access.opened import Opened
from customer_inventory.access.registering import KIND, Registered, take_step
from customer_inventory.access.registration import RegistrationNotFound, Wanted
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.credentials import NewCredentials
from customer_inventory.repository.register import Register
from customer_inventory.repository.registrations import RegistrationRow


class AlreadyDecided(InventoryError):
    """What was asked for is decided on as it is, so it cannot be changed.

    End the registration and ask for another; keys and nothing else can be put in the place of others.
    """

    code = "already-decided"
    failure = Failure.CONFLICT


async def managed(access: Opened) -> Registered:
    """Return the registration that the access manages. Raises RegistrationNotFound."""
    found = await _own(access)
    await access.note("read", KIND, "shown", ())
    return found


async def keys_of(access: Opened) -> list[str]:
    """Return the public keys by which the process proves itself now, each as JSON; none for who has a secret."""
    valid = await _register(access).credentials.valid(access.principal.client_id, at=access.facilities.clock())
    keys = [each.public_key for each in valid if each.public_key is not None]
    return [key for key in keys if not is_certificate(msgspec.json.decode(key))]


async def put(access: Opened, wanted: Wanted, *, keys: Sequence[str], secret: str | None) -> Registered:
    """Let new keys take the place of those that were registered; all else is as it was asked for.

    Keys that stay are in both sets, so that none is missing in between. Raises AlreadyDecided or RegistrationNotFound.
    """
    found, now = await _own(access), access.facilities.clock()
    client_id, had = access.principal.client_id, await keys_of(access)
    valid = await _register(access).credentials.valid(client_id, at=now)
    kept = [each.secret_hash for each in valid if each.secret_hash is not None]
    same_secret = secret is None or any(hmac.compare_digest(hash_secret(secret), each) for each in kept)
    if msgspec.to_builtins(wanted) != found.told or bool(keys) != bool(had) or not same_secret:
        raise AlreadyDecided
    if _by_id(keys) != _by_id(had):
        await _register(access).credentials.rotate(
            client_id, NewCredentials(None, keys), at=now, until=now, by=client_id
        )
        await access.note("modify", KIND, "done", ())
    return await _own(access)


async def withdraw(access: Opened) -> None:
    """End the registration for good. Raises RegistrationNotFound or WrongState."""
    await take_step(access, (await _own(access)).row, "revoke")


def manages(row: RegistrationRow | None, token: str) -> bool:
    """Return whether a token manages a registration, in equal time whatever is wrong."""
    expected = row.token_hash if row is not None and row.token_hash else bytes(32)
    right = hmac.compare_digest(expected, hash_secret(token))
    return right and row is not None and row.token_hash is not None and row.status not in {"revoked", "rejected"}


def _by_id(keys: Sequence[str]) -> dict[str, Any]:
    decoded = [msgspec.json.decode(each) for each in keys]
    return {each["kid"]: each for each in decoded}


async def _own(access: Opened) -> Registered:
    store, client_id = _register(access).registrations, access.principal.client_id
    row = await store.one(client_id)
    if row is None:
        raise RegistrationNotFound
    return Registered(row, await store.decisions(client_id))


def _register(access: Opened) -> Register:
    return access.facilities.repository.register
