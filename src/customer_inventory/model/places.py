"""Places: where an attribute stands in documents, written as people write it, and what stands there.

`contactMedium.emailAddress` is the address in each contact medium; `partyCharacteristic[preferredLanguage]` is the
value of the characteristic of that name (TMF630 part 2: attributes that an enterprise adds). Arrays on the way are
gone through, as filters do. Objects that hold the attribute are its *holders*: for the first it is each contact medium,
for the second the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from customer_inventory.errors import Failure, InventoryError

LONGEST = 200
"""How many characters a place may have."""

_NAME = re.compile(r"@?[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_PLACE = re.compile(r"(?P<path>[^\[\]]+)(?:\[(?P<named>[^\[\]\"\\\x00-\x1f]{1,100})\])?")
_DEEPEST = 5


class InvalidPlace(InventoryError):
    """The attribute is not written as one.

    Write names separated by dots, such as contactMedium.emailAddress, and the name of a characteristic in brackets
    behind the attribute that keeps it, such as partyCharacteristic[preferredLanguage].
    """

    code = "invalid-attribute"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attribute stands: the names that lead to its holders, its name there, and which characteristic it is.

    With `named`, `name` is an array of characteristics, and the attribute is the `value` of those of that name.
    """

    holder: tuple[str, ...]
    name: str
    named: str | None = None

    def __str__(self) -> str:
        path = ".".join((*self.holder, self.name))
        return path if self.named is None else f"{path}[{self.named}]"

    @property
    def path(self) -> str:
        """The path of the attribute in the document, without the name of a characteristic."""
        return ".".join((*self.holder, self.name))

    @property
    def holder_path(self) -> str:
        """The path of the holders; empty for the document itself."""
        return ".".join(self.holder)


@lru_cache(maxsize=4096)
def place(text: str) -> Place:
    """Return the place that `text` writes. Raises InvalidPlace."""
    found = _PLACE.fullmatch(text) if len(text) <= LONGEST else None
    names = found["path"].split(".") if found else []
    if found is None or len(names) > _DEEPEST or not all(_NAME.fullmatch(name) for name in names):
        raise InvalidPlace
    return Place(tuple(names[:-1]), names[-1], found["named"])


def holders(document: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the objects that `names` lead to, each with its path, which tells the elements of arrays by their index."""
    found: list[tuple[str, Any]] = [("", document)]
    for name in names:
        found = [
            each
            for path, value in found
            if type(value) is dict and name in value
            for each in elements(f"{path}.{name}" if path else name, value[name])
        ]
    return ((path, value) for path, value in found if type(value) is dict)


def elements(path: str, value: Any) -> list[tuple[str, Any]]:
    """Return the elements of an array with their paths, or the one value that is none."""
    if type(value) is not list:
        return [(path, value)]
    return [(f"{path}[{index}]", each) for index, each in enumerate(value)]


def values(held: Any, path: str, named: str | None) -> Iterator[tuple[str, Any]]:
    """Yield the values of an attribute that holds `held`, each with its path; null counts as absent."""
    for at, value in elements(path, held):
        if named is None:
            if value is not None:
                yield at, value
        elif type(value) is dict and value.get("name") == named:
            yield from ((deep, each) for deep, each in elements(f"{at}.value", value.get("value")) if each is not None)


def meets(one: str, other: str) -> bool:
    """Return whether one path is the other or leads to it."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
