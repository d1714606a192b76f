"""Hours at which processes call: read as they are written, by the clocks of a place, also when those are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.access.hours import UnknownHours, hours_of


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "moment", "closes"),
    [
        ("06:00-22:00", "2026-11-30T05:59:59", None),
        ("06:00-22:00", "2026-11-30T06:00", "2026-11-30T22:00"),
        ("06:00-22:00", "2026-11-30T22:00", None),
        ("Mon-Fri 06:00-22:00", "2026-11-29T12:00", None),
        ("Sat/Sun 06:00-22:00", "2026-11-29T12:00", "2026-11-29T22:00"),
        ("Fri-Mon 06:00-22:00", "2026-11-30T12:00", "2026-11-30T22:00"),
        ("Fri-Mon 06:00-22:00", "2026-12-01T12:00", None),
        # Over midnight they belong to the day on which they begin.
        ("Mon 22:00-04:00", "2026-12-01T03:59", "2026-12-01T04:00"),
        ("Mon 22:00-04:00", "2026-11-30T03:59", None),
        # Spans that meet are one.
        ("Mon 06:00-12:00, Mon 12:00-18:00", "2026-11-30T11:00", "2026-11-30T18:00"),
        ("Mon 06:00-24:00, Tue 00:00-02:00", "2026-11-30T23:00", "2026-12-01T02:00"),
        # Berlin is two hours ahead in summer and one in winter.
        ("06:00-22:00 Europe/Berlin", "2026-07-01T04:00", "2026-07-01T20:00"),
        ("06:00-22:00 Europe/Berlin", "2026-12-01T04:00", None),
        # On 25 October 2026 the hour from two to three comes twice, on 29 March it is left out.
        ("02:00-03:00 Europe/Berlin", "2026-10-25T00:00", "2026-10-25T02:00"),
        ("02:30-02:45 Europe/Berlin", "2026-10-25T01:44", "2026-10-25T01:45"),
        ("01:00-04:00 Europe/Berlin", "2026-03-29T00:30", "2026-03-29T02:00"),
        ("22:00-06:00 America/New_York", "2026-11-01T10:59", "2026-11-01T11:00"),
    ],
)
def test_until_when_it_is_open(hours: str, moment: str, closes: str | None) -> None:
    assert hours_of(hours).closes(at(moment)) == (at(closes) if closes else None)


def test_when_it_opens_next() -> None:
    hours = hours_of("Mon-Fri 06:00-22:00, Sat 08:00-12:00 Europe/Berlin")
    assert hours.opens(at("2026-03-28T12:00")) == at("2026-03-30T04:00")
    assert hours.opens(at("2026-10-24T12:00")) == at("2026-10-26T05:00")
    assert hours_of("Mon 06:00-07:00").opens(at("2026-11-30T07:00")) == at("2026-12-07T06:00")


@given(st.integers(0, 400 * 24 * 60), st.sampled_from(["Mon-Fri 06:00-22:00", "22:00-04:00", "Sun 00:00-24:00"]))
def test_what_was_found_before_changes_no_answer(minutes: int, text: str) -> None:
    asked, moment = hours_of(f"{text} Europe/Berlin"), at("2026-01-01T00:00") + timedelta(minutes=minutes)
    for step in (0, 60, -600, 1440, -1440, 1):
        then = moment + timedelta(minutes=step)
        fresh = hours_of(f"{text} Europe/Berlin")
        assert asked.closes(then) == fresh.closes(then)
        if fresh.closes(then) is None:
            assert asked.opens(then) == fresh.opens(then) > then
            assert fresh.closes(fresh.opens(then)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "office hours",
        "Mon-Fri",
        "6:00-22:00",
        "06:00-25:00",
        "24:00-06:00",
        "06:60-07:00",
        "Mon-Fro 06:00-07:00",
        "06:00-22:00 Mars/Phobos",
        "06:00-22:00 ../../etc/passwd",
        "06:00-22:00 Europe",
        "06:00-22:00;07:00-08:00",
        ", ".join(["06:00-22:00"] * 21),
        "\u0966\u096c:00-22:00",
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(UnknownHours):
        hours_of(text)
