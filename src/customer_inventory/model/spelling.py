"""Spelling: the one text that stands for a value, so that equality of values is equality of texts.

A number has one spelling however it was written (`1`, `1.0` and `10e-1` are `1`); an instant is spelled in UTC without
trailing zeros; a plain date, a text and a truth are spelled as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from customer_inventory.model.entity import Instant

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
"""A JSON number (RFC 8259 section 6)."""

INSTANT = re.compile(
    r"(?P<year>\d{4})-(?P<rest>\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d+))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<hours>[01]\d|2[0-3]):?(?P<minutes>[0-5]\d))",
    re.ASCII,
)
"""An RFC 3339 date-time with its zone; the colon in the offset may be missing, as in ISO 8601."""

DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
LARGEST_NUMBER = int(1e308)  # a little more than 10**308, which no double is
"""The largest magnitude of a number: an IEEE double holds it, and most clients read JSON numbers into one."""

_GREGORIAN_CYCLE = 400  # years after which the calendar repeats, to the day


def spelled(kind: str, value: Any) -> str | None:
    """Return the text that stands for `value` in an attribute of type `kind`, or None when it is of another type."""
    if value is True or value is False:
        return ("true" if value else "false") if kind in {"boolean", "any"} else None
    if isinstance(value, str):
        if kind in {"string", "any"}:
            return value
        return spelled_instant(value) if kind == "date-time" else None
    if isinstance(value, int | float) and kind in {"integer", "number", "any"}:
        return spelled_number(value)
    return None


def spelled_number(value: float) -> str:
    """Return the shortest decimal without exponent that reads back as the same number."""
    if isinstance(value, int):
        return str(value)
    text = format(Decimal(repr(value)), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def read_number(text: str) -> float | None:
    """Return the number that `text` writes in JSON, or None when it writes none or one too large."""
    if len(text) > 400 or not NUMBER.fullmatch(text):
        return None
    value = float(text) if set(text) & set(".eE") else int(text)
    return value if abs(value) <= LARGEST_NUMBER else None


def spelled_as(named: Any, classes: Collection[str]) -> Any:
    """Return the one of `classes` from which a name differs by capitals only, or what it is when there is none."""
    if not isinstance(named, str) or named in classes:
        return named
    alike = [each for each in classes if each.casefold() == named.casefold()]
    return alike[0] if len(alike) == 1 else named


def classed(document: dict[str, Any], classes: Collection[str]) -> dict[str, Any]:
    """Return `document` with `@type` spelled as the class is: clients write it like the name of its resource, too."""
    named = document.get("@type")
    known = spelled_as(named, classes)
    return document if known == named else {**document, "@type": known}


def is_unicode(text: str) -> bool:
    """Tell whether `text` is made of whole characters: JSON can spell half of a surrogate pair, UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_instant(value: Any, formats: tuple[str, ...] = ("date-time",)) -> bool:
    """Tell whether `value` is a date-time with a zone, or a plain date where `formats` allow one."""
    if type(value) is str and "date" in formats and DAY.fullmatch(value):
        value += "T00:00:00Z"
    try:
        msgspec.convert(value, Instant)
    except msgspec.ValidationError:
        return False
    return True


def spelled_instant(text: str) -> str | None:
    """Return `text` in UTC with the least digits, a plain date as it is, or None when it is no point in time.

    What ends in Z with a full set of digits already stands in UTC: nearly all do, so they are not taken apart.
    """
    if text[-1:] == "Z" and text[10:11] == "T" and (len(text) == 20 or (text[19:20] == "." and text[-2] != "0")):
        return text
    parts = INSTANT.fullmatch(text)
    if parts is None:
        return text if DAY.fullmatch(text) else None
    try:
        return _in_utc(parts)
    except ValueError:
        return None


def instant_key(text: str) -> tuple[int, str, str] | None:
    """Return what orders `text` in time, a plain date standing at its midnight in UTC; None for no point in time.

    Days and whole seconds in UTC, as nearly all are written, are not taken apart: that takes a sixth of the time.
    """
    length, signs = len(text), text[4::3]
    if (length == 20 and signs == "--T::Z") or (length == 10 and signs == "--"):
        try:
            datetime.fromisoformat(text)
        except ValueError:
            return None
        return int(text[:4]), text[5:19] if length == 20 else f"{text[5:]}T00:00:00", ""
    parts = INSTANT.fullmatch(f"{text}T00:00:00Z" if DAY.fullmatch(text) else text)
    if parts is None or parts["time"][:2] == "24":
        return None
    try:
        whole, _, fraction = _in_utc(parts)[:-1].partition(".")
    except ValueError:
        return None
    year, _, rest = whole.partition("-")
    return int(year), rest, fraction


def _in_utc(parts: re.Match[str]) -> str:
    """Return the matched instant in UTC; raises ValueError when there is no such day or time.

    The sum is made in the middle of the calendar and moved back, since an offset can lead out of the years 1 to 9999.
    """
    year = int(parts["year"])
    if year == 0:
        raise ValueError("there is no year 0")
    middle = 2000 + year % _GREGORIAN_CYCLE
    local = datetime.fromisoformat(f"{middle}-{parts['rest']}T{parts['time']}")
    if parts["sign"]:
        offset = timedelta(hours=int(parts["hours"]), minutes=int(parts["minutes"]))
        local = local - offset if parts["sign"] == "+" else local + offset
    fraction = (parts["fraction"] or "").rstrip("0")
    return f"{local.year - middle + year:04}{local.isoformat()[4:]}{'.' + fraction if fraction else ''}Z"
