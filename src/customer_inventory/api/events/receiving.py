"""Receiving: the listener endpoints of each API, where other systems tell us of their events.

`POST {api}/listener/{eventName}` as the official files write it. What is received is judged, and kept durably before it
is acknowledged, and once: the same event of the same client, by its `eventId`, changes nothing the second time.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.receiving import RECEIVED_EVENT, receive, received
from customer_inventory.api.exchange import Answer, Exchange, UnsupportedMediaType
from customer_inventory.api.parameters import MOST_LIMIT, InvalidParameter
from customer_inventory.api.questions import asked
from customer_inventory.api.routing import Routes
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model.events import carried_names, event_types, wrappers, written
from customer_inventory.model.spelling import is_instant
from customer_inventory.model.view import View
from customer_inventory.model.views import VIEWS
from customer_inventory.repository.receiving import STATUSES, Received

RECEIVED_EVENTS = "/inventory/v1/receivedEvent"
DEFAULT_LIMIT = 20
LONGEST_EVENT_ID = 200


class InvalidEvent(InventoryError):
    """The event cannot be taken as it is.

    Send a JSON object with `event` (`payload` at TMF666 v4), an object that has, under the name of the resource, what
    the event tells of it; `eventId`, if it is given, a text of at most 200 characters, and `eventType`, if it is given,
    the one that the path names.
    """

    code = "invalid-event"
    failure = Failure.INVALID


class ReceivedEventNotFound(InventoryError):
    """No event of this id was received."""

    code = "received-event-not-found"
    failure = Failure.NOT_FOUND


def add_listeners(routes: Routes, *, public_url: str) -> None:
    """Let the listeners answer at every base path of every API, and what they took be read."""
    for view in VIEWS:
        for kind in event_types(view):
            handler = ListenerHandler(view, kind)
            for base in view.api.paths:
                routes.add(f"{base}/listener/{kind[0].lower()}{kind[1:]}", "listener", POST=handler.receive)
    reading = ReceivedHandlers(public_url=public_url)
    routes.add(RECEIVED_EVENTS, "receivedEvent", GET=reading.collection)
    routes.add(f"{RECEIVED_EVENTS}/{{id}}", "receivedEvent", GET=reading.get)


class ListenerHandler:
    """Takes the events of one type, of one resource in one version of its API."""

    def __init__(self, view: View, kind: str) -> None:
        self._view = view
        self._kind = kind

    async def receive(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST of an event."""
        if exchange.media_type != "application/json":
            raise UnsupportedMediaType("Send the event as application/json.")
        await access.require("create", RECEIVED_EVENT)
        content, raw = await exchange.json_object()
        carried = _carried(content, self._view)
        _check_type(content, self._kind)
        _check_time(content)
        event_id = _event_id(content)
        await receive(access, view=self._view, event_id=event_id, event_type=self._kind, carried=carried, body=raw)
        # Each version has its own word for it in the official files.
        return Answer(201, raw) if self._view.api.version == "v4" else Answer(204)


class ReceivedHandlers:
    """Shows what the listeners took."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def collection(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: what was received, in order of arrival; `after` an id, of one `eventType`, of one `status`."""
        page = asked(exchange.query_string, ("limit", "after", "eventType", "status"))
        limit = page.whole("limit", least=1, most=MOST_LIMIT, default=DEFAULT_LIMIT)
        named = page.given.get("after")
        after = UUID(int=0) if named is None else parse_id(named)
        if after is None:
            raise InvalidParameter("after must be the id of an event that was received.")
        status = page.one_of("status", STATUSES, default="") if "status" in page.given else None
        event_type = page.given.get("eventType")
        if event_type == "":
            raise InvalidParameter("eventType names no event. Name one, such as CustomerCreateEvent, or leave it out.")
        found = await received(access, after=after, event_type=event_type, status=status, limit=limit + 1)
        shown = [self._shown(row) for row in found[:limit]]
        answer = Answer(206 if len(found) > limit else 200, msgspec.json.encode(shown))
        answer = answer.plus((b"x-result-count", b"%d" % len(shown)))
        if len(found) > limit:
            kept = page.repeated(("eventType", "status"))
            more = f"{self._public_url}{RECEIVED_EVENTS}?{kept}after={shown[-1]['id']}&limit={limit}"
            answer = answer.plus((b"link", f'<{more}>; rel="next"'.encode()))
        return answer

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one event."""
        asked(exchange.query_string, ())
        parsed = parse_id(identifier)
        found = await received(access, after=UUID(int=0), identifier=parsed, limit=1) if parsed else []
        if not found:
            raise ReceivedEventNotFound
        return Answer(200, msgspec.json.encode(self._shown(found[0])))

    def _shown(self, event: Received) -> dict[str, Any]:
        return {
            "id": event.id,
            "href": f"{self._public_url}{RECEIVED_EVENTS}/{event.id}",
            "@type": "ReceivedEvent",
            "source": event.source,
            "eventId": event.event_id,
            "api": event.api,
            "apiVersion": event.api_version,
            "eventType": event.event_type,
            "receivedAt": written(event.received_at),
            **({"status": event.status, "breach": msgspec.Raw(event.breaches.encode())} if event.status else {}),
            "body": msgspec.Raw(event.body.encode()),
        }


def _carried(content: dict[str, Any], view: View) -> dict[str, Any]:
    """Return the record that an event carries: under the API's own name for what it is of, or in `event`.

    Senders of TMF666 follow its v4 file, which has `payload`, or all others. Raises InvalidEvent where there is none.
    """
    given = [each for each in wrappers(view.api) if each in content]
    if not given:
        raise InvalidEvent(f"The event has no `{view.api.events.wrapper}`. Send there, as an object, what it is of.")
    for each in given:
        if not isinstance(content[each], dict):
            raise InvalidEvent(f"The `{each}` of the event is not an object. Send there what the event is of.")
    names = carried_names(view)
    for told in (content[each].get(name) for each in given for name in names):
        if isinstance(told, dict) and told:
            return told
    raise InvalidEvent(
        f"The `{given[0]}` of the event has no `{names[0]}`. Send there, as an object, what the event tells of it."
    )


def _check_time(content: dict[str, Any]) -> None:
    moment = content.get("eventTime")
    if moment is not None and not is_instant(moment):
        raise InvalidEvent("The `eventTime` of the event is no date-time with a zone (RFC 3339). Send it as one.")


def _check_type(content: dict[str, Any], kind: str) -> None:
    if content.get("eventType", kind) != kind:
        raise InvalidEvent(
            f"The `eventType` of the event is not {kind}, which this path takes. "
            "Leave it out, or send the event to the listener of its type."
        )


def _event_id(content: dict[str, Any]) -> str | None:
    """The event's own id, or None when it has none. Raises InvalidEvent for what cannot be one."""
    event_id = content.get("eventId")
    if event_id is None:
        return None
    if not isinstance(event_id, str):
        raise InvalidEvent("The `eventId` of the event is not a text. Send it as one, or leave it out.")
    if not event_id:
        raise InvalidEvent("The `eventId` of the event is empty. Send the event's own id, or leave it out.")
    if len(event_id) > LONGEST_EVENT_ID:
        raise InvalidEvent(
            f"The `eventId` of the event has more than {LONGEST_EVENT_ID} characters. Send a shorter one."
        )
    if "\0" in event_id:
        raise InvalidEvent("The `eventId` of the event has a null character in it. Send it without.")
    return event_id
