"""Changes, and undoing one: every record that it touched goes back to what it was before.

A record that does not stand as the change left it is a conflict: to take that back too would undo what somebody else
did. It may have been written since, if all of that was undone: so changes can be undone from the last to the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from customer_inventory.access.grants import Denied
from customer_inventory.access.opened import Restricted
from customer_inventory.access.restoring import Restoring
from customer_inventory.access.specifying import specifying_all
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import bucket_of
from customer_inventory.model import InvalidDocument
from customer_inventory.repository.changes import Change, ChangePage, ChangeQuery, FeedEntry
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.records import Draft
from customer_inventory.repository.reverting import Reversal, Reverted

MOST_RECORDS = 10_000
_AT_A_TIME = 100
_TAKES = {"create": "delete", "modify": "modify", "delete": "create"}
"""What undoes an operation: the verb that whoever undoes it must be granted."""


class ChangeNotFound(InventoryError):
    """The inventory holds no such change.

    Check the id; the history of a record names the changes that made its versions.
    """

    code = "change-not-found"
    failure = Failure.NOT_FOUND


class UndoConflict(InventoryError):
    """Records of the change cannot go back to what they were.

    Nothing was done. Preview with dryRun=true which they are; with onConflict=skip the others go back without them.
    """

    code = "undo-conflict"
    failure = Failure.CONFLICT


class UndoTooLarge(InventoryError):
    """The change touched more records than can be taken back at once.

    An undo takes back at most 10,000 records. Restore those that matter one by one, by their histories.
    """

    code = "undo-too-large"
    failure = Failure.UNPROCESSABLE


class Undone(NamedTuple):
    """What an undo did, or with `change_id` None would do: what became of each record."""

    change_id: UUID | None
    records: list[Reverted]


class ChangeShown(NamedTuple):
    """A change with a page of what it did to records, how many it touched of readable kinds, and how many of others."""

    change: Change
    entries: list[FeedEntry]
    number: int
    withheld: int


@dataclass(frozen=True, slots=True)
class Undoing(Restoring):
    """What an access can learn of changes and take back."""

    async def changes(self, query: ChangeQuery) -> ChangePage:
        """Return one page of the changes that touched records of readable kinds, newest first.

        What touched nothing but records whose use is restricted is left out. Raises Denied and Restricted.
        """
        kinds, changes = await self._readable(), self.facilities.repository.changes
        about = query.record_id
        # Only whoever may read the record is told that it is restricted: others find nothing, as ever.
        if about and await self.withheld([str(about)]) and (await changes.page(replace(query, kinds=kinds))).changes:
            await self.note("read", "change", "refused", (str(about),))
            raise Restricted
        page = await changes.page(replace(query, kinds=kinds, use=self.use))
        page = page._replace(changes=await self._without_reasons(page.changes))
        await self.note("read", "change", "shown", tuple(str(change.id) for change in page.changes))
        return page

    async def change(self, identifier: UUID, *, limit: int, offset: int = 0) -> ChangeShown:
        """Return a change with what it did to records of readable kinds that are not restricted.

        Raises Denied, ChangeNotFound, and Restricted where there are no others.
        """
        kinds = await self._readable()
        changes = self.facilities.repository.changes
        change = await changes.get(identifier)
        if change is None:
            await self.note("read", "change", "absent", (str(identifier),))
            raise ChangeNotFound(f"The inventory holds no change {identifier} that may be seen.")
        entries = await changes.entries(change, kinds=kinds, use=self.use, limit=limit, offset=offset)
        readable = await changes.number_of_entries(change, kinds=kinds)
        number = readable if self.use is None else await changes.number_of_entries(change, kinds=kinds, use=self.use)
        if readable and not number:
            await self.note("read", "change", "refused", (str(identifier),))
            raise Restricted("The change touched records whose use is restricted, and no others.")
        (change,) = await self._without_reasons([change])
        whole = readable if kinds is None else await changes.number_of_entries(change)
        if whole and not readable:
            kind = next(entry.kind for entry in await changes.entries(change, limit=1))
            await self._require_seen("read", kind, identifier, seen=False)
        await self.note("read", "change", "shown", tuple(dict.fromkeys([str(identifier), *_ids_of(entries)])))
        return ChangeShown(change, entries, number, whole - readable)

    async def undo(self, identifier: UUID, *, skip_conflicts: bool, dry: bool) -> Undone:
        """Take back what a change did, as one new change; with `dry` find out only what would become of it.

        Whoever undoes must be granted what it takes: `delete` for what was created, `modify`, and `create` for what
        was deleted. Raises Denied, ChangeNotFound, UndoTooLarge, UndoConflict, NotStorable and WriteContention.
        """
        entries = await self._entries(identifier)
        seen = any(self.may_every("read", entry.kind) for entry in entries)
        for verb, kind in sorted({(_TAKES[entry.operation], entry.kind) for entry in entries}):
            await self._require_seen(verb, kind, identifier, seen=seen)
        reversals, invalid = await self._reversals(entries)
        if invalid and not skip_conflicts and not dry:
            await self._refuse(entries, invalid)
        authorship = self.authorship(bucket_of(identifier))
        async with specifying_all(self, reversals):
            reverted = await self.facilities.repository.reverting.revert(
                reversals,
                authorship=authorship,
                new_trail_id=lambda: self._new_id(bucket_of(identifier)),
                despite_conflicts=skip_conflicts,
                dry=dry,
            )
        conflicts = [each for each in reverted if each.conflict]
        if conflicts and not skip_conflicts and not dry:
            await self._refuse(entries, conflicts)
        if dry:
            await self.note("read", "change", "shown", tuple(dict.fromkeys([str(identifier), *_ids_of(entries)])))
        wrote = not dry and any(each.outcome == "done" for each in reverted)
        return Undone(authorship.change_id if wrote else None, reverted + invalid)

    async def _readable(self) -> list[str] | None:
        """The kinds that may be read, None for all; Denied when there is none."""
        if self.may_every("read", "*"):
            return None
        kinds = [kind for kind in KINDS if self.may_every("read", kind)]
        if not kinds:
            await self.require("read", "change")
        return kinds

    async def _require_seen(self, verb: str, kind: str, identifier: UUID, *, seen: bool) -> None:
        """Return if the verb is granted; else raise Denied, or ChangeNotFound for a change that may not be `seen`."""
        try:
            await self.require_without_amount(verb, kind)
        except Denied as error:
            if seen:
                raise
            raise ChangeNotFound(f"The inventory holds no change {identifier} that may be seen.") from error

    async def _entries(self, identifier: UUID) -> list[FeedEntry]:
        changes = self.facilities.repository.changes
        change = await changes.get(identifier)
        if change is None:
            await self.note("modify", "change", "absent", (str(identifier),))
            raise ChangeNotFound(f"The inventory holds no change {identifier} that may be seen.")
        entries = await changes.entries(change, limit=MOST_RECORDS + 1)
        if len(entries) > MOST_RECORDS:
            raise UndoTooLarge
        if await self.withheld(_ids_of(entries)):
            await self.note("modify", "change", "refused", (str(identifier),))
            raise Restricted("The change touched records whose use is restricted, so it is not taken back.")
        return entries

    async def _without_reasons(self, changes: Sequence[Change]) -> list[Change]:
        """The changes, those that touched what is restricted without why: that is free text."""
        if self.use is None:
            return list(changes)
        restrictions = self.facilities.repository.erasures.restrictions
        touching = await restrictions.touching({each.id: each.position for each in changes}, self.use)
        return [each._replace(reason=None) if each.id in touching else each for each in changes]

    async def _reversals(self, entries: Sequence[FeedEntry]) -> tuple[list[Reversal], list[Reverted]]:
        """The way back of each record, and those whose former content is none any more, or is not valid today."""
        reversals, invalid = [], []
        for kind in sorted({entry.kind for entry in entries}):
            of_kind = [entry for entry in entries if entry.kind == kind]
            wanted = [(UUID(e.record_id), e.version - 1) for e in of_kind if e.operation != "create"]
            former = await self.facilities.repository.reverting.former(kind, wanted) if wanted else {}
            standing = await self.facilities.repository.reverting.standing(kind, of_kind)
            for number, entry in enumerate(of_kind):
                if number % _AT_A_TIME == 0:
                    await asyncio.sleep(0)  # so that thousands of drafts do not hold up everybody else
                identifier, draft = UUID(entry.record_id), None
                if entry.operation != "create":
                    draft = await self._draft_of(kind, former.get((identifier, entry.version - 1)))
                    if draft is None:
                        takes = _TAKES[entry.operation]
                        invalid.append(Reverted(kind, identifier, takes, entry.version, "invalid"))
                        continue
                stands = standing.get(entry.record_id, entry.version)
                reversals.append(Reversal(kind, identifier, stands, draft))
        return reversals, invalid

    async def _draft_of(self, kind: str, former: bytes | None) -> Draft | None:
        try:
            return (await self._again(KINDS[kind], former, {}))[0] if former is not None else None
        except InvalidDocument:
            return None

    async def _refuse(self, entries: Sequence[FeedEntry], conflicts: Sequence[Reverted]) -> None:
        await self.note("modify", "change", "refused", tuple(dict.fromkeys(_ids_of(entries))))
        named = ", ".join(f"{KINDS[each.kind].name} {each.id}" for each in conflicts[:3])
        others = f" and {len(conflicts) - 3} more" if len(conflicts) > 3 else ""
        raise UndoConflict(
            f"{len(conflicts)} of {len(entries)} records cannot go back: {named}{others}. Nothing was done. "
            "Preview with dryRun=true why; with onConflict=skip the others go back without them."
        )


def _ids_of(entries: Iterable[FeedEntry]) -> list[str]:
    return [entry.record_id for entry in entries]
