"""Sweeping: files that were kept for records which were never written go again, once an hour while the server serves.

A server that is killed between a file and its record leaves the file behind; so does a write that is refused at last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from customer_inventory.access.desk import Desk
from customer_inventory.errors import InventoryError

EVERY_S = 3600.0
_NO_WRITE_TAKES = timedelta(hours=1)
"""Longer than any write is under way between its file and its record, with room for clocks that differ."""
_LOOKED_BACK = timedelta(days=30)
"""How far the first sweep of a server looks back: further than one is down for after a crash."""
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def sweeping_hourly(desk: Desk, *, every_s: float = EVERY_S) -> AsyncIterator[None]:
    """Sweep at once and every `every_s` seconds while the block lasts."""
    task = asyncio.create_task(_sweep_for_ever(desk, every_s), name="sweep")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _sweep_for_ever(desk: Desk, every_s: float) -> None:
    since, first = desk.clock() - _LOOKED_BACK, True
    while True:
        swept = await _sweep(desk, since=since, tidy=first)
        if swept is not None:
            since, first = swept, False
        await asyncio.sleep(every_s)


async def _sweep(desk: Desk, *, since: datetime, tidy: bool) -> datetime | None:
    """Sweep what was kept from `since` until lately; return until when, or None when it could not be done."""
    before = desk.clock() - _NO_WRITE_TAKES
    try:
        dropped = await desk.repository.contents.sweep(before=before, since=since, tidy=tidy)
    except (InventoryError, OSError) as error:
        _log.warning("sweep.failed", error=type(error).__name__)
        return None
    if dropped:
        _log.info("sweep.done", files=dropped)
    return before
