"""Search terms: the texts by which the one inverted index finds a record by the value of an attribute.

A term is `path=value` for every declared leaf, the value spelled canonically. A filter looks up the term of the value
it was given, so equality is exact. Long values stand as their hash, which an index row has room for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from customer_inventory.model.attributes import Attribute
from customer_inventory.model.comparing import spellings
from customer_inventory.model.problems import InvalidDocument, InvalidValue, Problem
from customer_inventory.model.resource import Resource
from customer_inventory.model.spelling import (
    DAY,
    is_instant,
    is_unicode,
    read_number,
    spelled,
    spelled_instant,
    spelled_number,
)

TERMS = 4096
"""How many terms one record may have: a large organisation's few thousand fit, an index bomb does not."""

LONGEST_VALUE = 200
"""How many characters of a value a term spells out; a longer one is hashed (an index row holds about 2,700 bytes)."""

Branch = Mapping[str, tuple[str, str, "Branch | None"]]
"""What to collect from an object: the name of an attribute, and of it the term's beginning, its type, what is below."""


def terms(resource: Resource, document: Mapping[str, Any]) -> list[str]:
    """Return the terms of a valid `document`, each once, in the order of the document.

    Raises InvalidDocument when there are more than `TERMS`.
    """
    found: list[str] = []
    _collect(_branch(resource), document, found)
    distinct = list(dict.fromkeys(found))
    if len(distinct) > TERMS:
        raise InvalidDocument([Problem("", f"has more than {TERMS} different values to search by; split it")])
    return distinct


def term(resource: Resource, path: str, text: str) -> str:
    """Return the term that `?path=text` looks up.

    An attribute of any type takes a number in its canonical spelling. Raises InvalidValue when `text` cannot be a value
    of the attribute, or `path` leads to no value.
    """
    attribute = resource.attributes.get(path)
    if attribute is None:
        raise InvalidValue(Problem("", f"the attribute asked for is none of {resource.name}"))
    return _term_of(attribute, text)


def _term_of(attribute: Attribute, text: str) -> str:
    check_value(attribute, text)
    return _term(f"{attribute.path}=", _canonical(attribute, text))


def sought(resource: Resource, path: str, text: str) -> tuple[str, ...]:
    """Return the terms of all values that are equal to `text`, of which a record has one or another.

    An instant at midnight in UTC and the plain date of that day are equal, and so are a number and its spelling where
    any type may stand. Raises what `term` raises.
    """
    term(resource, path, text)
    return sought_of(resource.attributes[path], text)


def sought_of(attribute: Attribute, text: str) -> tuple[str, ...]:
    """Return what `sought` does, for an attribute that a class of the resource has. Raises InvalidValue."""
    whole = _term_of(attribute, text)
    prefix = f"{attribute.path}="
    if attribute.type == "any":
        return tuple(_term(prefix, spelling) for spelling in spellings(text))
    if attribute.type == "date-time":
        day, midnight, _ = whole.removeprefix(prefix).partition("T00:00:00Z")
        if midnight or DAY.fullmatch(day):
            return f"{prefix}{day}", f"{prefix}{day}T00:00:00Z"
    return (whole,)


def check_value(attribute: Attribute, text: str) -> None:
    """Raise InvalidValue when `text` cannot be a value of the attribute, or the attribute is none of values."""
    if not attribute.scalar:
        raise InvalidValue(Problem(attribute.path, "is a group of attributes; compare one of them"))
    if reason := _unfit(attribute, text):
        raise InvalidValue(Problem(attribute.path, reason))


def _unfit(attribute: Attribute, text: str) -> str | None:
    """Return why `text` cannot be a value of `attribute`, or None when it can."""
    if "\0" in text or not is_unicode(text):
        return "cannot hold such characters"
    if attribute.enum and text not in attribute.enum:
        return f"is one of {', '.join(attribute.enum)}"
    if attribute.type == "boolean" and text not in {"true", "false"}:
        return "is true or false"
    if attribute.type in {"integer", "number"}:
        number = read_number(text)
        if number is None or (attribute.type == "integer" and number != int(number)):
            return f"is of type {attribute.type}"
    if attribute.type == "date-time" and not is_instant(text, ("date-time", "date")):
        return "is a date-time with a zone or a date (RFC 3339)"
    return None


def _canonical(attribute: Attribute, text: str) -> str:
    """Return the spelling of the value that `text`, which fits, writes."""
    if attribute.type in {"integer", "number"}:
        return spelled_number(read_number(text) or 0)
    if attribute.type == "date-time":
        return spelled_instant(text) or text
    return text


def _term(prefix: str, value: str) -> str:
    if len(value) <= LONGEST_VALUE:
        return prefix + value
    return f"{prefix[:-1]}#{sha256(value.encode()).hexdigest()}"


def _collect(branch: Branch, value: Mapping[str, Any], found: list[str]) -> None:
    """Add the terms of the object `value` and all below it to `found`."""
    for name, content in value.items():
        planned = branch.get(name)
        if planned is None:
            continue
        prefix, kind, below = planned
        for item in content if type(content) is list else (content,):
            if below is not None and type(item) is dict:
                _collect(below, item, found)
            elif kind == "string" and type(item) is str and len(item) <= LONGEST_VALUE:
                found.append(prefix + item)
            elif (text := spelled(kind, item)) is not None:
                found.append(_term(prefix, text))


@lru_cache(maxsize=1024)  # classes of entity come and go
def _branch(resource: Resource) -> Branch:
    """Return what to collect from a document of `resource`."""
    root: dict[str, Any] = {}
    branches: dict[str, dict[str, Any]] = {"": root}
    for path, attribute in resource.attributes.items():
        above, _, name = path.rpartition(".")
        below = None if attribute.scalar and attribute.type != "any" else branches.setdefault(path, {})
        branches[above][name] = (f"{path}=", attribute.type, below)
    return root
