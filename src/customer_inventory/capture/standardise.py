"""Standardisation: what a source wrote becomes what the inventory keeps, or a reason why it cannot.

Each standard is one pure function from a text to a value. None of them guesses: what cannot be read without guessing is
`Unusable`, and the mapping says whether the value is then left out or the row is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache

from customer_inventory.capture.telephone import UnusableNumber, e164
from customer_inventory.model.countries import code_of

Value = str | int | float | bool
Standard = Callable[[str], Value]

LONGEST_TEXT = 4000
"""How many characters of a cell are taken; longer ones are pasted documents, not attributes."""

_DATES_REMEMBERED = 50_000
_EMAIL = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@"
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_](?:[\w-]{0,61}[^\W_])?"
)
_TRUE = frozenset({"true", "t", "yes", "y", "1", "ja", "oui", "si", "sí", "tak"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "nein", "non", "nie"})


class Unusable(Exception):
    """A value cannot be used; the message says why, and never repeats the value."""


def text(value: str) -> str:
    """Return `value` without spaces around it, with single ones inside, and composed (Unicode NFC).

    Raises Unusable for control characters, broken encoding and more than `LONGEST_TEXT` characters.
    """
    value = " ".join(value.split())
    if len(value) > LONGEST_TEXT:
        raise Unusable(f"is longer than {LONGEST_TEXT} characters")
    if not value.isprintable():
        _refuse_unprintable(value)
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def lower(value: str) -> str:
    """Return `value` as text in lower case. Raises Unusable as `text` does."""
    return text(value).lower()


def upper(value: str) -> str:
    """Return `value` as text in upper case. Raises Unusable as `text` does."""
    return text(value).upper()


def email(value: str) -> str:
    """Return an e-mail address in lower case; RFC 5321 with a domain of at least two labels, no quoted local part.

    Raises Unusable.
    """
    address = text(value).lower()
    local, _, domain = address.partition("@")
    if not _EMAIL.fullmatch(address) or len(local) > 64 or len(domain) > 253:
        raise Unusable("is no e-mail address")
    return address


def integer(value: str) -> int:
    """Return a whole number. Raises Unusable."""
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", plain := text(value)):
        raise Unusable("is no whole number of at most 18 digits")
    return int(plain)


def number(value: str) -> int | float:
    """Return a number written with a decimal point and no thousands separators. Raises Unusable."""
    if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", plain := text(value)):
        raise Unusable("is no number with a decimal point and no other separators")
    return float(plain) if "." in plain else int(plain)


def boolean(value: str) -> bool:
    """Return a truth from yes, true, 1 … or no, false, 0 … . Raises Unusable."""
    word = lower(value)
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Unusable("is neither yes nor no")


def country(value: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country named by code or by name in English or its own language.

    Raises Unusable.
    """
    code = code_of(text(value))
    if code is None:
        raise Unusable("is no country that is known by this name")
    return code


def phone(default_country: str | None) -> Standard:
    """Return the standard for telephone numbers in E.164; those without a country code are of `default_country`."""

    def standard(value: str) -> str:
        try:
            return e164(text(value), default_country)
        except UnusableNumber as error:
            raise Unusable(str(error)) from None

    return standard


def day(formats: tuple[str, ...]) -> Standard:
    """Return the standard for days, written in one of `formats` (as strptime has them), kept as ISO 8601."""

    @lru_cache(_DATES_REMEMBERED)  # a million customers are born on some thirty thousand days
    def standard(value: str) -> str:
        return _parse(text(value), formats).date().isoformat()

    return standard


def instant(formats: tuple[str, ...]) -> Standard:
    """Return the standard for points in time, kept as RFC 3339 in UTC; one without a zone is taken as UTC."""

    def standard(value: str) -> str:
        moment = _parse(text(value), formats)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return moment.isoformat().replace("+00:00", "Z")

    return standard


def _parse(value: str, formats: tuple[str, ...]) -> datetime:
    for form in formats:
        try:
            if form == "iso":
                return _iso(value)
            return datetime.strptime(value, form)  # noqa: DTZ007  a day has no zone; `instant` gives one
        except ValueError:
            continue
    raise Unusable(f"is no date as {' or '.join(formats)}")


def _iso(value: str) -> datetime:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return datetime.combine(date.fromisoformat(value), datetime.min.time())
    if not re.match(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", value, re.ASCII):
        raise ValueError
    return datetime.fromisoformat(value)


def _refuse_unprintable(value: str) -> None:
    categories = {unicodedata.category(letter) for letter in value}
    if "Cs" in categories:
        raise Unusable("is not in the encoding of the file")
    if "Cc" in categories:
        raise Unusable("holds a control character")
