"""The page that says what each class of data promises has every class, and says of it what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from customer_inventory.access.retention import before
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.masking import HIDDEN, masks_of
from customer_inventory.requirements.requirement import SENSITIVITIES, InformationRequirement, Retention

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "explanation" / "information-requirements.md").read_text("utf-8")
SECTION = PAGE.partition("## What each class promises")[2].partition("\n## ")[0]
ROWS = {
    row[0]: row[1:] for row in re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \| (.+) \|$", SECTION, re.MULTILINE)
}


def of(sensitivity: str) -> list[InformationRequirement]:
    every = [each for name in RESOURCES for each in shipped(name).values()]
    return [each for each in every if each.sensitivity == sensitivity]


def test_every_class_is_told() -> None:
    assert tuple(ROWS) == SENSITIVITIES


@pytest.mark.parametrize("sensitivity", SENSITIVITIES)
def test_masks_are_as_told(sensitivity: str) -> None:
    asked = of(sensitivity)
    masks = masks_of(asked)
    assert bool(masks) is (sensitivity in HIDDEN)
    if sensitivity in HIDDEN:
        assert len(masks) == sum(each.masking != "none" for each in asked)
    assert ROWS[sensitivity][0].startswith("as " if sensitivity in HIDDEN else "none")


@pytest.mark.parametrize("sensitivity", SENSITIVITIES)
def test_retention_is_as_told(sensitivity: str) -> None:
    now = system_clock()
    periods = [each.retention.period if isinstance(each.retention, Retention) else "" for each in of(sensitivity)]
    ordered = sorted(set(periods), key=lambda each: before(now, each), reverse=True)
    assert ROWS[sensitivity][2] == (f"{ordered[0]} to {ordered[-1]}" if ordered else "as its requirement says")


@pytest.mark.parametrize("sensitivity", SENSITIVITIES)
def test_nothing_of_any_class_is_logged(sensitivity: str) -> None:
    assert ROWS[sensitivity][3] == "never"


def test_the_tests_that_it_names_are_there() -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", SECTION)
    assert len(named) >= 7
    assert all((ROOT / each).exists() for each in named)
