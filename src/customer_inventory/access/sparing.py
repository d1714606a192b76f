"""Sparing: what keeps a record from what the inventory erases by itself, whose retention is over or not."""

from __future__ import annotations

from collections.abc import Collection

from customer_inventory.access.access import Access
from customer_inventory.access.retention import Kept
from customer_inventory.access.subjects import Subject, owners_of
from customer_inventory.model.belonging import PARTIES, ROLES
from customer_inventory.repository.erasing import ErasureWork

_LEVELS = 4


async def require_spared_by_none(access: Access, work: ErasureWork, ids: Collection[str]) -> None:
    """Return if no legal hold, restriction or open privacy request is on any of these. Raises Kept with the ground."""
    erasures = access.facilities.repository.erasures
    for hold in await erasures.holds.holds(ids):
        raise Kept(f"legal hold: {hold.ground}")
    for ground in await work.restricted(ids):
        raise Kept(f"restricted: {ground}")
    if (right := await erasures.requests.open_of(ids)) is not None:
        raise Kept(f"open privacy request: {right}")


async def above(work: ErasureWork, found: Subject) -> list[str]:
    """Return the ids of a subject's records and of all that they belong to, up to the party."""
    known = dict.fromkeys(found.ever)
    fresh = [each for each in known if each not in found.kinds]
    for _ in range(_LEVELS):
        owners: dict[str, None] = {}
        for kind in (*ROLES, *PARTIES):
            for versions in (await work.versions(kind, fresh)).values() if fresh else ():
                owners.update(dict.fromkeys(owners_of(kind, versions[-1])))
        fresh = [each for each in owners if each not in known]
        known.update(owners)
    return list(known)
