"""Table rows: a file that was made, read again row by row, to see for oneself what is in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO

import msgspec

Row = tuple[str, ...]


def rows_of(file: IO[bytes], form: str, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a file of NDJSON, CSV or Parquet; what is absent is an empty text."""
    match form:
        case "csv":
            text = io.TextIOWrapper(file, "utf-8", newline="")
            lines = csv.reader(text)
            next(lines)
            yield from map(tuple, lines)
            text.detach()  # who opened the file closes it
        case "parquet":
            from pyarrow import parquet  # noqa: PLC0415

            for batch in parquet.ParquetFile(file).iter_batches():
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield tuple(cell or "" for cell in row)
        case _:
            for line in file:
                document = msgspec.json.decode(line)
                yield tuple(document.get(column, "") for column in columns)
