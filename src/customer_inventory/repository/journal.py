"""The journal's access trail: append-only, many entries in one durable statement."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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


class Sighting(NamedTuple):
    """An entry of the trail that shows a record: who did or saw what, through which client, by which name.

    `attributes` are those asked for by name, None where the whole record was; `records` is how many the entry shows.
    """

    id: str
    at: datetime
    client_id: str
    client: str
    person: str | None
    purpose: str
    verb: str
    kind: str
    outcome: str
    request_id: str
    attributes: list[str] | None
    records: int


class Seen(NamedTuple):
    """How often somebody did the same to any of some records of a kind, from when to when.

    `attributes` are all that were asked for by name; `whole` is whether whole records were seen or written too.
    """

    client_id: str
    client: str
    person: str | None
    purpose: str
    verb: str
    kind: str
    outcome: str
    times: int
    first: datetime
    last: datetime
    attributes: list[str] | None
    whole: bool


class SightingQuery(NamedTuple):
    """What is asked of the trail about one record; None lets everything pass, `after` is the entry before the page."""

    record: UUID
    limit: int
    client: str | None = None
    verb: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: UUID | None = None


class Journal:
    """The access trail of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def append(self, entries: Sequence[TrailEntry], seeds: bytes) -> None:
        """Write the entries in one statement that is durable when this returns.

        `seeds` has 16 random bytes for each: PostgreSQL without OpenSSL would open /dev/urandom for every one. Raises
        RepositoryUnavailable, also when it takes too long: the queries of those who wait are not to blame.
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
            [seeds[at : at + 16].hex() for at in range(0, 16 * len(entries), 16)],
        )
        values = [array(column) for column in columns]
        try:
            async with self._connections.lend() as connection:
                await connection.execute(_SQL["append_trail"], values, prepare=True)
        except QueryTooCostly as error:
            raise RepositoryUnavailable("The access trail could not be written in time. Try again.") from error

    async def sightings(self, query: SightingQuery) -> list[Sighting]:
        """Return the entries that show a record, newest first."""
        async with self._connections.lend() as connection:
            rows = await (await connection.execute(_SQL["sightings"], query._asdict())).fetchall()
        return [Sighting(*row) for row in rows]

    async def seen(self, records: Collection[str], *, since: datetime | None, limit: int) -> list[Seen]:
        """Return who saw or wrote any of these records, the last one first."""
        values = {"records": list(records), "since": since, "limit": limit}
        async with self._connections.lend() as connection:
            rows = await (await connection.execute(_SQL["sightings_together"], values)).fetchall()
        return [Seen(*row) for row in rows]

    async def of_request(self, request_id: str) -> list[tuple[str, str, str, list[str]]]:
        """Return what the trail holds of one request: (verb, kind, outcome, ids) of each entry."""
        async with self._connections.lend() as connection:
            cursor = await connection.execute(_SQL["trail_of"], (request_id,))
            return [(row[0], row[1], row[2], row[3]) for row in await cursor.fetchall()]
