"""Showing: how an earlier version makes what it shows of an attribute from what a stored object says.

Each such value is declared once, with the difference that it belongs to, and read twice: here, of an object in memory,
and by the repository in SQL. So a filter finds what is shown, also what is spelled otherwise or only filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """What stands at a path within the object, by the names on the way."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """The word that a table has for a text; none for any other."""

    of: Value
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Respelled:
    """A text in the spelling that a table has for it; anything else as it is."""

    of: Value
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Numeral:
    """A whole number as the text that writes it; anything else as it is."""

    of: Value


@dataclass(frozen=True, slots=True)
class Collection:
    """The name of the collection that an address leads into: its last segment but one."""

    of: Value


@dataclass(frozen=True, slots=True)
class Ends:
    """Whether a text ends so."""

    of: Value
    ending: str


@dataclass(frozen=True, slots=True)
class Unless:
    """A text, if it does not end so."""

    of: Value
    ending: str


@dataclass(frozen=True, slots=True)
class First:
    """The first of several values that there is."""

    parts: tuple[Value, ...]


Value = Said | Word | Respelled | Numeral | Collection | Ends | Unless | First


@dataclass(frozen=True, slots=True)
class Showing:
    """What is shown of one attribute: made from the stored objects at the path `owner`; "" is the whole document."""

    owner: str
    value: Value


def said_by(showing: Showing) -> Iterator[str]:
    """Yield the paths in the stored document of everything that a showing is made from."""
    before = f"{showing.owner}." if showing.owner else ""
    for names in _names(showing.value):
        yield before + ".".join(names)


def _names(value: Value) -> Iterator[tuple[str, ...]]:
    match value:
        case Said(names=names):
            yield names
        case First(parts=parts):
            for part in parts:
                yield from _names(part)
        case _:
            yield from _names(value.of)


Maker = Callable[[Mapping[str, Any]], Any]


def maker(value: Value) -> Maker:
    """Return what makes `value` of a stored object, None of one that has nothing for it.

    The declaration is taken apart once: it is asked for in every object of every record of a list.
    """
    match value:
        case Said(names=(name,)):
            return lambda stored: stored.get(name)
        case Said(names=names):
            return lambda stored: _said(stored, names)
        case First(parts=parts):
            return _first([maker(part) for part in parts])
        case Numeral(of=of):
            return _changed(maker(of), int, str)
        case Respelled(of=of, words=words):
            return _changed(maker(of), str, lambda text: words.get(text, text))
        case _:
            make = maker(value.of)
            return lambda stored: _of_text(value, text) if isinstance(text := make(stored), str) else None


def _first(makers: Sequence[Maker]) -> Maker:
    """Return what makes the first thing that any of `makers` makes."""

    def first(stored: Mapping[str, Any]) -> Any:
        for make in makers:
            found = make(stored)
            if found is not None:
                return found
        return None

    return first


def _changed(make: Maker, kind: type, change: Callable[[Any], Any]) -> Maker:
    """Return what changes the things of one kind that `make` makes, and leaves others as they are."""

    def changed(stored: Mapping[str, Any]) -> Any:
        found = make(stored)
        return change(found) if type(found) is kind else found

    return changed


def _said(stored: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        stored = stored.get(name) if isinstance(stored, dict) else None
    return stored


def _of_text(value: Word | Collection | Ends | Unless, text: str) -> Any:
    match value:
        case Word(words=words):
            return words.get(text)
        case Collection():
            return text.rpartition("/")[0].rpartition("/")[2]
        case Ends(ending=ending):
            return text.endswith(ending)
        case Unless(ending=ending):
            return None if text.endswith(ending) else text


def sources(value: Value, text: str) -> Iterator[tuple[tuple[str, ...], str] | None]:
    """Yield the paths and texts of which an object has one at least if `value` makes `text` of it.

    None stands for what no equality tells, such as the end of an address.
    """
    match value:
        case Said(names=names):
            yield names, text
        case First(parts=parts):
            for part in parts:
                yield from sources(part, text)
        case Word(of=of, words=words):
            for said in (each for each, word in words.items() if word == text):
                yield from sources(of, said)
        case Respelled(of=of, words=words):
            yield from sources(of, words.get(text, text))
        case Unless(of=of, ending=ending):
            yield from () if text.endswith(ending) else sources(of, text)
        case Numeral(of=of):
            yield from sources(of, text)
        case Collection() | Ends():
            yield None


def exact(value: Value) -> bool:
    """Return whether the sources of a text are equal to it just where the value is."""
    return isinstance(value, Respelled) and isinstance(value.of, Said)
