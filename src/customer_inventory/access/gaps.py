"""Gaps through an access: what of a resource is asked for and not kept, and what is kept and not asked for.

Who may read the records may know what is in them by name and number; no value is told but those of a segment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from customer_inventory.access.governing import resource_named
from customer_inventory.access.opened import Opened
from customer_inventory.access.window import MaskedAttribute
from customer_inventory.model import InvalidDocument
from customer_inventory.model.attributes import nearest_path
from customer_inventory.model.places import place
from customer_inventory.model.problems import Problem
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.requirements.catalogue import class_of, governed_name
from customer_inventory.requirements.gaps import Coverage, Unasked, Use, coverage, groups_of, unasked, use, way, ways
from customer_inventory.requirements.requirement import INFORMATION_REQUIREMENT

DAYS = 90
"""How many days of accesses are looked at."""
MOST_DAYS = 3660
_NOTHING = "$.nothing"


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of one resource: what was looked at, the coverage of what is asked, and what nobody asked for."""

    resource: str
    records: int
    apart: int
    """How many of the records are in parts too small to be told."""
    share: float
    """The percentage of the records that was looked at."""
    coverage: tuple[Coverage, ...]
    unasked: tuple[Unasked, ...]
    since: datetime
    """From when on the access trail was looked at."""
    uses: Mapping[str, Use]
    """How what each requirement asks for is used, by its id."""
    whole: int
    """How many accesses to whole records there were, which named no attribute."""
    accesses_share: float
    """The percentage of the access trail that was looked at."""

    @property
    def accessed(self) -> bool:
        """Whether there was any access, so that something can be told of what is used."""
        return self.whole > 0 or any(each.accesses for each in self.uses.values())

    def unused(self, covered: Coverage) -> bool:
        """Return whether what a requirement asks for is kept, and in all accesses nobody asked for it by name."""
        return self.accessed and covered.share > 0 and not self.uses[str(covered.requirement.id)].accesses


async def _check_shown(access: Opened, kind: str, path: str) -> None:
    """Return if an attribute may be seen. Raises MaskedAttribute, with a trail entry."""
    window = await access.window(kind)
    if window is not None and not window.shows(path):
        await access.note("read", kind, "refused", ())
        raise MaskedAttribute


async def gaps(access: Opened, name: str, *, segment: str | None = None, days: int = DAYS) -> Gaps:
    """Return the gaps of a resource, by the values of the attribute `segment` too, and what was used for so many days.

    Raises Denied, MaskedAttribute, InvalidDocument for an unknown resource, InvalidPlace, QueryTooCostly and
    RepositoryUnavailable.
    """
    await access.require("read", INFORMATION_REQUIREMENT.kind)
    resource = await resource_named(access, name)
    await access.require_every("read", resource.kind)
    asked = list((await access.facilities.catalogue.requirements(governed_name(resource))).values())
    by = way(place(segment)) if segment else _NOTHING
    since = access.facilities.clock() - timedelta(days=days)
    groups, characteristics = groups_of(resource)
    attributes_now = await access.facilities.classes.attributes() if resource is ENTITY else resource.attributes
    known = {*attributes_now, *(each.attribute for each in asked)}
    if segment and place(segment).path not in known:
        near = nearest_path(attributes_now, segment)
        raise InvalidDocument([Problem("segment", f"is no attribute{f'; did you mean {near}?' if near else ''}")])
    if segment:
        await _check_shown(access, resource.kind, place(segment).path)
    async with access.facilities.repository.gaps.look(resource.kind, named=class_of(resource), use=access.use) as look:
        total, counted = await look.coverage(ways(asked), segment=by)
        attributes = await look.unknown(groups, known=known)
        named_ones = await look.characteristics(characteristics, known=known)
        uses = await look.uses(resource.kind, since=since)
    await access.note("read", resource.kind, "shown", ())
    found = (*unasked(attributes, characteristics=False), *unasked(named_ones, characteristics=True))
    return Gaps(
        resource=name,
        records=total.records,
        apart=total.records - sum(part.records for part in counted),
        share=look.share,
        coverage=tuple(coverage(asked, total, counted)),
        unasked=found,
        since=since,
        uses={str(each.id): use(each.attribute, uses.named) for each in asked},
        whole=uses.whole,
        accesses_share=uses.share,
    )
