"""`python -m bench.sightings`: how long it takes to tell who saw a customer, as the trail grows.

The trail is filled in steps with entries as reads leave them: nine of ten show one record, one of ten a page of twenty.
At each step it is asked who saw a record that was seen about ten times, and one that was seen ten thousand times, with
the nine that belong to it; and how long it takes to seal a million entries. In an engine of its own, gone afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import psycopg

from customer_inventory.access.sealing.merkle import Tree
from customer_inventory.access.sealing.stored import leaf_of
from customer_inventory.repository import Repository, migrate
from customer_inventory.repository.engines import EmbeddedEngine

STEPS = (1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000)
_AT_ONCE = 100_000
_OFTEN = 10_000
_TRIES = 7
_FILL = """
    insert into trail
        (bucket, id, at, client_id, person, purpose, verb, kind, outcome, record_ids, request_id, position)
    select bucket_of(ids[1]), gen_random_uuid(), '2026-01-01'::timestamptz + (%(from)s + n) * interval '1 ms',
        'client-' || n %% 20, null, 'service', 'read', 'customer', 'shown', ids, md5(n::text), %(from)s + n
    from generate_series(1, %(number)s) n, lateral (
        select array(select md5((hashint8(%(from)s + n + i) %% %(records)s)::text)::uuid
                     from generate_series(1, case when n %% 10 = 0 then 20 else 1 end) i) as ids) shown
"""
_OFTEN_SEEN = """
    insert into trail
        (bucket, id, at, client_id, person, purpose, verb, kind, outcome, record_ids, request_id, position)
    select bucket_of(%(id)s), gen_random_uuid(), '2026-01-01'::timestamptz + n * interval '1 s', 'client-' || n %% 20,
        'person-' || n %% 50, 'service', 'read', 'customer', 'shown', array[%(id)s::uuid], md5(n::text), 0
    from generate_series(1, %(number)s) n
"""
_FAVOURITE = UUID(int=0x5EE2)


async def measure(most: int) -> None:
    """Print one line a step, up to `most` entries."""
    async with _inventory() as (repository, connection):
        await connection.execute(_OFTEN_SEEN, {"id": _FAVOURITE, "number": _OFTEN})
        entries = 0
        print("| entries of the trail | seen about 30 times | seen 10,000 times | with nine others | index |")
        print("|---|---|---|---|---|")
        for step in (each for each in STEPS if each <= most):
            while entries < step:
                values = {"from": entries, "number": _AT_ONCE, "records": max(1, step // 10)}
                await connection.execute(_FILL, values)
                entries += _AT_ONCE
            await connection.execute("vacuum analyze trail")
            some = await _some(connection, 10)
            times = [
                await _timed(repository, ids) for ids in (some[:1], [str(_FAVOURITE)], [str(_FAVOURITE), *some[:9]])
            ]
            told = " | ".join(f"{each * 1000:.1f} ms" for each in times)
            print(f"| {entries:,} | {told} | {await _size(connection)} |", flush=True)
        await _sealed(repository)


async def _timed(repository: Repository, ids: list[str]) -> float:
    taken = []
    for _ in range(_TRIES):
        began = time.perf_counter()
        await repository.journal.seen(ids, since=None, limit=1000)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def _some(connection: psycopg.AsyncConnection, number: int) -> list[str]:
    rows = await (
        await connection.execute(
            "select distinct id from (select record_ids[1]::text as id from trail where position > 0 limit 10000) shown"
            " limit %s",
            (number,),
        )
    ).fetchall()
    return [row[0] for row in rows]


async def _size(connection: psycopg.AsyncConnection) -> str:
    statement = "select pg_size_pretty(pg_relation_size('trail_record_ids'))"
    row = await (await connection.execute(statement)).fetchone()
    return str(row[0]) if row else ""


async def _sealed(repository: Repository) -> None:
    tree, began, cpu = Tree(), time.perf_counter(), time.process_time()
    async with repository.seals.reading() as reading:
        async for row in reading.entries(1, 1_000_000):
            tree.add(leaf_of(row))
    cpu, took = time.process_time() - cpu, time.perf_counter() - began
    print(
        f"\n{tree.size:,} entries under one root: {took:.1f} s, {cpu / tree.size * 1e6:.1f} us of the server for each"
    )


@asynccontextmanager
async def _inventory() -> AsyncIterator[tuple[Repository, psycopg.AsyncConnection]]:
    with tempfile.TemporaryDirectory() as directory:
        async with EmbeddedEngine(Path(directory) / "data", binaries=None).serving() as conninfo:
            await migrate(conninfo)
            repository = Repository(conninfo, connections=2, statement_timeout_ms=600_000)
            async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
                yield repository, connection
            await repository.close()


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.sightings", description=__doc__)
    parser.add_argument(
        "--entries", type=int, default=3_000_000, help="how many entries at most: 1, 3, 10, 30, 100 million"
    )
    asyncio.run(measure(parser.parse_args().entries))


if __name__ == "__main__":
    main()
