"""Documents: stored records as rows, a column for each place at which some of them have a value.

Arrays on the way are gone through, and characteristics are told apart by their name, as requirements write attributes
(`model/places.py`). Of several values at a place the first stands in the row, where other columns are compared with it;
the others count as values all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from customer_inventory.model.places import InvalidPlace, place
from customer_inventory.requirements.profiling.sample import LONGEST, Cell, Reservoir, Sample, sample_of

MOST_DOCUMENTS = 20_000
"""How many documents are kept: some 200 MB of usual ones."""

_HOW_BUILT = frozenset(("@type", "@baseType", "@schemaLocation", "href", "@referredType", "valueType"))
"""What says how a document is built, not what it says."""
_DEEPEST = 5


class DocumentSampler:
    """A sample of documents that come one by one; of more than `MOST_DOCUMENTS` it is drawn with `random`."""

    def __init__(self, *, random: Random) -> None:
        self._reservoir: Reservoir[Mapping[str, Any], tuple[str, dict[str, Cell]]] = Reservoir(
            MOST_DOCUMENTS, random, keep=lambda document: (str(document.get("id", "")), _row(document))
        )

    def add(self, document: Mapping[str, Any]) -> None:
        """Take a document, or pass over it."""
        self._reservoir.add(document)

    def sample(self) -> Sample:
        """Return the sample of what was added."""
        kept, numbers = self._reservoir.rows()
        rows = [row for _, row in kept]
        names = list(dict.fromkeys(name for row in rows for name in row))
        cells = [[row.get(name) for name in names] for row in rows]
        return sample_of(names, cells, numbers, seen=self._reservoir.seen, converts=False)

    def ids(self) -> dict[int, str]:
        """Return the ids of the documents in the sample, by their number."""
        kept, numbers = self._reservoir.rows()
        return {number: identifier for number, (identifier, _) in zip(numbers, kept, strict=True)}


def _row(document: Mapping[str, Any]) -> dict[str, Cell]:
    found: dict[str, list[str | int | float | bool]] = {}
    for path, value in _values(document, "", 1):
        found.setdefault(path, []).append(value)
    return {path: values[0] if len(values) == 1 else tuple(values) for path, values in found.items() if _writable(path)}


def _values(held: Mapping[str, Any], above: str, depth: int) -> Iterator[tuple[str, str | int | float | bool]]:
    """Yield the single values below an object, each with its place."""
    for name, value in held.items():
        if name in _HOW_BUILT or (name == "id" and not above) or depth > _DEEPEST:
            continue
        path = f"{above}.{name}" if above else name
        for each in value if type(value) is list else [value]:
            if type(each) is not dict:
                yield from _scalar(path, each)
            elif _is_characteristic(name, each):
                wholes = each["value"] if type(each["value"]) is list else [each["value"]]
                for one in wholes:
                    yield from _scalar(f"{path}[{each['name']}]", one)
            else:
                yield from _values(each, path, depth + 1)


def _scalar(path: str, value: Any) -> Iterator[tuple[str, str | int | float | bool]]:
    if type(value) is str:
        yield path, value[:LONGEST]
    elif type(value) in {int, float, bool}:
        yield path, value


def _is_characteristic(name: str, element: Mapping[str, Any]) -> bool:
    return name.lower().endswith("characteristic") and "value" in element and type(element.get("name")) is str


def _writable(path: str) -> bool:
    try:
        place(path)
    except InvalidPlace:
        return False
    return True
