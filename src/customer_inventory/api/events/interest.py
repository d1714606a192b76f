"""Interest: what a subscription wants to hear of, read from its `query` (TMF630 part 1, section 10).

`eventType=A,B` names events, `fields=a,b` chooses what is sent, and all else are conditions as lists have them, on the
event as it would be sent: `event.customer.status=Approved`, `eventTime.gt=...`, JSONPath in `filter=`, and `;` between
alternatives. What stands there without `event.` is looked for in the resource first, then in the event around it; where
an API carries the resource in an attribute of another name, either name may stand there. A query is understood when it
is registered; what is wrong with it is said then, and never at a delivery.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from customer_inventory.api.fields import select
from customer_inventory.api.filters import parse_filter
from customer_inventory.api.scanning import Parameter, parameters, text_of
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.envelope import MEMBERS, enveloped
from customer_inventory.model.events import Content, Event, event_types
from customer_inventory.model.filtering import Filter, UnknownAttribute, of_several
from customer_inventory.model.problems import InvalidValue
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.model.view import View
from customer_inventory.model.views import VIEWS

LONGEST_QUERY = 2000
TOPICS_API = ("TMF688", "v4")
EVERYTHING = "all"
"""The topic of every resource; the others are named like their resource."""

_MOST_PARAMETERS = 100
_WRAPPERS = frozenset({"event", *(view.api.events.wrapper for view in VIEWS)})
_ALWAYS = _WRAPPERS | {"eventId", "eventType", "@type", "@baseType"}


class InvalidQuery(InventoryError):
    """The query for events is not understood.

    Write it as `eventType=A,B`, conditions on the event such as `event.customer.status=Approved`, and `fields=a,b`,
    joined by `&`.
    """

    code = "invalid-query"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Selection:
    """What is sent of an event: attributes of the resource, besides its identity, and members of the envelope.

    None stands for all.
    """

    resource: frozenset[str] | None = None
    envelope: frozenset[str] | None = None

    def of(self, view: View, body: Content) -> Content:
        """Return what is sent of an event's body."""
        if self.envelope is not None:
            body = {name: value for name, value in body.items() if name in self.envelope or name in _ALWAYS}
        if self.resource is None:
            return body
        wrapper, name = view.api.events.wrapper, view.resource.name
        return {**body, wrapper: {name: select(body[wrapper][name], self.resource | {"id", "href", "@type"})}}


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions on an event of one kind of record: those on the resource in it, and those on the event itself."""

    of_resource: Filter
    of_event: Filter

    def hold(self, view: View, body: Content) -> bool:
        """Return whether an event fulfils them all."""
        told = body[view.api.events.wrapper][view.resource.name]
        return self.of_resource.matches(told) and self.of_event.matches(body)

    def unfit(self) -> InvalidValue | None:
        """Return what is wrong with a value that cannot be of its attribute's type."""
        try:
            self.of_resource.check_values()
            self.of_event.check_values()
        except InvalidValue as error:
            return error
        return None


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to be wanted: by the event's type, and by conditions on the event, for each kind of record.

    A kind that has no conditions is not wanted: they are on an attribute that it does not have.
    """

    types: frozenset[str] | None
    conditions: Mapping[str, Conditions]
    nameless: bool = False
    """Whether eventType is asked for without a name, which was once taken for every type."""

    def wants(self, view: View, event: Event) -> bool:
        """Return whether an event is wanted."""
        conditions = self.conditions.get(view.resource.kind)
        if conditions is None or (self.types is not None and event.type not in self.types):
            return False
        return conditions.hold(view, event.body)

    def check_values(self) -> None:
        """Raise InvalidQuery for no name of an event, InvalidValue for a value that none of the resources can have."""
        if self.nameless:
            raise InvalidQuery(
                "eventType names no event. Name one or several, such as eventType=CustomerCreateEvent, or leave it out."
            )
        unfit = [conditions.unfit() for conditions in self.conditions.values()]
        if unfit and unfit[0] is not None and all(unfit):
            raise unfit[0]


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscription wants: events of some views that fulfil any of several alternatives, and a selection.

    Those that are `within` another interest are of it, too.
    """

    views: Mapping[str, View]
    alternatives: tuple[Alternative, ...]
    selection: Selection = field(default=Selection())
    within: Interest | None = None

    def chosen(self, view: View, events: Iterable[Event]) -> list[Event]:
        """Return the events that are wanted, with what is wanted of them."""
        wanted = (event for event in events if self.wants(view, event))
        return [Event(event.id, event.type, self.selection.of(view, event.body)) for event in wanted]

    def wants(self, view: View, event: Event) -> bool:
        """Return whether an event is wanted."""
        if self.within is not None and not self.within.wants(view, event):
            return False
        return any(each.wants(view, event) for each in self.alternatives)

    def check_values(self) -> None:
        """Raise InvalidValue for a value that can never be met, InvalidQuery for an eventType without one.

        For who asks: of what was asked before, types may have changed since, as those of specified entities do.
        """
        for each in self.alternatives:
            each.check_values()

    def kinds(self) -> frozenset[str]:
        """Return the kinds of record that can give an event that is wanted."""
        own = frozenset(
            kind
            for kind, view in self.views.items()
            for each in self.alternatives
            if kind in each.conditions and (each.types is None or each.types & set(event_types(view)))
        )
        return own if self.within is None else own & self.within.kinds()


