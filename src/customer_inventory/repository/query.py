"""Lists: conditions, sorts and pages compiled to SQL with bound parameters; nothing is filtered in Python.

A page is found by offset or by keyset: the sort values and id of the page's edge travel in an opaque cursor, so a page
at any depth costs the same. Totals are exact: unfiltered ones are counted on from the feed, filtered ones are counted
up to a bound and estimated beyond it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import bucket_of, parse_id
from customer_inventory.model import Resource, term
from customer_inventory.model.attributes import Attribute
from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.kinds import KINDS, value_expression
from customer_inventory.repository.search import fold

_SQL = sql.statements("list.sql")
_SEAL_BYTES = 6
_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class InvalidCursor(InventoryError):
    """The page cursor cannot be used.

    Take `after` and `before` from the Link header of a page with the same sort, unchanged.
    """

    code = "invalid-cursor"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: an attribute path, an operator (eq, gt, gte, lt, lte) and its values, any of which may hold."""

    path: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key."""

    path: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a list asks for. `name` searches by name; `after` and `before` are cursors of a former page."""

    conditions: tuple[Condition, ...] = ()
    name: str | None = None
    sort: tuple[Sort, ...] = ()
    limit: int = 20
    offset: int = 0
    after: str | None = None
    before: str | None = None
    as_of: datetime | None = None

    @property
    def narrowed(self) -> bool:
        """Whether the list is anything but all records of the kind as they are now."""
        return bool(self.conditions or self.name or self.as_of)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its bound parameters."""

    text: str
    parameters: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query as SQL: its page, and what its count and estimate need."""

    page: Statement
    count: Statement
    estimate: Statement
    backwards: bool


def compile_query(kind: str, query: Query, *, count_bound: int) -> Compiled:
    """Compile `query` over the records of `kind`.

    Raises InvalidCursor for a cursor that is not of this sort, and InvalidValue (model) for a value that cannot be of
    its attribute's type.
    """
    resource = KINDS[kind]
    source, given = _source(kind, query.as_of)
    conditions = [_condition(resource, condition) for condition in query.conditions] + _named(query.name)
    where = " and ".join(text for text, _ in conditions) or "true"
    values = tuple(value for _, parameters in conditions for value in parameters)
    keys = [_Key.of(resource, sort) for sort in query.sort]
    edge, edge_values, backwards = _edge(keys, query)
    page = _SQL["page"].format(
        keys="".join(f", ({key.value})::text" for key in keys),
        source=source,
        where=f"{where} and {edge}" if edge else where,
        order=_order(keys, backwards=backwards),
    )
    return Compiled(
        page=Statement(page, (*given, *values, *edge_values, query.limit + 1, query.offset)),
        count=Statement(_SQL["count"].format(source=source, where=where), (*given, *values, count_bound + 1)),
        estimate=Statement(_SQL["estimate"].format(source=source, where=where), (*given, *values)),
        backwards=backwards,
    )


def cursor_of(row: tuple[Any, ...], sort: tuple[Sort, ...]) -> str:
    """Return the cursor that stands for `row` of a page: opaque to clients, checked when it comes back."""
    place = msgspec.json.encode([_spelled(sort), row[0], *row[4:]])
    return _in_base64(_seal(place) + place)


def _in_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _spelled(sort: tuple[Sort, ...]) -> str:
    return ",".join(("-" if key.descending else "") + key.path for key in sort)


def _seal(place: bytes) -> bytes:
    """A checksum against damage on the way. It is no secret: who forges a cursor sees what a filter would show them."""
    return hashlib.blake2b(place, digest_size=_SEAL_BYTES).digest()


@dataclass(frozen=True, slots=True)
class _Key:
    value: str
    type: str
    descending: bool

    @classmethod
    def of(cls, resource: Resource, sort: Sort) -> _Key:
        attribute = resource.attributes[sort.path]
        return cls(_value(attribute), _sql_type(attribute), sort.descending)


def _source(kind: str, as_of: datetime | None) -> tuple[str, tuple[Any, ...]]:
    if as_of is None:
        return _SQL["now"].format(kind=kind), ()
    return _SQL["as_of"].format(kind=kind), (as_of, as_of, as_of)


def _condition(resource: Resource, condition: Condition) -> tuple[str, tuple[Any, ...]]:
    if condition.path == "id" and condition.operator == "eq":
        # The id is not in the document, and so not among its terms; what is none of our ids is nobody's.
        ids = [identifier for value in condition.values if (identifier := parse_id(value))]
        return _SQL["identified"], (ids,)
    if condition.operator == "eq":
        return _SQL["equals"], (array(term(resource, condition.path, value) for value in condition.values),)
    attribute = resource.attributes[condition.path]
    values = [_canonical(resource, condition.path, value) for value in condition.values]
    pieces = {"operator": _OPERATORS[condition.operator], "type": _sql_type(attribute)}
    if attribute.many:
        path = "$" + "".join(f'."{step}"' for step in condition.path.split(".")) + "[*]"
        text = _SQL["some_compares"].format(value=_element(attribute), **pieces)
        parameters: tuple[Any, ...] = tuple(p for value in values for p in (path, value))
    else:
        text = _SQL["compares"].format(value=_value(attribute), missing=_missing(attribute), **pieces)
        parameters = tuple(values)
    return "(" + " or ".join([text] * len(values)) + ")", parameters


