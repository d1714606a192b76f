"""Reading: a document becomes a requirement, or a list of what is wrong with it, attribute by attribute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from customer_inventory.model import InvalidDocument
from customer_inventory.model.problems import Problem
from customer_inventory.model.spelling import is_unicode
from customer_inventory.requirements.requirement import OF_THE_CATALOGUE, InformationRequirement

_KNOWN = frozenset(InformationRequirement.__struct_encode_fields__) | {"@type"}
NOT_KEPT = "holds a character that cannot be kept: NUL, or half of one"
_TYPE = InformationRequirement.__name__


def requirement_from(document: Mapping[str, Any], at: str = "") -> InformationRequirement:
    """Return the requirement that a document writes; what only the catalogue says of one is passed over.

    Each problem is told at its path, behind `at`. Raises InvalidDocument.
    """
    problems = [*_unknown(document, at), *_unkept(document, at)]
    said = {name: value for name, value in document.items() if name in _KNOWN and name not in OF_THE_CATALOGUE}
    try:
        found = msgspec.convert({"@type": _TYPE, **said}, InformationRequirement)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        problems.append(Problem(f"{at}{path.strip('.`')}", reason[:1].lower() + reason[1:]))
    if problems:
        raise InvalidDocument(problems)
    return found


def is_kept(text: str) -> bool:
    """Tell whether a text can be kept: PostgreSQL has no NUL, and UTF-8 no half of a character."""
    return "\0" not in text and is_unicode(text)


def _unkept(value: object, at: str) -> Iterator[Problem]:
    match value:
        case str() if not is_kept(value):
            yield Problem(at.rstrip("."), NOT_KEPT)
        case Mapping():
            for name, each in value.items():
                yield from _unkept(each, f"{at}{str(name)[:60]}.")
        case list():
            for index, each in enumerate(value):
                yield from _unkept(each, f"{at.rstrip('.')}[{index}].")


def _unknown(document: Mapping[str, Any], at: str) -> Iterator[Problem]:
    for name in document:
        if name not in _KNOWN:
            near = get_close_matches(name, _KNOWN, n=1)
            yield Problem(
                f"{at}{name[:60]}", f"is no attribute of a requirement{f'; did you mean {near[0]}?' if near else ''}"
            )
