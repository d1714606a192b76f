"""Query parameters: filters, sort, fields and pages, as TMF630 part 1 writes them, into a repository query.

Filters are read in `filters.py`; here are the parameters of reserved names, and the headers that stand in for them.
Everything is bounded; anything not understood is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote

from customer_inventory.api.fields import Fields, dotted, parse_fields
from customer_inventory.api.filters import read
from customer_inventory.api.scanning import InvalidParameter, Parameter
from customer_inventory.model.filtering import UnknownAttribute, known_attribute, stored_paths
from customer_inventory.model.jsonpath_problems import JsonPathNotSupported
from customer_inventory.model.view import View
from customer_inventory.repository.order import Sort
from customer_inventory.repository.query import Query

__all__ = ["Asked", "InvalidParameter", "UnknownAttribute", "named", "of_one", "parse", "printable", "ranged"]

DEFAULT_LIMIT = 100
MOST_LIMIT = 1000
MOST_OFFSET = 1_000_000_000
_LONGEST_HEADER = 255
_MOST_SORTS = 3
_MOST_NAMED = 50
_OF_NOBODY = {"id", "href", "@type", "@baseType", "@schemaLocation"}
_PAGE = frozenset({"offset", "limit", "after", "before"})
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)  # RFC 3339; datetime reads much more
_RANGE = re.compile(r"items=\s*(\d{1,10})\s*-\s*(\d{1,10})?\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query string of a request asks for."""

    query: Query = field(default_factory=lambda: Query(limit=DEFAULT_LIMIT))
    fields: Fields | None = None
    paged: bool = False
    """Whether the client asked for a page (offset, limit, a cursor or a range) itself."""
    by_offset: bool = False
    """Whether it named an offset, so that links go on by offset."""
    kept: str = ""
    """The parameters that links keep, as they came: all but the page's own."""


def parse(view: View, query_string: bytes, *, public_url: str = "") -> Asked:
    """Read a query string; hrefs in it start with `public_url`. Raises InvalidParameter and as `filters.read`."""
    if not query_string:
        return Asked()
    said = read(view, query_string, public_url=public_url)
    single = said.reserved
    if {"after", "before"} <= single.keys():
        raise InvalidParameter("after and before cannot go together. Use the one that the Link header gave.")
    if "offset" in single and not single.keys().isdisjoint({"after", "before"}):
        raise InvalidParameter("offset cannot go with after or before. Page by the one or by the others.")
    query = Query(
        conditions=said.terms,
        sort=_sorts(view, single.get("sort", "")),
        limit=min(_number(single, "limit", DEFAULT_LIMIT), MOST_LIMIT),
        offset=_number(single, "offset", 0),
        after=single.get("after"),
        before=single.get("before"),
        as_of=_moment(single.get("asOf")),
    )
    return Asked(
        query=query,
        fields=parse_fields(view, single.get("fields")),
        paged=not single.keys().isdisjoint(_PAGE),
        by_offset="offset" in single,
        kept=as_they_came(said.parameters),
    )


def named(view: View, asked: Asked) -> tuple[str, ...]:
    """Return where the attributes are stored that a request asks for by name: to be shown, searched or sorted by.

    What nothing has is passed over, as it is in the answer; nothing else of what was written is told.
    """
    query = asked.query
    if not (asked.fields or query.conditions or query.sort):
        return ()
    shown = {dotted(entry) for entry in asked.fields or ()} & view.attributes.keys()
    paths = {*map(view.stored_path, shown), *stored_paths(query.conditions), *(sort.path for sort in query.sort)}
    return tuple(sorted(paths - _OF_NOBODY))[:_MOST_NAMED]


def ranged(asked: Asked, header: str | None) -> Asked:
    """Return what is asked for with the page that a Range header names, such as `items=11-20`.

    The page of the query string goes before it. A range that cannot be is passed over (RFC 9110, 14.2). Raises
    InvalidParameter for a header that is none.
    """
    header = None if header is None else printable(header, "Range")
    found = _RANGE.fullmatch(header) if header and not asked.paged else None
    if found is None:
        return asked
    first = int(found[1])
    last = int(found[2]) if found[2] else first + asked.query.limit - 1
    if not 1 <= first <= last or first > MOST_OFFSET:
        return asked
    query = replace(asked.query, offset=first - 1, limit=min(last - first + 1, MOST_LIMIT))
    return replace(asked, query=query, paged=True, by_offset=True)


def of_one(view: View, query_string: bytes, *, writing: bool = False, besides: Sequence[str] = ()) -> Asked:
    """Read the query string of a request for one record: `fields` and, unless it writes, `asOf`; nothing else.

    What was read from it `besides` is named where it says what there may be. Raises InvalidParameter or
    UnknownAttribute.
    """
    asked = parse(view, query_string)
    if asked.paged or asked.query.conditions or asked.query.sort:
        names = ", ".join([*besides, "fields", *([] if writing else ["asOf"])])
        raise InvalidParameter(f"Only lists have conditions, pages and an order. The parameters here are {names}.")
    if writing and asked.query.as_of is not None:
        raise InvalidParameter("asOf is for reading: what was cannot be changed. Leave it out.")
    return asked


def _sorts(view: View, text: str) -> tuple[Sort, ...]:
    sorts = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        path = _sorted_path(part[1:] if part[0] in "+-" else part)
        attribute = known_attribute(view, path)
        if not attribute.scalar or path == "href":
            raise InvalidParameter(f"{path} cannot be sorted by: it has no values. Sort by another attribute.")
        sorts.append(Sort(view.stored_path(path), part.startswith("-"), attribute, view.showings.get(path)))
    if len(sorts) > _MOST_SORTS:
        raise InvalidParameter(f"More than {_MOST_SORTS} sort attributes.")
    return tuple(sorts)


def _sorted_path(written: str) -> str:
    """Return the path that a sort attribute names: as JSONPath, it may say `$.` and `[*]`, which go without saying."""
    path = written.removeprefix("$.").replace("[*]", "")
    if path.count("[") != path.count("]") or path.startswith("["):
        raise InvalidParameter("A sort attribute has brackets that lead nowhere. Sort by a dotted attribute.")
    if "[" in path:
        raise JsonPathNotSupported("A sort by chosen elements is not supported here. Sort by a dotted attribute.")
    return path


def _number(single: Mapping[str, str], name: str, default: int) -> int:
    text = single.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > MOST_OFFSET:
        raise InvalidParameter(f"{name} must be a whole number from 0 to {MOST_OFFSET}.")
    return int(text)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    text = text.replace(" ", "+")  # a plus that was not encoded
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidParameter("asOf must be a date-time with a zone, such as 2026-01-31T12:00:00Z.")


def as_they_came(parameters: Iterable[Parameter]) -> str:
    """Return parameters as links keep them: all but the page's own."""
    kept, separator = "", ""
    for parameter in parameters:
        separator = ";" if ";" in {separator, parameter.separator} else "&"
        if parameter.sign == "=" and parameter.name in _PAGE:
            continue
        # Whatever came unescaped must neither end the Link header's <…> nor break its characters.
        kept += (separator if kept else "") + quote(parameter.raw, safe="%=+,:@/?!$'()*-._~")
        separator = ""
    return kept


def printable(value: str, name: str) -> str:
    """Return the value of a header that is kept as it came. Raises InvalidParameter when it is no printable ASCII."""
    if not 0 < len(value) <= _LONGEST_HEADER or not value.isascii() or not value.isprintable():
        raise InvalidParameter(f"{name} must be 1 to {_LONGEST_HEADER} printable ASCII characters.")
    return value
