"""Writes the reference pages from the code: `python docs/generate.py` rewrites them, tests/docs compares.

A page is prose with generated blocks in it. A block stands between `<!-- generated: NAME -->` and
`<!-- end of NAME -->`; everything outside belongs to whoever writes the page. So a setting, a command, an error or an
attribute is described once, where it is declared, and a page that lags behind fails the build.
"""  # noqa: INP001  a script beside the pages it writes, not a package

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from cyclopts import App, Argument
from docstring_parser import parse

import customer_inventory
from customer_inventory import cli
from customer_inventory.api import create_routes
from customer_inventory.api.openapi import Documents
from customer_inventory.console.words import spelled
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import RESOURCES, Resource
from customer_inventory.model.earlier import EarlierClass, shapes_within
from customer_inventory.model.shapes import Leaf
from customer_inventory.repository.kinds import fresh_schema
from customer_inventory.server import Metrics
from customer_inventory.settings import ENVIRONMENT_PREFIX, Settings

DOCS = Path(__file__).parent
_BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end of (?P=name) -->)", re.DOTALL)


def main() -> None:
    """Begin the pages of resources that have none, rewrite those whose blocks are out of date, and say which."""
    for name in RESOURCES:
        page = DOCS / "reference" / "resources" / f"{name}.md"
        if not page.exists():
            page.write_text(_PAGE.format(title=spelled(name), name=name), "utf-8")
    for path, text in pages().items():
        if path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"rewritten: {path.relative_to(DOCS.parent)}")


_PAGE = """# {title}

How to ask for it is said in [HTTP](../http.md). Attributes are listed to two names deep; deeper ones can be asked for
too. Attributes that are not listed are kept as they came, and cannot be filtered by.

<!-- generated: resource-{name} -->
<!-- end of resource-{name} -->
"""
"""The page of a resource before anything is generated into it."""


def pages() -> dict[Path, str]:
    """Return every page with generated blocks as it should be now. Raises KeyError for a block nothing generates."""
    texts = {path: path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))}
    return {path: filled(text) for path, text in texts.items() if _BLOCK.search(text)}


