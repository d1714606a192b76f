"""Order: sorts and the places of pages in them, as SQL; a place travels in a cursor that is opaque to clients.

Through arrays a record is sorted by its smallest value, descending by its largest; what is absent comes before all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import bucket_of, parse_id
from customer_inventory.model import Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.showing import Showing
from customer_inventory.repository import sql
from customer_inventory.repository.kinds import shown_expression, steps_of, value_expression
from customer_inventory.repository.showing import owner_path, shown_value
from customer_inventory.repository.values import ALWAYS, Clause, typed

_SQL = sql.statements("filters.sql")
_LIST = sql.statements("list.sql")
LONGEST = 256
"""How many characters of a value a cursor carries: of a longer one the record is looked up, for links must be short."""

_SEAL_BYTES = 6
_TYPES = {"date-time": "timestamptz", "integer": "numeric", "number": "numeric"}
_MISSING = {"timestamptz": "'-infinity'::timestamptz", "numeric": "'-Infinity'::numeric", "text": "''"}


class InvalidCursor(InventoryError):
    """The page cursor cannot be used.

    Take `after` and `before` from the Link header of a page with the same sort, unchanged.
    """

    code = "invalid-cursor"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key: where an attribute is stored; without `attribute`, the one that is declared there is meant.

    `showing` is what its values are made from, if not simply stored.
    """

    path: str
    descending: bool = False
    attribute: Attribute | None = field(default=None, compare=False)
    showing: Showing | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Key:
    """A sort key as SQL: its value, that value's type, and its direction."""

    value: str
    type: str
    descending: bool

    @classmethod
    def of(cls, resource: Resource, sort: Sort) -> Key:
        """Return the key of `sort` over records of `resource`. Raises ValueError for a group of attributes."""
        attribute = sort.attribute or resource.attributes[sort.path]
        if not attribute.scalar:
            raise ValueError(f"{sort.path} has no values to sort by")
        type_ = _TYPES.get(attribute.type, "text")
        return cls(_value(resource, sort, attribute, type_), type_, sort.descending)


def cursor_of(row: tuple[Any, ...], sort: tuple[Sort, ...]) -> str:
    """Return the cursor that stands for `row` of a page: opaque to clients, checked when it comes back."""
    values = [None if len(value) > LONGEST else value for value in row[4 : 4 + len(sort)]]
    place = msgspec.json.encode([_spelled(sort), row[0], *values])
    return _in_base64(_seal(place) + place)


def order(keys: list[Key], *, backwards: bool) -> str:
    """Return the order of a page."""
    parts = [f"{key.value} {'desc' if key.descending != backwards else 'asc'}" for key in keys]
    direction = "desc" if _tie_descends(keys) != backwards else "asc"
    return ", ".join([*parts, f"bucket {direction}", f"id {direction}"])


class Ground(NamedTuple):
    """The records of which a list is one part: where they are, and what all must hold to be found."""

    source: Clause
    fence: Clause = ALWAYS


def edge(keys: list[Key], sort: tuple[Sort, ...], cursor: str | None, ground: Ground, *, backwards: bool) -> Clause:
    """Return the clause that holds behind the place of `cursor`, before it if `backwards`, on the `ground`.

    Raises InvalidCursor.
    """
    if cursor is None:
        return ALWAYS
    *said, bucket, record_id = _cursor_values(cursor, sort)
    values = [_bound(value, key, ground, (bucket, record_id)) for value, key in zip(said, keys, strict=True)]
    values += [Clause("%s::smallint", (bucket,)), Clause("%s::uuid", (record_id,))]
    tie = _tie_descends(keys)
    columns = [(key.value, key.type, key.descending) for key in keys]
    columns += [("bucket", "smallint", tie), ("id", "uuid", tie)]
    if len({descending for _, _, descending in columns}) == 1:
        # One direction: a row comparison, which an index on the same columns serves in one range scan.
        left = ", ".join(column for column, _, _ in columns)
        right = ", ".join(value.text for value in values)
        bound = tuple(each for value in values for each in value.values)
        return Clause(f"({left}) {'<' if tie != backwards else '>'} ({right})", bound)
    alternatives: list[str] = []
    parameters: list[Any] = []
    for at, (column, _, descending) in enumerate(columns):
        equal = [f"{columns[before][0]} = {values[before].text}" for before in range(at)]
        sign = "<" if descending != backwards else ">"
        alternatives.append(" and ".join([*equal, f"{column} {sign} {values[at].text}"]))
        parameters += [each for value in values[: at + 1] for each in value.values]
    return Clause("((" + ") or (".join(alternatives) + "))", tuple(parameters))


