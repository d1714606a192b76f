"""The plain reading of filters: what they mean by docs/explanation/filters.md, written down once more for tests.

Nothing of the product is used here but what a date or a number is in Python itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from statistics import pstdev
from typing import Any

from tests.contract.filter_records import Document, Path


@dataclass(frozen=True)
class Asks:
    """A condition on an attribute."""

    path: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A step of a JSONPath: a name, an index, several, every element, or those for which a condition holds."""

    name: str | None = None
    index: int | None = None
    several: tuple[int | tuple[int | None, int | None], ...] = ()
    where: Any = None


@dataclass(frozen=True)
class Test:
    """A condition of a JSONPath about what `steps` lead to; `kind` is exists, compare, against, fits or a function."""

    __test__ = False
    kind: str
    steps: tuple[Step, ...]
    sign: str = ""
    value: str | None = None
    literal: str = ""
    other: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Joined:
    """Several conditions of a JSONPath joined by && or ||, or one that is negated by !."""

    glue: str
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Asked:
    """A whole filter: alternatives of conditions on attributes, and of JSONPaths; one of each must hold."""

    alternatives: tuple[tuple[Any, ...], ...]
    selections: tuple[tuple[Any, ...], ...] = ((),)


SIZES = {
    "gt": lambda held, asked: held > asked,
    "gte": lambda held, asked: held >= asked,
    "lt": lambda held, asked: held < asked,
    "lte": lambda held, asked: held <= asked,
}
SIGNS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "==": "eq"}


def holds(asked: Asked, document: Document, paths: dict[str, Path]) -> bool:
    """Whether a document fulfils a filter."""
    return all(
        any(
            all(
                _asks(term, document, paths) if isinstance(term, Asks) else _true(term, "", document, document, paths)
                for term in terms
            )
            for terms in alternatives
        )
        for alternatives in (asked.alternatives, asked.selections)
    )


# ---------------------------------------------------------------- attributes


def below(value: Any, steps: list[str]) -> Iterator[Any]:
    """What stands at a path; an array on the way stands for its elements."""
    if not steps:
        yield value
    else:
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and steps[0] in each:
                yield from below(each[steps[0]], steps[1:])


def single(values: Iterator[Any]) -> list[Any]:
    """The values, and the elements of those that are arrays."""
    return [each for value in values for each in (value if isinstance(value, list) else [value])]


def _asks(term: Asks, document: Document, paths: dict[str, Path]) -> bool:
    found = list(below(document, term.path.split(".")))
    kind = paths[term.path].type
    if term.operator == "isnull":
        return (not any(value is not None for value in found)) == (term.values == ("true",))
    held = single(iter(found))
    if term.operator in {"ne", "nin"}:
        return not any(same(kind, value, text) for value in held for text in term.values)
    if term.operator == "between":
        pairs = list(zip(term.values[::2], term.values[1::2], strict=True))
        return any(
            sized(kind, value, "gte", least) and sized(kind, value, "lte", most)
            for value in held
            for least, most in pairs
        )
    return any(_one(kind, value, term.operator, text) for value in held for text in term.values)


def _one(kind: str, value: Any, operator: str, text: str) -> bool:
    if operator in {"eq", "in"}:
        return same(kind, value, text)
    if operator in SIZES:
        return sized(kind, value, operator, text)
    written = as_written(kind, value)
    if written is None:
        return False
    match operator:
        case "contains":
            return text in written
        case "startswith":
            return written[: len(text)] == text
        case "endswith":
            return written.endswith(text)
        case _:
            return re.search(text, written, re.ASCII | re.DOTALL) is not None


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", text, re.ASCII) else None


