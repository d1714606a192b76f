"""Breaking the glass: who sees a record masked sees it as it is, for a reason, for half an hour, that record alone.

Nobody is asked before, because it is for when there is no time; somebody else looks at it afterwards. The trail has the
id of the review as the purpose of everything that was seen through it, beside the person and the moment; the reason
stands in the review alone, because the trail is sealed for ever and an erasure must be able to take who is named there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from uuid import UUID

from customer_inventory.access.access import Access, RecordNotFound
from customer_inventory.access.grants import allows
from customer_inventory.access.guarded import ACCESS_REVIEW
from customer_inventory.access.scoped import ScopedAccess
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.model import Resource
from customer_inventory.repository.people import Person
from customer_inventory.repository.records import History, Record
from customer_inventory.repository.reviews import Review

LASTS = timedelta(minutes=30)
SHORTEST_REASON = 20
LONGEST_REASON = 300
MOST_AT_ONCE = 10
PURPOSE = "break-glass"
"""How the purpose in the trail begins; the id of the review follows, where there is one."""


class ReasonNeeded(InventoryError):
    """To see the record as it is takes a reason of 20 to 300 characters.

    Say what for, and who asked for it: somebody else will read it.
    """

    code = "reason-needed"
    failure = Failure.INVALID


class TooManyBroken(InventoryError):
    """Ten records are shown to you as they are already.

    Wait until the first of them is masked again, half an hour after you asked.
    """

    code = "too-many-broken"
    failure = Failure.CONFLICT


@dataclass(frozen=True, slots=True)
class GlassAccess(ScopedAccess):
    """A masked access that shows some records as they are: those for which the glass is broken, by kind and id."""

    broken: Mapping[tuple[str, UUID], Review] = field(default_factory=dict)

    async def read(self, resource: Resource, identifier: UUID, *, as_of: datetime | None = None) -> Record:
        """Return a record, as it is where the glass is broken. Raises as `Reading.read` does."""
        through = self._as_it_is(resource, identifier)
        if through is None:
            return await ScopedAccess.read(self, resource, identifier, as_of=as_of)
        return await through.read(resource, identifier, as_of=as_of)

    async def version(
        self, resource: Resource, identifier: UUID, version: int, *, as_of: datetime | None = None
    ) -> Record:
        """Return a version, as it is where the glass is broken. Raises as `Reading.version` does."""
        through = self._as_it_is(resource, identifier)
        if through is None:
            return await ScopedAccess.version(self, resource, identifier, version, as_of=as_of)
        return await through.version(resource, identifier, version, as_of=as_of)

    async def history(
        self,
        resource: Resource,
        identifier: UUID,
        *,
        limit: int,
        offset: int = 0,
        before: int | None = None,
        as_of: datetime | None = None,
    ) -> History:
        """Return a page of versions, as they are where the glass is broken. Raises as `Reading.history` does."""
        through = self._as_it_is(resource, identifier)
        if through is None:
            return await ScopedAccess.history(
                self, resource, identifier, limit=limit, offset=offset, before=before, as_of=as_of
            )
        return await through.history(resource, identifier, limit=limit, offset=offset, before=before, as_of=as_of)

    def _as_it_is(self, resource: Resource, identifier: UUID) -> Access | None:
        review = self.broken.get((resource.kind, identifier))
        if review is None or review.expires_at <= self.facilities.clock():
            return None
        plain = Access(**{each.name: getattr(self, each.name) for each in fields(Access)})
        unlimited = replace(self.principal, limits={})
        return replace(plain, principal=unlimited, purpose=f"{PURPOSE} {review.id}")


async def through_broken_glass(access: ScopedAccess, person: Person) -> ScopedAccess:
    """Return a person's access with the records shown as they are for which this person has broken the glass now."""
    if not allows(access.principal.grants, "create", ACCESS_REVIEW):
        return access
    facilities = access.facilities
    found = await facilities.repository.reviews.broken(person.id, at=facilities.clock())
    if not found:
        return access
    broken = {(each.kind, each.record_id): each for each in found}
    values = {each.name: getattr(access, each.name) for each in fields(ScopedAccess)}
    return GlassAccess(**values, broken=broken)


def broken_in(access: Access) -> tuple[Review, ...]:
    """Return for which records the glass is broken in an access."""
    return tuple(access.broken.values()) if isinstance(access, GlassAccess) else ()


async def break_glass(access: Access, *, person: Person, resource: Resource, identifier: UUID, reason: str) -> Review:
    """Let a person see one record as it is for half an hour, and open the review of it.

    Raises Denied, ReasonNeeded, TooManyBroken or RecordNotFound.
    """
    await access.require("create", ACCESS_REVIEW)
    facilities, said = access.facilities, " ".join(reason.split())
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON or not said.isprintable():
        raise ReasonNeeded
    now = facilities.clock()
    if len(await facilities.repository.reviews.broken(person.id, at=now)) >= MOST_AT_ONCE:
        raise TooManyBroken
    held = await facilities.repository.records.history(resource.kind, identifier, limit=1)
    new = new_id(bucket=draw_bucket(facilities.randomness), at=now, randomness=facilities.randomness)
    because = replace(access, purpose=f"{PURPOSE} {new}" if held.total else PURPOSE)
    await because.note("create", ACCESS_REVIEW, "done" if held.total else "absent", (str(identifier),))
    if not held.total:
        raise RecordNotFound(f"The inventory never held a {resource.name} {identifier}.")
    review = Review(new, person.login, resource.kind, identifier, said, now, now + LASTS)
    await facilities.repository.reviews.open(review, person_id=person.id)
    return review
