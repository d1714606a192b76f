"""Selections: JSONPath compiled to SQL: a chain of SQL/JSON path queries, with an EXISTS wherever it branches.

The rules are those of `model.selecting`. Paths, like values, are bound parameters. Where an equality must hold of some
element for a record to be found, the inverted index narrows the records first.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from customer_inventory.ids import parse_id
from customer_inventory.model import Resource
from customer_inventory.model.filtering import Selection
from customer_inventory.model.jsonpath_problems import JsonPathNotSupported
from customer_inventory.model.jsonpath_tree import (
    Against,
    AllOf,
    AnyOf,
    At,
    Call,
    Compare,
    Every,
    Exists,
    Expression,
    Fits,
    Literal,
    Name,
    Not,
    Path,
    Several,
    Slice,
    Where,
)
from customer_inventory.model.problems import InvalidValue
from customer_inventory.model.search import sought
from customer_inventory.model.selecting import SIGNS as STANDS_FOR
from customer_inventory.model.selecting import common_type
from customer_inventory.model.view import View
from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.showing import needed_terms, shown_value
from customer_inventory.repository.values import (
    ALWAYS,
    Clause,
    both_compare,
    compares,
    conjunction,
    disjunction,
    negation,
    typed,
    written,
)

_SQL = sql.statements("filters.sql")
_SIZES = {"==": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_MADE = {"min": "min", "max": "max", "avg": "avg", "stddev": "stddev_pop"}
_MOST_LOOKUPS = 4
_DOCUMENT = "doc"


def selection_clause(resource: Resource, selection: Selection) -> Clause:
    """Return the SQL of a JSONPath over records of `resource`. Raises JsonPathNotSupported."""
    whole = Compiler(selection.view).clause(selection.expression, Element())
    needed = _Needed(resource, selection.view).of(selection.expression, "")
    lookups = [Clause(_SQL["equals"], (array(sorted(terms)),)) for terms in needed[:_MOST_LOOKUPS]]
    return conjunction([*lookups, whole])


def unserved_paths(resource: Resource, selection: Selection) -> list[str]:
    """Return the stored paths that a JSONPath looks at, if no index narrows the records for it."""
    needed = _Needed(resource, selection.view)
    if needed.of(selection.expression, ""):
        return []
    return list(dict.fromkeys(stored(selection.view, path) for path in needed.looked_at(selection.expression, "")))


@dataclass(frozen=True, slots=True)
class Element:
    """What a condition looks at: the SQL of its value, and its path in the view; the document unless said."""

    value: str = _DOCUMENT
    path: str = ""


@dataclass(slots=True)
class _Way:
    """A path as it is followed: the values that were named so far, conditions on them, and steps not yet queried."""

    value: str
    anchor: str
    path: str
    steps: str = ""
    sources: list[Clause] = field(default_factory=list)
    tests: list[Clause] = field(default_factory=list)

    def exists(self, *tests: Clause) -> Clause:
        found = self.query(conjunction([*self.tests, *tests]))
        return Clause(f"exists (select{found.text})", found.values)

    def query(self, test: Clause) -> Clause:
        """Return what follows `select` and what is selected."""
        values = tuple(value for source in self.sources for value in source.values)
        listed = ", ".join(source.text for source in self.sources)
        return Clause(f"{f' from {listed}' if listed else ''} where {test.text}", (*values, *test.values))


class Compiler:
    """Compiles expressions; names every value that it looks at anew.

    `bare` says that documents are looked at as they are kept: without the id and the address of their record.
    """

    def __init__(self, view: View, *, bare: bool = False) -> None:
        self._view = view
        self._bare = bare
        self._numbers = itertools.count(1)

    def clause(self, expression: Expression, at: Element) -> Clause:
        """Return the SQL of an expression about the element `at`: true or false, never null."""
        match expression:
            case AllOf(parts=parts):
                return conjunction([self.clause(part, at) for part in parts])
            case AnyOf(parts=parts):
                return disjunction([self.clause(part, at) for part in parts])
            case Not(part=part):
                return negation(self.clause(part, at))
            case Compare():
                return self._compares(expression, at)
            case _:
                return self._finds(expression, at)

    def _finds(self, expression: Exists | Fits | Against, at: Element) -> Clause:
        match expression:
            case Exists(of=of):
                return self._exists(of, at)
            case Fits(path=path, pattern=pattern):
                way = self._way(path, at, each=True)
                return way.exists(Clause(f"{written(self._type(way), way.value)} ~ %s", (pattern.postgresql,)))
            case Against():
                return self._against(expression, at)

    def _exists(self, of: Path | Call, at: Element) -> Clause:
        if isinstance(of, Call):
            return self._called(of, at, Clause("is not null"))
        way = self._way(of, at)
        return way.exists(ALWAYS if way.value == _DOCUMENT else Clause(f"jsonb_typeof({way.value}) <> 'null'"))

    def _compares(self, expression: Compare, at: Element) -> Clause:
        left, sign, right = expression.left, expression.sign, expression.right
        if sign == "!=":
            return negation(self._compares(Compare(left, "==", right), at))
        if isinstance(left, Call):
            return self._called(left, at, Clause(f"{_SIZES[sign]} %s::numeric", (right.text,)))
        if right.type == "null":
            return negation(self._exists(left, at))
        if not self._bare and _is_own_id(left, at.path) and sign == "==":
            identifier = parse_id(right.text)
            return Clause(_SQL["identified"], ([identifier] if identifier else [],))
        way = self._way(left, at, each=True)
        return way.exists(compares(self._type(way), way.value, STANDS_FOR[sign], (right.text,)))

    def _against(self, expression: Against, at: Element) -> Clause:
        if expression.sign == "!=":
            return negation(self._against(Against(expression.left, "==", expression.right), at))
        left, right = (self._way(path, at, each=True) for path in (expression.left, expression.right))
        kind = common_type(self._type(left), self._type(right))
        left.sources += right.sources
        left.tests += right.tests
        return left.exists(both_compare(kind, left.value, right.value, STANDS_FOR[expression.sign]))

    def _called(self, call: Call, at: Element, test: Clause) -> Clause:
        if call.function == "length":
            way = self._way(call.path, at)
            return way.exists(Clause(f"{_SQL['length'].format(v=way.value)} {test.text}", test.values))
        way = self._way(call.path, at, each=True)
        found = way.query(conjunction(way.tests))
        made = f"(select {_MADE[call.function]}({typed('number', way.value)}){found.text})"
        return Clause(f"(({made} {test.text}) is true)", (*found.values, *test.values))

    def _type(self, way: _Way) -> str:
        attribute = self._view.attributes.get(way.path)
        return attribute.type if attribute else "any"

    def _way(self, path: Path, at: Element, *, each: bool = False) -> _Way:
        """Follow a path; with `each`, to the elements of an array at its end."""
        start = Element() if path.from_root else at
        way = _Way(start.value, start.path, start.path)
        for step in path.steps:
            match step:
                case Name(name=name):
                    self._to_name(way, name)
                case At() | Slice() | Several():
                    self._settle(way)
                    way.steps += f"[{_subscript(step)}]"
                case Every():
                    self._to_each(way)
                case Where(condition=condition):
                    self._to_each(way)
                    self._query(way)
                    way.tests.append(self.clause(condition, Element(way.value, way.path)))
        if each:
            self._to_each(way)
        self._query(way)
        return way

    def _to_name(self, way: _Way, name: str) -> None:
        own = way.path == "" and not self._bare
        if own and name == "href":
            raise JsonPathNotSupported("The JSONPath names href, which is made from the id. Ask for the id.")
        if own and name == "id":
            # The id is not in the document: its column stands for it.
            way.value, way.anchor, way.path = self._alias(way, "own_id"), "id", "id"
            return
        path = f"{way.path}.{name}" if way.path else name
        if showing := self._view.showings.get(path):
            self._to_each(way)
            self._query(way)
            value = shown_value(showing.value, way.value)
            way.value = self._alias(way, "shown_follow", value=value)
            way.anchor = path
        way.path = path

    def _to_each(self, way: _Way) -> None:
        self._settle(way)
        if way.value != _DOCUMENT or way.steps:  # a document is an array of itself
            way.steps += "[*]"

    def _settle(self, way: _Way) -> None:
        """Turn the names since the last other step into steps of the stored document."""
        if way.path == way.anchor:
            return
        before, now = stored(self._view, way.anchor), stored(self._view, way.path)
        if before and now != before and not now.startswith(f"{before}."):
            raise JsonPathNotSupported(
                f"The JSONPath leads to {way.path}, which is kept elsewhere than this version shows it. "
                "Filter by the attribute, or in the version that is stored."
            )
        names = now[len(before) :].removeprefix(".")
        way.steps += "".join(f".{_quoted(name)}" for name in names.split(".") if name)
        way.anchor = way.path

    def _query(self, way: _Way) -> None:
        """Give what the steps lead to a name of its own."""
        self._settle(way)
        if way.steps:
            way.value = self._alias(way, "follow", f"${way.steps}")
            way.steps = ""

    def _alias(self, way: _Way, source: str, *values: str, value: str = "") -> str:
        alias = f"v{next(self._numbers)}"
        way.sources.append(Clause(_SQL[source].format(v=way.value, alias=alias, value=value), values))
        return alias


def stored(view: View, path: str) -> str:
    """Return where `path` of a view stands in the stored document, by the nearest mapped attribute above it."""
    known, rest = path, ""
    while known and known not in view.stored_paths:
        known, _, last = known.rpartition(".")
        rest = f".{last}{rest}"
    return f"{view.stored_paths[known]}{rest}" if known else path


def _subscript(step: At | Slice | Several) -> str:
    """Return the subscript of SQL/JSON for a step; beyond the ends of an array it finds nothing, as it should."""
    match step:
        case Several(parts=parts):
            return ", ".join(map(_subscript, parts))
        case Slice(start=start, stop=stop):
            return f"{_index(start or 0)} to {'last' if stop is None else _index(stop, before=1)}"
        case At(index=index):
            return _index(index)


def _index(index: int, *, before: int = 0) -> str:
    return str(index - before) if index >= 0 else f"last - {before - index - 1}"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_own_id(path: Path, at: str) -> bool:
    return path.steps == (Name("id"),) and (path.from_root or at == "")


@dataclass(frozen=True, slots=True)
class _Needed:
    """Finds the equalities without which an expression cannot hold: sets of terms, each with one a record must have."""

    resource: Resource
    view: View

    def of(self, expression: Expression, at: str) -> list[frozenset[str]]:
        """Return the sets that `expression`, about an element at the path `at`, needs."""
        match expression:
            case AllOf(parts=parts):
                return [terms for part in parts for terms in self.of(part, at)]
            case AnyOf(parts=parts):
                found = [self.of(part, at) for part in parts]
                return [frozenset().union(*(each[0] for each in found))] if all(found) else []
            case Exists(of=Call(path=path)) | Exists(of=Path() as path) | Fits(path=path):
                return self._along(path, at)[1]
            case Compare() | Against() if expression.sign != "!=":
                return self._compared(expression, at)
            case _:
                return []

    def _compared(self, expression: Compare | Against, at: str) -> list[frozenset[str]]:
        match expression:
            case Against(left=left, right=right):
                return [*self._along(left, at)[1], *self._along(right, at)[1]]
            case Compare(left=Call(path=path)):
                return self._along(path, at)[1]
            case Compare(left=Path() as path, sign=sign, right=right) if right.type != "null":
                here, needed = self._along(path, at)
                own = self._terms(here, right) if sign == "==" else None
                return [own, *needed] if own else needed
            case _:
                return []

    def looked_at(self, expression: Expression, at: str) -> list[str]:
        """Return the paths in the view that `expression` looks at."""
        match expression:
            case AllOf(parts=parts) | AnyOf(parts=parts):
                return [path for part in parts for path in self.looked_at(part, at)]
            case Not(part=part):
                return self.looked_at(part, at)
            case Against(left=left, right=right):
                return [*self._looked_along(left, at), *self._looked_along(right, at)]
            case Compare(left=of) | Exists(of=of) | Fits(path=of):
                return self._looked_along(of.path if isinstance(of, Call) else of, at)

    def _looked_along(self, path: Path, at: str) -> list[str]:
        here, found = "" if path.from_root else at, []
        for step in path.steps:
            if isinstance(step, Name):
                here = f"{here}.{step.name}" if here else step.name
            elif isinstance(step, Where):
                found += self.looked_at(step.condition, here)
        return found or [here]

    def _along(self, path: Path, at: str) -> tuple[str, list[frozenset[str]]]:
        here, needed = "" if path.from_root else at, []
        for step in path.steps:
            if isinstance(step, Name):
                here = f"{here}.{step.name}" if here else step.name
            elif isinstance(step, Where):
                needed += self.of(step.condition, here)
        return here, needed

    def _terms(self, path: str, literal: Literal) -> frozenset[str] | None:
        if showing := self.view.showings.get(path):
            return needed_terms(self.resource, showing, (literal.text,)) or None
        shown, kept = self.view.attributes.get(path), self.resource.attributes.get(stored(self.view, path))
        if shown is None or kept is None or shown.type != kept.type or not kept.scalar or kept.path == "id":
            return None
        try:
            return frozenset(sought(self.resource, kept.path, literal.text))
        except InvalidValue:
            return None  # nothing is equal to it: the comparison itself says so
