"""Filters: the conditions of a query string, as TMF630 parts 1 and 6 write them (docs/explanation/filters.md).

A comma binds tightest, and repeating a name likewise (any of the values), then `&` (all of the conditions), and `;`
loosest (any of the alternatives). Everything is bounded; anything not understood is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from customer_inventory.api.representation import href
from customer_inventory.api.scanning import SIGNS, InvalidParameter, Parameter, parameters, split, text_of
from customer_inventory.model.filtering import (
    OPERATORS,
    Condition,
    Either,
    Filter,
    Term,
    known_attribute,
    selection,
)
from customer_inventory.model.jsonpath import parse as parse_jsonpath
from customer_inventory.model.jsonpath_tree import AnyOf
from customer_inventory.model.patterns import pattern
from customer_inventory.model.view import View

LONGEST = 8192
_ROOM = 8192
RESERVED = frozenset({"fields", "filter", "offset", "limit", "sort", "after", "before", "asOf"})
"""The names that are no attributes unless an operator is written out: `limit.eq=5`."""

_MOST_VALUES = 200
_MOST_PATHS = 20
_OTHER_NAMES = {"in": "eq", "nin": "ne", "neq": "ne", "ge": "gte", "le": "lte", "isnotnull": "isnull"}
_TRUTHS = {"": True, "true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_FILTER = ("", "filter")
_BARE_PLUS = re.compile(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?) (\d\d:?\d\d)", re.ASCII)
"""An instant whose plus came without being encoded, and so was read as a space."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a query string says: the terms that must all hold, the reserved parameters by name, and all as they came."""

    terms: tuple[Term, ...]
    reserved: Mapping[str, str]
    parameters: tuple[Parameter, ...]


@dataclass(slots=True)
class _Alternative:
    """One of the alternatives that `;` separates: values by attribute and operator, or JSONPaths."""

    values: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    paths: list[list[str]] = field(default_factory=list)


def parse_filter(view: View, query: str) -> Filter:
    """Return the filter that `query` writes, such as a listener's. Raises what `read` does."""
    said = read(view, query.encode(), reserved=frozenset())
    return Filter(said.terms)


def read(view: View, query_string: bytes, *, reserved: frozenset[str] = RESERVED, public_url: str = "") -> Said:
    """Read a query string; the parameters `reserved`, but for `filter`, are left to the caller.

    An href in it starts with `public_url`.

    Raises InvalidParameter, UnknownAttribute, InvalidPattern, InvalidJsonPath or JsonPathNotSupported.
    """
    # Links repeat what was asked, escaped, with the place of a page: each that is given out must be taken.
    room = _ROOM if any(name in query_string for name in (b"after=", b"before=", b"offset=")) else 0
    most = LONGEST + room
    if len(query_string) > most and (len(query_string) > 4 * LONGEST or len(unquote_to_bytes(query_string)) > most):
        raise InvalidParameter(f"The query string is longer than {LONGEST} bytes. Ask in several requests.")
    reader = _Reader(view, reserved, public_url)
    found = tuple(parameters(query_string))
    for parameter in found:
        reader.take(parameter)
    return Said(reader.terms(), reader.reserved, found)


