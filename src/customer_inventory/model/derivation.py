"""Derivation: the shape of an earlier version, made from the stored shape and the declared differences.

A position for several classes becomes one for a single class with the attributes of all: earlier versions tell classes
apart by what they say, not by `@type`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from customer_inventory.model.attributes import Attribute, attributes_of
from customer_inventory.model.earlier import (
    ASIDE,
    EXTENSIBLE,
    Earlier,
    EarlierClass,
    Flattened,
    Gathered,
    alone,
    both_ways,
    class_of,
    respelled,
    shapes_within,
)
from customer_inventory.model.shapes import Field, Leaf, Position, Shape
from customer_inventory.model.showing import First, Numeral, Respelled, Said, Showing, Value

Places = dict[Shape, dict[str, str]]
"""Where the attributes of an earlier class stand, seen from the stored object; only those that moved."""

Values = dict[Shape, dict[str, Value]]
"""What the attributes of an earlier class are made from where they are not simply what is stored."""


@dataclass(frozen=True, slots=True)
class Derived:
    """The shape of an earlier version, its attributes by path, and how they are stored.

    `riding` names those of `attributes` that only the stored version declares: they ride along where it has values.
    `stored_paths` and `showings` hold only what differs, by earlier path; `earlier_only` are the attributes that the
    stored version does not declare, as they stand in a stored document.
    """

    shape: Shape
    attributes: Mapping[str, Attribute]
    riding: frozenset[str]
    stored_paths: Mapping[str, str]
    showings: Mapping[str, Showing]
    earlier_only: tuple[Attribute, ...]


def derive(shape: Shape, earlier: Earlier, *, stored: Mapping[str, Attribute]) -> Derived:
    """Return what an earlier version makes of `shape`, whose attributes are `stored`."""
    makers = _Makers(earlier, shapes_within(shape))
    made = makers.made(alone(shape))
    made.fields.update(
        {name: replace(field, required=name in earlier.mandatory) for name, field in made.fields.items()}
    )
    declared = attributes_of(made, searchable=())
    standing = {path: _stored_path(made, path, makers.places) for path in declared}
    attributes = {
        path: replace(attribute, searchable=standing[path] in stored and stored[standing[path]].searchable)
        for path, attribute in declared.items()
    }
    new = _new((replace(attribute, path=standing[path]) for path, attribute in declared.items()), stored)
    riding, showings = _riding(shape, earlier, declared, stored)
    moved = {path: place for path, place in {**standing, **riding}.items() if place != path}
    shown = {**attributes, **{path: replace(stored[place], path=path) for path, place in riding.items()}}
    showings = {path: showing for path, showing in showings.items() if path in shown}
    return Derived(made, shown, frozenset(riding), moved, showings, tuple(new))


def _riding(
    shape: Shape, earlier: Earlier, declared: Mapping[str, Attribute], stored: Mapping[str, Attribute]
) -> tuple[dict[str, str], dict[str, Showing]]:
    """Return where the attributes stand that only the stored version declares, by the path at which they are shown.

    And what all attributes are made from that are not shown as they are stored.
    """
    makers = _Makers(earlier, shapes_within(shape), whole=True)
    made = makers.made(alone(shape))
    standing = {path: _stored_path(made, path, makers.places) for path in attributes_of(made, searchable=())}
    showings = {path: showing for path in standing if (showing := _showing(made, path, makers))}
    return {path: place for path, place in standing.items() if place in stored and path not in declared}, showings


class _Makers:
    """Makes the earlier classes, each once for every set of stored classes that it stands for.

    `whole` classes have also what only the stored ones declare and the earlier ones show all the same.
    """

    def __init__(self, earlier: Earlier, shapes: Mapping[str, Shape], *, whole: bool = False) -> None:
        self._whole = whole
        self._classes = earlier.classes
        self._shapes = shapes
        self._known: dict[tuple[str, ...], Shape] = {}
        self.places: Places = {}
        self.values: Values = {}

    def made(self, position: Position) -> Shape:
        """Return the earlier class of the objects at `position`."""
        key = tuple(position.choices)
        if key in self._known:
            return self._known[key]
        differing = class_of(self._classes, position)
        name = differing.name if differing else _main(position).name
        shape = self._known[key] = Shape(name, _main(position).description, position.base.tagged, {})
        fields = _merged(position)
        if differing is None:
            shape.fields.update({name: self._converted(field) for name, field in fields.items()})
            return shape
        for field in self._differing(shape, differing, fields):
            required = field.required if differing.required is None else field.name in differing.required
            shape.fields[field.name] = replace(field, required=required)
        self.values[shape] = dict(_values(position, differing, self.places[shape]))
        return shape

    def _differing(self, shape: Shape, differing: EarlierClass, fields: dict[str, Field]) -> Iterator[Field]:
        """Yield the attributes of an earlier class; those declared as added come last and win."""
        places = self.places.setdefault(shape, {})
        earlier_names = {stored: name for name, stored in differing.renamed.items()}
        gathered = differing.gathered.names if differing.gathered else ()
        inner = differing.flattened.inner if differing.flattened else None
        for stored, field in fields.items():
            if (stored in differing.left_out and not self._whole) or stored in gathered or stored == inner:
                continue
            # Names trade places, so what is stored under a word of the earlier version is shown under the other.
            name = earlier_names.get(stored) or differing.renamed.get(stored, stored)
            if name != stored:
                places[name] = stored
            words = differing.spelled.get(name)
            content = Leaf("string") if name in differing.texts else _respelled(self._converted(field), words).content
            yield replace(field, name=name, content=content)
        if differing.flattened:
            yield from self._flattened(places, differing.flattened, fields)
        if differing.gathered:
            yield self._bag(places, differing.gathered, fields)
        yield from differing.added
        for name, of in differing.borrowed.items():
            shape = self.made(alone(self._shapes[of]))
            yield Field(name, shape.description, required=False, many=False, content=alone(shape))

    def _flattened(self, places: dict[str, str], flattened: Flattened, fields: dict[str, Field]) -> Iterator[Field]:
        """Yield the attributes of the inner object that the earlier class has itself."""
        inner = fields[flattened.inner].content
        within = _merged(inner) if isinstance(inner, Position) else {}
        for name in sorted(flattened.names):
            places[name] = f"{flattened.inner}.{name}"
            yield replace(self._converted(within[name]), required=False)
        if self._whole and isinstance(inner, Position):
            rest = {name: _without(each, flattened.names) for name, each in inner.choices.items()}
            yield replace(fields[flattened.inner], content=Position(_without(inner.base, flattened.names), rest))

    def _bag(self, places: dict[str, str], gathered: Gathered, fields: dict[str, Field]) -> Field:
        """Return the attribute that holds the gathered ones; they stand beside it in the stored document."""
        shape = Shape(gathered.name, gathered.description, True, {field.name: field for field in EXTENSIBLE})
        shape.fields.update({name: self._converted(fields[name]) for name in gathered.names})
        places[gathered.bag] = ""
        self.places[shape] = {field.name: f"{gathered.bag}.{field.name}" for field in EXTENSIBLE}
        return Field(gathered.bag, gathered.description, required=False, many=False, content=alone(shape))

    def _converted(self, field: Field) -> Field:
        if isinstance(field.content, Leaf):
            return field
        shape = self.made(field.content)
        return replace(field, content=alone(shape))


def _without(shape: Shape, names: frozenset[str]) -> Shape:
    return replace(shape, fields={name: field for name, field in shape.fields.items() if name not in names})


def _main(position: Position) -> Shape:
    """Return the class that stands for all at `position`: its base, if that is no mere fallback."""
    choices = [shape for shape in position.choices.values() if shape.name != "Entity"]
    return position.base if position.base in choices or not choices else choices[0]


def _merged(position: Position) -> dict[str, Field]:
    """Return the attributes of all classes at `position`; required are those that each of them requires."""
    choices = [shape for shape in position.choices.values() if len(position.choices) == 1 or shape.name != "Entity"]
    merged: dict[str, Field] = {}
    for shape in choices:
        for name, field in shape.fields.items():
            merged.setdefault(name, field)
    return {
        name: replace(field, required=all(name in shape.fields and shape.fields[name].required for shape in choices))
        for name, field in merged.items()
    }


def _respelled(field: Field, words: Mapping[str, str] | None) -> Field:
    """Return `field` with the values it takes in the earlier spelling."""
    if not words or not isinstance(field.content, Leaf) or not field.content.enum:
        return field
    earlier = {stored: word for word, stored in words.items()}
    return replace(field, content=replace(field.content, enum=tuple(earlier.get(w, w) for w in field.content.enum)))


def _stored_path(shape: Shape, path: str, places: Places) -> str:
    """Return where the attribute at the earlier `path` stands in a stored document; "" never for a value."""
    standing: list[str] = []
    at: Shape | None = shape
    for name in path.split("."):
        place = places.get(at, {}).get(name, name) if at else name
        standing += filter(None, place.split("."))
        # What stands below a class other than the first of several is stored as it is shown.
        field = at.fields.get(name) if at else None
        at = field.content.base if field and isinstance(field.content, Position) else None
    return ".".join(standing)


def _values(position: Position, differing: EarlierClass, places: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    """Yield what the attributes of an earlier class are made from, where that is more than what is stored."""

    def said(name: str) -> Said:
        return Said(tuple(places.get(name, name).split(".")))

    for name, words in respelled(position, differing).items():
        yield name, Respelled(said(name), both_ways(words))
    for name in differing.texts:
        yield name, First((Numeral(said(name)), Said((name + ASIDE,))))
    for name, filled in differing.shown.items():
        yield name, First((said(name), filled))


def _showing(shape: Shape, path: str, makers: _Makers) -> Showing | None:
    """Return what is shown at the earlier `path`, where that is more than what is stored."""
    above, _, last = path.rpartition(".")
    at: Shape | None = shape
    for name in filter(None, above.split(".")):
        field = at.fields.get(name) if at else None
        at = field.content.base if field and isinstance(field.content, Position) else None
    value = makers.values.get(at, {}).get(last) if at else None
    return Showing(_stored_path(shape, above, makers.places) if above else "", value) if value else None


def _new(declared: Iterable[Attribute], stored: Mapping[str, Attribute]) -> Iterator[Attribute]:
    """Yield the attributes that `stored` lacks, each after the group it stands in."""
    seen = set(stored)
    for attribute in sorted(declared, key=lambda each: each.path.count(".")):
        steps = attribute.path.split(".")
        for length in range(1, len(steps)):
            above = ".".join(steps[:length])
            if above not in seen:
                seen.add(above)
                yield Attribute(above, "object", attribute.many, "What only an earlier version says.", (), (), False)
        if attribute.path not in seen:
            seen.add(attribute.path)
            yield replace(attribute, searchable=False)
