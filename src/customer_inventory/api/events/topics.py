"""Topics: TMF688 v4 over the same feed: a topic for each resource, one for all, and those that clients make.

What is in a topic are the changes of what is kept; nobody but the inventory puts events in. An event of a topic has an
id of its own that says where it stands in the feed, and is shown as the stored version of its resource. Reading them is
a read of the records, by the same grants and into the same trail.
"""

from __future__ import annotations

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.grants import allows
from customer_inventory.access.telling import tell
from customer_inventory.access.topics import delete_topic, make_topic, topic, topics
from customer_inventory.api.entries import Shown, asked_of_entries, asked_of_entry, entries_answer, entry_answer
from customer_inventory.api.events.callbacks import Callbacks
from customer_inventory.api.events.feed_pages import END, EventPage, Look, Mark, mark, marked
from customer_inventory.api.events.interest import TOPICS_API, Interest
from customer_inventory.api.events.scopes import (
    TopicNotFound,
    built_in,
    built_in_topics,
    looked_for,
    new_topic,
    scope,
)
from customer_inventory.api.events.subscribing import HubHandlers
from customer_inventory.api.exchange import Answer, Exchange, UnsupportedMediaType
from customer_inventory.api.fields import select
from customer_inventory.api.parameters import MOST_LIMIT, InvalidParameter, as_they_came
from customer_inventory.api.questions import LONGEST, Question, asked
from customer_inventory.api.routing import Routes
from customer_inventory.api.scanning import Parameter, parameters, text_of
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model.events import Event
from customer_inventory.model.tmf688 import EVENT_MANAGEMENT, TOPIC, TOPIC_VIEW
from customer_inventory.repository.topics import KeptTopic

BASE = EVENT_MANAGEMENT.paths[0]
DEFAULT_LIMIT = 20
_PAGE = frozenset({"limit", "after", "before", "fields"})
_BRACKETS = frozenset("[](){}")


class EventNotFound(InventoryError):
    """The topic has no such event, or none that the client may read."""

    code = "event-not-found"
    failure = Failure.NOT_FOUND


class TopicBuiltIn(InventoryError):
    """The topic of a resource, or of all, cannot be deleted: it is there as long as the resource is."""

    code = "topic-built-in"
    failure = Failure.CONFLICT


def add_topics(routes: Routes, *, public_url: str, callbacks: Callbacks) -> None:
    """Let the topics, their events and their hubs answer."""
    named = TopicHandlers(public_url=public_url)
    events = TopicEventHandlers(public_url=public_url)
    hubs = TopicHubHandlers(*TOPICS_API, BASE, public_url=public_url, callbacks=callbacks)
    routes.add(f"{BASE}/topic", "topic", GET=named.collection, POST=named.create)
    routes.add(f"{BASE}/topic/{{topicId}}", "topic", GET=named.get, DELETE=named.delete)
    routes.add(f"{BASE}/topic/{{topicId}}/event", "topic.event", GET=events.collection)
    routes.add(f"{BASE}/topic/{{topicId}}/event/{{id}}", "topic.event", GET=events.get)
    routes.add(f"{BASE}/topic/{{topicId}}/hub", "hub", GET=hubs.collection, POST=hubs.create)
    routes.add(f"{BASE}/topic/{{topicId}}/hub/{{id}}", "hub", GET=hubs.get, DELETE=hubs.delete)


class TopicHubHandlers(HubHandlers):
    """Answers the requests for the hubs of topics."""

    async def scope(self, access: Access, topic: str | None) -> Interest:
        """Return what a subscription at a topic is told of. Raises TopicNotFound and Denied."""
        return await _scope(access, topic or "")


