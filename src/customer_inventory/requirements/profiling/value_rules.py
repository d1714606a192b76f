"""Value rules: what the values of a column have in common, as rules that a requirement can ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import UNSET

from customer_inventory.model.attributes import Attribute
from customer_inventory.model.value_tests import CHECKS
from customer_inventory.requirements.profiling.columns import Column
from customer_inventory.requirements.requirement import ValueRule

MOST_BROKEN = 0.05
"""The largest share of values that may break a rule that is proposed."""
_FEWEST = 20
"""So many values must have a shape, or lie within bounds, before it is asked of others."""
_LENGTHS = (50, 100, 200, 500, 1000, 4000)
_NUMBERS_ON_PAPER = frozenset(("identification number", "bank account"))


def value_rules(column: Column, attribute: Attribute | None, *, must_be_typed: bool) -> Iterator[ValueRule]:
    """Yield the rules that the values of a column suggest for an attribute; None is one of the enterprise's own.

    `must_be_typed` asks for a type even where it says little: an attribute that nobody declared is known by it.
    """
    kind = None if column.is_code or column.typed.type == "string" else column.typed.type
    if attribute is None and (kind is not None or must_be_typed):
        yield _rule("type", type=kind or "string")  # that of an attribute of the model is asked by the model
    if column.form is not None:
        yield _rule("format", format=column.form.name)
    codes = [text for text, _ in column.codes if not (attribute and attribute.enum) or text in attribute.enum]
    if codes and column.form is None:
        yield _rule("code-list", code_list=sorted(codes))
    elif column.pattern is not None and column.values.present >= _FEWEST:
        yield _rule("pattern", pattern=column.pattern)
    elif kind is not None and column.bounds != (None, None) and column.values.present >= _FEWEST:
        least, most = (UNSET if each is None else each for each in column.bounds)
        yield _rule("bounds", minimum=least, maximum=most)
    elif column.form is None and kind is None:
        yield _rule("length", max_length=_roomy(column.longest))
    yield from _check_digit(column)


def _rule(code: str, **said: Any) -> ValueRule:
    return ValueRule(code=code, **said)


def _roomy(longest: int) -> int:
    """Return a length with room for longer values than the sample has."""
    return next((length for length in _LENGTHS if 1.5 * longest <= length), 2 * longest)


def _check_digit(column: Column) -> Iterator[ValueRule]:
    """Yield the check digit of numbers that are known to carry one; formats that ask for theirs are left out."""
    if column.form is None and column.personal is not None and column.personal.kind in _NUMBERS_ON_PAPER:
        pairs = list(zip(column.values.texts, column.values.counts, strict=True))
        for name, passes in CHECKS.items():
            if sum(n for text, n in pairs if passes(text)) >= (1 - MOST_BROKEN) * column.values.present > 0:
                yield _rule("check-digit", check_digit=name)
                return
