"""One run of the PostgreSQL server on one data directory: begun, watched until ready, ended, and cleared away."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from customer_inventory.repository.engines import programs, tuning
from customer_inventory.repository.engines.contract import EngineError
from customer_inventory.repository.engines.directory import DataDirectory, EngineUser, Lock

_log = structlog.get_logger()

READY_S = 600.0
"""How long a start may take. Recovery after a crash replays about `max_wal_size`: minutes on a slow disk."""

STOP_S = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
"""Fast shutdown first, with its checkpoint; then without one, which is as safe but recovers at the next start."""

CHECKPOINT_BEGINS_S = 5.0
"""A fast shutdown that is not at its checkpoint by then will not get there: PostgreSQL 18 waits for ever when the
shutdown reaches it during recovery. Without /proc the checkpoint cannot be seen, and a long one is cut short."""

LEFTOVERS_S = ((signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
"""What was left by a product that was killed was told to end by the kernel (`launch`), and mostly has."""

LOG_BYTES = 16 * 1024 * 1024
"""Size at which the log is moved aside; with the one before it, at most twice this lies on the disk."""


class EngineDidNotStart(EngineError):
    """PostgreSQL did not start."""

    code = "engine-did-not-start"


class EngineLingers(EngineError):
    """Processes of an earlier run of this engine do not end."""

    code = "engine-lingers"


@dataclass(frozen=True)
class Site:
    """What a run needs: the data directory, the programs that the engine's user can run, and that user."""

    directory: DataDirectory
    bin: Path
    user: EngineUser | None

    def order(self, program: str, *words: str, data: Path) -> programs.Launch:
        """Return the order to run `program` on `data`; it takes the life lock, so that two can never run at once."""
        return programs.Launch(
            program=[str(self.bin / program), *words],
            user=self.user,
            directories={"socket": self.directory.socket, "data": data},
            life_lock=self.directory.alive,
        )


class Postmaster:
    """A running PostgreSQL server."""

    def __init__(self, process: asyncio.subprocess.Process, site: Site, *, log_from: int) -> None:
        self._process = process
        self._site = site
        self._log_from = log_from

    @classmethod
    async def start(cls, site: Site) -> Postmaster:
        """Start the server and wait until it accepts connections. Raises EngineDidNotStart, EngineLingers."""
        await clear_leftovers(site.directory)
        directory = site.directory
        with directory.usable():
            trim_log(directory.log)
            _sweep(directory)
            log_from = directory.log.stat().st_size
            with directory.log.open("ab") as log:
                process = await programs.start(_server(site), output=log)
        postmaster = cls(process, site, log_from=log_from)
        try:
            await postmaster._until_ready()
        except BaseException:
            await postmaster.stop()
            raise
        return postmaster

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    async def ended(self) -> int:
        """Wait until the server has ended, for whatever reason; return its exit code."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End the server, as gently as it lets us. Raises EngineLingers when it cannot be ended at all."""
        for number, seconds in STOP_S:
            if self._process.returncode is None:
                with suppress(ProcessLookupError):
                    self._process.send_signal(number)
                await self._ends(number, seconds)
        if self._process.returncode is None:
            raise EngineLingers(f"PostgreSQL (pid {self.pid}) does not end even when killed: its disk may hang.")

    async def _ends(self, number: signal.Signals, seconds: float) -> None:
        """Wait until the server has ended, as long as that may be expected after the signal `number`."""
        began = time.monotonic()
        while self._process.returncode is None and (waited := time.monotonic() - began) < seconds:
            if number is signal.SIGINT and waited > CHECKPOINT_BEGINS_S and not _checkpointing(self._site.directory):
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._process.wait()

    async def _until_ready(self) -> None:
        """Watch postmaster.pid, in which the server says how far it is (PostgreSQL: pidfile.h, as pg_ctl does)."""
        deadline = time.monotonic() + READY_S
        told = time.monotonic()
        while time.monotonic() < deadline:
            if self._process.returncode is not None:
                raise EngineDidNotStart(self._why())
            if self._ready():
                return
            if time.monotonic() - told > 5:
                told = time.monotonic()
                _log.info("engine.starting", pid=self.pid, note="recovering what was written before the last end")
            await asyncio.sleep(0.005)
        raise EngineDidNotStart(f"PostgreSQL was not ready within {READY_S:.0f} s; see {self._site.directory.log}.")

    def _ready(self) -> bool:
        with suppress(FileNotFoundError):
            lines = (self._site.directory.postgres / "postmaster.pid").read_text("utf-8", "replace").splitlines()
            return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"
        return False

    def _why(self) -> str:
        code, log = self._process.returncode or 0, self._site.directory.log
        if reason := programs.explained(code, self._site.bin / "postgres", self._site.user):
            return reason
        return f"PostgreSQL did not start (exit code {code}): {_complaint(log, self._log_from)} See {log}."


