"""Gaps: what the stored records of a kind have and lack, counted in a sample of them, on a connection of its own.

A sample of a hundred thousand tells a share to within a third of a percent, nineteen times in twenty; a whole table of
millions would be read for minutes. What is small is read whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import psycopg

from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.connections import Connection, QueryTooCostly, RepositoryUnavailable, connect
from customer_inventory.repository.kinds import KINDS

SAMPLE = 100_000
_SQL = sql.statements("gaps.sql")
_MOST_GROUPS = 200
_MOST_NAMES = 1000
_PATIENCE_MS = 60_000


class Covered(NamedTuple):
    """Records of one source and segment, and how many of them have what stands at each place."""

    source: str
    segment: str
    records: int
    having: tuple[int, ...]


class Seen(NamedTuple):
    """A name that was found: where, the JSON type of its values, who brought it, in how many records, one of them."""

    path: str
    name: str
    type: str
    source: str
    records: int
    example: str


class Gaps:
    """Looks at the records of one inventory."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    async def share(self, kind: str) -> float:
        """Return the percentage of the records of a kind that is looked at; 100 of few. Raises as `coverage`."""
        connection = await connect(self._conninfo, statement_timeout_ms=_PATIENCE_MS)
        try:
            return await _share(connection, kind)
        finally:
            connection.pgconn.finish()

    async def coverage(
        self, kind: str, ways: Sequence[str], *, segment: str, named: str | None = None
    ) -> list[Covered]:
        """Return how many records have anything at the SQL/JSON paths `ways`, by source and by the value of `segment`.

        `named` is the class of entity that is meant. Raises QueryTooCostly and RepositoryUnavailable.
        """
        counts = ", ".join([_SQL["covered"]] * len(ways)) or "0"
        statement = _SQL["coverage"].format(counts=counts)
        rows = await self._rows(kind, statement, [segment, *ways, _MOST_GROUPS], named=named)
        return [Covered(source, value, records, tuple(having)) for source, value, records, *having in rows]

    async def unknown(
        self, kind: str, paths: Sequence[str], *, known: Collection[str], named: str | None = None
    ) -> list[Seen]:
        """Return the attributes in the objects at `paths` that are none of the `known` ones. Raises as `coverage`."""
        ways = ["$" + "".join(f'."{name}"' for name in path.split(".") if name) + "[*]" for path in paths]
        values = {"ways": ways, "paths": list(paths), "known": array(known), "most": _MOST_NAMES}
        rows = await self._rows(kind, _SQL["unknown"].format(), values, named=named)
        return [Seen(*row) for row in rows]

    async def characteristics(
        self, kind: str, paths: Sequence[str], *, known: Collection[str], named: str | None = None
    ) -> list[Seen]:
        """Return the characteristics in the arrays at `paths` that are none of the `known`. Raises as `coverage`."""
        values = {"paths": list(paths), "known": array(known), "most": _MOST_NAMES}
        rows = await self._rows(kind, _SQL["characteristics"], values, named=named)
        return [Seen(*row) for row in rows]

    async def _rows(self, kind: str, statement: str, values: Any, *, named: str | None) -> list[Any]:
        if kind not in KINDS:
            raise KeyError(kind)
        connection = await connect(self._conninfo, statement_timeout_ms=_PATIENCE_MS)
        try:
            share = await _share(connection, kind)
            sampled = _SQL["sampled"].format(kind=kind, share=f"{share:.4f}")
            of_class = None if named is None else f"@type={named}"
            if isinstance(values, dict):
                return await (
                    await connection.execute(f"{sampled}\n{statement}", {**values, "class": of_class})
                ).fetchall()
            sampled = sampled.replace("%(class)s", "%s")
            return await (await connection.execute(f"{sampled}\n{statement}", [of_class, of_class, *values])).fetchall()
        except psycopg.errors.QueryCanceled as error:
            raise QueryTooCostly from error
        except psycopg.OperationalError as error:
            raise RepositoryUnavailable from error
        finally:
            connection.pgconn.finish()


async def _share(connection: Connection, kind: str) -> float:
    """Return the percentage of a kind's table that is read."""
    row = await (await connection.execute(_SQL["about"], (kind,))).fetchone()
    about = int(row[0]) if row else 0
    return min(100.0, 100.0 * SAMPLE / about) if about > SAMPLE else 100.0
