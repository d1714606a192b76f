"""Sightings: who saw or wrote a record, when, for what and which attributes, as the trail holds it.

Of a customer or a party it is told together with all that belongs to it. That somebody asked is in the trail too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from customer_inventory.access.access import Access, RecordNotFound
from customer_inventory.access.grants import TRAIL, Denied
from customer_inventory.access.wholes import ALL_PARTS, Whole, whole
from customer_inventory.repository.journal import Seen, Sighting, SightingQuery

MOST_OF_A_PART = 500
"""So many records of each part that belong to a customer are looked for in the trail."""
MOST_SEEN = 1000


@dataclass(frozen=True, slots=True)
class Sightings:
    """Who saw or wrote any of `records` (the kind of each by id; "" where nothing of that id is held any more).

    `cut` is whether more than `MOST_SEEN` did, or more records belong to the customer than were looked for.
    """

    records: Mapping[str, str]
    seen: list[Seen]
    cut: bool


async def sightings(access: Access, query: SightingQuery) -> list[Sighting]:
    """Return the entries of the trail that show one record, newest first. Raises Denied."""
    await access.require("read", TRAIL)
    found = await access.facilities.repository.journal.sightings(query)
    await access.note("read", TRAIL, "shown" if found else "absent", (str(query.record),))
    return found


async def who_saw(access: Access, identifier: UUID, *, since: datetime | None = None) -> Sightings:
    """Return who saw or wrote a record, or a customer or party with all that belongs to it.

    Raises Denied, and RecordNotFound where neither the inventory nor its trail knows the id.
    """
    await access.require("read", TRAIL)
    records, cut = await _belonging(access, identifier)
    seen = await access.facilities.repository.journal.seen(records, since=since, limit=MOST_SEEN + 1)
    await access.note("read", TRAIL, "shown" if seen else "absent", tuple(records))
    if not seen and since is None:
        raise RecordNotFound(f"The trail knows no record {identifier}.")
    return Sightings(records, seen[:MOST_SEEN], cut or len(seen) > MOST_SEEN)


async def _belonging(access: Access, identifier: UUID) -> tuple[dict[str, str], bool]:
    """Return the record with those that belong to it, the kind of each by id, and whether there are more of them."""
    records = {str(identifier): ""}
    try:
        found = await whole(access, identifier, limits=dict.fromkeys(ALL_PARTS, MOST_OF_A_PART))
    except (Denied, RecordNotFound):
        return records, False
    records |= _ids(found)
    shown = {part: len(things) for part, things in found.things.items()} | {"role": len(found.roles)}
    return records, any(count > shown.get(part, 0) for part, count in found.counts.items())


def _ids(found: Whole) -> dict[str, str]:
    near = [each for each in (found.customer, found.party) if each is not None] + found.roles
    return {each.id: each.kind for each in (*near, *(each for things in found.things.values() for each in things))}
