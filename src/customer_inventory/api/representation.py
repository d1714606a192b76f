"""Representations: a stored document with its id and href, whole or the attributes that `fields` names.

A whole one is spliced as bytes, nothing is parsed; only a selection decodes the document.
"""

from __future__ import annotations

from typing import Any

import msgspec

from customer_inventory.model.view import View
from customer_inventory.repository.records import Record

_ALWAYS = ("id", "href", "@type")


def href(view: View, identifier: str, *, public_url: str = "") -> str:
    """Return the address of a record at the canonical base path of a version of its API."""
    return f"{public_url}{view.collection}/{identifier}"


def represent(view: View, record: Record, fields: frozenset[str] | None, *, public_url: str = "") -> bytes:
    """Return the JSON of a record; `fields` None for all of it, empty for id, href and @type only."""
    own = b'{"id":"%s","href":"%s"' % (
        record.id.encode(),
        href(view, record.id, public_url=public_url).encode(),
    )
    if fields is None and view.show is None:
        rest = record.document.lstrip()[1:]
        return own + (b"}" if rest.strip() == b"}" else b"," + rest)
    document = msgspec.json.decode(record.document)
    if view.show is not None:
        document = view.show(document)
    chosen = document if fields is None else select(document, fields | {"@type"})
    return own + (b"," + msgspec.json.encode(chosen)[1:] if chosen else b"}")


def select(document: dict[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """Return the attributes that dotted paths name; arrays on the way are descended (TMF630 part 1, 4.3)."""
    whole = {path for path in fields if "." not in path}
    below: dict[str, set[str]] = {}
    for path in fields:
        first, dot, rest = path.partition(".")
        if dot and first not in whole:
            below.setdefault(first, set()).add(rest)
    chosen = {name: value for name, value in document.items() if name in whole}
    for name, paths in below.items():
        if name in document:
            chosen[name] = _below(document[name], frozenset(paths))
    return chosen


def _below(value: Any, paths: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_below(item, paths) for item in value]
    if isinstance(value, dict):
        typed = paths | {"@type"} if "@type" in value else paths
        return select(value, typed)
    return value
