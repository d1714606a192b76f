"""Alarming: who looks after the inventory hears of a process that does what its registration does not let expect.

Each alarm is raised once in an hour or a day, whichever server notices: a line of the log, a count in the metrics, and
an entry with the registration. What is refused again and again costs the database nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from customer_inventory.repository.alarms import Alarm
from customer_inventory.repository.register import Register

_RAISED = 10_000
_log = structlog.get_logger(__name__)


class Alarming:
    """Raises the alarms of one server; `measure` is told the code of each."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._raised: set[tuple[str, str, datetime]] = set()
        self.measure: Callable[[str], None] = lambda _: None

    async def alarm(self, client_id: str, code: str, *, since: datetime, at: datetime, said: str) -> None:
        """Raise an alarm, unless one of the code was raised of this process in the period that began at `since`."""
        if (client_id, code, since) in self._raised:
            return
        if len(self._raised) >= _RAISED:
            self._raised.clear()
        self._raised.add((client_id, code, since))
        try:
            new = await self._register.alarms.add(Alarm(client_id, code, since, at, said))
        except BaseException:
            self._raised.discard((client_id, code, since))
            raise
        if new:
            self.measure(code)
            _log.warning("registration.alarm", client=client_id, code=code, said=said)


def hour_of(now: datetime) -> datetime:
    """Return when the hour of a moment began."""
    return now.replace(minute=0, second=0, microsecond=0)


def day_of(now: datetime) -> datetime:
    """Return when the day of a moment began, in UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def kept_since(now: datetime) -> datetime:
    """Return from when on alarms are shown."""
    return now - timedelta(days=30)
