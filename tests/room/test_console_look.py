"""The console's style sheet: readable in both schemes, and nothing fetched from anywhere."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STATIC = files("customer_inventory.console").joinpath("static")
CSS = STATIC.joinpath("console.css").read_text()

# What is written on what: (text, background, contrast). WCAG 2.2: text 4.5 (1.4.3), borders of controls and focus 3
# (1.4.11).
PAIRS = [
    *((text, ground, 4.5) for text in ("ink", "soft", "link") for ground in ("page", "card", "tint")),
    ("ink", "sunk", 4.5),
    ("on-fill", "fill", 4.5),
    ("on-fill", "fill-over", 4.5),
    ("good", "good-tint", 4.5),
    ("warn", "warn-tint", 4.5),
    ("bad", "bad-tint", 4.5),
    ("good", "card", 4.5),
    ("bad", "card", 4.5),
    ("edge", "card", 3.0),
    ("edge", "page", 3.0),
    ("focus", "page", 3.0),
    ("focus", "card", 3.0),
]


def palette(scheme: str) -> dict[str, str]:
    """The colours of a scheme, by what they are for."""
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    found = re.findall(r"--([\w-]+): #([0-9a-f]{6});", light if scheme == "light" else dark)
    return dict(found)


def luminance(colour: str) -> float:
    """The relative luminance of an sRGB colour (WCAG 2.2, definitions)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("000000", "ffffff") == pytest.approx(21)
    assert contrast("777777", "ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_readable_on_its_ground(scheme: str) -> None:
    colours = palette(scheme)
    poor = {
        (text, ground): round(contrast(colours[text], colours[ground]), 2)
        for text, ground, least in PAIRS
        if contrast(colours[text], colours[ground]) < least
    }
    assert poor == {}


def test_both_schemes_name_the_same_colours_and_rules_use_no_others() -> None:
    assert palette("light").keys() == palette("dark").keys()
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(", rules) == []
    defined = set(re.findall(r"--([\w-]+):", CSS))
    assert set(re.findall(r"var\(--([\w-]+)\)", rules)) <= defined


def test_nothing_is_fetched_from_anywhere() -> None:
    for entry in STATIC.iterdir():
        text = entry.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?:|@import|url\(|//\w", text.replace("// Pressing", "")), entry.name


def test_the_files_stay_small() -> None:
    assert sum(len(entry.read_bytes()) for entry in STATIC.iterdir()) < 20_000
