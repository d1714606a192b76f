"""Contents: the large files of records, named by the SHA-256 of their bytes, in the database or in a directory.

A file is durable here before the record that names it is written, so that no record names what is not there; what was
left without a record by a crash in between is swept away later. Every read checks the bytes against their name.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from customer_inventory.errors import InventoryError
from customer_inventory.ids import bucket_of
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections
from customer_inventory.repository.contents_directory import ContentDirectory
from customer_inventory.repository.kinds import KINDS

_SQL = sql.statements("contents.sql")
_EVER = datetime.min.replace(tzinfo=UTC)
PART = 256 * 1024
"""How many bytes are read and handed on at once."""


class ContentDamaged(InventoryError):
    """The content of an attachment is not what it was when it was kept, or is gone.

    It is not served. Restore it from a backup of the database, or of the content directory.
    """

    code = "content-damaged"


@dataclass(frozen=True, slots=True)
class Kept:
    """Content that a record holds: its SHA-256 in hexadecimal, its size in bytes, and whether the database has it."""

    record_id: UUID
    digest: str
    size: int
    in_database: bool


class Contents:
    """The contents of one inventory."""

    def __init__(self, connections: Connections, *, directory: Path | None = None) -> None:
        self._connections = connections
        self._directory = ContentDirectory(directory) if directory else None

    async def keep(self, kind: str, record_id: UUID, files: Sequence[tuple[str, bytes]], *, at: datetime) -> None:
        """Keep files, each as (digest, bytes), for a record that is about to name them; durable when this returns."""
        for digest, data in files:
            values = {"bucket": bucket_of(record_id), "sha256": bytes.fromhex(digest), "at": at}
            async with self._connections.lend() as connection, connection.transaction():
                # The row comes first: it is locked until the use is noted, so that no sweep comes in between.
                await self._keep(connection, values, digest, data)
                await connection.execute(_SQL["use"], {**values, "record_id": record_id, "kind": kind})

    async def _keep(self, connection: Connection, values: dict[str, Any], digest: str, data: bytes) -> None:
        row = await (await connection.execute(_SQL["known"], values)).fetchone()
        if row and row[0]:
            return
        content = None if self._directory else data
        await connection.execute(_SQL["keep"], {**values, "size": len(data), "content": content})
        if self._directory:
            await self._directory.keep(values["bucket"], digest, data)

    async def held(self, record_id: UUID, digest: str) -> Kept | None:
        """Return the content of this digest if the record holds it, in any of its versions; else None."""
        values = (bucket_of(record_id), record_id, bytes.fromhex(digest))
        async with self._connections.lend() as connection:
            row = await (await connection.execute(_SQL["held"], values)).fetchone()
        return Kept(record_id, digest, row[0], row[1]) if row else None

    async def parts(self, kept: Kept) -> AsyncIterator[bytes]:
        """Return the content in parts, once all of it was found to be what its digest says.

        Content of one part is read once, larger content twice: no byte leaves before all are checked. Raises
        ContentDamaged, also between parts, when the content goes bad while it is read.
        """
        first = b""
        seen = sha256()
        async with aclosing(self._read(kept)) as parts:
            async for part in parts:
                first = first or part
                seen.update(part)
        if seen.hexdigest() != kept.digest:
            raise ContentDamaged(f"The content {kept.digest} of record {kept.record_id} is damaged or gone.")
        return _once(first) if kept.size == len(first) else self._checked(kept)

    async def sweep(self, *, before: datetime, since: datetime = _EVER, tidy: bool = True) -> int:
        """Drop content that no version of any record names, of what was wanted from `since` until `before`.

        Returns how much was dropped. Content that is on its way into a record is younger: `before` must lie further
        back than any write takes. What a purge left goes whenever it was wanted. `tidy`: the directory is gone through.
        """
        values = {"since": since, "before": before}
        async with self._connections.lend() as connection:
            for kind in KINDS:
                async with connection.transaction():
                    await connection.execute(_SQL["patiently"])
                    await connection.execute(_SQL["drop_unused"].replace("{kind}", kind), values)
            async with connection.transaction():
                # The rows stay locked until their files are gone, so that nobody can write one anew in between.
                await connection.execute(_SQL["patiently"])
                orphans = await (await connection.execute(_SQL["drop_orphans"], values)).fetchall()
                for bucket, digest, in_directory in orphans:
                    if self._directory and in_directory:
                        await self._directory.drop(bucket, bytes(digest).hex())
        if self._directory and tidy:
            await self._tidy(self._directory, before)
        return len(orphans)

    async def _tidy(self, directory: ContentDirectory, before: datetime) -> None:
        """Remove files whose writers were killed: unfinished ones, and whole ones that no content is known of."""
        for bucket in await directory.buckets():
            digests = await directory.tidy(bucket, before=before)
            async with self._connections.lend() as connection:
                values = {"bucket": bucket, "digests": [bytes.fromhex(digest) for digest in digests]}
                unknown = await (await connection.execute(_SQL["unknown"], values)).fetchall()
            for (digest,) in unknown:
                await directory.drop(bucket, digest)

    async def _checked(self, kept: Kept) -> AsyncGenerator[bytes, None]:
        """Yield the parts; raise before the last one when they are not what the digest says after all."""
        seen, held_back = sha256(), b""
        async with aclosing(self._read(kept)) as parts:
            async for part in parts:
                if held_back:
                    yield held_back
                held_back = part
                seen.update(part)
        if seen.hexdigest() != kept.digest:
            raise ContentDamaged(f"The content {kept.digest} of record {kept.record_id} went bad while it was read.")
        yield held_back

    async def _read(self, kept: Kept) -> AsyncGenerator[bytes, None]:
        """Yield what is there, unchecked; nothing when it is gone."""
        bucket = bucket_of(kept.record_id)
        for start in range(0, max(kept.size, 1), PART):
            if kept.in_database:
                part = await self._part(bucket, kept.digest, start)
            elif self._directory:
                part = await self._directory.read(bucket, kept.digest, start=start, size=PART)
            else:
                part = b""
            if not part:
                return
            yield part

    async def _part(self, bucket: int, digest: str, start: int) -> bytes:
        values = (start + 1, PART, bucket, bytes.fromhex(digest))
        async with self._connections.lend() as connection:
            row = await (await connection.execute(_SQL["part"], values, binary=True)).fetchone()
        return bytes(row[0]) if row and row[0] else b""


async def _once(part: bytes) -> AsyncIterator[bytes]:
    yield part
