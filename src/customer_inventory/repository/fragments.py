"""Fragments: named SQL with clauses where its braces stand, so that what is bound keeps its order."""

from __future__ import annotations

from functools import lru_cache
from string import Formatter
from typing import Any

from customer_inventory.repository.arrays import array
from customer_inventory.repository.values import Clause


def composed(fragment: str, **parts: Clause | str | int) -> Clause:
    """Return a fragment with `parts` in its braces; the values of clauses among them are bound in their order.

    Raises KeyError for braces that no part is for.
    """
    text: list[str] = []
    values: list[Any] = []
    for literal, name in _pieces(fragment):
        text.append(literal)
        if name is not None:
            part = parts[name]
            text.append(part.text if isinstance(part, Clause) else str(part))
            values += part.values if isinstance(part, Clause) else ()
    return Clause("".join(text), tuple(values))


def joined(clauses: list[Clause], glue: str) -> Clause:
    """Return clauses one behind the other with `glue` between them."""
    return Clause(glue.join(each.text for each in clauses), tuple(value for each in clauses for value in each.values))


def bound(value: Any, kind: str = "text") -> Clause:
    """Return a bound value of a type of SQL."""
    return Clause(f"%s::{kind}", (value,))


def bound_texts(texts: list[str]) -> Clause:
    """Return a bound array of texts."""
    return Clause("%s::text[]", (array(texts),))


@lru_cache(maxsize=256)
def _pieces(fragment: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((literal, name) for literal, name, _, _ in Formatter().parse(fragment))