def _canonical(resource: Resource, path: str, value: str) -> str:
    """The value in the spelling that the model gives it in terms: instants in UTC, numbers without frills."""
    spelled = term(resource, path, value)
    return spelled.removeprefix(f"{path}=") if spelled.startswith(f"{path}=") else value


def _value(attribute: Attribute) -> str:
    return '(id::text collate "C")' if attribute.path == "id" else value_expression(attribute)


def _sql_type(attribute: Attribute) -> str:
    return {"date-time": "timestamptz", "integer": "numeric", "number": "numeric"}.get(attribute.type, "text")


def _missing(attribute: Attribute) -> str:
    missing = {"timestamptz": "'-infinity'::timestamptz", "numeric": "'-Infinity'::numeric"}
    return missing.get(_sql_type(attribute), "''")


def _element(attribute: Attribute) -> str:
    """The SQL of one element's value, null for an element of another type (a foreign class may hold anything)."""
    match _sql_type(attribute), attribute.type:
        case "timestamptz", _:
            return "case when jsonb_typeof(v) = 'string' then instant_or_null(v #>> '{}') end"
        case "numeric", _:
            return "case when jsonb_typeof(v) = 'number' then as_number(v #>> '{}') end"
        case _, "any":
            return "(case when jsonb_typeof(v) not in ('object', 'array') then v #>> '{}' end) collate \"C\""
        case _, kind:
            return f"(case when jsonb_typeof(v) = '{kind}' then v #>> '{{}}' end) collate \"C\""


def _named(name: str | None) -> list[tuple[str, tuple[Any, ...]]]:
    if name is None:
        return []
    words = fold(name).split()
    every = [(_SQL["named"], ("%" + _literal(word) + "%",)) for word in words]
    if not every:
        return [("false", ())]
    text = " and ".join(text for text, _ in every)
    parameters = tuple(value for _, values in every for value in values)
    return [(f"(({text}) or {_SQL['sounds']})", (*parameters, " ".join(words)))]


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _order(keys: list[_Key], *, backwards: bool) -> str:
    parts = [f"{key.value} {'desc' if key.descending != backwards else 'asc'}" for key in keys]
    direction = "desc" if _tie_descends(keys) != backwards else "asc"
    return ", ".join([*parts, f"bucket {direction}", f"id {direction}"])


def _tie_descends(keys: list[_Key]) -> bool:
    # The tie-break follows the last key, so that one index serves the sort forwards and backwards.
    return bool(keys) and keys[-1].descending


def _edge(keys: list[_Key], query: Query) -> tuple[str, tuple[Any, ...], bool]:
    cursor = query.after if query.before is None else query.before
    if cursor is None:
        return "", (), False
    backwards = query.before is not None
    values = _cursor_values(cursor, query.sort)
    tie = _tie_descends(keys)
    columns = [(key.value, key.type, key.descending) for key in keys]
    columns += [("bucket", "smallint", tie), ("id", "uuid", tie)]
    if len({descending for _, _, descending in columns}) == 1:
        # One direction: a row comparison, which an index on the same columns serves in one range scan.
        left = ", ".join(column for column, _, _ in columns)
        right = ", ".join(f"%s::{type_}" for _, type_, _ in columns)
        return f"({left}) {'<' if tie != backwards else '>'} ({right})", values, backwards
    alternatives: list[str] = []
    parameters: list[Any] = []
    for at, (column, type_, descending) in enumerate(columns):
        equal = [f"{before} = %s::{before_type}" for before, before_type, _ in columns[:at]]
        sign = "<" if descending != backwards else ">"
        alternatives.append(" and ".join([*equal, f"{column} {sign} %s::{type_}"]))
        parameters.extend(values[: at + 1])
    return "((" + ") or (".join(alternatives) + "))", tuple(parameters), backwards


def _cursor_values(cursor: str, sort: tuple[Sort, ...]) -> tuple[Any, ...]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        # base64 has spare bits in its last letter: only the spelling that was given out is the cursor.
        if raw[:_SEAL_BYTES] != _seal(raw[_SEAL_BYTES:]) or _in_base64(raw) != cursor:
            raise InvalidCursor
        said, identifier, *values = msgspec.json.decode(raw[_SEAL_BYTES:], type=list[str])
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise InvalidCursor from error
    record_id = parse_id(identifier)
    if said != _spelled(sort) or record_id is None or len(values) != len(sort) or "\0" in "".join(values):
        raise InvalidCursor
    return (*values, bucket_of(record_id), record_id)
