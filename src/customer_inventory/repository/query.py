"""Lists: filters, sorts and pages compiled to SQL with bound parameters; nothing is filtered in Python.

A page is found by offset or by keyset: the sort values and id of the page's edge travel in an opaque cursor, so a page
at any depth costs the same. Totals are exact: unfiltered ones are counted on from the feed, filtered ones are counted
up to a bound and estimated beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from customer_inventory.model import Resource
from customer_inventory.model.filtering import Term
from customer_inventory.repository import sql
from customer_inventory.repository.conditions import of_few, term_clause, unserved
from customer_inventory.repository.consents import consented
from customer_inventory.repository.order import Ground, Key, Sort, edge, order, place_of
from customer_inventory.repository.restrictions import UseFor, unrestricted
from customer_inventory.repository.search import fold
from customer_inventory.repository.values import ALWAYS, Clause, conjunction, disjunction

_SQL = sql.statements("list.sql")
_INDEXED = 3
"""How many letters of a word the index of names needs."""


class ConsentTo(NamedTuple):
    """That the use for a purpose is consented to at a moment."""

    purpose: str
    at: datetime


class Hold(NamedTuple):
    """Terms that must all hold of a record, and the consent that there must be to its use, if any."""

    terms: tuple[Term, ...]
    consent: ConsentTo | None = None


@dataclass(frozen=True, slots=True)
class Fence:
    """What all records of a kind must hold to be found, whatever is asked for: one of the alternatives.

    In a list of a former moment they must hold it as they were and as they are.
    """

    kind: str
    alternatives: tuple[Hold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a list asks for. `name` searches by name; `after` and `before` are cursors of a former page."""

    conditions: tuple[Term, ...] = ()
    name: str | None = None
    sort: tuple[Sort, ...] = ()
    limit: int = 20
    offset: int = 0
    after: str | None = None
    before: str | None = None
    as_of: datetime | None = None
    fences: tuple[Fence, ...] = ()
    use: UseFor | None = None
    """For what records must be unrestricted, where any are restricted."""

    @property
    def narrowed(self) -> bool:
        """Whether the list is anything but all records of the kind as they are now."""
        return bool(self.conditions or self.name or self.as_of or self.fences or self.use)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its bound parameters."""

    text: str
    parameters: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query as SQL. Its page is always asked for; its counts are put together when they are."""

    query: Query
    ground: Ground
    where: Clause
    keys: str
    beyond: Clause
    order: str
    count_bound: int

    @property
    def backwards(self) -> bool:
        """Whether the page is read from its end."""
        return self.query.before is not None

    @property
    def page(self) -> Statement:
        """The page: id, version, document, bucket and the values it is sorted by of each record."""
        return self.page_with(Clause(""))

    @property
    def for_few(self) -> Compiled | None:
        """The same with a page that may stay prepared where few are found; None where its plan needs the values."""
        where = of_few(self.where)
        return replace(self, where=where) if where else None

    def page_with(self, column: Clause) -> Statement:
        """Return the page with another column at the end of each row."""
        limit, offset = self.query.limit + 1, self.query.offset
        text = _SQL["page"].format(
            columns=self.keys + column.text,
            source=self.ground.source.text,
            where=f"{self.where.text} and {self.beyond.text}",
            order=self.order,
            limit=f"{limit:d} offset %s" if offset else f"{limit:d}",
        )
        return Statement(text, (*column.values, *self._narrowing, *self.beyond.values, *((offset,) if offset else ())))

    @property
    def all(self) -> Statement:
        """Every record, in no order: id, version and document."""
        text = _SQL["all"].format(source=self.ground.source.text, where=self.where.text)
        return Statement(text, self._narrowing)

    def shuffled(self, key: bytes) -> Statement:
        """Return the same in an order that a key makes."""
        text = _SQL["all_shuffled"].format(source=self.ground.source.text, where=self.where.text)
        return Statement(text, (*self._narrowing, key))

    @property
    def count(self) -> Statement:
        """How many records there are, up to one more than the bound."""
        return self._counting("count")

    @property
    def count_at(self) -> Statement:
        """The same, with the settled place of the feed at which it holds."""
        return self._counting("count_at")

    @property
    def estimate(self) -> Statement:
        """How many records the planner expects."""
        return Statement(
            _SQL["estimate"].format(source=self.ground.source.text, where=self.where.text), self._narrowing
        )

    @property
    def place(self) -> Statement | None:
        """Whether the record is there at which the page before ended, where the cursor leaves its value to it."""
        query = self.query
        place = place_of(query.before if query.before is not None else query.after, query.sort)
        if place is None:
            return None
        source, fence = self.ground
        text = _SQL["has_place"].format(source=source.text, fence=fence.text)
        return Statement(text, (*source.values, *place, *fence.values))

    @property
    def _narrowing(self) -> tuple[Any, ...]:
        return (*self.ground.source.values, *self.where.values)

    def _counting(self, name: str) -> Statement:
        text = _SQL[name].format(source=self.ground.source.text, where=self.where.text)
        return Statement(text, (*self._narrowing, self.count_bound + 1))


