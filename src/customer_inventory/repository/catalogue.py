"""The catalogue's versions: what was drafted, proposed and decided of each information requirement.

One change of the catalogue at a time, on any server; each moves the stamp by which all servers see it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections

_SQL = sql.statements("catalogue.sql")
OPEN = ("draft", "proposed")
"""The statuses of versions that nobody has decided on."""


class RequirementVersion(NamedTuple):
    """One version of one requirement: what is asked, as JSON, and what governance says of it.

    `base` is the version that governed when this one was proposed, -1 when there was none; `change` is create, modify
    or retire; `status` is draft, proposed, approved, rejected or withdrawn.
    """

    id: str
    version: int
    base: int
    resource: str
    change: str
    document: str
    status: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision: str | None = None
    effective_from: datetime | None = None


class CatalogueTurn:
    """One change of the catalogue, while nobody else changes it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def versions(self, *, identifier: str) -> list[RequirementVersion]:
        """Return every version of a requirement, oldest first."""
        return await _versions(self._connection, identifier=identifier)

    async def add(self, version: RequirementVersion) -> int:
        """Keep a draft or proposal, whatever number it carries; return the number that it got."""
        values = {**version._asdict(), "by": version.proposed_by, "at": version.proposed_at}
        row = await (await self._connection.execute(_SQL["add"], values)).fetchone()
        return int(row[0]) if row else 0

    async def decide(self, version: RequirementVersion, *, expected: Collection[str]) -> bool:
        """Keep what was decided of a version that has one of the statuses `expected`; return whether it had."""
        values = {
            **version._asdict(),
            "by": version.decided_by,
            "at": version.decided_at,
            "from": version.effective_from,
            "expected": list(expected),
        }
        return (await self._connection.execute(_SQL["decide"], values)).rowcount > 0

    async def submit(self, identifier: str, version: int, *, at: datetime) -> bool:
        """Make a draft a proposal; return whether it was one."""
        values = {"id": identifier, "version": version, "at": at}
        return (await self._connection.execute(_SQL["submit"], values)).rowcount > 0


class CatalogueStore:
    """The versions of the requirements of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def stamp(self) -> int:
        """Return the number that moves at every change of the catalogue."""
        async with self._connections.lend() as connection:
            row = await (await connection.execute(_SQL["stamp"])).fetchone()
        return int(row[0]) if row else 0

    async def versions(
        self, *, identifier: str | None = None, version: int | None = None, statuses: Collection[str] | None = None
    ) -> list[RequirementVersion]:
        """Return versions by id and number: all, or those of one requirement, of one number, or of some statuses."""
        async with self._connections.lend() as connection:
            return await _versions(connection, identifier=identifier, version=version, statuses=statuses)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[CatalogueTurn]:
        """Change the catalogue within, alone, in one transaction. Raises RepositoryUnavailable."""
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["turn"])
            yield CatalogueTurn(connection)


async def _versions(
    connection: Connection,
    *,
    identifier: str | None = None,
    version: int | None = None,
    statuses: Collection[str] | None = None,
) -> list[RequirementVersion]:
    values: dict[str, Any] = {"id": identifier, "version": version}
    values["statuses"] = None if statuses is None else list(statuses)
    rows = await (await connection.execute(_SQL["versions"], values)).fetchall()
    return [RequirementVersion(*row) for row in rows]