def as_instant(text: Any) -> datetime | None:
    if not isinstance(text, str) or not re.match(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        return datetime.fromisoformat(f"{text}T00:00:00Z" if len(text) == 10 else text.upper()).astimezone(UTC)
    except ValueError:
        return None


def plain(number: Any) -> str:
    text = format(Decimal(str(number)), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def as_written(kind: str, value: Any) -> str | None:
    """The text in which a value is written, if it is of the type."""
    if isinstance(value, bool):
        return str(value).lower() if kind in {"boolean", "any"} else None
    if isinstance(value, str):
        return value if kind in {"string", "date-time", "any"} else None
    return plain(value) if is_number(value) and kind in {"number", "any"} else None


def same(kind: str, value: Any, text: str) -> bool:
    """Whether a value equals what a text writes."""
    if kind == "date-time":
        held = as_instant(value)
        return held is not None and held == as_instant(text)
    if kind == "number":
        asked = as_number(text)
        return is_number(value) and asked is not None and Decimal(str(value)) == asked
    written = as_written(kind, value)
    if kind == "any" and (asked := as_number(text)) is not None and written == plain(asked):
        return True
    return written == text


def sized(kind: str, value: Any, operator: str, text: str) -> bool:
    """Whether a value is so much greater or smaller than what a text writes."""
    if kind == "any":
        kind = "string" if as_number(text) is None else "number"
    if kind == "date-time":
        held, asked = as_instant(value), as_instant(text)
        return held is not None and asked is not None and SIZES[operator](held, asked)
    if kind == "number":
        number = as_number(text)
        return is_number(value) and number is not None and SIZES[operator](Decimal(str(value)), number)
    written = as_written(kind, value)
    return written is not None and SIZES[operator](written.encode(), text.encode())


# ---------------------------------------------------------------- JSONPath


def _true(term: Any, at: str, here: Any, root: Document, paths: dict[str, Path]) -> bool:
    if isinstance(term, Joined):
        each = [_true(part, at, here, root, paths) for part in term.parts]
        return {"&&": all(each), "||": any(each), "!": not each[0]}[term.glue]
    found = _walk(term.steps, [(at, here)], root, paths)
    if term.kind == "exists":
        return any(value is not None for _, value in found)
    if term.sign == "!=":
        equal = replace(term, sign="==")
        return not _true(equal, at, here, root, paths)
    if term.kind == "length":
        return _sizes([len(value) for _, value in found if isinstance(value, str | list | dict)], term)
    each = [(path, one) for path, value in found for one in (value if isinstance(value, list) else [value])]
    if term.kind in {"min", "max", "avg", "stddev"}:
        numbers = [Decimal(str(value)) for _, value in each if is_number(value)]
        make = {"min": min, "max": max, "avg": lambda some: sum(some) / len(some), "stddev": pstdev}[term.kind]
        return _sizes([make(numbers)], term) if numbers else False
    if term.kind == "against":
        others = _walk(term.other, [(at, here)], root, paths)
        rest = [(path, one) for path, value in others for one in (value if isinstance(value, list) else [value])]
        return any(
            _compare(*(_type(path, paths) for path in (mine, theirs)), value, other, term.sign)
            for mine, value in each
            for theirs, other in rest
        )
    return any(_fulfils(_type(path, paths), value, term) for path, value in each)


def _compare(one: str, two: str, value: Any, other: Any, sign: str) -> bool:
    """Whether two values compare, by their common type, or else as any type."""
    kind = one if one == two else "any"
    if kind == "any" and sign != "==":
        if is_number(value) and is_number(other):
            kind = "number"
        elif isinstance(value, str) and isinstance(other, str):
            kind = "string"
        else:
            return False
    if kind == "date-time":
        held, asked = as_instant(value), as_instant(other)
    elif kind == "number":
        held, asked = ((Decimal(str(each)) if is_number(each) else None) for each in (value, other))
    else:
        held, asked = (as_written(kind, each) for each in (value, other))
        held, asked = (each.encode() if each is not None else None for each in (held, asked))
    if held is None or asked is None:
        return False
    return held == asked if sign == "==" else SIZES[SIGNS[sign]](held, asked)


def _sizes(made: list[Any], term: Test) -> bool:
    asked = Decimal(term.value or "0")
    sign = SIGNS[term.sign]
    return any(Decimal(one) == asked if sign == "eq" else SIZES[sign](Decimal(one), asked) for one in made)


def _type(path: str, paths: dict[str, Path]) -> str:
    return paths[path].type if path in paths else "any"


def _fulfils(kind: str, value: Any, term: Test) -> bool:
    if term.kind == "fits":
        written = as_written(kind, value)
        flags = re.ASCII | re.DOTALL | (re.IGNORECASE if term.literal == "i" else 0)
        return written is not None and re.search(term.value or "", written, flags) is not None
    sign = SIGNS[term.sign]
    text = term.value or ""
    return same(kind, value, text) if sign == "eq" else sized(kind, value, sign, text)


def _walk(
    steps: tuple[Step, ...], nodes: list[tuple[str, Any]], root: Document, paths: dict[str, Path]
) -> list[tuple[str, Any]]:
    for step in steps:
        after: list[tuple[str, Any]] = []
        for path, value in nodes:
            elements = value if isinstance(value, list) else [value]
            if step.name is not None:
                inner = f"{path}.{step.name}" if path else step.name
                after += [(inner, one[step.name]) for one in elements if isinstance(one, dict) and step.name in one]
            elif step.index is not None:
                after += [(path, one) for one in elements[step.index :][:1] if -len(elements) <= step.index]
            elif step.several:
                for part in step.several:
                    among = slice(*part) if isinstance(part, tuple) else None
                    if among:
                        after += [(path, one) for one in elements[among]]
                    else:
                        after += [(path, one) for one in elements[part:][:1] if -len(elements) <= part]
            else:
                after += [
                    (path, one) for one in elements if step.where is None or _true(step.where, path, one, root, paths)
                ]
        nodes = after
    return nodes
