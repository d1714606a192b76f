"""The page on which a download is asked for: it says what the file would hold, before that is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import Response

from customer_inventory.access import Access
from customer_inventory.access import downloads as doing
from customer_inventory.access.downloads import Wanted
from customer_inventory.access.downloads.anonymising import LEAST_K
from customer_inventory.access.downloads.previewing import Sought
from customer_inventory.access.guarded import DOWNLOAD
from customer_inventory.console.downloads.download_page import NoStep
from customer_inventory.console.downloads.saying import (
    DOWNLOADS_PAGE,
    FORMAT_NAMES,
    PROTECTIONS,
    Previewed,
    previewed,
)
from customer_inventory.console.kinds import KINDS_NAMES
from customer_inventory.console.refusing import Refused
from customer_inventory.console.visit import Answering, Visit
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import RESOURCES
from customer_inventory.model.problems import read_as

Understanding = Callable[[Access, Wanted], Awaitable[Sought]]
"""Reads what a download is to hold, by the filters and fields of lists."""
_NOTHING = Refused()
_FIELDS = ("kind", "filter", "fields", "format", "protection", "k")
_USUAL = {"format": "csv", "protection": "none", "k": str(LEAST_K)}
_SAID = {Failure.INVALID, Failure.UNPROCESSABLE, Failure.TOO_MANY}
"""What is said beside the form, so that what was typed can be put right."""


class UnreadableWish(InventoryError):
    """How many rows are alike, at least, is no number.

    It is a whole number of 5 or more.
    """

    code = "unreadable-wish"
    failure = Failure.INVALID


def kinds_of(access: Access) -> dict[str, str]:
    """Return the kinds of which an access may download records: how wishes name them, and what they are called."""
    return {
        name: KINDS_NAMES.get(resource.kind, name)
        for name, resource in RESOURCES.items()
        if access.may("download", resource)
    }


def asking_page(understand: Understanding) -> Answering:
    """Return what answers /downloads/new: a form, what it would hold, and the way to the download that is asked for."""

    async def answer(visit: Visit) -> Response:
        if not kinds_of(visit.access):
            await visit.access.require("download", DOWNLOAD)
        if not visit.posted:
            return _page(visit, _USUAL | {"kind": visit.query.get("kind", "")})
        typed = _USUAL | {name: text for name, text in (await visit.form()).items() if name in {*_FIELDS, "do"}}
        try:
            if typed.get("do") not in {"preview", "request"}:
                raise NoStep
            sought = await understand(visit.access, _wanted(typed))
            if typed.get("do") == "request":
                row = await doing.request(visit.access, sought)
                return visit.see(f"{DOWNLOADS_PAGE}/{row.id}?done=asked")
            found = await doing.previewed(visit.access, sought)
        except InventoryError as error:
            if error.failure not in _SAID:
                raise
            field = "k" if isinstance(error, UnreadableWish) else ""
            return _page(visit, typed, refused=Refused(typed, "", field, error.message, error.failure.status))
        return _page(visit, typed, found=previewed(found))

    return answer


def _wanted(typed: Mapping[str, str]) -> Wanted:
    """Return what is wanted. Raises UnreadableWish and InvalidDocument."""
    number = typed.get("k", "").strip() or str(LEAST_K)
    if not (number.isascii() and number.isdigit() and len(number) <= len("10000")):
        raise UnreadableWish
    texts = {name: typed.get(name, "").strip() for name in ("kind", "filter", "fields", "format", "protection")}
    return read_as({**texts, "k": int(number)}, Wanted)


def _page(
    visit: Visit,
    typed: Mapping[str, str],
    *,
    found: Previewed | None = None,
    refused: Refused = _NOTHING,
) -> Response:
    return visit.page(
        "download-new.html",
        status=refused.status,
        kinds=kinds_of(visit.access),
        formats=FORMAT_NAMES,
        protections=PROTECTIONS,
        typed={name: typed.get(name, "") for name in _FIELDS},
        found=found,
        refused=refused,
    )
