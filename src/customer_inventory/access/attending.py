"""Attending: once a day a server says in its log how many privacy requests are open, due soon and overdue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from customer_inventory.access.desk import Desk
from customer_inventory.access.privacy_request import DUE_SOON
from customer_inventory.errors import InventoryError
from customer_inventory.repository.privacy_requests import RequestCounts

EVERY_S = 24 * 3600.0
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def attending_daily(desk: Desk, *, every_s: float = EVERY_S) -> AsyncIterator[None]:
    """Look at once and every `every_s` seconds while the block lasts."""
    task = asyncio.create_task(_attend_for_ever(desk, every_s), name="attend")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def request_counts(desk: Desk) -> RequestCounts:
    """Return how many privacy requests are open, due soon and overdue: numbers, which tell of nobody.

    Raises RepositoryUnavailable.
    """
    now = desk.clock()
    return await desk.repository.erasures.requests.counts(now=now, soon=now + DUE_SOON)


async def _attend_for_ever(desk: Desk, every_s: float) -> None:
    while True:
        try:
            found = await request_counts(desk)
            if found.open:
                tell = _log.warning if found.overdue else _log.info
                tell("privacy_requests.open", **found._asdict())
        except InventoryError as error:
            _log.warning("privacy_requests.failed", code=error.code)
        await asyncio.sleep(every_s)
