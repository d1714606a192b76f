"""The clock: time is passed in, never asked for inside a room.

A `Clock` is any callable that returns the present as an aware UTC `datetime`. The doors hold the real one; tests
hand in their own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present time of this machine, in UTC with microseconds."""
    return datetime.now(UTC)
