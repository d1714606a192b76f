"""Spans: the part of a file that a request asks for (RFC 9110 section 14)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from customer_inventory.errors import Failure, InventoryError

_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class RangeNotSatisfiable(InventoryError):
    """The range begins behind the end of the file.

    Content-Range says how long the file is.
    """

    code = "range-not-satisfiable"
    failure = Failure.RANGE

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes, and the range begins behind them.")
        self.size = size


def spanned(header: str | None, size: int) -> range | None:
    """Return the bytes that a Range header asks for, or None for the whole file.

    What is no range of bytes is ignored, as the RFC asks, and so are several ranges at once. Raises
    RangeNotSatisfiable.
    """
    found = _RANGE.fullmatch(header or "")
    if not found or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if not first:
        span = range(max(0, size - int(last)), size)
    else:
        if last and int(last) < int(first):
            return None
        span = range(int(first), min(size, int(last) + 1) if last else size)
    if not span:
        raise RangeNotSatisfiable(size)
    return span


async def within(parts: AsyncIterator[bytes], span: range) -> AsyncIterator[bytes]:
    """Yield the bytes of `span`. All are read, for only the whole can be checked."""
    place = 0
    async for part in parts:
        begin, end = max(0, span.start - place), span.stop - place
        place += len(part)
        if chosen := part[begin : max(0, end)]:
            yield chosen
