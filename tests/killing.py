"""Killing -9: the server, the engine's postmaster or one of its sessions; and seeing when all is back."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx

from tests.journey.conftest import Server

PATIENCE_S = 60


def postmaster(data: Path) -> tuple[int, str]:
    """The engine's process id and state, as it says itself; (0, "") while it says nothing."""
    with suppress(OSError, ValueError, IndexError):
        lines = (data / "postgres" / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip()
    return 0, ""


def sessions(data: Path) -> list[int]:
    """The process ids of the engine's sessions that serve the product."""
    parent = str(postmaster(data)[0])
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            if (entry / "stat").read_text().rpartition(")")[2].split()[1] != parent:
                continue
            if b"postgres: customer_inventory" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def kill_postmaster(data: Path) -> int:
    """Kill -9 the engine; return who it was."""
    pid, _ = postmaster(data)
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return pid


def wait_for_another(data: Path, former: int) -> None:
    """Wait until another engine than `former` says that it is ready."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        pid, state = postmaster(data)
        if pid not in {0, former} and state == "ready":
            return
        time.sleep(0.01)
    raise AssertionError("the engine did not come back by itself")


def steady_port() -> int:
    """A free port below those that the system gives to outgoing connections.

    While a server is down, a client that keeps trying can be given the server's own port, and would connect to itself.
    """
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(min(20_000, lowest - 5_000), lowest)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Killer:
    """Kills the server and its database by turns, at random moments, and brings back what does not come by itself."""

    def __init__(self, server: Server, *, seed: int) -> None:
        self.kills: Counter[str] = Counter()
        self._server = server
        self._chance = random.Random(seed)

    async def kill(self, times: int) -> None:
        """Kill so many times, and leave the server ready."""
        while self.kills.total() < times:
            await asyncio.sleep(self._chance.uniform(0.01, 0.25))
            if self.kills.total() % 2:
                await self._kill_database()
            else:
                await self._kill_server()
            if self._chance.random() < 0.8:  # else the next blow falls while it is still getting up
                await self.until_ready()
        await self.until_ready()

    async def until_ready(self) -> None:
        """Wait until the server says that it is ready, by itself."""
        deadline = time.monotonic() + PATIENCE_S
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                with suppress(httpx.TransportError):
                    if (await client.get(f"{self._server.url}/health/ready", timeout=5)).status_code == 200:
                        return
                await asyncio.sleep(0.02)
        raise AssertionError(f"the server did not recover: {self._server.output()[-3000:]}")

    async def _kill_database(self) -> None:
        if self._chance.random() < 0.5 and (found := sessions(self._server.data)):
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(found), signal.SIGKILL)
                self.kills["session"] += 1
        elif kill_postmaster(self._server.data):
            self.kills["postmaster"] += 1

    async def _kill_server(self) -> None:
        self._end_server()
        while self._chance.random() < 0.15:
            starting = asyncio.create_task(asyncio.to_thread(self._server.start))
            await asyncio.sleep(self._chance.uniform(0.2, 1.5))
            self._end_server()
            with suppress(RuntimeError):
                await starting
        await asyncio.to_thread(self._server.start)

    def _end_server(self) -> None:
        process = self._server.process
        assert process is not None
        if process.poll() is None:
            process.kill()
            self.kills["server"] += 1
        process.wait()
        self._server.log.close()
