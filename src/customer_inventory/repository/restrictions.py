"""Restrictions: records that are stored and no more for the time being, but for some purposes (GDPR article 18).

Promises: where nothing is restricted, that costs nothing; where something is, each record is looked up as it is needed,
so that what holds is never late but for the first record of a kind: that one is known everywhere within `LATE_S`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.bulk_rows import BulkRow, Entry
from customer_inventory.repository.connections import Connection, Connections
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.values import Clause

LATE_S = 0.5
"""So many seconds may pass until it is known here that the first record of a kind is restricted, or none any more."""

RESTRICTED = "the use of what it is, or belongs to, is restricted; leave the row out, or ask who answers for privacy"

_SQL = sql.statements("restrictions.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """A restriction: of which party (None once it is erased), for which purposes not, why, and from when until when."""

    id: UUID
    party_id: UUID | None
    purposes: tuple[str, ...]
    ground: str
    since: datetime
    until: datetime | None
    restricted_by: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_because: str | None = None
    records: int = 0


class UseFor(NamedTuple):
    """The use of records for a purpose at a moment."""

    purpose: str
    at: datetime


class Restrictions:
    """The restrictions of one inventory; `seconds` counts on whatever happens."""

    def __init__(self, connections: Connections, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._seconds = seconds
        self._looked_at = -LATE_S
        self._kinds: frozenset[str] | None = None

    async def kinds(self) -> frozenset[str]:
        """Return the kinds of which records are restricted. Raises RepositoryUnavailable."""
        now = self._seconds()
        if self._kinds is not None and now - self._looked_at < LATE_S:
            return self._kinds
        # Whoever comes while this looks takes what was known a moment ago; at first there is nothing to take.
        before, self._looked_at = self._looked_at, now
        try:
            self._kinds = frozenset(row[0] for row in await self._connections.rows(_SQL["kinds"], {}))
        except BaseException:
            self._looked_at = before
            raise
        return self._kinds

    async def restricted(self, ids: Collection[str], use: UseFor) -> dict[str, bool]:
        """Return which of some records are restricted, and whether they may be used for the purpose all the same."""
        values = {"ids": list(ids), "purpose": use.purpose, "at": use.at}
        return dict(await self._connections.rows(_SQL["restricted"], values)) if ids else {}

    async def touching(self, changes: Mapping[UUID, int], use: UseFor) -> frozenset[UUID]:
        """Return which changes, by id with their place in the feed, touched what may not be used for a purpose."""
        values = {"changes": list(changes), "positions": list(changes.values()), "purpose": use.purpose, "at": use.at}
        return (
            frozenset(row[0] for row in await self._connections.rows(_SQL["touching"], values))
            if changes
            else frozenset()
        )

    async def restrict(self, made: Restriction, records: Mapping[str, str]) -> bool:
        """Keep a restriction with its records, the kind of each by its id; False where the party is restricted."""
        values = {
            "id": made.id,
            "party": made.party_id,
            "purposes": list(made.purposes),
            "ground": made.ground,
            "since": made.since,
            "until": made.until,
            "by": made.restricted_by,
        }
        async with self._connections.lend() as connection, connection.transaction():
            if (await connection.execute(_SQL["restrict"], values)).rowcount == 0:
                return False
            await _add(connection, made.id, records)
        self._looked_at = -LATE_S
        return True

    async def add(self, identifier: UUID, records: Mapping[str, str]) -> None:
        """Put records, the kind of each by its id, under a restriction that lasts."""
        async with self._connections.lend() as connection, connection.transaction():
            await _add(connection, identifier, records)
        self._looked_at = -LATE_S

    async def drop(self, identifier: UUID) -> None:
        """Forget a restriction of which nothing came."""
        async with self._connections.lend() as connection:
            await connection.execute(_SQL["drop"], {"id": identifier})
        self._looked_at = -LATE_S

    async def join(self, kind: str, identifier: UUID, owners: Collection[str]) -> None:
        """Put a record under the restrictions of what it is about to belong to."""
        async with self._connections.lend() as connection:
            await connection.execute(_SQL["join"], {"id": identifier, "kind": kind, "owners": list(owners)})
        self._looked_at = -LATE_S

    async def end(self, identifier: UUID, *, by: str, at: datetime, reason: str) -> bool:
        """End a restriction; False where there is none that lasts."""
        rows = await self._connections.rows(_SQL["end"], {"id": identifier, "by": by, "at": at, "reason": reason})
        self._looked_at = -LATE_S
        return bool(rows[0][0])

    async def free(self, ids: Collection[str]) -> None:
        """Take records out of every restriction."""
        async with self._connections.lend() as connection:
            await connection.execute(_SQL["free_records"], {"ids": list(ids)})

    async def all(
        self, *, identifier: UUID | None = None, party: UUID | None = None, limit: int = 1000
    ) -> list[Restriction]:
        """Return restrictions: that of an id, what lasts of a party, or all, those that last first."""
        rows = await self._connections.rows(_SQL["restrictions"], {"id": identifier, "party": party, "limit": limit})
        return [_restriction(row) for row in rows]


def unrestricted(use: UseFor) -> Clause:
    """Return the SQL of that a record `t` may be used for a purpose at a moment."""
    return Clause(_SQL["free"], (use.at, use.purpose))


def restricting(use: UseFor | None) -> dict[str, Any]:
    """Return the values, `purpose` and `at`, by which statements leave out what may not be used so; None leaves all."""
    return {"purpose": use and use.purpose, "at": use and use.at}


async def unwritable(connection: Connection, rows: Sequence[BulkRow], *, at: datetime) -> dict[int, str]:
    """Return the rows of a load that are, or belong to, what is restricted, by number, with the reason.

    No purpose opens that to a load: it would write such records without anybody having looked at each.
    """
    if not rows or not await (await connection.execute(_SQL["kinds"])).fetchone():
        return {}
    named = {row.number: {each for entry in row.entries for each in _named(entry)} for row in rows}
    values = {"ids": sorted(set[str]().union(*named.values())), "at": at}
    found = {row[0] for row in await (await connection.execute(_SQL["standing"], values)).fetchall()}
    return {number: RESTRICTED for number, ids in named.items() if ids & found}


async def _add(connection: Connection, identifier: UUID, records: Mapping[str, str]) -> None:
    values = {"id": identifier, "ids": list(records), "kinds": sorted(set(records.values()))}
    if (await connection.execute(_SQL["add_kinds"], values)).rowcount > 0:
        await connection.execute(_SQL["add"], values)


def _named(entry: Entry) -> Iterable[str]:
    """Yield the id of an entry and of what it belongs to."""
    owning = {reference.attribute for reference in KINDS[entry.kind].references if reference.owner}
    yield entry.id
    yield from (link.target_id for link in entry.links if link.attribute in owning)


def _restriction(row: tuple[Any, ...]) -> Restriction:
    values = dict(zip(Restriction.__slots__, row, strict=True))
    return Restriction(**{**values, "purposes": tuple(values["purposes"])})
