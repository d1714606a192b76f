"""Filtering: the conditions of a query, as the doors read them and the repository compiles them.

`Filter.matches` holds one document against them in memory, for what never reaches a list: an event that a listener
may have asked for. Lists of records are always answered by the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.attributes import DEPTH, Attribute
from customer_inventory.model.comparing import compares, written_as
from customer_inventory.model.jsonpath_tree import Expression, Name, Path, Where, paths_in
from customer_inventory.model.patterns import pattern
from customer_inventory.model.search import check_value
from customer_inventory.model.selecting import Reading
from customer_inventory.model.showing import Showing
from customer_inventory.model.view import View

_NAME = re.compile(r"@?[A-Za-z]\w{0,40}(?:\.@?[A-Za-z]\w{0,40}){0,5}", re.ASCII)
"""What looks like the name of an attribute: anything else might be a customer's data and is not repeated."""

OPERATORS = frozenset(
    {"eq", "ne", "gt", "gte", "lt", "lte", "between", "regex", "contains", "startswith", "endswith", "isnull"}
)
"""What a condition may ask: ne that no value equals any of those asked, isnull that there is no value but null."""


_TYPED = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "between"})
"""The operators whose values are of the attribute's type; the others look at how it is written."""


class UnknownAttribute(InventoryError):
    """The query names an attribute that the resource does not have."""

    code = "unknown-attribute"
    failure = Failure.INVALID

    def __init__(self, message: str | None = None, *, shown: str | None = None, near: str | None = None) -> None:
        super().__init__(message)
        self.shown = shown
        """The attribute as it may be repeated, where the resource has no attribute of this name."""
        self.near = near
        """The attribute that it most likely means."""


def of_several(refused: Sequence[InventoryError]) -> InventoryError:
    """Return what is told of a condition that none of several resources understands, by what each refused it for.

    Of a name that none of them has it is the likeliest meaning, or that none has it: not that one of them has not.
    """
    likely = [error for error in refused if isinstance(error, UnknownAttribute) and error.near]
    first = (likely or refused)[0]
    if likely or len(refused) == 1 or not isinstance(first, UnknownAttribute) or first.shown is None:
        return first
    return UnknownAttribute(
        f"No resource here has an attribute {first.shown}. GET /openapi.json shows those they have."
    )


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: where an attribute is stored, one of `OPERATORS`, and values of which any may fulfil it.

    The values of between stand in pairs; that of isnull is true or false. `attribute` is the one of the view in which
    the condition was written, and `showing` what its values are made from if not simply stored; without them the
    attribute that is stored at `path` is meant.
    """

    path: str
    operator: str
    values: tuple[str, ...]
    attribute: Attribute | None = field(default=None, compare=False)
    showing: Showing | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Selection:
    """A JSONPath over documents as a view shows them."""

    expression: Expression
    view: View


@dataclass(frozen=True, slots=True)
class Either:
    """Alternatives, each of several terms that must all hold."""

    alternatives: tuple[tuple[Term, ...], ...]


Term = Condition | Selection | Either


@dataclass(frozen=True, slots=True)
class Filter:
    """Terms that must all hold, over documents as a view shows them."""

    terms: tuple[Term, ...]

    def matches(self, document: Mapping[str, Any]) -> bool:
        """Return whether `document`, as the view shows it and with its id, fulfils every term."""
        return all(_holds(term, document) for term in self.terms)

    def check_values(self) -> None:
        """Raise InvalidValue for a value that cannot be of its attribute's type, as a list does."""
        _check_values(self.terms)


def known_attribute(view: View, path: str, *, repeated: bool = True) -> Attribute:
    """Return the attribute of `view` at `path`. Raises UnknownAttribute naming the nearest one.

    A path that need not be `repeated`, for it stands where values do, is repeated only if it is like an attribute.
    """
    attribute = view.attributes.get(path)
    if attribute is None:
        if (deep := _too_deep(view, path)) is not None:
            raise UnknownAttribute(f"Nothing below {deep} can be asked for by name. Ask with filter={deep}[?( … )].")
        near = view.nearest(path)
        hint = f"Did you mean {near}?" if near else "GET /openapi.json shows those it has."
        shown = path if _NAME.fullmatch(path) and (near or repeated) else "of this name"
        raise UnknownAttribute(f"{view.resource.name} has no attribute {shown}. {hint}", shown=shown, near=near)
    return attribute


