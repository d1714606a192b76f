"""What the indexes serve now: each resource with those of its attributes searchable that have a valid index.

A filter or sort is compiled for what is there. An index that is being built, failed half-way or was dropped serves
nothing, whatever the catalogue asks for. Whether one is there changes how long an answer takes, never what it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from customer_inventory.model import Resource
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections, QueryTooCostly
from customer_inventory.repository.kinds import KINDS, indexable, indexes_of

LATE_S = 0.5
"""So many seconds may pass until an index that came or went is known here."""

_SQL = sql.statements("indexing.sql")


async def standing(connections: Connections) -> dict[str, bool]:
    """Return the indexes of attributes that exist, by name: whether each is whole. One look, below 1 ms."""
    async with connections.lend() as connection:
        cursor = await connection.execute(_SQL["standing"], (list(KINDS),))
        return dict(await cursor.fetchall())


class Served:
    """The searchable attributes of one inventory as they have their indexes; `seconds` counts on whatever happens."""

    def __init__(self, connections: Connections, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._seconds = seconds
        self._looked_at = -LATE_S
        self._looking = asyncio.Lock()
        self._standing: Mapping[str, bool] | None = None
        self._resources: dict[str, Resource] = {}

    async def resource(self, kind: str) -> Resource:
        """Return the resource of a kind, its attributes searchable if their indexes are there. Raises KeyError."""
        if self._seconds() - self._looked_at >= LATE_S:
            await self._look()
        found = self._resources.get(kind)
        if found is None:
            there = self._standing
            found = self._resources[kind] = KINDS[kind] if there is None else _served(KINDS[kind], there)
        return found

    async def _look(self) -> None:
        if self._looking.locked() and self._standing is not None:
            return  # somebody looks: what was known a moment ago will do
        async with self._looking:
            began = self._seconds()
            if began - self._looked_at < LATE_S:
                return
            # A look that takes too long is given up: the last one tells nearly the same, and the query comes first.
            with suppress(QueryTooCostly):
                found = await standing(self._connections)
                if found != self._standing:
                    self._standing, self._resources = found, {}
            self._looked_at = began


def _served(resource: Resource, there: Mapping[str, bool]) -> Resource:
    asked = indexable(resource) if any(name.startswith(f"{resource.kind}_asked_") for name in there) else ()
    paths = tuple(
        path
        for path in dict.fromkeys((*resource.searchable, *asked))
        if all(there.get(index.name) for index in indexes_of(resource, path))
    )
    return resource if paths == resource.searchable else replace(resource, searchable=paths)
