"""The embedded engine: a PostgreSQL of the product's own, in one data directory, under its supervision.

One process holds the directory and runs the engine; others of the same user may use it beside. Whoever holds it says so
in `DIR/lock`, and the kernel frees that lock when the process ends, however it ends.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Literal

import msgspec
import structlog
from psycopg.conninfo import make_conninfo

from customer_inventory.clock import Clock, system_clock
from customer_inventory.ids import Randomness
from customer_inventory.repository.engines import binaries as found
from customer_inventory.repository.engines import launch, making, placing
from customer_inventory.repository.engines.contract import DATABASE, ROLE, EngineError
from customer_inventory.repository.engines.directory import DataDirectory, Lock
from customer_inventory.repository.engines.postmaster import Site
from customer_inventory.repository.engines.supervisor import Supervisor

_log = structlog.get_logger()

JOIN_S = 600.0
"""How long a command waits for an engine that another process is starting or stopping; as long as a start may take."""

Role = Literal["server", "command"]


class DirectoryInUse(EngineError):
    """Another process already serves this data directory."""

    code = "engine-directory-in-use"


class SocketPathTooLong(EngineError):
    """The data directory's path is too long for a socket address, and this system offers no way around.

    Choose a shorter directory with --data.
    """

    code = "engine-socket-path"


class Holder(msgspec.Struct, frozen=True):
    """Who holds a data directory: its process, what that is for, and whether the engine accepts connections."""

    pid: int
    role: Role
    ready: bool


class EmbeddedEngine:
    """A PostgreSQL in the directory `data`, run by `binaries` when given (see `binaries.choose`).

    As root the engine runs as `user`, by default the owner of the data, else `postgres`, else `nobody`.
    """

    def __init__(
        self,
        data: Path,
        *,
        binaries: Path | None = None,
        user: str | None = None,
        clock: Clock = system_clock,
        randomness: Randomness = secrets.randbits,
    ) -> None:
        self._directory = DataDirectory(data)
        self._setting = binaries
        self._user = user
        self._clock = clock
        self._randomness = randomness
        self._chosen: found.Binaries | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Hold the directory, run the engine and restart it should it die, until the end of the block.

        Raises DirectoryInUse at once when another process holds it, else EngineError for what is in the way.
        """
        self._directory.prepare()
        lock = Lock(self._directory.lock)
        if not lock.exclusive():
            raise DirectoryInUse(self._refusal())
        try:
            async with self._running(lock, "server") as conninfo:
                yield conninfo
        finally:
            lock.release()

    @asynccontextmanager
    async def attached(self) -> AsyncIterator[str]:
        """Use the engine that another process runs on the directory, or run it for the time of the block.

        Raises EngineError.
        """
        self._directory.prepare()
        lock, guest = Lock(self._directory.lock), Lock(self._directory.guests)
        try:
            if await self._join(lock, guest):
                with self._address() as host:
                    yield self._conninfo(host)
            else:
                guest.release()
                async with self._running(lock, "command") as conninfo:
                    yield conninfo
                    await self._farewell(guest)
        finally:
            guest.release()
            lock.release()

    def tools(self) -> Path:
        """Return the directory of this engine's pg_dump, pg_restore and psql. Raises NoBinaries, WrongMajor."""
        return self._binaries().bin

    def superuser(self, conninfo: str) -> str:
        """Return how the superuser reaches the same database as `conninfo`, for what its owner may not do."""
        return make_conninfo(conninfo, user=making.SUPERUSER, passfile=str(self._directory.superuser))

    def _binaries(self) -> found.Binaries:
        if self._chosen is None:
            made = self._directory.made()
            self._chosen = found.choose(
                setting=self._setting,
                recorded=Path(made.binaries) if made else None,
                copies=placing.CACHE,
                major=self._directory.major(),
            )
        return self._chosen

    @asynccontextmanager
    async def _running(self, lock: Lock, role: Role) -> AsyncIterator[str]:
        """Run the engine under the lock held, telling others in the lock's file how far it is."""
        began = time.monotonic()
        _say(lock, role, ready=False)
        site = await self._site()
        supervisor = Supervisor(site)
        with self._address() as host:
            try:
                await supervisor.start()
                if self._directory.made() is None:
                    await making.make_database(site, host=host, binaries=self._binaries(), clock=self._clock)
                _say(lock, role, ready=True)
                _log.info("engine.ready", version=self._binaries().version, seconds=round(time.monotonic() - began, 3))
                yield self._conninfo(host)
            finally:
                _say(lock, role, ready=False)
                await supervisor.stop()

    async def _site(self) -> Site:
        """Bring everything to where a server can start: binaries it can run, the database's files, its settings."""
        directory = self._directory
        chosen = await asyncio.to_thread(self._binaries)
        user = directory.engine_user(self._user)
        directory.folder(directory.socket, user)
        site = Site(directory, await placing.runnable(chosen, user=user), user)
        if directory.major() is None:
            await making.make_files(site, binaries=chosen, randomness=self._randomness)
        making.write_settings(site)
        return site

    async def _join(self, lock: Lock, guest: Lock) -> bool:
        """Become a guest of a running engine (True), or the holder of a free directory (False).

        The guest's mark is set before the holder is looked at, and a holder that leaves waits for the marks to go: so
        an engine that was found ready stays for as long as it is used, unless it belongs to a server, which may stop.
        """
        deadline = time.monotonic() + JOIN_S
        while time.monotonic() < deadline:
            if guest.shared():
                if lock.exclusive():
                    return False
                if await self._ready():
                    return True
                guest.release()
            await asyncio.sleep(0.02)
        raise DirectoryInUse(self._refusal())

    async def _ready(self) -> bool:
        """Tell whether the holder says that its engine is ready.

        A holder that was killed leaves its last word behind for the moment until the next one writes. So the word of a
        process not to be seen (killed, or in another container) counts only when it still stands a second later.
        """
        holder = _holder(self._directory)
        if holder is None or not holder.ready:
            return False
        if _visible(holder.pid):
            return True
        await asyncio.sleep(1)
        return _holder(self._directory) == holder

    async def _farewell(self, guest: Lock) -> None:
        """Wait until no other command uses the engine that this one started for itself."""
        waiting = False
        while not guest.exclusive():
            if not waiting:
                waiting = True
                _log.info("engine.in_use", note="another command uses the engine; it is stopped when that one is done")
            await asyncio.sleep(0.05)

    @contextmanager
    def _address(self) -> Iterator[str]:
        """Yield how this process and its children name the socket directory: its path, or a way round through /proc."""
        path = self._directory.socket
        if launch.plain(str(path), socket=True):
            yield str(path)
            return
        if sys.platform != "linux":
            raise SocketPathTooLong
        with self._directory.usable():
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/{os.getpid()}/fd/{descriptor}"
        finally:
            os.close(descriptor)

    def _conninfo(self, host: str) -> str:
        """Return the connection string; it names the file with the password, so that it may be logged."""
        return make_conninfo("", host=host, dbname=DATABASE, user=ROLE, passfile=str(self._directory.passfile))

    def _refusal(self) -> str:
        holder = _holder(self._directory)
        if holder is None:
            who, remedy = "another process", "Stop it"
        elif holder.role == "server":
            who, remedy = f"a running server (pid {holder.pid})", f"Use that one, or stop it (kill {holder.pid})"
        else:
            who, remedy = f"a command (pid {holder.pid})", "Wait until it is done"
        root = self._directory.root
        return f"The data directory {root} is in use by {who}. {remedy}, or choose another one with --data."


def _visible(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _say(lock: Lock, role: Role, *, ready: bool) -> None:
    lock.write(msgspec.json.encode(Holder(pid=os.getpid(), role=role, ready=ready)))


def _holder(directory: DataDirectory) -> Holder | None:
    """Return who says to hold the directory; None while that is being written. Raises DataDirectoryUnusable."""
    with directory.usable():
        try:
            return msgspec.json.decode(directory.lock.read_bytes(), type=Holder)
        except msgspec.MsgspecError:
            return None
