"""What is asked of records, for those who fill them in and read them: no customer's data, so it takes no grant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customer_inventory.access.opened import Opened
from customer_inventory.model import Resource
from customer_inventory.model.ruling import Breach
from customer_inventory.requirements.catalogue import governed_name
from customer_inventory.requirements.requirement import InformationRequirement


async def asked_of(access: Opened, resource: Resource) -> Mapping[str, InformationRequirement]:
    """Return the requirements that govern a resource now, by attribute."""
    found = await access.facilities.catalogue.requirements(governed_name(resource))
    return {requirement.attribute: requirement for requirement in found.values()}


async def broken_by(access: Opened, resource: Resource, document: Mapping[str, Any]) -> tuple[Breach, ...]:
    """Return the rules that a kept document breaks, of those that doors ask."""
    governing = await access.facilities.classes.governing(resource, document)
    ruling = await access.facilities.catalogue.ruling(governing)
    return tuple(ruling.breaches(document, now=access.facilities.clock()))
