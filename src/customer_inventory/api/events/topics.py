"""Topics: TMF688 v4 over the same feed: a topic for each resource and one for all, their recent events, their hubs.

Topics are what the inventory keeps; nobody makes or deletes them, and nobody but the inventory puts events in. An event
of a topic has an id of its own that says where it stands in the feed, and is shown as the stored version of its
resource. Reading them is a read of the records, by the same grants and into the same trail.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.grants import allows
from customer_inventory.access.telling import tell
from customer_inventory.api.events.callbacks import Callbacks
from customer_inventory.api.events.interest import EVERYTHING, TOPICS_API, covered
from customer_inventory.api.events.subscribing import HubHandlers
from customer_inventory.api.events.telling import make_events
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.fields import select
from customer_inventory.api.parameters import MOST_LIMIT, InvalidParameter
from customer_inventory.api.questions import Question, asked
from customer_inventory.api.routing import Routes
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model.events import event_types
from customer_inventory.model.view import View
from customer_inventory.repository.changes import FeedEntry, FeedPosition

BASE = "/tmf-api/event/v4"
DEFAULT_LIMIT = 20
_READ_AT_ONCE = 500
_MOST_READ = 20
"""How many reads of so many entries are made for a page of a topic that few of them belong to."""
_WHOLE = 99
"""Stands in an event's id for whichever event of a version is its last."""
_END = FeedPosition(2**62, 2**15 - 1, "ffffffff-ffff-ffff-ffff-ffffffffffff", 2**62)

Shown = dict[str, Any]


class TopicNotFound(InventoryError):
    """There is no such topic.

    GET /tmf-api/event/v4/topic lists them: one for each resource, and `all`.
    """

    code = "topic-not-found"
    failure = Failure.NOT_FOUND


class EventNotFound(InventoryError):
    """The topic has no such event, or none that the client may read."""

    code = "event-not-found"
    failure = Failure.NOT_FOUND


def add_topics(routes: Routes, *, public_url: str, callbacks: Callbacks) -> None:
    """Let the topics, their events and their hubs answer."""
    topics = TopicHandlers(public_url=public_url)
    hubs = TopicHubHandlers(*TOPICS_API, BASE, public_url=public_url, callbacks=callbacks)
    routes.add(f"{BASE}/topic", "topic", GET=topics.collection)
    routes.add(f"{BASE}/topic/{{topicId}}", "topic", GET=topics.get)
    routes.add(f"{BASE}/topic/{{topicId}}/event", "topic.event", GET=topics.events)
    routes.add(f"{BASE}/topic/{{topicId}}/event/{{id}}", "topic.event", GET=topics.event)
    routes.add(f"{BASE}/topic/{{topicId}}/hub", "hub", GET=hubs.collection, POST=hubs.create)
    routes.add(f"{BASE}/topic/{{topicId}}/hub/{{id}}", "hub", GET=hubs.get, DELETE=hubs.delete)


class TopicHubHandlers(HubHandlers):
    """Answers the requests for the hubs of topics."""

    def views(self, topic: str | None) -> dict[str, View]:
        """Return what a subscription at a topic is told of. Raises TopicNotFound."""
        return _views(topic or "")


class TopicHandlers:
    """Answers the requests for topics and their events."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def collection(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: every topic."""
        del access
        page = asked(exchange.query_string, ("limit", "offset"))
        names = [EVERYTHING, *sorted(view.resource.name for view in covered(*TOPICS_API, EVERYTHING).values())]
        offset = page.whole("offset", most=len(names), default=0)
        limit = page.whole("limit", most=MOST_LIMIT, default=len(names))
        shown = [self._topic(name) for name in names[offset : offset + limit]]
        answer = Answer(206 if offset + len(shown) < len(names) else 200, msgspec.json.encode(shown))
        return answer.plus((b"x-total-count", b"%d" % len(names)), (b"x-result-count", b"%d" % len(shown)))

    async def get(self, exchange: Exchange, access: Access, topic: str) -> Answer:
        """Answer GET on one topic."""
        del access
        asked(exchange.query_string, ())
        _views(topic)
        return Answer(200, msgspec.json.encode(self._topic(topic)))

    async def events(self, exchange: Exchange, access: Access, topic: str) -> Answer:
        """Answer GET: the latest events, or those `after` one; in the order of the feed, with a link onward."""
        views = _views(topic)
        page = asked(exchange.query_string, ("limit", "after", "fields"))
        limit = page.whole("limit", least=1, most=MOST_LIMIT, default=DEFAULT_LIMIT)
        named = page.given.get("after")
        place, past = (_END, 0) if named is None else _place(named)
        kinds = await _readable(access, views)
        read = _later if named is not None else _latest
        entries, reached = await read(access, place, kinds=kinds, limit=limit) if kinds else ([], None)
        told = await self._told(access, topic, views, entries)
        shown = [event for event in told if named is None or _place(event["id"]) > (place, past)]
        on = named is not None and len(shown) <= limit
        shown = shown[-limit:] if named is None else shown[:limit]
        last = shown[-1]["id"] if shown else None
        body = msgspec.json.encode([_selected(event, page) for event in shown])
        answer = Answer(200, body).plus((b"x-result-count", b"%d" % len(shown)))
        after = (reached or last) if on else (last or reached)
        if after is None:
            return answer
        more = f"{self._address(topic)}/event?after={after}&limit={limit}"
        return answer.plus((b"link", f'<{more}>; rel="next"'.encode()))

    async def event(self, exchange: Exchange, access: Access, topic: str, identifier: str) -> Answer:
        """Answer GET on one event."""
        question = asked(exchange.query_string, ("fields",))
        views = _views(topic)
        try:
            place, _ = _place(identifier)
        except InvalidParameter as error:
            raise EventNotFound from error
        entry = await access.facilities.repository.deliveries.entry(place)
        entries = [entry] if entry is not None and entry.kind in views else []
        for event in await self._told(access, topic, views, entries):
            if event["id"] == identifier:
                return Answer(200, msgspec.json.encode(_selected(event, question)))
        raise EventNotFound

    async def _told(self, access: Access, topic: str, views: dict[str, View], entries: list[FeedEntry]) -> list[Shown]:
        told = await tell(
            access, entries, lambda came: make_events(views[came.entry.kind], came, public_url=self._public_url)
        )
        shown = []
        for entry, events in told:
            types = event_types(views[entry.kind])
            for event in events:
                name = f"{entry.position}.{entry.record_id}.{entry.version}.{types.index(event.type)}"
                shown.append({"id": name, "href": f"{self._address(topic)}/event/{name}", **event.body})
        return shown

    def _topic(self, name: str) -> Shown:
        return {"id": name, "href": self._address(name), "name": name, "@type": "Topic"}

    def _address(self, topic: str) -> str:
        return f"{self._public_url}{BASE}/topic/{topic}"


