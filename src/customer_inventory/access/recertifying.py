"""Recertifying: who nobody vouches for any more is warned about, then suspended; what has expired ends.

A server looks once a minute; of several, each step is taken once. Clients that a version before registered, which knew
no registrations, are entered as such.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec
import structlog

from customer_inventory.access.clients import INVENTORY, OWN_CLIENTS, NameTaken, activate_client
from customer_inventory.access.desk import Desk
from customer_inventory.access.granting import is_privileged
from customer_inventory.access.grants import named
from customer_inventory.access.registration import STEPS, WARNED_BEFORE, recertify_before
from customer_inventory.clock import Clock
from customer_inventory.errors import InventoryError
from customer_inventory.repository.register import Client, Register
from customer_inventory.repository.registrations import RegistrationRow, Step

EVERY_S = 60.0
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def recertifying(desk: Desk, *, every_s: float = EVERY_S) -> AsyncIterator[None]:
    """Look at once and every `every_s` seconds while the block lasts."""
    task = asyncio.create_task(_for_ever(desk, every_s), name="recertify")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def sweep(register: Register, *, clock: Clock) -> dict[str, int]:
    """Take every step that time asks for; return how many of each. Raises RepositoryUnavailable."""
    now, taken = clock(), Counter[str]()
    for client_id in await register.registrations.unregistered(own=OWN_CLIENTS):
        client = await register.client(client_id)
        if client is not None and await register.registrations.add(_entered(client, now), None):
            taken["enter"] += 1
    for client_id, verb in await register.registrations.pending(at=now, warn_at=now + WARNED_BEFORE):
        if await _step(register, client_id, verb, now):
            taken[verb] += 1
    await register.credentials.drop_expired(before=now)
    return dict(taken)


async def _for_ever(desk: Desk, every_s: float) -> None:
    while True:
        try:
            if taken := await sweep(desk.repository.register, clock=desk.clock):
                _log.info("registrations.swept", **taken)
        except InventoryError as error:
            _log.warning("registrations.failed", code=error.code)
        await asyncio.sleep(every_s)


async def _step(register: Register, client_id: str, verb: str, now: datetime) -> bool:
    if verb == "activate":
        row = await register.registrations.one(client_id)
        try:
            if row is not None:
                await activate_client(register, row, at=now)
        except NameTaken:
            _log.warning("registration.name_taken", client=client_id)
            return False
        return True
    step = Step(verb=verb, leads=STEPS[verb], by=INVENTORY, at=now)
    if await register.registrations.take(client_id, step) is None:
        return False
    row = await register.registrations.one(client_id)
    _log.warning(f"registration.{step.leads.get('active')}", client=client_id, due=row and row.due_at)
    return True


def _entered(client: Client, now: datetime) -> RegistrationRow:
    """Return the registration of a client that had none: approved by who registered it, to be recertified from now."""
    grants = sorted(f"{verb}:{named(kind)}" for verb, kind in (grant.split(":") for grant in client.grants))
    purposes = [{"name": purpose} for purpose in client.purposes]
    told = {"name": client.name, "owner": client.registered_by, "purpose": purposes, "grant": grants}
    grants += client.policy
    privileged = is_privileged(grants)
    return RegistrationRow(
        client_id=client.client_id,
        name=client.name,
        document=msgspec.json.encode(told).decode(),
        status=client.status,
        privileged=privileged,
        requested_by=client.registered_by,
        requested_at=client.registered_at,
        approved_by=client.registered_by,
        due_at=recertify_before(privileged=privileged, at=now),
    )
