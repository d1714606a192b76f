"""`./bench/run`: measure and print the table."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench import exports, imports, machine, profiles, requests, requirements, resources
from bench.house import BenchError, House, serving
from bench.report import page
from bench.results import Asked, Bulk, Line, Request, Results
from bench.rounds import ground

NAMES = ("import", "export", "get", "list", "deep", "create", "resources", "requirements")


@dataclass(frozen=True)
class Plan:
    """What to measure, and how long."""

    names: frozenset[str]
    customers: int
    concurrency: int
    rounds: int
    seconds: float
    profiled: bool


def main() -> int:
    """Run the benchmark; return the exit code: 0 measured, 1 something was in the way."""
    options = _options(sys.argv[1:])
    plan = Plan(
        names=frozenset(options.only),
        customers=options.customers or (2_000 if options.quick else 100_000),
        concurrency=options.concurrency,
        rounds=1 if options.quick else 3,
        seconds=0.7 if options.quick else 1.5,
        profiled=not options.quick,
    )
    try:
        results = asyncio.run(_run(plan))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("bench: stopped; everything it started is ended and its directory removed.", file=sys.stderr)
        return 130
    written = page(results)
    print(written)
    if options.output is not None:
        as_json = options.output.suffix == ".json"
        content = msgspec.json.format(msgspec.json.encode(results)) if as_json else written.encode()
        options.output.write_bytes(content)
    return 0


async def _run(plan: Plan) -> Results:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    began = time.monotonic()
    with _directory() as data:
        async with serving(data) as house:
            facts = await machine.facts(house, at=datetime.now(UTC))
            bulks = await _bulks(plan, house)
            measured = await _requests(plan, house)
            lines = await _lines(plan, house)
            asked = await _requirements(plan, house)
        found = [one.request for one in measured]
        if plan.profiled:
            found = [await _profiled(one, data, plan) for one in measured]
    facts |= {
        "load at the end": machine.busy(),
        "customers": f"{plan.customers:,}",
        "connections of the load": str(plan.concurrency),
        "rounds": f"{plan.rounds} of {plan.seconds:g} s",
        "took": f"{time.monotonic() - began:.0f} s",
    }
    return Results(facts=facts, requests=found, bulks=bulks, lines=lines, asked=asked)


@contextmanager
def _directory() -> Iterator[Path]:
    """Yield a data directory to be, in a directory of the run's own that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="customer-inventory-bench-") as directory:
        Path(directory).chmod(0o755)  # the engine may run as another user
        yield Path(directory) / "data"


async def _bulks(plan: Plan, house: House) -> list[Bulk]:
    """Load the customers, measured or not, and export them."""
    bulks = []
    if "import" in plan.names:
        _say(f"importing {plan.customers:,} customers, and copying their rows")
        bulks.append(await imports.measure_import(house, customers=plan.customers))
    else:
        _say(f"loading {plan.customers:,} customers")
        await imports.load(house, first=0, count=plan.customers, of=plan.customers, name="bench")
    if "export" in plan.names:
        _say("exporting")
        bulks.append(await exports.measure_export(house))
    return bulks


async def _requests(plan: Plan, house: House) -> list[requests.Measured]:
    if not plan.names & {"get", "list", "deep", "create"}:
        return []
    async with house.connected() as connection:
        # Autovacuum would come by at some time during the rounds, of the one or the other.
        await connection.execute("vacuum (analyze) individual, customer, change_record, link")
    await house.settle()
    async with ground(house, concurrency=plan.concurrency, seconds=plan.seconds) as here:
        asking = requests.Asking(here, await house.token(), plan.rounds, plan.customers)
        return [one async for one in _asked(plan, asking)]


async def _lines(plan: Plan, house: House) -> list[Line]:
    if "resources" not in plan.names:
        return []
    _say("every resource")
    async with ground(house, concurrency=plan.concurrency, seconds=plan.seconds) as here:
        asking = requests.Asking(here, await house.token(), plan.rounds, plan.customers)
        return await resources.measure_resources(asking, seconds=plan.seconds / 4)


async def _requirements(plan: Plan, house: House) -> list[Asked]:
    if "requirements" not in plan.names:
        return []
    _say("requirements")
    return await requirements.measure_requirements(house, seconds=plan.seconds)


async def _asked(plan: Plan, asking: requests.Asking) -> AsyncIterator[requests.Measured]:
    if "get" in plan.names:
        _say("get")
        yield await requests.measure_get(asking)
        _say("get, limited")
        yield await requests.measure_limited_get(asking)
    if "list" in plan.names:
        _say("list, filtered")
        yield await requests.measure_filtered(asking)
    if plan.names & {"list", "deep"}:
        _say("list, sorted")
        first = await requests.measure_sorted(asking)
        yield first
        if "deep" in plan.names:
            _say("list, far down")
            yield await requests.measure_deep(asking, first)
    if "create" in plan.names:
        _say("create")
        for one in await requests.measure_creates(asking):
            yield one


async def _profiled(one: requests.Measured, data: Path, plan: Plan) -> Request:
    """Return a request that missed a budget with a profile."""
    if one.request.met:
        return one.request
    _say(f"profiling: {one.request.title}")
    found = await profiles.profile(data, one.stream, concurrency=plan.concurrency)
    return msgspec.structs.replace(one.request, profile=found)


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./bench/run", description="Measure the inventory beside its floor, in one run; print the table."
    )
    parser.add_argument("--quick", action="store_true", help="few customers, one short round, no profiles")
    parser.add_argument("--only", type=_names, default=NAMES, metavar="NAMES", help=f"some of {','.join(NAMES)}")
    parser.add_argument("--customers", type=_count, help="how many customers are loaded (100,000; --quick: 2,000)")
    parser.add_argument("--concurrency", type=_count, default=32, help="connections of the load (32)")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the page to FILE.md, or figures to FILE.json"
    )
    return parser.parse_args(words)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, (name.strip() for name in text.split(","))))
    unknown = set(names) - set(NAMES)
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"choose from {', '.join(NAMES)}")
    return names


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _say(what: str) -> None:
    print(f"bench: {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
