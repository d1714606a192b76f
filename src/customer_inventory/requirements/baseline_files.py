"""The files of the baseline: in the TOML form of catalogues, and with parts.

What several resources have alike (a contact medium, a period, an attachment) is said once, in a *part*: a file below
`parts` that a resource takes in at the place where it has it. What a requirement says itself goes before the defaults
of its file, those of a part before those of the file that takes it in; what is `set` where the part is taken in goes
before all. There, attributes of the part can be left out, and be named otherwise or under a heading. Conditions of a
part speak of `@`, the object that has the attribute, wherever that stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from customer_inventory.requirements.requirement import InformationRequirement
from customer_inventory.requirements.rules import identifier_of
from customer_inventory.requirements.toml_form import (
    InvalidCatalogue,
    Table,
    read_document,
    requirement_tables,
    requirements_of,
)

_NAMES = ("version", "default", "part", "requirement")
_OF_A_PART = frozenset({"part", "at", "heading", "leave", "names", "set"})


def requirements_in(folder: Path, resource: str, *, version: int) -> list[InformationRequirement]:
    """Return what the file of a resource asks, in its order, numbered. Raises InvalidCatalogue."""
    source = f"{resource}.toml"
    tables = ({"resource": resource, **table} for table in _tables(folder / source))
    return [
        msgspec.structs.replace(each, id=identifier_of(each), version=version)
        for each in requirements_of(tables, source=source)
    ]


@cache
def _document(path: Path) -> Table:
    return read_document(path.read_bytes(), source=path.name, names=_NAMES)


def _tables(path: Path) -> Iterator[Table]:
    """Yield the table of each requirement of a file, those of the parts that it takes in behind its own."""
    document = _document(path)
    yield from requirement_tables(document, source=path.name)
    for part in document.get("part", ()):
        yield from _taken_in(part, document.get("default", {}), path)


def _taken_in(part: Mapping[str, Any], shared: Table, path: Path) -> Iterator[Table]:
    if part.keys() - _OF_A_PART or not {"part", "at"} <= part.keys():
        raise InvalidCatalogue(path.name, [f"a part says {', '.join(sorted(_OF_A_PART))} and nothing else"])
    folder = path.parent if path.parent.name == "parts" else path.parent / "parts"
    taken = {table["attribute"]: table for table in _tables(folder / f"{part['part']}.toml")}
    names, left_out = part.get("names", {}), part.get("leave", ())
    if unknown := {*names, *left_out} - taken.keys():
        raise InvalidCatalogue(path.name, [f"the part {part['part']} has no {', '.join(sorted(unknown))}"])
    for attribute, table in taken.items():
        if attribute not in left_out:
            name = names.get(attribute) or _under(part.get("heading"), table["name"])
            place = f"{part['at']}.{attribute}" if part["at"] else attribute
            yield {**shared, **table, **part.get("set", {}), "attribute": place, "name": name}


def _under(heading: str | None, name: str) -> str:
    """Return a name under a heading, with a small letter unless it is an abbreviation: `Contact: e-mail address`."""
    return f"{heading}: {name if name[:2].isupper() else name[:1].lower() + name[1:]}" if heading else name
