"""Value tests: what a value of an attribute must be, in a form that is asked of one value and compiled to SQL alike.

`repository/ruling.py` says the same in SQL; tests/contract/test_ruling.py holds one against the other. A test is asked
of a JSON value that is not null and no array. A text, a number and a truth are *written* as `comparing.written_as` has
it; an object is written as nothing, and passes no test but that of its type.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.comparing import number_of, written_as
from customer_inventory.model.patterns import Pattern
from customer_inventory.model.spelling import instant_key, is_instant, read_number

TYPES = ("string", "integer", "number", "boolean", "date", "date-time", "object")
"""The types that a value may be asked to be of; a date-time may stand where a date is asked for."""

_RELATIVE = re.compile(r"(?P<from>today|now)(?:(?P<sign>[+-])(?P<count>\d{1,4})(?P<unit>[ymd]))?", re.ASCII)


class InvalidBound(InventoryError):
    """The bound is neither a number nor a point in time.

    Write a number, a date, a date-time with its zone, or one counted from now: today, now, today-18y, now+1d.
    """

    code = "invalid-bound"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class OfType:
    """The value is of a JSON type, or a text that writes a date or date-time (RFC 3339)."""

    type: str

    def passes(self, value: Any, now: datetime) -> bool:  # noqa: ARG002  every test is asked alike
        """Return whether a value is of the type."""
        return _OF_TYPE[self.type](value)


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is written as one of a code list."""

    codes: frozenset[str]

    def passes(self, value: Any, now: datetime) -> bool:  # noqa: ARG002  asked alike
        """Return whether a value is one of the codes."""
        return (value if type(value) is str else written_as("any", value)) in self.codes


@dataclass(frozen=True)
class Fits:
    """What is written follows a pattern from its beginning to its end."""

    pattern: Pattern
    words: str
    """What the pattern stands for, to be told: "is no e-mail address"."""

    @cached_property
    def _asked(self) -> Callable[[str], object | None]:
        return self.pattern.asked

    def passes(self, value: Any, now: datetime) -> bool:  # noqa: ARG002  asked alike
        """Return whether a value follows the pattern."""
        text = value if type(value) is str else written_as("any", value)
        return text is not None and self._asked(text) is not None


@dataclass(frozen=True, slots=True)
class Long:
    """What is written has so many characters (Unicode code points)."""

    least: int = 0
    most: int | None = None

    def passes(self, value: Any, now: datetime) -> bool:  # noqa: ARG002  asked alike
        """Return whether a value is as long."""
        text = value if type(value) is str else written_as("any", value)
        return text is not None and self.least <= len(text) and (self.most is None or len(text) <= self.most)


@dataclass(frozen=True)
class Between:
    """The value is a number, or a point in time, within bounds that belong to it; None is open."""

    least: str | None
    most: str | None

    @cached_property
    def _moves(self) -> bool:
        return any(each is not None and each[:1] in {"t", "n"} for each in (self.least, self.most))

    @cached_property
    def _fixed(self) -> tuple[Any, Any] | None:
        """The bounds by which values compare, None where they move with time."""
        return None if self._moves else _keys(self.least, self.most, None)

    @cached_property
    def temporal(self) -> bool:
        """Whether the bounds are points in time."""
        return any(each is not None and read_number(each) is None for each in (self.least, self.most))

    @property
    def mixed(self) -> bool:
        """Whether one bound is a number and the other a point in time, so that nothing lies between."""
        return len({read_number(each) is None for each in (self.least, self.most) if each is not None}) > 1

    @property
    def empty(self) -> bool:
        """Whether nothing lies between bounds that do not move with time."""
        if self._moves or self.mixed:
            return False
        least, most = _keys(self.least, self.most, None)
        return least is not None and most is not None and bool(most < least)

    def at(self, now: datetime) -> tuple[str | None, str | None]:
        """Return the bounds as they are now: numbers as they are written, or instants in UTC."""
        return _bound_at(self.least, now), _bound_at(self.most, now)

    def passes(self, value: Any, now: datetime) -> bool:
        """Return whether a value lies within the bounds."""
        least, most = self._fixed or _keys(self.least, self.most, _minute(now))
        held: Any = None
        if not self.temporal:
            held = number_of(value)
        elif type(value) is str:
            held = instant_key(value)
        return held is not None and (least is None or held >= least) and (most is None or held <= most)