def _too_deep(view: View, path: str) -> str | None:
    """Return the group of attributes that ends the names of `path`, where only JSONPath leads further, or None."""
    above = path.rpartition(".")[0]
    while above.count(".") >= DEPTH:
        above = above.rpartition(".")[0]
    group = view.attributes.get(above)
    return above if above.count(".") == DEPTH - 1 and group is not None and not group.scalar else None


def _check_values(terms: Iterable[Term]) -> None:
    for term in terms:
        match term:
            case Either(alternatives=alternatives):
                for each in alternatives:
                    _check_values(each)
            case Condition(operator=operator, attribute=attribute) if attribute is not None and operator in _TYPED:
                for value in term.values:
                    check_value(attribute, value)


def selection(view: View, expression: Expression) -> Selection:
    """Return the term that a JSONPath stands for. Raises UnknownAttribute for a name that nothing has."""
    check_names(view, expression, "")
    return Selection(expression, view)


def free(view: View, path: str) -> bool:
    """Return whether anything may stand below `path`, since nothing is declared there."""
    attribute = view.attributes.get(path)
    if path == "":
        return False
    return attribute is None or attribute.type == "any" or not any(at.startswith(f"{path}.") for at in view.attributes)


def check_names(view: View, expression: Expression, at: str) -> None:
    """Raise UnknownAttribute for a name in a condition on what stands at the path `at` that nothing has."""
    for path in paths_in(expression):
        _check_path(view, path, at)


def _check_path(view: View, path: Path, at: str) -> None:
    here = "" if path.from_root else at
    for step in path.steps:
        if isinstance(step, Name):
            below = f"{here}.{step.name}" if here else step.name
            if below not in view.attributes and not free(view, here):
                known_attribute(view, below, repeated=False)
            here = below
        elif isinstance(step, Where):
            check_names(view, step.condition, here)


def stored_paths(terms: Iterable[Term]) -> Iterator[str]:
    """Yield where the attributes are stored that terms ask for."""
    for term in terms:
        match term:
            case Either(alternatives=alternatives):
                for each in alternatives:
                    yield from stored_paths(each)
            case Selection(expression=expression, view=view):
                yield from (view.stored_path(path) for path in _asked_for(expression, "") if path in view.attributes)
            case Condition(path=path):
                yield path


def _asked_for(expression: Expression, at: str) -> Iterator[str]:
    """Yield the paths of the attributes that a condition on what stands at the path `at` asks for."""
    for path in paths_in(expression):
        yield from paths_on_the_way(path, at)


def paths_on_the_way(path: Path, at: str) -> Iterator[str]:
    """Yield the path of the attribute that a JSONPath from `at` leads to, and of those that its conditions ask for."""
    here = "" if path.from_root else at
    for step in path.steps:
        if isinstance(step, Name):
            here = f"{here}.{step.name}" if here else step.name
        elif isinstance(step, Where):
            yield from _asked_for(step.condition, here)
    yield here


def _holds(term: Term, document: Mapping[str, Any]) -> bool:
    match term:
        case Selection(expression=expression, view=view):
            return Reading(view.attributes, document).holds(expression)
        case Either(alternatives=alternatives):
            return any(all(_holds(each, document) for each in terms) for terms in alternatives)
        case _:
            return _fulfils(term, document)


def _fulfils(condition: Condition, document: Mapping[str, Any]) -> bool:
    attribute, sign, asked = condition.attribute, condition.operator, condition.values
    if attribute is None:
        raise ValueError(f"the condition on {condition.path} was made without its attribute")
    steps = attribute.path.split(".")
    if sign == "isnull":
        return any(value is not None for value in _at(document, steps)) != (asked == ("true",))
    held = [each for value in _at(document, steps) for each in (value if isinstance(value, list) else (value,))]
    kind = attribute.type
    if sign == "ne":
        return not any(compares(kind, value, "eq", text) for value in held for text in asked)
    if sign == "between":
        pairs = list(zip(asked[::2], asked[1::2], strict=True))
        return any(
            compares(kind, value, "gte", least) and compares(kind, value, "lte", most)
            for value in held
            for least, most in pairs
        )
    if sign == "regex":
        texts = [text for value in held if (text := written_as(kind, value)) is not None]
        return any(pattern(each).found_in(text) for each in asked for text in texts)
    return any(compares(kind, value, sign, text) for value in held for text in asked)


def _at(value: Any, steps: list[str]) -> Iterator[Any]:
    """Yield what stands at a path; arrays on the way are descended, one at its end is not."""
    if not steps:
        yield value
        return
    for element in value if isinstance(value, list) else (value,):
        if isinstance(element, dict) and steps[0] in element:
            yield from _at(element[steps[0]], steps[1:])
