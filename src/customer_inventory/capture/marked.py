"""Marked documents: those of a shape of rows, in which marks stand for the texts of a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from customer_inventory.model.jsonpath_tree import Expression, Name, Where, paths_in
from customer_inventory.model.ruling import Rule

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a document that is filled from the texts of a row."""

    within: Any
    at: str | int
    taken: Callable[[Sequence[str]], str]

    def fill(self, texts: Sequence[str]) -> None:
        """Put the text of a row in the place."""
        self.within[self.at] = self.taken(texts)


class Marked:
    """A document with `marks` for texts; `ids` in it are others in every row."""

    def __init__(self, document: Any, marks: Sequence[str], ids: Sequence[str]) -> None:
        self.document = document
        self._marks = {mark: at for at, mark in enumerate(marks)}
        self._ids = tuple(ids)
        # The longest first: a mark may begin like another one.
        found = sorted(marks, key=len, reverse=True)
        self._any = re.compile("(" + "|".join(map(re.escape, found)) + ")") if found else None

    def taken(self, value: Any) -> Callable[[Sequence[str]], str] | None:
        """Return how a value is made of the texts of a row; None for one that is the same in every row."""
        if value in self._marks:
            return itemgetter(self._marks[value])
        parts = self._any.split(value) if self._any is not None and isinstance(value, str) else [value]
        if len(parts) == 1:
            return None
        pattern = "%s".join(part.replace("%", "%%") for part in parts[::2])
        at = [self._marks[part] for part in parts[1::2]]
        return lambda texts: pattern % tuple(texts[each] for each in at)

    def value_at(self, path: str) -> Any:
        """Return what stands at the path of a breach."""
        value: Any = self.document
        for name, index in _STEP.findall(path):
            value = value[int(index)] if index else value[name]
        return value

    def below(self, names: Sequence[str]) -> frozenset[int] | None:
        """Return which texts stand at and below what names lead to; None if something else differs from row to row."""
        values = [self.document]
        for name in names:
            held = [each for value in values for each in (value if isinstance(value, list) else [value])]
            values = [each[name] for each in held if isinstance(each, dict) and name in each]
        found = {at for text in _texts(values) for at in self._in(text)}
        return None if -1 in found else frozenset(found)

    def _in(self, text: str) -> Iterator[int]:
        if any(each in text for each in self._ids):
            yield -1
        if self._any is not None:
            yield from (self._marks[mark] for mark in self._any.findall(text))

    def copied(self, texts: frozenset[int]) -> tuple[dict[str, Any], tuple[Slot, ...]]:
        """Return a copy of the document, and the places in it that are made of these texts alone."""
        slots: list[Slot] = []
        return self._copy(self.document, texts, slots), tuple(slots)

    def _copy(self, value: Any, texts: frozenset[int], slots: list[Slot]) -> Any:
        if not isinstance(value, dict | list):
            return value
        items = value.items() if isinstance(value, dict) else enumerate(value)
        made: Any = dict.fromkeys(value) if isinstance(value, dict) else [None] * len(value)
        for at, each in items:
            made[at] = self._copy(each, texts, slots)
            found = set(self._in(each)) if isinstance(each, str) else set()
            taken = self.taken(each) if found and found <= texts else None
            if taken is not None:
                slots.append(Slot(made, at, taken))
        return made


def deciding(rule: Rule, marked: Marked) -> tuple[frozenset[int], frozenset[int]] | None:
    """Return which texts of a row decide a rule, and which of these whether it speaks of a value; None for neither.

    Whether an attribute is there is the same in all rows of a shape; of a characteristic its name may be a text.
    """
    place = rule.place
    names = () if place.named is None else (marked.below((*place.holder, place.name, "name")),)
    applying = _union([*names, *_read_by(rule.when, rule, marked), *_read_by(rule.holds, rule, marked)])
    by_value = rule.holds is None and not (rule.present and place.named is None)
    values = (marked.below((*place.holder, place.name)),) if by_value else ()
    found = _union([applying, *values])
    return None if applying is None or found is None else (found, applying)


def _read_by(expression: Expression | None, rule: Rule, marked: Marked) -> Iterator[frozenset[int] | None]:
    """Yield which texts each way of an expression leads to, or leads past."""
    for path in paths_in(expression, only_there=False):
        names: list[str] = [] if path.from_root else list(rule.place.holder)
        for step in path.steps:
            if not isinstance(step, Name):
                break
            names.append(step.name)
        yield marked.below(names)
        # What a condition on the way looks at is below it, unless it looks at the whole document.
        for step in path.steps:
            if isinstance(step, Where) and any(each.from_root for each in paths_in(step.condition, only_there=False)):
                yield marked.below(())


def _union(several: Iterable[frozenset[int] | None]) -> frozenset[int] | None:
    found: set[int] = set()
    for each in several:
        if each is None:
            return None
        found |= each
    return frozenset(found)


def _texts(values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts([*value.values()])
        elif isinstance(value, list):
            yield from _texts(value)
