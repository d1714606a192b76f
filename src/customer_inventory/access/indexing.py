"""Indexing: the server lets every attribute have its index that the catalogue marks searchable, and no other.

Every server looks whether the catalogue moved; one of them builds and drops. What fails is tried again, each time after
a longer pause; what a killed server left half done, the next look finds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import structlog

from customer_inventory.access.desk import Desk
from customer_inventory.access.following import LOOK_S, following
from customer_inventory.access.opened import Opened
from customer_inventory.errors import InventoryError
from customer_inventory.repository.indexing import Builder, IndexNotBuilt, Step, steps
from customer_inventory.requirements.catalogue import Governing
from customer_inventory.requirements.indexes import indexes_wanted
from customer_inventory.requirements.requirement import INFORMATION_REQUIREMENT

LOOK_AGAIN_S = 60.0
"""How often it looks at the indexes though nothing moved: somebody may have dropped one, or been killed."""
OTHERS_BUILD_S = 2.0
"""How long it lets another server build before it asks again whether it is its turn."""
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 900.0

Measure = Callable[[str, float], None]
"""Counts a step: what came of it (built, dropped, cancelled, failed), and how many seconds it took."""
_log = structlog.get_logger(__name__)


class IndexState(NamedTuple):
    """An index of the catalogue: of what it is, and whether it is valid, missing, building (a share), or dropping."""

    name: str
    kind: str
    attribute: str
    state: str
    share: float | None = None


async def indexes(access: Opened) -> list[IndexState]:
    """Return the state of every index that is wanted, or still there. Raises Denied."""
    await access.require("read", INFORMATION_REQUIREMENT.kind)
    wanted = await indexes_wanted(access.facilities.catalogue)
    indexing = access.facilities.repository.indexing
    there, shares = await indexing.standing(), await indexing.shares()
    found = []
    for name, index in sorted(wanted.items()):
        state = "valid" if there.get(name) else "building" if name in shares else "missing"
        found.append(IndexState(name, index.kind, index.path, state, shares.get(name)))
    found += [IndexState(name, "", "", "dropping") for name in sorted(there.keys() - wanted.keys())]
    await access.note("read", INFORMATION_REQUIREMENT.kind, "shown", ())
    return found


@asynccontextmanager
async def indexing(desk: Desk, *, measure: Measure) -> AsyncIterator[None]:
    """Let the indexes follow the catalogue while the block lasts."""
    async with following(Follower(desk, measure=measure).look, named="indexes"):
        yield


class _Pause(NamedTuple):
    """How long a step rests that failed, and until when."""

    seconds: float
    until: float


class Follower:
    """Brings the indexes to what the catalogue asks for; `seconds` counts on whatever happens to the clock."""

    def __init__(self, desk: Desk, *, measure: Measure, seconds: Callable[[], float] = time.monotonic) -> None:
        self._catalogue = desk.catalogue
        self._indexing = desk.repository.indexing
        self._measure = measure
        self._seconds = seconds
        self._settled: Governing | None = None
        self._settled_at = 0.0
        self._rests_until = 0.0
        self._pauses: dict[str, _Pause] = {}

    async def look(self) -> bool:
        """Do what is to be done now; return whether the indexes are as the catalogue asks. Raises InventoryError."""
        governs = await self._catalogue.governs()
        if governs is self._settled and self._seconds() - self._settled_at < LOOK_AGAIN_S:
            return True
        if self._seconds() >= self._rests_until and await self._next():
            async with self._indexing.turn() as builder:
                if builder is None:
                    self._rests_until = self._seconds() + OTHERS_BUILD_S
                while builder is not None and (step := await self._next()):
                    await self._take(step, builder)
        if await self._steps():
            return False
        self._settled, self._settled_at, self._pauses = governs, self._seconds(), {}
        return True

    async def _steps(self) -> list[Step]:
        return steps(await indexes_wanted(self._catalogue), await self._indexing.standing())

    async def _next(self) -> Step | None:
        """Return the next step that does not rest."""
        now = self._seconds()
        ready = (step for step in await self._steps() if self._pauses.get(step.name, _Pause(0.0, now)).until <= now)
        return next(ready, None)

    async def _take(self, step: Step, builder: Builder) -> None:
        """Take one step; a build ends when nobody wants it any more."""
        began = self._seconds()
        _log.info("index.begun", index=step.name, work="build" if step.build else "drop")
        try:
            outcome = await self._watched(step, builder)
        except IndexNotBuilt as error:
            before = self._pauses.get(step.name)
            rests = min(LONGEST_PAUSE_S, before.seconds * 2) if before else FIRST_PAUSE_S
            self._pauses[step.name] = _Pause(rests, self._seconds() + rests)
            self._measure("failed", self._seconds() - began)
            _log.warning("index.failed", index=step.name, reason=error.message, again_in_s=rests)
            return
        seconds = self._seconds() - began
        self._measure(outcome, seconds)
        _log.info("index.done", index=step.name, outcome=outcome, seconds=round(seconds, 3))

    async def _watched(self, step: Step, builder: Builder) -> str:
        work = asyncio.create_task(builder.take(step), name=f"index {step.name}")
        try:
            while not (await asyncio.wait({work}, timeout=LOOK_S))[0]:
                if step.build and not await self._wanted(step.name):
                    return "cancelled"
            await work
        finally:
            # Cancelled, the statement ends in the engine too; what it leaves is found by the next look.
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        return "built" if step.build else "dropped"

    async def _wanted(self, name: str) -> bool:
        with suppress(InventoryError):
            return name in await indexes_wanted(self._catalogue)
        return True  # who cannot look goes on
