"""The change feed: every record version in commit-safe order, for readers that keep their own place; and the changes.

Positions come from transaction ids and are read behind the snapshot horizon, so a transaction that commits late is
never skipped; within a record, positions rise with versions (`sql/record_kind.sql` sees to it).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from customer_inventory.ids import bucket_of
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.order import InvalidCursor
from customer_inventory.repository.restrictions import UseFor, restricting

_SQL = sql.statements("changes.sql")
_ENTRIES = _SQL["entries_of"].replace("{free}", _SQL["free"])
_NUMBER_OF_ENTRIES = _SQL["number_of_entries"].replace("{free}", _SQL["free"])


class FeedPosition(NamedTuple):
    """A reader's place in the feed: the last entry it has taken."""

    position: int = 0
    bucket: int = 0
    record_id: str = "00000000-0000-0000-0000-000000000000"
    version: int = 0


class FeedEntry(NamedTuple):
    """One record version in the feed."""

    position: int
    bucket: int
    record_id: str
    version: int
    kind: str
    operation: str
    change_id: str

    @property
    def place(self) -> FeedPosition:
        """The place of a reader that has taken this entry."""
        return FeedPosition(self.position, self.bucket, self.record_id, self.version)


class Change(NamedTuple):
    """One change: who made it, when, for which purpose, from which source and why."""

    id: UUID
    position: int
    at: datetime
    operation: str
    client_id: str
    person: str | None
    purpose: str
    source: str | None
    reason: str | None
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeQuery:
    """Which changes are asked for: of one record, client or operation, from a moment on; None lets all pass.

    `kinds` are those of which a change must have touched a record; `after` is the last change of the page before, and
    only a place in the feed: where its records are restricted meanwhile, the next page still follows it.
    """

    record_id: UUID | None = None
    client_id: str | None = None
    operation: str | None = None
    since: datetime | None = None
    kinds: Sequence[str] | None = None
    use: UseFor | None = None
    """For what records must be unrestricted: a change that touched no other is left out."""
    after: UUID | None = None
    limit: int = 20
    offset: int = 0


class ChangePage(NamedTuple):
    """A page of changes, newest first; how many there are, at least when `exact` is False, and whether more follow."""

    changes: list[Change]
    total: int
    exact: bool
    more: bool


class Changes:
    """The change feed of one inventory."""

    def __init__(self, connections: Connections, *, count_bound: int = 10_000) -> None:
        self._connections = connections
        self._bound = count_bound

    async def after(self, place: FeedPosition, *, limit: int = 1000) -> list[FeedEntry]:
        """Return up to `limit` settled entries after `place`, in order; empty when there is nothing new."""
        async with self._connections.lend() as connection:
            cursor = await connection.execute(_SQL["feed"], (*place, limit), prepare=True)
            return [FeedEntry(*row) for row in await cursor.fetchall()]

    async def get(self, identifier: UUID) -> Change | None:
        """Return a change, or None."""
        rows = await self._connections.rows(_SQL["change"], (bucket_of(identifier), identifier))
        return Change(*rows[0]) if rows else None

    async def entries(
        self,
        change: Change,
        *,
        kinds: Collection[str] | None = None,
        use: UseFor | None = None,
        limit: int,
        offset: int = 0,
    ) -> list[FeedEntry]:
        """Return what a change did to records, of these kinds or of any, by their ids; to those free for a use."""
        values = {**_of(change, kinds), **restricting(use), "limit": limit, "offset": offset}
        return [FeedEntry(*row) for row in await self._connections.rows(_ENTRIES, values)]

    async def number_of_entries(
        self, change: Change, *, kinds: Collection[str] | None = None, use: UseFor | None = None
    ) -> int:
        """Return to how many record versions a change led, of these kinds or of any, of records free for a use."""
        rows = await self._connections.rows(_NUMBER_OF_ENTRIES, {**_of(change, kinds), **restricting(use)})
        return int(rows[0][0])

    async def page(self, query: ChangeQuery) -> ChangePage:
        """Return one page of changes.

        Raises InvalidCursor when there is no change `after`, QueryTooCostly when too many had to be looked through.
        """
        if query.after is not None and not await self._stands(query.after, query.kinds):
            raise InvalidCursor("after names no change. Take it from the Link header of the page before.")
        ids = None if query.record_id is None else await self._of_record(query.record_id, query.kinds)
        values = {
            "client": query.client_id,
            "operation": query.operation,
            "since": query.since,
            "ids": ids,
            "kinds": None if query.kinds is None else list(query.kinds),
            **restricting(query.use),
            "after": query.after,
            "offset": query.offset,
        }
        where = _SQL["changes_where"]
        async with self._connections.lend() as connection:
            # Not prepared: which index serves depends on which conditions are there.
            text = _SQL["changes_page"].replace("{where}", where)
            cursor = await connection.execute(text, {**values, "limit": query.limit + 1}, prepare=False)
            found = [Change(*row) for row in await cursor.fetchall()]
            text = _SQL["changes_count"].replace("{where}", where)
            cursor = await connection.execute(text, {**values, "limit": self._bound + 1}, prepare=False)
            row = await cursor.fetchone()
        total = int(row[0]) if row else 0
        return ChangePage(found[: query.limit], total, total <= self._bound, len(found) > query.limit)

    async def _stands(self, identifier: UUID, kinds: Collection[str] | None) -> bool:
        """Tell whether there is such a change, among those that touched records of these kinds."""
        change = await self.get(identifier)
        return change is not None and (kinds is None or bool(await self.entries(change, kinds=kinds, limit=1)))

    async def _of_record(self, record_id: UUID, kinds: Collection[str] | None) -> list[UUID]:
        """The changes of one record; of which kind it is, its id does not say, so each is asked by its key."""
        statements = [_SQL["changes_of_record"].replace("{kind}", kind) for kind in sorted(kinds or KINDS)]
        values = {"bucket": bucket_of(record_id), "id": record_id}
        async with self._connections.lend() as connection:
            cursor = await connection.execute(" union ".join(statements), values, prepare=False)
            return [row[0] for row in await cursor.fetchall()]


def _of(change: Change, kinds: Collection[str] | None) -> dict[str, Any]:
    return {"position": change.position, "change": change.id, "kinds": None if kinds is None else list(kinds)}
