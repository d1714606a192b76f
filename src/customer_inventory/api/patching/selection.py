"""Queries behind a pointer: array elements picked by what they hold (json-patch-query of TMF630).

`/contactMedium/preferred?city=Paris` means `preferred` in each contact medium whose city is Paris. A condition may name
its attribute from the element on (`city`), or from the record on with slashes (`/contactMedium/city`) or dots
(`contactMedium.city`, `/contactMedium.city`); whatever arrays it shares with the pointer, it speaks of the same
element. Where several arrays are on the way, an attribute without address belongs to the innermost whose elements have
it, and where none has it to what the pointer leads to itself (`/relatedDocument/document?id=1`). Different attributes
all have to hold; of one attribute named again, one of the values, as in filters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Any, NamedTuple
from urllib.parse import unquote

from customer_inventory.api.patching.budget import Budget
from customer_inventory.api.patching.paths import Opening, opening
from customer_inventory.api.patching.places import END, Place, Tokens, parse_pointer, step_of, value_at
from customer_inventory.api.patching.problems import InvalidPatch, NothingThere
from customer_inventory.model.spelling import read_number

_OWN = -1
"""The level of the very value that a pointer leads to."""

_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")


class Condition(NamedTuple):
    """An attribute and the values of which it has to have one, as the query spells them."""

    names: Tokens
    from_record: bool
    values: tuple[str, ...]


class Selection(NamedTuple):
    """A pointer that goes through arrays, and the conditions that pick their elements."""

    tokens: Tokens
    conditions: tuple[Condition, ...]

    @property
    def looks(self) -> bool:
        """Tell whether values are compared with conditions."""
        return bool(self.conditions)

    def places(self, document: Any, budget: Budget) -> list[Place]:
        """Return where the selected values are. Raises NothingThere or PatchTooLarge."""
        found = self._selected(document, self.tokens, budget)
        budget.select(len(found))
        if not found:
            raise NothingThere
        return found

    def openings(self, document: Any, budget: Budget) -> list[Opening]:
        """Return where something new goes: into selected elements, or below them. Raises NothingThere."""
        last = self.tokens[-1] if self.tokens else ""
        position = last == END or last.isdecimal()
        if not position:
            elements = [
                place for place in self._selected(document, self.tokens, budget) if self.selects_elements(place)
            ]
            if elements:
                budget.select(len(elements))
                return [Opening(place, "merge") for place in elements]
        parents = self._selected(document, self.tokens[:-1], budget, within=not position)
        budget.select(len(parents))
        if not parents:
            raise NothingThere
        return [opening(document, place, last) for place in parents]

    def selects_elements(self, place: Place) -> bool:
        """Tell whether a selected place is an element of an array."""
        return bool(place) and isinstance(place[-1], int)

    def merges_into(self, document: Any, place: Place) -> bool:
        """Tell whether an object goes into what is selected: an element, or an object that a condition is on itself."""
        return self.selects_elements(place) or any(_is_own(document, each, place) for each in self.conditions)

    def lies_within(self, place: Place) -> bool:  # noqa: ARG002  what was taken away is not found any more
        """Tell that what the query selects is looked for in what is left."""
        return False

    def _selected(self, document: Any, tokens: Tokens, budget: Budget, *, within: bool = True) -> list[Place]:
        """Return the places where every condition holds; `within` an array at the end of the pointer too."""
        candidates = list(_candidates(document, tokens, (), within=within, budget=budget))
        reach = dict.fromkeys(candidates, 0)
        for condition in self.conditions:
            reading = _reading(document, condition, list(reach), budget)
            reach = {place: max(reach[place], reading[place]) for place in reading}
        # An element that no condition speaks of stands for its array: that is what the pointer names.
        named = (
            place[:-1] if far < len(place) and _is_beyond(place, tokens) else place for place, far in reach.items()
        )
        return list(dict.fromkeys(named))


def read_selection(head: str, query: str) -> Selection:
    """Return what a pointer and the query behind it select. Raises InvalidPatch or PatchTooLarge."""
    tokens = parse_pointer(head if head.startswith("/") or not head else f"/{head}")
    values: dict[tuple[Tokens, bool], list[str]] = {}
    for part in _parts(query):
        name, equals, value = part.partition("=")
        if not equals or not name:
            raise InvalidPatch("A query is attribute=value, several joined by &.")
        values.setdefault(_named(unquote(name), tokens), []).extend(_spellings(_decoded(value)))
    conditions = (Condition(*named, tuple(texts)) for named, texts in values.items())
    return Selection(tokens, tuple(conditions))


def _parts(query: str) -> list[str]:
    """Return the conditions of a query; an ampersand that begins none belongs to the value before it."""
    parts: list[str] = []
    for part in query.split("&"):
        if parts and "=" not in part:
            parts[-1] += f"&{part}"
        else:
            parts.append(part)
    return parts


def _spellings(value: str) -> list[str]:
    """Return what a value may mean: itself, and what stands between the quotation marks that some clients put."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return [value, value[1:-1]] if quoted else [value]


