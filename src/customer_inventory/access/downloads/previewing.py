"""Previewing: what a download would hold, told before anything is: how much, of which classes, and who must agree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from msgspec import UNSET

from customer_inventory.access.access import Access
from customer_inventory.access.downloads.life import DownloadedAttribute, DownloadPreview, Wanted
from customer_inventory.access.window import ANYTHING, Window, told_paths
from customer_inventory.model import Resource
from customer_inventory.model.places import meets, place
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.repository.downloads import DownloadRow
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.query import Query
from customer_inventory.requirements.catalogue import governed_name
from customer_inventory.requirements.masking import HIDDEN
from customer_inventory.requirements.requirement import InformationRequirement

MANY = "records"
"""The reason for an approval that there are many records; others are class and attribute (special:disability)."""
COUNTED = timedelta(days=1)
"""In so long a time the records that a client asks for count together."""
_UNMASKED = frozenset({"whole", "ofSome"})


@dataclass(frozen=True, slots=True)
class Sought:
    """What is wanted, as it was understood: of which resource, by which query, and which stored attributes by name.

    `protected` says what becomes of what is left in a protected download: whole, pseudonym or generalised.
    """

    wanted: Wanted
    resource: Resource
    query: Query
    named: frozenset[str] | None
    protected: Mapping[str, str] | None = None

    @property
    def touched(self) -> list[str] | None:
        """The stored attributes that it shows or is filtered by, None for any."""
        asked, shown = set(told_paths(self.query.conditions)), self.named
        if self.protected is not None:
            shown = frozenset(path for path in self.protected if shown is None or any(meets(path, s) for s in shown))
        return None if shown is None or ANYTHING in asked else sorted(asked | shown)


async def preview(access: Access, window: Window | None, sought: Sought) -> DownloadPreview:
    """Return what a download would hold.

    How many records have something sensitive is not told: whoever could ask that need not download it.

    Raises MaskedAttribute, and what `Lists.page` raises.
    """
    kind, query = sought.resource.kind, sought.query
    narrowed = access.free([kind], window.narrowed(query) if window is not None else query)
    total = (await access.facilities.repository.lists.page(kind, replace(narrowed, limit=0))).total
    attributes = await shown_attributes(access, window, sought)
    searched = await searched_sensitive(access, sought)
    number = total.number if not searched else 0
    # Of an anonymised file it would tell how many are left out of it, and of whom there is only one.
    told = not searched and sought.wanted.protection != "anonymised"
    many = await asked_lately(access, kind) + number > access.facilities.downloads.threshold
    return DownloadPreview(
        record_count=total.number if told else UNSET,
        is_exact=total.exact and told,
        attribute=attributes,
        reason=[*([MANY] if many else []), *sorted({*sensitive(attributes), *searched})],
    )


async def asked_lately(access: Access, kind: str, *, besides: DownloadRow | None = None) -> int:
    """Return how many records of a kind a client asked for in a day: many small downloads are one that is large."""
    downloads, principal = access.facilities.repository.register.downloads, access.principal
    since = access.facilities.clock() - COUNTED
    return await downloads.asked_since(
        since, client_id=principal.client_id, kind=kind, purpose=access.purpose, besides=besides
    )


async def sensitive_reasons(access: Access, window: Window | None, sought: Sought) -> set[str]:
    """Return the reasons for an approval that lie in what a download shows, and in what it is filtered by."""
    shown = sensitive(await shown_attributes(access, window, sought))
    return {*shown, *await searched_sensitive(access, sought)}


def sensitive(attributes: Iterable[DownloadedAttribute]) -> list[str]:
    """Return the reasons for an approval that lie in attributes: special categories and CPNI that are not masked."""
    found = [each for each in attributes if each.sensitivity in HIDDEN and each.shown in _UNMASKED]
    return sorted(f"{each.sensitivity}:{each.attribute}" for each in found)


async def searched_sensitive(access: Access, sought: Sought) -> list[str]:
    """Return the reasons that lie in the filter: who is in the file tells what it asks for, whatever it shows."""
    asked = set(told_paths(sought.query.conditions))
    return sorted(
        f"{each.sensitivity}:{each.attribute}"
        for each in await requirements_of(access, sought.resource)
        if each.sensitivity in HIDDEN and _looks_at(asked, place(each.attribute).path)
    )


def _looks_at(asked: Collection[str], path: str) -> bool:
    return ANYTHING in asked or any(meets(path, each) for each in asked)


async def shown_attributes(access: Access, window: Window | None, sought: Sought) -> list[DownloadedAttribute]:
    """Return the attributes of which the catalogue says something, and how each would be shown."""
    named, protected = sought.named, sought.protected
    found = {}
    for each in await requirements_of(access, sought.resource):
        path = place(each.attribute).path
        if named is None or any(meets(path, name) for name in named):
            way = "whole" if window is None else window.way(path)
            if protected is not None and way != "leftOut":
                way = protected.get(path, "leftOut")
                way = window.way(path) if way == "whole" and window is not None else way
            masking = each.masking if way == "masked" else UNSET
            found[each.attribute] = DownloadedAttribute(
                attribute=each.attribute,
                sensitivity=each.sensitivity,
                shown=way,  # type: ignore[arg-type]
                masking=masking,
            )
    return [found[name] for name in sorted(found)]


async def sensitive_now(access: Access, row: DownloadRow) -> list[str]:
    """Return what of that which a download shows or is filtered by is a special category or CPNI now, and its mask."""
    return sorted(
        f"{each.sensitivity}:{each.attribute}:{each.masking}"
        for each in await requirements_of(access, KINDS[row.kind])
        if each.sensitivity in HIDDEN
        and (row.touched is None or any(meets(place(each.attribute).path, path) for path in row.touched))
    )


async def requirements_of(access: Access, resource: Resource) -> list[InformationRequirement]:
    """Return what governs a resource now; of entities what governs any of their classes."""
    names = [governed_name(resource)]
    if resource is ENTITY:
        names += sorted(await access.facilities.classes.by_name())
    catalogue = access.facilities.catalogue
    return [each for name in names for each in (await catalogue.requirements(name)).values()]
