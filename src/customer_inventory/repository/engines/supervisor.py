"""Keeping the server running: a server that died is cleared away and begun again, for as long as the product runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from customer_inventory.repository.engines.contract import EngineError
from customer_inventory.repository.engines.postmaster import Postmaster, Site, trim_log

_log = structlog.get_logger()

FIRST_DELAY_S = 0.05
LONGEST_DELAY_S = 5.0
"""Pauses between attempts double from the first to the longest. Attempts do not end: a full disk is freed some day, and
until then every call is refused with "the repository cannot be reached" while the log says why."""

STEADY_S = 60.0
"""A server that ran this long was well: the next pause is the first again. Also how often the log is measured."""


class Supervisor:
    """Watches one server and restarts it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._postmaster: Postmaster | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the server, wait until it is ready, and watch it from then on. Raises EngineError."""
        self._postmaster = await Postmaster.start(self._site)
        self._watch = asyncio.create_task(self._watching(self._postmaster), name="engine supervisor")

    async def stop(self) -> None:
        """End the watch, then the server. Raises EngineLingers."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self._postmaster is not None:
            await self._postmaster.stop()

    async def _watching(self, postmaster: Postmaster) -> None:
        loop = asyncio.get_running_loop()
        delay, began = FIRST_DELAY_S, loop.time()
        while True:
            code = await self._ended(postmaster)
            self._postmaster = None
            _log.error("engine.died", pid=postmaster.pid, exit_code=code, note="restarting; committed data is safe")
            delay = FIRST_DELAY_S if loop.time() - began > STEADY_S else min(delay * 2, LONGEST_DELAY_S)
            await asyncio.sleep(delay)
            postmaster = await self._restarted(delay)
            self._postmaster, began = postmaster, loop.time()
            _log.warning("engine.restarted", pid=postmaster.pid)

    async def _ended(self, postmaster: Postmaster) -> int:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(STEADY_S):
                    return await postmaster.ended()
            with suppress(OSError):
                await asyncio.to_thread(trim_log, self._site.directory.log)

    async def _restarted(self, delay: float) -> Postmaster:
        while True:
            try:
                return await Postmaster.start(self._site)
            except (EngineError, OSError) as error:
                _log.error("engine.restart_failed", reason=str(error), again_in_s=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST_DELAY_S)
