"""Events: what subscribers are told when a version of a record comes about (TMF630 part 1, section 10).

Pure: from the version and the one before it follow the same events, with the same ids, whenever and by whomever they
are made. So an event that arrives twice is recognised by its `eventId`, and nothing of it needs to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from customer_inventory.model.resource import Api
from customer_inventory.model.view import View

Content = dict[str, Any]

SYSTEM = {
    "@type": "ReportingResource",
    "@referredType": "LogicalResource",
    "id": "customer-inventory",
    "name": "Customer Inventory",
}
"""What v5 events name as their source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A version of a record came about: by which operation, when, in which request, and the documents around it.

    `before` and `after` are shown in the version of the API that is told; `before` is None for a new record, `after`
    for a deleted one.
    """

    record_id: str
    version: int
    operation: str
    at: datetime
    request_id: str
    before: Content | None
    after: Content | None


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its id, its type, and its body as JSON."""

    id: str
    type: str
    body: Content


def create_event(view: View) -> str:
    """Return the type of the event of a new record."""
    return f"{view.shape.name}CreateEvent"


def change_event(view: View) -> str:
    """Return the type of the event of changed attributes."""
    return f"{view.shape.name}{view.api.events.changed}"


def state_event(view: View) -> str | None:
    """Return the type of the event of a changed state, or None for an API that has none.

    A resource without an attribute for its state has the word all the same, as in the official files.
    """
    word = view.api.events.state
    return f"{view.shape.name}{word}" if word else None


def delete_event(view: View) -> str:
    """Return the type of the event of a deleted record."""
    return f"{view.shape.name}DeleteEvent"


def event_types(view: View) -> tuple[str, ...]:
    """Return the types of every event of a resource, in the order in which one change gives them."""
    types = (create_event(view), change_event(view), state_event(view), delete_event(view))
    return tuple(kind for kind in types if kind)


_WRITTEN_OTHERWISE = {("TMF669", "v5", "partyRoleSpecification"): "partyRole"}
"""How official files name a record against their own examples, which have the name of its resource."""


def wrappers(api: Api) -> tuple[str, ...]:
    """Return in which attribute an event of others may carry what it is of: what the API calls it, or all others do."""
    return tuple(dict.fromkeys((api.events.wrapper, "event")))


def carried_names(view: View) -> tuple[str, ...]:
    """Return by which names an event of others may carry a record: that of its resource first."""
    name = view.resource.name
    return tuple(dict.fromkeys((name, _WRITTEN_OTHERWISE.get((view.api.number, view.api.version, name), name))))


def event_id(record_id: str, version: int, kind: str) -> str:
    """Return the id that the event of type `kind` of a record's version has, in every version of the API."""
    return str(uuid5(UUID(record_id), f"{version} {kind}"))


def events_of(view: View, happening: Happening, *, address: str) -> list[Event]:
    """Return the events of what happened, in order, with the record's `address` as its href.

    A new record is told whole, also one that is brought back; of a deleted one its identity; of a change the attributes
    that differ, whole, null for one that was taken away. A change of the state is an event of its own.
    """
    payloads = _payloads(view, happening)
    identity = _identity(view, happening, address=address)
    return [
        Event(
            event_id(happening.record_id, happening.version, kind),
            kind,
            _body(view, happening, kind, {view.resource.name: {**identity, **payload}}),
        )
        for kind, payload in payloads.items()
    ]


def _payloads(view: View, happening: Happening) -> dict[str, Content]:
    """What each event tells besides the record's identity, by the event's type."""
    if happening.after is None:
        return {delete_event(view): {}}
    if happening.operation == "create":
        return {create_event(view): happening.after}
    return _changed_payloads(view, _changes(happening.before or {}, happening.after))


def _changed_payloads(view: View, changed: Content) -> dict[str, Content]:
    """What the events of a change tell: of the state, and of all else, each with the dates that the server set with it.

    Whoever applies them has what is kept: no date that differs is left untold, be it that nothing else differs.
    """
    kind, state, stamps = state_event(view), _state_attribute(view), view.resource.stamps
    updated, turned = (stamp and view.shown_name(stamp) for stamp in (stamps.updated, stamps.turned))
    if kind is None or state not in changed:
        return {change_event(view): changed} if changed else {}
    stated = {name: value for name, value in changed.items() if name in {state, turned, updated}}
    rest = {name: value for name, value in changed.items() if name not in {state, turned}}
    return {**({change_event(view): rest} if rest.keys() - {updated} else {}), kind: stated}


def _changes(before: Content, after: Content) -> Content:
    """The attributes that differ, as they are now; None for those that are gone."""
    changed = {name: value for name, value in after.items() if before.get(name, ...) != value}
    return {**changed, **{name: None for name in before if name not in after}}


def _state_attribute(view: View) -> str | None:
    """The attribute that holds the state in this version of the API."""
    state = view.resource.state
    return view.shown_name(state) if state else None


def _identity(view: View, happening: Happening, *, address: str) -> Content:
    last = happening.after or happening.before or {}
    named: Content = {name: last[name] for name in ("@type", "@baseType") if name in last}
    return {"id": happening.record_id, "href": address, "@type": view.shape.name, **named}


def _body(view: View, happening: Happening, kind: str, event: Content) -> Content:
    moment = written(happening.at)
    body: Content = {
        "eventId": event_id(happening.record_id, happening.version, kind),
        "eventTime": moment,
        "eventType": kind,
        "correlationId": happening.request_id,
        "domain": view.api.title,
        "title": kind,
        "description": _described(view, kind),
        "priority": "normal",
        "timeOcurred": moment,
    }
    if view.api.version != "v4":
        # The v5 files disagree on the spelling among themselves: both are told.
        body |= {"timeOccurred": moment, "source": SYSTEM, "reportingSystem": SYSTEM}
        body |= {"@type": kind, "@baseType": "Event"}
    return {**body, view.api.events.wrapper: event}


def _described(view: View, kind: str) -> str:
    words = {
        create_event(view): "was created",
        change_event(view): "has changed",
        delete_event(view): "was deleted",
    }
    return f"The {view.resource.name} {words.get(kind, 'has another state')}."


def written(moment: datetime) -> str:
    """Return a moment as it stands in events: RFC 3339 in UTC, with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
