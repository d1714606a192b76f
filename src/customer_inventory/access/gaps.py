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
    looking = access.facilities.repository.gaps
    by = way(place(segment)) if segment else _NOTHING
    counted = await looking.coverage(resource.kind, ways(asked), segment=by, named=class_of(resource))
    groups, characteristics = groups_of(resource)
    known = {*resource.attributes, *(each.attribute for each in asked)}
    attributes = await looking.unknown(resource.kind, groups, known=known, named=class_of(resource))
    named_ones = await looking.characteristics(resource.kind, characteristics, known=known, named=class_of(resource))
    await access.note("read", resource.kind, "shown", ())
    records, share = sum(group.records for group in counted), await looking.share(resource.kind)
    found = (*unasked(attributes, characteristics=False), *unasked(named_ones, characteristics=True))
    return Gaps(name, records, share, tuple(coverage(asked, counted)), found)
