"""Belonging: which kinds of record are parties, which are parts that parties play, and which belong to either.

Read off the declarations: a part is played by its engaged party, what belongs has an owner. A resource that is declared
later takes its place in the whole of a customer by itself.
"""

from __future__ import annotations

from customer_inventory.model.resource import Resource
from customer_inventory.model.resources import RESOURCES

ENGAGED = "engagedParty"
CUSTOMER = "customer"

PARTIES: dict[str, Resource] = {
    resource.kind: resource for resource in RESOURCES.values() if resource.api.number == "TMF632"
}
"""The kinds of party."""

ROLES: dict[str, Resource] = {
    resource.kind: resource
    for resource in RESOURCES.values()
    if resource.api.number in {"TMF629", "TMF669"}
    and any(reference.attribute == ENGAGED for reference in resource.references)
}
"""The kinds of part that a party plays."""

THINGS: dict[str, Resource] = {
    resource.kind: resource
    for resource in RESOURCES.values()
    if resource.kind not in PARTIES.keys() | ROLES.keys() and any(reference.owner for reference in resource.references)
}
"""The kinds of what belongs to a party or to a part."""

_PARTS = {
    "TMF651": "agreement",
    "TMF666": "account",
    "TMF644": "consent",
    "TMF667": "document",
    "TMF681": "communication",
    "TMF683": "interaction",
}


def part_of(resource: Resource) -> str:
    """Return the part of a whole customer in which records of a thing stand."""
    return _PARTS.get(resource.api.number, resource.name)


PARTS: dict[str, tuple[str, ...]] = {
    part: tuple(kind for kind, resource in THINGS.items() if part_of(resource) == part)
    for part in dict.fromkeys(map(part_of, THINGS.values()))
}
"""The kinds of thing in each part, by the part's name."""


def newest_by(resource: Resource) -> str | None:
    """Return the searchable attribute that dates a record, by which newest is found; None: by when it was entered."""
    dated = (path for path in resource.searchable if resource.attributes[path].type == "date-time")
    return next((path for path in dated if path != resource.stamps.updated), None)
