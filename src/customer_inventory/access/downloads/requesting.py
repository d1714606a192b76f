"""Requesting: a download is asked for by who is granted `download` on its kind, whole or limited."""

from __future__ import annotations

from uuid import UUID

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.access.downloads.life import (
    MOST_LIVE,
    DownloadNotFound,
    DownloadPreview,
    TooManyDownloads,
    WrongDownloadState,
)
from customer_inventory.access.downloads.previewing import Sought, preview
from customer_inventory.access.grants import allows
from customer_inventory.access.guarded import DOWNLOAD as KIND
from customer_inventory.access.window import MaskedAttribute
from customer_inventory.ids import draw_bucket, draw_key, new_id
from customer_inventory.repository.downloads import DownloadRow

_KEY_BITS = 128


async def previewed(access: Access, sought: Sought) -> DownloadPreview:
    """Return what a download would hold, without asking for it.

    How many records meet a condition tells something of them, so that counts as one shown. Raises Denied,
    MaskedAttribute, QueryTooCostly and AllowanceSpent.
    """
    kind = sought.resource.kind
    await access.require("download", kind)
    if sought.query.conditions:
        await access.spend_shown("download", kind, 1, await access.tally("download", kind, ()))
    window = await access.window(kind, "download")
    try:
        found = await preview(access, window, sought)
    except MaskedAttribute:
        await access.note("download", kind, "refused", ())
        raise
    await access.note("download", kind, "unchanged", ())
    return found


async def request(access: Access, sought: Sought) -> DownloadRow:
    """Ask for a download; the server makes its file once nobody needs to approve it, or somebody did.

    Raises Denied, MaskedAttribute, QueryTooCostly and TooManyDownloads.
    """
    found = await previewed(access, sought)
    now, randomness = access.facilities.clock(), access.facilities.randomness
    row = DownloadRow(
        id=new_id(bucket=draw_bucket(randomness), at=now, randomness=randomness),
        client_id=access.principal.client_id,
        person=access.principal.person,
        purpose=access.purpose,
        request_id=access.request_id,
        kind=sought.resource.kind,
        wish=msgspec.json.encode(sought.wanted).decode(),
        status="waiting" if found.reason else "queued",
        preview=msgspec.json.encode(found).decode(),
        reasons=found.reason,
        requested_at=now,
        touched=sought.touched,
        mark_key=draw_key(_KEY_BITS, randomness),
    )
    if not await access.facilities.repository.register.downloads.add(row, most=MOST_LIVE):
        await access.note("create", KIND, "refused", ())
        raise TooManyDownloads
    await access.note("create", KIND, "done", (str(row.id),))
    return row


async def own(access: Access, identifier: UUID) -> DownloadRow:
    """Return a download of whoever asks. Raises DownloadNotFound, for those of others too."""
    row = await access.facilities.repository.register.downloads.one(identifier)
    if row is None:
        await access.note("read", KIND, "absent", (str(identifier),))
        raise DownloadNotFound
    if not is_own(access, row):
        await access.note("download", row.kind, "refused", ())
        raise DownloadNotFound
    return row


def is_own(access: Access, row: DownloadRow) -> bool:
    """Return whether a download is of whoever asks: the same client and person, and within the scope of the token."""
    principal = access.principal
    within = not principal.beyond or allows(principal.grants, "download", row.kind)
    return within and (row.client_id, row.person) == (principal.client_id, principal.person)


async def cancel(access: Access, identifier: UUID) -> DownloadRow:
    """Cancel one's own download; its file goes. Raises DownloadNotFound and WrongDownloadState."""
    row = await own(access, identifier)
    downloads = access.facilities.repository.register.downloads
    if not await downloads.cancel(identifier):
        raise WrongDownloadState(f"The download is {row.status}: there is nothing to cancel.")
    await access.facilities.downloads.files.drop(row)
    await access.note("delete", KIND, "done", (str(identifier),))
    return await downloads.one(identifier) or row
