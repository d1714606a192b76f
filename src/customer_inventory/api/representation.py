"""Representations: a stored document with its id and href, whole or the attributes that `fields` names.

A whole one is spliced as bytes, nothing is parsed; only a selection decodes the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from customer_inventory.api.fields import Fields, select
from customer_inventory.model.view import View
from customer_inventory.repository.records import Record

_BLANK = 16
"""How many bytes are looked at to tell whether a document says nothing at all."""


def href(view: View, identifier: str, *, public_url: str = "") -> str:
    """Return the address of a record at the canonical base path of a version of its API."""
    return f"{public_url}{view.collection}/{identifier}"


def represent(view: View, record: Record, fields: Fields | None, *, public_url: str = "") -> bytes:
    """Return the JSON of a record; `fields` None for all of it, empty for id, href and @type only."""
    (shown,) = represent_each(view, (record,), fields, public_url=public_url)
    return shown


def represent_each(
    view: View, records: Iterable[Record], fields: Fields | None, *, public_url: str = ""
) -> Iterator[bytes]:
    """Yield the JSON of each record, as `represent` returns it of one."""
    address = href(view, "", public_url=public_url).encode()
    show, names = view.show, None if fields is None else fields | {"@type"}
    for identifier, _, content in records:
        name = identifier.encode()
        own = b'{"id":"' + name + b'","href":"' + address + name
        if show is None and names is None:
            rest = content.lstrip()[1:]
            yield own + (b'"}' if rest[:_BLANK].strip() == b"}" else b'",' + rest)
            continue
        document = msgspec.json.decode(content)
        if show is not None:
            document = show(document)
        chosen = document if names is None else select(document, names, view.attributes)
        yield own + (b'",' + msgspec.json.encode(chosen)[1:] if chosen else b'"}')
