"""The events of the log, read off the code that writes them: for the reference page on logs."""  # noqa: INP001  see generate.py

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_LEVELS = ("debug", "info", "warning", "error")


def events(package: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return (event, level, names of what it says more) of every line that the package can log, each once, by event."""
    found: dict[tuple[str, str], set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and (level := _level(call.func)) is not None:
                said = found.setdefault((_name(call.args[0]), level), set())
                said.update(keyword.arg or "…" for keyword in call.keywords)
    return [(event, level, tuple(sorted(said))) for (event, level), said in sorted(found.items())]


def rows(package: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of a table of them."""
    for event, level, said in events(package):
        yield f"`{event}`", level, ", ".join(f"`{name}`" for name in said)


def _level(function: ast.expr) -> str | None:
    """The level at which a function logs; None for one that logs nothing."""
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return None
    return function.attr if function.value.id in {"_log", "log"} and function.attr in _LEVELS else None


def _name(argument: ast.expr) -> str:
    """The name of an event; what is filled in stands as an ellipsis."""
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    if isinstance(argument, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in argument.values)
    return "…"
