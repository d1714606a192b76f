"""Selecting: what a JSONPath finds in one document, by the rules that the lists of the repository follow in SQL.

An attribute of an array is that of its elements, as in the lax mode of SQL/JSON; null counts as absent. The types of
values are those that a view declares at their paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from customer_inventory.model.attributes import Attribute
from customer_inventory.model.comparing import both_compare, compares, number_of, written_as
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
    Name,
    Not,
    Path,
    Several,
    Slice,
    Step,
    Where,
)

SIGNS = {"==": "eq", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
"""The operators of attribute filters that the signs of JSONPath stand for; != is the opposite of ==."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its path in the document, by which its type is declared."""

    value: Any
    path: str


def typed(attributes: Mapping[str, Attribute], path: str) -> str:
    """Return the type that is declared at `path`, or any."""
    attribute = attributes.get(path)
    return attribute.type if attribute else "any"


def common_type(one: str, other: str) -> str:
    """Return the type by which values of two types compare: that of both, number of two kinds of number, else any."""
    if one == other:
        return one
    return "number" if {one, other} <= {"integer", "number"} else "any"


def path_from(path: Path, at: str) -> str:
    """Return the path of the attribute that `path` leads to from an element at the path `at`."""
    names = [step.name for step in path.steps if isinstance(step, Name)]
    return ".".join(filter(None, ["" if path.from_root else at, *names]))


def chosen(step: At | Slice | Several, size: int) -> list[int]:
    """Return the indices that a step leads to in an array of `size` elements, counted from its beginning."""
    match step:
        case Several(parts=parts):
            return [index for part in parts for index in chosen(part, size)]
        case Slice(start=start, stop=stop):
            return list(range(size)[start:stop])
        case At(index=index):
            return [index % size] if -size <= index < size else []


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that is read by JSONPath, with the attributes that its view declares."""

    attributes: Mapping[str, Attribute]
    document: Mapping[str, Any]

    def holds(self, expression: Expression, at: Node | None = None) -> bool:
        """Return whether `expression` holds of the element `at`, or of the whole document."""
        here = at or Node(self.document, "")
        match expression:
            case AllOf(parts=parts):
                return all(self.holds(part, here) for part in parts)
            case AnyOf(parts=parts):
                return any(self.holds(part, here) for part in parts)
            case Not(part=part):
                return not self.holds(part, here)
            case Compare():
                return self._compares(expression, here)
            case _:
                return self._finds(expression, here)

    def nodes(self, path: Path, at: Node) -> Iterable[Node]:
        """Return everything that `path` leads to from the element `at`."""
        found: Iterable[Node] = [Node(self.document, "") if path.from_root else at]
        for step in path.steps:
            found = self.step(step, found)
        return found

    def step(self, step: Step, nodes: Iterable[Node]) -> Iterator[Node]:
        """Yield what one step leads to from each of `nodes`."""
        for node in nodes:
            match step:
                case Name(name=name):
                    yield from _named(node, name)
                case At() | Slice() | Several():
                    elements = _elements(node)
                    yield from (elements[index] for index in chosen(step, len(elements)))
                case Every():
                    yield from _elements(node)
                case Where(condition=condition):
                    yield from (element for element in _elements(node) if self.holds(condition, element))

    def _finds(self, expression: Exists | Fits | Against, at: Node) -> bool:
        match expression:
            case Exists(of=of):
                return self._exists(of, at)
            case Fits(path=path, pattern=pattern):
                texts = (written_as(typed(self.attributes, node.path), node.value) for node in self._each(path, at))
                return any(text is not None and pattern.found_in(text) for text in texts)
            case Against(left=left, sign="!=", right=right):
                return not self._finds(Against(left, "==", right), at)
            case Against(left=left, sign=sign, right=right):
                kind = common_type(self._type_at(left, at), self._type_at(right, at))
                held, asked = ([node.value for node in self._each(path, at)] for path in (left, right))
                return both_compare(kind, held, asked, sign=SIGNS[sign])

    def _type_at(self, path: Path, at: Node) -> str:
        return typed(self.attributes, path_from(path, at.path))

    def _exists(self, of: Path | Call, at: Node) -> bool:
        if isinstance(of, Call):
            return any(True for _ in self._called(of, at))
        return any(node.value is not None for node in self.nodes(of, at))

    def _compares(self, expression: Compare, at: Node) -> bool:
        left, sign, text = expression.left, expression.sign, expression.right.text
        if sign == "!=":
            return not self._compares(Compare(left, "==", expression.right), at)
        if isinstance(left, Call):
            return any(compares("number", made, SIGNS[sign], text) for made in self._called(left, at))
        if expression.right.type == "null":
            return not self.holds(Exists(left), at)
        return any(
            compares(typed(self.attributes, node.path), node.value, SIGNS[sign], text) for node in self._each(left, at)
        )

    def _each(self, path: Path, at: Node) -> Iterator[Node]:
        return (element for node in self.nodes(path, at) for element in _elements(node))

    def _called(self, call: Call, at: Node) -> Iterator[float]:
        if call.function == "length":
            for node in self.nodes(call.path, at):
                if isinstance(node.value, str | list | dict):
                    yield len(node.value)
            return
        numbers = [number for node in self._each(call.path, at) if (number := number_of(node.value)) is not None]
        if numbers:
            yield _MADE[call.function](numbers)


def _named(node: Node, name: str) -> Iterator[Node]:
    path = f"{node.path}.{name}" if node.path else name
    for value in node.value if isinstance(node.value, list) else (node.value,):
        if isinstance(value, dict) and name in value:
            yield Node(value[name], path)


def _elements(node: Node) -> list[Node]:
    if not isinstance(node.value, list):
        return [node]
    return [Node(value, node.path) for value in node.value]


def _average(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def _deviation(numbers: list[float]) -> float:
    """The standard deviation of a whole population."""
    average = _average(numbers)
    return sqrt(sum((number - average) ** 2 for number in numbers) / len(numbers))


_MADE: dict[str, Callable[[list[float]], float]] = {"min": min, "max": max, "avg": _average, "stddev": _deviation}
