"""Dates in a bulk load: a record that is held is dated as any other write dates it, by what it held before."""

from __future__ import annotations

from datetime import datetime

import msgspec

from customer_inventory.model import Resource, terms
from customer_inventory.model.resource import stamped
from customer_inventory.repository.bulk_rows import Entry, parts, record_line


def dated_again(resource: Resource, entry: Entry, before: bytes, *, at: datetime) -> Entry:
    """Return the entry, which was dated as a new record, dated as one that takes the place of the document `before`.

    The date of the last change that a source says stands, so that its row can come again and find itself.
    """
    document = msgspec.json.decode(parts(entry.line)[0])
    for name in entry.dated:
        del document[name]
    updated = resource.stamps.updated
    said = {updated: document[updated]} if updated in document else {}
    document = {**stamped(resource.stamps, document, before=msgspec.json.decode(before), now=at), **said}
    line = record_line(msgspec.json.encode(document), terms(resource, document), resource.label(document))
    return msgspec.structs.replace(entry, line=line)
