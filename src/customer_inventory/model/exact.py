"""Numbers as they come in: kept to the last digit, or refused; never rounded in silence.

Whole numbers have as many digits as they like. A number with a fraction or an exponent is kept in double precision,
which holds 15 digits always and 17 at most: one that would come back as another number is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec

from customer_inventory.model.problems import PROBLEMS_SHOWN, InvalidDocument, Problem

_SURE = 16
"""A number written in so many characters, a point among them, has at most 15 digits."""
_LONGEST_NAME = 64


class _Inexact(Exception):
    """A number cannot be kept as it is written."""


def decoded(raw: bytes) -> Any:
    """Return JSON as Python has it.

    Raises InvalidDocument for numbers that would be rounded, and what `msgspec.json.decode` raises.
    """
    try:
        return _STRICT.decode(raw)
    except _Inexact:
        paths = islice(_found(raw), PROBLEMS_SHOWN)
        raise InvalidDocument(
            [Problem(path, "is a number that double precision does not hold") for path in paths]
        ) from None


def _exactly(text: str) -> float:
    number = float(text)
    if (len(text) <= _SURE and "e" not in text and "E" not in text) or Decimal(text) == Decimal(repr(number)):
        return number
    raise _Inexact


def _marked(text: str) -> Any:
    try:
        return _exactly(text)
    except _Inexact:
        return _INEXACT


_INEXACT = object()
_STRICT = msgspec.json.Decoder(float_hook=_exactly)
_MARKING = msgspec.json.Decoder(float_hook=_marked)


def _found(raw: bytes) -> Iterator[str]:
    """Yield where in a text the numbers are that cannot be kept."""
    waiting: list[tuple[str, Any]] = [("", _MARKING.decode(raw))]
    while waiting:
        path, value = waiting.pop()
        if value is _INEXACT:
            yield path
        elif isinstance(value, dict):
            prefix = f"{path}." if path else ""
            waiting += [(prefix + name[:_LONGEST_NAME], each) for name, each in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", each) for index, each in reversed(list(enumerate(value)))]
