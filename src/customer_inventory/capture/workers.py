"""Workers: the processes that prepare chunks, so that every processor helps.

What they need is loaded from here alone, not with the run's own connections and clients: each loads it anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import get_context

import msgspec

from customer_inventory.capture.preparing import Instructions, Prepared, Preparer
from customer_inventory.capture.sources import Chunk

_SMALL = 2 * 1024 * 1024
"""A file of fewer bytes, some 14,000 rows, is prepared in this process by the time that another one has started."""

_DECODER = msgspec.msgpack.Decoder(Prepared)

Prepare = Callable[[Chunk], "asyncio.Future[Prepared]"]


def worker_count(size: int, wanted: int | None) -> int:
    """Return how many processes prepare a file of `size` bytes, where nobody says how many are `wanted`."""
    if wanted is not None:
        return wanted
    return 0 if size < _SMALL else max(1, (os.cpu_count() or 1) // 2)


@asynccontextmanager
async def workers(instructions: Instructions, count: int) -> AsyncIterator[Prepare]:
    """Yield what prepares chunks: other processes as soon as they are there, until then this one."""
    preparer = Preparer(instructions)

    def here(chunk: Chunk) -> asyncio.Future[Prepared]:
        done: asyncio.Future[Prepared] = asyncio.get_running_loop().create_future()
        done.set_result(preparer.prepare(chunk))
        return done

    if count == 0:
        yield here
        return
    with _pool(instructions, count) as pool:
        # They take a second to start, in which the loaders would have nothing to do.
        starting = [pool.submit(_ready) for _ in range(count)]

        def anywhere(chunk: Chunk) -> asyncio.Future[Prepared]:
            started = any(one.done() for one in starting)
            return asyncio.ensure_future(_prepared(pool, chunk)) if started else here(chunk)

        yield anywhere


async def _prepared(pool: Executor, chunk: Chunk) -> Prepared:
    packed = await asyncio.get_running_loop().run_in_executor(pool, _prepare, chunk)
    return _DECODER.decode(packed)


def _pool(instructions: Instructions, count: int) -> ProcessPoolExecutor:
    # Not by fork: a copy of this process would share its connections.
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_set_up, initargs=(instructions,))


_preparer: list[Preparer] = []


def _set_up(instructions: Instructions) -> None:
    _preparer.append(Preparer(instructions))


def _ready() -> bool:
    return bool(_preparer)


def _prepare(chunk: Chunk) -> bytes:
    return msgspec.msgpack.encode(_preparer[0].prepare(chunk))
