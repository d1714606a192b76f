"""The work of a server that makes the files of downloads: two at a time, of each client one.

Who makes a file says every few seconds that it is alive; what a server that was killed had begun, another one, or the
same once it is up again, begins anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from time import monotonic

import msgspec
import structlog

from customer_inventory.access import Desk
from customer_inventory.access.downloads import Wanted
from customer_inventory.access.downloads.keeping import keep
from customer_inventory.access.downloads.life import MOST_ATTEMPTS
from customer_inventory.access.downloads.making import NeedsApproval, NotToBeMade, make, reopened
from customer_inventory.access.downloads.tracing import is_marked
from customer_inventory.access.following import following
from customer_inventory.api.download_wishes import opening, understood
from customer_inventory.errors import InventoryError
from customer_inventory.repository.connections import RepositoryUnavailable
from customer_inventory.repository.downloads import DownloadRow, Downloads

AT_A_TIME = 2
LEASE = timedelta(seconds=15)
_RENEWED_EVERY_S = 5.0
_TIDIED_EVERY_S = 60.0
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def making_downloads(desk: Desk, *, public_url: str) -> AsyncIterator[None]:
    """Make the files of downloads, and remove those whose time is over, while the block lasts."""
    maker = Maker(desk, public_url=public_url)
    async with following(maker.look, named="downloads"):
        try:
            yield
        finally:
            await maker.stop()


class Maker:
    """Makes the files of the downloads of one inventory."""

    def __init__(self, desk: Desk, *, public_url: str) -> None:
        self._desk = desk
        self._public_url = public_url
        self._work: set[asyncio.Task[None]] = set()
        self._tidied: float | None = None

    async def look(self) -> None:
        """Begin what is to be made, as far as there is room; remove what is over. Raises RepositoryUnavailable."""
        tidy = self._tidied is None or monotonic() - self._tidied > _TIDIED_EVERY_S
        await keep(self._desk, tidy=tidy)
        self._tidied = monotonic() if tidy else self._tidied
        while len(self._work) < AT_A_TIME:
            now = self._desk.clock()
            row = await self._downloads.claim(now=now, until=now + LEASE)
            if row is None:
                return
            if row.attempt > 1:
                await keep(self._desk, tidy=True)  # what a server that was killed left of it
            task = asyncio.create_task(self._make(row), name=f"download {row.id}")
            self._work.add(task)
            task.add_done_callback(self._work.discard)

    async def stop(self) -> None:
        """Stop what is being made, so that another server begins it anew."""
        tasks = [*self._work]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _downloads(self) -> Downloads:
        return self._desk.repository.register.downloads

    async def _make(self, row: DownloadRow) -> None:
        """Make one file, and say what became of it."""
        making = asyncio.create_task(self._outcome(row))
        try:
            while not (await asyncio.wait({making}, timeout=_RENEWED_EVERY_S))[0]:
                if not await self._still(row):
                    making.cancel()
            await asyncio.gather(making, return_exceptions=True)
        except asyncio.CancelledError:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
            await self._downloads.give_up(row, status="queued")
            raise

    async def _still(self, row: DownloadRow) -> bool:
        """Whether a file is still to be made here; while the repository is away nobody else can begin it."""
        try:
            return await self._downloads.renew(row, until=self._desk.clock() + LEASE)
        except RepositoryUnavailable:
            return True

    async def _outcome(self, row: DownloadRow) -> None:
        failure = "internal"
        try:
            if row.attempt > MOST_ATTEMPTS:
                failure = "begun-too-often"
            else:
                await self._made(row)
                return
        except NeedsApproval as needs:
            await self._downloads.give_up(row, status="waiting", reasons=needs.reasons)
            return
        except (NotToBeMade, RepositoryUnavailable) as error:
            _log.info("download.begun-anew", id=str(row.id), reason=type(error).__name__)
            return
        except InventoryError as error:
            failure = error.code
        except OSError:
            failure = "file-not-written"
        except Exception as error:  # noqa: BLE001  whatever it was, the client hears that there is no file
            _log.error("download.unexpected", id=str(row.id), error=type(error).__name__)
        await self._downloads.give_up(row, status="failed", failure=failure)
        _log.warning("download.failed", id=str(row.id), code=failure)

    async def _made(self, row: DownloadRow) -> None:
        access = await reopened(self._desk, row)
        wish = await understood(access, msgspec.json.decode(row.wish, type=Wanted))
        access = access.naming(wish.named)
        marks = partial(is_marked, row.mark_key)
        opened = await opening(access, wish, marks, download=str(row.id), public_url=self._public_url)
        finished = False
        try:
            made = await make(access, row, wish.sought, opened, wish.verify)
            finished = await self._downloads.finish(row, made)
        finally:
            if not finished:
                await self._desk.downloads.files.drop(row)
        if finished:
            _log.info("download.made", id=str(row.id), records=made.number, bytes=made.size)
