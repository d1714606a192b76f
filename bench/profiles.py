"""Profiles: for a request over its budget, where the processor time goes, in the server and in the database.

Taken in a second server on the same data after all measuring is done: the figures of the table are free of it. The
server runs under `sampled`, the database under pg_stat_statements.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psycopg

from bench.house import House, serving
from bench.load import Stream
from bench.rounds import WARM_UP_S, ground
from bench.sampled import START, Profile

SECONDS = 3.0
_LOCAL = "shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track = 'all'\ntrack_io_timing = off\n"
_PLAIN = str.maketrans({"|": "¦", "`": None})
_TOP = """
select calls, total_exec_time + total_plan_time, regexp_replace(left(query, 160), '\\s+', ' ', 'g')
from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())
order by 2 desc limit 8
"""


async def profile(data: Path, stream: Stream, *, concurrency: int) -> str:
    """Run `stream` against a profiled server on `data`; return what was found as Markdown."""
    out = data.with_name("profile.json")
    local = data / "postgres" / "local.conf"
    local.write_text(_LOCAL, "utf-8")
    local.chmod(0o644)  # the engine may run as another user
    try:
        async with serving(data, program=("-m", "bench.sampled", str(out))) as house:
            token = await house.token()
            stream = msgspec.structs.replace(stream, headers={**stream.headers, "authorization": f"Bearer {token}"})
            async with ground(house, concurrency=concurrency, seconds=SECONDS) as here:
                await here.alone(stream, seconds=WARM_UP_S)
                await _reset(house)
                os.kill(house.pid, START)
                found = await here.alone(stream, seconds=SECONDS)
            statements = await _statements(house, found.answers)
    finally:
        local.unlink()
    return _page(msgspec.json.decode(out.read_bytes(), type=Profile), statements)


async def _reset(house: House) -> None:
    async with await psycopg.AsyncConnection.connect(house.superuser, autocommit=True) as connection:
        await connection.execute("create extension if not exists pg_stat_statements")
        await connection.execute("select pg_stat_statements_reset()")


async def _statements(house: House, answers: int) -> Sequence[str]:
    async with await psycopg.AsyncConnection.connect(house.superuser, autocommit=True) as connection:
        rows = await (await connection.execute(_TOP)).fetchall()
    return [
        f"| {1000 * spent / answers:.0f} | {calls / answers:.2f} | `{text.translate(_PLAIN)}` |"
        for calls, spent, text in rows
    ]


def _page(found: Profile, statements: Sequence[str]) -> str:
    packages = " · ".join(f"{name} {share:.0%}" for name, share in list(found.packages.items())[:8])
    functions = [f"| {share:.1%} | `{name}` |" for name, share in list(found.functions.items())[:12]]
    return "\n".join(
        [
            f"Server, {found.samples} samples by package: {packages}",
            "",
            "| share | function of the server |",
            "|---|---|",
            *functions,
            "",
            "| µs a request | calls a request | statement (its time includes statements that it calls) |",
            "|---|---|---|",
            *statements,
        ]
    )
