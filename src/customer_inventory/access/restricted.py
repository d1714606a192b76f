"""Restricted records: they are stored, and used for nothing but what their restriction allows (GDPR article 18).

Every access knows of which kinds there are any (`Opened.restricted`); of those each record is looked up before it is
used. What comes to belong to a restricted record is restricted with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from customer_inventory.access.opened import Opened, Restricted
from customer_inventory.model import Link, Resource


async def refuse_restricted_owners(access: Opened, resource: Resource, links: Iterable[Link]) -> None:
    """Return if what has these links belongs to nothing that is restricted. Raises Restricted."""
    if access.restricted and await access.withheld(owners_among(resource, links)):
        await access.note("create", resource.kind, "refused", ())
        raise Restricted("It belongs to a record whose use is restricted, so it is not written for this purpose.")


async def join_restricted_owners(access: Opened, resource: Resource, identifier: UUID, links: Iterable[Link]) -> None:
    """Restrict a record that is about to be written as what it belongs to is restricted."""
    owners = owners_among(resource, links) if access.restricted else []
    restrictions = access.facilities.repository.erasures.restrictions
    # Looked up before: an erasure under way holds the register, and nobody else is to wait for it.
    if access.use is not None and await restrictions.restricted(owners, access.use):
        await restrictions.join(resource.kind, identifier, owners)


def owners_among(resource: Resource, links: Iterable[Link]) -> list[str]:
    """Return the ids of what links say that a record belongs to."""
    owning = {reference.attribute for reference in resource.references if reference.owner}
    return [str(link.target_id) for link in links if link.attribute in owning]
