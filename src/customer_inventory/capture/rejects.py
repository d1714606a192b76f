"""Rejected rows, written beside the source as they were, with number and reason, to be corrected and imported again."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import msgspec

from customer_inventory.capture.sources import BOOKKEEPING, Broken, Cells, Source, decode_line


def rejects_path(source: Path, *, dry: bool) -> Path:
    """Return the path of the file of rejected rows: customers.csv has its in customers.rejected.csv."""
    plain = source.with_suffix("") if source.suffix == ".gz" else source
    return plain.with_name(f"{plain.stem}.{'rejected-in-dry-run' if dry else 'rejected'}{plain.suffix}")


def source_name(path: Path) -> str:
    """Return the name of the source in a file: its stem, the same for a file of its rejected rows."""
    return path.name.partition(".")[0]


class Rejects:
    """The file of rejected rows; it is made with the first one, and one of a former run is removed."""

    def __init__(self, source: Source, path: Path) -> None:
        self.path = path
        self.count = 0
        self._source = source
        self._file: IO[str] | None = None
        self._csv: Any = None

    def __enter__(self) -> Rejects:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, number: int, row: Cells | bytes | Broken, reason: str) -> None:
        """Write one row down."""
        self.count += 1
        if self._source.format == "csv":
            self._add_cells(number, [row.raw] if isinstance(row, Broken) else list(row), reason)  # type: ignore[arg-type]
        else:
            self._add_line(number, row, reason)

    def _add_cells(self, number: int, cells: list[str], reason: str) -> None:
        places = [at for at, name in enumerate(self._source.columns) if name not in BOOKKEEPING]
        if self._csv is None:
            self._csv = csv.writer(self._open(), delimiter=self._source.delimiter)
            self._csv.writerow([*(self._source.columns[at] for at in places), *BOOKKEEPING])
        if len(cells) == len(self._source.columns):
            cells = [cells[at] for at in places]  # the bookkeeping of a former rejection is replaced
        cells += [""] * (len(places) - len(cells))
        self._csv.writerow([*cells, number, reason])

    def _add_line(self, number: int, row: Any, reason: str) -> None:
        document = decode_line(row) if isinstance(row, bytes) else None
        raw = row.raw if isinstance(row, Broken) else row.decode("utf-8", "replace")
        kept = {"_raw": raw} if document is None else document
        line = msgspec.json.encode({**kept, "_row": number, "_reason": reason}).decode()
        self._open().write(line + "\n")

    def _open(self) -> IO[str]:
        if self._file is None:
            encoding = self._source.encoding if self._source.format == "csv" else "utf-8"
            self._file = self.path.open("w", encoding=encoding, errors="surrogateescape", newline="")
        return self._file
