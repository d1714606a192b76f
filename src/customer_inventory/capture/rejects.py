"""Rejected rows, written beside the source as they were, with number and reason, to be corrected and imported again."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import msgspec

from customer_inventory.capture.sources import BOOKKEEPING, Broken, Cells, Source, decode_line
from customer_inventory.errors import Failure, InventoryError


def rejects_path(source: Path, *, dry: bool) -> Path:
    """Return the path of the file of rejected rows: customers.csv has its in customers.rejected.csv."""
    plain = source.with_suffix("") if source.suffix == ".gz" else source
    return plain.with_name(f"{plain.stem}.{'rejected-in-dry-run' if dry else 'rejected'}{plain.suffix}")


def source_name(path: Path) -> str:
    """Return the name of the source in a file: its stem, the same for a file of its rejected rows."""
    return path.name.partition(".")[0]


class UnwritableRejects(InventoryError):
    """Rejected rows cannot be written beside the source.

    Copy the source into a directory that may be written to, and import it from there.
    """

    code = "unwritable-rejects"
    failure = Failure.INVALID


class Rejects:
    """The file of rejected rows, made with the first one; that of a former run is kept, with `.old` behind its name."""

    def __init__(self, source: Source, path: Path) -> None:
        self.path = path
        self.count = 0
        self._source = source
        self._file: IO[str] | None = None
        self._csv: Any = None

    def __enter__(self) -> Rejects:
        if self.path.exists():
            # Somebody may have begun to correct it.
            with _writing(self.path):
                self.path.replace(self.path.with_name(f"{self.path.name}.old"))
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
            with _writing(self.path):
                # Customers' data: its owner decides who else may read it.
                descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding=encoding, errors="surrogateescape", newline="")
        return self._file


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnwritableRejects(f"Rejected rows cannot be written to {path}: {error.strerror or error}.") from error
