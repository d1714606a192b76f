"""Where the pages of downloads are."""

from __future__ import annotations

from customer_inventory.console.downloads.asking_page import Understanding, asking_page
from customer_inventory.console.downloads.download_page import content, download, manifest_file
from customer_inventory.console.downloads.list_page import downloads
from customer_inventory.console.downloads.saying import DOWNLOADS_PAGE
from customer_inventory.console.visit import Place


def download_pages(understand: Understanding) -> tuple[Place, ...]:
    """Return the pages of downloads; `understand` reads what one is to hold."""
    return (
        Place(DOWNLOADS_PAGE, downloads),
        Place(f"{DOWNLOADS_PAGE}/new", asking_page(understand), takes_form=True),
        Place(f"{DOWNLOADS_PAGE}/{{id}}", download, takes_form=True),
        Place(f"{DOWNLOADS_PAGE}/{{id}}/manifest", manifest_file),
        Place(f"{DOWNLOADS_PAGE}/{{id}}/file/{{token}}", content),
    )


__all__ = ["Understanding", "download_pages"]
