"""The TOML form of a catalogue: requirements in a file that people write, review and keep in Git.

A file says `version = 1`, may say under `[default]` what its requirements share, and holds one `[[requirement]]` table
for each, with the names that the API uses. What governance says of a version (who proposed it, since when it holds) is
no part of it. Reading is tomllib's. Writing is our own: the form has four kinds of value, and each is to stay where it
stands and as it stands when another changes, which no library promises; `read_catalogue` is its proven inverse.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.problems import PROBLEMS_SHOWN, InvalidDocument
from customer_inventory.requirements.reading import requirement_from
from customer_inventory.requirements.requirement import OF_THE_CATALOGUE, InformationRequirement

VERSION = 1
"""The version of the form."""
MOST_BYTES = 8 << 20
"""How large a file may be: some thirty times the shipped catalogue."""
MOST_REQUIREMENTS = 10_000
"""How many requirements a file may hold."""

_LINE = 120  # a list that fits into one line stands in one, others have a line for each element
_WRITTEN = tuple(
    name
    for name in InformationRequirement.__struct_encode_fields__
    if name not in OF_THE_CATALOGUE and not name.startswith("@")
)
"""What is written of a requirement, in this order."""
_UNSAID: dict[str, Any] = {"searchable": False, "unique": False, "identifying": False}
"""What goes without saying. Other defaults are written: a file must not change its meaning with a release."""

Table = dict[str, Any]


class InvalidCatalogue(InventoryError):
    """The file is no catalogue of information requirements.

    Mend what is named; docs/explanation/information-requirements.md shows the form.
    """

    code = "invalid-catalogue"
    failure = Failure.INVALID

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(problems[:PROBLEMS_SHOWN])
        more = f"; and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
        super().__init__(f"{source}: {shown}{more}")


# ---------------------------------------------------------------- reading


def read_catalogue_file(path: Path) -> list[InformationRequirement]:
    """Return the requirements of a file. Raises InvalidCatalogue that names it, and OSError."""
    with path.open("rb") as file:
        return read_catalogue(file.read(MOST_BYTES + 1), source=path.name)


def read_catalogue(content: bytes, *, source: str) -> list[InformationRequirement]:
    """Return the requirements that a file with `content` says, in its order.

    Raises InvalidCatalogue that names the `source`, and of each problem the requirement and the attribute. Whether what
    is asked can be asked is looked at by `rules_of`, which knows the resource.
    """
    document = read_document(content, source=source, names=("version", "default", "requirement"))
    return requirements_of(requirement_tables(document, source=source), source=source)


def read_document(content: bytes, *, source: str, names: Sequence[str]) -> Table:
    """Return the tables of a file of version 1 that has no other keys than `names`. Raises InvalidCatalogue."""
    if len(content) > MOST_BYTES:
        raise InvalidCatalogue(source, [f"is larger than {MOST_BYTES >> 20} MiB"])
    try:
        document = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise InvalidCatalogue(source, ["is not written in UTF-8"]) from error
    except RecursionError as error:
        raise InvalidCatalogue(source, ["is nested too deeply"]) from error
    except ValueError as error:  # of tomllib, and of numbers with thousands of digits
        raise InvalidCatalogue(source, [f"is no TOML: {error}"]) from error
    if document.get("version") != VERSION or document["version"] is True:
        raise InvalidCatalogue(source, [f"does not begin with version = {VERSION}, the version of the form"])
    if unknown := [name for name in document if name not in names]:
        raise InvalidCatalogue(source, [f"{name} is unknown: a file says {', '.join(names)}" for name in unknown])
    return document


def requirement_tables(document: Mapping[str, Any], *, source: str) -> list[Table]:
    """Return the table of each requirement with what the defaults of the file add. Raises InvalidCatalogue."""
    shared, tables = document.get("default", {}), document.get("requirement", [])
    if not isinstance(shared, dict) or not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise InvalidCatalogue(source, ["default is to be a [table], requirement are to be [[tables]]"])
    if len(tables) > MOST_REQUIREMENTS:
        raise InvalidCatalogue(source, [f"has more than {MOST_REQUIREMENTS} requirements"])
    return [{**shared, **table} for table in tables]


def requirements_of(tables: Iterable[Table], *, source: str) -> list[InformationRequirement]:
    """Return the requirements that tables say, each attribute once. Raises InvalidCatalogue with every problem."""
    found: dict[str, InformationRequirement] = {}
    problems: list[str] = []
    for number, table in enumerate(tables, 1):
        called = _called(table, number)
        if called in found:
            problems.append(f"{called}: stands in the file twice")
            continue
        try:
            found[called] = requirement_from(table)
        except InvalidDocument as error:
            problems += [f"{called}: {problem}" for problem in error.problems]
    if problems:
        raise InvalidCatalogue(source, problems)
    return list(found.values())


def _called(table: Mapping[str, Any], number: int) -> str:
    """Return how a requirement is named in a message: by its id, or by its place if it does not say that."""
    resource, attribute = table.get("resource"), table.get("attribute")
    if isinstance(resource, str) and isinstance(attribute, str):
        return f"{resource}.{attribute}"
    return f"requirement {number}"


# ---------------------------------------------------------------- writing


def write_catalogue(requirements: Iterable[InformationRequirement]) -> str:
    """Return a file that says these requirements, ordered by resource and attribute, whatever order they come in."""
    ordered = sorted(requirements, key=lambda each: (each.resource, each.attribute))
    return "\n\n".join([f"version = {VERSION}", *("\n".join(_written(each)) for each in ordered)]) + "\n"


def _written(requirement: InformationRequirement) -> Iterator[str]:
    said: Table = msgspec.to_builtins(requirement)
    kept = {name: said[name] for name in _WRITTEN if name in said and said[name] != _UNSAID.get(name)}
    yield "[[requirement]]"
    # What is a table of its own stands behind what is not, or that would belong to the table.
    yield from (f"{name} = {_value(value, name)}" for name, value in kept.items() if not _is_table(value))
    for name, value in kept.items():
        if _is_table(value):
            yield from _tables(name, value)


def _tables(name: str, value: Any) -> Iterator[str]:
    for each in [value] if isinstance(value, dict) else value:
        yield ""
        yield f"[requirement.{name}]" if isinstance(value, dict) else f"[[requirement.{name}]]"
        yield from (f"{key} = {_value(said, key)}" for key, said in each.items())


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _value(value: Any, name: str) -> str:
    if isinstance(value, list):
        texts = [_text(each) for each in value]
        line = f"[{', '.join(texts)}]"
        fits = len(name) + len(" = ") + len(line) <= _LINE
        return line if fits else "[\n" + "".join(f"    {text},\n" for text in texts) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    """Return a basic string of TOML: that of JSON, but that DELETE is escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
