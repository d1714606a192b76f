"""Tracing: from which download a file came, told by the marks that its records carry and no reader sees."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from itertools import islice

from customer_inventory.access.access import Access
from customer_inventory.access.guarded import DOWNLOAD as KIND
from customer_inventory.repository.downloads import DownloadRow

LEAST = 32
"""So many records it takes: by chance they would carry the marks of another download once in four thousand million."""
_MOST_WRONG = 0.1
"""The share of records whose marks may be wrong, as where somebody edited a file; half are wrong by chance."""
_LATEST = 10_000
_LOOKED_AT = 256


def is_marked(key: bytes, identifier: str) -> bool:
    """Return whether the file of a download with this key has the record of an id marked: about half of them."""
    return bool(hmac.digest(key, identifier.encode(), sha256)[0] & 1)


async def trace(access: Access, marks: Mapping[str, bool]) -> list[DownloadRow]:
    """Return the downloads whose marks records carry, by their ids; none of fewer than `LEAST`. Raises Denied."""
    await access.require("read", KIND)
    marks = dict(islice(marks.items(), _LOOKED_AT))
    rows = await access.facilities.repository.register.downloads.latest(client_id=None, limit=_LATEST)
    found = [row for row in rows if len(marks) >= LEAST and _wrong(row, marks) <= _MOST_WRONG]
    await access.note("read", KIND, "shown", tuple(str(row.id) for row in found))
    return found


def _wrong(row: DownloadRow, marks: Mapping[str, bool]) -> float:
    return sum(is_marked(row.mark_key, each) is not marked for each, marked in marks.items()) / len(marks)
