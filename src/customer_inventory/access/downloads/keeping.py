"""Keeping: files of downloads are removed when their time is over, when nobody may have them, and after a crash."""

from __future__ import annotations

from customer_inventory.access.desk import Desk
from customer_inventory.access.download_rules import DownloadRules
from customer_inventory.access.downloads.life import WAITS
from customer_inventory.access.opened import Opened
from customer_inventory.repository import Repository


async def keep(desk: Desk, *, tidy: bool) -> int:
    """End what is kept no longer, and remove its files; with `tidy` all that nobody knows of. Return how many ended."""
    now = desk.clock()
    ended = await desk.repository.register.downloads.expire(now=now, waited_since=now - WAITS)
    if ended or tidy:
        await _tidy(desk.repository, desk.downloads)
    return ended


async def tidy_files(access: Opened) -> None:
    """Remove the files that are not to be had any more."""
    await _tidy(access.facilities.repository, access.facilities.downloads)


async def _tidy(repository: Repository, rules: DownloadRules) -> None:
    await rules.files.tidy(repository.register.downloads.held)
