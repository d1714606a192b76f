"""Gaps: what the stored records of a kind have and lack, counted in a sample of them, on a connection of its own.

A sample of a hundred thousand tells a share to within a third of a percent, nineteen times in twenty; a whole table of
millions would be read for minutes. What is small is read whole.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.connections import Connection, QueryTooCostly, RepositoryUnavailable, connect
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.restrictions import UseFor, restricting

SAMPLE = 100_000
TRAIL_SAMPLE = 1_000_000
"""How many accesses are looked at: they are short, and what is seldom used is what is looked for."""
_SQL = sql.statements("gaps.sql")
_MOST_GROUPS = 200
_MOST_NAMES = 1000
_MOST_USES = 10_000
_PATIENCE_MS = 60_000


class Covered(NamedTuple):
    """Records of one source and segment, and how many of them have what stands at each place."""

    source: str
    segment: str
    records: int
    having: tuple[int, ...]


class Used(NamedTuple):
    """An attribute that a client asked for by name: in how many accesses, of those looked at, and when the last was."""

    attribute: str
    client_id: str
    accesses: int
    last: datetime


class Uses(NamedTuple):
    """Accesses to the records of a kind that were looked at: a `share` in percent, those of whole records, by name."""

    share: float
    whole: int
    named: tuple[Used, ...]


class Seen(NamedTuple):
    """A name that was found: where, the JSON type of its values, who brought it, in how many records, one of them."""

    path: str
    name: str
    type: str
    source: str
    records: int
    example: str


class Look:
    """The records of one kind, or class of entity, as they are looked at: a `share` of them, in percent."""

    def __init__(
        self, connection: Connection, kind: str, named: str | None, share: float, use: UseFor | None = None
    ) -> None:
        self._connection = connection
        self._sampled = _SQL["sampled"].format(kind=kind, share=f"{share:.4f}")
        self._class = None if named is None else f"@type={named}"
        self._use = use
        self.share = share

    async def coverage(self, ways: Sequence[str], *, segment: str) -> tuple[Covered, list[Covered]]:
        """Return how many records have anything at the SQL/JSON paths `ways`: of all, and by source and `segment`.

        Of those groups only the largest `_MOST_GROUPS` are told.
        """
        places = {f"way{number}": way for number, way in enumerate(ways)}
        counts = "".join(f", {_SQL['covered'].format(way=name)}" for name in places)
        values = {**places, "segment": segment, "most": _MOST_GROUPS}
        rows = await self._rows(_SQL["coverage"].format(counts=counts), values)
        total, *parts = (Covered(source, value, records, tuple(having)) for source, value, records, *having in rows)
        return total, parts

    async def unknown(self, paths: Sequence[str], *, known: Collection[str]) -> list[Seen]:
        """Return the attributes in the objects at `paths` that are none of the `known` ones."""
        ways = ["$" + "".join(f'."{name}"' for name in path.split(".") if name) + "[*]" for path in paths]
        values = {"ways": ways, "paths": list(paths), "known": array(known), "most": _MOST_NAMES}
        return [Seen(*row) for row in await self._rows(_SQL["unknown"].format(), values)]

    async def characteristics(self, paths: Sequence[str], *, known: Collection[str]) -> list[Seen]:
        """Return the characteristics in the arrays at `paths` that are none of the `known`."""
        values = {"paths": list(paths), "known": array(known), "most": _MOST_NAMES}
        return [Seen(*row) for row in await self._rows(_SQL["characteristics"], values)]

    async def uses(self, kind: str, *, since: datetime) -> Uses:
        """Return which attributes of a kind's records were asked for by name since a moment, by the access trail."""
        share = await _share(self._connection, "trail", sample=TRAIL_SAMPLE)
        values = {"kind": kind, "since": since, "most": _MOST_USES}
        rows = await (await self._connection.execute(_SQL["used"].format(share=f"{share:.4f}"), values)).fetchall()
        found = [Used(*row) for row in rows]
        return Uses(share, sum(each.accesses for each in found if not each.attribute), tuple(filter(_is_named, found)))

    async def _rows(self, statement: str, values: Mapping[str, Any]) -> list[Any]:
        asked = {**values, "class": self._class, **restricting(self._use)}
        return await (await self._connection.execute(f"{self._sampled}\n{statement}", asked)).fetchall()


class Gaps:
    """Looks at the records of one inventory."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    @asynccontextmanager
    async def look(self, kind: str, *, named: str | None = None, use: UseFor | None = None) -> AsyncGenerator[Look]:
        """Look at the records of a kind within that may be used so; `named` is the class of entity that is meant.

        Raises KeyError for no kind, QueryTooCostly and RepositoryUnavailable.
        """
        if kind not in KINDS:
            raise KeyError(kind)
        connection = await connect(self._conninfo, statement_timeout_ms=_PATIENCE_MS)
        try:
            yield Look(connection, kind, named, await _share(connection, kind, sample=SAMPLE), use)
        except psycopg.errors.QueryCanceled as error:
            raise QueryTooCostly from error
        except psycopg.OperationalError as error:
            raise RepositoryUnavailable from error
        finally:
            connection.pgconn.finish()


async def _share(connection: Connection, table: str, *, sample: int) -> float:
    """Return the percentage of a table's rows that is looked at, about `sample` of them: 100 where there are fewer."""
    row = await (await connection.execute(_SQL["about"], (table,))).fetchone()
    about = int(row[0]) if row else 0
    return min(100.0, 100.0 * sample / about) if about > sample else 100.0


def _is_named(used: Used) -> bool:
    return bool(used.attribute)
