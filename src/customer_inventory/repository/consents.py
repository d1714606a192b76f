"""Consents: what parties said to the use of their data for purposes: every word of it, and what holds now.

Promises: what was said is never changed, only added to; what holds for a party and a purpose is one look-up.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from customer_inventory.ids import bucket_of
from customer_inventory.model.belonging import ENGAGED, PARTIES, ROLES
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.values import NEVER, Clause

_SQL = sql.statements("consents.sql")


class Fact(NamedTuple):
    """What a party said once: that it gives or withdraws consent to a purpose, to which version of which words."""

    id: UUID | str
    party: UUID | str
    purpose: str
    given: bool
    said_at: datetime
    expires_at: datetime | None
    document_version: str | None
    evidence: str | None
    agreement: UUID | str | None
    recorded_at: datetime
    client: str
    person: str | None


class Resolved(NamedTuple):
    """What holds for one purpose, and the fact that it follows from."""

    purpose: str
    given: bool
    said_at: datetime
    expires_at: datetime | None
    fact_id: str


class Consents:
    """The consents of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, fact: Fact) -> None:
        """Keep what a party said, and what holds of it from now on, in one transaction."""
        values = {**fact._asdict(), "bucket": bucket_of(UUID(str(fact.party)))}
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["add"], values)
            await connection.execute(_SQL["resolve"], values)

    async def facts(self, party: UUID, *, limit: int) -> list[Fact]:
        """Return what a party said, newest first."""
        rows = await self._connections.rows(_SQL["facts"], {"bucket": bucket_of(party), "party": party, "limit": limit})
        return [Fact(*row) for row in rows]

    async def resolved(self, party: UUID, *, at: datetime) -> list[Resolved]:
        """Return what holds for a party at a moment, by purpose."""
        rows = await self._connections.rows(_SQL["resolved"], {"bucket": bucket_of(party), "party": party, "at": at})
        return [Resolved(*row) for row in rows]

    async def holding(self, kind: str, ids: Collection[str], *, purpose: str, at: datetime) -> frozenset[str]:
        """Return of which of these records of a kind the use for a purpose is consented to."""
        clause = consented(kind, purpose, at)
        text = _SQL["holding"].format(consented=clause.text)
        async with self._connections.lend() as connection:
            found = await (await connection.execute(text, (list(ids), *clause.values))).fetchall()
        return frozenset(row[0] for row in found)


def consented(kind: str, purpose: str, at: datetime) -> Clause:
    """Return the SQL of that the use of a record `t` of a kind for a purpose is consented to at a moment.

    A party says it of itself, the engaged party of a role, the owners of everything else; what belongs to nobody is
    nobody's to consent to. Purposes are the same in any letters.
    """
    purpose = purpose.lower()
    if kind in PARTIES:
        return Clause(_SQL["of_party"], (purpose, at, at))
    owners = [each.attribute for each in KINDS[kind].references if each.owner]
    if not owners:
        return NEVER
    return Clause(_SQL["of_owner"], (owners, ENGAGED, list(ROLES), owners, purpose, at, at))
