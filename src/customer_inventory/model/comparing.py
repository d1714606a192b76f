"""Comparing: how a value of a document and a text of a query compare, by the type that the attribute declares.

A text is read as a value of the attribute's type: numbers compare as numbers, date-times as instants (a plain date is
its midnight in UTC), texts by their code points. An attribute of any type, or of none that is declared, is equal to
what is spelled like it; in size, a number compares with numbers and any other text with texts.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from customer_inventory.model.spelling import instant_key, read_number, spelled, spelled_number

TYPED = frozenset({"string", "boolean", "integer", "number", "date-time"})
_SIZES: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda held, asked: asked in held,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def compares(kind: str, value: Any, sign: str, text: str) -> bool:
    """Return whether the single `value` of an attribute of type `kind` compares with `text`.

    `sign` is eq, gt, gte, lt, lte, contains, startswith or endswith.
    """
    if sign in _TEXTS:
        written = written_as(kind, value)
        return written is not None and _TEXTS[sign](written, text)
    if kind not in TYPED:
        return _any_compares(value, sign, text)
    held, asked = comparable(kind, value), _asked(kind, text)
    if held is None or asked is None:
        return False
    return bool(held == asked if sign == "eq" else _SIZES[sign](held, asked))


def both_compare(kind: str, left: list[Any], right: list[Any], *, sign: str) -> bool:
    """Return whether any value on the left compares with any on the right; costs one look at each value.

    `sign` is eq, gt, gte, lt or lte.
    """
    if kind not in TYPED and sign != "eq":
        return any(both_compare(each, left, right, sign=sign) for each in ("number", "string"))
    kind = kind if kind in TYPED else "any"
    held, asked = (
        {key for value in values if (key := comparable(kind, value)) is not None} for values in (left, right)
    )
    if sign == "eq":
        return not held.isdisjoint(asked)
    if not held or not asked:
        return False
    ends = (max(held), min(asked)) if sign in {"gt", "gte"} else (min(held), max(asked))
    return bool(_SIZES[sign](*ends))


def written_as(kind: str, value: Any) -> str | None:
    """Return the text in which `value` is written, or None when it is of another type than `kind`."""
    if kind == "date-time":
        return value if isinstance(value, str) else None
    return spelled(kind if kind in TYPED else "any", value)


def comparable(kind: str, value: Any) -> Any:
    """Return by what values of type `kind` compare, or None for a value of another type."""
    if kind == "date-time":
        return instant_key(value) if isinstance(value, str) else None
    return number_of(value) if kind in {"integer", "number"} else spelled(kind, value)


def number_of(value: Any) -> float | None:
    """Return `value` if it is a number, else None."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def spellings(text: str) -> tuple[str, ...]:
    """Return the spellings of what `text` writes: its own and, for a number, the canonical one."""
    number = read_number(text)
    return tuple(dict.fromkeys((text, spelled_number(number)))) if number is not None else (text,)


def _any_compares(value: Any, sign: str, text: str) -> bool:
    if sign == "eq":
        return spelled("any", value) in spellings(text)
    asked = read_number(text)
    if asked is not None:
        held = number_of(value)
        return held is not None and _SIZES[sign](held, asked)
    return isinstance(value, str) and _SIZES[sign](value, text)


def _asked(kind: str, text: str) -> Any:
    if kind == "date-time":
        return instant_key(text)
    return read_number(text) if kind in {"integer", "number"} else text
