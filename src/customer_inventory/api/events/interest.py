"""Interest: what a subscription wants to hear of, read from its `query` (TMF630 part 1, section 10).

`eventType=A,B` names events; `fields=a,b` chooses what is sent. A query is understood when it is registered; what is
wrong with it is said then, and never at a delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from customer_inventory.api.fields import select
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.events import Content, Event, event_types
from customer_inventory.model.view import View
from customer_inventory.model.views import VIEWS

LONGEST_QUERY = 2000
TOPICS_API = ("TMF688", "v4")
EVERYTHING = "all"
"""The topic of every resource; the others are named like their resource."""

_ENVELOPE = frozenset(
    {
        "correlationId",
        "description",
        "domain",
        "eventTime",
        "priority",
        "reportingSystem",
        "source",
        "timeOccurred",
        "timeOcurred",
        "title",
    }
)
_ALWAYS = ("eventId", "eventType", "event", "@type", "@baseType")


class InvalidQuery(InventoryError):
    """The query of the subscription is not understood.

    Write it as `eventType=A,B`, conditions on the event such as `event.customer.status=Approved`, and `fields=a,b`,
    joined by `&`.
    """

    code = "invalid-query"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Selection:
    """What is sent of an event: attributes of the resource, members of the envelope; None for all."""

    resource: frozenset[str] | None = None
    envelope: frozenset[str] | None = None

    def of(self, view: View, body: Content) -> Content:
        """Return what is sent of an event's body."""
        if self.envelope is not None:
            body = {name: value for name, value in body.items() if name in self.envelope or name in _ALWAYS}
        if self.resource is None:
            return body
        name = view.resource.name
        return {**body, "event": {name: select(body["event"][name], self.resource | {"id", "href", "@type"})}}


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscription wants: events of some types, of some views, and of these a selection."""

    views: Mapping[str, View]
    types: frozenset[str] | None = None
    selection: Selection = field(default=Selection())

    def chosen(self, view: View, events: list[Event]) -> list[Event]:
        """Return the events that are wanted, with what is wanted of them."""
        wanted = (event for event in events if self.types is None or event.type in self.types)
        return [Event(event.id, event.type, self.selection.of(view, event.body)) for event in wanted]

    def kinds(self) -> frozenset[str]:
        """Return the kinds of record that can give an event that is wanted."""
        return frozenset(
            kind for kind, view in self.views.items() if self.types is None or self.types & set(event_types(view))
        )


def covered(api: str, version: str, topic: str | None) -> dict[str, View]:
    """Return the views that a subscription at an API, or at a topic, is told of, by their kinds of record."""
    if (api, version) == TOPICS_API:
        native = {view.resource.kind: view for view in reversed(VIEWS) if view.show is None}
        return {kind: view for kind, view in native.items() if topic in {EVERYTHING, view.resource.name}}
    return {view.resource.kind: view for view in VIEWS if (view.api.number, view.api.version) == (api, version)}


def interest(views: Mapping[str, View], query: str) -> Interest:
    """Return what `query` asks for. Raises InvalidQuery."""
    if len(query) > LONGEST_QUERY:
        raise InvalidQuery(f"The query is longer than {LONGEST_QUERY} characters.")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=50)
    except ValueError as error:
        raise InvalidQuery from error
    types: set[str] = set()
    fields: set[str] = set()
    for name, value in pairs:
        words = [word.strip() for word in value.split(",") if word.strip()]
        if name == "eventType":
            types.update(words)
        elif name == "fields":
            fields.update(words)
        else:
            raise InvalidQuery
    _check_types(views, types)
    return Interest(views, frozenset(types) or None, _selection(views, fields))


def _check_types(views: Mapping[str, View], types: Iterable[str]) -> None:
    known = {kind for view in views.values() for kind in event_types(view)}
    if unknown := sorted(set(types) - known):
        raise InvalidQuery(f"There is no event {unknown[0][:100]!r} here; there are {', '.join(sorted(known))}.")


def _selection(views: Mapping[str, View], fields: Iterable[str]) -> Selection:
    """What `fields` chooses: paths from the event, from its resource, or from the resource's attributes on."""
    resource: set[str] = set()
    envelope: set[str] = set()
    names = {view.resource.name for view in views.values()}
    for path in fields:
        rest = path.removeprefix("event.")
        first, _, below = rest.partition(".")
        rest = below if first in names and below else rest
        first = rest.partition(".")[0]
        if path in _ENVELOPE:
            envelope.add(path)
        elif any(first in view.shape.fields or first in {"id", "href", "@type"} for view in views.values()):
            resource.add(rest)
        elif path not in _ALWAYS:
            raise InvalidQuery(f"No event has the attribute {path[:100]!r} that `fields` names.")
    return Selection(frozenset(resource) or None, frozenset(envelope) or None)
