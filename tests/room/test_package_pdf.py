"""A package as a PDF is bounded, and writes what its font lacks in another way."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import msgspec
import pytest
from pypdf import PdfReader

from customer_inventory.access.packaging import Held, Package
from customer_inventory.cli import package_pdf
from customer_inventory.cli.package_pdf import pdf_of
from customer_inventory.repository.records import Version

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def made(*values: str) -> Package:
    document = msgspec.json.encode({"note": [{"text": each} for each in values]})
    version = Version(1, document, AT, "create", "c", None, "p", "crm", None, None, "x")
    return Package("0", AT, [Held("individual", "1", "Ada", [version], 1)])


def text_of(package: Package) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf_of(package))).pages)


def test_long_words_and_letters_that_the_font_lacks_are_written() -> None:
    found = text_of(made("x" * 700, "中\tend", "two\nlines", ""))
    assert found.replace("\n", "").count("x") >= 700
    assert "[U+4E2D] end" in found
    assert "from crm" in found


def test_it_is_bounded_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_pdf, "MOST_LINES", 40)
    found = text_of(made(*(f"value {number}" for number in range(100))))
    assert "value 99" not in found
    assert "There is more than fits" in found