@dataclass(frozen=True, slots=True)
class Checked:
    """The digits that are written carry a right check digit; spaces, dots and hyphens do not count."""

    algorithm: str

    def passes(self, value: Any, now: datetime) -> bool:  # noqa: ARG002  asked alike
        """Return whether the check digit of a value is right."""
        text = value if type(value) is str else written_as("any", value)
        return text is not None and CHECKS[self.algorithm](text)


ValueTest = OfType | OneOf | Fits | Long | Between | Checked


def bound(text: str) -> str:
    """Return a bound as tests keep it; `now` counts whole minutes. Raises InvalidBound."""
    if read_number(text) is None and instant_key(text) is None and not _RELATIVE.fullmatch(text):
        raise InvalidBound
    return text


def _luhn(text: str) -> bool:
    """ISO/IEC 7812-1 annex B: digits alone, every second one from the right doubled, the sum divisible by ten."""
    digits = _bare(text)
    if not re.fullmatch(r"[0-9]{2,40}", digits):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def _mod97(text: str) -> bool:
    """ISO/IEC 7064 MOD 97-10 as IBANs carry it (ISO 13616-1): the first four moved behind, letters from 10 to 35."""
    written = _bare(text).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{4,30}", written):
        return False
    return int("".join(str(int(letter, 36)) for letter in written[4:] + written[:4])) % 97 == 1


CHECKS: dict[str, Callable[[str], bool]] = {"luhn": _luhn, "mod97": _mod97}
"""The algorithms of check digits, by name; repository/sql/ruling.sql has their twins."""


def _bare(text: str) -> str:
    return text.translate(_SEPARATORS)


_SEPARATORS = {ord(letter): None for letter in " .-"}


def _is_whole(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


_OF_TYPE: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: type(value) is str,
    "integer": _is_whole,
    "number": lambda value: type(value) is int or type(value) is float,
    "boolean": lambda value: type(value) is bool,
    "date": lambda value: type(value) is str and is_instant(value, ("date-time", "date")),
    "date-time": lambda value: type(value) is str and is_instant(value),
    "object": lambda value: type(value) is dict,
}


@lru_cache(maxsize=1024)
def _keys(least: str | None, most: str | None, now: datetime | None) -> tuple[Any, Any]:
    moment = now or datetime.fromtimestamp(0, UTC)
    temporal = Between(least, most).temporal
    found = (_bound_at(each, moment) for each in (least, most))
    low, high = ((instant_key(each) if temporal else read_number(each)) if each is not None else None for each in found)
    return low, high


def _bound_at(text: str | None, now: datetime) -> str | None:
    counted = _RELATIVE.fullmatch(text) if text else None
    if counted is None:
        return text
    moment = _minute(now)
    if counted["from"] == "today":
        moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if counted["count"]:
        number = int(counted["count"]) * (-1 if counted["sign"] == "-" else 1)
        moment = (
            moment + timedelta(days=number) if counted["unit"] == "d" else _months_on(moment, number, counted["unit"])
        )
    return moment.isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=8)  # a record is judged at one moment
def _minute(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(second=0, microsecond=0)


def _months_on(moment: datetime, number: int, unit: str) -> datetime:
    """Return the same day so many months or years on; a day that a month does not have is its last."""
    months = moment.year * 12 + moment.month - 1 + number * (12 if unit == "y" else 1)
    year, month = min(max(months // 12, date.min.year), date.max.year), months % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
