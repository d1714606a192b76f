"""Naming: what the file of a download is saved as, and which media type it has, at every door."""

from __future__ import annotations

from typing import cast

import msgspec

from customer_inventory.access.downloads.life import Format
from customer_inventory.access.grants import named
from customer_inventory.repository.downloads import DownloadRow

MEDIA: dict[Format, str] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The media type of each format."""


def file_format(row: DownloadRow) -> Format:
    """Return the format of the file of a download."""
    return cast("Format", msgspec.json.decode(row.wish)["format"])


def file_name(row: DownloadRow) -> str:
    """Return what the file of a download is to be saved as: it names the download."""
    return f"{named(row.kind)}-{row.id}.{file_format(row)}"


def media_type(row: DownloadRow) -> str:
    """Return the media type of the file of a download."""
    return MEDIA[file_format(row)]
