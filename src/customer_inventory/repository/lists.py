"""Lists of records: one page, with the edges from which the next is found and the total of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

import msgspec
import psycopg

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import Resource
from customer_inventory.model.filtering import Term
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections, QueryTooCostly, speaks_of_data
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.order import InvalidCursor, cursor_of
from customer_inventory.repository.query import Compiled, Fence, Query, Statement, compile_query, without_index
from customer_inventory.repository.records import Record
from customer_inventory.repository.served import Served
from customer_inventory.repository.unions import compile_union
from customer_inventory.repository.values import Clause

_LOOKED_AT = 100
"""How many entries of the feed `written_since` tells about (schema.sql)."""
_MOVE_ON_AFTER = 50
_TOTALS_KEPT = 1000
_FEW = 1000
"""Of so many records at the most the page of a filter is found through the index of terms, and then sorted."""
_NAMED = 5


class ValueNotComparable(InventoryError):
    """A value of the query cannot be compared with what the attribute holds.

    Check the values of filters and cursors against the attribute's type.
    """

    code = "value-not-comparable"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Total:
    """How many records a query has; `exact` is False when it was estimated because counting went past the bound."""

    number: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its records, the total, and the cursors of its first and last row where more lies beyond them.

    `kinds` are the kinds of its records in a list of several.
    """

    records: list[Record]
    total: Total
    first: str | None
    last: str | None
    more_before: bool
    more_after: bool
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Count:
    """How many records a kind or a filter had at a place of the feed."""

    number: int
    place: int


class _Written(NamedTuple):
    """What became of a kind since a place of the feed; of more entries than `_LOOKED_AT` only that they are more."""

    entries: int
    of_kind: int
    came: int
    settled: int
    place: int


_Key = tuple[str, tuple[Term, ...], tuple[Fence, ...], str | None]
_Since = tuple[_Count, _Written]
"""A total of before, and what was written since its place."""


class Lists:
    """The lists of one inventory."""

    def __init__(self, connections: Connections, served: Served, *, count_bound: int = 50_000) -> None:
        self._connections = connections
        self._served = served
        self._bound = count_bound
        self._counts: dict[str, _Count] = {}
        self._totals: dict[_Key, _Count] = {}

    async def page(self, kind: str, query: Query) -> Page:
        """Return one page of the records that `query` asks for.

        Raises InvalidCursor, ValueNotComparable, or QueryTooCostly when it cannot be answered in time.
        """
        resource = await self._served.resource(kind)
        compiled = compile_query(resource, query, count_bound=self._bound)
        known = self._counted_before(kind, query)
        page, prepare = _page_statement(kind, query, compiled, known)
        async with self._connections.lend() as connection:
            try:
                rows = await connection.rows(page.text, page.parameters, prepare=prepare)
                await _check_place(connection, compiled, rows)
                total = self._told(query, len(rows))
                if total is None:
                    since = (known, await _written(connection, kind, known, rows)) if known else None
                    total = await self._total(connection, kind, query, compiled, since)
            except psycopg.DataError as error:
                if speaks_of_data(error):
                    raise ValueNotComparable from error
                raise
            except psycopg.errors.QueryCanceled as error:
                raise _too_costly(resource, query) from error
        return _page(query, compiled, rows, total)

    async def page_of(self, kinds: Sequence[str], query: Query) -> Page:
        """Return one page of the records of several kinds, which stand in `Page.kinds`. Raises what `page` does."""
        resources = [await self._served.resource(kind) for kind in kinds]
        compiled = compile_union(resources, query, count_bound=self._bound)
        async with self._connections.lend() as connection:
            try:
                page = compiled.page
                rows = await connection.rows(page.text, page.parameters, prepare=False)
                await _check_place(connection, compiled, rows)
                total = self._told(query, len(rows)) or await self._counted(connection, compiled)
            except psycopg.DataError as error:
                if speaks_of_data(error):
                    raise ValueNotComparable from error
                raise
            except psycopg.errors.QueryCanceled as error:
                raise _too_costly(resources[0], query) from error
        kinds_of = {row[0]: row[-1] for row in rows}
        found = _page(query, compiled, rows, total)
        return replace(found, kinds=tuple(kinds_of[record.id] for record in found.records))

    def _told(self, query: Query, found: int) -> Total | None:
        """The total, when the page itself tells it: it is the last, and not by cursor."""
        whole = found <= query.limit and (found > 0 or query.offset == 0)
        return Total(query.offset + found) if whole and query.after is None and query.before is None else None

    def _counted_before(self, kind: str, query: Query) -> _Count | None:
        """What is remembered of the total of a query, to be asked for what was written since with its page."""
        if not query.narrowed:
            return self._counts.get(kind)
        return self._totals.get(_key(kind, query)) if _is_remembered(query) else None

    async def _total(
        self, connection: Connection, kind: str, query: Query, compiled: Compiled, since: _Since | None
    ) -> Total:
        if not query.narrowed:
            return Total(await self._count_on(connection, kind, since))
        if _is_remembered(query):
            return await self._remembered(connection, kind, query, compiled, since)
        return await self._counted(connection, compiled)

    async def _remembered(
        self, connection: Connection, kind: str, query: Query, compiled: Compiled, since: _Since | None
    ) -> Total:
        """The total of a filter: the one that was counted before, while nothing of the kind was written since.

        Whoever pages through a list asks for the same total with every page; counting costs more than the page itself.
        """
        key = _key(kind, query)
        self._totals.pop(key, None)
        if since is not None and not since[1].of_kind and since[1].entries <= _LOOKED_AT:
            number, place = since[0].number, since[1].place
        else:
            number, place = await _one(connection, compiled.count_at, prepare=False)
            if number > self._bound:
                return await self._estimated(connection, compiled, number)
        self._totals[key] = _Count(number, place)
        if len(self._totals) > _TOTALS_KEPT:
            del self._totals[next(iter(self._totals))]
        return Total(number)

    async def _counted(self, connection: Connection, compiled: Compiled) -> Total:
        (number,) = await _one(connection, compiled.count, prepare=False)
        return Total(number) if number <= self._bound else await self._estimated(connection, compiled, number)

    async def _estimated(self, connection: Connection, compiled: Compiled, counted: int) -> Total:
        """The total of a query of which more were counted than the bound."""
        plan = await _one(connection, compiled.estimate, prepare=False)
        return Total(max(counted, _planned_rows(plan)), exact=False)

    async def _count_on(self, connection: Connection, kind: str, since: _Since | None) -> int:
        """Count all records of a kind once, then only what the feed says came and went since: exact, and cheap."""
        statements = _statements(kind)
        if since is not None and since[1].entries <= _LOOKED_AT:
            known, (entries, _, came, settled, place) = since
        else:
            known = since[0] if since else _Count(*await _one(connection, Statement(statements["total"], ())))
            came, settled, place, entries = await _one(connection, Statement(statements["total_since"], (known.place,)))
        if place is not None and (since is None or entries >= _MOVE_ON_AFTER):
            self._counts[kind] = _Count(known.number + settled, place)
        elif since is None:
            self._counts[kind] = known
        return known.number + int(came)


