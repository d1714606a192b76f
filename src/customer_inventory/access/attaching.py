"""Attachments through an access: large files are kept beside the records that name them, and had only through those.

A file is checked and durable before the record that names it is written. Whoever may read a record may have its files.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access.reading import Reading
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import Resource
from customer_inventory.model.contents import CHECKSUM, filled, named
from customer_inventory.repository.records import Record

_MARK = f'"{CHECKSUM}'.encode()


class AttachmentNotFound(InventoryError):
    """The record has no attachment of this content.

    Get the record: the url of each attachment that is kept here says where its content is.
    """

    code = "attachment-not-found"
    failure = Failure.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment's content: the attachment as the record has it, the size in bytes, and the content in parts."""

    attachment: dict[str, Any]
    size: int
    parts: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Attaching(Reading):
    """What an access can do with the files of records."""

    async def attached(
        self, resource: Resource, identifier: UUID, digest: str, *, as_of: datetime | None = None
    ) -> Attached:
        """Return the content of an attachment, checked. `digest` is its SHA-256 in hexadecimal.

        Raises Denied, RecordNotFound, AttachmentNotFound or ContentDamaged.
        """
        record = await self.read(resource, identifier, as_of=as_of)
        attachment = named(resource, msgspec.json.decode(record.document)).get(digest)
        contents = self.facilities.repository.contents
        kept = await contents.held(identifier, digest) if attachment is not None else None
        if attachment is None or kept is None:
            raise AttachmentNotFound
        return Attached(dict(attachment), kept.size, await contents.parts(kept))

    async def with_contents(self, resource: Resource, record: Record) -> Record:
        """Return a record that was shown already with the contents of its files in place, as far as one may be large.

        Together they have at most as many bytes as one file may; what goes beyond stays an address. Raises
        ContentDamaged.
        """
        if _MARK not in record.document:
            return record
        document, identifier = msgspec.json.decode(record.document), UUID(record.id)
        contents, left = self.facilities.repository.contents, self.facilities.attachment_limit
        files: dict[str, bytes] = {}
        for digest in named(resource, document):
            kept = await contents.held(identifier, digest)
            if kept is not None and kept.size <= left:
                left -= kept.size
                files[digest] = b"".join([part async for part in await contents.parts(kept)])
        whole = await asyncio.to_thread(filled, resource, document, files)
        return record._replace(document=msgspec.json.encode(whole))
