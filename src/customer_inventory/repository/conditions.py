"""Conditions: the terms of a filter compiled to SQL with bound parameters.

Equality is a look-up in the one inverted index; sizes of searchable attributes are served by their b-trees; everything
else is read from the documents that remain, within the statement timeout.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from customer_inventory.ids import parse_id
from customer_inventory.model import Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.filtering import OPERATORS, Condition, Either, Selection, Term
from customer_inventory.model.search import check_value, sought, sought_of
from customer_inventory.model.showing import Showing
from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.kinds import SPECIFIED, shown_expression, value_expression
from customer_inventory.repository.selections import selection_clause, unserved_paths
from customer_inventory.repository.showing import needed_terms, shown_compares, shown_there
from customer_inventory.repository.values import (
    ALWAYS,
    NEVER,
    SIGNS,
    Clause,
    compares,
    conjunction,
    disjunction,
    negation,
    operand,
)

_SQL = sql.statements("filters.sql")
_ALONE = f"({_SQL['equals']})"
_SIZED = frozenset({*SIGNS, "between"})
_OWN_ID = '(id::text collate "C")'


def term_clause(resource: Resource, term: Term, *, past: bool = False) -> Clause:
    """Return the SQL of one term over records of `resource`, in the `past` over their former versions too.

    Raises InvalidValue (model) for a value that cannot be of its attribute's type, KeyError for an attribute that the
    resource does not have, InvalidPattern and JsonPathNotSupported.
    """
    match term:
        case Either(alternatives=alternatives):
            clauses = [[term_clause(resource, each, past=past) for each in terms] for terms in alternatives]
            return disjunction([conjunction(each) for each in clauses])
        case Selection():
            return selection_clause(resource, term)
        case _:
            return _condition(resource, term, past=past)


def unserved(resource: Resource, terms: tuple[Term, ...]) -> list[str]:
    """Return the stored paths of the attributes by which `terms` filter without an index."""
    paths: dict[str, None] = {}
    for term in terms:
        match term:
            case Either(alternatives=alternatives):
                paths.update(dict.fromkeys(path for each in alternatives for path in unserved(resource, each)))
            case Selection():
                paths.update(dict.fromkeys(unserved_paths(resource, term)))
            case Condition(path=path) if path != "id" and not _served(resource, term):
                paths[path] = None
    return list(paths)


def _served(resource: Resource, condition: Condition) -> bool:
    path, operator, showing = condition.path, condition.operator, condition.showing
    if showing is not None:
        if _shown_index(resource, condition, operator):
            return True
        return operator == "eq" and needed_terms(resource, showing, condition.values) is not None
    stored = resource.attributes.get(path)
    if operator == "eq":
        asked = condition.attribute
        return stored is not None or (asked is not None and _is_specified(resource, path, asked))
    return stored is not None and _indexed(stored, operator)


def _condition(resource: Resource, condition: Condition, *, past: bool) -> Clause:
    path, sign = condition.path, condition.operator
    attribute = condition.attribute or resource.attributes[path]
    if sign not in OPERATORS:
        raise ValueError(f"{sign} is no operator")
    if condition.showing is not None:
        return _shown(resource, condition, condition.showing, attribute)
    if sign == "isnull":
        return _absence(path, absent=condition.values == ("true",))
    if path == "id":
        return _own_id(sign, condition.values)
    if sign in {"eq", "ne"}:
        if not past and _is_specified(resource, path, attribute):
            found = _has_terms(term for value in condition.values for term in sought_of(attribute, value))
        else:
            found = _equality(resource, path, attribute, condition.values)
        return found if sign == "eq" else negation(found)
    if sign in _SIZED or not attribute.scalar:
        for value in condition.values:
            check_value(attribute, value)
    return _comparison(resource, path, attribute, sign, condition.values)


def _absence(path: str, *, absent: bool) -> Clause:
    there = ALWAYS if path == "id" else Clause(_SQL["there"], (lax_path(path),))
    return negation(there) if absent else there


def _shown(resource: Resource, condition: Condition, showing: Showing, attribute: Attribute) -> Clause:
    sign, values = condition.operator, condition.values
    if sign == "isnull":
        there = shown_there(showing)
        return negation(there) if values == ("true",) else there
    if sign in {"eq", "ne", *_SIZED}:
        for value in values:
            check_value(attribute, value)
    if _shown_index(resource, condition, sign):
        return _by_index(attribute, shown_expression(showing, attribute), sign, values, shown_there(showing))
    found = shown_compares(resource, showing, attribute.type, "eq" if sign == "ne" else sign, values)
    return negation(found) if sign == "ne" else found


def _shown_index(resource: Resource, condition: Condition, sign: str) -> bool:
    """Tell whether what is shown of an attribute has an index of its own that serves `sign`."""
    stored, shown, showing = resource.attributes.get(condition.path), condition.attribute, condition.showing
    if stored is None or shown is None or showing is None or showing.owner or shown.many:
        return False
    return _indexed(replace(shown, searchable=stored.searchable), sign)


def _indexed(attribute: Attribute, sign: str) -> bool:
    """Tell whether the index of a searchable attribute serves `sign`; beginnings are those of texts."""
    return attribute.searchable and (sign in _SIZED or (sign == "startswith" and attribute.type == "string"))


def _own_id(sign: str, values: tuple[str, ...]) -> Clause:
    """The id is not in the document, and so not among its terms; what is none of our ids is nobody's."""
    if sign in {"eq", "ne"}:
        ids = [identifier for value in values if (identifier := parse_id(value))]
        found = Clause(_SQL["identified"], (ids,))
        return found if sign == "eq" else negation(found)
    if sign in SIGNS:
        return disjunction([Clause(f"{_OWN_ID} {SIGNS[sign]} %s::text", (value,)) for value in values])
    return compares("string", "to_jsonb(id::text)", sign, values)


