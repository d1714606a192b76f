"""Query parameters: filters, sort, fields and pages, as TMF630 part 1 writes them, into a repository query.

Forms of a filter: `name=x`, `name=x,y` and `name=x&name=y` (any of them), `birthDate.gt=…` with gt, gte, lt, lte and
eq, and the same with encoded signs, `birthDate%3E%3D…`. Everything is bounded; anything not understood is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes

from customer_inventory.api.representation import href
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.view import View
from customer_inventory.repository.query import Condition, Query, Sort

DEFAULT_LIMIT = 100
MOST_LIMIT = 1000
MOST_OFFSET = 1_000_000_000
_LONGEST = 8192
_LONGEST_NAME = 100
_LONGEST_HEADER = 255
_MOST_VALUES = 200
_MOST_SORTS = 3
_RESERVED = frozenset({"fields", "offset", "limit", "sort", "after", "before", "asOf"})
_NAME = re.compile(r"@?[A-Za-z]\w{0,40}(?:\.@?[A-Za-z]\w{0,40}){0,5}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)  # RFC 3339; datetime reads much more
_SUFFIXES = ("gt", "gte", "lt", "lte", "eq")
_SIGNS = {">=": "gte", "<=": "lte", "==": "eq", ">": "gt", "<": "lt"}
_SIGNED = re.compile(r"([^<>=]+)(>=|<=|==|>|<)")


class InvalidParameter(InventoryError):
    """A query parameter is not understood."""

    code = "invalid-parameter"
    failure = Failure.INVALID


class UnknownAttribute(InventoryError):
    """The query names an attribute that the resource does not have."""

    code = "unknown-attribute"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query string of a request asks for."""

    query: Query = field(default_factory=lambda: Query(limit=DEFAULT_LIMIT))
    fields: frozenset[str] | None = None
    paged: bool = False
    """Whether the client asked for a page (offset, limit or a cursor) itself."""
    by_offset: bool = False
    """Whether it named an offset, so that links go on by offset."""
    kept: str = ""
    """The parameters that links keep, as they came: all but the page's own."""


def parse(view: View, query_string: bytes, *, public_url: str = "") -> Asked:
    """Read a query string; hrefs in it start with `public_url`. Raises InvalidParameter or UnknownAttribute."""
    if not query_string:
        return Asked()
    if len(query_string) > _LONGEST:
        raise InvalidParameter(f"The query string is longer than {_LONGEST} bytes. Ask in several requests.")
    single: dict[str, str] = {}
    conditions: dict[tuple[str, str], list[str]] = {}
    for part in query_string.split(b"&"):
        if not part:
            continue
        name, raw = _split(part)
        if name in _RESERVED:
            if name in single:
                raise InvalidParameter(f"The parameter {name} is given twice.")
            single[name] = _text(raw)
        else:
            path, operator = _path_and_operator(view, name)
            values = [view.stored_text(path, _text(value)) for value in raw.split(b",")]
            if path == "href":
                values = _ids_of(view, operator, values, public_url)
            conditions.setdefault((path, operator), []).extend(values)
    return _asked(view, single, conditions, query_string)


def _asked(
    view: View, single: dict[str, str], conditions: dict[tuple[str, str], list[str]], query_string: bytes
) -> Asked:
    if sum(map(len, conditions.values())) > _MOST_VALUES:
        raise InvalidParameter(f"More than {_MOST_VALUES} filter values. Ask in several requests.")
    if {"after", "before"} <= single.keys():
        raise InvalidParameter("after and before cannot go together. Use the one that the Link header gave.")
    if "offset" in single and not single.keys().isdisjoint({"after", "before"}):
        raise InvalidParameter("offset cannot go with after or before. Page by the one or by the others.")
    query = Query(
        conditions=tuple(
            Condition("id" if path == "href" else view.stored_path(path), operator, tuple(values))
            for (path, operator), values in conditions.items()
        ),
        sort=_sorts(view, single.get("sort", "")),
        limit=min(_number(single, "limit", DEFAULT_LIMIT), MOST_LIMIT),
        offset=_number(single, "offset", 0),
        after=single.get("after"),
        before=single.get("before"),
        as_of=_moment(single.get("asOf")),
    )
    return Asked(
        query=query,
        fields=_fields(single.get("fields")),
        paged=not single.keys().isdisjoint({"offset", "limit", "after", "before"}),
        by_offset="offset" in single,
        kept=_kept(query_string),
    )


