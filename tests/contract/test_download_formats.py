"""Tables go out as CSV, Parquet and Excel with the same cells, whatever stands in them, and say where they are from."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from pyarrow import parquet

from customer_inventory.access import Access, Desk
from customer_inventory.api.download_making import Maker
from customer_inventory.capture import table_files
from customer_inventory.capture.exports import export
from customer_inventory.capture.sinks import Table
from customer_inventory.capture.table_files import ExcelSink, ParquetSink, TooMuchForASheet
from customer_inventory.model import RESOURCES
from tests.contract.download_world import client_of, desk, made, maker, people, person, watch

__all__ = ["desk", "maker", "watch"]
INDIVIDUAL = RESOURCES["individual"]
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CURIOUS = ("=cmd()", "+44 20", "é ü 日本", 'quote " and, comma', "line\nbreak", "<b>&amp;</b>", " spaced ", "_x0041_")


def of_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def of_parquet(data: bytes) -> list[list[str]]:
    table = parquet.read_table(io.BytesIO(data))
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return [table.column_names, *([cell or "" for cell in row] for row in rows)]


def of_excel(data: bytes) -> list[list[str]]:
    """Read a sheet as the standard says it (ECMA-376), formulas refused."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))
        names = archive.namelist()
    assert not list(sheet.iter(f"{_SHEET}f"))
    assert not any("externalLink" in name or "vba" in name for name in names)
    rows = []
    for row in sheet.iter(f"{_SHEET}row"):
        cells = {}
        for cell in row:
            at = 0
            for letter in cell.attrib["r"].rstrip("0123456789"):
                at = at * 26 + ord(letter) - 64
            text = "".join(each.text or "" for each in cell.iter(f"{_SHEET}t"))
            cells[at] = re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)
        rows.append([cells.get(at, "") for at in range(1, (max(cells) if cells else 0) + 1)])
    width = len(rows[0])
    return [row + [""] * (width - len(row)) for row in rows]


READERS = {"csv": of_csv, "parquet": of_parquet, "xlsx": of_excel}


async def test_every_table_has_the_same_cells(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, tmp_path: Path
) -> None:
    for number, text in enumerate(CURIOUS):
        await access.create(INDIVIDUAL, person(number, title=text))
    await people(access, 10)
    for fields in ("", "title,familyName"):
        tables = {}
        for form, read in READERS.items():
            client = await client_of(desk, door, f"{form}{len(fields)}", "download masked individual (*)")
            asked = await client.asks("individual", format=form, fields=fields)
            ready = await made(maker, client, asked)
            data = await client.file(asked)
            tables[form] = [read(data)[0], *sorted(read(data)[1:])]
            assert ready["recordCount"] == len(tables[form]) - 1 == 18
            manifest = (await client.get(f"/inventory/v1/download/{asked['id']}/manifest")).json()
            assert manifest["column"] == tables[form][0]
            if form == "parquet":
                assert (
                    parquet.read_schema(io.BytesIO(data)).metadata[b"customer_inventory.download"].decode()
                    == asked["id"]
                )
            if form == "xlsx":
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    assert asked["id"] in archive.read("docProps/core.xml").decode()
        guarded = [row for row in tables["csv"] if any(cell.startswith("'=") for cell in row)]
        assert len(guarded) == 1
        assert tables["xlsx"] == tables["csv"]
        assert [[cell.removeprefix("'") for cell in row] for row in tables["csv"]] == tables["parquet"]
    exported = {}
    for form, read in READERS.items():
        file = tmp_path / f"out.{form}"
        assert await export(access, INDIVIDUAL, output=str(file), form=form) == 18
        exported[form] = sorted(read(file.read_bytes()))
    assert exported["csv"] == exported["xlsx"]
    assert [[cell.removeprefix("'") for cell in row] for row in exported["csv"]] == exported["parquet"]
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == ["out.csv", "out.parquet", "out.xlsx"]
    assert not list(desk.downloads.directory.glob("*.*"))


async def test_what_has_no_room_in_a_sheet_fails_and_leaves_nothing(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_files, "MOST_ROWS", 5)
    await people(access, 6)
    client = await client_of(desk, door, "one", "download individual (familyName)")
    asked = await client.asks("individual", format="xlsx")
    failed = await made(maker, client, asked, status="failed")
    assert failed["failure"] == "too-much-for-a-sheet"
    assert not list(desk.downloads.directory.iterdir())


def test_a_cell_that_is_too_long_is_not_cut(tmp_path: Path) -> None:
    table = Table(["id"], lambda document: [document["id"]])
    with (tmp_path / "sheet.xlsx").open("wb") as file:
        sink = ExcelSink(file, table, scratch=tmp_path / "scratch")
        with pytest.raises(TooMuchForASheet):
            sink.add([b'{"id":"%s"}' % (b"x" * 32_768)])
        sink.abandon()


def test_a_parquet_file_is_written_in_parts(tmp_path: Path) -> None:
    table = Table(["id"], lambda document: [document["id"]])
    with (tmp_path / "rows.parquet").open("wb") as file:
        sink = ParquetSink(file, table)
        for start in range(0, 25_000, 200):
            sink.add([b'{"id":"%d"}' % each for each in range(start, start + 200)])
        sink.close()
    read = parquet.ParquetFile(tmp_path / "rows.parquet")
    assert (read.num_row_groups, read.metadata.num_rows) == (3, 25_000)
