"""Purging: deleted records go for good when their time is over, by a command or by the server once an hour.

Whoever purges must be granted `delete`; the trail names every record that was purged.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import structlog

from customer_inventory.access.access import Access
from customer_inventory.access.desk import Desk
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import draw_bucket
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.records import Authorship

EVERY_S = 3600.0
_log = structlog.get_logger(__name__)


class NothingIsPurged(InventoryError):
    """Deleted records are kept for ever.

    Say after how many days they are to go, with --purge-after.
    """

    code = "nothing-is-purged"
    failure = Failure.USAGE


async def due(access: Access) -> dict[str, int]:
    """Return how many deleted records are due, by kind, where there are any. Raises NothingIsPurged or Denied."""
    before = _before(access)
    deleted = access.facilities.repository.deleted
    counts = {}
    for kind in KINDS:
        await access.require("delete", kind)
        if number := await deleted.number_due(kind, before=before):
            counts[kind] = number
    return counts


async def purge(access: Access) -> dict[str, int]:
    """Purge what is due, batch by batch; return how many records of each kind.

    Raises NothingIsPurged, Denied or RepositoryUnavailable.
    """
    before = _before(access)
    purged: dict[str, int] = {}
    async with access.facilities.repository.deleted.purging() as work:
        for kind in await due(access):
            while number := await work.batch(kind, before=before, author=lambda: _author(access)):
                purged[kind] = purged.get(kind, 0) + number
    return purged


@asynccontextmanager
async def purging_hourly(desk: Desk, *, every_s: float = EVERY_S) -> AsyncIterator[None]:
    """Purge what is due at once and every `every_s` seconds while the block lasts, if anything is ever purged."""
    if not desk.purges:
        yield
        return
    task = asyncio.create_task(_purge_for_ever(desk, every_s), name="purge")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _purge_for_ever(desk: Desk, every_s: float) -> None:
    while True:
        try:
            access = await desk.open_for_housekeeping(request_id=f"purge-{desk.clock():%Y%m%dT%H%M%S}")
            if purged := await purge(access):
                _log.info("purge.done", **purged)
        except InventoryError as error:
            _log.warning("purge.failed", code=error.code)
        await asyncio.sleep(every_s)


def _before(access: Access) -> datetime:
    if access.facilities.purge_after is None:
        raise NothingIsPurged("Deleted records are kept for ever. Say after how many days they go, with --purge-after.")
    return access.facilities.clock() - access.facilities.purge_after


def _author(access: Access) -> Authorship:
    return access.authorship(draw_bucket(access.facilities.randomness))
