"""The content directory in a backup: the files that the database knows and does not hold itself.

They are copied into `content/` of the backup, each checked by its name, which is its SHA-256: once before the snapshot
of the database is taken and once after, so that what a sweep removes meanwhile is there, and what comes too. A restore
puts them into a directory again, or into the database where there is none.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path

import psycopg

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.contents_directory import ContentDirectory
from customer_inventory.repository.sql import statements

KEPT = "content"
"""The directory of a backup in which they are."""

_SQL = statements("backup.sql")
Connection = psycopg.AsyncConnection


class ContentsMissing(InventoryError):
    """Files of attachments are not where the database counts on them.

    Name the directory in which they are with --content-directory; bring a damaged one back from an earlier backup.
    """

    code = "contents-missing"
    failure = Failure.CONFLICT


async def outside(connection: Connection) -> list[str]:
    """Return the files that the database knows and does not hold, as bucket/digest."""
    known = await (await connection.execute(_SQL["content_table"])).fetchone()
    if not known or not known[0]:
        return []
    rows = await (await connection.execute(_SQL["outside"])).fetchall()
    return [f"{bucket:03x}/{digest}" for bucket, digest in rows]


async def save(names: list[str], source: Path | None, backup: Path, *, all_there: bool) -> None:
    """Copy files into a backup, but for those that are in it. Raises ContentsMissing if `all_there` and one is not."""
    if names and source is None:
        raise ContentsMissing(
            f"{len(names)} files of attachments are in a directory beside the database. Name it with "
            "--content-directory, so that the backup has them."
        )
    if source is None:
        return
    lacking = await asyncio.to_thread(_copy, names, source, backup / KEPT)
    if lacking and all_there:
        raise ContentsMissing(
            f"{len(lacking)} of {len(names)} files are not in {source}, or not what they were: "
            f"{', '.join(lacking[:3])}. Nothing was backed up. Bring them back from an earlier backup."
        )


def _copy(names: list[str], source: Path, target: Path) -> list[str]:
    """Copy files, checked; return the names of those that are not there or not what they are called."""
    lacking = []
    for name in names:
        if (target / name).exists():
            continue
        try:
            data = (source / name).read_bytes()
        except FileNotFoundError:
            data = b""
        if sha256(data).hexdigest() == name.rpartition("/")[2]:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(data)
        else:
            lacking.append(name)
    return lacking


async def bring_back(connection: Connection, backup: Path, target: Path | None) -> int:
    """Put the files of a backup into a directory, or without one into the database; return how many there are.

    Raises ContentsMissing when the restored database counts on one that the backup does not have.
    """
    names = await outside(connection)
    lacking = [name for name in names if not (backup / KEPT / name).is_file()]
    if lacking:
        raise ContentsMissing(f"The backup lacks {len(lacking)} of {len(names)} files: {', '.join(lacking[:3])}.")
    directory = ContentDirectory(target) if target else None
    for name in names:
        data = await asyncio.to_thread((backup / KEPT / name).read_bytes)
        bucket, digest = name.split("/")
        if directory:
            await directory.keep(int(bucket, 16), digest, data)
        else:
            await connection.execute(_SQL["take_in"], (data, int(bucket, 16), bytes.fromhex(digest)))
    return len(names)