def alive(directory: DataDirectory) -> bool:
    """Tell whether any process of an engine lives on `directory`: all of them hold its life lock."""
    lock = Lock(directory.alive)
    free = lock.exclusive()
    lock.release()
    return not free


async def clear_leftovers(directory: DataDirectory) -> None:
    """End what an earlier run left behind: a postmaster that is on its way out, or backends without one.

    The caller holds the directory, so nothing here belongs to a living product. Raises EngineLingers.
    """
    if not alive(directory) or await _gone(directory, 1.0):
        return
    for number, seconds in LEFTOVERS_S:
        _log.warning("engine.leftovers", pids=(pids := list(_processes(directory))), signal=number.name)
        _signal(pids, number)
        if await _gone(directory, seconds):
            return
    raise EngineLingers(
        f"Processes of an earlier engine still use {directory.root} and do not end (pids: "
        f"{list(_processes(directory)) or 'unknown'}). End them (they may be in another container), and start again."
    )


def trim_log(path: Path) -> None:
    """Move the log aside once it is large; its writers append, so they go on in the emptied file."""
    if path.stat().st_size > LOG_BYTES:
        aside = path.with_name(path.name + ".1")
        aside.unlink(missing_ok=True)
        with open(aside, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as copy:
            copy.write(path.read_bytes()[-LOG_BYTES:])
        os.truncate(path, 0)


def _server(site: Site) -> programs.Launch:
    guards = [word for guard in tuning.GUARDS for word in ("-c", f"{guard.name}={guard.value}")]
    words = ("-D", "{data}", "-c", "unix_socket_directories={socket}", *guards)
    return site.order("postgres", *words, data=site.directory.postgres)


def _sweep(directory: DataDirectory) -> None:
    """Remove the marks of a run that is over: PostgreSQL would believe their pids, which strangers may have by now.

    Raises EngineLingers when a server that the product did not start works on the database: its marks are true.
    """
    if strangers := list(_processes(directory)):
        raise EngineLingers(
            f"A PostgreSQL that this product did not start works on {directory.postgres} (pids: {strangers}). "
            f"Stop it first."
        )
    for mark in [directory.postgres / "postmaster.pid", *directory.socket.iterdir()]:
        mark.unlink(missing_ok=True)


async def _gone(directory: DataDirectory, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(directory):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


def _processes(directory: DataDirectory) -> Iterator[int]:
    """Yield the PostgreSQL processes at work on `directory`: each has the database as its working directory.

    Where there is no /proc none is found; then there is only waiting for the life lock.
    """
    home = directory.postgres.stat()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            at_home = os.path.samestat((entry / "cwd").stat(), home)
            if at_home and (entry / "exe").readlink().name.partition(" ")[0] == "postgres":
                yield int(entry.name)


def _checkpointing(directory: DataDirectory) -> bool:
    """Tell whether the server writes its last checkpoint; its checkpointer's title says so (since PostgreSQL 14)."""
    for pid in _processes(directory):
        with suppress(OSError):
            if b"performing" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return True
    return False


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _complaint(log: Path, log_from: int) -> str:
    """Return the server's last fatal line and the two before, which often say why; they speak of files and settings."""
    with log.open("rb") as file:
        file.seek(log_from)
        said = file.read(64 * 1024).decode(errors="replace").splitlines()
    fatal = [
        number for number, line in enumerate(said) if any(word in line for word in ("FATAL:", "PANIC:", "postgres:"))
    ]
    end = fatal[-1] + 1 if fatal else len(said)
    return " ".join(line.strip() for line in said[max(0, end - 3) : end]) or "it said nothing."
