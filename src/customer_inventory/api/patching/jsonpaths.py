"""JSONPath as the path of an operation (TMF630 part 6): `note[?(@.author=='John Doe')].text`.

Slashes between the steps are taken for dots, so that the form of part 6 mixes with pointers as clients mix them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from customer_inventory.api.patching.budget import Budget
from customer_inventory.api.patching.paths import Opening, opening
from customer_inventory.api.patching.places import Place, value_at
from customer_inventory.api.patching.problems import NothingThere
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.jsonpath import parse_path
from customer_inventory.model.jsonpath_tree import At, Every, Name, Several, Slice, Step, Where
from customer_inventory.model.selecting import Node, Reading, chosen

_CHARACTERS_A_LOOK = 32


class JsonPath(NamedTuple):
    """The steps of a JSONPath, how much is looked at for each value that they come by, and what types values are of."""

    steps: tuple[Step, ...]
    cost: int
    attributes: Mapping[str, Attribute]

    @property
    def looks(self) -> bool:
        """Tell whether values are compared with conditions."""
        return any(isinstance(step, Where) for step in self.steps)

    def places(self, document: Any, budget: Budget) -> list[Place]:
        """Return where the selected values are. Raises NothingThere or PatchTooLarge."""
        return self._reached(document, self.steps, budget)

    def openings(self, document: Any, budget: Budget) -> list[Opening]:
        """Return where something new goes: into selected elements, or below them. Raises NothingThere."""
        last = self.steps[-1] if self.steps else None
        if not isinstance(last, Name):
            return [Opening(place, "merge") for place in self._reached(document, self.steps, budget)]
        found = self._reached(document, self.steps[:-1], budget)
        parents = [below for place in found for below in _elements(document, place)]
        return [opening(document, place, last.name) for place in parents]

    def selects_elements(self, place: Place) -> bool:
        """Tell whether a selected place is an element of an array, not named by its index."""
        return bool(place) and isinstance(place[-1], int) and not isinstance(self.steps[-1], At | Slice | Several)

    def merges_into(self, document: Any, place: Place) -> bool:  # noqa: ARG002  each value is selected by its array
        """Tell whether an object goes into what is selected, instead of in its place."""
        return self.selects_elements(place)

    def lies_within(self, place: Place) -> bool:  # noqa: ARG002  what was taken away is not found any more
        """Tell that what the path selects is looked for in what is left."""
        return False

    def _reached(self, document: Any, steps: tuple[Step, ...], budget: Budget) -> list[Place]:
        reading = Reading(self.attributes, document)
        found: list[Place] = [()]
        for step in steps:
            found = [below for place in found for below in self._stepped(reading, place, step, budget)]
        budget.select(len(found))
        if not found:
            raise NothingThere
        return found

    def _stepped(self, reading: Reading, place: Place, step: Step, budget: Budget) -> Iterator[Place]:
        """Yield where one step leads from a place."""
        elements = list(_elements(reading.document, place))
        budget.look(len(elements))
        match step:
            case Name(name=name):
                for element in elements:
                    value = value_at(reading.document, element)
                    if isinstance(value, dict) and name in value:
                        yield (*element, name)
            case At() | Slice() | Several():
                # What is named twice is changed once.
                yield from (elements[index] for index in dict.fromkeys(chosen(step, len(elements))))
            case Every():
                yield from elements
            case Where(condition=condition):
                for element in elements:
                    value = value_at(reading.document, element)
                    budget.look(self.cost * _size(value))
                    if reading.holds(condition, Node(value, _path_to(element))):
                        yield element


def read_json_path(text: str, attributes: Mapping[str, Attribute]) -> JsonPath:
    """Return the JSONPath that `text` writes, whose values are of the types that `attributes` declare.

    Raises InvalidJsonPath or JsonPathNotSupported.
    """
    return JsonPath(parse_path(_dotted(text)).steps, 1 + len(text) // _CHARACTERS_A_LOOK, attributes)


def _path_to(place: Place) -> str:
    """Return the path of the attribute at a place, by which its type is declared."""
    return ".".join(step for step in place if isinstance(step, str))


def _dotted(text: str) -> str:
    """Return a path with dots for the slashes between its steps; what stands in brackets is left alone."""
    letters: list[str] = []
    quote, depth = "", 0
    for letter in text.removeprefix("/"):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "[]":
            depth += 1 if letter == "[" else -1
        letters.append("." if letter == "/" and not depth else letter)
    return "".join(letters)


def _elements(document: Any, place: Place) -> Iterator[Place]:
    """Yield the elements of the array at a place, or the place itself."""
    value = value_at(document, place)
    if isinstance(value, list):
        yield from ((*place, index) for index in range(len(value)))
    else:
        yield place


def _size(value: Any) -> int:
    """Return how many values there are in `value`, itself included."""
    size, pending = 0, [value]
    while pending:
        node = pending.pop()
        size += 1
        pending += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return size