def _selected(event: Shown, question: Question) -> Shown:
    """Return what `fields` names of an event, with its id and href; all of it without."""
    names = frozenset(name.strip() for name in question.given.get("fields", "").split(",") if name.strip())
    return select(event, names | {"id", "href", "@type"}) if names else event


def _views(topic: str) -> dict[str, View]:
    views = covered(*TOPICS_API, topic)
    if not views:
        raise TopicNotFound
    return views


def _place(identifier: str) -> tuple[FeedPosition, int]:
    """The place in the feed that an event's id names, and which of its events it is. Raises InvalidParameter."""
    parts = identifier.split(".")
    numbers = [parts[0], *parts[2:]]
    record = parse_id(parts[1]) if len(parts) == 4 else None
    if record is None or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in numbers):
        raise InvalidParameter("after must be the id of an event.")
    position, version, number = map(int, numbers)
    return FeedPosition(position, int(str(record)[15:18], 16), str(record), version), number


async def _readable(access: Access, views: dict[str, View]) -> list[str]:
    """The kinds of a topic that may be read; when there are none, the trail says that they were refused."""
    kinds = [kind for kind in views if allows(access.principal.grants, "read", kind)]
    if not kinds:
        for kind in views:
            await access.note("read", kind, "refused", ())
    return kinds


async def _later(
    access: Access, place: FeedPosition, *, kinds: Collection[str], limit: int
) -> tuple[list[FeedEntry], str | None]:
    """Entries of some kinds from one that was shown on, and what comes after them, None when that is not known yet.

    That one too, for it may have given several events.
    """
    deliveries, feed = access.facilities.repository.deliveries, access.facilities.repository.hub_feed
    itself, start = await deliveries.entry(place), place
    found = [itself] if itself is not None and itself.kind in kinds else []
    for _ in range(_MOST_READ):
        page = await feed.after(place, limit=_READ_AT_ONCE)
        found += [entry for entry in page if entry.kind in kinds]
        if len(found) > limit:
            last = found[limit].place
            return found[: limit + 1], f"{last.position}.{last.record_id}.{last.version}.{_WHOLE}"
        if len(page) < _READ_AT_ONCE:
            return found, None
        place = page[-1].place
    return found, _nearly(place, start)


def _nearly(place: FeedPosition, start: FeedPosition) -> str:
    """Say a place in the feed without naming the record that stands there, for it may be one that is not granted."""
    before = place._replace(record_id=f"{place.record_id[:18]}-8000-000000000000", version=0)
    at = before if before > start else place
    return f"{at.position}.{at.record_id}.{at.version}.{_WHOLE if at is place else 0}"


async def _latest(
    access: Access, place: FeedPosition, *, kinds: Collection[str], limit: int
) -> tuple[list[FeedEntry], str | None]:
    """The latest entries of some kinds, and where the feed ends, for what is to come when none of them is shown."""
    deliveries = access.facilities.repository.deliveries
    found: list[FeedEntry] = []
    end: str | None = None
    for _ in range(_MOST_READ):
        page = await deliveries.before(place, limit=_READ_AT_ONCE)
        if page and end is None:
            end = _nearly(page[-1].place, FeedPosition())
        found = [*(entry for entry in page if entry.kind in kinds), *found]
        if len(found) >= limit or len(page) < _READ_AT_ONCE:
            break
        place = page[0].place
    return found[-limit:], end
