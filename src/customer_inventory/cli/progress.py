"""What a verb says while it works: lines on standard error, and a bar where somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

Advance = Callable[[float, str], None]
"""Told how much is done, as a number and in words."""

_err = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Say a line on standard error as it is, whatever brackets a file's name holds and however wide the terminal."""
    _err.print(text, markup=False, soft_wrap=True)


@contextmanager
def bar(name: str, *, total: float | None) -> Iterator[Advance]:
    """Show progress on a terminal; say nothing in between anywhere else, where lines would only pile up."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[done]}"))
    with Progress(*columns, TimeElapsedColumn(), console=_err, transient=True, disable=not _err.is_terminal) as bar:
        task = bar.add_task(name, total=total, done="")

        def advance(completed: float, done: str) -> None:
            bar.update(task, completed=completed, done=done)

        yield advance
