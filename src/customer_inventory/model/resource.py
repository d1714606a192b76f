"""Resources: what is declared once for a kind of record, and everything that follows from it.

Validation, filters, indexes, links, routes and the OpenAPI document read the declaration; none repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec import Struct

from customer_inventory.model.attributes import Attribute, attributes_of, nearest_path
from customer_inventory.model.conversion import Conversion, converted
from customer_inventory.model.derivation import Derived, derive
from customer_inventory.model.earlier import Earlier
from customer_inventory.model.problems import Problem
from customer_inventory.model.shapes import Shape, shapes_of

IMMUTABLE = ("id", "href", "@type", "@baseType", "@schemaLocation")
"""What a patch may repeat but never change (TMF630 part 1, section 5), besides the dates that the server sets."""

Document = Mapping[str, Any]
"""A resource as JSON."""


@dataclass(frozen=True, slots=True)
class EventNames:
    """What the API calls its events of a change: the words that follow the class, such as StateChangeEvent.

    Without a word for the state, a change of it is a change like any other. `wrapper` is the attribute in which an
    event carries the resource.
    """

    changed: str = "AttributeValueChangeEvent"
    state: str | None = "StateChangeEvent"
    wrapper: str = "event"


STATE_EVENTS = EventNames()
STATUS_EVENTS = EventNames(state="StatusChangeEvent")
"""The APIs do not agree on one word: TMF644 and TMF683 say StatusChangeEvent."""


@dataclass(frozen=True, slots=True)
class Api:
    """One of the TM Forum Open APIs: its number, title, version, and base paths with the canonical one first.

    `replaces` tells whether a record may be replaced whole (PUT); `events` are the words of its events.
    """

    number: str
    title: str
    version: str
    paths: tuple[str, ...]
    replaces: bool = False
    events: EventNames = STATE_EVENTS


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute that points at another record: where it stands and which classes of target are kept here.

    `targets` maps the class a reference names to the kind (table) that keeps it; `role` is the attribute beside it that
    says what the target is to the record; `check` is what happens when there is no such record: off, warn or strict;
    `owner` says that the record belongs to the target and lives in its bucket.
    """

    attribute: str
    path: tuple[str, ...]
    targets: Mapping[str, str]
    check: str = "warn"
    role: str | None = None
    owner: bool = False


@dataclass(frozen=True, slots=True)
class Stamps:
    """The attributes that the server dates: when the record was made, last changed, and last changed its `state`.

    `updated` is dated at every change, the others are not for clients to change. What is imported or restored brings
    the dates that it had.
    """

    created: str | None = None
    updated: str | None = None
    turned: str | None = None
    state: str = "status"

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that the server alone dates, where there are any."""
        return tuple(name for name in (self.created, self.turned) if name)

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every attribute that the server dates."""
        return tuple(name for name in (self.created, self.updated, self.turned) if name)


DECLARED: dict[str, type[Struct]] = {}
"""The classes of the resources that were declared, by name."""

NO_STAMPS = Stamps()
LAST_UPDATE = "lastUpdate"
"""What every API that dates the last change of a record calls it."""

Rules = Callable[[Document], Iterable[Problem]]
"""Yields what is wrong with a document beyond the types of its attributes."""


def no_rules(document: Document) -> Iterable[Problem]:  # noqa: ARG001  most kinds have none
    """Yield nothing."""
    return ()


class Claim(NamedTuple):
    """A value that no other record may have: the attribute, and a SHA-256 of the value and of where it is unique.

    `requirement` is which one demands it, nothing where the specification of the class does. One that is `tolerated`
    keeps no record out: another one may have the value already, as where the record `had` it before. By its `term` the
    records of a `kind`, and of the class `named` if any, are found that have the value, whoever holds it.
    """

    attribute: str
    digest: bytes
    requirement: str = ""
    tolerated: bool = False
    had: bool = False
    kind: str = ""
    named: str = ""
    term: str = ""


Claims = Callable[[Document], Iterable[Claim]]
"""Yields the values of a document that no other record may have."""


def no_claims(document: Document) -> Iterable[Claim]:  # noqa: ARG001  most kinds have none
    """Yield nothing."""
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class EarlierView:
    """A resource in an earlier version of its API: what was declared of it, what follows, and how documents turn."""

    declared: Earlier
    derived: Derived
    conversion: Conversion


@dataclass(frozen=True, eq=False)
class Resource:
    """A kind of record: its names, its API, the Struct that says what it is, and what follows from that.

    `classes` are the names of the classes a record may be of: the Struct's, and those declared to extend it. What
    follows is worked out when it is first asked for: most commands ask for few kinds, and all of them take 0.2 s.
    """

    name: str
    kind: str
    path: str
    api: Api
    struct: type[Struct]
    mandatory: tuple[str, ...]
    immutable: tuple[str, ...]
    references: tuple[Reference, ...]
    searchable: tuple[str, ...]
    label: Callable[[Document], str]
    stamps: Stamps
    state: str | None
    rules: Rules
    classes: frozenset[str]
    declared_earlier: Earlier | None
    claims: Claims = no_claims

    @cached_property
    def demanded(self) -> tuple[str, ...]:
        """The attributes that whoever makes a record must say: the mandatory ones that the server does not date."""
        return tuple(name for name in self.mandatory if name not in self.stamps.all_names)

    @cached_property
    def shape(self) -> Shape:
        """What the Struct says, in the form that validation, filters and the OpenAPI document work from."""
        return _shape(self.struct)

    @cached_property
    def own_attributes(self) -> Mapping[str, Attribute]:
        """The attributes that the stored version declares, by path. Raises ValueError for an unknown searchable one."""
        return attributes_of(self.shape, searchable=self.searchable)

    @cached_property
    def earlier(self) -> EarlierView | None:
        """The resource in the earlier version of its API, or None when it has none."""
        declared = self.declared_earlier
        if declared is None:
            return None
        derived = derive(self.shape, declared, stored=self.own_attributes)
        return EarlierView(declared, derived, converted(self.shape, declared, classes=self.classes))

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """The attributes of a stored document by path: the declared ones, and those of an earlier version alone."""
        further = self.earlier.derived.earlier_only if self.earlier else ()
        return MappingProxyType({**self.own_attributes, **{attribute.path: attribute for attribute in further}})


