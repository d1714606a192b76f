"""Pages of the feed: its events, from any of them on in both directions, in bounded time.

A page ends when it is full, when the feed does, or when so much was looked through that the rest is for the next
request. Wherever it ends, its edge is a place from which another page goes on: nothing between is lost or shown twice.
An edge names no record that was not shown: it points beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from customer_inventory.access import Access
from customer_inventory.access.telling import Came, tell
from customer_inventory.api.events.interest import Interest
from customer_inventory.api.events.telling import make_events
from customer_inventory.api.scanning import InvalidParameter
from customer_inventory.ids import parse_id
from customer_inventory.model.events import Event, event_types
from customer_inventory.repository.changes import FeedEntry, FeedPosition

READ_AT_ONCE = 500
MOST_READ = 20
"""How many reads of so many entries are made for a page of a topic that few of them belong to."""
MOST_MADE = 1000
"""Of how many entries events are made for a page that few of them fulfil the conditions of."""
_MADE_AT_ONCE = 50
_WHOLE = 99
"""Stands for whichever event of a version is its last."""
_HIGHEST_VERSION = 10**17


class Mark(NamedTuple):
    """A place between events: that of an entry of the feed, and which of its events; the id of an event of a topic."""

    place: FeedPosition
    number: int = 0

    @property
    def text(self) -> str:
        """The mark as it stands in ids and cursors."""
        return f"{self.place.position}.{self.place.record_id}.{self.place.version}.{self.number}"


START = Mark(FeedPosition())
END = Mark(FeedPosition(2**62, 2**15 - 1, "ffffffff-ffff-ffff-ffff-ffffffffffff", 2**62))


def mark(text: str) -> Mark:
    """Return the mark that a text names. Raises InvalidParameter."""
    parts = text.split(".")
    numbers = [parts[0], *parts[2:]]
    record = parse_id(parts[1]) if len(parts) == 4 else None
    if record is None or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in numbers):
        raise InvalidParameter("after and before must be the id of an event, or come from the Link header.")
    position, version, number = map(int, numbers)
    return Mark(FeedPosition(position, int(str(record)[15:18], 16), str(record), version), number)


class EventPage(NamedTuple):
    """Events in the order of the feed, each with its mark; where to go on, None at the end of the feed.

    `met` is a place at the first entry that was looked at.
    """

    events: list[tuple[Mark, Event]]
    edge: Mark | None
    met: Mark | None


def marked(wanted: Interest, came: Came, *, public_url: str) -> list[tuple[Mark, Event]]:
    """Return the events of a version that are wanted, each with its mark, in order."""
    view = wanted.views[came.entry.kind]
    types = event_types(view)
    events = wanted.chosen(view, make_events(view, came, public_url=public_url))
    return [(Mark(came.entry.place, types.index(event.type)), event) for event in events]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a page is asked for: up to `limit` events on from a mark, or back from it."""

    start: Mark
    limit: int
    backwards: bool
    public_url: str

    async def page(self, access: Access, wanted: Interest, kinds: Collection[str]) -> EventPage:
        """Return a page of the events of some kinds that are wanted; the trail names the records that are shown."""
        return await _Looking(self, access, wanted, kinds).page() if kinds else EventPage([], None, None)


class _Looking:
    """One look through the feed, for one page."""

    def __init__(self, look: Look, access: Access, wanted: Interest, kinds: Collection[str]) -> None:
        self._look = look
        self._access = access
        self._wanted = wanted
        self._kinds = kinds
        self._found: list[tuple[Mark, Event]] = []
        self._made = 0
        self._left = False
        self._reached = look.start.place

    async def page(self) -> EventPage:
        """Look until the page is full, the feed ends, or enough was looked through."""
        met: Mark | None = None
        ended = False
        for _ in range(MOST_READ):
            entries = await self._read()
            if entries and met is None:
                met = Mark(_lowest(entries[0].place))
            await self._take(entries)
            ended = len(entries) < READ_AT_ONCE and not self._left
            if ended or self._left or len(self._found) >= self._look.limit:
                break
        edge = None if ended else self._edge()
        return EventPage(self._found[::-1] if self._look.backwards else self._found, edge, met)

    async def _read(self) -> list[FeedEntry]:
        """The next entries, in the direction of the look; at first with the one that the page begins at."""
        repository, place = self._access.facilities.repository, self._reached
        first = place == self._look.start.place
        if self._look.backwards:
            beyond = place._replace(version=place.version + 1) if first else place
            return (await repository.looks.before(beyond, limit=READ_AT_ONCE))[::-1]
        return await repository.changes.after(
            place._replace(version=place.version - 1) if first else place, limit=READ_AT_ONCE
        )

    async def _take(self, entries: Sequence[FeedEntry]) -> None:
        """Make events of entries, until the page is full or enough was made."""
        mine = [entry for entry in entries if entry.kind in self._kinds]
        for at in range(0, len(mine), _MADE_AT_ONCE):
            if len(self._found) >= self._look.limit or self._made >= MOST_MADE:
                self._left = True
                return
            some = mine[at : at + _MADE_AT_ONCE]
            await tell(self._access, some, self._events, source=self._access.facilities.repository.looks)
            self._made += len(some)
            self._reached = some[-1].place
        if entries:
            self._reached = entries[-1].place

    def _events(self, came: Came) -> list[Event]:
        """The events of an entry that are on the page."""
        shown: list[Event] = []
        events = marked(self._wanted, came, public_url=self._look.public_url)
        for here, event in reversed(events) if self._look.backwards else events:
            if here >= self._look.start if self._look.backwards else here <= self._look.start:
                continue
            if len(self._found) >= self._look.limit:
                self._left = True
                break
            self._found.append((here, event))
            shown.append(event)
        return shown

    def _edge(self) -> Mark:
        """Where the next page begins: behind the last event of this one, or beside what was looked at last."""
        last = self._found[-1][0] if self._found else None
        if last and len(self._found) >= self._look.limit:
            return last
        if self._look.backwards:
            beside = Mark(_highest(self._reached))
            nearest = min(last, beside) if last else beside
            return nearest if nearest < self._look.start else Mark(self._reached)
        beside = Mark(_lowest(self._reached))
        nearest = max(last, beside) if last else beside
        return nearest if nearest > self._look.start else Mark(self._reached, _WHOLE)


def _lowest(place: FeedPosition) -> FeedPosition:
    """A place before an entry that says when its record came about and in which bucket, but not which it is."""
    return place._replace(record_id=f"{place.record_id[:18]}-8000-000000000000", version=0)


def _highest(place: FeedPosition) -> FeedPosition:
    """The like behind an entry."""
    return place._replace(record_id=f"{place.record_id[:18]}-bfff-ffffffffffff", version=_HIGHEST_VERSION)
