"""Unions: a list over several kinds of record, compiled to one statement, filtered kind by kind.

An attribute that a kind does not have is absent from all its records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from customer_inventory.model import Resource
from customer_inventory.model.filtering import Condition, Either, Selection, Term
from customer_inventory.model.search import check_value
from customer_inventory.model.view import View
from customer_inventory.model.viewing import earlier_view, native_view
from customer_inventory.repository import sql
from customer_inventory.repository.conditions import term_clause
from customer_inventory.repository.order import Key
from customer_inventory.repository.query import Compiled, Query, composed, fenced, source_of
from customer_inventory.repository.values import ALWAYS, NEVER, Clause, conjunction, disjunction

_SQL = sql.statements("list.sql")
_NOWHERE = "@nowhere"
"""Where nothing is stored: no attribute of a client's may begin so."""


def compile_union(resources: Sequence[Resource], query: Query, *, count_bound: int) -> Compiled:
    """Compile `query` over the records of all `resources`; each row of its page ends with its kind.

    Raises what `compile_query` does.
    """
    branches = []
    for resource in resources:
        records, given = source_of(resource.kind, query.as_of)
        where = conjunction([*(_clause(resource, term) for term in query.conditions), *fenced(resource, query)])
        text = _SQL["branch"].format(kind=resource.kind, source=records, where=where.text)
        branches.append(Clause(text, (*given, *where.values)))
    union = _SQL["union"].format(branches=" union all ".join(branch.text for branch in branches))
    source = Clause(union, tuple(value for branch in branches for value in branch.values))
    keys = [Key.of(_having(resources, sort.path), sort) for sort in query.sort]
    return composed(query, source, ALWAYS, keys, count_bound=count_bound, more=", kind")


def _clause(resource: Resource, term: Term) -> Clause:
    match term:
        case Either(alternatives=alternatives):
            return disjunction([conjunction([_clause(resource, each) for each in terms]) for terms in alternatives])
        case Selection(expression=expression, view=view):
            return term_clause(resource, Selection(expression, _own_view(resource, view)))
        case Condition():
            return _condition(resource, term)


def _condition(resource: Resource, asked: Condition) -> Clause:
    """Return a condition on the records of a kind: what has no such attribute, or no such word for it, has another."""
    opposite = asked.operator == "ne"
    if not _has(resource, asked):
        return ALWAYS if opposite or (asked.operator == "isnull" and asked.values == ("true",)) else NEVER
    enum = resource.attributes[asked.path].enum
    if not enum or asked.operator not in {"eq", "ne"}:
        return term_clause(resource, asked)
    for value in asked.values:
        check_value(asked.attribute or resource.attributes[asked.path], value)
    known = tuple(value for value in asked.values if value in enum)
    if not known:
        return ALWAYS if opposite else NEVER
    return term_clause(resource, replace(asked, values=known))


def _own_view(resource: Resource, joint: View) -> View:
    """Return the view of a kind for what was asked of several together: what only others have leads nowhere."""
    own = (earlier_view(resource) if joint.api.version == "v4" else None) or native_view(resource)
    others = {path: _NOWHERE for path in joint.attributes if "." not in path and path not in own.attributes}
    return replace(own, stored_paths={**own.stored_paths, **others})


def _has(resource: Resource, condition: Condition) -> bool:
    """Whether a kind has the attribute that was asked for: two may keep different ones at one place."""
    kinds = condition.attribute.kinds if condition.attribute else None
    return condition.path in resource.attributes and (not kinds or resource.kind in kinds)


def _having(resources: Sequence[Resource], path: str) -> Resource:
    return next((resource for resource in resources if path in resource.attributes), resources[0])
