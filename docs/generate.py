"""Writes the reference pages from the code: `python docs/generate.py` rewrites them, tests/docs compares.

A page is prose with generated blocks in it. A block stands between `<!-- generated: NAME -->` and
`<!-- end of NAME -->`; everything outside belongs to whoever writes the page. So a setting, a command, an error or an
attribute is described once, where it is declared, and a page that lags behind fails the build.
"""  # noqa: INP001  a script beside the pages it writes, not a package

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from customer_inventory.console.words import spelled
from customer_inventory.model.views import NATIVE, REGISTER_VIEWS
from customer_inventory.requirements.baseline import governed

sys.path.insert(0, str(Path(__file__).parent.parent))
from docs.blocks.asked import baseline, requirements
from docs.blocks.http import aliases, endpoints, operations, parameters
from docs.blocks.product import commands, error_table, failures, log_events, metrics, roles, settings
from docs.blocks.records import differences, resource, tables

DOCS = Path(__file__).parent


SHOWN = {view.resource.name: view for view in (*NATIVE.values(), *REGISTER_VIEWS)}
"""Every resource that has a page, by its name, in the version in which it is kept."""
_BARE = """\
# {title}

How to ask for it is said in [HTTP](../http.md). Attributes are listed to two names deep; deeper ones can be asked for
too. Attributes that are not listed are kept as they came, and cannot be filtered by.

<!-- generated: resource-{name} -->
<!-- end of resource-{name} -->
"""


_BARE_REQUIREMENTS = """\
# What is asked of {title}

What the product asks of each attribute until something else is decided
([explained](../../explanation/information-requirements.md)). Which attributes there are, and of which types, says
[{name}](../resources/{name}.md).

<!-- generated: requirements-{name} -->
<!-- end of requirements-{name} -->
"""


_BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end of (?P=name) -->)", re.DOTALL)


def main() -> None:
    """Begin the pages of resources that have none, rewrite those whose blocks are out of date, and say which."""
    for path, text in pages().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"rewritten: {path.relative_to(DOCS.parent)}")


def pages() -> dict[Path, str]:
    """Return every page with generated blocks as it should be now. Raises KeyError for a block nothing generates."""
    texts = {
        DOCS / "reference" / "resources" / f"{name}.md": _BARE.format(name=name, title=spelled(name)) for name in SHOWN
    }
    texts |= {
        DOCS / "reference" / "requirements" / f"{name}.md": _BARE_REQUIREMENTS.format(name=name, title=spelled(name))
        for name in governed()
    }
    texts |= {path: path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))}
    return {path: filled(text) for path, text in texts.items() if _BLOCK.search(text)}


def filled(text: str) -> str:
    """Return a page's text with its generated blocks made anew."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{_made(block['name'])}\n\n{block[3]}", text)


def _made(name: str) -> str:
    kind, _, subject = name.partition("-")
    if kind == "resource":
        return resource(SHOWN[subject])
    if kind == "requirements":
        return requirements(subject)
    return BLOCKS[name]()


def decisions() -> str:
    """Return the list of decision records by their titles."""
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    titles = ((path.name, path.read_text("utf-8").partition("\n")[0].removeprefix("# ")) for path in records)
    return "\n".join(f"- [{title}]({name})" for name, title in titles)


BLOCKS: dict[str, Callable[[], str]] = {
    "settings": settings,
    "commands": commands,
    "errors": error_table,
    "roles": roles,
    "failures": failures,
    "metrics": metrics,
    "log-events": log_events,
    "endpoints": endpoints,
    "operations": operations,
    "aliases": aliases,
    "parameters": parameters,
    "tables": tables,
    "differences": differences,
    "baseline": baseline,
    "decisions": decisions,
}

if __name__ == "__main__":
    main()
