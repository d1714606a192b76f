"""Paths: how an operation names the places it means - a JSON Pointer, or a pointer with a query behind it.

A path answers two questions about a document: where are the values that you mean, and where would you have something
new. Both answers come in the order of the document.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol

from customer_inventory.api.patching.budget import Budget
from customer_inventory.api.patching.places import Place, Tokens, locate, locate_new, new_step, value_at


class Opening(NamedTuple):
    """A place for something new, and the way it goes there.

    `insert`: as a new attribute or before the element. `append`: to the array that is there, unless an array comes
    instead of it. `merge`: into the element that is there.
    """

    place: Place
    way: Literal["insert", "append", "merge"]


class Path(Protocol):
    """The places that an operation means."""

    @property
    def looks(self) -> bool:
        """Tell whether what a record holds, and not only where, decides which places are meant."""

    def places(self, document: Any, budget: Budget) -> list[Place]:
        """Return where the values meant are, one at least. Raises NothingThere or PatchTooLarge."""

    def openings(self, document: Any, budget: Budget) -> list[Opening]:
        """Return where something new would go, one place at least. Raises NothingThere or PatchTooLarge."""

    def selects_elements(self, place: Place) -> bool:
        """Tell whether `place` is an element that was selected by what it holds."""

    def merges_into(self, document: Any, place: Place) -> bool:
        """Tell whether an object that replaces what is at `place` is merged into it."""

    def lies_within(self, place: Place) -> bool:
        """Tell whether the path leads into the value at `place`."""


class Pointer(NamedTuple):
    """A JSON Pointer (RFC 6901)."""

    tokens: Tokens

    @property
    def looks(self) -> bool:
        """Tell that no value is looked at."""
        return False

    def places(self, document: Any, budget: Budget) -> list[Place]:  # noqa: ARG002  one step a token
        """Return the place that the pointer leads to."""
        return [locate(document, self.tokens)]

    def openings(self, document: Any, budget: Budget) -> list[Opening]:  # noqa: ARG002
        """Return the place at which the pointer would have something new."""
        return [Opening(locate_new(document, self.tokens), "insert")]

    def selects_elements(self, place: Place) -> bool:  # noqa: ARG002  what it selects, it selects by position
        """Tell that nothing is selected by what it holds."""
        return False

    def merges_into(self, document: Any, place: Place) -> bool:  # noqa: ARG002  RFC 6902 merges nothing
        """Tell that a value takes the place of what is there."""
        return False

    def lies_within(self, place: Place) -> bool:
        """Tell whether the pointer leads into the value at `place`."""
        return len(self.tokens) > len(place) and self.tokens[: len(place)] == tuple(map(str, place))


def opening(document: Any, parent: Place, token: str) -> Opening:
    """Return where something new goes under `token` of what a query selected. Raises NothingThere."""
    group = value_at(document, parent)
    step = new_step(group, token)
    here = group.get(step) if isinstance(group, dict) else None
    return Opening((*parent, step), "append" if isinstance(here, list) else "insert")
