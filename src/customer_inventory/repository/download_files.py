"""The files of downloads: private to the server's user, and whole under their names or not there.

A file is named by the id of its download and the attempt that made it, so what a server that was killed left behind is
told from what is kept. Nothing that a client says reaches a path.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from customer_inventory.repository.contents_directory import sync
from customer_inventory.repository.downloads import DownloadRow

_UNFINISHED = ".part"
_SCRATCH = ".scratch"
_NAME = re.compile(r"([0-9a-f-]{36}-\d{1,9})(\.part|\.scratch)?", re.ASCII)
_AT_A_TIME = 64 * 1024
_NOTHING: tuple[bytes, ...] = ()


class Digesting:
    """A file being written from its beginning to its end, of which size and SHA-256 are known.

    `scratch` is a directory for what its writer needs beside it, which goes with the writing; it is not made yet.
    """

    def __init__(self, file: IO[bytes], scratch: Path) -> None:
        self._file = file
        self._digest = sha256()
        self.size = 0
        self.scratch = scratch

    def write(self, data: bytes) -> int:
        """Write bytes. Raises OSError."""
        self._digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Write nothing: the file is made durable when it is whole."""

    @property
    def sha256(self) -> str:
        """The digest of what was written."""
        return self._digest.hexdigest()


class DownloadFiles:
    """The directory with the files of the downloads of one inventory; several servers may share it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def writing(self, row: DownloadRow) -> Iterator[Digesting]:
        """Write the file of a download, durable and under its name when the block is left. Raises OSError."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(row)
        unfinished = path.with_name(path.name + _UNFINISHED)
        scratch = path.with_name(path.name + _SCRATCH)
        _remove(unfinished)
        _remove(scratch)
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                yield Digesting(file, scratch)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            _remove(unfinished)
            _remove(scratch)
        sync(self._root)

    async def opened(self, row: DownloadRow) -> IO[bytes] | None:
        """Open the file of a download; None where it is not here."""
        try:
            return await asyncio.to_thread(self._path(row).open, "rb")
        except FileNotFoundError:
            return None

    async def drop(self, row: DownloadRow) -> None:
        """Remove the file of a download if it is there."""
        await asyncio.to_thread(self._path(row).unlink, missing_ok=True)

    async def tidy(self, held: Callable[[], Awaitable[Collection[str]]]) -> int:
        """Remove every file but those that are `held`, and what is unfinished of others; return how many.

        What is held is asked once it is seen what is there: a file that another server begins in between is not seen,
        while one that is seen was claimed before.
        """
        there = await asyncio.to_thread(self._there)
        kept = await held() if there else ()
        gone = [path for path, name in there if name not in kept]
        await asyncio.to_thread(_remove_all, gone)
        return len(gone)

    def _there(self) -> list[tuple[Path, str]]:
        """The files of downloads in the directory, with the download and attempt that each is of."""
        if not self._root.is_dir():
            return []
        return [(path, named[1]) for path in self._root.iterdir() if (named := _NAME.fullmatch(path.name))]

    def _path(self, row: DownloadRow) -> Path:
        return self._root / f"{row.id}-{row.attempt}"


def _remove_all(paths: Iterable[Path]) -> None:
    for path in paths:
        _remove(path)


def _remove(path: Path) -> None:
    """Remove a file, or a directory with all in it, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


async def parts_of(file: IO[bytes], span: range) -> AsyncIterator[bytes]:
    """Yield the bytes of an open file that are in `span`, and close it."""
    with file:
        await asyncio.to_thread(file.seek, span.start)
        left = len(span)
        while left and (part := await asyncio.to_thread(file.read, min(left, _AT_A_TIME))):
            left -= len(part)
            yield part


async def nothing() -> AsyncIterator[bytes]:
    """Yield no bytes."""
    for each in _NOTHING:
        yield each
