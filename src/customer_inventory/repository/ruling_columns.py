"""Columns: what is taken out of an object once, to be asked about many times.

The columns of a query are made in levels, one query within the other: an attribute from the object that has it, the
text in which it is written from the attribute.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from customer_inventory.repository import sql
from customer_inventory.repository.fragments import bound, composed, joined
from customer_inventory.repository.values import Clause, written

_SQL = sql.statements("ruling.sql")


class Held(NamedTuple):
    """Where a value is found: the SQL of the JSON value, and of the text in which it is written."""

    value: str
    text: str


class Levels:
    """The levels of one query, each a list of columns made from those of the levels before."""

    def __init__(self, names: Iterator[str]) -> None:
        self.names = names
        self._levels: list[list[Clause]] = []

    def column(self, made: Clause, level: int) -> str:
        """Return the name of a new column of a level; the first one is made from rows themselves."""
        while len(self._levels) < level:
            self._levels.append([])
        name = next(self.names)
        self._levels[level - 1].append(composed(_SQL["column"], made=made, name=name))
        return name

    def over(self, rows: Clause, *, columns: str) -> Clause:
        """Return what to select from: the rows with `columns` of theirs, and all that was made."""
        first, *further = self._levels or [[]]
        found = composed(_SQL["level"], columns=columns, made=joined(first, ""), rows=rows)
        for level in further:
            found = composed(_SQL["level"], columns="l.*", made=joined(level, ""), rows=found)
        return found


class Object:
    """An object that is asked about: its column, the level of that, and its path in the document."""

    def __init__(self, levels: Levels, column: str, *, level: int, path: str, document: Object | None = None) -> None:
        self.column = column
        self.path = path
        self.level = level
        self.document = document or self
        self._levels = levels
        self._values: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._regular: set[str] = set()

    def value(self, name: str) -> str:
        """Return the column of the JSON value of an attribute."""
        if name not in self._values:
            made = composed(_SQL["value"], object=self.column, name=bound(name))
            self._values[name] = self._levels.column(made, self.level + 1)
        return self._values[name]

    def held(self, name: str, *, regular: bool = True) -> Held:
        """Return the columns of an attribute that is no object and no array; a `regular` one never is."""
        value = self.value(name)
        if regular:
            self._regular.add(name)
        if name not in self._texts:
            self._texts[name] = self._levels.column(Clause(written("any", value)), self.level + 2)
        return Held(value, self._texts[name])

    def within(self, name: str) -> Object:
        """Return the object that an attribute holds."""
        path = f"{self.path}.{name}" if self.path else name
        return Object(self._levels, self.value(name), level=self.level + 1, path=path, document=self.document)

    def found(self, bits: Clause) -> str:
        """Return a column of bits that were found in what an attribute holds."""
        return self._levels.column(bits, self.level + 2)

    def irregular(self) -> list[Clause]:
        """Return clauses of which one holds where a regular attribute is an object, an array or null all the same."""
        return [
            composed(_SQL["unwritten"], value=self._values[name], text=self._texts[name])
            for name in sorted(self._regular)
        ]
