"""The journal's access trail: append-only, many entries in one durable statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.connections import Connections, QueryTooCostly, RepositoryUnavailable

_SQL = sql.statements("changes.sql")


class TrailEntry(NamedTuple):
    """Who did or was shown what, for which purpose.

    `record_ids` are canonical id texts, every one that was shown; `attributes` those that were asked for by name.
    """

    id: UUID
    at: datetime
    client_id: str
    person: str | None
    purpose: str
    verb: str
    kind: str
    outcome: str
    record_ids: tuple[str, ...]
    request_id: str
    attributes: tuple[str, ...] = ()


class Journal:
    """The access trail of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def append(self, entries: Sequence[TrailEntry]) -> None:
        """Write the entries in one statement that is durable when this returns.

        Raises RepositoryUnavailable, also when it takes too long: the queries of those who wait are not to blame.
        """
        ids, at, clients, people, purposes, verbs, kinds, outcomes, records, requests, named = zip(
            *entries, strict=True
        )
        columns = (
            map(str, ids),
            map(datetime.isoformat, at),
            clients,
            [person or "" for person in people],
            purposes,
            verbs,
            kinds,
            outcomes,
            ["{" + ",".join(shown) + "}" for shown in records],
            requests,
            [array(attributes) if attributes else "" for attributes in named],
        )
        values = [array(column) for column in columns]
        try:
            async with self._connections.lend() as connection:
                await connection.execute(_SQL["append_trail"], values, prepare=True)
        except QueryTooCostly as error:
            raise RepositoryUnavailable("The access trail could not be written in time. Try again.") from error

    async def of_request(self, request_id: str) -> list[tuple[str, str, str, list[str]]]:
        """Return what the trail holds of one request: (verb, kind, outcome, ids) of each entry."""
        async with self._connections.lend() as connection:
            cursor = await connection.execute(_SQL["trail_of"], (request_id,))
            return [(row[0], row[1], row[2], row[3]) for row in await cursor.fetchall()]
