"""Exporting the trail: blocks with their entries, line by line, so that whoever has them can prove them without us."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from customer_inventory.access.grants import TRAIL
from customer_inventory.access.opened import Opened
from customer_inventory.access.sealing.blocks import Block, End, hash_of, said_in, signed
from customer_inventory.access.sealing.entries import moment
from customer_inventory.access.sealing.stored import exported
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.seals import SealKey

FORMAT, WITH_SUCCESSORS = 1, 2
"""The second names, beside the keys, what each but the first is vouched for by."""


class NothingSealed(InventoryError):
    """Nothing of the trail is sealed yet.

    A running server seals each second what came into the trail; export it after one ran.
    """

    code = "nothing-sealed"
    failure = Failure.NOT_FOUND


async def trail_lines(access: Opened, *, since: datetime | None = None) -> AsyncGenerator[bytes, None]:
    """Yield the lines of an export, each with its end: the keys, every block sealed `since` with its entries, the end.

    Raises Denied, NothingSealed and RepositoryUnavailable.
    """
    await access.require("download", TRAIL)
    await access.note("download", TRAIL, "shown", ())
    store = access.facilities.repository.seals
    digest = sha256()
    last: Block | None = None

    def told(said: Any) -> bytes:
        line = _line(said)
        digest.update(line)
        return line

    async with store.reading() as reading:
        keys = await reading.keys()
        yield told(_head(keys))
        async for seal in reading.blocks():
            if since is not None and seal.at < since:
                continue
            yield told({"@type": "TrailSeal", "block": seal.signed})
            last = said_in(seal.signed)
            if last is None:  # somebody put there what is no seal: whoever verifies the export is told
                continue
            async for row in reading.entries(last.first, last.next):
                yield told(exported(row))
    if last is None and since is not None:
        raise NothingSealed(f"Nothing of the trail was sealed since {since:%Y-%m-%d %H:%M} UTC.")
    if last is None:
        raise NothingSealed
    at = moment(access.facilities.clock())
    end = End(number=last.number, hash=hash_of(last), lines=digest.hexdigest(), at=at)
    yield _line({"@type": "TrailSeal", "end": signed(end, keys[-1])})


def _head(keys: Sequence[SealKey]) -> dict[str, Any]:
    vouches = [each.vouch for each in keys if each.vouch is not None]
    named = {"key": [msgspec.Raw(each.public_key) for each in keys]}
    if not vouches:
        return {"@type": "TrailExport", "format": FORMAT, **named}
    return {"@type": "TrailExport", "format": WITH_SUCCESSORS, **named, "vouch": vouches}


def _line(said: Any) -> bytes:
    return msgspec.json.encode(said) + b"\n"
