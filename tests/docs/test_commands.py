"""Every command line that a page or a message shows can be typed."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest
from cyclopts import App, CycloptsError

from customer_inventory.cli import command_line
from docs.blocks import product
from tests.docs.pages import PAGES, ROOT, blocks, name_of, without_blocks

PACKAGE = ROOT / "src" / "customer_inventory"
INLINE = re.compile(r"`((?:\./run|customer-inventory)(?: [^`\n]+)?)`")
# What ends a command within a line of shell.
_END = re.compile(r"\s*(?:\||>|<|;|&&|\)|2>)")


def command_lines(text: str) -> list[str]:
    """The command lines of the product in a piece of shell, without what surrounds them."""
    whole = text.replace("\\\n", " ")
    found = re.findall(r"(?:^|[\s(&|;$])((?:\./run|(?:\.venv/bin/)?customer-inventory)(?:[ \t][^\n#]*)?)", whole)
    return [_END.split(line, maxsplit=1)[0].strip() for line in found]


def _of_page(page: Path) -> list[str]:
    shell = [line for block in blocks(page) if block.language == "bash" for line in command_lines(block.text)]
    prose = without_blocks(page.read_text("utf-8"))
    indented = [line for found in re.findall(r"^ {4}(.+)$", prose, re.MULTILINE) for line in command_lines(found)]
    every = (*shell, *indented, *INLINE.findall(prose))
    # The reference shows what may be left out in brackets; it is made from the command line itself.
    return [line for line in every if "…" not in line and "[" not in line]


def _messages() -> list[str]:
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found += INLINE.findall(" ".join(node.value.split()))
    return found


def _refused(app: App, line: str) -> str | None:
    words = shlex.split(line)[1:]
    if not words or {"--help", "--version"} & set(words):
        return None
    if words == [words[0]] and words[0] in app:
        return None  # a verb that is only named
    try:
        app.parse_args(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return f"{line}: {type(error).__name__}"
    return None


@pytest.fixture(scope="module")
def app() -> App:
    return command_line()


def test_command_lines_are_found() -> None:
    text = "SECRET=$(customer-inventory client register a --grant all --json | x)\n./run --port \\\n  8081 > log\n"
    assert command_lines(text) == ["customer-inventory client register a --grant all --json", "./run --port    8081"]


@pytest.mark.parametrize("page", [page for page in PAGES if _of_page(page)], ids=name_of)
def test_every_command_line_can_be_typed(app: App, page: Path) -> None:
    refused = [refusal for line in _of_page(page) if (refusal := _refused(app, line))]
    assert refused == []


def test_every_command_line_in_a_message_can_be_typed(app: App) -> None:
    lines = _messages()
    assert len(lines) > 3
    assert [refusal for line in lines if (refusal := _refused(app, line))] == []


def test_a_wrong_command_line_is_noticed(app: App) -> None:
    assert _refused(app, "customer-inventory backup DIR --prot 1")
    assert _refused(app, "customer-inventory client registre shop --grant all")
    assert _refused(app, "customer-inventory verify") is None
    assert _refused(app, "customer-inventory verify DIR") is None


def test_pages_show_the_commands() -> None:
    shown = {" ".join(line.split()[1:3]) for page in PAGES for line in _of_page(page)}
    for name, _ in product.verbs(command_line()):
        words = " ".join(name.split()[:2])
        assert any(line.startswith(words) for line in shown), f"no page shows {name}"
