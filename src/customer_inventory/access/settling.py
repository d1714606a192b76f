"""Settling: the server lets what is stored hold the values that the catalogue demands to be unique, and nothing else.

Every server looks whether the catalogue moved; one of them goes through what is stored. What a killed server left half
done is done again: nothing is held twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from customer_inventory.access.desk import Desk
from customer_inventory.access.following import LOOK_AGAIN_S, following
from customer_inventory.access.opened import Opened
from customer_inventory.model import Resource
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.settling import Demand
from customer_inventory.requirements.catalogue import LATE_S, Governing, class_of, governed_name
from customer_inventory.requirements.unique import Unique, uniques_of

ALL_KNOW_S = 2 * LATE_S
"""After so many seconds every server asks what is approved now of whatever it begins to write."""

_log = structlog.get_logger(__name__)


def demand(unique: Unique, resource: Resource) -> Demand:
    """Return what is asked of all that is stored where an attribute of a resource is unique."""
    return Demand(unique.requirement, resource.kind, class_of(resource), unique.before, unique.prefixes)


@asynccontextmanager
async def settling(desk: Desk) -> AsyncIterator[None]:
    """Let what is stored follow the catalogue while the block lasts."""
    async with following(Settlement(desk).look, named="unique"):
        yield


async def settle_again(access: Opened) -> None:
    """Let a server look through everything that is stored once more. Raises RepositoryUnavailable."""
    settling = access.facilities.repository.settling
    await settling.unsettle(await settling.settled())


class Settlement:
    """Brings what is held to what the catalogue demands; `seconds` counts on whatever happens to the clock."""

    def __init__(self, desk: Desk, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._settling = desk.repository.settling
        self._seconds = seconds
        self._settled: Governing | None = None
        self._settled_at = 0.0

    async def look(self) -> bool:
        """Do what is to be done now; return whether everything is as the catalogue demands. Raises InventoryError."""
        governs = await self._desk.catalogue.governs()
        if governs is self._settled and self._seconds() - self._settled_at < LOOK_AGAIN_S:
            return True
        if (await self._demands()).keys() != await self._settling.settled() and not await self._settle():
            return False
        self._settled, self._settled_at = governs, self._seconds()
        return True

    async def _settle(self) -> bool:
        async with self._settling.turn() as settler:
            if settler is None:
                return False
            await asyncio.sleep(ALL_KNOW_S)
            await settler.all_know()
            demands, settled = await self._demands(), await self._settling.settled()
            for requirement in sorted(settled - demands.keys()):
                await settler.forget(requirement)
                _log.info("unique.forgotten", requirement=requirement)
            for requirement in sorted(demands.keys() - settled):
                began = self._seconds()
                await settler.settle(demands[requirement], at=self._desk.clock())
                _log.info("unique.settled", requirement=requirement, seconds=round(self._seconds() - began, 3))
        return True

    async def _demands(self) -> dict[str, Demand]:
        """Return what is demanded now, by the id of the requirement."""
        found: dict[str, Demand] = {}
        for resource in (*KINDS.values(), *(await self._desk.entity_classes()).values()):
            asked = (await self._desk.catalogue.requirements(governed_name(resource))).values()
            found.update({each.requirement: demand(each, resource) for each in uniques_of(asked, resource)})
        return found
