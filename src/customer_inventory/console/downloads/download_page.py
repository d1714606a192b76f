"""The page of one download: where it stands, the decision on it, its file and its manifest."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response, StreamingResponse

from customer_inventory.access import downloads as doing
from customer_inventory.access.downloads.deciding import may_decide, progress
from customer_inventory.access.downloads.life import (
    DownloadNotReady,
    LinkNotValid,
    OwnDownload,
    WrongDownloadState,
    download_id,
)
from customer_inventory.access.downloads.manifest import manifest
from customer_inventory.access.downloads.naming import file_name, media_type
from customer_inventory.access.downloads.requesting import is_own
from customer_inventory.access.opened import Restricted
from customer_inventory.console.downloads.saying import DOWNLOADS_PAGE, LIVE, facts_of, kind_of, size_of, state_of
from customer_inventory.console.refusing import Refused, answered, text_of
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import Shown
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.download_files import parts_of

_LONGEST_REASON = 2000
_DONE = {
    "asked": "It is asked for.",
    "approve": "Approved: its file is made now.",
    "refuse": "Refused.",
    "cancel": "Cancelled: its file is removed.",
}
_NOTHING = Refused()


class NoStep(InventoryError):
    """A download is not taken such a step.

    Use the buttons of its page.
    """

    code = "no-step"
    failure = Failure.INVALID


_REFUSED: Mapping[type[InventoryError], str] = dict.fromkeys(
    (DownloadNotReady, LinkNotValid, NoStep, OwnDownload, Restricted, WrongDownloadState), ""
)


async def download(visit: Visit) -> Response:
    """Answer /downloads/{id}; with a form, take a step. Raises DownloadNotFound, Denied and ForeignForm."""
    if not visit.posted:
        return await _page(visit, done=_DONE.get(visit.query.get("done", ""), ""))
    outcome = await answered(visit, _stepped, _REFUSED)
    return outcome if isinstance(outcome, Response) else await _page(visit, refused=outcome)


async def _stepped(visit: Visit, form: Mapping[str, str]) -> str:
    """Take a step, and return where its outcome is seen."""
    identifier, step = download_id(visit.request.path_params["id"]), form.get("do", "")
    match step:
        case "approve" | "refuse":
            said = text_of(form, "reason", "Why", longest=_LONGEST_REASON, needed=False)
            await doing.decide(visit.access, identifier, step, said=said or None)
        case "cancel":
            await doing.cancel(visit.access, identifier)
        case "get":
            token, _ = await doing.link(visit.access, identifier)
            return f"{DOWNLOADS_PAGE}/{identifier}/file/{token}"
        case _:
            await doing.show(visit.access, identifier)
            raise NoStep
    return f"{DOWNLOADS_PAGE}/{identifier}?done={step}"


async def _page(visit: Visit, *, done: str = "", refused: Refused = _NOTHING) -> Response:
    row = await doing.show(visit.access, download_id(visit.request.path_params["id"]))
    own, decides = is_own(visit.access, row), await may_decide(visit.access, row)
    return visit.page(
        "download.html",
        status=refused.status,
        id=str(row.id),
        kind=kind_of(row),
        state=state_of(row),
        row_status=row.status,
        facts=[(name, value if isinstance(value, Shown) else Shown(value)) for name, value in facts_of(row)],
        so_far=await progress(visit.access, row) if row.status == "running" else None,
        size=size_of(row.size or 0),
        own=own,
        live=own and row.status in LIVE,
        decides=decides,
        made=row.ready_at is not None,
        done=done,
        refused=refused.among({""} if decides else (), ("reason",)),
    )


async def manifest_file(visit: Visit) -> Response:
    """Answer /downloads/{id}/manifest: what the file is, as JSON to keep. Raises DownloadNotFound, DownloadNotReady."""
    identifier = download_id(visit.request.path_params["id"])
    told = await manifest(visit.access, identifier)
    text = msgspec.json.format(msgspec.json.encode({name: value for name, value in told.items() if value is not None}))
    kept = {"content-disposition": f'attachment; filename="{identifier}-manifest.json"'}
    return Response(text, media_type="application/json", headers=kept)


async def content(visit: Visit) -> Response:
    """Answer /downloads/{id}/file/{token}: the file, to whoever asked for it. Raises as `downloads.content`."""
    identifier = download_id(visit.request.path_params["id"])
    row, file = await doing.content(visit.access, identifier, visit.request.path_params["token"])
    headers = {
        "content-disposition": f'attachment; filename="{file_name(row)}"',
        "content-length": str(row.size or 0),
        "etag": f'"{row.sha256 or ""}"',
    }
    return StreamingResponse(parts_of(file, range(row.size or 0)), media_type=media_type(row), headers=headers)
