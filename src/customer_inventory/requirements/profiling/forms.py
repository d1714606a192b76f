"""Forms: which of the named formats the values of a column have, and what capture makes of them.

A format is found where nearly all values pass its rule and it is no accident: letters and digits pass the rule of
postal codes, so there the heading or the look of a national code must say so too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from customer_inventory.model.countries import code_of
from customer_inventory.requirements.formats import format_tests
from customer_inventory.requirements.profiling.sample import Values
from customer_inventory.requirements.profiling.words import CURRENCIES, LANGUAGES

MOST_WRONG = 0.05
"""What share of values may lack the format of the column."""

TIMELESS = datetime(2000, 1, 1, tzinfo=UTC)
"""The time for tests that do not depend on it: types and formats."""

_FEW = 3
_SCHEMES = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(mailto|tel|urn|sip):")
_MEDIA = re.compile(r"(application|audio|font|image|message|model|multipart|text|video)/")
_POSTCODES = re.compile(
    r"[A-Z]{1,2}\d[A-Z0-9]? \d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4} ?[A-Z]{2}|\d{4}-\d{3}|\d{5}-\d{3}|\d{2}-\d{3}"
    r"|\d{3}-\d{4}",
    re.ASCII,
)
"""Postal codes of the United Kingdom, Canada, the Netherlands, Portugal, Brazil, Poland and Japan (UPU S42)."""

_SEPARATORS = str.maketrans("", "", " -./()\N{NO-BREAK SPACE}")


@dataclass(frozen=True, slots=True)
class Form:
    """A named format (one of requirement.FORMATS), and how many of how many rows have it."""

    name: str
    passed: int
    asked: int
    failing: frozenset[int] = field(default=frozenset(), repr=False)
    """The codes of the values that do not have it."""


def standardised(name: str, text: str) -> str:
    """Return a text as capture writes it in the format of this name, as far as that needs no knowledge of a country."""
    if name == "email":
        return text.lower()
    if name == "country":
        return code_of(text) or text
    if name == "phone" and text.startswith("+"):
        return text.translate(_SEPARATORS)
    return text


def form_of(values: Values, counts: Sequence[int], *, meaning: str | None, converts: bool) -> Form | None:
    """Return the format of a column whose values are there so often, if they have one."""
    asked = sum(counts)
    distinct = sum(1 for count in counts if count)
    for name, plausible in _PLAUSIBLE.items():
        if plausible(meaning, distinct):
            failing = _failing(name, values, counts, meaning=meaning, converts=converts)
            if failing is not None:
                return Form(name, asked - sum(counts[code] for code in failing), asked, frozenset(failing))
    return None


_tests = cache(format_tests)


def passes(name: str, value: object, *, meaning: str | None = None) -> bool:
    """Return whether a value has the format and is what the format is for."""
    if not all(test.passes(value, TIMELESS) for test in _tests(name)):
        return False
    return type(value) is str and _REALLY.get(name, _anything)(value, meaning)


def _failing(
    name: str, values: Values, counts: Sequence[int], *, meaning: str | None, converts: bool
) -> list[int] | None:
    """Return the codes of the values that do not have the format; None as soon as they are too many."""
    failing: list[int] = []
    failed, most = 0, MOST_WRONG * sum(counts)
    for code, value in enumerate(values.values):
        held = standardised(name, value) if converts and type(value) is str else value
        if not passes(name, held, meaning=meaning):
            failing.append(code)
            failed += counts[code]
            if failed > most:
                return None
    return failing if sum(counts) else None


def _is_language(text: str) -> bool:
    language, _, region = text.partition("-")
    return language.lower() in LANGUAGES and language.islower() and (not region or code_of(region) == region.upper())


Plausible = Callable[[str | None, int], bool]
Really = Callable[[str, str | None], bool]


def _anything(_text: str, _meaning: str | None) -> bool:
    return True


def _of_meaning(*meanings: str, else_distinct: int | None = None) -> Plausible:
    def plausible(meaning: str | None, distinct: int) -> bool:
        return meaning in meanings or (meaning is None and else_distinct is not None and distinct >= else_distinct)

    return plausible


_PLAUSIBLE: dict[str, Plausible] = {
    "email": lambda _meaning, _distinct: True,
    "uuid": lambda _meaning, _distinct: True,
    "iban": lambda _meaning, _distinct: True,
    "uri": lambda _meaning, _distinct: True,
    "mime": lambda _meaning, _distinct: True,
    "phone": lambda _meaning, _distinct: True,
    "country": _of_meaning("country", "nationality", else_distinct=_FEW),
    "currency": _of_meaning("currency", else_distinct=1),
    "language": _of_meaning("language", else_distinct=_FEW),
    "postcode": _of_meaning("postCode", else_distinct=_FEW),
}
"""When a format is looked for at all, by the meaning of the heading and the number of different values."""

_REALLY: dict[str, Really] = {
    "uri": lambda text, _: _SCHEMES.match(text) is not None,
    "mime": lambda text, _: _MEDIA.match(text) is not None,
    "country": lambda text, _: code_of(text) == text,
    "currency": lambda text, _: text in CURRENCIES,
    "language": lambda text, _: _is_language(text),
    "postcode": lambda text, meaning: meaning == "postCode" or _POSTCODES.fullmatch(text) is not None,
}
"""What else must hold of a value, for it to be what the format is for and not only written like it."""
