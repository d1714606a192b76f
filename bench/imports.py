"""Import, beside a bare COPY of the very rows that it leaves."""

from __future__ import annotations

import time
from pathlib import Path

from bench import people
from bench.cpu import database_seconds
from bench.floor_tables import make_table
from bench.house import BenchError, Finished, House, command
from bench.results import Bare, Bulk, Verdict, steady_rate

RATE = 20_000
SHARE = 0.4
GROWTH = 1.25
KINDS = ("individual", "customer")
_BLOCK = 1 << 18
_MIB = 1 << 20


async def load(house: House, *, first: int, count: int, of: int, name: str) -> tuple[Finished, float]:
    """Import `count` customers from a new CSV file; return how the command went and the database's seconds.

    Raises BenchError when it fails or leaves rows out.
    """
    path = house.data.with_name(f"{name}.csv")
    people.write_csv(path, first=first, count=count, of=of)
    held = await _held(house)
    before = database_seconds(house.postmaster)
    done = await command("import", str(path), "--source", name, "--data", str(house.data))
    used = database_seconds(house.postmaster) - before
    if await _held(house) - held != count * len(KINDS):
        raise BenchError(f"The import of {count} customers left rows out:\n{done.output}{done.errors}")
    path.unlink()
    return done, used


async def measure_import(house: House, *, customers: int) -> Bulk:
    """Import customers in three files, of one row, a quarter and the rest, and COPY what is then there."""
    quarter = max(1, customers // 4)
    rest = max(1, customers - quarter - 1)
    start, _ = await load(house, first=0, count=1, of=customers, name="bench-start")
    small, _ = await load(house, first=1, count=quarter, of=customers, name="bench-quarter")
    await house.settle()
    whole, database = await load(house, first=1 + quarter, count=rest, of=customers, name="bench-rest")
    steady = steady_rate(rest, seconds=whole.seconds, start=start.seconds)
    bare, indexed = await _bare_copies(house, customers=1 + quarter + rest)
    growth = whole.peak / small.peak
    return Bulk(
        name="import",
        title="import customers (each an individual and a customer with contacts)",
        number=rest,
        seconds=whole.seconds,
        rate=rest / whole.seconds,
        steady_rate=steady,
        processor_us=whole.processor / rest * 1e6,
        database_us=database / rest * 1e6,
        peak_mib=whole.peak / _MIB,
        floors=[bare, indexed],
        notes=[
            f"{len(KINDS) * rest / whole.seconds:,.0f} records a second",
            f"the command takes {start.seconds:.2f} s and {start.peak / _MIB:.0f} MiB of memory for one row",
            f"memory {small.peak / _MIB:.0f} MiB for {quarter:,} rows, {whole.peak / _MIB:.0f} MiB for {rest:,}",
            f"{steady / indexed.rate:.0%} of a bare COPY into tables with all their indexes",
        ],
        verdicts=[
            Verdict(f"≥ {RATE:,}/s", f"{steady:,.0f}/s", steady >= RATE),
            Verdict(f"≥ {SHARE:.0%} of bare COPY", f"{steady / bare.rate:.0%}", steady >= SHARE * bare.rate),
            Verdict("memory flat", f"{growth:.2f} times for {rest / quarter:.1f} times the rows", growth <= GROWTH),
        ],
    )


async def _bare_copies(house: House, *, customers: int) -> tuple[Bare, Bare]:
    """COPY the rows that are there into tables without any index, and with all of the inventory's."""
    files = {kind: house.data.with_name(f"{kind}.copy") for kind in KINDS}
    for kind, path in files.items():
        await _dump(house, kind, path)
    without = await _copied(house, files, customers=customers, indexes=False)
    with_all = await _copied(house, files, customers=customers, indexes=True)
    for path in files.values():
        path.unlink()
    return without, with_all


async def _copied(house: House, files: dict[str, Path], *, customers: int, indexes: bool) -> Bare:
    """COPY the files in, one after the other; return what that came to for each customer."""
    seconds = used = 0.0
    for kind, path in files.items():
        await house.settle()
        before = database_seconds(house.postmaster)
        seconds += await _copy_in(house, kind, path, indexes=indexes)
        used += database_seconds(house.postmaster) - before
    title = f"bare COPY, {'all indexes' if indexes else 'no index'}"
    return Bare(title, customers / seconds, used / customers * 1e6)


async def _dump(house: House, kind: str, path: Path) -> None:
    async with house.connected() as connection, connection.cursor().copy(f"copy {kind} to stdout") as rows:
        with path.open("wb") as file:
            async for block in rows:
                file.write(block)


async def _copy_in(house: House, kind: str, path: Path, *, indexes: bool) -> float:
    """COPY a dump into a fresh table; return the seconds until it is committed."""
    async with house.connected() as connection:
        await make_table(connection, kind, indexes=indexes)
        began = time.perf_counter()
        async with connection.cursor().copy(f"copy bench.{kind} from stdin") as rows:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    await rows.write(block)
        seconds = time.perf_counter() - began
        await connection.execute(f"drop table bench.{kind}")
    return seconds


async def _held(house: House) -> int:
    """Count the records of both kinds."""
    async with house.connected() as connection:
        cursor = await connection.execute(" union all ".join(f"select count(*) from {kind}" for kind in KINDS))
        return sum([row[0] for row in await cursor.fetchall()])
