"""Interest: what a subscription wants to hear of, read from its `query` (TMF630 part 1, section 10).

`eventType=A,B` names events, `fields=a,b` chooses what is sent, and all else are conditions as lists have them, on the
event as it would be sent: `event.customer.status=Approved`, JSONPath in `filter=`, and `;` between alternatives. A
query is understood when it is registered; what is wrong with it is said then, and never at a delivery.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from customer_inventory.api.fields import select
from customer_inventory.api.filters import parse_filter
from customer_inventory.api.scanning import Parameter, parameters, text_of
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.events import Content, Event, event_types
from customer_inventory.model.filtering import Filter
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
class Alternative:
    """One way to be wanted: by the event's type, and by conditions on the resource in it, for each kind of record.

    A kind that has no filter is not wanted: the conditions are on an attribute that it does not have.
    """

    types: frozenset[str] | None
    filters: Mapping[str, Filter]

    def wants(self, view: View, event: Event) -> bool:
        """Return whether an event is wanted."""
        conditions = self.filters.get(view.resource.kind)
        if conditions is None or (self.types is not None and event.type not in self.types):
            return False
        return conditions.matches(event.body["event"][view.resource.name])


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscription wants: events of some views that fulfil any of several alternatives, and a selection."""

    views: Mapping[str, View]
    alternatives: tuple[Alternative, ...]
    selection: Selection = field(default=Selection())

    def chosen(self, view: View, events: list[Event]) -> list[Event]:
        """Return the events that are wanted, with what is wanted of them."""
        wanted = (event for event in events if any(each.wants(view, event) for each in self.alternatives))
        return [Event(event.id, event.type, self.selection.of(view, event.body)) for event in wanted]

    def kinds(self) -> frozenset[str]:
        """Return the kinds of record that can give an event that is wanted."""
        return frozenset(
            kind
            for kind, view in self.views.items()
            for each in self.alternatives
            if kind in each.filters and (each.types is None or each.types & set(event_types(view)))
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
        return _interest(views, query)
    except InvalidQuery:
        raise
    except InventoryError as error:
        raise InvalidQuery(error.message) from error


def _interest(views: Mapping[str, View], query: str) -> Interest:
    parts: list[_Part] = [_Part()]
    fields: set[str] = set()
    for parameter in parameters(query.encode()):
        if parameter.name == "fields":
            fields.update(word.strip() for word in text_of(parameter.value).split(",") if word.strip())
            continue
        if parameter.separator == ";" and parameter.sign and parts[-1].begun:
            parts.append(_Part())
        parts[-1].take(parameter)
    return Interest(views, tuple(part.alternative(views) for part in parts), _selection(views, fields))


class _Part:
    """What stands between two semicolons: types of events, and conditions to be read for each resource."""

    def __init__(self) -> None:
        self._types: set[str] = set()
        self._conditions: list[str] = []
        self._typed = False
        self.begun = False

    def take(self, parameter: Parameter) -> None:
        """Take in one parameter; what has no sign is another value of the one before it."""
        if parameter.sign:
            self._typed = parameter.name in {"eventType", "eventType.eq", "eventType.in"}
        if self._typed and parameter.sign not in {"=", "==", ""}:
            raise InvalidQuery("eventType can be compared for being equal only.")
        if self._typed:
            self._types.update(word.strip() for word in text_of(parameter.value).split(",") if word.strip())
        else:
            join = "&" if parameter.sign else ";"
            self._conditions.append(join + parameter.raw.decode())
        self.begun = True

    def alternative(self, views: Mapping[str, View]) -> Alternative:
        """Return the alternative. Raises InvalidQuery, and what a condition raises that no resource understands."""
        _check_types(views, self._types)
        filters: dict[str, Filter] = {}
        refused: InventoryError | None = None
        for kind, view in views.items():
            try:
                filters[kind] = parse_filter(view, _of_resource(view, "".join(self._conditions).lstrip("&")))
            except InventoryError as error:
                refused = refused or error
        if refused is not None and not filters:
            raise refused
        return Alternative(frozenset(self._types) or None, filters)


def _of_resource(view: View, conditions: str) -> str:
    """Return conditions on the event as conditions on the resource in it: `event.customer.name=x` as `name=x`."""
    name = re.escape(view.resource.name)
    shorter = re.sub(rf"(?<![\w.])([@$]\.)?event\.{name}(?=\[)", "$", conditions)
    return re.sub(rf"(?<![\w.])([@$]\.)?event\.{name}\.", lambda found: found[1] or "", shorter)


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
