"""Formulas: cells that a spreadsheet program would compute, and the apostrophe that keeps it from doing so.

What begins with one of the signs of a formula is guarded, but for plain numbers, telephone numbers among them: they
compute to nothing worse than themselves. A guarded cell begins with one apostrophe more than the value, so the way back
is exact.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"[' ]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""The signs of OWASP's list, with their wide forms; apostrophes and spaces before one are part of a value."""

_GUARDED = re.compile(r"'[' ]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?[0-9(][0-9 .,()/-]*", re.ASCII)


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet computes."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unguarded_cells(cells: list[str]) -> list[str]:
    """Return what cells hold without the guard."""
    return [cell[1:] if cell[:1] == "'" and _GUARDED.match(cell) else cell for cell in cells]