def compile_query(resource: Resource, query: Query, *, count_bound: int) -> Compiled:
    """Compile `query` over the records of `resource`, whose searchable attributes are those with an index now.

    Raises InvalidCursor for a cursor that is not of this sort, and what `conditions.term_clause` raises.
    """
    source, given = source_of(resource.kind, query.as_of)
    fence = conjunction(fenced(resource, query))
    conditions = [term_clause(resource, term, past=query.as_of is not None) for term in query.conditions]
    where = conjunction([*conditions, *_named(query.name), *([fence] if query.fences or query.use else [])])
    keys = [Key.of(resource, sort) for sort in query.sort]
    return composed(query, Clause(source, given), where, keys, count_bound=count_bound, fence=fence)


def fenced(resource: Resource, query: Query) -> list[Clause]:
    """Return what the fences of a query demand of the records of a kind, and restrictions."""
    past = query.as_of is not None
    found = [
        disjunction([_held(resource, hold, past=past) for hold in fence.alternatives])
        for fence in query.fences
        if fence.kind == resource.kind
    ]
    return [*found, unrestricted(query.use)] if query.use else found


def _held(resource: Resource, hold: Hold, *, past: bool) -> Clause:
    terms, consent = hold
    then = [term_clause(resource, term, past=past) for term in terms]
    then += [consented(resource.kind, *consent)] if consent else []
    if not past:
        return conjunction(then)
    now = conjunction([term_clause(resource, term) for term in terms])
    return conjunction([*then, Clause(_SQL["standing"].format(kind=resource.kind, where=now.text), now.values)])


def composed(
    query: Query,
    source: Clause,
    where: Clause,
    keys: list[Key],
    *,
    count_bound: int,
    more: str = "",
    fence: Clause = ALWAYS,
) -> Compiled:
    """Return the statements of a list over `source`; `more` are columns to end each row of its page with.

    A page begins only at a record within the `fence`: where it stands in the order would tell of it. Raises
    InvalidCursor.
    """
    backwards, ground = query.before is not None, Ground(source, fence)
    return Compiled(
        query=query,
        ground=ground,
        where=where,
        keys="".join(f", ({key.value})::text" for key in keys) + more,
        beyond=edge(keys, query.sort, query.before if backwards else query.after, ground, backwards=backwards),
        order=order(keys, backwards=backwards),
        count_bound=count_bound,
    )


def without_index(resource: Resource, query: Query) -> list[str]:
    """Return the attributes of `resource` by which `query` filters or sorts without an index."""
    served = {"id", *resource.searchable}
    sorts = [sort.path for sort in query.sort if sort.path not in served or (sort.showing and sort.showing.owner)]
    return list(dict.fromkeys([*unserved(resource, query.conditions), *sorts]))


def source_of(kind: str, as_of: datetime | None) -> tuple[str, tuple[Any, ...]]:
    """Return the records of a kind, as they are or as they were, with its bound parameters."""
    if as_of is None:
        return _SQL["now"].format(kind=kind), ()
    return _SQL["as_of"].format(kind=kind), (as_of, as_of, as_of)


def _named(name: str | None) -> list[Clause]:
    if name is None:
        return []
    words = fold(name).split()
    every = [_word(word) for word in words]
    if not every:
        return [Clause("false")]
    held = conjunction(every)
    return [Clause(f"({held.text} or {_SQL['sounds']})", (*held.values, " ".join(words)))]


def _word(word: str) -> Clause:
    """The condition that a name holds a word; of one or two letters it must be the beginning of a word of the name.

    The index is of three letters, the spaces before a word among them: shorter ones it serves nowhere else.
    """
    if len(word) < _INDEXED:
        return Clause(_SQL["begun"], (_literal(word) + "%", "% " + _literal(word) + "%"))
    return Clause(_SQL["named"], ("%" + _literal(word) + "%",))


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
