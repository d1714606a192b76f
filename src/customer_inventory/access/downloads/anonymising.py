"""Anonymising: rows are made coarser until each is like many others, and those that stay rare are left out.

Every column counts as one by which somebody could be told (k-anonymity by full-domain generalisation, after Sweeney
and Samarati): the column with the most different values is made coarser first, all of it at once, until at most a tenth
of the rows is in classes of less than k, which are left out. Rows are kept as classes with how many there are, so
memory is bounded by the classes; where they are too many, columns are made coarser at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from customer_inventory.access.downloads.protecting import AREA, CODE, DATE, NUMBER, TRUTH, Way, is_plain
from customer_inventory.errors import Failure, InventoryError

LEAST_K = 5
ANY = "*"
"""What is said of a column that is made as coarse as it can be."""
NOTHING = ""
_MOST_CLASSES = 100_000
_MOST_LEFT_OUT = 0.1
_DIGITS_SHOWN = 2

Row = tuple[str, ...]
Step = Callable[[str], str]


class NothingIsAnonymous(InventoryError):
    """No row is like enough others for anything to be given.

    Ask for fewer attributes, or for more records.
    """

    code = "nothing-is-anonymous"
    failure = Failure.UNPROCESSABLE


class NotAnonymous(InventoryError):
    """The file that was made has a row that is like fewer others than was promised: it is not given.

    This is a fault of the inventory: report it.
    """

    code = "not-anonymous"


class Generalising:
    """Rows on their way to being anonymous."""

    def __init__(self, ways: Sequence[Way], *, most_classes: int = _MOST_CLASSES) -> None:
        self._ways = ways
        self._levels = [0] * len(ways)
        self._classes: Counter[Row] = Counter()
        self._most = most_classes

    def add(self, values: Sequence[Any]) -> None:
        """Add a row of JSON values; None is absent."""
        labels = (label(value, way) for value, way in zip(values, self._ways, strict=True))
        coarse = (self._coarse(each, at) for at, each in enumerate(labels))
        self._classes[tuple(coarse)] += 1
        while len(self._classes) > self._most and self._coarsen():
            pass

    def anonymous(self, k: int) -> tuple[list[tuple[Row, int]], int]:
        """Return the classes of at least `k` rows with how many each has, in order, and how many rows are left out.

        Raises NothingIsAnonymous.
        """
        while self._rare(k) > _MOST_LEFT_OUT * self._classes.total() and self._coarsen():
            pass
        found = sorted((row, number) for row, number in self._classes.items() if number >= k)
        if not found:
            raise NothingIsAnonymous
        return found, self._rare(k)

    def _rare(self, k: int) -> int:
        return sum(number for number in self._classes.values() if number < k)

    def _coarse(self, text: str, column: int) -> str:
        for step in STEPS[self._ways[column].kind][: self._levels[column]]:
            text = step(text)
        return text

    def _coarsen(self) -> bool:
        """Make the column with the most different values coarser; return whether there is one that can be."""
        can = [at for at, way in enumerate(self._ways) if self._levels[at] < len(STEPS[way.kind])]
        if not can:
            return False
        column = max(can, key=lambda at: len({row[at] for row in self._classes}))
        step = STEPS[self._ways[column].kind][self._levels[column]]
        self._levels[column] += 1
        classes: Counter[Row] = Counter()
        for row, number in self._classes.items():
            classes[(*row[:column], step(row[column]), *row[column + 1 :])] += number
        self._classes = classes
        return True


def label(value: Any, way: Way) -> str:
    """Return what is said of a value at first: a year, a range, a code, the beginning of a postcode."""
    if value is None or not is_plain(value, way):
        return NOTHING
    match way.kind:
        case "date":
            return str(value)[:4]
        case "number":
            return _range(value)
        case "truth":
            return "true" if value else "false"
        case "area":
            return "".join(letter for letter in value.upper() if letter.isalnum())[:_DIGITS_SHOWN]
    return str(value)


def smallest_class(rows: Iterable[Row]) -> tuple[int, int]:
    """Return how many rows there are, and how many the smallest class of equal ones has."""
    classes = Counter(rows)
    return classes.total(), min(classes.values(), default=0)


def first_values(document: Mapping[str, Any], paths: Sequence[tuple[str, ...]]) -> Iterator[Any]:
    """Yield the first value at each path of a document, None where there is none."""
    for path in paths:
        found: list[Any] = [document]
        for name in path:
            found = [each.get(name) for each in _flat(found) if isinstance(each, dict)]
        yield next((each for each in _flat(found) if each is not None and not isinstance(each, dict)), None)


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for each in values:
        if isinstance(each, list):
            yield from _flat(each)
        else:
            yield each


def _range(number: float) -> str:
    if number < 0:
        return "<0"
    whole = int(number)
    size = 10 ** (len(str(whole)) - 1)
    low = whole // size * size if size > 1 else 0
    return f"{low}-{low + size - 1}" if size > 1 else "0-9"


def _magnitude(text: str) -> str:
    low = text.partition("-")[0]
    if not low.isdigit() or low == "0":
        return text
    return f"{10 ** (len(low) - 1)}-{10 ** len(low) - 1}"


def _any(_text: str) -> str:
    return ANY


STEPS: Mapping[str, Sequence[Step]] = {
    DATE: (lambda text: f"{text[:3]}0s" if text else text, _any),
    NUMBER: (_magnitude, _any),
    TRUTH: (_any,),
    CODE: (_any,),
    AREA: (lambda text: text[:1], _any),
}
"""How values of each kind are made coarser, step by step, down to nothing."""
