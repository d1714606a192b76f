"""Volumes: a process that is shown as many records as its registration says is stopped until the hour or day is over.

Each server takes of the volume what is to be shown next, a hundredth of it at a time, and shows from that: so a record
that is shown costs no statement, and however many servers there are, they show no more than the volume together. What a
server took and did not show is lost to the others: of N servers, up to N - 1 hundredths at the end.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from customer_inventory.access.alarming import Alarming, day_of, hour_of
from customer_inventory.access.spending import AllowanceSpent
from customer_inventory.repository.allowances import Allowances, Use

_TAKEN_AT_ONCE = 100
_WARNED_AT = 0.8
_METERS = 10_000
_PERIODS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}


class VolumeReached(AllowanceSpent):
    """The process has been shown as many records as its registration lets expect in this hour, or this day.

    Ask again when the next one begins: `Retry-After` says in how many seconds. If it needs more, ask for a registration
    with the volume that it needs.
    """

    code = "volume-reached"


class Volume(NamedTuple):
    """The most records that a process is expected to be shown; None where nothing is said."""

    daily: int | None = None
    hourly: int | None = None


@dataclass(slots=True)
class _Meter:
    """What a server knows of a process in one period."""

    since: datetime
    most: int
    left: int = 0
    """How many records it may show yet of what it took."""
    refused: float = math.inf
    """The smallest number that there was no room for: there is none any more before the next period."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Volumes:
    """Counts what processes are shown, on one server."""

    def __init__(self, allowances: Allowances, alarming: Alarming) -> None:
        self._allowances = allowances
        self._alarming = alarming
        self._meters: dict[tuple[str, str], _Meter] = {}

    async def count(self, client_id: str, volume: Volume, number: int, now: datetime) -> None:
        """Count records that are about to be shown. Raises VolumeReached, and then none of them may be."""
        if volume.hourly is not None:
            await self._count(Use(client_id, "show", "*", "hour", hour_of(now)), number, most=volume.hourly, now=now)
        if volume.daily is not None:
            await self._count(Use(client_id, "show", "*", "day", day_of(now)), number, most=volume.daily, now=now)

    async def _count(self, use: Use, number: int, *, most: int, now: datetime) -> None:
        meter = self._meters.get((use.client_id, use.per))
        if meter is None or (meter.since, meter.most) != (use.since, most):  # another day, or another volume
            if len(self._meters) >= _METERS:
                self._meters.clear()
            meter = self._meters[use.client_id, use.per] = _Meter(use.since, most)
        if number <= meter.left:
            meter.left -= number
            return
        async with meter.lock:  # one takes more, and the others may have enough by that
            if number > meter.left and number < meter.refused:
                await self._take(meter, use, number, most=most, now=now)
        if number > meter.left:
            await self._stop(use, most, now)
        meter.left -= number

    async def _take(self, meter: _Meter, use: Use, number: int, *, most: int, now: datetime) -> None:
        """Take more of a volume, a hundredth of it beside what is needed, or else just that, if there is so much."""
        held, meter.left = meter.left, 0  # what is there is kept for this, while others go on
        needed = number - held
        try:
            for amount in (needed + most // _TAKEN_AT_ONCE, needed):
                used = await self._allowances.taken(use, amount, most=most)
                if used is not None:
                    held += amount
                    await self._warn(use, used - amount, used, most, now)
                    return
            meter.refused = number
        finally:
            meter.left += held

    async def _warn(self, use: Use, before: int, after: int, most: int, now: datetime) -> None:
        if before < most * _WARNED_AT <= after:
            said = f"{after} of {most} records expected this {use.per}"
            await self._alarming.alarm(use.client_id, _code(use, "volume-near"), since=use.since, at=now, said=said)

    async def _stop(self, use: Use, most: int, now: datetime) -> None:
        """Refuse to show more, and let it be known. Raises VolumeReached."""
        said = f"stopped: more than the {most} records expected this {use.per}"
        await self._alarming.alarm(use.client_id, _code(use, VolumeReached.code), since=use.since, at=now, said=said)
        raise VolumeReached(
            f"The registration lets expect at most {most} records this {use.per}, and this would go beyond.",
            retry_after_s=math.ceil((use.since + _PERIODS[use.per] - now).total_seconds()),
        )


def _code(use: Use, code: str) -> str:
    """The code of an alarm, which is raised for the hour and for the day, though both began at once."""
    return f"hourly-{code}" if use.per == "hour" else code
