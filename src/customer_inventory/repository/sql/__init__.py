"""Named SQL: every statement of the repository stands in a `.sql` file here, under a line `-- name: its_name`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def text(file: str) -> str:
    """Return the whole text of `file` (a name such as "schema.sql")."""
    return files(__package__).joinpath(file).read_text("utf-8")


@cache
def statements(file: str) -> dict[str, str]:
    """Return the statements of `file` by their names; comments before the first name are the file's own."""
    named: dict[str, str] = {}
    for part in text(file).split("-- name: ")[1:]:
        name, _, statement = part.partition("\n")
        named[name.strip()] = statement.strip().removesuffix(";")
    return named
