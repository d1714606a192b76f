"""The page on ASVS 5.0 has every number of levels 1 and 2, and names tests that are there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "asvs.md"
ROW = re.compile(
    r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| (shown|not here|operator|open) \| ([^|]+) \|$", re.MULTILINE
)
LEVELS = {
    1: """
        1.2.1-5 1.3.1-2 1.5.1 2.1.1 2.2.1-2 2.3.1 3.2.1-2 3.3.1 3.4.1-2 3.5.1-3 4.1.1 4.4.1 5.2.1-2 5.3.1-2
        6.1.1 6.2.1-8 6.3.1-2 6.4.1-2 7.2.1-4 7.4.1-2 8.1.1 8.2.1-2 8.3.1 9.1.1-3 9.2.1 10.4.1-5 11.3.1-2
        11.4.1 12.1.1 12.2.1-2 13.4.1 14.2.1 14.3.1 15.1.1 15.2.1 15.3.1
    """,
    2: """
        1.1.1-2 1.2.6-9 1.3.3-11 1.4.1-3 1.5.2 2.1.2-3 2.2.3 2.3.2-4 2.4.1 3.3.2-4 3.4.3-6 3.5.4-5 3.7.1-2
        4.1.2-3 4.2.1 4.3.1-2 4.4.2-4 5.1.1 5.2.3 5.4.1-3 6.1.2-3 6.2.9-12 6.3.3-4 6.4.3-4 6.5.1-5 6.6.1-3
        6.8.1-4 7.1.1-3 7.3.1-2 7.4.3-5 7.5.1-2 7.6.1-2 8.1.2 8.2.3 8.4.1 9.2.2-4 10.1.1-2 10.2.1-2 10.3.1-4
        10.4.6-11 10.5.1-5 10.6.1-2 10.7.1-3 11.1.1-2 11.2.1-3 11.3.3 11.4.2-4 11.5.1 11.6.1 12.1.2-3
        12.3.1-4 13.1.1 13.2.1-5 13.3.1-2 13.4.2-5 14.1.1-2 14.2.2-4 14.3.2-3 15.1.2-3 15.2.2-3 15.3.2-7
        16.1.1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3 17.1.1 17.2.1-4 17.3.1-2
    """,
}
"""The numbers of the standard by level; those that the third level adds are left out."""
ROWS = [match.groups() for match in ROW.finditer(PAGE.read_text("utf-8"))]


def numbers(level: int) -> Iterator[str]:
    """Every number of a level."""
    for span in LEVELS[level].split():
        section, _, last = span.partition("-")
        head, _, first = section.rpartition(".")
        yield from (f"{head}.{number}" for number in range(int(first), int(last or first) + 1))


def test_every_number_has_one_row_at_its_level() -> None:
    wanted = {(number, str(level)) for level in LEVELS for number in numbers(level)}
    assert len(wanted) == 253
    told = Counter((number, level) for number, level, *_ in ROWS)
    assert told.keys() == wanted
    assert set(told.values()) == {1}
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| \d", line)]
    assert len(lines) == len(ROWS), "a row is not written like the others"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_a_test_that_is_there_or_says_why_not(row: tuple[str, ...]) -> None:
    _, _, asks, state, by = row
    assert asks.strip()
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", by)
    if state == "shown":
        assert named, "names no test"
    else:
        assert len(by.strip()) >= 6, "gives no reason"
    for path, function in named:
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        if function:
            assert function in functions, f"{path} has no {function}"
        assert any(name.startswith("test_") for name in functions)
