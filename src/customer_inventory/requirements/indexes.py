"""Indexes: which attributes have one for ranges and sorts, as the catalogue asks for it.

An attribute that the model declares searchable has its index as long as no requirement says otherwise; of the others
those have one whose requirement marks them searchable.
"""

from __future__ import annotations

from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.problems import Problem
from customer_inventory.repository.kinds import KINDS, Index, indexable, indexes_of, why_not_indexable
from customer_inventory.requirements.catalogue import Catalogue
from customer_inventory.requirements.requirement import InformationRequirement


async def indexes_wanted(catalogue: Catalogue) -> dict[str, Index]:
    """Return the indexes that there are to be now, by name."""
    wanted: dict[str, Index] = {}
    for resource in KINDS.values():
        marks = {each.attribute: each.searchable for each in (await catalogue.requirements(resource.name)).values()}
        asked = [path for path in indexable(resource) if marks.get(path, path in resource.searchable)] if marks else ()
        for path in asked if marks else resource.searchable:
            wanted.update({index.name: index for index in indexes_of(resource, path)})
    return wanted


def check_searchable(requirement: InformationRequirement, resource: Resource) -> None:
    """Return if the attribute can be marked searchable, or is not. Raises InvalidDocument."""
    if requirement.searchable and (reason := _why_not(requirement, resource)):
        served = "equality is served by an index without it"
        raise InvalidDocument([Problem("searchable", f"{requirement.attribute} {reason}; {served}")])


def _why_not(requirement: InformationRequirement, resource: Resource) -> str | None:
    if KINDS.get(resource.kind) is not resource:
        return "belongs to a class of entity, and indexes are of all entities"
    attribute = resource.own_attributes.get(requirement.attribute)
    if attribute is not None:
        return why_not_indexable(attribute)
    if "[" in requirement.attribute:
        return "is one of several characteristics, and an index for ranges and sorts has one value of each record"
    return "is declared by no class of the stored version, so no range or sort can ask for it"
