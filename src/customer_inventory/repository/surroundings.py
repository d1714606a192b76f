"""Surroundings: what stands around a record, found by links: of a customer everything, of parties each other.

Promises: the whole of a customer is one statement on one bucket; only what is kept in another bucket, such as a related
party, takes a second one. As of a moment past, links are read off the documents as they were then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from customer_inventory.ids import bucket_of
from customer_inventory.model.belonging import ENGAGED, PARTIES, ROLES, THINGS, newest_by
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections
from customer_inventory.repository.kinds import KINDS, value_expression

BOUND = 10_000
"""Most links that one question follows."""
MOST_LINKS = 500
_SQL = sql.statements("surroundings.sql")
_PEOPLE = (*PARTIES, *ROLES)


class Near(NamedTuple):
    """A record near another: its kind, content, and what it is sorted by."""

    kind: str
    id: str
    version: int
    document: bytes
    newest: str


class Edge(NamedTuple):
    """A link between two parties or parts: who holds it, in which attribute, at whom it points and as what."""

    source_kind: str
    source_id: str
    attribute: str
    role: str
    target_kind: str
    target_id: str


Kept = dict[str, bool]
"""The kinds that keep a record of some id, and whether it is there (else it was deleted); those where it is first."""


@dataclass(slots=True)
class Around:
    """What stands around a record: its own kind, whom it is about, records by kind with totals, and links to people."""

    root: str | None = None
    subjects: dict[str, str] = field(default_factory=dict)
    records: dict[str, list[Near]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def add(self, record: Near, total: int) -> None:
        """Take in a record, of so many of its kind that were found with it."""
        self.records.setdefault(record.kind, []).append(record)
        self.totals[record.kind] = total


class Surroundings:
    """The surroundings of one inventory's records."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def around(self, identifier: UUID, *, limits: Mapping[str, int]) -> Around:
        """Return what stands around a party or a part that one plays, of each kind in `limits` the newest so many."""
        bucket = bucket_of(identifier)
        values = {
            "bucket": bucket,
            "id": identifier,
            "parties": list(PARTIES),
            "roles": list(ROLES),
            "people": list(_PEOPLE),
            "wanted": list(limits),
            "engaged": ENGAGED,
            "bound": BOUND,
            "most_links": MOST_LINKS,
            **{f"limit_{kind}": limit for kind, limit in limits.items()},
        }
        async with self._connections.lend() as connection:
            rows = await _rows(connection, _whole(tuple(limits)), values)
            around = _around(rows)
            elsewhere: dict[str, list[str]] = {}
            for row in rows:
                if row[0] == "elsewhere":
                    elsewhere.setdefault(row[1], []).append(row[2])
            if elsewhere:
                await _add_elsewhere(connection, around, elsewhere, limits)
        return around

    async def then(self, ids: Mapping[str, Collection[str]], *, as_of: datetime) -> list[Near]:
        """Return the records of these ids, by kind, as they were."""
        wanted = {kind: sorted(of_kind) for kind, of_kind in ids.items() if of_kind}
        if not wanted:
            return []
        text = " union all ".join(_piece("records_then", kind) for kind in wanted)
        values = {"as_of": as_of, **{f"ids_{kind}": of_kind for kind, of_kind in wanted.items()}}
        async with self._connections.lend() as connection:
            return [Near(*row) for row in await _rows(connection, text, values)]

    async def now(self, ids: Mapping[str, Collection[str]]) -> list[Near]:
        """Return the records of these ids, by kind."""
        wanted = {kind: sorted(of_kind) for kind, of_kind in ids.items() if of_kind}
        if not wanted:
            return []
        around = Around()
        async with self._connections.lend() as connection:
            await _add_elsewhere(connection, around, wanted, {kind: len(of_kind) for kind, of_kind in wanted.items()})
        return [record for records in around.records.values() for record in records]

    async def sources(
        self, ids: Collection[str], *, kinds: Sequence[str], former: bool, bound: int = BOUND
    ) -> dict[str, set[str]]:
        """Return who points at records, by kind; with `former` also who did once."""
        found: dict[str, set[str]] = {}
        values = {"ids": list(ids), "kinds": list(kinds), "former": former, "bound": bound}
        async with self._connections.lend() as connection:
            for kind, identifier in await _rows(connection, _SQL["sources"], values):
                found.setdefault(kind, set()).add(identifier)
        return found

    async def kept(self, ids: Iterable[UUID], *, kinds: Iterable[str]) -> dict[UUID, Kept]:
        """Return of which of these kinds the records of these ids are; those that never were are left out."""
        async with self._connections.lend() as connection:
            found = await kept_on(connection, map(str, ids), kinds=kinds)
        return {UUID(identifier): of_one for identifier, of_one in found.items()}

    async def edges(self, ids: Collection[str], *, kinds: Sequence[str], bound: int = BOUND) -> list[Edge]:
        """Return the links between records of these kinds at whose one end one of these records stands."""
        values = {"ids": list(ids), "kinds": list(kinds), "bound": bound}
        async with self._connections.lend() as connection:
            return [Edge(*row) for row in await _rows(connection, _SQL["edges"], values)]


