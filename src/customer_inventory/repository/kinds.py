"""Kinds of record: the tables, indexes and functions that a kind brings with it.

A kind is the table name of a resource of the model. What PostgreSQL needs for one is in `sql/record_kind.sql`; the
attributes that the model marks searchable get an expression b-tree each, for ranges and sorts.
"""

from __future__ import annotations

from collections.abc import Iterator

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


def fresh_schema() -> str:
    """Return the whole schema as a fresh inventory gets it."""
    parts = [sql.text("schema.sql")]
    for kind, resource in sorted(KINDS.items()):
        parts.append(sql.text("record_kind.sql").replace("{kind}", kind))
        parts.extend(searchable_index(kind, resource.attributes[path]) for path in sorted(resource.searchable))
        parts.extend(_shown_indexes(kind, resource))
    return "\n".join(parts)


def searchable_index(kind: str, attribute: Attribute) -> str:
    """Return the statement that builds the index of a searchable attribute."""
    name = f"{kind}_by_" + attribute.path.replace(".", "_").replace("@", "").lower()
    return f"create index {name} on {kind} ({value_expression(attribute)}, bucket, id);"


def _shown_indexes(kind: str, resource: Resource) -> Iterator[str]:
    """Yield the statements that build the indexes of searchable attributes that an earlier version fills in."""
    derived = resource.earlier.derived if resource.earlier else None
    for path, showing in sorted(derived.showings.items()) if derived else ():
        attribute = derived.attributes[path] if derived else None
        if attribute and attribute.searchable and not showing.owner:
            value = shown_expression(showing, attribute)
            yield f"create index {kind}_by_{path.lower()}_shown on {kind} ({value}, bucket, id);"


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
