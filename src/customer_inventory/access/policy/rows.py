"""Rows: the conditions of a grant, as terms of a list, and asked of one document.

Conditions on attributes of the elements of one array must be met by one element: of `relatedParty.role = dealer and
relatedParty.id = 17` people read that party 17 is the dealer, not that there is one, and party 17 is something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from customer_inventory.access.policy.grant import Row
from customer_inventory.model import Resource
from customer_inventory.model.filtering import Condition, Filter, Selection, Term
from customer_inventory.model.jsonpath_tree import AllOf, AnyOf, Compare, Exists, Expression, Literal, Name, Path, Where
from customer_inventory.model.view import View, native
from customer_inventory.repository.kinds import KINDS


def terms_of(resource: Resource, rows: tuple[Row, ...]) -> tuple[Term, ...]:
    """Return the terms of a list that finds the records for which all conditions hold."""
    return _terms(resource.kind, rows)


def holds(resource: Resource, rows: tuple[Row, ...], document: Mapping[str, Any]) -> bool:
    """Return whether all conditions hold for a stored document with its id."""
    return not rows or _filter(resource.kind, rows).matches(document)


def array_above(resource: Resource, path: str) -> str | None:
    """Return the path of the outermost array in whose elements an attribute stands, None where it stands in none."""
    names = path.split(".")
    above = [".".join(names[:number]) for number in range(1, len(names))]
    return next((each for each in above if resource.attributes[each].many), None)


@lru_cache(maxsize=4096)
def _terms(kind: str, rows: tuple[Row, ...]) -> tuple[Term, ...]:
    resource, together = KINDS[kind], dict[str, list[Row]]()
    for row in rows:
        together.setdefault(array_above(resource, row.path) or "", []).append(row)
    found: list[Term] = []
    for array, of_array in together.items():
        if array and len(of_array) > 1:
            expression = _element([(row.path.split("."), row) for row in of_array])
            found.append(Selection(expression, _view(kind)))
        else:
            found += [Condition(row.path, "eq", row.values, resource.attributes[row.path]) for row in of_array]
    return tuple(found)


def _element(rows: list[tuple[list[str], Row]]) -> Expression:
    """The condition that rows, by the names that lead to them, hold: those that share a name of one element there."""
    below: dict[str, list[tuple[list[str], Row]]] = {}
    for (first, *rest), row in rows:
        below.setdefault(first, []).append((rest, row))
    return AllOf(tuple(part for first, of_first in below.items() for part in _parts(first, of_first)))


def _parts(first: str, rows: list[tuple[list[str], Row]]) -> Iterator[Expression]:
    deeper = [(rest, row) for rest, row in rows if rest]
    yield from (_equals([first], row) for rest, row in rows if not rest)
    if len(deeper) == 1:
        yield from (_equals([first, *rest], row) for rest, row in deeper)
    elif deeper:
        yield Exists(Path((Name(first), Where(_element(deeper)))))


def _equals(names: Iterable[str], row: Row) -> Expression:
    way = Path(tuple(map(Name, names)))
    return AnyOf(tuple(Compare(way, "==", Literal("string", value)) for value in row.values))


@lru_cache(maxsize=4096)
def _filter(kind: str, rows: tuple[Row, ...]) -> Filter:
    return Filter(_terms(kind, rows))


@lru_cache
def _view(kind: str) -> View:
    return native(KINDS[kind])