def covered(api: str, version: str, topic: str | None, entities: View | None = None) -> dict[str, View]:
    """Return the views that a subscription at an API, or at a topic, is told of, by their kinds of record.

    `entities` is the view of entities with the attributes of the classes that are specified.
    """
    views = _covered(api, version, topic)
    return {**views, **({ENTITY.kind: entities} if entities is not None and ENTITY.kind in views else {})}


def _covered(api: str, version: str, topic: str | None) -> dict[str, View]:
    if (api, version) == TOPICS_API:
        native = {view.resource.kind: view for view in reversed(VIEWS) if view.show is None}
        return {kind: view for kind, view in native.items() if topic in {EVERYTHING, view.resource.name}}
    return {view.resource.kind: view for view in VIEWS if (view.api.number, view.api.version) == (api, version)}


def interest(views: Mapping[str, View], query: str, *, of_header: bool = False) -> Interest:
    """Return what `query` asks for; `of_header`: what it names is looked for in the event before its resource.

    Raises InvalidQuery.
    """
    if len(query) > LONGEST_QUERY:
        raise InvalidQuery(f"The query is longer than {LONGEST_QUERY} characters.")
    try:
        return interest_in(views, parameters(query.encode()), of_header=of_header)
    except InvalidQuery:
        raise
    except InventoryError as error:
        raise InvalidQuery(error.message) from error


def interest_in(views: Mapping[str, View], asked: Iterable[Parameter], *, of_header: bool = False) -> Interest:
    """Return what parameters ask for. Raises InvalidQuery, and what a condition that nothing understands raises."""
    parts: list[_Part] = [_Part(of_header)]
    fields: set[str] = set()
    for number, parameter in enumerate(asked):
        if number >= _MOST_PARAMETERS:
            raise InvalidQuery(f"The query has more than {_MOST_PARAMETERS} parameters.")
        if parameter.name == "fields":
            fields.update(word.strip() for word in text_of(parameter.value).split(",") if word.strip())
            continue
        if parameter.separator == ";" and parameter.sign and parts[-1].begun:
            parts.append(_Part(of_header))
        parts[-1].take(parameter)
    return Interest(views, tuple(part.alternative(views) for part in parts), _selection(views, fields))


