"""How blocks of a page are written: tables, sentences, names of code."""  # noqa: INP001  see generate.py

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING
from typing import Any


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def sentence(text: str | None) -> str:
    """Return a description on one line, ending with a full stop."""
    words = " ".join((text or "").split())
    return words if words.endswith((".", "?", "!")) else f"{words}."


def in_code(value: Any) -> str:
    """Return a default as it is written; nothing where there is none."""
    return "" if value in (None, "", ()) or value is MISSING else f"`{value}`"


def code(text: str) -> str:
    """Return a text as code."""
    return f"`{text}`"


def listed(names: Iterable[str]) -> str:
    """Return names as code in one line, in their order."""
    return ", ".join(map(code, names)) or "none"


def codes(names: Iterable[str]) -> str:
    """Return names as code in one line, sorted."""
    return ", ".join(map(code, sorted(names)))
