"""Identities: as whom an OpenID provider knows people; by issuer and subject, one of each issuer for a person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("identities.sql")


class Identities:
    """The identities of one inventory's people."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def person_id(self, issuer: str, subject: str) -> UUID | None:
        """Return the id of whom a provider knows by this subject, or None."""
        async with self._connections.lend() as connection:
            row = await (await connection.execute(_SQL["person_id"], (issuer, subject))).fetchone()
            return row[0] if row else None

    async def link(self, person_id: UUID, *, issuer: str, subject: str, at: datetime) -> bool:
        """Link a person to a subject; return False where either is linked to another."""
        async with self._connections.lend() as connection:
            await connection.execute(_SQL["link"], (person_id, issuer, subject, at))
        return await self.person_id(issuer, subject) == person_id

    async def is_linked(self, person_id: UUID, issuer: str) -> bool:
        """Return whether a provider knows a person."""
        async with self._connections.lend() as connection:
            return await (await connection.execute(_SQL["is_linked"], (person_id, issuer))).fetchone() is not None

    async def unlink(self, person_id: UUID) -> int:
        """Forget as whom providers know a person; return how many did."""
        async with self._connections.lend() as connection:
            return (await connection.execute(_SQL["unlink"], (person_id,))).rowcount
