"""Differences: what an earlier version of an API says otherwise than the one that is stored.

An earlier class is never declared twice: it is the stored class with the differences named here, and from them follow
its shape, where its attributes stand in a stored document, and both ways of turning documents (see `conversion`).
Attributes that trade places do so in both directions, so that nothing is lost even where a document uses a name that
only the other version knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from customer_inventory.model.shapes import Field, Leaf, Position, Shape
from customer_inventory.model.showing import Value

Object = Mapping[str, Any]
"""An object of a document."""

Finds = Callable[[Object], Any]
"""Finds what an object leaves unsaid from what it says, or returns None."""

ASIDE = "Text"
"""What is added to the name of an attribute to keep a text where the stored version has room for a number only."""

EXTENSIBLE = tuple(
    Field(name, description, required=False, many=False, content=Leaf("string"))
    for name, description in (
        ("@type", "The class of the thing."),
        ("@baseType", "The class that the class in @type extends."),
        ("@schemaLocation", "Where the JSON Schema of the extra attributes can be read (URI)."),
    )
)
"""What anything with a class has (TMF630 part 2)."""


@dataclass(frozen=True, slots=True)
class Flattened:
    """Attributes of the stored object at `inner` that the earlier class has itself; `is_a` names the class within."""

    inner: str
    names: frozenset[str]
    is_a: Finds


@dataclass(frozen=True, slots=True)
class Gathered:
    """Attributes of the stored class that the earlier one has within `bag`, an object of the class `name`."""

    bag: str
    names: tuple[str, ...]
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class EarlierClass:
    """One class of the earlier version, called `name`: how it differs from the stored class.

    `required` None means what the stored class requires; `left_out` names attributes that only the stored class
    declares; `renamed` maps the earlier name to the stored one; `added` are attributes that only the earlier class has,
    or has with other content; `borrowed` those of its own that hold objects of a class stored elsewhere in the record;
    `texts` those that are texts where the stored class has whole numbers; `spelled` maps, by the earlier attribute,
    earlier values to stored ones; `shown` says what mandatory attributes that a stored object leaves unsaid are made
    from, by their earlier name, and `kept` finds those that an earlier object leaves unsaid, by their stored name;
    `is_a` names the class in which an object is stored.
    """

    name: str
    required: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    added: tuple[Field, ...] = ()
    borrowed: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    flattened: Flattened | None = None
    gathered: Gathered | None = None
    spelled: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shown: Mapping[str, Value] = field(default_factory=dict)
    kept: Mapping[str, Finds] = field(default_factory=dict)
    is_a: Finds | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A resource in an earlier version of its API.

    `paths` are the API's base paths with the canonical one first, `mandatory` what a record cannot be created without,
    `classes` the classes that differ, by the name of the stored class, `wrapper` the attribute in which its events
    carry the resource.
    """

    version: str
    paths: tuple[str, ...]
    classes: Mapping[str, EarlierClass]
    mandatory: tuple[str, ...] = ()
    wrapper: str = "event"

    def demanding(self, *mandatory: str) -> Earlier:
        """Return the same version for a resource with these mandatory attributes."""
        return replace(self, mandatory=mandatory)


def added(name: str, description: str, *, type: str = "string", many: bool = False) -> Field:  # noqa: A002
    """Return an attribute that only the earlier class has and that holds values of a JSON type, or of any."""
    return Field(name, description, required=False, many=many, content=Leaf(type))


def shapes_within(shape: Shape) -> dict[str, Shape]:
    """Return the class `shape` and all that stand below it, by name."""
    found: dict[str, Shape] = {}
    pending = [shape]
    while pending:
        each = pending.pop()
        if each.name not in found:
            found[each.name] = each
            positions = (field.content for field in each.fields.values() if isinstance(field.content, Position))
            pending += (choice for position in positions for choice in position.choices.values())
    return found


def alone(shape: Shape) -> Position:
    """Return a place where only the class `shape` stands."""
    return Position(shape, {shape.name: shape})


def class_of(classes: Mapping[str, EarlierClass], position: Position) -> EarlierClass | None:
    """Return how the objects at `position` differ, or None when they do not."""
    return next((classes[name] for name in (position.base.name, *position.choices) if name in classes), None)


def both_ways(words: Mapping[str, str]) -> dict[str, str]:
    """Return words that trade places: earlier ones with stored ones, and the other way round."""
    return {**words, **{stored: earlier for earlier, stored in words.items()}}


def respelled(position: Position, differing: EarlierClass | None) -> dict[str, Mapping[str, str]]:
    """Return what the objects at `position` spell otherwise, the name of the class included, by earlier attribute."""
    if differing is None:
        return {}
    stored = position.base.name
    named = position.base.tagged and differing.name != stored and (differing.is_a is None or len(position.choices) == 1)
    return {**differing.spelled, **({"@type": {differing.name: stored}} if named else {})}
