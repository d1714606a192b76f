"""Showing in SQL: what an earlier version shows of an attribute where that is not simply what is stored.

The rules are those of `model.showing`. Where the value asked for tells which stored values it can come from, the
inverted index narrows the records first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from customer_inventory.model import Resource
from customer_inventory.model.problems import InvalidValue
from customer_inventory.model.search import sought
from customer_inventory.model.showing import (
    Collection,
    Ends,
    First,
    Numeral,
    Respelled,
    Said,
    Showing,
    Unless,
    Value,
    Word,
    exact,
    sources,
)
from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.values import NEVER, Clause, compares, conjunction

_SQL = sql.statements("filters.sql")
_PIECES: dict[type[Value], str] = {
    Word: "shown_word",
    Respelled: "shown_respelled",
    Numeral: "shown_numeral",
    Collection: "shown_collection",
    Ends: "shown_ends",
    Unless: "shown_unless",
}


def shown_value(value: Value, owner: str) -> str:
    """Return the SQL, of type jsonb, of what `value` makes of the stored object `owner`; null for nothing.

    What stands in it comes from declarations only, and so needs no parameters.
    """
    match value:
        case Said(names=names):
            return f"({owner} #> '{{{','.join(names)}}}')"
        case First(parts=parts):
            return f"coalesce({', '.join(shown_value(part, owner) for part in parts)})"
        case _:
            return _SQL[_PIECES[type(value)]].format(v=shown_value(value.of, owner), **_constants(value))


def _constants(value: Value) -> dict[str, object]:
    match value:
        case Word(words=words) | Respelled(words=words):
            return {"words": json.dumps(words, sort_keys=True).replace("'", "''").replace("%", "%%")}
        case Ends(ending=ending) | Unless(ending=ending):
            return {"ending": ending.replace("'", "''").replace("%", "%%"), "length": len(ending)}
        case _:
            return {}


def shown_compares(resource: Resource, showing: Showing, kind: str, sign: str, values: tuple[str, ...]) -> Clause:
    """Return the clause that a record fulfils if what is shown of an attribute of type `kind` does for any value.

    `sign` is an operator of conditions other than ne and isnull.
    """
    needed = needed_terms(resource, showing, values) if sign == "eq" else None
    narrowed = [] if needed is None else [Clause(_SQL["equals"], (array(sorted(needed)),)) if needed else NEVER]
    if narrowed and exact(showing.value):
        return narrowed[0]
    test = compares(kind, "v", sign, values)
    path, value = owner_path(showing), shown_value(showing.value, "o")
    return conjunction([*narrowed, Clause(_SQL["shown"].format(value=value, test=test.text), (path, *test.values))])


def shown_there(showing: Showing) -> Clause:
    """Return the clause that a record fulfils if anything but null is shown of an attribute."""
    return Clause(_SQL["shown_there"].format(value=shown_value(showing.value, "o")), (owner_path(showing),))


def needed_terms(resource: Resource, showing: Showing, values: Iterable[str]) -> frozenset[str] | None:
    """Return the terms of which a record has one if any of `values` is shown, or None if there is no telling."""
    found: set[str] = set()
    for source in (each for value in values for each in sources(showing.value, value)):
        path = ".".join(filter(None, (showing.owner, *source[0]))) if source else ""
        stored = resource.attributes.get(path)
        if source is None or stored is None or not stored.scalar:
            return None
        try:
            found.update(sought(resource, path, source[1]))
        except InvalidValue:
            continue  # nothing that is stored there is equal to it
    return frozenset(found)


def owner_path(showing: Showing) -> str:
    """Return the SQL/JSON path of the objects that a value is made from."""
    return "$" + "".join(f'."{step}"' for step in showing.owner.split(".") if step) + "[*]"
