"""Rounds: the same requests to the inventory and to its floor in turn, each with the processor time they took."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from bench.cpu import Spent, process_seconds, spent
from bench.floor import Task
from bench.house import CONNECTIONS, BenchError, House, free_port, running
from bench.load import Stream, Tally

WARM_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class Round:
    """One round: processor seconds per request, requests a second, and the time of one answer in seconds."""

    each: Spent
    rate: float
    p50: float
    p99: float
    answers: int
    bytes_each: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Rounds of the inventory and of its floor, taken in turn."""

    ours: Sequence[Round]
    floor: Sequence[Round]

    @property
    def ratio(self) -> float:
        """How many times the floor's processor time the inventory takes: the median over the pairs."""
        return statistics.median(
            mine.each.total / least.each.total for mine, least in zip(self.ours, self.floor, strict=True)
        )


def middle(rounds: Sequence[Round]) -> Round:
    """Return the round of median processor time; its figures belong together, as medians of each would not."""
    return sorted(rounds, key=lambda one: one.each.total)[len(rounds) // 2]


class Ground:
    """A house, its floor and the load, ready for rounds."""

    def __init__(self, house: House, *, load: asyncio.subprocess.Process, concurrency: int, seconds: float) -> None:
        self.house = house
        self._load = load
        self._concurrency = concurrency
        self._seconds = seconds

    async def pair(self, ours: Stream, *, lists: Sequence[tuple[str, str]] = (), floor: Stream, rounds: int) -> Pair:
        """Measure `ours` against the house and `floor` against a bare server that serves `lists`. Raises BenchError."""
        mine: list[Round] = []
        least: list[Round] = []
        async with self._floor(lists) as (port, pid):
            ours = msgspec.structs.replace(ours, port=self.house.port)
            floor = msgspec.structs.replace(floor, port=port)
            await self._round(floor, pid, WARM_UP_S)
            await self._round(ours, self.house.pid, WARM_UP_S)
            for _ in range(rounds):
                least.append(await self._round(floor, pid, self._seconds))
                mine.append(await self._round(ours, self.house.pid, self._seconds))
        return Pair(mine, least)

    async def times(self, one: Stream, other: Stream, *, rounds: int) -> float:
        """Return how many times the processor time of `one` the house takes for `other`, taken in turn: the median.

        Measured apart they would differ by what else the machine does meanwhile. Raises BenchError.
        """
        found = []
        for _ in range(rounds):
            base = await self.alone(one, seconds=self._seconds)
            found.append((await self.alone(other, seconds=self._seconds)).each.total / base.each.total)
        return statistics.median(found)

    async def alone(self, ours: Stream, *, seconds: float) -> Round:
        """Measure `ours` against the house alone, once. Raises BenchError."""
        return await self._round(msgspec.structs.replace(ours, port=self.house.port), self.house.pid, seconds)

    async def _round(self, stream: Stream, pid: int, seconds: float) -> Round:
        await self._tell(msgspec.structs.replace(stream, seconds=seconds, concurrency=self._concurrency))
        await self._hear()
        before = spent(server=pid, postmaster=self.house.postmaster)
        await self._tell("go")
        tally = msgspec.json.decode(await self._hear(), type=Tally)
        after = spent(server=pid, postmaster=self.house.postmaster)
        if tally.unexpected or tally.answers == 0:
            raise BenchError(f"{stream.method} {stream.targets[0]} was not answered as expected:\n{tally.unexpected}")
        return Round(
            each=after.since(before).per(tally.answers),
            rate=tally.answers / tally.seconds,
            p50=tally.p50,
            p99=tally.p99,
            answers=tally.answers,
            bytes_each=tally.received / tally.answers,
        )

    async def _tell(self, value: object) -> None:
        assert self._load.stdin is not None
        self._load.stdin.write(msgspec.json.encode(value) + b"\n")
        await self._load.stdin.drain()

    async def _hear(self) -> bytes:
        assert self._load.stdout is not None
        line = await self._load.stdout.readline()
        if not line:
            raise BenchError("The load ended before its time.")
        return line

    @asynccontextmanager
    async def _floor(self, lists: Sequence[tuple[str, str]]) -> AsyncIterator[tuple[int, int]]:
        """Run the bare server; yield its port and process."""
        task = Task(port=free_port(), conninfo=self.house.conninfo, connections=CONNECTIONS, lists=list(lists))
        async with running("-m", "bench.floor", piped=True) as process:
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(task) + b"\n")
            await process.stdin.drain()
            await _until_open(task.port, process)
            yield task.port, process.pid


@asynccontextmanager
async def ground(house: House, *, concurrency: int, seconds: float) -> AsyncIterator[Ground]:
    """Prepare for rounds of `seconds` against `house`."""
    async with running("-m", "bench.load", piped=True) as load:
        yield Ground(house, load=load, concurrency=concurrency, seconds=seconds)


async def _until_open(port: int, process: asyncio.subprocess.Process) -> None:
    while process.returncode is None and process_seconds(process.pid) < 30:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        return
    raise BenchError("The bare server did not start.")
