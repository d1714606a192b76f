"""`python -m bench.trail_cost`: what the access trail costs reads, and what a mask does.

Servers that differ in nothing else serve the same database by turns: as it is, without the entries of reads, and with
what is read masked. Throughput and processor time of server and database are compared round by round; a share is the
median over the rounds. In an engine of its own, gone afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bench import people
from bench.house import BenchError, House, command, free_port, running, serving
from bench.load import Stream
from bench.machine import busy
from bench.requests import GET_MS
from bench.rounds import Ground, Round, ground, middle

VARIANTS = ("plain", "untrailed", "masked")
MOST_SHARE = 0.15
MASKED_MS = 0.35
_WARM_UP_S = 1.0
_PATH = "/tmf-api/partyManagement/v5/individual"
_PATIENCE_S = 60


async def measure(*, customers: int, rounds: int, seconds: float, concurrency: int) -> None:
    """Print what a get by id and a list of twenty cost in each variant. Raises BenchError."""
    with tempfile.TemporaryDirectory() as place:
        async with serving(Path(place) / "data") as house, AsyncExitStack() as stack:
            ids = await _people(house, customers)
            token = await house.token()
            await house.settle()
            servers = {}
            for variant in VARIANTS:
                beside = await stack.enter_async_context(_beside(house, variant))
                prepared = ground(beside, concurrency=concurrency, seconds=seconds)
                servers[variant] = await stack.enter_async_context(prepared)
            headers = {"authorization": f"Bearer {token}"}
            print(f"{customers:,} individuals, {concurrency} connections, {rounds} rounds of {seconds:g} s; {busy()}")
            for what, targets in _targets(ids).items():
                stream = Stream(port=0, targets=targets, statuses=[200, 206], headers=headers)
                _say(what, await _by_turns(servers, stream, rounds=rounds, seconds=seconds))


async def _people(house: House, number: int) -> list[str]:
    """Import so many individuals; return their ids."""
    rows = house.data.with_name("people.ndjson")
    lines = (json.dumps({"id": str(one), **people.individual(one, of=number)}) for one in range(number))
    rows.write_text("\n".join(lines) + "\n", "utf-8")
    await command("import", str(rows), "--data", str(house.data))
    async with house.connected() as connection:
        found = await (await connection.execute("select id::text from individual order by id")).fetchall()
    if len(found) != number:
        raise BenchError(f"Of {number} individuals {len(found)} were imported.")
    return [str(row[0]) for row in found]


def _targets(ids: Sequence[str]) -> Mapping[str, list[str]]:
    return {
        "get by id": [f"{_PATH}/{each}" for each in ids],
        "first page of 20": [f"{_PATH}?limit=20"],
        "20 of those above an id": [f"{_PATH}?limit=20&id.gt={each}&sort=id" for each in ids[: len(ids) // 2]],
    }


@asynccontextmanager
async def _beside(house: House, variant: str) -> AsyncIterator[House]:
    """Run a variant of the server on the same database."""
    port = free_port()
    data = house.data.with_name(variant)
    words = ("-m", "bench.variant", variant, "--dsn", house.conninfo, "--port", str(port), "--data", str(data))
    async with running(*words, log=house.data.with_name(f"{variant}.log")) as process:
        for _ in range(_PATIENCE_S * 10):
            await asyncio.sleep(0.1)
            if process.returncode is not None:
                raise BenchError(house.data.with_name(f"{variant}.log").read_text("utf-8"))
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            writer.close()
            break
        yield replace(house, port=port, pid=process.pid)


async def _by_turns(
    servers: Mapping[str, Ground], stream: Stream, *, rounds: int, seconds: float
) -> dict[str, list[Round]]:
    """Measure every variant in each round, in an order that turns, so that none always comes first."""
    found: dict[str, list[Round]] = {variant: [] for variant in servers}
    for prepared in servers.values():
        await prepared.alone(stream, seconds=_WARM_UP_S)
    names = list(servers)
    for number in range(rounds):
        for variant in names[number % len(names) :] + names[: number % len(names)]:
            found[variant].append(await servers[variant].alone(stream, seconds=seconds))
    return found


def _say(what: str, found: Mapping[str, Sequence[Round]]) -> None:
    """Print a table of what was found, and the trail's share of throughput and processor time."""
    print(f"\n{what}:\n\n| server | answers a second | ms of processor, server + database | p50 ms | p99 ms |")
    print("| --- | --- | --- | --- | --- |")
    for variant, rounds in found.items():
        one = middle(rounds)
        cost = f"{one.each.total * 1e3:.3f} ({one.each.server * 1e3:.3f} + {one.each.database * 1e3:.3f})"
        print(f"| {variant} | {one.rate:,.0f} | {cost} | {one.p50 * 1e3:.2f} | {one.p99 * 1e3:.2f} |")
    pairs = list(zip(found["plain"], found["untrailed"], strict=True))
    slower = statistics.median(1 - plain.rate / without.rate for plain, without in pairs)
    dearer = statistics.median(1 - without.each.total / plain.each.total for plain, without in pairs)
    print(
        f"\nThe trail takes {slower:.1%} of the throughput (at most {MOST_SHARE:.0%}), {dearer:.1%} of the processor."
    )
    if what.startswith("get"):
        masked = middle(found["masked"]).each.total * 1e3
        print(
            f"A get takes {middle(found['plain']).each.total * 1e3:.3f} ms (at most {GET_MS}), masked {masked:.3f} ms"
            f" (at most {MASKED_MS})."
        )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.trail_cost", description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000, help="how many individuals there are (20,000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each variant (7)")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a round lasts (3)")
    parser.add_argument("--concurrency", type=int, default=32, help="connections of the load (32)")
    asked = parser.parse_args()
    asyncio.run(
        measure(customers=asked.customers, rounds=asked.rounds, seconds=asked.seconds, concurrency=asked.concurrency)
    )


if __name__ == "__main__":
    main()
