"""The house under measure: a server started as a user starts it, on an embedded engine in a directory of its own."""

from __future__ import annotations

import asyncio
import base64
import resource
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench import cpu
from customer_inventory.repository.engines import EmbeddedEngine
from customer_inventory.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("-m", "customer_inventory")
CONNECTIONS = Settings().connections
_READY_S = 60.0
_STOP_S = 60.0


class BenchError(Exception):
    """The benchmark cannot go on; the message says what was in the way."""


@dataclass(frozen=True)
class Finished:
    """A command that ran to its end: what it printed, wall and processor seconds, and its highest memory in bytes."""

    output: str
    errors: str
    seconds: float
    processor: float
    peak: int


@dataclass(frozen=True)
class House:
    """A running server and what it takes to measure it."""

    data: Path
    port: int
    pid: int
    postmaster: int
    conninfo: str
    superuser: str

    def spent(self) -> cpu.Spent:
        """Return the processor time that server and database have used so far."""
        return cpu.spent(server=self.pid, postmaster=self.postmaster)

    async def token(self, client: str = "bench", *, grant: str = "all") -> str:
        """Register a client (once) with a grant and return an access token of it. Raises BenchError."""
        kept = self.data.with_name(f"{client}.json")
        if not kept.exists():
            words = ("client", "register", client, "--grant", grant, "--json", "--data", str(self.data))
            kept.write_text((await command(*words)).output, "utf-8")
        credentials = msgspec.json.decode(kept.read_bytes(), type=dict[str, str])
        return await asyncio.to_thread(self._token, credentials)

    def _token(self, credentials: dict[str, str]) -> str:
        pair = f"{credentials['client_id']}:{credentials['client_secret']}".encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/oauth2/token",
            data=b"grant_type=client_credentials",
            headers={
                "authorization": f"Basic {base64.b64encode(pair).decode()}",
                "content-type": "application/x-www-form-urlencoded",
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(msgspec.json.decode(answer.read())["access_token"])

    async def settle(self) -> None:
        """Write a checkpoint, so that no measurement pays for the one before it."""
        async with await psycopg.AsyncConnection.connect(self.superuser, autocommit=True) as connection:
            await connection.execute("checkpoint")

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Lend a connection of the product's own role, without a statement timeout, in autocommit."""
        async with await psycopg.AsyncConnection.connect(self.conninfo, autocommit=True) as connection:
            yield connection


@asynccontextmanager
async def serving(data: Path, *, program: Sequence[str] = PRODUCT) -> AsyncIterator[House]:
    """Run a server on `data` for the time of the block; `program` is what Python runs. Raises BenchError."""
    port = free_port()
    log = data.with_name("server.log")
    async with running(*program, "--data", str(data), "--port", str(port), log=log) as process:
        await _until_ready(process, port, log)
        postmaster = int((data / "postgres" / "postmaster.pid").read_text("utf-8").splitlines()[0])
        # Held open: where the path is too long for a socket address, the way round it is good only for so long.
        async with EmbeddedEngine(data).attached() as conninfo:
            place = conninfo_to_dict(conninfo)
            superuser = make_conninfo(
                "", host=place["host"], dbname=place["dbname"], user="postgres", passfile=str(data / "superuser")
            )
            yield House(data, port, process.pid, postmaster, conninfo, superuser)


@asynccontextmanager
async def running(
    *words: str, log: Path | None = None, piped: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a Python program for the time of the block, then end it: asked by SIGINT first, killed if it lingers."""
    with (log or Path("/dev/null")).open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE if piped else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if piped else file,
            stderr=None if log is None else file,
            limit=1 << 26,
            # Ctrl-C is for the run alone, which then ends each program in its turn.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        await _end(process)


async def command(*words: str) -> Finished:
    """Run a verb of the product to its end and account for it. Raises BenchError when it fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *PRODUCT,
        *words,
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    watch = asyncio.create_task(_peak_bytes(process.pid))
    try:
        output, errors = await process.communicate()
    finally:
        watch.cancel()
        await _end(process)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    with suppress(asyncio.CancelledError):
        await watch
    if process.returncode != 0:
        raise BenchError(f"`customer-inventory {' '.join(words)}` ended with {process.returncode}:\n{errors.decode()}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Finished(output.decode(), errors.decode(), seconds, used, _peaks.pop(process.pid, 0))


_peaks: dict[int, int] = {}


async def _peak_bytes(pid: int) -> None:
    while True:
        _peaks[pid] = max(_peaks.get(pid, 0), await asyncio.to_thread(cpu.tree_bytes, pid))
        await asyncio.sleep(0.1)


async def _end(process: asyncio.subprocess.Process) -> None:
    for number, seconds in ((signal.SIGINT, _STOP_S), (signal.SIGKILL, 10.0)):
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)


async def _until_ready(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        if process.returncode is not None:
            raise BenchError(f"The server ended with {process.returncode}:\n{_text(log)}")
        if await asyncio.to_thread(_answers, f"http://127.0.0.1:{port}/health/ready"):
            return
        await asyncio.sleep(0.02)
    raise BenchError(f"The server was not ready within {_READY_S:.0f} s:\n{_text(log)}")


def _text(log: Path) -> str:
    return log.read_text("utf-8", "replace")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
