"""The content directory: each content a file named by its SHA-256, in a directory for its bucket.

A file is written under a name of its own, made durable, and only then given its name: whatever happens, a file of that
name is whole. Names are made of digests alone; nothing that a client says reaches a path.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from datetime import datetime
from pathlib import Path

_UNFINISHED = ".part"
_BUCKET = re.compile(r"[0-9a-f]{3}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class ContentDirectory:
    """A directory with the contents of one inventory; several servers may share it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def keep(self, bucket: int, digest: str, data: bytes) -> None:
        """Keep a file; durable when this returns. Raises OSError."""
        await asyncio.to_thread(self._keep, bucket, digest, data)

    async def read(self, bucket: int, digest: str, *, start: int, size: int) -> bytes:
        """Return up to `size` bytes from `start`, less at the end; nothing when there is no such file."""
        return await asyncio.to_thread(self._read, bucket, digest, start, size)

    async def drop(self, bucket: int, digest: str) -> None:
        """Remove a file if it is there."""
        await asyncio.to_thread(self._path(bucket, digest).unlink, missing_ok=True)

    async def buckets(self) -> list[int]:
        """Return the buckets that have a directory."""
        return await asyncio.to_thread(self._buckets)

    async def tidy(self, bucket: int, *, before: datetime) -> list[str]:
        """Remove what writers left unfinished before `before`; return the digests of the files that are as old."""
        return await asyncio.to_thread(self._tidy, bucket, before.timestamp())

    def _keep(self, bucket: int, digest: str, data: bytes) -> None:
        path = self._path(bucket, digest)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(f"{digest}.{secrets.token_hex(8)}{_UNFINISHED}")
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        for directory in (path.parent, self._root):
            sync(directory)

    def _read(self, bucket: int, digest: str, start: int, size: int) -> bytes:
        try:
            with self._path(bucket, digest).open("rb") as file:
                file.seek(start)
                return file.read(size)
        except FileNotFoundError:
            return b""

    def _buckets(self) -> list[int]:
        if not self._root.is_dir():
            return []
        return [int(path.name, 16) for path in self._root.iterdir() if _BUCKET.fullmatch(path.name)]

    def _tidy(self, bucket: int, before: float) -> list[str]:
        old = [path for path in self._root.joinpath(f"{bucket:03x}").iterdir() if path.stat().st_mtime < before]
        for path in old:
            if path.suffix == _UNFINISHED:
                path.unlink(missing_ok=True)
        return [path.name for path in old if _DIGEST.fullmatch(path.name)]

    def _path(self, bucket: int, digest: str) -> Path:
        return self._root / f"{bucket:03x}" / digest


def sync(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
