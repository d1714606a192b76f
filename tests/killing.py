"""Killing the embedded engine: its postmaster or one of its sessions, and seeing when it is back."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

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
