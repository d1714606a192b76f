"""Columns: what is taken out of objects once, to be asked about many times.

The columns of a query are made in levels, one query within the other: an attribute from the object that has it, what
is in it from the attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from customer_inventory.model.attributes import Attribute
from customer_inventory.repository import sql
from customer_inventory.repository.fragments import composed, joined
from customer_inventory.repository.values import ALWAYS, Clause, written

_SQL = sql.statements("ruling.sql")
_NAME = re.compile(r"\bc\d+\b")
_PLAIN_NAME = re.compile(r"@?\w+", re.ASCII)


class Held(NamedTuple):
    """Where a value is found: the SQL of the JSON value, of the text in which it is written, of its number if any."""

    value: str
    text: str
    number: str


def held_in(value: str) -> Held:
    """Return where a value is found that is in one column."""
    return Held(value, written("any", value), f"({value})::numeric")


class Levels:
    """The levels of one query, each with columns made from those of the levels before."""

    def __init__(self, names: Iterator[str]) -> None:
        self.names = names
        self._levels: list[dict[str, Clause]] = []

    @property
    def depth(self) -> int:
        """How many levels there are."""
        return len(self._levels)

    def column(self, made: Clause, level: int) -> str:
        """Return the name of a new column of a level; the first one is made from rows themselves."""
        while len(self._levels) < level:
            self._levels.append({})
        name = next(self.names)
        self._levels[level - 1][name] = made
        return name

    def over(self, rows: Clause, *, columns: Mapping[str, str], asked: str) -> Clause:
        """Return what to select from: `columns` of the rows, by their names, and what was made that SQL asks about."""
        own, wanted = {name for level in self._levels for name in level}, set(_NAME.findall(asked))
        selected = []
        for level in reversed(self._levels or [{}]):
            made = {name: clause for name, clause in level.items() if name in wanted}
            passed = sorted((wanted & own) - made.keys())
            selected.append((passed, made))
            wanted = {*passed, *(name for clause in made.values() for name in _NAME.findall(clause.text))}
        found, base = rows, list(columns.values())
        for passed, made in reversed(selected):
            new = [composed(_SQL["column"], made=clause, name=name) for name, clause in made.items()]
            found = composed(_SQL["level"], columns=", ".join([*base, *passed]), made=joined(new, ""), rows=found)
            base = list(columns)
        return found


class Object:
    """An object that is asked about: its column, the level of that, and its path in the document."""

    def __init__(
        self,
        attributes: Mapping[str, Attribute],
        levels: Levels,
        column: str,
        *,
        level: int,
        path: str,
        document: Object | None = None,
    ) -> None:
        self.attributes = attributes
        self.levels = levels
        self.column = column
        self.level = level
        self.path = path
        self.document = document or self
        self._values: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._loose: dict[str, str] = {}
        self._seen_to: set[str] = set()

    def value(self, name: str) -> str:
        """Return the column of the JSON value of an attribute: of an object or an array."""
        if name not in self._values:
            made = composed(_SQL["value"], object=self.column, name=name)
            self._values[name] = self.levels.column(made, self.level + 1)
        return self._values[name]

    def held(self, name: str) -> Held:
        """Return where an attribute is found that is no object and no array; what is one is told by `irregular`."""
        if self._may_be_number(name):
            value = self.value(name)
            if name not in self._texts:
                self._texts[name] = self.levels.column(Clause(written("any", value)), self.level + 2)
            return Held(value, self._texts[name], f"({value})::numeric")
        if name not in self._texts:
            made = composed(_SQL["text"], object=self.column, name=name)
            self._texts[name] = self.levels.column(made, self.level + 1)
        return self._written(name, self._texts[name])

    def number(self, name: str) -> Held:
        """Return where an attribute is found that is asked about as a number alone."""
        value = self.value(name)
        return Held(value, written("any", value), f"({value})::numeric")

    def loosely(self, name: str) -> Held:
        """Return where an attribute is found that may be anything: its text is JSON if it is an object or an array."""
        if name not in self._loose:
            made = composed(_SQL["text"], object=self.column, name=name)
            self._loose[name] = self.levels.column(made, self.level + 1)
        return self._written(name, self._loose[name])

    def tested(self, name: str, bits: Clause, *, irregular: int) -> Clause:
        """Return the bits of an attribute that is `held` if it is there, or that it is irregular."""
        self._seen_to.add(name)
        held = self.held(name)
        fragment = "tested_exactly" if self._may_be_number(name) else "tested"
        return composed(_SQL[fragment], value=held.value, text=held.text, bits=bits, irregular=irregular)

    def within(self, name: str) -> Object:
        """Return the object that an attribute holds."""
        return self._further(self.value(name), self.level + 1, self.path_of(name))

    def element(self, name: str, index: int) -> Object:
        """Return the object that is an element of an array that an attribute holds."""
        made = composed(_SQL["element"], array=self.value(name), index=index)
        return self._further(self.levels.column(made, self.level + 2), self.level + 2, self.path_of(name))

    def path_of(self, name: str) -> str:
        """Return the path of an attribute in the document."""
        return f"{self.path}.{name}" if self.path else name

    def irregular(self) -> list[Clause]:
        """Return clauses of which one holds where this is no object, or what is `held` is no text, number or truth."""
        odd = [self._odd(name) for name in self._texts if name not in self._seen_to]
        if self is self.document:
            return odd
        columns = [*self._texts.values(), *self._loose.values(), *self._values.values()]
        nothing = joined([composed(_SQL["absent"], value=column) for column in columns] or [ALWAYS], " and ")
        return [*odd, composed(_SQL["no_object"], value=self.column, nothing=nothing)]

    def _odd(self, name: str) -> Clause:
        held = self.held(name)
        fragment = "odd_value" if self._may_be_number(name) else "odd_text"
        return composed(_SQL[fragment], value=held.value, text=held.text)

    def _may_be_number(self, name: str) -> bool:
        """Tell whether an attribute may be a number, which may be written with more digits than it needs."""
        declared = self.attributes.get(self.path_of(name))
        return declared is None or declared.type in {"integer", "number", "any"}

    def _written(self, name: str, text: str) -> Held:
        value = composed(_SQL["value_of"], object=self.column, name=name).text
        return Held(value, text, f"({text})::numeric")

    def _further(self, column: str, level: int, path: str) -> Object:
        return Object(self.attributes, self.levels, column, level=level, path=path, document=self.document)


def is_plain_name(name: str) -> bool:
    """Return whether a name may stand in SQL as it is."""
    return _PLAIN_NAME.fullmatch(name) is not None
