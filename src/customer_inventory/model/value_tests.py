"""Value tests: what a value of an attribute must be, in a form that is asked of one value and compiled to SQL alike.

`repository/ruling.py` says the same in SQL; tests/contract/test_ruling.py holds one against the other. A test is asked
of a JSON value that is not null and no array. A text, a number and a truth are *written* as `comparing.written_as` has
it; an object is written as nothing, and passes no test but that of its type.
"""

from __future__ import annotations

import calendar
import re
import sys
from abc import ABC, abstractmethod
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


Asked = Callable[[Any, datetime], bool]
"""A test as a function of a value and the moment of asking."""


class _Test(ABC):
    """What every test has: it is asked of one value, or bound once by who asks it of every value."""

    __slots__ = ()

    @property
    @abstractmethod
    def asked(self) -> Asked:
        """The test as a function: a call of a method with its look-ups takes twice as long."""

    def passes(self, value: Any, now: datetime) -> bool:
        """Return whether a value passes."""
        return self.asked(value, now)


@dataclass(frozen=True, slots=True)
class OfType(_Test):
    """The value is of a JSON type, or a text that writes a date or date-time (RFC 3339)."""

    type: str

    @property
    def asked(self) -> Asked:
        """Whether a value is of the type."""
        is_of = _OF_TYPE[self.type]
        return lambda value, _now: is_of(value)


@dataclass(frozen=True, slots=True)
class OneOf(_Test):
    """The value is written as one of a code list."""

    codes: frozenset[str]

    @property
    def asked(self) -> Asked:
        """Whether a value is one of the codes."""
        codes = self.codes
        return lambda value, _now: (value if type(value) is str else written_as("any", value)) in codes


@dataclass(frozen=True, slots=True)
class Fits(_Test):
    """What is written follows a pattern from its beginning to its end."""

    pattern: Pattern
    words: str
    """What the pattern stands for, to be told: "is no e-mail address"."""

    @property
    def asked(self) -> Asked:
        """Whether a value follows the pattern."""
        matched = self.pattern.asked

        def fits(value: Any, _now: datetime) -> bool:
            text = value if type(value) is str else written_as("any", value)
            return text is not None and matched(text) is not None

        return fits


@dataclass(frozen=True, slots=True)
class Long(_Test):
    """What is written has so many characters (Unicode code points)."""

    least: int = 0
    most: int | None = None

    @property
    def asked(self) -> Asked:
        """Whether a value is as long."""
        least, most = self.least, sys.maxsize if self.most is None else self.most

        def is_long(value: Any, _now: datetime) -> bool:
            text = value if type(value) is str else written_as("any", value)
            return text is not None and least <= len(text) <= most

        return is_long


@dataclass(frozen=True)
class Between(_Test):
    """The value is a number, or a point in time, within bounds that belong to it; None is open."""

    least: str | None
    most: str | None

    @cached_property
    def _moves(self) -> bool:
        return any(each is not None and each[:1] in {"t", "n"} for each in (self.least, self.most))

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

    @property
    def asked(self) -> Asked:
        """Whether a value lies within the bounds."""
        temporal, moves = self.temporal, self._moves
        last: tuple[datetime | None, Any] = (None, None if moves else _keys(self.least, self.most, None))

        def lies_between(value: Any, now: datetime) -> bool:
            nonlocal last
            held: Any = None
            if not temporal:
                held = number_of(value)
            elif type(value) is str:
                held = instant_key(value)
            if held is None:
                return False
            if moves and last[0] is not now:  # a record is judged at one moment
                last = now, _keys(self.least, self.most, _minute(now))
            least, most = last[1]
            return (least is None or held >= least) and (most is None or held <= most)

        return lies_between


@dataclass(frozen=True, slots=True)
class Checked(_Test):
    """The digits that are written carry a right check digit; spaces, dots and hyphens do not count."""

    algorithm: str

    @property
    def asked(self) -> Asked:
        """Whether the check digit of a value is right."""
        check = CHECKS[self.algorithm]

        def is_right(value: Any, _now: datetime) -> bool:
            text = value if type(value) is str else written_as("any", value)
            return text is not None and check(text)

        return is_right


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
