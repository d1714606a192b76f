"""The circumstances of a run: machine, versions, date and commit, without which a figure says nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from bench.house import ROOT, House

_PACKAGES = ("psycopg", "msgspec", "uvicorn", "uvloop", "httptools", "starlette")


async def facts(house: House, *, at: datetime) -> dict[str, str]:
    """Return the facts of this run by their names."""
    async with house.connected() as connection:
        row = await (await connection.execute("select current_setting('server_version')")).fetchone()
    return {
        "date": at.isoformat(timespec="seconds"),
        "commit": _commit(),
        "processor": f"{_line('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        "memory": f"{int(_line('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": str(row[0]) if row else "?",
        "packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
        "load at the start": busy(),
    }


def busy() -> str:
    """Return how busy the machine is: runnable processes over the last minute and the last five."""
    return "{:.2f} over 1 min, {:.2f} over 5 min".format(*os.getloadavg()[:2])


def _commit() -> str:
    with suppress(OSError, subprocess.CalledProcessError):
        commit = _git("rev-parse", "--short", "HEAD")
        changed = [line for line in _git("status", "--porcelain", "--", "src").splitlines() if line]
        return f"{commit} with {len(changed)} changed files under src" if changed else commit
    return "not a checkout"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _line(path: str, name: str) -> str:
    with suppress(OSError):
        for line in Path(path).read_text("utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return "0 unknown"
