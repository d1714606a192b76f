"""Rows for the bulk loader: records as lines of COPY text, made wherever there is a processor free.

A line holds what belongs to the record: document, terms, label. What belongs to the batch (change, position, time) is
put behind every line when the batch is written; the mark where it goes never occurs in a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from zlib import crc32

import msgspec

from customer_inventory.ids import BUCKETS
from customer_inventory.repository.arrays import array
from customer_inventory.repository.search import fold

MARK = "\x01"
"""Ends a line until the batch's own columns are known. Raw control characters are escaped in every column."""

_SPECIAL = re.compile(r"[\\\x00-\x1f\x7f]")
_ESCAPED = re.compile(r"\\(x[0-9a-f]{2}|.)", re.DOTALL)


class BulkLink(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A reference of a record to be loaded; a bare one, which does not say its kind, has the `kinds` it may be of."""

    attribute: str
    target_id: str
    target_kind: str
    role: str
    strict: bool
    kinds: tuple[str, ...] = ()


class Sought(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A reference by the source's own id: `placeholder` stands for the record's id wherever the line needs it."""

    placeholder: str
    kind: str
    source_id: str


class Entry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One record of a row: the id it gets if it is new, its line, and by which of the source's ids it is known.

    Without a `source_id` the id is the record's own: it names the record whether it is held already or not. `dated` are
    the attributes that were dated for a new record because the source does not: one that is held keeps its own dates.
    `claims` are what no other record may have (model/resource.py), None where it can have nothing of the kind.
    """

    kind: str
    id: str
    line: str
    links: tuple[BulkLink, ...]
    source_id: str | None
    sought: tuple[Sought, ...] = ()
    dated: tuple[str, ...] = ()
    claims: tuple[tuple[str, bytes, str, bool, bool, str, str, str], ...] | None = None


class BulkRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One row of a source: its number, and the records it stands for, which are loaded together or not at all.

    The first is the one that the others belong to: they live in its bucket.
    """

    number: int
    entries: tuple[Entry, ...]


def record_line(document: bytes, terms: Iterable[str], label: str) -> str:
    """Return the columns document, terms and label as COPY text."""
    return "\t".join((copy_text(document.decode()), copy_text(array(terms)), copy_text(fold(label))))


def parts(line: str) -> list[str]:
    """Return the three columns of a line, as they were before they became COPY text."""
    columns = line.split("\t")
    return [_ESCAPED.sub(_unescaped, column) if "\\" in column else column for column in columns]


def copy_text(text: str) -> str:
    """Return `text` as a column of COPY's text format."""
    return _SPECIAL.sub(_escaped, text) if _SPECIAL.search(text) else text


def source_bucket(kind: str, source: str, source_id: str) -> int:
    """Return the bucket of a source's id: global look-ups are spread by what they are keyed by."""
    return crc32(f"{kind}\0{source}\0{source_id}".encode()) % BUCKETS


def _escaped(match: re.Match[str]) -> str:
    letter = match[0]
    return "\\\\" if letter == "\\" else f"\\x{ord(letter):02x}"


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) == 3 else code
