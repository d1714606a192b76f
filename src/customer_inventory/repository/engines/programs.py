"""Running a program of PostgreSQL's: as the engine's user, or as a client whose password no one else can see."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import IO

import msgspec
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from customer_inventory.repository.engines import launch
from customer_inventory.repository.engines.contract import EngineError
from customer_inventory.repository.engines.directory import EngineUser


class ToolFailed(EngineError):
    """A program of PostgreSQL's failed."""

    code = "engine-tool-failed"


class SecretOnCommandLine(EngineError):
    """The connection string holds `sslpassword`, which cannot be handed to PostgreSQL's tools unseen.

    Put the connection into a service file (pg_service.conf) and name it: --dsn service=NAME.
    """

    code = "engine-secret-on-command-line"


@dataclass(frozen=True)
class Launch:
    """A program to run by `launch`: words may name `{data}` and `{socket}`, which become the directories' paths."""

    program: Sequence[str]
    user: EngineUser | None = None
    directories: Mapping[str, Path] = field(default_factory=dict)
    life_lock: Path | None = None
    needs: Sequence[Path] = ()

    def command(self) -> list[str]:
        """Return the command line that carries this out; it holds no secret."""
        order = {
            "program": list(self.program),
            "user": [self.user.uid, self.user.gid] if self.user else None,
            "directories": {name: str(path) for name, path in self.directories.items()},
            "life_lock": str(self.life_lock) if self.life_lock else None,
            "needs": [str(path) for path in self.needs],
            "parent": os.getpid(),
        }
        return [sys.executable, "-I", "-S", "-B", str(launch.__file__), msgspec.json.encode(order).decode()]


def explained(code: int, program: Path, user: EngineUser | None) -> str | None:
    """Say in words why `launch` gave up with `code` before the program ran; None when the program itself ended so."""
    name = user.name if user else "this user"
    match code:
        case launch.UNREACHABLE:
            return f"{name} cannot run {program}. Name binaries that all users can run."
        case launch.NOT_PERMITTED:
            return f"PostgreSQL refuses to run as root, and this root may not become {name}. Start as an ordinary user."
        case launch.STILL_ALIVE:
            return "Another engine came to life on the data directory meanwhile. Stop it, and start again."
    return None


async def start(order: Launch, *, output: int | IO[bytes] = PIPE) -> asyncio.subprocess.Process:
    """Start the ordered program with a bare environment, in a session of its own so that Ctrl-C does not reach it."""
    return await asyncio.create_subprocess_exec(
        *order.command(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
    )


async def finish(order: Launch) -> tuple[int, str]:
    """Run the ordered program to its end; return its exit code and what it printed."""
    process = await start(order)
    try:
        printed, _ = await process.communicate()
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    return process.returncode or 0, printed.decode(errors="replace")


async def run_tool(command: Sequence[str], *, conninfo: str) -> None:
    """Run a client tool, such as pg_dump, on the database of `conninfo`, to its end.

    The password travels in the child's environment, never on the command line. Raises ToolFailed with what the tool
    said, SecretOnCommandLine when the connection holds a secret that has no other way.
    """
    given = conninfo_to_dict(conninfo)
    if "sslpassword" in given:
        raise SecretOnCommandLine
    password = given.pop("password", None)
    environment = {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": str(password)} if password is not None else {})}
    process = await asyncio.create_subprocess_exec(
        *command, f"--dbname={make_conninfo('', **given)}", "--no-password",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=PIPE, env=environment,
    )  # fmt: skip
    try:
        _, said = await process.communicate()
    except BaseException:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        raise
    if process.returncode != 0:
        raise ToolFailed(f"{Path(command[0]).name} failed: {_gist(said.decode(errors='replace'))}")


def _gist(said: str) -> str:
    """Return the errors of a tool without what repeats data: statements, contexts, details, a value COPY refused."""
    lines = [line.strip() for line in said.splitlines() if "error:" in line or "FATAL:" in line or "ERROR:" in line]
    return " ".join(_unquoted(line) if "COPY" in line else line for line in lines[:3]) or "it said nothing"


def _unquoted(line: str) -> str:
    told, found, refused = line.partition("ERROR:")
    return told + found + re.sub(r'".*"', '"…"', refused)
