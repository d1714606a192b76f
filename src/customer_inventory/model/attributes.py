"""Attributes: every dotted path of a resource that can be selected, filtered or sorted by, and what it means.

A position for several classes contributes the attributes of all of them. Classes contain themselves (a party relates
to parties), so paths end at `DEPTH` names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from customer_inventory.model.shapes import Field, Leaf, Position, Shape

DEPTH = 4
"""How many names a path has at most. Further down there are only parts of things that are carried by value."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A path that can be asked for: its type (JSON's, or date-time, or any) and whether it may occur several times."""

    path: str
    type: str
    many: bool
    description: str
    formats: tuple[str, ...]
    enum: tuple[str, ...]
    searchable: bool
    kinds: frozenset[str] = frozenset()
    """The kinds of record that have it, where it is one of several that are asked together; none: all."""

    @property
    def scalar(self) -> bool:
        """Whether the path leads to a value rather than to a group of attributes."""
        return self.type not in {"object", "array"}


def attributes_of(shape: Shape, *, searchable: Iterable[str]) -> Mapping[str, Attribute]:
    """Return the attributes of `shape` by path, outermost first; raises ValueError for an unknown searchable one."""
    return attributes_of_any((shape,), searchable=searchable)


def attributes_of_any(shapes: tuple[Shape, ...], *, searchable: Iterable[str]) -> Mapping[str, Attribute]:
    """Return the attributes of an object that may be of any of `shapes`, as `attributes_of` does for one."""
    found: dict[str, Attribute] = {}
    sortable = frozenset(searchable)
    _gather(shapes, "", many=False, searchable=sortable, found=found)
    if unknown := sortable - found.keys():
        raise ValueError(f"{shapes[0].name} has no attributes {sorted(unknown)}")
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: item[0].count("."))))


def _gather(
    shapes: tuple[Shape, ...], prefix: str, *, many: bool, searchable: frozenset[str], found: dict[str, Attribute]
) -> None:
    """Add to `found` the attributes of objects that may be of any of `shapes`."""
    for name, fields in _by_name(shapes).items():
        path = prefix + name
        repeated = many or any(field.many for field in fields)
        found[path] = _attribute(path, fields, many=repeated, searchable=path in searchable)
        within = dict.fromkeys(shape for field in fields for shape in _choices(field))
        if within and path.count(".") + 1 < DEPTH:
            _gather(tuple(within), path + ".", many=repeated, searchable=searchable, found=found)


def _by_name(shapes: tuple[Shape, ...]) -> dict[str, list[Field]]:
    """Return the different attributes of `shapes` by name; one that is inherited counts once."""
    fields: dict[str, list[Field]] = {}
    for shape in shapes:
        for field in shape.fields.values():
            same = fields.setdefault(field.name, [])
            if all((field.many, field.content) != (other.many, other.content) for other in same):
                same.append(field)
    return fields


def _choices(field: Field) -> Iterable[Shape]:
    return field.content.choices.values() if isinstance(field.content, Position) else ()


def _attribute(path: str, fields: list[Field], *, many: bool, searchable: bool) -> Attribute:
    """Return the attribute at `path`; of type any when the classes that have it do not agree."""
    first = fields[0]
    kinds = {_kind(field) for field in fields}
    leaf = first.content if isinstance(first.content, Leaf) else Leaf("object")
    agreed = len(kinds) == 1
    return Attribute(
        path=path,
        type=kinds.pop() if agreed else "any",
        many=many,
        description=first.description,
        formats=leaf.formats if agreed else (),
        enum=leaf.enum if all(field.content == leaf for field in fields) else (),
        searchable=searchable,
    )


def _kind(field: Field) -> str:
    """Return the type of an attribute as seen by who asks for it: a list of values is asked for by a value."""
    if isinstance(field.content, Leaf):
        return field.content.type
    return "array" if field.many else "object"


def nearest_path(attributes: Mapping[str, Attribute], path: str) -> str | None:
    """Return the attribute that a mistyped `path` most likely means, or None when none is like it."""
    close = get_close_matches(path[:200], attributes, n=1, cutoff=0.75)
    return close[0] if close else None
