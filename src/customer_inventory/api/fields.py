"""Fields: which attributes of a document an answer shows (TMF630 part 1, 4.3, and part 6).

An entry is a dotted path, through arrays too, or a JSONPath that keeps the elements for which a condition holds. An
attribute that nothing has is passed over: the standard is silent, and a client may ask all resources for the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customer_inventory.api.scanning import InvalidParameter
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.filtering import selection
from customer_inventory.model.jsonpath import parse_path
from customer_inventory.model.jsonpath_tree import At, Exists, Name, Path, Several, Slice, Step, Where
from customer_inventory.model.selecting import Node, Reading, chosen
from customer_inventory.model.view import View

Fields = frozenset[str | Path]
"""What to show: dotted paths and JSONPaths; empty for id, href and @type only."""

_MOST_PATHS = 20

Kept = dict[str | int, Any]
"""What of a value is shown: what of each part, of an object by name, of an array by index."""

WHOLE: Kept = {"": True}
"""All of a value; told by being this very object."""


def parse_fields(view: View, text: str | None) -> Fields | None:
    """Return what `fields` names, None for everything.

    Raises InvalidParameter, InvalidJsonPath, JsonPathNotSupported or UnknownAttribute.
    """
    if text is None or not text.strip():
        return None
    names = frozenset(part.strip() for part in _parts(text) if part.strip())
    if names == {"none"}:
        return frozenset()
    found: Fields = frozenset(_entry(view, name) for name in names)
    if sum(isinstance(entry, Path) for entry in found) > _MOST_PATHS:
        raise InvalidParameter(f"More than {_MOST_PATHS} JSONPaths in fields.")
    return found


def select(
    document: Mapping[str, Any], fields: Fields, attributes: Mapping[str, Attribute] | None = None
) -> dict[str, Any]:
    """Return the attributes that `fields` names; `attributes` says by which types JSONPaths compare."""
    names = frozenset(entry for entry in fields if isinstance(entry, str))
    paths = [entry for entry in fields if isinstance(entry, Path)]
    if not paths:
        return _select(document, names)
    reading = Reading(attributes or {}, document)
    kept: Kept = {}
    for path in [*(_dotted(entry) for entry in names), *paths]:
        found = _kept(reading, Node(document, ""), path.steps)
        kept = _merged(kept, found) if found is not None else kept
    shown: dict[str, Any] = _shown(dict(document), kept)
    return shown


def dotted(entry: str | Path) -> str:
    """Return the attribute that an entry of `fields` leads to."""
    if isinstance(entry, str):
        return entry
    return ".".join(step.name for step in entry.steps if isinstance(step, Name))


def _select(document: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    whole = {path for path in fields if "." not in path}
    below: dict[str, set[str]] = {}
    for path in fields:
        first, dot, rest = path.partition(".")
        if dot and first not in whole:
            below.setdefault(first, set()).add(rest)
    chosen = {name: value for name, value in document.items() if name in whole}
    for name, paths in below.items():
        if name in document:
            chosen[name] = _below(document[name], frozenset(paths))
    return chosen


def _below(value: Any, paths: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_below(item, paths) for item in value]
    if isinstance(value, dict):
        return _select(value, paths | {"@type"} if "@type" in value else paths)
    return value


def _dotted(entry: str) -> Path:
    return Path(tuple(Name(name) for name in entry.split(".")))


def _kept(reading: Reading, node: Node, steps: tuple[Step, ...]) -> Kept | None:
    """Return what `steps` keep of a value; None for nothing."""
    if not steps:
        return WHOLE
    value, step, rest = node.value, steps[0], steps[1:]
    if isinstance(value, list):
        after = steps if isinstance(step, Name) else rest
        elements = enumerate(Node(each, node.path) for each in value)
        chosen = [(at, each) for at, each in elements if _chosen(reading, step, at, each, len(value))]
        found = {at: _kept(reading, each, after) for at, each in chosen}
        return {at: kept for at, kept in found.items() if kept is not None}
    if isinstance(step, Name):
        below = next(iter(reading.step(step, [node])), None)
        kept = _kept(reading, below, rest) if below else None
        return {step.name: kept} if kept is not None else ({} if isinstance(value, dict) else WHOLE)
    return _kept(reading, node, rest) if _chosen(reading, step, 0, node, 1) else None


def _chosen(reading: Reading, step: Step, at: int, element: Node, of: int) -> bool:
    """Return whether a step leads to, or through, the element at `at` of an array of so many."""
    match step:
        case At() | Slice() | Several():
            return at in chosen(step, of)
        case Where(condition=condition):
            return reading.holds(condition, element)
        case _:
            return True


def _merged(one: Kept, other: Kept) -> Kept:
    if one is WHOLE or other is WHOLE:
        return WHOLE
    both = {key: _merged(one[key], other[key]) for key in one.keys() & other.keys()}
    return {**one, **other, **both}


def _shown(value: Any, kept: Kept) -> Any:
    if kept is WHOLE:
        return value
    if isinstance(value, list):
        return [_shown(each, kept[at]) for at, each in enumerate(value) if at in kept]
    return {
        name: _shown(each, kept.get(name, WHOLE)) for name, each in value.items() if name in kept or name == "@type"
    }


def _parts(text: str) -> list[str]:
    """Split at commas outside of brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"" and depth:
            quote = letter
        elif letter in "[(":
            depth += 1
        elif letter in "])":
            depth -= 1
        if letter == "," and depth <= 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _entry(view: View, name: str) -> str | Path:
    if "[" not in name and not name.startswith("$"):
        return name
    path = parse_path(name)
    if all(isinstance(step, Name) for step in path.steps):
        return dotted(path)
    selection(view, Exists(path))
    return path
