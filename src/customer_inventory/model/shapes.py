"""Shapes: what the declared Structs say, read once, in the form that everything else in this room works from.

A `Shape` is one class with its attributes; a `Position` is a place where one of several classes may stand, told apart
by `@type` and never by trying (TMF630 part 2); a `Leaf` is a single value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

from msgspec import Struct, inspect

from customer_inventory.model.entity import DayOrInstant


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value: its JSON type, or date-time, or any; the formats it may have; the values it may take."""

    type: str
    formats: tuple[str, ...] = ()
    enum: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A class: its name, meaning and attributes by their name in JSON."""

    name: str
    description: str
    tagged: bool
    fields: dict[str, Field]

    @property
    def required(self) -> Iterator[str]:
        """The attributes an object of this class cannot do without, wherever it stands."""
        return (name for name, field in self.fields.items() if field.required)


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """A place for an object: the classes that may stand there, and the base for a class that is not known."""

    base: Shape
    choices: Mapping[str, Shape]

    def resolve(self, value: Mapping[str, Any]) -> Shape:
        """Return the class of `value`: the one its `@type` names, else the base of the position."""
        named = value.get("@type")
        return self.choices.get(named, self.base) if isinstance(named, str) else self.base


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """An attribute of a class: one value or a list of them, each a leaf or an object."""

    name: str
    description: str
    required: bool
    many: bool
    content: Leaf | Position


CLASS = Field("@type", "The class of the thing.", required=False, many=False, content=Leaf("string"))


def shapes_of(structs: Iterable[type[Struct]]) -> dict[type[Struct], Shape]:
    """Return the shapes of declared `structs`, with everything that they are made of; raises TypeError for others."""
    wanted = tuple(structs)
    known: dict[type, Shape] = {}
    shapes: dict[type[Struct], Shape] = {}
    for struct, declared in zip(wanted, inspect.multi_type_info(wanted), strict=True):
        if not isinstance(declared, inspect.StructType):
            raise TypeError(f"{struct.__name__} is not a Struct")
        shapes[struct] = _shape(declared, known)
    return shapes


def _shape(declared: inspect.StructType, known: dict[type, Shape]) -> Shape:
    """Return the shape of `declared`; `known` ends the recursion of classes that contain themselves."""
    struct = declared.cls
    if struct in known:
        return known[struct]
    description = cleandoc(struct.__doc__ or "").partition("\n")[0]
    shape = known[struct] = Shape(struct.__name__, description, declared.tag is not None, {})
    if shape.tagged:
        shape.fields[CLASS.name] = CLASS
    for field in declared.fields:
        shape.fields[field.encode_name] = _field(field, known)
    return shape


def _field(declared: inspect.Field, known: dict[type, Shape]) -> Field:
    """Return one attribute of a class."""
    description, content = _described(declared.type)
    many = isinstance(content, inspect.ListType)
    if isinstance(content, inspect.ListType):
        content = content.item_type
    return Field(declared.encode_name, description, declared.required, many, _content(content, known))


def _described(declared: inspect.Type) -> tuple[str, inspect.Type]:
    """Return the description of an attribute and its bare type."""
    if isinstance(declared, inspect.Metadata):
        return (declared.extra_json_schema or {}).get("description", ""), declared.type
    return "", declared


def _content(declared: inspect.Type, known: dict[type, Shape]) -> Leaf | Position:
    """Return what an attribute, or one element of it, holds."""
    if isinstance(declared, inspect.StructType):
        shape = _shape(declared, known)
        return Position(shape, {shape.name: shape})
    if isinstance(declared, inspect.UnionType):
        shapes = [_shape(choice, known) for choice in declared.types if isinstance(choice, inspect.StructType)]
        return Position(shapes[0], {shape.name: shape for shape in shapes})
    return _leaf(declared)


_LEAVES: tuple[tuple[type[inspect.Type], Leaf], ...] = (
    (inspect.StrType, Leaf("string")),
    (inspect.BytesType, Leaf("string", formats=("base64",))),
    (inspect.BoolType, Leaf("boolean")),
    (inspect.FloatType, Leaf("number")),
    (inspect.DateTimeType, Leaf("date-time", formats=("date-time",))),
    (inspect.DictType, Leaf("object")),
    (inspect.AnyType, Leaf("any")),
)


def _leaf(declared: inspect.Type) -> Leaf:
    """Return the single value that `declared` describes; raises TypeError for a type that no attribute has."""
    match declared:
        case inspect.LiteralType(values=values):
            return Leaf("string", enum=tuple(map(str, values)))
        case inspect.IntType(ge=minimum, le=maximum):
            return Leaf("integer", minimum=minimum, maximum=maximum)
        case inspect.CustomType(cls=cls) if cls is DayOrInstant:
            return Leaf("date-time", formats=("date-time", "date"))
    for kind, leaf in _LEAVES:
        if isinstance(declared, kind):
            return leaf
    raise TypeError(f"no attribute is of type {declared!r}")
