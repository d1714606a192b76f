"""Exports: every record of a kind into a file, as one moment of the inventory, whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import IO

from customer_inventory.access import Access
from customer_inventory.access.downloading import download
from customer_inventory.capture.sinks import CsvSink, NdjsonSink, Sink, Table
from customer_inventory.capture.table_files import ExcelSink, ParquetSink
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import Resource

STANDARD_OUTPUT = "-"

Progress = Callable[[int], None]
"""Told after every chunk: how many records are written."""


class UnwritableOutput(InventoryError):
    """The output cannot be written.

    Check that its directory exists, that it may be written to, and that the disk has room.
    """

    code = "unwritable-output"
    failure = Failure.INVALID


async def export(
    access: Access,
    resource: Resource,
    *,
    output: str,
    form: str,
    public_url: str = "",
    guard: bool = True,
    progress: Progress = lambda _written: None,
) -> int:
    """Write every record of `resource` to `output` (a path, or "-" for standard output); return how many.

    `guard` keeps spreadsheets from computing the cells of a table. A file appears under its name when it is whole.
    Raises Denied, UnwritableOutput and RepositoryUnavailable.
    """
    written = 0
    table = Table.of(resource, await access.attributes(resource))
    try:
        with (
            tempfile.TemporaryDirectory() as scratch,
            whole_file(output) as file,
            _sink(form, file, table, Path(scratch) / "sheet", guard=guard) as sink,
        ):
            async with aclosing(download(access, resource, public_url=public_url)) as chunks:
                async for chunk in chunks:
                    sink.add(chunk)
                    written += len(chunk)
                    progress(written)
    except OSError as error:
        raise UnwritableOutput(f"{output} cannot be written: {error.strerror or error}.") from None
    return written


@contextmanager
def _sink(form: str, file: IO[bytes], table: Table, scratch: Path, *, guard: bool) -> Iterator[Sink]:
    """Open a sink in one of the formats, which is closed at the end."""
    sink: Sink
    match form:
        case "csv":
            sink = CsvSink(file, table, guard=guard)
        case "parquet":
            sink = ParquetSink(file, table)
        case "xlsx":
            sink = ExcelSink(file, table, scratch=scratch, guard=guard)
        case _:
            sink = NdjsonSink(file)
    try:
        yield sink
    except BaseException:
        sink.abandon()
        raise
    sink.close()


@contextmanager
def whole_file(output: str) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name when it is whole; "-" is standard output. Raises OSError."""
    if output == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    whole = Path(output).resolve()  # a link stays what it is: the file that it leads to is replaced
    if whole.exists() and not whole.is_file():
        with whole.open("wb") as file:  # a device or a pipe takes the bytes as they come
            yield file
        return
    # Made for its owner alone: customers' data, and who else may read it is theirs to decide.
    descriptor, partial = tempfile.mkstemp(prefix=f".{whole.name}.", suffix=".partial", dir=whole.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        Path(partial).replace(whole)
    finally:
        Path(partial).unlink(missing_ok=True)
