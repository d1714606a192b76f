"""Places in a document: JSON Pointers (RFC 6901), and documents with something put, inserted or taken away at one.

Nothing is changed in place. A changed document shares everything but the way to the change with the one before, so a
copy costs no memory and an operation that fails leaves nothing half done.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from customer_inventory.api.patching.budget import LONGEST_PATH
from customer_inventory.api.patching.problems import InvalidPatch, NothingThere, PatchTooLarge
from customer_inventory.model.bounds import DEPTH

Place = tuple[str | int, ...]
"""The way from the document to a value: names of attributes and indexes of elements."""

Tokens = tuple[str, ...]
"""The reference tokens of a JSON Pointer."""

END = "-"
"""The token for the element after the last (RFC 6901 section 4)."""

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_STRAY_TILDE = re.compile(r"~(?![01])")


def parse_pointer(text: str) -> Tokens:
    """Return the tokens of a JSON Pointer. Raises InvalidPatch or PatchTooLarge."""
    if len(text) > LONGEST_PATH:
        raise PatchTooLarge(f"A path has at most {LONGEST_PATH} characters.")
    if text == "":
        return ()
    if not text.startswith("/"):
        raise InvalidPatch("A path is a JSON Pointer and begins with a slash.")
    if _STRAY_TILDE.search(text):
        raise InvalidPatch("In a JSON Pointer a tilde is written ~0 and a slash ~1.")
    tokens = tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))
    if len(tokens) > DEPTH:
        raise PatchTooLarge(f"A path has at most {DEPTH} steps.")
    return tokens


def locate(document: Any, tokens: Tokens) -> Place:
    """Return the place that tokens lead to. Raises NothingThere."""
    place: list[str | int] = []
    for token in tokens:
        step = step_of(document, token)
        if step is None:
            raise NothingThere
        document = document[step]
        place.append(step)
    return tuple(place)


def locate_new(document: Any, tokens: Tokens) -> Place:
    """Return the place where something can be added: a name, or an index up to the length. Raises NothingThere."""
    place = locate(document, tokens[:-1])
    return (*place, new_step(value_at(document, place), tokens[-1])) if tokens else ()


def new_step(group: Any, token: str) -> str | int:
    """Return the step to what can be added to a group under `token`. Raises NothingThere."""
    if isinstance(group, dict):
        return token
    if isinstance(group, list):
        if token == END:
            return len(group)
        if _INDEX.fullmatch(token) and int(token) <= len(group):
            return int(token)
    raise NothingThere


def step_of(group: Any, token: str) -> str | int | None:
    """Return the step that a token means in a group, or None where it leads nowhere."""
    if isinstance(group, dict):
        return token if token in group else None
    if isinstance(group, list) and _INDEX.fullmatch(token) and int(token) < len(group):
        return int(token)
    return None


def value_at(document: Any, place: Place) -> Any:
    """Return the value at a place that is there."""
    for step in place:
        document = document[step]
    return document


def put(document: Any, place: Place, value: Any) -> Any:
    """Return the document with `value` at a place, instead of what is there or as a new attribute."""

    def change(group: Any, step: str | int) -> None:
        group[step] = value

    return _changed(document, place, change) if place else value


def inserted(document: Any, place: Place, value: Any) -> Any:
    """Return the document with `value` as a new attribute, or as an element before the one at the place."""

    def change(group: Any, step: str | int) -> None:
        if isinstance(group, list):
            group.insert(int(step), value)
        else:
            group[step] = value

    return _changed(document, place, change) if place else value


def without(document: Any, place: Place) -> Any:
    """Return the document without what is at a place, which is not the whole document."""

    def change(group: Any, step: str | int) -> None:
        del group[step]

    return _changed(document, place, change)


def _changed(document: Any, place: Place, change: Callable[[Any, str | int], None]) -> Any:
    """Return a copy of the way to a place, on whose last group `change` was made."""
    group = document.copy()
    if len(place) == 1:
        change(group, place[0])
    else:
        group[place[0]] = _changed(group[place[0]], place[1:], change)
    return group


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal (RFC 6902, 4.6): true is not 1, 1 is 1.0, order of attributes is none."""
    pending = [(one, other)]
    while pending:
        one, other = pending.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            pending += ((one[name], other[name]) for name in one)
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            pending += zip(one, other, strict=True)
        elif isinstance(one, bool) is not isinstance(other, bool) or one != other:
            return False
    return True
