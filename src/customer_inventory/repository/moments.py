"""Moments: times as they go into the database and come out of it.

Python knows the years 1 to 9999, PostgreSQL many more. A time near an end of these may lie beyond it in UTC: such a one
is refused where it comes in, and one that stands in a table all the same is read as the end, or nobody could read the
table any more.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.types.datetime import DatetimeDumper, TimestamptzLoader

from customer_inventory.repository.storable import NotStorable

_TIMESTAMPTZ = "timestamptz"
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_EDGES = frozenset({_FIRST.year, _LAST.year})
_BEFORE = (b"BC", b"-infinity")


class _MomentDumper(DatetimeDumper):
    def dump(self, obj: datetime) -> Any:
        """Raises NotStorable for a time that is none in UTC."""
        if obj.year in _EDGES and obj.tzinfo is not None:
            try:
                obj.astimezone(UTC)
            except OverflowError as error:
                raise NotStorable("A time lies outside the years 1 to 9999 in UTC. Nothing was written.") from error
        return super().dump(obj)


class _MomentLoader(TimestamptzLoader):
    def load(self, data: Any) -> datetime:
        try:
            return super().load(data).astimezone(UTC)
        except (psycopg.DataError, OverflowError):
            text = bytes(data)
            return _FIRST if text.endswith(_BEFORE[0]) or text == _BEFORE[1] else _LAST


def register(adapters: AdaptersMap) -> None:
    """Have times written and read so by a connection."""
    adapters.register_dumper(datetime, _MomentDumper)
    adapters.register_loader(_TIMESTAMPTZ, _MomentLoader)
