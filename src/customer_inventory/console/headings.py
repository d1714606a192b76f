"""Headings: what attributes are called on pages, as the requirements say, else as their names are spelled out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from customer_inventory.access import Access
from customer_inventory.access.asked import asked_of
from customer_inventory.console.words import spelled
from customer_inventory.model import Resource


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of one kind of record, by attribute."""

    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, attribute: str, otherwise: str = "") -> str:
        """Return the heading of an attribute; without a requirement `otherwise`, or its name spelled out."""
        return self.names.get(attribute) or otherwise or spelled(attribute.rpartition(".")[2])


SPELLED_OUT = Headings()


async def headings_of(access: Access, resource: Resource) -> Headings:
    """Return the headings of a kind of record as the requirements that govern now say."""
    asked = await asked_of(access, resource)
    return Headings({attribute: requirement.name for attribute, requirement in asked.items()})
