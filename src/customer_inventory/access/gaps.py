"""Gaps through an access: what of a resource is asked for and not kept, and what is kept and not asked for.

Who may read the records may know what is in them by name and number; no value is told but those of a segment.
"""

from __future__ import annotations

from dataclasses import dataclass

from customer_inventory.access.governing import resource_named
from customer_inventory.access.opened import Opened
from customer_inventory.model.places import place
from customer_inventory.requirements.catalogue import class_of, governed_name
from customer_inventory.requirements.gaps import Coverage, Unasked, coverage, groups_of, unasked, way, ways
from customer_inventory.requirements.requirement import INFORMATION_REQUIREMENT

_NOTHING = "$.nothing"


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of one resource: what was looked at, the coverage of what is asked, and what nobody asked for."""

    resource: str
    records: int
    share: float
    """The percentage of the records that was looked at."""
    coverage: tuple[Coverage, ...]
    unasked: tuple[Unasked, ...]


async def gaps(access: Opened, name: str, *, segment: str | None = None) -> Gaps:
    """Return the gaps of a resource, by the values of the attribute `segment` too.

    Raises Denied, InvalidDocument for an unknown resource, InvalidPlace, QueryTooCostly and RepositoryUnavailable.
    """
    await access.require("read", INFORMATION_REQUIREMENT.kind)
    resource = await resource_named(access, name)
    await access.require("read", resource.kind)
    asked = list((await access.facilities.catalogue.requirements(governed_name(resource))).values())
    by = way(place(segment)) if segment else _NOTHING
    groups, characteristics = groups_of(resource)
    known = {*resource.attributes, *(each.attribute for each in asked)}
    async with access.facilities.repository.gaps.look(resource.kind, named=class_of(resource)) as look:
        counted = await look.coverage(ways(asked), segment=by)
        attributes = await look.unknown(groups, known=known)
        named_ones = await look.characteristics(characteristics, known=known)
    await access.note("read", resource.kind, "shown", ())
    records = sum(group.records for group in counted)
    found = (*unasked(attributes, characteristics=False), *unasked(named_ones, characteristics=True))
    return Gaps(name, records, look.share, tuple(coverage(asked, counted)), found)