def place_of(cursor: str | None, sort: tuple[Sort, ...]) -> tuple[int, UUID] | None:
    """Return the bucket and id of the record to which a cursor leaves a long value; None if it carries all.

    Raises InvalidCursor.
    """
    if cursor is None:
        return None
    *said, bucket, record_id = _cursor_values(cursor, sort)
    return (bucket, record_id) if None in said else None


def _bound(value: str | None, key: Key, ground: Ground, place: tuple[int, UUID]) -> Clause:
    """Return the value of a sort key at a place: as the cursor has it, or as the record there has it."""
    if value is not None:
        return Clause(f"%s::{key.type}", (value,))
    source, fence = ground
    found = _LIST["value_at"].format(value=key.value, source=source.text, fence=fence.text)
    return Clause(f"{found}::{key.type}", (*source.values, *place, *fence.values))


def _value(resource: Resource, sort: Sort, attribute: Attribute, type_: str) -> str:
    if sort.path == "id":
        return '(id::text collate "C")'
    if sort.showing is not None and not sort.showing.owner and not attribute.many:
        return shown_expression(sort.showing, attribute)
    if sort.showing is not None:
        path, value = owner_path(sort.showing), shown_value(sort.showing.value, "o")
        chosen = _SQL["shown_greatest" if sort.descending else "shown_least"]
        found = chosen.format(typed=typed(attribute.type, "v"), path=path, value=value, missing=_MISSING[type_])
        return f'({found} collate "C")' if type_ == "text" else found
    kept = resource.attributes.get(sort.path)
    if kept is not None and not kept.many and (kept.searchable or "." not in sort.path):
        return value_expression(kept)
    path = "$" + "".join(f'."{step}"' for step in steps_of(sort.path)) + "[*]"
    chosen = _SQL["greatest" if sort.descending else "least"]
    found = chosen.format(value=typed(attribute.type, "v"), path=path, missing=_MISSING[type_])
    return f'({found} collate "C")' if type_ == "text" else found


def _tie_descends(keys: list[Key]) -> bool:
    # The tie-break follows the last key, so that one index serves the sort forwards and backwards.
    return bool(keys) and keys[-1].descending


def _in_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _spelled(sort: tuple[Sort, ...]) -> str:
    return ",".join(("-" if key.descending else "") + key.path + ("~" if key.showing else "") for key in sort)


def _seal(place: bytes) -> bytes:
    """A checksum against damage on the way. It is no secret: who forges a cursor sees what a filter would show them."""
    return hashlib.blake2b(place, digest_size=_SEAL_BYTES).digest()


def _cursor_values(cursor: str, sort: tuple[Sort, ...]) -> tuple[Any, ...]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        # base64 has spare bits in its last letter: only the spelling that was given out is the cursor.
        if raw[:_SEAL_BYTES] != _seal(raw[_SEAL_BYTES:]) or _in_base64(raw) != cursor:
            raise InvalidCursor
        said, identifier, *values = msgspec.json.decode(raw[_SEAL_BYTES:], type=list[str | None])
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise InvalidCursor from error
    record_id = parse_id(identifier) if identifier else None
    if said != _spelled(sort) or record_id is None or len(values) != len(sort) or "\0" in "".join(filter(None, values)):
        raise InvalidCursor
    return (*values, bucket_of(record_id), record_id)
