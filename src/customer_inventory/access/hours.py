"""Hours: when a process is expected to call, in the time of a place.

    Mon-Fri 06:00-22:00
    Mon-Fri 06:00-22:00, Sat 08:00-12:00 Europe/Berlin
    22:00-04:00 America/New_York

Days, of which none means every day; from when to when; and the time zone of the whole, which is UTC when none is said.
Hours that end before they begin end on the next day. When clocks are changed, the hours are those of the clocks there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(
    r"(?:(?P<days>[a-z]{3}(?:-[a-z]{3})?(?:/[a-z]{3}(?:-[a-z]{3})?)*)\s+)?"
    r"(?P<begins>\d\d:\d\d)-(?P<ends>\d\d:\d\d)",
    re.IGNORECASE | re.ASCII,
)
_ZONE = re.compile(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*", re.ASCII)
_MOST_SPANS = 20
_WEEK = 7
_DAY = timedelta(days=1)


class UnknownHours(ValueError):
    """The hours are not understood; the message says why."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, on days of the week (0 is Monday); a span that ends next day has the end of that."""

    days: frozenset[int]
    begins: time
    ends: time
    overnight: bool


@dataclass(slots=True)
class Hours:
    """When a process is expected to call."""

    spans: tuple[Span, ...]
    zone: tzinfo
    _open: tuple[datetime, datetime, datetime] | None = field(default=None, compare=False)
    """What was found last: it holds from when until when, and until when the hours last then; the end if closed."""

    def closes(self, now: datetime) -> datetime | None:
        """Return until when the hours last that are at a moment; None where it is outside of them."""
        found = self._found(now)
        return found[2] if found[2] > now else None

    def opens(self, now: datetime) -> datetime:
        """Return when the next hours begin."""
        return self._found(now)[1]

    def _found(self, now: datetime) -> tuple[datetime, datetime, datetime]:
        known = self._open
        if known is None or not known[0] <= now < known[1]:
            known = self._open = self._look(now)
        return known

    def _look(self, now: datetime) -> tuple[datetime, datetime, datetime]:
        """The answer for a moment, with the next moment at which it may be another."""
        today = now.astimezone(self.zone).date()
        # Two weeks: the next hours may be those of today's weekday in a week, and clocks be changed meanwhile.
        days = [today + timedelta(days=each) for each in range(-2, 2 * _WEEK)]
        times = sorted(each for day in days for each in self._on(day))
        ends = now
        for begins, end in times:
            if begins <= ends and end > ends:  # hours that meet are one
                ends = end
        following = min((begins for begins, _ in times if begins > now), default=ends)
        return (now, ends, ends) if ends > now else (now, following, now)

    def _on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The hours that begin on a day, as moments."""
        return [
            (_moment(day, each.begins, self.zone, 0), _moment(day + _DAY * each.overnight, each.ends, self.zone, 1))
            for each in self.spans
            if day.weekday() in each.days
        ]


def hours_of(text: str) -> Hours:
    """Read hours. Raises UnknownHours."""
    spans, zone = text.strip(), "UTC"
    head, _, last = spans.rpartition(" ")
    if _ZONE.fullmatch(last) and head:
        spans, zone = head, last
    parts = [each.strip() for each in spans.split(",")]
    if len(parts) > _MOST_SPANS:
        raise UnknownHours(f"has more than {_MOST_SPANS} spans")
    return Hours(tuple(map(_span, parts)), _zone(zone))


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UnknownHours(f"has {text!r}, which is no span such as Mon-Fri 06:00-22:00 or Sat/Sun 08:00-12:00")
    begins, ends = _time(found["begins"]), _time(found["ends"], whole_day=True)
    days = frozenset(day for part in (found["days"] or "mon-sun").split("/") for day in _days(part.lower()))
    return Span(days, begins, ends, overnight=ends <= begins)


def _days(text: str) -> list[int]:
    first, _, last = text.partition("-")
    if first not in _DAYS or (last or first) not in _DAYS:
        raise UnknownHours(f"has {text!r}; days are {', '.join(each.title() for each in _DAYS)}")
    begins, ends = _DAYS.index(first), _DAYS.index(last or first)
    return [day % _WEEK for day in range(begins, ends + 1 + (_WEEK if ends < begins else 0))]


def _time(text: str, *, whole_day: bool = False) -> time:
    """Read a time; 24:00 is the end of the day."""
    hour, minute = int(text[:2]), int(text[3:])
    if whole_day and (hour, minute) == (24, 0):
        return time()
    try:
        return time(hour, minute)
    except ValueError as error:
        raise UnknownHours(f"has {text}, which is no time") from error


def _zone(name: str) -> tzinfo:
    if name in {"UTC", "Z"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownHours(f"has {name!r}, which is no time zone such as Europe/Berlin") from error


def _moment(day: date, at: time, zone: tzinfo, fold: int) -> datetime:
    """A time of a day as a moment. One that clocks show twice begins with the first and ends with the second."""
    return datetime.combine(day, at.replace(fold=fold), tzinfo=zone).astimezone(UTC)
