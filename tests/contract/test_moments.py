"""Times near the ends of the calendar: none comes in that cannot be read, and what is there all the same is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_inventory.repository.connections import Connections
from customer_inventory.repository.storable import NotStorable

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.fixture
async def connections(database: str) -> AsyncIterator[Connections]:
    made = Connections(database, size=1)
    yield made
    await made.close()


def in_utc(moment: datetime) -> datetime | None:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


near = st.timedeltas(timedelta(0), timedelta(hours=20))
ends = st.one_of(near.map(lambda late: FIRST + late), near.map(lambda early: LAST - early))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moment=st.one_of(st.datetimes(), ends), zone=offsets)
async def test_what_goes_in_comes_out_and_what_is_none_in_utc_is_refused(
    connections: Connections, moment: datetime, zone: timezone
) -> None:
    aware = moment.replace(tzinfo=zone)
    for prepare in (False, True):
        async with connections.lend() as connection:
            if in_utc(aware) is None:
                with pytest.raises(NotStorable):
                    await connection.rows("select %s::timestamptz", (aware,), prepare=prepare)
            else:
                assert await connection.rows("select %s::timestamptz", (aware,), prepare=prepare) == [(aware,)]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("10000-01-01 13:59:59+00", LAST),
        ("294276-12-31 00:00:00+00", LAST),
        ("infinity", LAST),
        ("0001-12-31 10:00:00+00 BC", FIRST),
        ("4713-01-01 00:00:00+00 BC", FIRST),
        ("-infinity", FIRST),
        ("0001-01-01 00:00:00+00", FIRST),
    ],
)
async def test_what_stands_there_all_the_same_is_read_as_the_end(
    connections: Connections, text: str, read: datetime
) -> None:
    async with connections.lend() as connection:
        assert await connection.rows("select %s::text::timestamptz", (text,)) == [(read,)]
        assert await connection.kept_rows("select %s::text::timestamptz", (text,)) == [(read,)]