def _decoded(value: str) -> str:
    """Return a value as it is meant: percent-encoded like in a URL, or with its spaces."""
    return unquote(value) if _ESCAPED.search(value) else value


def _named(name: str, tokens: Tokens) -> tuple[Tokens, bool]:
    """Return the attribute that a condition names, and whether from the record on."""
    if name.startswith("/"):
        names = parse_pointer(name)
        dotted = tuple(names[0].split(".")) if len(names) == 1 else ()
        return (dotted if len(dotted) > 1 and dotted[:1] == tokens[:1] else names), True
    names = parse_pointer("/" + (name if "/" in name else name.replace(".", "/")))
    return names, len(names) > 1 and names[:1] == tokens[:1]


def _candidates(node: Any, tokens: Tokens, place: Place, *, within: bool, budget: Budget) -> Iterator[Place]:
    """Yield every place that a pointer through arrays may mean."""
    budget.look()
    if isinstance(node, list) and tokens and step_of(node, tokens[0]) is not None:
        step = int(tokens[0])
        yield from _candidates(node[step], tokens[1:], (*place, step), within=within, budget=budget)
    elif isinstance(node, list) and tokens:
        for index, element in enumerate(node):
            yield from _candidates(element, tokens, (*place, index), within=within, budget=budget)
    elif isinstance(node, list) and node and within:
        for index in range(len(node)):
            budget.look()
            yield (*place, index)
    elif not tokens:
        yield place
    elif isinstance(node, dict) and tokens[0] in node:
        yield from _candidates(node[tokens[0]], tokens[1:], (*place, tokens[0]), within=within, budget=budget)


def _is_beyond(place: Place, tokens: Tokens) -> bool:
    """Tell whether a place goes on from the array that the pointer names to an element of it."""
    return bool(place) and isinstance(place[-1], int) and (not tokens or tokens[-1] != str(place[-1]))


def _reading(document: Any, condition: Condition, candidates: list[Place], budget: Budget) -> dict[Place, int]:
    """Return the candidates for which a condition holds, with how far along each it reaches.

    Of the ways to read its attribute, the first counts by which any candidate has it.
    """
    for level in _levels(condition, candidates):
        held: dict[Place, int] = {}
        present = False
        for place in candidates:
            start = _start(place, level)
            if start is None:
                continue
            values = list(_values(value_at(document, place[:start]), condition.names, place[start:], budget))
            present = present or bool(values)
            if any(_matches(value, condition.values) for value in values):
                held[place] = _reached(condition.names, place, start)
        if present:
            return held
    return {}


def _levels(condition: Condition, candidates: list[Place]) -> Iterator[int]:
    """Yield the arrays from whose elements an attribute may be named, by number from 1; 0 is the record."""
    arrays = max((sum(isinstance(step, int) for step in place) for place in candidates), default=0)
    if condition.from_record:
        yield 0
    yield from range(arrays, 0, -1)
    if not arrays and not condition.from_record:
        yield 0
    if not condition.from_record:
        yield _OWN


def _start(place: Place, level: int) -> int | None:
    """Return how many steps lead to the element of the array numbered `level`, or None when there are fewer arrays."""
    if level == _OWN:
        return len(place)
    ends = [0, *(number for number, step in enumerate(place, start=1) if isinstance(step, int))]
    return ends[level] if level < len(ends) else None


def _is_own(document: Any, condition: Condition, place: Place) -> bool:
    """Whether a condition is on an attribute that the object at a place has, and no element on the way to it."""
    ends = (number for number, step in enumerate(place, start=1) if isinstance(step, int) or number == len(place))
    having = [end for end in ends if condition.names[0] in _names(value_at(document, place[:end]))]
    return not condition.from_record and having == [len(place)]


def _names(value: Any) -> Set[str]:
    return value.keys() if isinstance(value, dict) else frozenset()


def _values(node: Any, names: Tokens, way: Place, budget: Budget) -> Iterator[Any]:
    """Yield the values that names lead to; in arrays on the `way` its element counts, in others each."""
    budget.look()
    if isinstance(node, list):
        if way and isinstance(way[0], int):
            yield from _values(node[way[0]], names, way[1:], budget)
        else:
            for element in node:
                yield from _values(element, names, (), budget)
    elif not names:
        yield node
    elif isinstance(node, dict) and names[0] in node:
        along = way[1:] if way and way[0] == names[0] else ()
        yield from _values(node[names[0]], names[1:], along, budget)


def _reached(names: Tokens, place: Place, start: int) -> int:
    """Return how many steps of a place a condition speaks of."""
    reached = start
    for name in names:
        if reached == len(place) or place[reached] != name:
            return reached
        reached += 1
        while reached < len(place) and isinstance(place[reached], int):
            reached += 1
    return reached


def _matches(value: Any, texts: tuple[str, ...]) -> bool:
    """Tell whether one of the texts spells a value."""
    if isinstance(value, str):
        return value in texts
    if isinstance(value, bool):
        return ("true" if value else "false") in texts
    if isinstance(value, int | float):
        return any(read_number(text) == value for text in texts)
    return False
