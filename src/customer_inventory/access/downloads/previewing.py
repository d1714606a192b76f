"""Previewing: what a download would hold, told before anything is: how much, of which classes, and who must agree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from msgspec import UNSET

from customer_inventory.access.access import Access
from customer_inventory.access.downloads.life import DownloadedAttribute, DownloadPreview
from customer_inventory.access.window import Window
from customer_inventory.model import Resource
from customer_inventory.model.places import meets, place
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.repository.query import Query
from customer_inventory.requirements.catalogue import governed_name
from customer_inventory.requirements.masking import HIDDEN
from customer_inventory.requirements.requirement import InformationRequirement

MANY = "records"
"""The reason for an approval that there are many records; others are class and attribute (special:disability)."""
_UNMASKED = frozenset({"whole", "ofSome"})


async def preview(
    access: Access,
    window: Window | None,
    resource: Resource,
    query: Query,
    named: Collection[str] | None,
    *,
    protected: Mapping[str, str] | None = None,
) -> DownloadPreview:
    """Return what a download of a query would hold; `named` are the stored attributes asked for, None for all.

    `protected` says what becomes of the attributes that are left in a protected one.

    Raises MaskedAttribute, and what `Lists.page` raises.
    """
    narrowed = access.free([resource.kind], window.narrowed(query) if window is not None else query)
    page = await access.facilities.repository.lists.page(resource.kind, replace(narrowed, limit=0))
    attributes = await shown_attributes(access, window, resource, named, protected)
    many = page.total.number > access.facilities.downloads.threshold
    return DownloadPreview(
        record_count=page.total.number,
        is_exact=page.total.exact,
        attribute=attributes,
        reason=[*([MANY] if many else []), *sensitive(attributes)],
    )


def sensitive(attributes: Iterable[DownloadedAttribute]) -> list[str]:
    """Return the reasons for an approval that lie in attributes: special categories and CPNI that are not masked."""
    found = [each for each in attributes if each.sensitivity in HIDDEN and each.shown in _UNMASKED]
    return sorted(f"{each.sensitivity}:{each.attribute}" for each in found)


async def shown_attributes(
    access: Access,
    window: Window | None,
    resource: Resource,
    named: Collection[str] | None,
    protected: Mapping[str, str] | None = None,
) -> list[DownloadedAttribute]:
    """Return the attributes of which the catalogue says something, and how each would be shown."""
    requirements = await requirements_of(access, resource)
    found = {}
    for each in requirements:
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


async def requirements_of(access: Access, resource: Resource) -> list[InformationRequirement]:
    """Return what governs a resource now; of entities what governs any of their classes."""
    names = [governed_name(resource)]
    if resource is ENTITY:
        names += sorted(await access.facilities.classes.by_name())
    catalogue = access.facilities.catalogue
    return [each for name in names for each in (await catalogue.requirements(name)).values()]
