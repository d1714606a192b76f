"""The sealer: each second one of the servers seals what came into the trail, for as long as it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from customer_inventory.access.desk import Desk
from customer_inventory.access.following import following
from customer_inventory.access.sealing.blocks import NOTHING, Block, hash_of, new_key, said_in, signed
from customer_inventory.access.sealing.entries import moment
from customer_inventory.access.sealing.merkle import Tree
from customer_inventory.access.sealing.stored import leaf_of
from customer_inventory.repository.seals import Seal, Sealing, SealKey

EVERY_S = 1.0
"""How long an entry waits for its seal at most, as long as nothing holds a transaction open."""
OTHERS_SEAL_S = 5.0
"""How long a server lets another one seal before it asks again whether it is its turn."""

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def sealing(desk: Desk) -> AsyncIterator[None]:
    """Let the trail be sealed while the block lasts."""
    async with following(Sealer(desk).lead, named="seals"):
        yield


class Sealer:
    """Seals the trail of one inventory."""

    def __init__(self, desk: Desk) -> None:
        self._clock = desk.clock
        self._store = desk.repository.seals

    async def lead(self) -> None:
        """Seal for ever, unless another server does; return after a while if it does. Raises InventoryError."""
        async with self._store.turn() as turn:
            while turn is not None:
                await self.seal(turn)
                await asyncio.sleep(EVERY_S)
        await asyncio.sleep(OTHERS_SEAL_S)

    async def seal(self, turn: Sealing) -> Block | None:
        """Seal what can be sealed; return the block, or None where nothing came."""
        newest, horizon = await turn.last(), await turn.horizon()
        last = said_in(newest.signed) if newest else None
        first = last.next if last else 0
        if horizon <= first:
            return None
        tree = Tree()
        async for row in turn.entries(first, horizon):
            tree.add(leaf_of(row))
        if not tree.size:
            return None
        at, key = self._clock(), await self._key()
        block = Block(
            number=last.number + 1 if last else 1,
            first=first,
            next=horizon,
            entries=tree.size,
            root=tree.root.hex(),
            previous=hash_of(last) if last else NOTHING,
            at=moment(at),
        )
        await turn.add(Seal(block.number, block.next, signed(block, key), at))
        return block

    async def _key(self) -> SealKey:
        keys = await self._store.keys()
        if not keys:
            await self._store.add_key(new_key(), at=self._clock())
            keys = await self._store.keys()
            _log.info("seals.key", key=keys[-1].id)
        return keys[-1]
