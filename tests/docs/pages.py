"""The pages as the tests see them: every Markdown file, its fenced blocks and its links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^```(?P<words>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the words after that, its text, and what stands between it and the one before."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int
    follows_directly: bool


def name_of(page: Path) -> str:
    """The page's path in the checkout."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    text, end = page.read_text("utf-8"), 0
    for found in _FENCE.finditer(text):
        language, *words = found["words"].split() or [""]
        between = text[end : found.start()]
        yield Block(language, tuple(words), found["body"], text.count("\n", 0, found.start()) + 1, not between.strip())
        end = found.end()


def without_blocks(text: str) -> str:
    """A page's prose."""
    return _FENCE.sub("", text)


def links(page: Path) -> Iterator[str]:
    """The targets of a page's links and images."""
    yield from (found["target"] for found in _LINK.finditer(without_blocks(page.read_text("utf-8"))))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+)$", without_blocks(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def runnable(page: Path) -> list[tuple[Block, Block | None]]:
    """The examples of a page: each `bash` block, with the block directly behind it that shows what it prints.

    A block marked `bash not-run` is not run; the prose beside it says why it cannot be.
    """
    every = list(blocks(page))
    examples = []
    for at, block in enumerate(every):
        if block.language == "bash" and "not-run" not in block.words:
            after = every[at + 1] if at + 1 < len(every) else None
            shown = after if after and after.follows_directly and after.language in {"text", "json"} else None
            examples.append((block, shown))
    return examples