def _page(query: Query, compiled: Compiled, rows: list[tuple[Any, ...]], total: Total) -> Page:
    """The page that `rows` make, of which one more than asked for says that there are more."""
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    if compiled.backwards:
        rows.reverse()
    paged = query.after is not None or query.offset > 0
    return Page(
        records=[Record._make(row[:3]) for row in rows],
        total=total,
        first=cursor_of(rows[0], query.sort) if rows else None,
        last=cursor_of(rows[-1], query.sort) if rows else None,
        more_before=more if compiled.backwards else paged,
        more_after=more or compiled.backwards,
    )


async def _check_place(connection: Connection, compiled: Compiled, rows: list[tuple[Any, ...]]) -> None:
    """Return if an empty page is the end. Raises InvalidCursor if the record is gone that tells where it begins."""
    if rows or compiled.place is None:
        return
    (found,) = await _one(connection, compiled.place, prepare=False)
    if not found:
        raise InvalidCursor("The record at which the page before ended is gone. Begin again with the first page.")


def _too_costly(resource: Resource, query: Query) -> QueryTooCostly:
    """The error that says what to make searchable, so that the list can be answered in time."""
    unserved = without_index(resource, query)[:_NAMED]
    if not unserved:
        return QueryTooCostly()
    named = ", ".join(f"{resource.name}.{path}" for path in unserved)
    return QueryTooCostly(
        "The query took longer than the repository allows. "
        f"Mark {named} searchable, or narrow the query by an equality filter."
    )


@cache
def _statements(kind: str) -> dict[str, str]:
    if kind not in KINDS:
        raise KeyError(kind)
    named = sql.statements("list.sql")
    return {name: named[name].replace("{kind}", kind) for name in ("total", "total_since", "written_since")}


def _key(kind: str, query: Query) -> _Key:
    return kind, query.conditions, query.fences, query.name


def _is_remembered(query: Query) -> bool:
    """Whether the total of a filter is: not where something changes it of which the feed does not tell."""
    return query.as_of is None and query.use is None


def _page_statement(kind: str, query: Query, compiled: Compiled, known: _Count | None) -> tuple[Statement, bool | None]:
    """The statement of a page, and whether it stays prepared: None when it is asked for often.

    Filters are not prepared: a plan for these values beats a generic one by far on skewed attributes. But planning
    takes a fifth of such a list, so a filter by terms that is known to find few is: there is one good plan for it.
    Without filters there is one, too, along the index of the sort.
    """
    few = compiled.for_few if known and query.narrowed and known.number <= _FEW else None
    page = few or compiled
    statement = page.page_with(_column_since(kind, known)) if known else page.page
    return statement, None if few or not query.narrowed else False


def _column_since(kind: str, known: _Count) -> Clause:
    """The column of a page that tells what was written since a total was counted."""
    return Clause(f", ({_statements(kind)['written_since']})", (known.place,))


async def _written(connection: Connection, kind: str, known: _Count, rows: list[tuple[Any, ...]]) -> _Written:
    """What was written since a total was counted: a page says it in each row, of an empty one it is asked for."""
    if rows:
        (told,) = rows[0][-1:]
    else:
        (told,) = await _one(connection, Statement(_statements(kind)["written_since"], (known.place,)))
    return _Written(*map(int, told.split()))


async def _one(connection: Connection, statement: Statement, *, prepare: bool = True) -> tuple[Any, ...]:
    """Return the one row of a statement that always has one."""
    (row,) = await connection.rows(statement.text, statement.parameters, prepare=prepare)
    return row


def _planned_rows(row: tuple[object, ...] | None) -> int:
    plan = row[0] if row else None
    if isinstance(plan, bytes | str):
        plan = msgspec.json.decode(plan)
    return int(plan[0]["Plan"]["Plan Rows"]) if isinstance(plan, list) else 0
