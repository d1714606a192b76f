"""Bounds: what a document may be at most before anyone asks what it says.

They keep one document from exhausting memory, an index or PostgreSQL's jsonb, which knows neither NUL nor lone
surrogates. Nearly every document lies far inside, so a quick look lets those pass and only the others are walked
through to say what is wrong where; the quick look may be over-careful, never over-trusting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from customer_inventory.model.problems import PROBLEMS_SHOWN, Problem
from customer_inventory.model.spelling import LARGEST_NUMBER, is_unicode

DEPTH = 32
NODES = 20_000
TEXT_CHARACTERS = 256 * 1024
NAME_CHARACTERS = 256

_PRINTABLE = re.compile(r"[A-Za-z0-9_@.$-]{1,64}", re.ASCII)
_JSON = frozenset({dict, list, str, int, float, bool, type(None)})


def within_bounds(document: Any) -> bool:
    """Tell whether `document` is surely within the bounds; False means: look closely.

    Its size in JSON bounds the length of each text and, at two bytes a value, the number of values.
    """
    try:
        raw = msgspec.json.encode(document)
    except (TypeError, ValueError, RecursionError):  # no JSON, a lone surrogate, digits without end, or too deep
        return False
    nul = b"\\" in raw and b"\\u0000" in raw  # one byte is found ten times faster than six
    return not nul and len(raw) <= 2 * NODES and _fits(document, 1)


def _fits(group: Any, depth: int) -> bool:
    """Tell whether an object or array, at `depth`, has fit names and holds shallow JSON with fit numbers."""
    if type(group) is dict:
        if not _names_fit(group):
            return False
        group = group.values()
    for value in group:
        kind = type(value)
        if kind is str:  # nearly every value, and its length and characters were seen to
            continue
        if kind is dict or kind is list:
            if depth == DEPTH or not _fits(value, depth + 1):
                return False
        elif kind is int or kind is float:
            if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
                return False
        elif kind not in _JSON:
            return False
    return True


def _names_fit(group: dict[Any, Any]) -> bool:
    for name in group:  # noqa: SIM110  a generator in all() takes half as long again and more
        if type(name) is not str or len(name) > NAME_CHARACTERS:
            return False
    return True


def beyond_bounds(document: Any) -> list[Problem]:
    """Return what lies beyond the bounds in `document`, at most `PROBLEMS_SHOWN` of it."""
    problems: list[Problem] = []
    pending, nodes = [("", 1, document)], 0
    while pending and len(problems) < PROBLEMS_SHOWN:
        path, depth, node = pending.pop()
        nodes += 1
        if nodes > NODES:
            return [*problems, Problem("", f"has more than {NODES} values; split it")]
        problems += (Problem(path, reason) for reason in _reasons(node))
        if depth > DEPTH and type(node) in {dict, list}:
            problems.append(Problem(path, f"is nested deeper than {DEPTH} levels"))
            continue
        pending += ((name, depth + 1, value) for name, value in _inner(path, node))
    return problems


def _inner(path: str, node: Any) -> Iterator[tuple[str, Any]]:
    """Yield what `node` contains, each with its path; a name that is no plain word is not repeated."""
    if type(node) is list:
        yield from ((f"{path}[{index}]", value) for index, value in enumerate(node))
    elif type(node) is dict:
        for name, value in node.items():
            shown = name if isinstance(name, str) and _PRINTABLE.fullmatch(name) else "?"
            yield f"{path}.{shown}" if path else shown, value


def _reasons(node: Any) -> Iterator[str]:
    """Yield what is wrong with one value, apart from what it contains."""
    if type(node) not in _JSON:
        yield "is not a JSON value"
    elif type(node) is str:
        yield from _text_reasons(node)
    elif type(node) is dict:
        for name in node:
            if not isinstance(name, str) or len(name) > NAME_CHARACTERS:
                yield f"has an attribute whose name is longer than {NAME_CHARACTERS} characters"
            else:
                yield from (f"has an attribute whose name {reason}" for reason in _text_reasons(name))
    elif type(node) in {int, float} and not -LARGEST_NUMBER <= node <= LARGEST_NUMBER:
        yield "is a number that is not finite or beyond 10^308"


def _text_reasons(text: str) -> Iterator[str]:
    if "\0" in text:
        yield "contains the character U+0000, which cannot be stored"
    if len(text) > TEXT_CHARACTERS:
        yield f"is longer than {TEXT_CHARACTERS} characters"
    if not is_unicode(text):
        yield "contains half of a surrogate pair, which is no character"
