"""Processor time and memory of processes, from the kernel's own accounts (proc(5)).

A database's time is that of the postmaster, of every child alive, and of every child that has ended and was waited
for: backends, WAL writer, checkpointer, background writer, I/O workers and autovacuum all count.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor time in seconds, of the server and of the database."""

    server: float
    database: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.server + self.database

    def since(self, earlier: Spent) -> Spent:
        """Return what was spent after `earlier`."""
        return Spent(self.server - earlier.server, self.database - earlier.database)

    def per(self, number: int) -> Spent:
        """Return the share of one of `number`."""
        return Spent(self.server / number, self.database / number)


def spent(*, server: int, postmaster: int) -> Spent:
    """Return the processor time that a server process and a database have used so far."""
    return Spent(process_seconds(server), database_seconds(postmaster))


def process_seconds(pid: int) -> float:
    """Return the processor time of one process with all its threads, in seconds; 0 when it is gone."""
    fields = _stat(pid)
    if fields is None:
        return 0.0
    # The scheduler's account is in nanoseconds but leaves out threads that have ended; ticks of 10 ms know those too.
    if int(fields[17]) == 1:
        with suppress(OSError, ValueError):
            return int((_PROC / str(pid) / "schedstat").read_text("ascii").split()[0]) / 1e9
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def database_seconds(postmaster: int) -> float:
    """Return the processor time of a database: its postmaster and all its children, ended ones included.

    A backend that ends while this reads passes from the living to the ended, and would count in neither or in both:
    the reading is repeated until nobody came or went meanwhile.
    """
    while True:
        before = _ended(postmaster), frozenset(children(postmaster))
        alive = process_seconds(postmaster) + sum(map(process_seconds, before[1]))
        if before == (_ended(postmaster), frozenset(children(postmaster))):
            return before[0] + alive


def _ended(pid: int) -> float:
    """Return the processor time of the children that have ended and were waited for."""
    fields = _stat(pid)
    return (int(fields[13]) + int(fields[14])) * _TICK_S if fields else 0.0


def children(pid: int) -> list[int]:
    """Return the processes that `pid` has started and that are alive."""
    found = []
    for entry in _PROC.glob("[0-9]*"):
        fields = _stat(int(entry.name))
        if fields is not None and int(fields[1]) == pid:
            found.append(int(entry.name))
    return found


def tree_bytes(pid: int) -> int:
    """Return the memory of a process and all below it, in bytes; a page that several share counts once (PSS)."""
    total = 0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        waiting += children(one)
        with suppress(OSError):
            rollup = (_PROC / str(one) / "smaps_rollup").read_text("ascii")
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
    return total


def _stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat from the third (state) on, or None when the process is gone."""
    with suppress(OSError):
        return (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return None