class TopicHandlers:
    """Answers the requests for topics."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def collection(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: every topic, those that are always there first."""
        question = asked_of_entries(TOPIC_VIEW, exchange, public_url=self._public_url)
        entries = [*map(self._of_resource, built_in_topics()), *map(self._kept, await topics(access))]
        return entries_answer(TOPIC_VIEW, entries, question, path=exchange.path, public_url=self._public_url)

    async def create(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST: a topic of the events that its two queries choose."""
        if exchange.media_type != "application/json":
            raise UnsupportedMediaType("Send the topic as application/json.")
        question = asked_of_entry(TOPIC_VIEW, exchange)
        content, _ = await exchange.json_object()
        queries = {name: content.get(name) for name in ("headerQuery", "contentQuery")}
        if all(isinstance(query, str | None) for query in queries.values()):
            new_topic(queries, await access.facilities.classes.view())
        made = self._kept(await make_topic(access, content))
        location = made["href"].encode()
        return entry_answer(TOPIC_VIEW, made, question, status=201).plus((b"location", location))

    async def get(self, exchange: Exchange, access: Access, name: str) -> Answer:
        """Answer GET on one topic."""
        question = asked_of_entry(TOPIC_VIEW, exchange)
        if built_in(name):
            return entry_answer(TOPIC_VIEW, self._of_resource(name), question)
        identifier = parse_id(name)
        found = await topic(access, identifier) if identifier else None
        if found is None:
            raise TopicNotFound
        return entry_answer(TOPIC_VIEW, self._kept(found), question)

    async def delete(self, exchange: Exchange, access: Access, name: str) -> Answer:
        """Answer DELETE on one topic that a client made; subscriptions at it are disabled."""
        asked(exchange.query_string, ())
        if built_in(name):
            raise TopicBuiltIn
        identifier = parse_id(name)
        if identifier is None or not await delete_topic(access, identifier):
            raise TopicNotFound
        return Answer(204)

    def _of_resource(self, name: str) -> Shown:
        return {"id": name, "href": _address(self._public_url, name), "name": name, "@type": "Topic"}

    def _kept(self, found: KeptTopic) -> Shown:
        own = {"id": found.id, "href": _address(self._public_url, found.id)}
        return {**own, **msgspec.json.decode(found.document)}


class TopicEventHandlers:
    """Answers the requests for the events of topics."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def collection(self, exchange: Exchange, access: Access, name: str) -> Answer:
        """Answer GET: the latest events, or those after or before one, in the order of the feed, with links onward."""
        question, conditions, kept = _asked(exchange.query_string)
        limit = question.whole("limit", least=1, most=MOST_LIMIT, default=DEFAULT_LIMIT)
        after, before = _mark(question, "after"), _mark(question, "before")
        names = _chosen(question)
        wanted = looked_for(await _scope(access, name), conditions)
        look = Look(start=after or before or END, limit=limit, backwards=after is None, public_url=self._public_url)
        page = await look.page(access, wanted, await _readable(access, wanted))
        if not page.events:
            await access.note("read", TOPIC.kind, "shown", ())
        shown = [_selected(self._shown(name, *each), names) for each in page.events]
        answer = Answer(206 if page.edge else 200, msgspec.json.encode(shown))
        answer = answer.plus((b"x-result-count", b"%d" % len(shown)))
        address = f"{_address(self._public_url, name)}/event?{kept}{'&' if kept else ''}limit={limit}"
        places = _links(page, after=after, before=before).items()
        links = [f'<{address}&{"after" if rel == "next" else "before"}={to.text}>; rel="{rel}"' for rel, to in places]
        return answer.plus((b"link", ", ".join(links).encode())) if links else answer

    async def get(self, exchange: Exchange, access: Access, name: str, identifier: str) -> Answer:
        """Answer GET on one event."""
        names = _chosen(asked(exchange.query_string, ("fields",)))
        wanted = await _scope(access, name)
        try:
            sought = mark(identifier)
        except InvalidParameter as error:
            raise EventNotFound from error
        source = access.facilities.repository.looks
        entry = await source.entry(sought.place)
        entries = [entry] if entry is not None and entry.kind in wanted.kinds() else []
        told = await tell(
            access,
            entries,
            lambda came: [one for one in marked(wanted, came, public_url=self._public_url) if one[0] == sought],
            source=source,
        )
        for found, event in (one for _, made in told for one in made):
            return Answer(200, msgspec.json.encode(_selected(self._shown(name, found, event), names)))
        raise EventNotFound

    def _shown(self, name: str, here: Mark, event: Event) -> Shown:
        return {"id": here.text, "href": f"{_address(self._public_url, name)}/event/{here.text}", **event.body}


def _address(public_url: str, name: str) -> str:
    return f"{public_url}{BASE}/topic/{name}"


def _asked(query_string: bytes) -> tuple[Question, list[Parameter], str]:
    """Return the page that is asked for, the conditions on its events, and what links keep. Raises InvalidParameter."""
    if len(query_string) > LONGEST:
        raise InvalidParameter(f"The query string is longer than {LONGEST} bytes.")
    given: dict[str, str] = {}
    conditions: list[Parameter] = []
    found = list(parameters(query_string))
    for parameter in found:
        if parameter.sign != "=" or parameter.name not in _PAGE:
            conditions.append(parameter)
        elif parameter.name in given:
            raise InvalidParameter(f"The parameter {parameter.name} is given twice.")
        else:
            given[parameter.name] = text_of(parameter.value)
    if {"after", "before"} <= given.keys():
        raise InvalidParameter("after and before cannot go together. Use the one that the Link header gave.")
    return Question(given, b""), conditions, as_they_came(found)


def _mark(question: Question, name: str) -> Mark | None:
    text = question.given.get(name)
    return None if text is None else mark(text)


def _links(page: EventPage, *, after: Mark | None, before: Mark | None) -> dict[str, Mark]:
    """Return where pages lead on from a page: next also when nothing follows yet, for what is to come."""
    first, last = (page.events[0][0], page.events[-1][0]) if page.events else (None, None)
    if after is not None:
        places = {"prev": first, "next": page.edge or last}
    else:
        places = {"prev": page.edge, "next": last or (None if before else page.met)}
    return {rel: place for rel, place in places.items() if place is not None}


def _chosen(question: Question) -> frozenset[str]:
    """Return what `fields` names of an event; nothing without. Raises InvalidParameter."""
    text = question.given.get("fields", "")
    if not _BRACKETS.isdisjoint(text):
        raise InvalidParameter("fields names dotted attributes of an event here, without brackets.")
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _selected(event: Shown, names: frozenset[str]) -> Shown:
    """Return those attributes of an event, with its id and href; all of it where none is named."""
    return select(event, names | {"id", "href", "@type"}) if names else event


async def _scope(access: Access, name: str) -> Interest:
    """The events that a topic is about, to be read by who may read the topic. Raises TopicNotFound and Denied."""
    if not built_in(name):
        await access.require("read", TOPIC.kind)
    entities = await access.facilities.classes.view()
    return await scope(access.facilities.repository, entities, *TOPICS_API, name)


async def _readable(access: Access, wanted: Interest) -> list[str]:
    """The kinds that are wanted and may be read; when there are none, the trail says that they were refused."""
    kinds = sorted(wanted.kinds())
    granted = [kind for kind in kinds if allows(access.principal.grants, "read", kind)]
    if not granted:
        for kind in kinds:
            await access.note("read", kind, "refused", ())
    return granted
