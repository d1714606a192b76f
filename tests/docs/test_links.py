"""Pages lead somewhere, are led to, and speak of the product alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, README, ROOT, anchors, links, name_of

# Paths of the machine that the product is made on, and of whoever makes it.
MACHINE = re.compile(r"(?<![\w.])/(work|tmp/w|tmp/brief)\b|\.pyenv|localhost:1\d{4}|127\.0\.0\.1:(?!808\d)\d+")
OUTSIDE = ("https://", "http://", "mailto:")


def _target(page: Path, link: str) -> Path:
    return (page.parent / link.partition("#")[0]).resolve() if not link.startswith("#") else page


def test_there_are_pages() -> None:
    assert len(PAGES) > 30
    assert README in PAGES


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(OUTSIDE):
            continue
        target = _target(page, link)
        assert target.exists(), link
        assert ROOT in target.parents, f"{link} leads out of the checkout"
        anchor = link.partition("#")[2]
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), link


def test_every_page_is_reached_from_the_readme() -> None:
    reached, pending = set(), [README]
    while pending:
        page = pending.pop()
        if page in reached:
            continue
        reached.add(page)
        inside = (_target(page, link) for link in links(page) if not link.startswith(OUTSIDE))
        pending += [target for target in inside if target.suffix == ".md" and target.exists()]
    assert {name_of(page) for page in PAGES} - {name_of(page) for page in reached} == set()


def test_every_image_is_used() -> None:
    used = {_target(page, link) for page in PAGES for link in links(page) if not link.startswith(OUTSIDE)}
    assert {path.name for path in (ROOT / "docs" / "images").iterdir()} - {path.name for path in used} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_speaks_of_the_machine_it_was_written_on(page: Path) -> None:
    found = [found[0] for found in MACHINE.finditer(page.read_text("utf-8"))]
    assert found == []


def test_paths_named_in_code_marks_exist() -> None:
    """A page that says `access/desk.py` must not send its reader into the void."""
    package = ROOT / "src" / "customer_inventory"
    places = (ROOT, package, package / "repository", ROOT / "docs")
    missing = []
    for page in PAGES:
        for path in re.findall(r"`((?:[\w.-]+/)+(?:[\w.-]+\.(?:py|sql|svg|toml|lock))?)`", page.read_text("utf-8")):
            if path.startswith(("data/", "backup", "DIR/", "./")) or "NNNN" in path:
                continue
            if not any((place / path).exists() for place in places):
                missing.append(f"{name_of(page)}: {path}")
    assert missing == []


def test_a_page_says_how_soon_weak_libraries_are_replaced() -> None:
    said = " ".join((ROOT / "docs" / "explanation" / "security.md").read_text("utf-8").split())
    assert "is replaced within seven days of when that is published, any other within ninety" in said


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_has_one_title_and_no_line_too_long(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    lines = text.splitlines()
    assert lines[0].startswith("# "), "the first line is the title"
    assert sum(line.startswith("# ") for line in lines) == 1
    long = [line for line in lines if len(line) > 125 and not line.startswith(("|", "![", "- [", "    "))]
    generated = re.sub(r"<!-- generated.*?<!-- end of [\w-]+ -->", "", text, flags=re.DOTALL).splitlines()
    assert [line for line in long if line in generated] == []
