"""Fetching: the file of a download is had by its own client, for its purpose, through a link that soon is over.

A link is a token of 256 random bits, kept as a hash, and of no use to anybody but the client that asked for it: what is
seen of it in the logs on the way opens nothing. Every fetch, of a part too, is in the trail before its bytes leave.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from secrets import token_urlsafe
from typing import IO
from uuid import UUID

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.access.clients import hash_secret
from customer_inventory.access.downloads.life import LONGEST_LINK, DownloadNotReady, LinkNotValid
from customer_inventory.access.downloads.previewing import sensitive_now
from customer_inventory.access.downloads.requesting import own
from customer_inventory.access.grants import Denied
from customer_inventory.access.guarded import DOWNLOAD as KIND
from customer_inventory.access.opened import Restricted
from customer_inventory.access.policy.language import written
from customer_inventory.repository.downloads import DownloadRow


async def link(access: Access, identifier: UUID, *, lasts: timedelta = LONGEST_LINK) -> tuple[str, datetime]:
    """Return a token by which a ready file can be had, in place of every one before, and until when.

    Raises DownloadNotFound, Denied and DownloadNotReady.
    """
    row = await _to_be_had(access, identifier)
    now = access.facilities.clock()
    until = min(now + min(lasts, LONGEST_LINK), row.expires_at or now)
    token = token_urlsafe(32)
    if not await access.facilities.repository.register.downloads.link(row.id, hashed=hash_secret(token), until=until):
        raise DownloadNotReady
    await access.note("create", KIND, "done", (str(row.id),))
    return token, until


async def content(access: Access, identifier: UUID, token: str) -> tuple[DownloadRow, IO[bytes]]:
    """Return a download and its open file. Raises DownloadNotFound, Denied, LinkNotValid and DownloadNotReady."""
    row = await _to_be_had(access, identifier)
    right = hmac.compare_digest(row.link_hash or bytes(32), hash_secret(token))
    if row.link_hash is None or row.link_until is None or not right or row.link_until <= access.facilities.clock():
        await access.note("download", KIND, "refused", (str(row.id),))
        raise LinkNotValid
    return row, await _opened(access, row)


async def file_of(access: Access, identifier: UUID) -> tuple[DownloadRow, IO[bytes]]:
    """Return a download and its open file to its own client at the command line, which needs no link."""
    row = await _to_be_had(access, identifier)
    return row, await _opened(access, row)


class Basis:
    """On what a file is given: the grants, what is sensitive, and the consents of those of its records that there are.

    Consents are added part by part.
    """

    def __init__(self, access: Access, kind: str, sensitive: Sequence[str]) -> None:
        limits = sorted(map(written, access.principal.limited("download", kind)))
        self._digest = sha256(msgspec.json.encode([limits, sensitive]))

    def add(self, consenting: Iterable[str]) -> None:
        """Add the records of a part to whose use is consented."""
        self._digest.update(msgspec.json.encode(sorted(consenting)))

    @property
    def digest(self) -> bytes:
        """What is equal only where all of it is."""
        return self._digest.digest()


async def _basis(access: Access, row: DownloadRow) -> bytes:
    """On what the file of a download would be given now."""
    basis, window = Basis(access, row.kind, await sensitive_now(access, row)), await access.window(row.kind, "download")
    if window is not None and window.by_consent:
        async for ids in _parts(access, row):
            basis.add((await access.looking_at(window, ids)).consenting)
    return basis.digest


async def _parts(access: Access, row: DownloadRow) -> AsyncIterator[list[str]]:
    """Yield which records the parts of a file hold, one part after the other."""
    downloads = access.facilities.repository.register.downloads
    for number in count():
        ids = await downloads.part(row.id, number)
        if not ids:
            return
        yield ids


async def _to_be_had(access: Access, identifier: UUID) -> DownloadRow:
    """Return one's own download that is ready, if it may still be had."""
    row = await own(access, identifier)
    await access.require("download", row.kind)
    if access.purpose != row.purpose:
        await access.note("download", KIND, "refused", (str(row.id),))
        raise Denied(f"The download was made for {row.purpose}: fetch it with X-Purpose: {row.purpose}.")
    if row.status != "ready" or row.expires_at is None or row.expires_at <= access.facilities.clock():
        raise DownloadNotReady(f"The download is {row.status if row.status != 'ready' else 'expired'}.")
    if row.granted != await _basis(access, row):
        await access.note("download", KIND, "refused", (str(row.id),))
        raise DownloadNotReady(
            "Something else is granted, consented to, or sensitive, than when the file was made. Ask anew."
        )
    if row.kind in access.restricted and await _holds_restricted(access, row):
        await access.note("download", KIND, "refused", (str(row.id),))
        raise Restricted("The file holds a record whose use is restricted since. Ask for it anew.")
    return row


async def _holds_restricted(access: Access, row: DownloadRow) -> bool:
    async for ids in _parts(access, row):
        if await access.withheld(ids):
            return True
    return False


async def _opened(access: Access, row: DownloadRow) -> IO[bytes]:
    file = await access.facilities.downloads.files.opened(row)
    if file is None or os.fstat(file.fileno()).st_size != row.size:
        if file is not None:
            file.close()
        raise DownloadNotReady("The file is not at this server: it was removed, or made elsewhere. Ask for it anew.")
    await access.note("download", KIND, "done", (str(row.id),))
    return file
