"""Representations: a stored document with its id and href, whole or the attributes that `fields` names.

A whole one is spliced as bytes, nothing is parsed; only a selection decodes the document.
"""

from __future__ import annotations

import msgspec

from customer_inventory.api.fields import Fields, select
from customer_inventory.model.view import View
from customer_inventory.repository.records import Record

_ALWAYS = ("id", "href", "@type")


def href(view: View, identifier: str, *, public_url: str = "") -> str:
    """Return the address of a record at the canonical base path of a version of its API."""
    return f"{public_url}{view.collection}/{identifier}"


def represent(view: View, record: Record, fields: Fields | None, *, public_url: str = "") -> bytes:
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
    chosen = document if fields is None else select(document, fields | {"@type"}, view.attributes)
    return own + (b"," + msgspec.json.encode(chosen)[1:] if chosen else b"}")
