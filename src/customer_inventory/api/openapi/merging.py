"""Merging: the schemas of many views in one document, each class once, two of one name told apart.

Two components are the same when they say the same and all that they refer to is the same. Classes refer to each other
in circles, so this is found by refinement: components start out alike if their text is, and part while what they refer
to differs. The text is JSON: references in it are replaced, nothing else is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

_REFERENCE = re.compile(rb'"#/components/schemas/([^"]+)"')
_NUMBER = re.compile(r"\.\d+")
_FORM = re.compile(r"(?:_RES)?(?:_(?:FVO|MVO|Typed))?$")

Key = tuple[str, str]
"""A component: of which part (API, version and resource, joined by dots), and its name there."""


class Merged:
    """The components of several parts under names that are unique; a name that is taken gets its part's label."""

    def __init__(self, parts: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        texts = {
            (label, name): msgspec.json.encode(schema) for label, schemas in parts for name, schema in schemas.items()
        }
        groups = _refined(texts)
        self._names: dict[Key, str] = {}
        taken: dict[str, int] = {}
        known: dict[int, str] = {}
        for key, group in groups.items():
            if group not in known:
                known[group] = next(name for name in _candidates(key) if name not in taken)
                taken[known[group]] = group
            self._names[key] = known[group]
        self.components: dict[str, Any] = {}
        for (label, name), text in texts.items():
            self.components.setdefault(self._names[label, name], self._renamed(label, text))

    def name(self, label: str, name: str) -> str:
        """Return what the component `name` of a part is called here."""
        return self._names[label, name]

    def _renamed(self, label: str, text: bytes) -> Any:
        def renamed(found: re.Match[bytes]) -> bytes:
            return b'"#/components/schemas/%s"' % self._names[label, found[1].decode()].encode()

        return msgspec.json.decode(_REFERENCE.sub(renamed, text))


def _candidates(key: Key) -> Iterable[str]:
    label, name = key
    plain, suffix = _NUMBER.sub("", name), _form(name)
    stem = plain.removesuffix(suffix)
    api, version, _ = label.split(".")
    yield plain
    yield f"{stem}.{version}{suffix}"
    yield f"{stem}.{api}.{version}{suffix}"
    yield f"{stem}.{label}{suffix}"
    for number in range(2, 1000):
        yield f"{stem}.{label}.{number}{suffix}"


def _form(name: str) -> str:
    found = _FORM.search(name)
    return found[0] if found else ""


def _refined(texts: Mapping[Key, bytes]) -> dict[Key, int]:
    """Return a number for each component; those that are the same in all they refer to have the same one."""
    references = {
        (label, name): [(label, found.decode()) for found in _REFERENCE.findall(text)]
        for (label, name), text in texts.items()
    }
    numbers = _numbered({key: (_form(key[1]), _REFERENCE.sub(b"", text)) for key, text in texts.items()})
    while True:
        finer = _numbered({key: (numbers[key], *(numbers[one] for one in references[key])) for key in texts})
        if len(set(finer.values())) == len(set(numbers.values())):
            return finer
        numbers = finer


def _numbered(values: Mapping[Key, Any]) -> dict[Key, int]:
    known: dict[Any, int] = {}
    return {key: known.setdefault(value, len(known)) for key, value in values.items()}
