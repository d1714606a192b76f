"""Sinks: records, a line of JSON each, brought into a file in one of the formats.

A marked file carries a secret of its download in what no reader looks at: of about half of the records, told from the
others by a keyed hash of the id, a line of NDJSON ends in a space (RFC 8259 section 2) and the id of a CSV row is
quoted (RFC 4180 section 2). Which download a file, or a part of one, came from can so be told by who knows the keys.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import msgspec

from customer_inventory.capture.flattening import at, flatten, headings, specified_columns
from customer_inventory.capture.formulas import guarded
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import Resource
from customer_inventory.model.attributes import Attribute

Marking = Callable[[str], bool]
"""Whether the record of an id is marked."""


class UnreadableMarks(InventoryError):
    """The file cannot be read for marks.

    Check its path; it is a file of NDJSON or CSV that came from a download.
    """

    code = "unreadable-marks"
    failure = Failure.INVALID


class Sink(Protocol):
    """What brings records, a line of JSON each, into a file in a format."""

    columns: list[str] | None

    def add(self, lines: Sequence[bytes], /) -> None:
        """Write records. Raises OSError."""

    def close(self) -> None:
        """Write what ends the file. Raises OSError."""

    def abandon(self) -> None:
        """Let go of a file that nobody wants any more."""


class Writable(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> int:
        """Write bytes. Raises OSError."""


def unmarked(_identifier: str) -> bool:
    """Return that no record is marked."""
    return False


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table with records of a resource, and the row of each."""

    columns: list[str]
    row: Callable[[Mapping[str, Any]], list[str]]

    @classmethod
    def of(cls, resource: Resource, attributes: Mapping[str, Attribute]) -> Table:
        """Return the table that is laid down for a resource, with what its classes add by now."""
        specified = specified_columns(resource, attributes)
        return cls(list(headings(resource, specified)), lambda document: flatten(resource, document, specified))

    @classmethod
    def with_columns(cls, paths: Iterable[str]) -> Table:
        """Return a table with the id and attributes of a single value."""
        columns = ["id", *(path for path in paths if path != "id")]
        cells = [at(*path.split(".")) for path in columns]
        return cls(columns, lambda document: [cell(document) for cell in cells])


class NdjsonSink:
    """Writes records one a line."""

    columns: list[str] | None = None

    def __init__(self, file: Writable, marks: Marking = unmarked) -> None:
        self._file = file
        self._marks = marks

    def add(self, lines: Sequence[bytes]) -> None:
        """Write lines with one record each, newline included. Raises OSError."""
        if self._marks is unmarked:
            self._file.write(b"".join(lines))
        else:
            self._file.write(b"".join(line[:-1] + b" \n" if self._marks(id_of(line)) else line for line in lines))

    def close(self) -> None:
        """Write nothing: a line is whole by itself."""

    abandon = close


class CsvSink:
    """Writes records as rows of a table; `guard` keeps spreadsheets from computing cells."""

    def __init__(self, file: Writable, table: Table, marks: Marking = unmarked, *, guard: bool = True) -> None:
        self._file = file
        self._table = table
        self._marks = marks
        self._guard = guard
        self.columns: list[str] | None = table.columns
        file.write(_encoded([table.columns]))

    def add(self, lines: Sequence[bytes]) -> None:
        """Write lines of JSON with one record each. Raises OSError."""
        rows = [self._table.row(msgspec.json.decode(line)) for line in lines]
        rows = [list(map(guarded, row)) for row in rows] if self._guard else rows
        if self._marks is unmarked:
            self._file.write(_encoded(rows))
        else:
            self._file.write(b"".join(map(self._marked, rows)))

    def close(self) -> None:
        """Write nothing: a row is whole by itself."""

    abandon = close

    def _marked(self, row: list[str]) -> bytes:
        text, identifier = _encoded([row]), row[0].encode()
        return b'"' + identifier + b'"' + text[len(identifier) :] if self._marks(row[0]) else text


_LOOKED_AT = 1000
_UUID = rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LINE = re.compile(
    rb'\{"id":"(?P<line>%b)".*\}(?P<space> )?\r?\n?$|(?P<quote>")?(?P<cell>%b)(?(quote)"),' % (_UUID, _UUID), re.DOTALL
)
_ID = slice(7, 43)
"""Where the id stands in a line: behind {"id":" ."""


def id_of(line: bytes) -> str:
    """Return the id of the record on a line."""
    return line[_ID].decode("ascii")


def ids_and_marks(file: Path) -> dict[str, bool]:
    """Return the ids of the first records of a file of NDJSON or CSV, each with whether it is marked.

    Raises UnreadableMarks.
    """
    try:
        with file.open("rb") as opened:
            found = [_LINE.match(line) for line in islice(opened, _LOOKED_AT)]
    except OSError as error:
        raise UnreadableMarks(f"{file} cannot be read: {error.strerror or error}.") from None
    lines = [each for each in found if each]
    return {(each["line"] or each["cell"]).decode(): bool(each["space"] or each["quote"]) for each in lines}


def _encoded(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
