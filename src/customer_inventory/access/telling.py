"""Telling: what a client that listens is shown of the versions that came about, by its grants of this moment.

The same promise as for every read: what is not granted is not shown, and what is shown is in the trail, durable, before
it leaves. The trail names a record when an event of it is about to be sent; when the listener then does not take it,
the trail has said too much rather than too little.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from customer_inventory.access.access import Access
from customer_inventory.access.grants import Denied, allows
from customer_inventory.access.opened import Opened
from customer_inventory.access.window import Window, standing_windows
from customer_inventory.repository.changes import FeedEntry
from customer_inventory.repository.deliveries import Deliveries, Origin

T = TypeVar("T")

SUBSCRIPTION = "subscription"
"""The kind under which the trail tells of subscriptions. Nothing is granted on it: each client has its own."""


async def require_reach(access: Opened, verb: str) -> None:
    """Return if a token reaches to the subscriptions of its client, which tell of whatever the client may read.

    Raises Denied, with a trail entry, where the scope of the token leaves out something of that.
    """
    if any(each.startswith("read:") for each in access.principal.beyond):
        await access.note(verb, SUBSCRIPTION, "refused", ())
        raise Denied(
            "The scope of the token does not reach to the subscriptions of its client. Ask for *:read, or for all."
        )


class Came(NamedTuple):
    """A version that came about: its place in the feed, the change that made it, and the stored documents around it.

    `before` is None for a new record, `after` for a deleted one.
    """

    entry: FeedEntry
    origin: Origin
    before: bytes | None
    after: bytes | None


async def tell(
    access: Access, entries: Sequence[FeedEntry], make: Callable[[Came], list[T]], *, source: Deliveries
) -> list[tuple[FeedEntry, list[T]]]:
    """Return for each entry what `make` makes of its content in `source`, once the trail says that it was shown.

    Nothing is made of records of kinds that the access may not read, and of content that was purged.
    """
    kinds = dict.fromkeys(entry.kind for entry in entries)
    granted = [kind for kind in kinds if allows(access.principal.grants, "read", kind)]
    for kind in kinds.keys() - set(granted):
        await access.note("read", kind, "refused", ())
    windows = {kind: window for kind in granted if (window := await access.window(kind)) is not None}
    windows = {
        kind: await access.looking_at(window, {each.record_id for each in entries if each.kind == kind})
        for kind, window in windows.items()
    }
    hidden = await access.withheld({entry.record_id for entry in entries})
    ids = [(entry.kind, entry.record_id) for entry in entries]
    standing = await standing_windows(access.facilities.repository.surroundings, windows, ids) if windows else {}
    contents = await asyncio.gather(*(_contents(source, entries, kind) for kind in granted))
    found = {key: content for one in contents for key, content in one.items()}
    origins = await source.origins(entry.change_id for entry in entries)
    told = []
    for entry in entries:
        window = standing.get(entry.record_id) or windows.get(entry.kind)
        # Of a record that is gone, whose rows would decide, only that it went: by what it was last.
        gone = window is not None and window.by_rows and entry.record_id not in standing
        tells = entry.kind in granted and not (gone and entry.operation != "delete") and entry.record_id not in hidden
        told.append((entry, _made(entry, found, origins, make, window) if tells else []))
    shown = {kind: {entry.record_id: None for entry, made in told if made and entry.kind == kind} for kind in granted}
    await asyncio.gather(*(access.note("read", kind, "shown", tuple(ids)) for kind, ids in shown.items() if ids))
    return told


async def _contents(source: Deliveries, entries: Sequence[FeedEntry], kind: str) -> dict[tuple[str, int], bytes]:
    wanted = dict.fromkeys(
        (entry.record_id, version)
        for entry in entries
        if entry.kind == kind
        for version in (entry.version - 1, entry.version)
        if version > 0
    )
    return await source.contents(kind, wanted)


def _made(
    entry: FeedEntry,
    found: dict[tuple[str, int], bytes],
    origins: dict[str, Origin],
    make: Callable[[Came], list[T]],
    window: Window | None,
) -> list[T]:
    before, after = found.get((entry.record_id, entry.version - 1)), found.get((entry.record_id, entry.version))
    origin = origins.get(entry.change_id)
    if origin is None or (after is None and entry.operation != "delete"):
        return []
    if window is not None:
        then = window.standing(entry.record_id, after) if after else window
        before = then.shown(entry.record_id, before) if before else None
        after = window.shown(entry.record_id, after) if after else None
        # Nothing of it that may be seen came about, or it is, or became, none of those that may be seen.
        if before == after or (after is None and entry.operation != "delete"):
            return []
    return make(Came(entry, origin, before, after))
