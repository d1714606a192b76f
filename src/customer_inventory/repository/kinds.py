"""Kinds of record: the tables, indexes and functions that a kind brings with it.

A kind is the table name of a resource of the model. What PostgreSQL needs for one is in `sql/record_kind.sql`; the
attributes that the model marks searchable get an expression b-tree each, for ranges and sorts; those that the catalogue
marks get theirs while the server runs (`indexing.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from customer_inventory.model import RESOURCES, Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.showing import Showing
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.repository import sql
from customer_inventory.repository.showing import shown_value
from customer_inventory.repository.values import typed

KINDS: dict[str, Resource] = {resource.kind: resource for resource in RESOURCES.values()}


SPECIFIED = frozenset({ENTITY.kind})
"""The kinds whose classes are specified at run time: only their records can have unique values."""


_LONGEST_NAME = 63
"""PostgreSQL cuts the names of indexes behind so many letters (NAMEDATALEN)."""


@dataclass(frozen=True, slots=True)
class Index:
    """The index of what a searchable attribute says, or of what an earlier version shows of it."""

    name: str
    kind: str
    path: str
    expression: str

    @property
    def keys(self) -> str:
        """What it is of, in SQL: the value, then the id, which orders records of one value."""
        return f"({self.expression}, bucket, id)"


def fresh_schema() -> str:
    """Return the whole schema as a fresh inventory gets it."""
    parts = [sql.text("schema.sql")]
    for kind, resource in sorted(KINDS.items()):
        parts.append(sql.text("record_kind.sql").replace("{kind}", kind))
        indexes = [index for path in sorted(resource.searchable) for index in indexes_of(resource, path)]
        parts.extend(f"create index {index.name} on {index.kind} {index.keys};" for index in indexes)
    return "\n".join(parts)


def indexes_of(resource: Resource, path: str) -> tuple[Index, ...]:
    """Return the indexes that serve ranges and sorts of an attribute: its own, and what an earlier version fills in.

    Those of attributes that the model declares searchable are called `…_by_…` and made by migrations; the others are
    called `…_asked_…`, so that everybody sees that the catalogue asked for them. Raises ValueError and KeyError for an
    attribute that has no single value.
    """
    own = KINDS[resource.kind]
    join = "by" if path in own.searchable else "asked"
    value = value_expression(own.own_attributes[path])
    shown = [
        Index(_name(own.kind, join, of, "_shown"), own.kind, path, expression) for of, expression in _shown(own, path)
    ]
    return (Index(_name(own.kind, join, path), own.kind, path, value), *shown)


def indexable(resource: Resource) -> tuple[str, ...]:
    """Return the attributes of a resource that can have an index: those with one value of one type."""
    return tuple(path for path, attribute in resource.own_attributes.items() if why_not_indexable(attribute) is None)


def why_not_indexable(attribute: Attribute) -> str | None:
    """Return why no index can serve ranges and sorts of an attribute, or None if one can."""
    if attribute.path == "id":
        return "is served by the primary key already"
    if attribute.path == "href":
        return "is made from the id; ask for that"
    if not attribute.scalar:
        return "is a group of attributes; mark one of those"
    if attribute.many:
        return "may have several values, and an index for ranges and sorts has one of each record"
    if attribute.type == "any":
        return "may be of any type, and an index for ranges and sorts is of one"
    return None


def _shown(resource: Resource, stored: str) -> Iterator[tuple[str, str]]:
    """Yield the paths at which an earlier version fills in the attribute `stored`, with what it shows there."""
    derived = resource.earlier.derived if resource.earlier else None
    for path, showing in sorted(derived.showings.items()) if derived else ():
        attribute = derived.attributes[path] if derived else None
        at = derived.stored_paths.get(path, path) if derived else path
        if attribute and at == stored and not (attribute.many or showing.owner):
            yield path, shown_expression(showing, attribute)


def _name(kind: str, join: str, path: str, ending: str = "") -> str:
    """Return the name of an index; one that would be cut ends with a part of a hash, so that no two are the same."""
    name = f"{kind}_{join}_{path.replace('.', '_').replace('@', '').lower()}{ending}"
    if len(name) <= _LONGEST_NAME:
        return name
    mark = "_" + hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return name[: _LONGEST_NAME - len(mark)] + mark


def shown_expression(showing: Showing, attribute: Attribute) -> str:
    """Return the SQL expression of what an earlier version shows of a single-valued attribute of the first level."""
    return _missing_first(typed(attribute.type, shown_value(showing.value, "doc")), attribute.type)


def value_expression(attribute: Attribute) -> str:
    """Return the SQL expression of a single-valued attribute's value, as filters, sorts and indexes all spell it.

    A missing value sorts before every other, so that keyset pages need one row comparison and no case for null.
    Raises ValueError for an attribute below an array, which has no single value.
    """
    if attribute.many:
        raise ValueError(f"{attribute.path} has several values")
    steps = steps_of(attribute.path)
    if len(steps) == 1:
        return _typed(f"doc ->> '{attribute.path}'", attribute.type)
    # Below an object may stand a class of the client's own, which may call anything by a word of ours.
    return _missing_first(typed(attribute.type, f"(doc #> '{{{','.join(steps)}}}')"), attribute.type)


def steps_of(path: str) -> list[str]:
    """Return the names that a path is made of. Raises ValueError for what is no path of an attribute."""
    steps = path.split(".")
    if any(not step.replace("@", "").replace("_", "").isalnum() for step in steps):
        raise ValueError(f"{path} is no attribute path")
    return steps


def _typed(text: str, kind: str) -> str:
    value = {"date-time": f"instant({text})", "integer": f"as_number({text})", "number": f"as_number({text})"}
    return _missing_first(value.get(kind, text), kind)


def _missing_first(value: str, kind: str) -> str:
    match kind:
        case "date-time":
            return f"coalesce({value}, '-infinity'::timestamptz)"
        case "integer" | "number":
            return f"coalesce({value}, '-Infinity'::numeric)"
        case _:
            return f"(coalesce({value}, '') collate \"C\")"
