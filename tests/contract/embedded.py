"""What the tests of embedded engines share: builds of PostgreSQL, places, and other processes of the product."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
import pytest

from customer_inventory.repository.engines import binaries as found
from customer_inventory.repository.engines.directory import DataDirectory
from customer_inventory.repository.engines.postmaster import alive
from tests.conftest import missing

ROOT = os.geteuid() == 0
Process = asyncio.subprocess.Process


def installed() -> Path | None:
    """The bin directory of the newest PostgreSQL that the system installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return places[-1].parent if places else None


def build(name: str) -> Path:
    """The bin directory of the build that the test is run with; skips the test when it is absent, fails in CI."""
    place = found.wheel() if name == "wheel" else installed()
    if place is None or not place.exists():
        missing(f"no {name} PostgreSQL on this machine")
        raise AssertionError
    return place


@contextmanager
def open_home() -> Iterator[Path]:
    """A place that every user can search, as /srv or /var/lib would be."""
    home = Path(tempfile.mkdtemp(prefix="engine-"))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home)


async def ask(conninfo: str, query: str) -> object:
    """The first value that `query` answers, if it answers."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        cursor = await connection.execute(query)
        row = await cursor.fetchone() if cursor.description else None
    return row[0] if row else None


async def ask_patiently(conninfo: str, query: str) -> object:
    """The same, repeated while the engine is away."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return await ask(conninfo, query)
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the engine did not come back"
            await asyncio.sleep(0.05)


def postmaster_pid(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0])


async def dead(data: Path) -> bool:
    """Whether every process of the engine is gone, or goes in 20 s; the kernel's word, not a pid file's."""
    deadline = time.monotonic() + 20
    while alive(DataDirectory(data)):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


PROGRAM = """
import asyncio, sys, psycopg
from pathlib import Path
from customer_inventory.repository.engines import EmbeddedEngine

async def main():
    async with EmbeddedEngine(Path(sys.argv[1]), binaries=Path(sys.argv[2])).MODE() as conninfo:
        print("ready", flush=True)
        connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
BODY

asyncio.run(main())
"""
STAY = "await asyncio.sleep(600)"


@asynccontextmanager
async def another(
    data: Path, binaries: Path, *, mode: str = "serving", body: str = STAY, guest: bool = False
) -> AsyncIterator[Process]:
    """Another process of the product on the same directory; killed at the end, its engine with it."""
    code = PROGRAM.replace("MODE", mode).replace("BODY", textwrap.indent(textwrap.dedent(body), " " * 8))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(data), str(binaries),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
        assert guest or await dead(data)


async def line(process: Process) -> str:
    """The next line that the other process prints (what it prints as it starts includes its log)."""
    assert process.stdout is not None
    assert process.stderr is not None
    while said := (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip():
        if "[" not in said:
            return said
    return pytest.fail((await process.stderr.read()).decode())