class _Reader:
    """Collects the parameters of one query string."""

    def __init__(self, view: View, reserved: frozenset[str], public_url: str) -> None:
        self.reserved: dict[str, str] = {}
        self._names = reserved
        self._view = view
        self._public_url = public_url
        self._alternatives = [_Alternative()]
        self._selections = [_Alternative()]
        self._last: tuple[str, str] | None = None

    def take(self, parameter: Parameter) -> None:
        """Take in one parameter."""
        name, sign, value = parameter.name, parameter.sign, parameter.value
        if not sign and not _asks_for_absence(text_of(value)):
            self._take_more(parameter)
            return
        if not sign:
            name, value = text_of(value), b""
        if sign == "=" and name == "filter":
            # JSONPaths are alternatives to each other only: they hold for every alternative of attributes.
            if parameter.separator == ";" and self._last is _FILTER:
                self._selections.append(_Alternative())
            self._selections[-1].paths.append([text_of(value)])
            self._last = _FILTER
            return
        if parameter.separator == ";":
            self._alternatives.append(_Alternative())
        if sign == "=" and name in self._names:
            if name in self.reserved:
                raise InvalidParameter(f"The parameter {name} is given twice.")
            self.reserved[name] = text_of(value)
            self._last = None
        else:
            path, operator, spelled_out = self._key(name, sign)
            if spelled_out and sign not in {"=", ""} and not parameter.plain:
                raise InvalidParameter("A parameter has two operators, in letters and in signs. Write one of them.")
            self._last = path, operator
            self._add(self._last, parameter.plain if spelled_out and sign else value)

    def terms(self) -> tuple[Term, ...]:
        """Return what was taken in."""
        if sum(len(values) for each in self._alternatives for values in each.values.values()) > _MOST_VALUES:
            raise InvalidParameter(f"More than {_MOST_VALUES} filter values. Ask in several requests.")
        if sum(len(texts) for each in self._selections for texts in each.paths) > _MOST_PATHS:
            raise InvalidParameter(f"More than {_MOST_PATHS} JSONPaths. Ask in several requests.")
        return (*self._either(self._alternatives), *self._either(self._selections))

    def _either(self, alternatives: list[_Alternative]) -> tuple[Term, ...]:
        found = tuple(self._terms_of(each) for each in alternatives if each.values or each.paths)
        if len(found) > 1:
            return (Either(found),)
        return found[0] if found else ()

    def _take_more(self, parameter: Parameter) -> None:
        """Take what has no sign as another value of the parameter before it, if a semicolon separates them."""
        if parameter.separator != ";" or self._last is None:
            _refuse_jsonpath(text_of(parameter.value))
            raise InvalidParameter("A parameter has no value. Write name=value.")
        if self._last is _FILTER:
            self._selections[-1].paths[-1].append(text_of(parameter.value))
        else:
            self._add(self._last, parameter.value)

    def _key(self, name: str, sign: str) -> tuple[str, str, bool]:
        """Return a parameter's attribute path and operator, and whether that is in letters. Raises UnknownAttribute."""
        if name not in self._view.attributes:
            _refuse_jsonpath(name)
        stem, dot, last = name.rpartition(".")
        suffix = last.lower() if dot and name not in self._view.attributes else ""
        operator = _OTHER_NAMES.get(suffix, suffix)
        if operator not in OPERATORS:
            known_attribute(self._view, name)
            return name, SIGNS.get(sign, "eq"), False
        known_attribute(self._view, stem)
        # `isnotnull` stays told apart until its values are read.
        return stem, suffix if suffix == "isnotnull" else operator, True

    def _add(self, key: tuple[str, str], raw: bytes) -> None:
        path, operator = key
        attribute = self._view.attributes[path]
        values = [text_of(part) for part in split(raw, nested=operator == "regex")]
        if operator in {"isnull", "isnotnull"}:
            values = [_truth(value, negated=operator == "isnotnull") for value in values]
            operator = "isnull"
        elif operator == "regex":
            for value in values:
                pattern(value)
        elif attribute.type == "date-time":
            values = [_BARE_PLUS.sub(r"\1+\2", value) for value in values]
        if path == "href":
            values = _ids_of(self._view, operator, values, self._public_url)
        self._alternatives[-1].values.setdefault((path, operator), []).extend(values)

    def _terms_of(self, alternative: _Alternative) -> tuple[Term, ...]:
        terms: list[Term] = [
            _condition(self._view, path, operator, values) for (path, operator), values in alternative.values.items()
        ]
        for texts in alternative.paths:
            read = [parse_jsonpath(text) for text in texts]
            terms.append(selection(self._view, AnyOf(tuple(read)) if len(read) > 1 else read[0]))
        return tuple(terms)


def _condition(view: View, path: str, operator: str, values: list[str]) -> Condition:
    if operator == "between" and len(values) % 2:
        raise InvalidParameter("between takes two values: the least and the most.")
    if operator == "isnull" and len(set(values)) > 1:
        raise InvalidParameter("isnull takes one value: true or false.")
    kept = tuple(values[:1] if operator == "isnull" else values)
    path = "id" if path == "href" else path
    return Condition(view.stored_path(path), operator, kept, view.attributes[path], view.showings.get(path))


def _refuse_jsonpath(text: str) -> None:
    """Raise InvalidParameter for what stands in place of a parameter's name and begins like a JSONPath."""
    if text.startswith("$") or "[?" in text:
        raise InvalidParameter("A JSONPath is no parameter by itself. It goes into filter=: write filter= before it.")


def _asks_for_absence(name: str) -> bool:
    return name.lower().endswith((".isnull", ".isnotnull"))


def _truth(value: str, *, negated: bool) -> str:
    found = _TRUTHS.get(value.lower())
    if found is None:
        raise InvalidParameter("isnull is true or false.")
    return "true" if found != negated else "false"


def _ids_of(view: View, operator: str, hrefs: list[str], public_url: str) -> list[str]:
    """Return the ids that hrefs stand for, since hrefs are made from them and not stored; "" for one of no record."""
    if operator not in {"eq", "ne"}:
        raise InvalidParameter("href can be compared for being equal only. Compare id.")
    ids = [value.rpartition("/")[2] for value in hrefs]
    same = [href(view, identifier, public_url=public_url) for identifier in ids]
    return [identifier if value in same else "" for identifier, value in zip(ids, hrefs, strict=True)]
