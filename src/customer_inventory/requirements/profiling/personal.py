"""Personal data: whether a column is about people, and how well it must be protected, told by headings and by values.

A value that proves itself (an e-mail address, a check digit) counts for more than a heading, and both together for
most. What is found is said as a reason, never as a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from customer_inventory.requirements.headings import words_of
from customer_inventory.requirements.profiling.check_digits import IDENTIFICATIONS, UNCHECKED, is_identification
from customer_inventory.requirements.profiling.forms import Form
from customer_inventory.requirements.profiling.sample import Values
from customer_inventory.requirements.profiling.types import Typed, reader
from customer_inventory.requirements.profiling.words import (
    CPNI_HEADINGS,
    FAMILY_NAMES,
    GIVEN_NAMES,
    PERSONAL_HEADINGS,
    SPECIAL_HEADINGS,
    STREET_WORDS,
)

MOSTLY = 0.9
"""What share of values must prove themselves."""
_NAMED = 0.25
"""What share of values must be names that are known, for a column of names: most names are not known."""
_FEWEST = 10
_SAMPLED = 5_000
_LIFE = timedelta(days=366 * 120)
_STREET = re.compile(rf"\b({STREET_WORDS})\b|(stra(ss|ß)e|straat|weg|gasse|platz|gatan)\b", re.IGNORECASE)
_PHONE = re.compile(r"(\+|00|0|\()[0-9 ./()-]{6,20}|[0-9]{3}[-. ][0-9]{3}[-. ][0-9]{4}", re.ASCII)
_MEANT = {
    "name": "givenName middleName familyName preferredGivenName fullName",
    "form of address": "title",
    "gender": "gender",
    "birth date": "birthDate",
    "death date": "deathDate",
    "nationality": "nationality",
    "place of birth": "placeOfBirth",
    "family": "maritalStatus",
    "e-mail address": "email email2",
    "telephone number": "phone mobile fax",
    "address": "street1 street2 postCode city",
}
_MEANINGS = {meaning: kind for kind, meanings in _MEANT.items() for meaning in meanings.split()}
_IDENTIFYING = frozenset(
    ("name", "birth date", "e-mail address", "telephone number", "address", "identification number", "bank account")
)


@dataclass(frozen=True, slots=True)
class Personal:
    """A kind of personal data that a column seems to hold, its class of protection, why, and how sure that is."""

    kind: str
    sensitivity: str
    reason: str
    confidence: float

    @property
    def identifying(self) -> bool:
        """Whether it helps to tell which person a record is of."""
        return self.kind in _IDENTIFYING


def personal(
    values: Values, counts: Sequence[int], *, meaning: str | None, typed: Typed, form: Form | None, today: date
) -> Personal | None:
    """Return what personal data a column seems to hold: the most protected kind, of those the surest."""
    headed = list(_by_heading(values.name, meaning))
    valued = list(_by_value(values, counts, typed, form, today))
    kinds = {each.kind: each for each in headed}
    found = dict(kinds)
    for each in valued:
        also = kinds.get(each.kind)
        found[each.kind] = each if also is None else _both(each, also)
    order = ("special", "cpni", "personal")
    ranked = sorted(found.values(), key=lambda each: (order.index(each.sensitivity), -each.confidence))
    return ranked[0] if ranked else None


def _both(value: Personal, heading: Personal) -> Personal:
    sure = 1 - (1 - value.confidence) * (1 - heading.confidence)
    return Personal(value.kind, value.sensitivity, f"{value.reason}; {heading.reason}", round(sure, 3))


def _by_heading(heading: str, meaning: str | None) -> Iterator[Personal]:
    if meaning in _MEANINGS:
        yield Personal(_MEANINGS[meaning], "personal", "the heading says so", 0.8)
    said = f" {words_of(heading)} "
    tables: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("special", SPECIAL_HEADINGS), ("cpni", CPNI_HEADINGS), ("personal", PERSONAL_HEADINGS),
    )  # fmt: skip
    for sensitivity, table in tables:
        for phrases, kind in table.items():
            if any(f" {phrase} " in said for phrase in phrases.split(", ")):
                yield Personal(kind, sensitivity, "the heading says so", 0.7)


def _by_value(
    values: Values, counts: Sequence[int], typed: Typed, form: Form | None, today: date
) -> Iterator[Personal]:
    if form is not None and form.name in _OF_FORMAT:
        share = form.passed / form.asked
        yield Personal(_OF_FORMAT[form.name], "personal", f"{share:.0%} of the values are written like it", share)
    if typed.type == "date":
        yield from _births(values, counts, typed, today)
    texts = [(text, n) for text, n in zip(values.texts, counts, strict=True) if n][:_SAMPLED]
    if typed.type in {"string", "integer"} and len(texts) >= _FEWEST:
        yield from _identifications(texts)
    if typed.type == "string" and form is None and len(texts) >= _FEWEST:
        yield from _written(texts)


_OF_FORMAT = {"email": "e-mail address", "phone": "telephone number", "iban": "bank account"}


def _identifications(texts: Sequence[tuple[str, int]]) -> Iterator[Personal]:
    """Yield the identification that most values pass; what chance passes is far below the share that is asked."""
    shares = {name: _share(texts, partial(is_identification, name)) for name in _ALL}
    name = max(shares, key=lambda each: shares[each])
    if shares[name] >= MOSTLY:
        proof = "have the right check digit of" if name in IDENTIFICATIONS else "are written like"
        kind = "bank account" if name.startswith(("IBAN", "payment")) else "identification number"
        yield Personal(kind, "personal", f"{shares[name]:.0%} of the values {proof} the {name}", shares[name])


_ALL = (*IDENTIFICATIONS, *UNCHECKED)


def _written(texts: Sequence[tuple[str, int]]) -> Iterator[Personal]:
    phones = _share(texts, lambda text: _PHONE.fullmatch(text) is not None)
    if phones >= MOSTLY:
        yield Personal("telephone number", "personal", f"{phones:.0%} of the values are written like it", 0.7 * phones)
    streets = _share(texts, _is_street)
    if streets >= 0.5:
        yield Personal("address", "personal", f"{streets:.0%} of the values name a street and a number", streets)
    names = _share(texts, _is_name)
    if names >= _NAMED:
        yield Personal(
            "name", "personal", f"{names:.0%} of the values are common names of people", min(0.95, 2 * names)
        )


def _is_street(text: str) -> bool:
    return " " in text and any(map(str.isdigit, text)) and _STREET.search(text) is not None


def _is_name(text: str) -> bool:
    words = text.lower().replace("-", " ").split()
    if not 1 <= len(words) <= 4:
        return False
    return words[0] in GIVEN_NAMES or words[-1] in FAMILY_NAMES


def _births(values: Values, counts: Sequence[int], typed: Typed, today: date) -> Iterator[Personal]:
    """Yield birth dates: days of a long life, none in the future, few of the last years."""
    read = reader(typed)
    days = [
        (date.fromisoformat(str(day)), n)
        for text, n in zip(values.texts, counts, strict=True)
        if n and (day := read(text))
    ]
    total = sum(n for _, n in days)
    lived = sum(n for day, n in days if today - _LIFE <= day <= today)
    grown = sum(n for day, n in days if day.year <= today.year - 16)
    spread = max(day.year for day, _ in days) - min(day.year for day, _ in days) if days else 0
    if total >= _FEWEST and lived >= 0.99 * total and grown >= 0.75 * total and spread >= 30:
        yield Personal("birth date", "personal", f"{grown / total:.0%} of the days are those of grown people", 0.6)


def _share(texts: Sequence[tuple[str, int]], test: Callable[[str], bool]) -> float:
    """Return the share of rows whose value passes, seen on a first part where that settles it."""
    first = texts[:200]
    if sum(n for text, n in first if test(text)) < 0.1 * sum(n for _, n in first):
        return 0.0
    return sum(n for text, n in texts if test(text)) / sum(n for _, n in texts)