def declare(
    *,
    struct: type[Struct],
    api: Api,
    mandatory: tuple[str, ...],
    references: tuple[Reference, ...],
    searchable: tuple[str, ...],
    label: Callable[[Document], str],
    stamps: Stamps = NO_STAMPS,
    state: str | None = "status",
    rules: Rules = no_rules,
    extensions: tuple[type[Struct], ...] = (),
    earlier: Earlier | None = None,
    fixed: tuple[str, ...] = (),
) -> Resource:
    """Return the resource that `struct` declares, named after it.

    `mandatory` are what a record cannot be without, `searchable` have an index for ranges and order, `fixed` stay as
    created; a change of `state` is a state change event; `rules` yield what else is wrong with a document of the right
    types; `extensions` may stand in its place; `earlier` is what the earlier version of its API says otherwise.
    """
    DECLARED[struct.__name__] = struct
    name, declared = struct.__name__[0].lower() + struct.__name__[1:], struct.__struct_encode_fields__
    return Resource(
        name=name,
        kind=kind_of(name),
        path=name,
        api=api,
        struct=struct,
        mandatory=mandatory,
        immutable=(*IMMUTABLE, *stamps.names, *fixed),
        references=references,
        searchable=searchable,
        label=label,
        stamps=replace(stamps, updated=LAST_UPDATE) if LAST_UPDATE in declared else stamps,
        state=state if state in declared else None,
        rules=rules,
        classes=frozenset(each.__name__ for each in (struct, *extensions)),
        declared_earlier=earlier,
    )


_SHAPES: dict[type[Struct], Shape] = {}
"""The shapes of declared classes that were read so far."""


def _shape(struct: type[Struct]) -> Shape:
    """Return the shape of a class. Those of all declared ones are read together: they are made of the same classes."""
    if struct not in DECLARED.values():  # made at run time, and gone with what it was made from
        return shapes_of((struct,))[struct]
    if struct not in _SHAPES:
        _SHAPES.update(shapes_of(each for each in DECLARED.values() if each not in _SHAPES))
    return _SHAPES[struct]


def kind_of(name: str) -> str:
    """Return the kind (table) that keeps the resource of this name: partyRole is kept as party_role."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def first_text(document: Document, *names: str) -> str:
    """Return the first of the attributes `names` that holds text, or an empty text."""
    return next((text for name in names if isinstance(text := document.get(name), str) and text), "")


def name_label(document: Document) -> str:
    """Return what most records are called: their name."""
    return first_text(document, "name")


def nearest(resource: Resource, path: str) -> str | None:
    """Return the attribute that a mistyped `path` most likely means, or None when none is like it."""
    return nearest_path(resource.attributes, path)


def stamped(
    stamps: Stamps,
    document: dict[str, Any],
    *,
    before: dict[str, Any] | None,
    now: datetime,
    demanded: Collection[str] = (),
) -> dict[str, Any]:
    """Return `document`, about to be kept in place of `before`, with the dates that the server sets.

    A new record may bring the dates on which it was made, and changed its state, elsewhere, and must where its API has
    them among what is `demanded`. What has not changed keeps its date.
    """
    dates: dict[str, Any] = {}
    if stamps.created:
        dates[stamps.created] = (before or document).get(stamps.created)
        if before is None and dates[stamps.created] is None:
            dates[stamps.created] = _written(now)
    if stamps.turned:
        dates[stamps.turned] = _turned(stamps.turned, stamps.state, document, before, now)
    if stamps.updated and (before is not None or stamps.updated not in demanded):
        dates[stamps.updated] = _updated(stamps.updated, {**document, **dates}, before, now)
    if not dates:
        return document
    kept = {name: value for name, value in document.items() if name not in dates}
    return {**kept, **{name: value for name, value in dates.items() if value is not None}}


def undated(stamps: Stamps, document: dict[str, Any], *, before: Document) -> dict[str, Any]:
    """Return `document`, a change of `before`, without what it says of its last change: the server knows better.

    Whoever sends back what was read cannot but repeat that date, so it is passed over and not refused.
    """
    if stamps.updated is None:
        return document
    kept = {name: value for name, value in document.items() if name != stamps.updated}
    return {**kept, **({stamps.updated: before[stamps.updated]} if stamps.updated in before else {})}


def _updated(stamp: str, document: Document, before: Document | None, now: datetime) -> Any:
    """Return the date of the last change: the one that is said, else now, if anything else has changed."""
    said, held = document.get(stamp), (before or {}).get(stamp)
    if said is not None and said != held:
        return said
    same = before is not None and all(document.get(name) == before.get(name) for name in {*document, *before} - {stamp})
    return held if same else _written(now)


def _turned(stamp: str, state: str, document: Document, before: Document | None, now: datetime) -> Any:
    """Return the date of the last change of state, or None when there was no state so far."""
    if before is None and (stamp in document or state not in document):
        return document.get(stamp)
    same = before is not None and document.get(state) == before.get(state)
    return before.get(stamp) if before and same else _written(now)


@lru_cache(maxsize=8)  # a batch is written at one moment
def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
