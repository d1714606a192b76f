"""Export, beside a bare COPY TO whose bytes nobody keeps."""

from __future__ import annotations

import time
from pathlib import Path

from bench.cpu import database_seconds
from bench.house import BenchError, Finished, House, command
from bench.results import Bare, Bulk, Verdict, steady_rate

RATE = 100_000
GROWTH_MIB = 64
_MIB = 1 << 20


async def measure_export(house: House) -> Bulk:
    """Export all customers as NDJSON, and a kind without records for what the command costs by itself."""
    empty = await _export(house, "organization", house.data.with_name("empty.ndjson"))
    before = database_seconds(house.postmaster)
    path = house.data.with_name("customers.ndjson")
    whole = await _export(house, "customer", path)
    database = database_seconds(house.postmaster) - before
    number, size = _lines(path), path.stat().st_size
    path.unlink()
    held, bare = await _bare(house)
    if number != held:
        raise BenchError(f"The export wrote {number} of {held} customers.")
    steady = steady_rate(number, seconds=whole.seconds, start=empty.seconds)
    grown = (whole.peak - empty.peak) / _MIB
    return Bulk(
        name="export",
        title="export customers (NDJSON)",
        number=number,
        seconds=whole.seconds,
        rate=number / whole.seconds,
        steady_rate=steady,
        processor_us=whole.processor / number * 1e6,
        database_us=database / number * 1e6,
        peak_mib=whole.peak / _MIB,
        floors=[bare],
        notes=[
            f"{size / whole.seconds / _MIB:,.0f} MiB a second",
            f"the command takes {empty.seconds:.2f} s and {empty.peak / _MIB:.0f} MiB of memory without records",
            f"memory {whole.peak / _MIB:.0f} MiB for {size / _MIB:.0f} MiB of records",
            f"{steady / bare.rate:.0%} of a bare COPY TO",
        ],
        verdicts=[
            Verdict(f"≥ {RATE:,}/s", f"{steady:,.0f}/s", steady >= RATE),
            Verdict("memory flat", f"{grown:+.0f} MiB over none", grown <= GROWTH_MIB),
        ],
    )


async def _export(house: House, kind: str, path: Path) -> Finished:
    return await command("export", kind, "--output", str(path), "--data", str(house.data))


async def _bare(house: House) -> tuple[int, Bare]:
    """COPY the customers' documents out once; return how many there are and what that came to."""
    async with house.connected() as connection:
        row = await (await connection.execute("select count(*) from customer")).fetchone()
        before, began = database_seconds(house.postmaster), time.perf_counter()
        async with connection.cursor().copy("copy (select doc from customer) to stdout") as rows:
            async for _ in rows:
                pass
        seconds, used = time.perf_counter() - began, database_seconds(house.postmaster) - before
    number = int(row[0]) if row else 0
    return number, Bare("bare COPY TO, bytes discarded", number / seconds, used / max(number, 1) * 1e6)


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
