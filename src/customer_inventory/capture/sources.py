"""Sources: files of rows, read as a stream in chunks. Every row is accounted for, readable or not.

A row that cannot even be read (a quote that never closes, a line of a megabyte) is given back as *broken*, and reading
goes on with the line after its first one.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec

from customer_inventory.errors import Failure, InventoryError

FORMATS = ("csv", "ndjson")
BOOKKEEPING = ("_row", "_reason")
"""Columns that a file of rejected rows has beside the source's own; an import of that file passes over them."""

LONGEST_LINE = 1 << 20
_DELIMITERS = ",;\t|"
_SAMPLE = 1 << 16
_SUFFIXES = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson"}
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

Cells = list[str]


class UnreadableSource(InventoryError):
    """The file cannot be read as a source.

    Check that it exists, and that --format and the mapping's delimiter and encoding fit it.
    """

    code = "unreadable-source"
    failure = Failure.INVALID


class NoSuchSource(UnreadableSource):
    """There is no such file.

    Check its name, and from which directory the command is started.
    """

    code = "no-such-source"
    failure = Failure.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that cannot be read: what stands there, and why it cannot."""

    raw: str
    reason: str


@dataclass(slots=True)
class Chunk:
    """Some rows in a row: their numbers in the source from 1, and their cells (CSV) or lines (NDJSON)."""

    numbers: list[int] = field(default_factory=list)
    rows: list[Cells | bytes] = field(default_factory=list)
    broken: list[tuple[int, Broken]] = field(default_factory=list)

    def row(self, number: int) -> Cells | bytes:
        """Return the row of this number."""
        return self.rows[self.numbers.index(number)]


@dataclass(slots=True)
class Source:
    """A file of rows."""

    path: Path
    format: str
    encoding: str
    delimiter: str
    columns: Sequence[str]
    """The headings of a CSV file; of an NDJSON file of plain objects, the names that its first lines have."""
    size: int
    _raw: IO[bytes] | None = None

    @property
    def position(self) -> int:
        """How many bytes of the file have been read: progress against `size`."""
        return self._raw.tell() if self._raw is not None and not self._raw.closed else self.size

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield all rows, `size` at a time."""
        with self.path.open("rb") as raw:
            self._raw = raw
            numbered = enumerate(self._rows(_unpacked(self.path, raw)), start=1)
            try:
                while (chunk := _chunk(numbered, size)).numbers or chunk.broken:
                    yield chunk
            except (EOFError, UnicodeError, OSError, zlib.error) as error:
                raise UnreadableSource(
                    f"{self.path} cannot be read to its end: {error}. What was read is loaded."
                ) from None

    def _rows(self, stream: IO[bytes]) -> Iterator[Cells | bytes | Broken]:
        if self.format == "ndjson":
            return _json_lines(stream)
        rows = _csv_rows(stream, self.encoding, self.delimiter)
        next(rows)  # the headings
        return rows


def require_file(path: Path) -> None:
    """Return when there is something of this name. Raises NoSuchSource."""
    if not path.exists():
        raise NoSuchSource(f"There is no file {path}. Check its name, and where the command is started.")


def open_source(
    path: Path,
    *,
    form: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Source:
    """Return the source in a file, found out as far as it is not said. Raises UnreadableSource."""
    require_file(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as raw:
            sample = _unpacked(path, raw).read(_SAMPLE)
    except (OSError, EOFError) as error:
        raise UnreadableSource(
            f"{path} cannot be read: {error.strerror if isinstance(error, OSError) else error}."
        ) from None
    form = form or _format_of(path)
    said = encoding or next((name for mark, name in _BYTE_ORDER_MARKS if sample.startswith(mark)), "utf-8")
    try:
        codecs.lookup(said)
    except LookupError:
        raise UnreadableSource(f"{said!r} is no encoding; common ones are utf-8, cp1252 and latin-1.") from None
    if form == "ndjson":
        return Source(path, form, said, "", _names(sample), size)
    heading = io.StringIO(sample.decode(said, "replace")).readline()
    separator = delimiter or max(_DELIMITERS, key=heading.count)
    columns = _headings(path, said, separator)
    return Source(path, form, said, separator, columns, size)


def _chunk(numbered: Iterator[tuple[int, Cells | bytes | Broken]], size: int) -> Chunk:
    chunk = Chunk()
    for number, row in islice(numbered, size):
        if isinstance(row, Broken):
            chunk.broken.append((number, row))
        else:
            chunk.numbers.append(number)
            chunk.rows.append(row)
    return chunk


def decode_line(line: bytes) -> dict[str, object] | None:
    """Return the object on a line of NDJSON, or None when there is none."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _headings(path: Path, encoding: str, delimiter: str) -> Sequence[str]:
    with path.open("rb") as raw, closing(_csv_rows(_unpacked(path, raw), encoding, delimiter)) as rows:
        first = next(rows, None)
    if not isinstance(first, list):
        raise UnreadableSource(f"{path} has no line of headings.")
    columns = [" ".join(heading.split()) for heading in first]
    twice = sorted({heading for heading in columns if columns.count(heading) > 1 or not heading})
    if twice:
        raise UnreadableSource(
            f"{path} has the heading {twice[0]!r} more than once or a column without one: name each."
        )
    return columns


def _format_of(path: Path) -> str:
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    form = _SUFFIXES.get(suffixes[-1].lower()) if suffixes else None
    if form is None:
        raise UnreadableSource(f"What {path} holds is not told by its name: say --format csv or --format ndjson.")
    return form


def _names(sample: bytes) -> Sequence[str]:
    """The names that the objects of a sample have, in the order in which they appear."""
    objects = filter(None, (decode_line(line) for line in sample.splitlines()))
    return list(dict.fromkeys(name for found in objects for name in found))


def _unpacked(path: Path, raw: IO[bytes]) -> IO[bytes]:
    return gzip.open(raw) if path.suffix == ".gz" else raw  # type: ignore[return-value]  # reads bytes like any file


def _json_lines(stream: IO[bytes]) -> Iterator[bytes | Broken]:
    while line := stream.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield Broken(line.decode("utf-8", "replace")[:1000], f"is longer than {LONGEST_LINE} bytes")
        elif line := line.strip():
            yield line


def _csv_rows(stream: IO[bytes], encoding: str, delimiter: str) -> Generator[Cells | Broken, None, None]:
    # What is not in the encoding stays as it is in the rejected row, byte for byte.
    with io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="") as text:
        yield from _table_rows(_Lines(text), delimiter)


def _table_rows(lines: _Lines, delimiter: str) -> Iterator[Cells | Broken]:
    while True:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            for row in reader:
                if lines.cut:
                    yield Broken(lines.first_again()[:1000], f"is longer than {LONGEST_LINE} characters")
                elif row:
                    yield row
                lines.since.clear()
        except csv.Error as error:
            yield Broken(lines.first_again(), f"cannot be read as CSV: {error}")
        else:
            return


class _Lines:
    """Lines of a stream that can be gone back to: those since the last row that was read whole."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        self._again: list[str] = []
        self.since: list[str] = []
        self.cut = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            self._skip_rest()
        self.since.append(line)
        return line

    def first_again(self) -> str:
        """Return the first line since the last whole row, and go on with the one after it."""
        first, *rest = self.since
        self._again += reversed(rest)
        self.since = []
        self.cut = False
        return first.rstrip("\r\n")

    def _skip_rest(self) -> None:
        self.cut = True
        while (rest := self._stream.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
            pass