def of_one(view: View, query_string: bytes, *, writing: bool = False) -> Asked:
    """Read the query string of a request for one record: `fields` and, unless it writes, `asOf`; nothing else.

    Raises InvalidParameter or UnknownAttribute.
    """
    asked = parse(view, query_string)
    if asked.paged or asked.query.conditions or asked.query.sort:
        raise InvalidParameter("One record takes the parameters fields and asOf only.")
    if writing and asked.query.as_of is not None:
        raise InvalidParameter("asOf is for reading: what was cannot be changed. Leave it out.")
    return asked


def _split(part: bytes) -> tuple[str, bytes]:
    """Split one parameter into name and raw value; a sign in the name's place stands for the operator's suffix."""
    raw_name, equals, raw = part.partition(b"=")
    name = _text(raw_name)
    if equals and name.endswith((">", "<")):
        return f"{name[:-1]}.{'gte' if name.endswith('>') else 'lte'}", raw
    if not equals:
        if found := _SIGNED.match(name):
            path, sign = found.groups()
            return f"{path}.{_SIGNS[sign]}", raw_name[_after_sign(raw_name, len(path), sign) :]
        raise InvalidParameter("A parameter has no value. Write name=value.")
    return name, raw


def _after_sign(raw_name: bytes, path_length: int, sign: str) -> int:
    """Where the value starts behind an operator written as encoded or plain signs."""
    at, left = 0, path_length + len(sign)
    while left:
        at += 3 if raw_name[at : at + 1] == b"%" else 1
        left -= 1
    return at


def _path_and_operator(view: View, name: str) -> tuple[str, str]:
    path, operator = name, "eq"
    stem, dot, last = name.rpartition(".")
    if dot and last in _SUFFIXES:
        path, operator = stem, last
    return known_path(view, path), operator


def _ids_of(view: View, operator: str, hrefs: list[str], public_url: str) -> list[str]:
    """Return the ids that hrefs stand for, since hrefs are made from them and not stored; "" for one of no record."""
    if operator != "eq":
        raise InvalidParameter("href cannot be compared by size. Compare id.")
    ids = [value.rpartition("/")[2] for value in hrefs]
    same = [href(view, identifier, public_url=public_url) for identifier in ids]
    return [identifier if value in same else "" for identifier, value in zip(ids, hrefs, strict=True)]


def known_path(view: View, path: str) -> str:
    """Return `path` if the resource has such an attribute. Raises UnknownAttribute naming the nearest one."""
    if path in view.attributes:
        return path
    near = view.nearest(path) if len(path) <= _LONGEST_NAME else None
    hint = f"Did you mean {near}?" if near else "GET /openapi.json shows those it has."
    raise UnknownAttribute(f"{view.resource.name} has no attribute {_shown(path)}. {hint}")


def _sorts(view: View, text: str) -> tuple[Sort, ...]:
    sorts = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        path = known_path(view, part[1:] if part[0] in "+-" else part)
        attribute = view.attributes[path]
        if attribute.many or not attribute.scalar or path == "href":
            raise InvalidParameter(f"{path} cannot be sorted by: it is no single value. Sort by another attribute.")
        sorts.append(Sort(view.stored_path(path), part.startswith("-")))
    if len(sorts) > _MOST_SORTS:
        raise InvalidParameter(f"More than {_MOST_SORTS} sort attributes.")
    return tuple(sorts)


def _number(single: dict[str, str], name: str, default: int) -> int:
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


def _fields(text: str | None) -> frozenset[str] | None:
    if text is None or not text.strip():
        return None
    names = frozenset(part.strip() for part in text.split(",") if part.strip())
    return frozenset() if names == {"none"} else names


def _kept(query_string: bytes) -> str:
    page = ("offset", "limit", "after", "before")
    kept = [part for part in query_string.split(b"&") if part and _text(part.partition(b"=")[0]) not in page]
    # Whatever came unescaped must neither end the Link header's <…> nor break its characters.
    return quote(b"&".join(kept), safe="%&=+,;:@/?!$'()*-._~")


def _text(raw: bytes) -> str:
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidParameter("The query string is not UTF-8. Percent-encode it anew.") from error
    if "\0" in text:
        raise InvalidParameter("The query string holds a NUL character, which no record can hold.")
    return text


def _shown(name: str) -> str:
    """The name, if it looks like one of an attribute: anything else might be a customer's data and is not repeated."""
    return name if _NAME.fullmatch(name) else "of this name"


def printable(value: str, name: str) -> str:
    """Return the value of a header that is kept as it came. Raises InvalidParameter when it is no printable ASCII."""
    if not 0 < len(value) <= _LONGEST_HEADER or not value.isascii() or not value.isprintable():
        raise InvalidParameter(f"{name} must be 1 to {_LONGEST_HEADER} printable ASCII characters.")
    return value
