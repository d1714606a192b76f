"""Entries: lists of a few things that are no records, such as roles, by the rules that lists of records obey.

There are so few of them that they are read whole, and filtered, sorted and paged here: at most thousands, never what
grows with the customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.fields import select
from customer_inventory.api.pages import page_answer
from customer_inventory.api.parameters import Asked, InvalidParameter, of_one, parse, ranged
from customer_inventory.model.comparing import comparable
from customer_inventory.model.filtering import Filter
from customer_inventory.model.jsonpath_tree import Name, Path
from customer_inventory.model.selecting import Node, Reading
from customer_inventory.model.view import View
from customer_inventory.repository.lists import Page, Total
from customer_inventory.repository.order import InvalidCursor, Sort

Shown = dict[str, Any]
"""An entry as JSON, with its id and href."""

_ALWAYS = frozenset({"id", "href", "@type"})


def asked_of_entries(view: View, exchange: Exchange, *, public_url: str) -> Asked:
    """Return what GET on a collection asks for. Raises what `parameters.parse` does, and InvalidValue as lists do."""
    asked = _of_now(ranged(parse(view, exchange.query_string, public_url=public_url), exchange.header(b"range")))
    Filter(asked.query.conditions).check_values()
    return asked


def asked_of_entry(view: View, exchange: Exchange) -> Asked:
    """Return what GET on one entry asks for. Raises what `parameters.of_one` does."""
    return _of_now(of_one(view, exchange.query_string))


def entries_answer(view: View, entries: Iterable[Shown], asked: Asked, *, path: str, public_url: str) -> Answer:
    """Return the answer with one page of `entries`, which come in the order that they have without `sort`.

    Raises InvalidCursor when the entry that the page begins at is gone.
    """
    wanted = Filter(asked.query.conditions)
    found = _sorted(view, [entry for entry in entries if wanted.matches(entry)], asked.query.sort)
    start, end = _bounds([str(entry["id"]) for entry in found], asked)
    shown = found[start:end]
    first, last = (str(shown[0]["id"]), str(shown[-1]["id"])) if shown else (None, None)
    page = Page([], Total(len(found)), first, last, more_before=start > 0, more_after=end < len(found))
    bodies = [_encoded(view, entry, asked) for entry in shown]
    return page_answer(bodies, page, asked, path=path, public_url=public_url)


def entry_answer(view: View, entry: Shown, asked: Asked, *, status: int = 200) -> Answer:
    """Return the answer with one entry."""
    return Answer(status, _encoded(view, entry, asked))


def _of_now(asked: Asked) -> Asked:
    if asked.query.as_of is not None:
        raise InvalidParameter("Nothing is kept here of how it was before. Leave asOf out.")
    return asked


def _encoded(view: View, entry: Shown, asked: Asked) -> bytes:
    chosen = entry if asked.fields is None else select(entry, asked.fields | _ALWAYS, view.attributes)
    return msgspec.json.encode(chosen)


def _bounds(ids: Sequence[str], asked: Asked) -> tuple[int, int]:
    """Return where the page begins and ends. Raises InvalidCursor when the entry that a cursor names is gone."""
    query = asked.query
    cursor = query.after if query.after is not None else query.before
    if cursor is None:
        return query.offset, query.offset + query.limit
    if cursor not in ids:
        raise InvalidCursor
    at = ids.index(cursor)
    return (at + 1, at + 1 + query.limit) if query.after is not None else (max(0, at - query.limit), at)


def _sorted(view: View, entries: list[Shown], sorts: Sequence[Sort]) -> list[Shown]:
    for sort in reversed(sorts):  # a sort keeps the order of what is equal, so the first key comes last
        entries.sort(key=lambda entry, sort=sort: _key(view, entry, sort), reverse=sort.descending)  # type: ignore[misc]
    return entries


def _key(view: View, entry: Mapping[str, Any], sort: Sort) -> tuple[bool, Any]:
    """Return by what an entry is sorted: its smallest value, descending its largest; without one it comes first."""
    path = Path(tuple(Name(step) for step in sort.path.split(".")))
    attribute = view.attributes[sort.path]
    found = (_each(node.value) for node in Reading(view.attributes, entry).nodes(path, Node(entry, "")))
    keys = [key for values in found for value in values if (key := comparable(attribute.type, value)) is not None]
    if not keys:
        return (False, None)
    return (True, max(keys) if sort.descending else min(keys))


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
