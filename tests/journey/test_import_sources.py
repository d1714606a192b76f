"""Whose rows they are: two files of one name are told apart, and a small file is understood by its headings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from customer_inventory.access import Access
from customer_inventory.capture.mappings import choose_mapping
from customer_inventory.capture.runs import Order, Report, import_file, shared_source

TABLE = "id,first name,surname\n1,Ann,Lee\n2,Bob,Moss\n"


async def bring_in(access: Access, path: Path, **order: object) -> Report:
    return await import_file(access, Order(path=path, **order), chosen=choose_mapping(path))


async def test_a_file_that_takes_anothers_name_is_told_of(access: Access, tmp_path: Path):
    first, second = tmp_path / "crm" / "customers.csv", tmp_path / "erp" / "customers.csv"
    for path in (first, second):
        path.parent.mkdir()
        path.write_text(TABLE)
    assert await shared_source(access, Order(path=first)) is None
    await bring_in(access, first, source="other")
    assert await shared_source(access, Order(path=first)) is None
    await bring_in(access, first)
    assert await shared_source(access, Order(path=first)) is None
    assert await shared_source(access, Order(path=first.with_name("customers.rejected.csv"))) is None
    assert await shared_source(access, Order(path=second, source="erp")) is None
    said = await shared_source(access, Order(path=second)) or ""
    assert str(first) in said
    assert "--source" in said
    assert await shared_source(access, Order(path=first.with_name("customers.october.csv")))


async def test_an_import_by_hand_says_it(server, tmp_path: Path):
    said = []
    for folder in ("crm", "erp"):
        path = tmp_path / folder / "stores.csv"
        path.parent.mkdir()
        path.write_text(TABLE)
        words = [sys.executable, "-m", "customer_inventory", "import", str(path), "--data", str(server.data)]
        said.append(subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stderr)
    assert "The source is called stores" not in said[0]
    assert "The source is called stores" in said[1]


async def test_a_small_file_whose_ids_repeat_or_are_empty_is_understood(access: Access, tmp_path: Path):
    path = tmp_path / "few.csv"
    path.write_text("id,first name,surname\n1,Ann,Lee\n1,Bob,Moss\n,Eve,New\n")
    report = await bring_in(access, path)
    assert (report.created, report.rejected) == (1, 2)
    assert set(report.reasons) == {"has the same id as an earlier row", "id is empty, so the row has no id"}