def _equality(resource: Resource, path: str, attribute: Attribute, values: tuple[str, ...]) -> Clause:
    stored = resource.attributes.get(path)
    if stored is None or not stored.scalar:
        for value in values:
            check_value(attribute, value)
        return _found(path, compares(attribute.type, "v", "eq", values))
    return _has_terms(term for value in values for term in sought(resource, path, value))


def _has_terms(terms: Iterable[str]) -> Clause:
    return Clause(_SQL["equals"], (array(terms),))


def of_few(where: Clause) -> Clause | None:
    """Return the condition of a list for a statement that stays prepared; None unless it is one of terms alone.

    Only for what is known to hold of few records: its plan takes the index, whatever the values are.
    """
    # Of a value that it learns late, from a subquery, PostgreSQL expects that it holds of one record in a hundred, and
    # that it holds twice of one in ten thousand, whichever value it is: planning anew never looks cheaper to it.
    if where.text != _ALONE:
        return None
    return conjunction([Clause(_SQL["equals_few"], where.values * 2)])


def _is_specified(resource: Resource, path: str, attribute: Attribute) -> bool:
    """Tell whether an attribute is one of classes that were specified at run time: their records have terms of it.

    Not where the classes do not agree on its type, for terms are spelled by type. Former versions may have been written
    before the attribute was specified, and have no terms of it.
    """
    specified = resource.kind in SPECIFIED and path not in resource.attributes
    return specified and attribute.scalar and attribute.type != "any"


def _comparison(resource: Resource, path: str, attribute: Attribute, sign: str, values: tuple[str, ...]) -> Clause:
    stored = resource.attributes.get(path)
    if stored is None or stored.many:
        return _found(path, compares(attribute.type, "v", sign, values))
    if _indexed(stored, sign):
        return _by_index(stored, value_expression(stored), sign, values, _absence(stored.path, absent=False))
    if "." in path:
        return _found(path, compares(attribute.type, "v", sign, values))
    found = compares(attribute.type, f"({_SQL['own'].format(name=path)})", sign, values)
    return Clause(f"({found.text} is true)", found.values)


def _by_index(attribute: Attribute, value: str, sign: str, values: tuple[str, ...], there: Clause) -> Clause:
    """Compare a searchable attribute by the expression `value` of its index; `there` tells that there is a value."""
    if sign == "startswith":
        clauses = [Clause(f"{value} like %s", (f"{_literal(text)}%",)) for text in values]
    elif sign == "between":
        pairs = zip(values[::2], values[1::2], strict=True)
        clauses = [
            conjunction([_sized(attribute, value, "gte", least), _sized(attribute, value, "lte", most)])
            for least, most in pairs
        ]
    else:
        clauses = [_sized(attribute, value, sign, text) for text in values]
    # What is missing is less than all and equal to an empty text in the index: it must not be found.
    return conjunction([disjunction(clauses), there])


def _sized(attribute: Attribute, value: str, sign: str, text: str) -> Clause:
    found = operand(attribute.type, text) or NEVER
    return Clause(f"{value} {SIGNS[sign]} {found.text}", found.values)


def _found(path: str, test: Clause) -> Clause:
    return Clause(_SQL["found"].format(test=test.text), (f"{lax_path(path)}[*]", *test.values))


def lax_path(path: str) -> str:
    """Return the SQL/JSON path of an attribute; arrays on the way are descended."""
    return "$" + "".join(f'."{step}"' for step in path.split("."))


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
