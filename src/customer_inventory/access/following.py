"""Following: what a server does by itself in the background, for as long as it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from customer_inventory.errors import InventoryError

LOOK_S = 0.5
"""How often a server looks whether there is something to do."""

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def following(look: Callable[[], Awaitable[object]], *, named: str) -> AsyncIterator[None]:
    """Look every half second while the block lasts; what fails is said once in the log, by name, and tried again."""
    task = asyncio.create_task(_follow(look, named), name=named)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _follow(look: Callable[[], Awaitable[object]], named: str) -> None:
    away = False
    while True:
        try:
            await look()
            away = False
        except InventoryError as error:
            if not away:
                _log.warning(f"{named}.waiting", reason=error.code)
            away = True
        except Exception as error:  # noqa: BLE001  whatever it was, the next look may do better
            _log.error(f"{named}.failed", error=type(error).__name__)
        await asyncio.sleep(LOOK_S)
