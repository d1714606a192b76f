"""Dates: in which of the usual ways days and moments are written, and what they say in ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache

FORMATS = (
    "iso",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y%m%d",
    "%Y/%m/%d",
    "%d %b %Y",
    "%d %B %Y",
)
"""How days are written, as strptime has them; of two that fit equally well the first is taken."""

_PARTS = {"%d": r"(?P<d>\d{1,2})", "%m": r"(?P<m>\d{1,2})", "%Y": r"(?P<Y>\d{4})", "%b": r"(?P<b>[A-Za-z]{3})",
          "%B": r"(?P<b>[A-Za-z]{3,9})"}  # fmt: skip
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)

Read = Callable[[str], str | None]


def day(form: str) -> Read:
    """Return what reads a day in one of `FORMATS` to its ISO form, and anything else to None."""
    return _iso_day if form == "iso" else _numbered_day(form)


def moment(text: str) -> str | None:
    """Return a moment in RFC 3339 and UTC, one without a zone taken as UTC; None for anything else."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        in_utc = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except OverflowError:
        return None
    return in_utc.isoformat().replace("+00:00", "Z")


def _iso_day(text: str) -> str | None:
    if len(text) != 10 or text[4] != "-":
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


@cache
def _numbered_day(form: str) -> Read:
    source = re.sub("%[dmYbB]", lambda part: _PARTS[part[0]], re.escape(form).replace("\\%", "%"))
    if form == "%Y%m%d":
        source = source.replace("{1,2}", "{2}")
    written = re.compile(source, re.ASCII)
    whole_names = "%B" in form

    def read(text: str) -> str | None:
        found = written.fullmatch(text)
        if found is None:
            return None
        parts = found.groupdict()
        month = _month(parts["b"], whole=whole_names) if "b" in parts else int(parts["m"])
        try:
            return date(int(parts["Y"]), month or 0, int(parts["d"])).isoformat()
        except ValueError:
            return None

    return read


def _month(name: str, *, whole: bool) -> int | None:
    names = _MONTHS if whole else [month[:3] for month in _MONTHS]
    return names.index(name.lower()) + 1 if name.lower() in names else None
