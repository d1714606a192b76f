"""Legal holds and obligations: who must not be erased now, on which ground, and whoever may say so.

A hold is on a party with all that belongs to it. Whoever holds or releases must be granted `delete` on its kind: who
may erase a party may say that it must not be. GDPR article 17(3)(b) and (e).
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.access.subjects import Subject, subject
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.obligations import obligation
from customer_inventory.repository.holds import Hold
from customer_inventory.repository.kinds import KINDS

HOLD = "legal_hold"
"""What the trail calls a hold."""


class OnHold(InventoryError):
    """The subject is under a legal hold, and is not erased while it lasts.

    Release it once its ground is gone; `customer-inventory privacy holds` lists all of them.
    """

    code = "on-legal-hold"
    failure = Failure.CONFLICT


class StillRestricted(InventoryError):
    """The use of the subject's records is restricted: they are stored, and not erased while that lasts.

    Lift the restriction first, once the subject was told; `customer-inventory privacy restrictions` lists all of them.
    """

    code = "still-restricted"
    failure = Failure.CONFLICT


class NotOnHold(InventoryError):
    """The subject is under no legal hold.

    `customer-inventory privacy holds` lists those that are.
    """

    code = "not-on-legal-hold"
    failure = Failure.NOT_FOUND


class StillObliged(InventoryError):
    """Agreements in force or open accounts keep the subject from being erased.

    End them first, or erase it all the same with --despite-obligations where no duty to keep them is left.
    """

    code = "still-obliged"
    failure = Failure.CONFLICT


async def hold(access: Access, identifier: UUID, *, ground: str) -> Hold:
    """Put a subject under a legal hold. Raises NoSubject, Denied, and OnHold where it is under one."""
    found = await _subject(access, identifier)
    who = access.principal
    made = Hold(UUID(found.root), access.facilities.clock(), who.client_id, who.person, ground)
    kept = await access.facilities.repository.erasures.holds.hold(made)
    await access.note("hold", HOLD, "done" if kept else "unchanged", (found.root,))
    if not kept:
        raise OnHold(f"{found.root} is under a legal hold already.")
    return made


async def release(access: Access, identifier: UUID) -> UUID:
    """End the legal hold of a subject; return the id it was on. Raises NoSubject, Denied and NotOnHold."""
    found = await _subject(access, identifier)
    ended = await access.facilities.repository.erasures.holds.release(UUID(found.root))
    await access.note("release", HOLD, "done" if ended else "unchanged", (found.root,))
    if not ended:
        raise NotOnHold(f"{found.root} is under no legal hold.")
    return UUID(found.root)


def obligations(access: Access, found: Subject) -> dict[tuple[str, str], str]:
    """Return what keeps a subject from being erased: the ground by kind and id of each record that obliges."""
    now = access.facilities.clock()
    told = {}
    for identifier, versions in found.versions.items():
        kind, newest = found.kinds[identifier], versions[-1]
        document = msgspec.json.decode(newest.document)
        if newest.current and (ground := obligation(KINDS[kind].api.number, document, now=now)):
            told[kind, identifier] = ground
    return told


async def _subject(access: Access, identifier: UUID) -> Subject:
    async with access.facilities.repository.erasing.working() as work:
        found = await subject(work, identifier)
    await access.require("delete", found.kinds[found.root])
    return found