def filled(text: str) -> str:
    """Return a page's text with its generated blocks made anew."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{_made(block['name'])}\n\n{block[3]}", text)


def _made(name: str) -> str:
    kind, _, subject = name.partition("-")
    if kind == "resource":
        return resource(RESOURCES[subject])
    return BLOCKS[name]()


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _sentence(text: str | None) -> str:
    """A description on one line, ending with a full stop."""
    words = " ".join((text or "").split())
    return words if words.endswith((".", "?", "!")) else f"{words}."


# ---------------------------------------------------------------- settings


def settings() -> str:
    """Return the table of settings: flag, environment variable, TOML key, default, meaning."""
    described = {known.arg_name: known.description for known in parse(Settings.__doc__ or "").params}
    rows = [
        (
            f"`--{field.name.replace('_', '-')}`",
            f"`{ENVIRONMENT_PREFIX}{field.name.upper()}`",
            f"`{field.name}`",
            _default(field.default),
            _sentence(described[field.name]),
        )
        for field in fields(Settings)
    ]
    return _table(("flag", "environment variable", "in the file", "default", "meaning"), rows)


def _default(value: Any) -> str:
    return "" if value in (None, "", ()) or value is MISSING else f"`{value}`"


# ---------------------------------------------------------------- commands


def verbs(app: App, *above: str) -> Iterator[tuple[str, App]]:
    """Yield every verb that does something, with its full name."""
    for name in app:
        if not name.startswith("-"):
            verb = app[name]
            below = list(verbs(verb, *above, name))
            yield from below or [(" ".join((*above, name)), verb)]


def commands() -> str:
    """Return a section for each command: what it does, how it is written, its own parameters."""
    return "\n\n".join(_command(name, verb) for name, verb in sorted(verbs(cli.command_line())))


def _command(name: str, verb: App) -> str:
    documented = parse((verb.default_command.__doc__ if verb.default_command else "") or "")
    described = {known.arg_name: known.description for known in documented.params}
    rows, usage = [], [f"customer-inventory {name}"]
    for argument in verb.assemble_argument_collection():
        if argument.keys or not argument.show:
            continue
        shown, default = _written(argument), argument.field_info.default
        usage.append(shown if argument.required else f"[{shown}]")
        rows.append(
            (f"`{shown}`", _sentence(described[argument.field_info.name]), _unless_given(argument.required, default))
        )
    parts = [f"## {name}", _sentence(documented.short_description), f"    {' '.join(usage)} [settings]"]
    if documented.long_description:
        parts.insert(2, documented.long_description)
    return "\n\n".join([*parts, _table(("parameter", "meaning", "when not given"), rows)] if rows else parts)


def _written(argument: Argument) -> str:
    """A parameter as it is written on the command line: FILE, --flag or --flag VALUE."""
    word = argument.field_info.name.upper()
    flag = next((name for name in argument.names if name.startswith("--")), "")
    if argument.index is not None or not flag:
        return word
    return flag if argument.is_flag() else f"{flag} {word}"


def _unless_given(required: bool, default: Any) -> str:
    return "refused" if required else _default(default) if not isinstance(default, bool) else ""


# ---------------------------------------------------------------- errors


def errors() -> Iterator[type[InventoryError]]:
    """Yield every error with a code of its own, wherever the product declares it."""
    for module in pkgutil.walk_packages(customer_inventory.__path__, "customer_inventory."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    coded = (error for error in _below(InventoryError) if error is InventoryError or error.code != InventoryError.code)
    yield from sorted(coded, key=lambda error: (error.code, error.__module__, error.__name__))


def _below(error: type[InventoryError]) -> set[type[InventoryError]]:
    below = {found for child in error.__subclasses__() for found in _below(child)}
    return {error for error in (error, *below) if error.__module__.startswith("customer_inventory.")}


def error_table() -> str:
    """Return the table of error codes: status, exit code, what happened, what to do."""
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    for error in errors():
        what, _, advice = (error.__doc__ or "").strip().partition("\n\n")
        said = _sentence(what), _sentence(advice) if advice.strip() else ""
        status, exit_code = str(error.failure.status), str(error.failure.exit_code)
        rows[error.code, said[0]] = (f"`{error.code}`", status, exit_code, *said)
    return _table(("code", "HTTP", "exit", "what happened", "what to do"), list(rows.values()))


def failures() -> str:
    """Return the table of the kinds of failure that the doors know."""
    rows = [
        (failure.name.lower().replace("_", " "), str(failure.status), str(failure.exit_code)) for failure in Failure
    ]
    return _table(("failure", "HTTP status", "exit code"), rows)


# ---------------------------------------------------------------- metrics, endpoints, tables


def metrics() -> str:
    """Return the table of metrics, under the names that /metrics shows."""
    rows = []
    for family in Metrics().registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        rows.append((f"`{name}`", family.type, _sentence(family.documentation)))
    return _table(("metric", "type", "meaning"), sorted(rows))


@cache
def _document() -> Any:
    """The OpenAPI document of the whole server."""
    documents = Documents(create_routes(public_url=""), public_url="", token_url="")
    return msgspec.json.decode(documents.at("/openapi.json") or b"")


def endpoints() -> str:
    """Return the table of the Open APIs' endpoints: method, path, parameters, answers."""
    document = _document()
    known = document["components"]["parameters"]
    rows = []
    for path, item in document["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            if operation := item.get(method):
                names = [known[used["$ref"].rpartition("/")[2]]["name"] for used in operation["parameters"]]
                given = ", ".join(f"`{name}`" for name in names)
                answers = ", ".join(operation["responses"])
                rows.append((method.upper(), f"`{path}`", _sentence(operation["summary"]), given, answers))
    return _table(("method", "path", "what it does", "parameters and headers", "answers"), rows)


def aliases() -> str:
    """Return the list of base paths: the canonical one first, then what else is answered."""
    rows = {
        item.api.number: (f"{item.api.number} {item.api.title} {item.api.version}", *map(_code, item.api.paths))
        for item in RESOURCES.values()
    }
    return _table(("API", "base path", "also answered"), [rows[number] for number in sorted(rows)])


def _code(text: str) -> str:
    return f"`{text}`"


def parameters() -> str:
    """Return the table of query parameters and request headers."""
    known = _document()["components"]["parameters"].values()
    rows = [(f"`{item['name']}`", item["in"], _sentence(item["description"])) for item in known if item["in"] != "path"]
    return _table(("name", "in", "meaning"), rows)


_CREATED = re.compile(r"((?:^--[^\n]*\n)*)^create table (\w+) \((.*?)^\)", re.MULTILINE | re.DOTALL)
_COLUMN = re.compile(r"^ {4}(\w+) (.+?),?(?: +-- (.*))?$", re.MULTILINE)
_NO_COLUMN = {"primary", "unique", "check", "foreign", "constraint"}


def tables() -> str:
    """Return a section for each table of a fresh schema: what it is for, its columns, their remarks."""
    found = _CREATED.findall(fresh_schema())
    return "\n\n".join(
        _described(name, remark, body) for remark, name, body in sorted(found, key=lambda table: table[1])
    )


def _described(name: str, remark: str, body: str) -> str:
    # A line of dashes is a heading of the file, not a remark on the table.
    words = " ".join(line.removeprefix("--").strip() for line in remark.splitlines() if "-----" not in line)
    rows = [
        (f"`{column}`", kind.strip(), (said or "").strip())
        for column, kind, said in _COLUMN.findall(body)
        if column not in _NO_COLUMN
    ]
    key = re.search(r"primary key \(([^)]*)\)", body)
    keyed = f"Primary key: `{key[1]}`." if key else ""
    heading = f"### {name}\n\n"
    return heading + "\n\n".join(filter(None, (words, keyed, _table(("column", "type", "remark"), rows))))


# ---------------------------------------------------------------- resources


def resource(declared: Resource) -> str:
    """Return a resource's page: what it demands, its references, and every attribute down to two names."""
    mandatory, searchable = (
        ", ".join(map(_code, names)) or "nothing" for names in (declared.mandatory, declared.searchable)
    )
    references = [
        (f"`{reference.attribute}`", ", ".join(reference.targets), f"`{reference.check}`")
        for reference in declared.references
    ]
    pointless = "" if references else " none."
    api = f"{declared.api.number} {declared.api.title} {declared.api.version}"
    return "\n\n".join(
        (
            declared.shape.description,
            f"{api}, at `{declared.api.paths[0]}/{declared.path}`, in the table `{declared.kind}`.",
            f"**Mandatory:** {mandatory}. **Searchable** (an index serves ranges and sorting): {searchable}.",
            f"**References** to records, and how they are checked unless a setting says otherwise:{pointless}",
            *((_table(("attribute", "to", "check"), references),) if references else ()),
            "**Attributes:**",
            _attributes(declared),
        )
    )


def _attributes(declared: Resource) -> str:
    rows = []
    for path, attribute in sorted(declared.attributes.items(), key=lambda item: item[0].replace("@", "~")):
        if path.count(".") > 1:
            continue
        kind = "one of " + ", ".join(map(_code, attribute.enum)) if attribute.enum else attribute.type
        kind += " or date" if "date" in attribute.formats else ""
        marks = ("mandatory" if path in declared.mandatory else "", "searchable" if attribute.searchable else "")
        many = "several" if attribute.many else "one"
        marks += ("v4 only" if path in declared.earlier_only else "",)
        rows.append((f"`{path}`", kind, many, _sentence(attribute.description), ", ".join(filter(None, marks))))
    return _table(("attribute", "type", "how many", "meaning", ""), rows)


# ---------------------------------------------------------------- versions


def differences() -> str:
    """Return a section for each API in two versions: every class that is otherwise in the earlier one, and how."""
    numbers: dict[str, list[Resource]] = {}
    for declared in RESOURCES.values():
        if declared.earlier:
            numbers.setdefault(declared.api.number, []).append(declared)
    return "\n\n".join(_differences(number, found) for number, found in sorted(numbers.items()))


def _differences(number: str, found: list[Resource]) -> str:
    classes: dict[str, EarlierClass] = {}
    demanded = []
    for declared in found:
        if declared.earlier:
            said = declared.earlier.declared
            within = shapes_within(declared.shape)
            classes |= {name: each for name, each in said.classes.items() if name in within}
            demanded.append(f"{declared.shape.name}: {', '.join(map(_code, said.mandatory))}")
    rows = [(f"`{name}`", f"`{each.name}`", "<br>".join(_said(each))) for name, each in sorted(classes.items())]
    heading = f"### {number}\n\nMandatory in v4: {'; '.join(demanded)}."
    return f"{heading}\n\n{_table(('class in v5', 'class in v4', 'what is otherwise in v4'), rows)}"


def _said(each: EarlierClass) -> Iterator[str]:
    yield from (f"`{name}` is `{stored}` in v5" for name, stored in each.renamed.items())
    if each.flattened:
        yield f"{_codes(each.flattened.names)} stand in `{each.flattened.inner}` in v5"
    if each.gathered:
        yield f"{_codes(each.gathered.names)} stand in `{each.gathered.bag}`"
    untyped = [field.name for field in each.added if isinstance(field.content, Leaf) and field.content.type == "any"]
    added = [field.name for field in each.added if field.name not in untyped] + list(each.borrowed)
    yield from (f"of any type: {_codes(untyped)}",) if untyped else ()
    yield from (f"v4 only: {_codes(added)}",) if added else ()
    yield from (f"v5 only: {_codes(each.left_out)}",) if each.left_out else ()
    yield from (f"a text, in v5 a whole number: {_codes(each.texts)}",) if each.texts else ()
    for name, words in each.spelled.items():
        yield from (f"`{name}` `{word}` is `{stored}` in v5" for word, stored in words.items())
    yield from (f"filled in when shown: {_codes(each.shown)}",) if each.shown else ()
    yield from (f"filled in when kept: {_codes(each.kept)}",) if each.kept else ()
    yield from (f"mandatory: {_codes(each.required)}",) if each.required else ()
    yield from ("v5 tells the class by what the object says",) if each.is_a else ()


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(_code, sorted(names)))


# ---------------------------------------------------------------- decisions


def decisions() -> str:
    """Return the list of decision records by their titles."""
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    titles = ((path.name, path.read_text("utf-8").partition("\n")[0].removeprefix("# ")) for path in records)
    return "\n".join(f"- [{title}]({name})" for name, title in titles)


BLOCKS: dict[str, Callable[[], str]] = {
    "settings": settings,
    "commands": commands,
    "errors": error_table,
    "failures": failures,
    "metrics": metrics,
    "endpoints": endpoints,
    "aliases": aliases,
    "parameters": parameters,
    "tables": tables,
    "differences": differences,
    "decisions": decisions,
}

if __name__ == "__main__":
    main()
