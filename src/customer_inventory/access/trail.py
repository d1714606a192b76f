"""The access trail's writer: no answer with customer data leaves before its entry is durable.

One task writes whatever has gathered while the last write was being flushed, so a hundred concurrent reads share one
durable statement (group commit). An entry that could not be written fails the access that waits for it.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from customer_inventory.ids import Randomness
from customer_inventory.repository.journal import Journal, TrailEntry

_MOST_AT_ONCE = 1000
_BUSY = 3
_GATHERS_S = 0.001
"""So long a group gathers after one of more than `_BUSY` entries: a statement and its flush cost 170 us of processor
time, an entry in it 10, so that twice as many to a group make reads under load a tenth cheaper. One alone waits not."""


class TrailWriter:
    """Writes trail entries in groups, in the order in which they came."""

    def __init__(self, journal: Journal, *, randomness: Randomness) -> None:
        self._journal = journal
        self._randomness = randomness
        self._pending: list[tuple[TrailEntry, asyncio.Future[None]]] = []
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> TrailWriter:
        self._task = asyncio.create_task(self._write_for_ever(), name="trail")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def record(self, entry: TrailEntry) -> None:
        """Return when `entry` is durable. Raises what kept it from being written (RepositoryUnavailable)."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((entry, written))
        self._arrived.set()
        await written

    async def _write_for_ever(self) -> None:
        gathered = 0
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self._pending:
                    if gathered > _BUSY:
                        await asyncio.sleep(_GATHERS_S)
                    group, self._pending = self._pending[:_MOST_AT_ONCE], self._pending[_MOST_AT_ONCE:]
                    await self._write(group)
                    gathered = len(group)
        finally:
            for _, written in self._pending:
                written.cancel()

    async def _write(self, group: list[tuple[TrailEntry, asyncio.Future[None]]]) -> None:
        try:
            seeds = self._randomness(128 * len(group)).to_bytes(16 * len(group))
            await self._journal.append([entry for entry, _ in group], seeds)
        except asyncio.CancelledError:
            for _, written in group:
                written.cancel()
            raise
        except Exception as error:  # noqa: BLE001  every waiting access must hear of it, whatever it is
            for _, written in group:
                if not written.done():
                    written.set_exception(error)
        else:
            for _, written in group:
                if not written.done():
                    written.set_result(None)