async def kept_on(connection: Connection, ids: Iterable[str], *, kinds: Iterable[str]) -> dict[str, Kept]:
    """Return the same as `Surroundings.kept`, ids as texts, as the transaction of a connection sees it."""
    wanted = sorted(kinds)
    text = " union all ".join([*(_SQL["held"].replace("{kind}", kind) for kind in wanted), _SQL["gone"]])
    found: dict[str, Kept] = {}
    rows = await _rows(connection, text, {"ids": list(ids), "kinds": wanted})
    for kind, identifier, held in sorted(rows, key=lambda row: not row[2]):
        found.setdefault(identifier, {}).setdefault(kind, held)
    return found


def _whole(kinds: tuple[str, ...]) -> str:
    roots = " union all ".join(_SQL["root"].replace("{kind}", kind) for kind in _PEOPLE)
    parts = [
        _SQL["whole"].replace("{roots}", roots),
        *(_piece("people_near" if kind in _PEOPLE else "records_near", kind) for kind in kinds),
    ]
    return " union all ".join(parts)


def _piece(name: str, kind: str) -> str:
    return _SQL[name].replace("{kind}", kind).replace("{newest}", _newest(kind))


def _newest(kind: str) -> str:
    """The expression that says how new a record is: by its own date, else by its id, which begins with its time."""
    path = newest_by(KINDS[kind]) if kind in THINGS else None
    return value_expression(KINDS[kind].attributes[path]) if path else "r.id"


async def _rows(connection: Connection, text: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return await (await connection.execute(text, values, prepare=False)).fetchall()


def _around(rows: Sequence[tuple[Any, ...]]) -> Around:
    around = Around()
    for what, kind, identifier, version, document, newest, total, attribute, role, subject, inward in rows:
        if what == "root":
            around.root = kind
        elif what == "subject":
            around.subjects[identifier] = kind
        elif what == "record":
            around.add(Near(kind, identifier, version, document, newest), total)
        elif what == "link":
            of = around.subjects[subject]
            edge = (kind, identifier, of, subject) if inward else (of, subject, kind, identifier)
            around.edges.append(Edge(edge[0], edge[1], attribute, role, edge[2], edge[3]))
    return around


async def _add_elsewhere(
    connection: Connection, around: Around, ids: Mapping[str, Sequence[str]], limits: Mapping[str, int]
) -> None:
    text = " union all ".join(_piece("records_of", kind) for kind in ids)
    values = {f"ids_{kind}": of_kind for kind, of_kind in ids.items()} | {f"limit_{kind}": limits[kind] for kind in ids}
    rows = await _rows(connection, text, values)
    totals = {row[1]: row[6] for row in rows}
    before = dict(around.totals)
    for row in rows:
        around.add(Near(*row[1:6]), 0)
    for kind, total in totals.items():
        around.totals[kind] = before.get(kind, 0) + total
        around.records[kind].sort(key=lambda record: (record.newest, record.id), reverse=True)
        del around.records[kind][limits[kind] :]
