"""Deciding on downloads: who may look at those of others takes `read:download`, who decides `modify:download`.

Who decides is not who asked (four eyes), nor one of the people of the process that asked: who had it registered, its
owner and its deputy; nor another process for which one of them answers. What is decided on is what the preview told,
and why it takes a decision.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from customer_inventory.access.access import Access
from customer_inventory.access.clients import OWN_CLIENTS
from customer_inventory.access.downloads.life import DownloadNotFound, OwnDownload, WrongDownloadState
from customer_inventory.access.downloads.requesting import is_own
from customer_inventory.access.grants import allows
from customer_inventory.access.guarded import DOWNLOAD as KIND
from customer_inventory.access.registering import actor, is_any_of, people_of, who_decides
from customer_inventory.repository.downloads import DownloadRow

LATEST = 1000
"""So many downloads are listed at most."""
_LEADS = {"approve": "queued", "refuse": "refused"}


async def latest(access: Access) -> list[DownloadRow]:
    """Return the latest downloads, newest first: one's own, or everybody's by `read:download`. Raises Denied."""
    everybody = allows(access.principal.grants, "read", KIND)
    if not everybody and not any(each.startswith("download:") for each in access.principal.grants):
        await access.require("read", KIND)
    client = None if everybody else access.principal.client_id
    rows = await access.facilities.repository.register.downloads.latest(client_id=client, limit=LATEST)
    found = rows if everybody else [row for row in rows if is_own(access, row)]
    await access.note("read", KIND, "shown", tuple(str(row.id) for row in found))
    return found


async def show(access: Access, identifier: UUID) -> DownloadRow:
    """Return a download of one's own, or by `read:download` anybody's. Raises DownloadNotFound."""
    row = await access.facilities.repository.register.downloads.one(identifier)
    if row is None or not (is_own(access, row) or allows(access.principal.grants, "read", KIND)):
        await access.note("read", KIND, "absent" if row is None else "refused", (str(identifier),))
        raise DownloadNotFound
    await access.note("read", KIND, "shown", (str(row.id),))
    return row


async def progress(access: Access, row: DownloadRow) -> int:
    """Return how many records are in the file of a download that `show` gave, while it is made."""
    return await access.facilities.repository.register.downloads.progress(row.id)


async def decide(
    access: Access, identifier: UUID, verb: Literal["approve", "refuse"], *, said: str | None = None
) -> DownloadRow:
    """Approve or refuse a download that waits. Raises Denied, DownloadNotFound, OwnDownload or WrongDownloadState."""
    await access.require("modify", KIND)
    downloads = access.facilities.repository.register.downloads
    row = await downloads.one(identifier)
    if row is None:
        await access.note("modify", KIND, "absent", (str(identifier),))
        raise DownloadNotFound("There is no such download.")
    if await _is_kept_apart(access, row):
        await access.note("modify", KIND, "refused", (str(identifier),))
        raise OwnDownload
    now = access.facilities.clock()
    if not await downloads.decide(identifier, status=_LEADS[verb], by=actor(access), at=now, said=said):
        raise WrongDownloadState(f"The download is {row.status}: only what waits is decided on.")
    await access.note("modify", KIND, "done", (str(identifier),))
    return await downloads.one(identifier) or row


async def may_decide(access: Access, row: DownloadRow) -> bool:
    """Return whether a download waits for a decision that whoever asks may take."""
    return (
        row.status == "waiting"
        and allows(access.principal.grants, "modify", KIND)
        and not await _is_kept_apart(access, row)
    )


async def _is_kept_apart(access: Access, row: DownloadRow) -> bool:
    """Whether whoever asks cannot decide on a download."""
    return is_any_of(await who_decides(access), await _kept_apart(access, row))


async def _kept_apart(access: Access, row: DownloadRow) -> set[str]:
    """Who cannot decide on a download: who asked for it, and the people of the process through which it was."""
    found = {row.person or row.client_id, row.client_id}
    register = access.facilities.repository.register
    if row.client_id in OWN_CLIENTS:
        return found
    if (client := await register.client(row.client_id)) is not None:
        found.add(client.registered_by)
    return found | await people_of(register.registrations, row.client_id)
