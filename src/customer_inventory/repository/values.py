"""Values: how a JSON value in the database compares with texts of a query, by the type that its attribute declares.

The rules are those of `model.comparing`, in SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from customer_inventory.model.comparing import TYPED, spellings
from customer_inventory.model.patterns import pattern
from customer_inventory.model.spelling import instant_key, read_number, spelled_number
from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array

_SQL = sql.statements("filters.sql")
SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_WRITTEN = {
    "string": "as_text",
    "date-time": "as_text",
    "boolean": "as_truth",
    "integer": "as_number_text",
    "number": "as_number_text",
}
_TYPED = {**_WRITTEN, "date-time": "as_instant", "integer": "as_number", "number": "as_number"}


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of SQL with its bound parameters."""

    text: str
    values: tuple[Any, ...] = ()


NEVER = Clause("false")
ALWAYS = Clause("true")


def conjunction(clauses: list[Clause]) -> Clause:
    """Return the clause that holds when all of `clauses` do."""
    return _joined(clauses, " and ") if clauses else ALWAYS


def disjunction(clauses: list[Clause]) -> Clause:
    """Return the clause that holds when any of `clauses` does."""
    return _joined(clauses, " or ") if clauses else NEVER


def negation(clause: Clause) -> Clause:
    """Return the clause that holds when `clause` does not; null counts as not."""
    return Clause(f"(({clause.text}) is not true)", clause.values)


def typed(kind: str, value: str) -> str:
    """Return the SQL of a JSON value as its attribute's type, null when it is of another."""
    return _SQL[_TYPED.get(kind, "as_any_text")].format(v=value)


def written(kind: str, value: str) -> str:
    """Return the SQL of the text in which a JSON value of an attribute of type `kind` is written."""
    return _SQL[_WRITTEN.get(kind, "as_any_text")].format(v=value)


def compares(kind: str, value: str, sign: str, texts: tuple[str, ...]) -> Clause:
    """Return the clause that a JSON value fulfils for any of `texts`.

    `sign` is an operator of conditions other than ne and isnull; a text that cannot be of the type is fulfilled by
    nothing. Null when the value is of another type.
    """
    if sign == "between":
        pairs = zip(texts[::2], texts[1::2], strict=True)
        return disjunction(
            [
                conjunction([compares(kind, value, "gte", (least,)), compares(kind, value, "lte", (most,))])
                for least, most in pairs
            ]
        )
    if sign == "eq":
        return _equals(kind, value, texts)
    if sign in SIGNS:
        return disjunction([_sized(kind, value, SIGNS[sign], text) for text in texts])
    return disjunction([_matches(written(kind, value), sign, text) for text in texts])


def both_compare(kind: str, left: str, right: str, sign: str) -> Clause:
    """Return the clause that two JSON values fulfil which compare so; `sign` is eq, gt, gte, lt or lte."""
    if kind not in TYPED and sign != "eq":
        # Where any type may stand, numbers are compared in size with numbers, texts with texts.
        return disjunction([both_compare(each, left, right, sign) for each in ("number", "string")])
    return Clause(f"{typed(kind, left)} {SIGNS.get(sign, '=')} {typed(kind, right)}")


def operand(kind: str, text: str) -> Clause | None:
    """Return `text` as a bound value of type `kind`, or None when it cannot be one."""
    if kind == "date-time":
        return Clause("instant(%s)", (text,)) if instant_key(text) else None
    if kind in {"integer", "number"}:
        number = read_number(text)
        return None if number is None else Clause("%s::numeric", (spelled_number(number),))
    return Clause("%s::text", (text,))


def _equals(kind: str, value: str, texts: tuple[str, ...]) -> Clause:
    if kind in TYPED:
        operands = [found for text in texts if (found := operand(kind, text))]
    else:
        operands = [Clause("%s::text", (spelling,)) for text in texts for spelling in spellings(text)]
    if not operands:
        return NEVER
    if all(each.text == "%s::text" for each in operands):
        return Clause(f"{typed(kind, value)} = any(%s::text[])", (array(each.values[0] for each in operands),))
    listed = _joined(operands, ", ")
    return Clause(f"{typed(kind, value)} in {listed.text}", listed.values)


def _sized(kind: str, value: str, sign: str, text: str) -> Clause:
    if kind not in TYPED:
        # Where any type may stand, a number is compared with numbers, any other text with texts.
        kind = "string" if read_number(text) is None else "number"
    found = operand(kind, text)
    return Clause(f"{typed(kind, value)} {sign} {found.text}", found.values) if found else NEVER


def _matches(text: str, sign: str, asked: str) -> Clause:
    match sign:
        case "regex":
            return Clause(f"{text} ~ %s", (pattern(asked).postgresql,))
        case "contains":
            return Clause(f"strpos({text}, %s) > 0", (asked,))
        case "startswith":
            return Clause(f"starts_with({text}, %s)", (asked,))
        case "endswith":
            return Clause(f"right({text}, length(%s)) = %s", (asked, asked))
        case _:
            raise ValueError(f"{sign} is no operator")


def _joined(clauses: list[Clause], glue: str) -> Clause:
    text = glue.join(clause.text for clause in clauses)
    return Clause(f"({text})", tuple(value for clause in clauses for value in clause.values))