class _Part:
    """What stands between two semicolons: types of events, and conditions to be read for each resource."""

    def __init__(self, of_header: bool) -> None:
        self._of_header = of_header
        self._types: set[str] = set()
        self._conditions: list[str] = []
        self._typed = False
        self._nameless = False
        self.begun = False

    def take(self, parameter: Parameter) -> None:
        """Take in one parameter; what has no sign is another value of the one before it."""
        if parameter.sign:
            self._typed = parameter.name.strip() in {"eventType", "eventType.eq", "eventType.in"}
        if self._typed and parameter.sign not in {"=", "==", ""}:
            raise InvalidQuery("eventType can be compared for being equal only.")
        if self._typed:
            types = set(_types(text_of(parameter.value)))
            self._nameless |= not types
            self._types |= types
        elif parameter.sign or not self._conditions:
            self._conditions.append(parameter.raw.decode())
        else:
            self._conditions[-1] += ";" + parameter.raw.decode()
        self.begun = True

    def alternative(self, views: Mapping[str, View]) -> Alternative:
        """Return the alternative. Raises InvalidQuery, and what a condition raises that no resource understands."""
        _check_types(views, self._types)
        found: dict[str, Conditions] = {}
        refused: dict[str, InventoryError] = {}
        for kind, view in views.items():
            try:
                found[kind] = _conditions(view, self._conditions, of_header=self._of_header)
            except InventoryError as error:
                refused[kind] = error
        if refused and not found:
            meant = [kind for kind, view in views.items() if self._types & set(event_types(view))]
            raise of_several([refused[kind] for kind in meant or refused])
        return Alternative(frozenset(self._types) or None, found, self._nameless)


def _conditions(view: View, written: Iterable[str], *, of_header: bool) -> Conditions:
    """Return conditions, each on the resource or on the event, whichever has what it names."""
    around = enveloped(view)
    of_resource: list[str] = []
    of_event: list[str] = []
    for condition in (_wrapped(view, each) for each in written):
        within = _of_resource(view, condition)
        if of_header:
            (of_event if _has(around, condition) else of_resource).append(condition)
        elif _has(view, within) or not _has(around, condition):
            of_resource.append(within)
        else:
            of_event.append(condition)
    return Conditions(parse_filter(view, "&".join(of_resource)), parse_filter(around, "&".join(of_event)))


def _has(view: View, condition: str) -> bool:
    """Return whether a view has what a condition names. Raises what else is wrong with it."""
    try:
        parse_filter(view, condition)
    except UnknownAttribute:
        return False
    return True


def _wrapped(view: View, condition: str) -> str:
    """Return a condition with the name that the view's events have for what carries the resource."""
    wrapper, name = view.api.events.wrapper, re.escape(view.resource.name)
    return re.sub(rf"(?<![\w.])([@$]\.)?event(?=\.{name}\b)", lambda found: (found[1] or "") + wrapper, condition)


def _of_resource(view: View, condition: str) -> str:
    """Return a condition on the event as one on the resource in it: `event.customer.name=x` as `name=x`."""
    below = rf"(?<![\w.])([@$]\.)?{view.api.events.wrapper}\.{re.escape(view.resource.name)}"
    shorter = re.sub(rf"{below}(?=\[)", "$", condition)
    return re.sub(rf"{below}\.", lambda found: found[1] or "", shorter)


def _types(text: str) -> Iterator[str]:
    """Yield the events that are named, with or without blanks; a listener's path begins each with a small letter."""
    for word in map(str.strip, text.split(",")):
        if word:
            yield word[0].upper() + word[1:]


def _check_types(views: Mapping[str, View], types: Iterable[str]) -> None:
    known = {kind for view in views.values() for kind in event_types(view)}
    if unknown := sorted(set(types) - known):
        raise InvalidQuery(f"There is no event {unknown[0][:100]!r} here; there are {', '.join(sorted(known))}.")


def _selection(views: Mapping[str, View], fields: Iterable[str]) -> Selection:
    """What `fields` chooses: paths from the event, from its resource, or from the resource's attributes on.

    As for lists, `none` alone is nothing of the resource besides its identity.
    """
    if set(fields) == {"none"}:
        return Selection(resource=frozenset())
    resource: set[str] = set()
    envelope: set[str] = set()
    names = {view.resource.name for view in views.values()}
    for path in fields:
        begun, _, within = path.partition(".")
        rest = within if begun in _WRAPPERS and within else path
        first, _, below = rest.partition(".")
        rest = below if first in names and below else rest
        first = rest.partition(".")[0]
        if path in MEMBERS:
            envelope.add(path)
        elif any(
            first in view.shape.fields or first in view.attributes or first in {"id", "href", "@type"}
            for view in views.values()
        ):
            resource.add(rest)
        elif path not in _ALWAYS:
            raise InvalidQuery(f"No event has the attribute {path[:100]!r} that `fields` names.")
    return Selection(frozenset(resource) or None, frozenset(envelope) or None)
