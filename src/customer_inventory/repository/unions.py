"""Unions: a list over several kinds of record, compiled to one statement, filtered kind by kind.

An attribute that a kind does not have is absent from all its records.
"""

from __future__ import annotations

from collections.abc import Sequence

from customer_inventory.model import Resource
from customer_inventory.model.filtering import Condition, Either, Term
from customer_inventory.repository import sql
from customer_inventory.repository.conditions import term_clause
from customer_inventory.repository.order import Key
from customer_inventory.repository.query import Compiled, Query, composed, source_of
from customer_inventory.repository.values import ALWAYS, NEVER, Clause, conjunction, disjunction

_SQL = sql.statements("list.sql")


def compile_union(resources: Sequence[Resource], query: Query, *, count_bound: int) -> Compiled:
    """Compile `query` over the records of all `resources`; each row of its page ends with its kind.

    Raises what `compile_query` does.
    """
    branches = []
    for resource in resources:
        records, given = source_of(resource.kind, query.as_of)
        where = conjunction([_clause(resource, term) for term in query.conditions])
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
        case Condition(path=path, operator=operator, values=values) if path not in resource.attributes:
            return ALWAYS if operator == "ne" or (operator == "isnull" and values == ("true",)) else NEVER
        case _:
            return term_clause(resource, term)


def _having(resources: Sequence[Resource], path: str) -> Resource:
    return next((resource for resource in resources if path in resource.attributes), resources[0])
