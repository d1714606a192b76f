"""Table files: records as the rows of a table in Parquet or Excel; every cell is a text, as in CSV, or nothing.

Neither has room for the marks of single records, so the file says itself of which download it is. Their libraries take
a third of a second to load, and are loaded by who writes such a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from customer_inventory.capture.formulas import guarded
from customer_inventory.capture.sinks import Table, Writable
from customer_inventory.errors import Failure, InventoryError

MOST_ROWS = 1_048_575
"""Of records in a sheet, below its heading."""
LONGEST_CELL = 32_767
_ROWS_AT_ONCE = 10_000
_KEY = b"customer_inventory.download"


class TooMuchForASheet(InventoryError):
    """A sheet of Excel has room for 1,048,575 records, and a cell for 32,767 characters.

    Narrow what is asked for, or take it as CSV or Parquet.
    """

    code = "too-much-for-a-sheet"
    failure = Failure.UNPROCESSABLE


class _Sequential:
    """A file that is written from its beginning to its end, be it a pipe."""

    closed = False

    def __init__(self, file: Writable) -> None:
        self._file = file
        self._written = 0

    def write(self, data: bytes) -> int:
        self._file.write(bytes(data))
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Leave that to whoever opened the file."""


class ParquetSink:
    """Writes records as rows of a Parquet file, ten thousand to a row group; what is absent is null."""

    def __init__(self, file: Writable, table: Table, *, download: str = "") -> None:
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415

        metadata = {_KEY: download.encode()} if download else None
        fields = [pa.field(name, pa.string()) for name in table.columns]
        self._table = table
        self._schema = pa.schema(fields, metadata=metadata)
        self._writer = parquet.ParquetWriter(
            pa.PythonFile(_Sequential(file), mode="w"), self._schema, compression="zstd"
        )
        self._rows: list[list[str]] = []
        self.columns: list[str] | None = table.columns

    def add(self, lines: Sequence[bytes]) -> None:
        """Write lines of JSON with one record each. Raises OSError."""
        self._rows += [self._table.row(msgspec.json.decode(line)) for line in lines]
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._write()

    def close(self) -> None:
        """Write what is left, and the end of the file. Raises OSError."""
        self._write()
        self._writer.close()

    def abandon(self) -> None:
        """Let go of a file that nobody wants any more."""
        with suppress(OSError, ValueError):
            self._writer.close()

    def _write(self) -> None:
        import pyarrow as pa  # noqa: PLC0415

        rows, self._rows = self._rows, []
        if rows:
            columns = [[cell or None for cell in column] for column in zip(*rows, strict=True)]
            self._writer.write_table(pa.table(columns, schema=self._schema))


class ExcelSink:
    """Writes records as rows of a sheet, through files in the directory `scratch`, for a sheet comes after its rows.

    Every cell is a text, and none is computed; `guard` puts an apostrophe before those that would be if the sheet were
    saved as CSV.
    """

    def __init__(self, file: Writable, table: Table, *, scratch: Path, download: str = "", guard: bool = True) -> None:
        from xlsxwriter import Workbook  # noqa: PLC0415

        texts = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
        scratch.mkdir(mode=0o700, exist_ok=True)
        self._book = Workbook(file, {"constant_memory": True, "tmpdir": str(scratch), "use_zip64": True, **texts})
        if download:
            self._book.set_properties({"comments": f"Download {download}"})
        self._sheet = self._book.add_worksheet()
        self._table = table
        self._guard = guard
        self._next = 0
        self.columns: list[str] | None = table.columns
        self._row(table.columns)

    def add(self, lines: Sequence[bytes]) -> None:
        """Write lines of JSON with one record each. Raises OSError and TooMuchForASheet."""
        for line in lines:
            row = self._table.row(msgspec.json.decode(line))
            self._row(list(map(guarded, row)) if self._guard else row)

    def close(self) -> None:
        """Put the file together of its rows: the most of the work. Raises OSError."""
        self._book.close()

    def abandon(self) -> None:
        """Let go of a file that nobody wants any more."""
        self._sheet.row_data_fh.close()

    def _row(self, cells: Sequence[str]) -> None:
        if self._next > MOST_ROWS or any(len(cell) > LONGEST_CELL for cell in cells):
            raise TooMuchForASheet
        for number, cell in enumerate(cells):
            if cell:
                self._sheet.write_string(self._next, number, cell)
        self._next += 1
