"""Dialects: which of its spellings a path is written in.

JSON Patch has JSON Pointers. TMF630 puts a query behind them, and used to do so without a media type of its own: so a
pointer that leads nowhere in a JSON Patch, but does so without the query behind it, is read as one. The price: a JSON
Patch cannot add `note?id=5` beside `note`. TMF630 part 6 writes JSONPath.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from customer_inventory.api.patching.budget import LONGEST_PATH, Budget
from customer_inventory.api.patching.jsonpaths import read_json_path
from customer_inventory.api.patching.paths import Opening, Path, Pointer
from customer_inventory.api.patching.places import Place, parse_pointer
from customer_inventory.api.patching.problems import NothingThere, PatchTooLarge
from customer_inventory.api.patching.selection import Selection, read_selection
from customer_inventory.model.attributes import Attribute


class PointerOrSelection(NamedTuple):
    """A pointer where it leads to a value, else the query that is behind it where its attribute is there."""

    pointer: Pointer
    selection: Selection

    @property
    def looks(self) -> bool:
        """Tell that values may be looked at: where the pointer leads nowhere, the query is meant."""
        return self.selection.looks

    def places(self, document: Any, budget: Budget) -> list[Place]:
        """Return the places meant. Raises NothingThere or PatchTooLarge."""
        return self._meant(document, budget).places(document, budget)

    def openings(self, document: Any, budget: Budget) -> list[Opening]:
        """Return where something new goes. Raises NothingThere or PatchTooLarge."""
        return self._meant(document, budget).openings(document, budget)

    def selects_elements(self, place: Place) -> bool:
        """Tell whether a selected place is an element of an array."""
        return self.selection.selects_elements(place)

    def merges_into(self, document: Any, place: Place) -> bool:
        """Tell whether an object goes into what is selected, instead of in its place."""
        return self.selection.merges_into(document, place)

    def lies_within(self, place: Place) -> bool:
        """Tell whether the pointer leads into the value at `place`."""
        return self.pointer.lies_within(place)

    def _meant(self, document: Any, budget: Budget) -> Path:
        if _leads(self.pointer, document, budget):
            return self.pointer
        first = Pointer(self.selection.tokens[:1])
        return self.selection if _leads(first, document, budget) else self.pointer


def _leads(pointer: Pointer, document: Any, budget: Budget) -> bool:
    try:
        return bool(pointer.places(document, budget))
    except NothingThere:
        return False


def read_path(text: str) -> Path:
    """Return the path of a JSON Patch. Raises InvalidPatch or PatchTooLarge."""
    pointer = Pointer(parse_pointer(text))
    head, question, query = text.partition("?")
    return PointerOrSelection(pointer, read_selection(head, query)) if question and "=" in query else pointer


def read_query_path(text: str, attributes: Mapping[str, Attribute]) -> Path:
    """Return the path of a JSON Patch with queries; `attributes` are those of the record.

    Raises InvalidPatch, PatchTooLarge, InvalidJsonPath or JsonPathNotSupported.
    """
    if len(text) > LONGEST_PATH:
        raise PatchTooLarge(f"A path has at most {LONGEST_PATH} characters.")
    head, question, query = text.partition("?")
    if "[" in head or head.startswith("$") or (text and not question and not text.startswith("/")):
        return read_json_path(text, attributes)
    return read_selection(head, query) if question else Pointer(parse_pointer(text))
