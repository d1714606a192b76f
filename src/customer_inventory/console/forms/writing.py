"""From a form to a record: what was changed in the fields is put into the document, and everything else stays.

A field that still says what it showed changes nothing, so what a field cannot show exactly is not touched either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from customer_inventory.console.forms.layout import MEDIA, Field, Layout, Medium, characteristic
from customer_inventory.console.forms.values import Unreadable, recorded, shown_text
from customer_inventory.model import InvalidDocument
from customer_inventory.model.places import place
from customer_inventory.model.problems import Problem

_HOLDER = "contactMedium"
_CLASSES = {
    "integer": "IntegerCharacteristic",
    "number": "NumberCharacteristic",
    "boolean": "BooleanCharacteristic",
}


@dataclass(slots=True)
class Written:
    """The document that a form makes, and by which field each of its paths was written."""

    document: dict[str, Any]
    fields: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def typed_of(layout: Layout, document: Mapping[str, Any]) -> dict[str, str]:
    """Return what the fields of a form show of a record."""
    typed = {each.name: shown_text(_held(document, each.name)) for each in layout.fields}
    media = document.get(_HOLDER)
    for medium in layout.media:
        held = media[int(medium.key)] if not medium.fresh and isinstance(media, list) else {}
        typed |= {each.name: shown_text(held.get(_last(each))) for each in medium.fields}
    return {name: text.replace("\r\n", "\n") for name, text in typed.items()}


def written(layout: Layout, document: Mapping[str, Any], typed: Mapping[str, str]) -> Written:
    """Return what a form makes of a record's document."""
    found = Written(dict(document))
    shown = typed_of(layout, document)
    for each in layout.fields:
        text = typed.get(each.name, shown[each.name]).replace("\r\n", "\n")
        found.fields[each.name] = each.name
        if text != shown[each.name]:
            _write(found, each, text.strip())
    for at, each in _characteristics(layout, found.document):
        found.fields[f"{at}.value"] = each.name
    if layout.media:
        _write_media(found, layout, typed, shown)
    return found


def refused_at(error: InvalidDocument, fields: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the problems of a document by the field that wrote it, and those that belong to no field."""
    at: dict[str, str] = {}
    rest: list[str] = []
    for problem in error.problems:
        name = fields.get(problem.path)
        # Which requirement asks for it is told at the field by its heading.
        reason = problem.reason.partition(" (requirement ")[0]
        if name is None:
            rest.append(str(problem))
        else:
            at.setdefault(name, reason)
    return at, rest


def _write(found: Written, at: Field, text: str) -> None:
    try:
        value = recorded(text, at.type) if text else None
    except Unreadable as error:
        found.problems.append(Problem(at.name, error.message))
        return
    where = place(at.name)
    if where.named is not None:
        _write_characteristic(found.document, at, value)
    elif value is None:
        found.document.pop(at.name, None)
    else:
        found.document[at.name] = value


def _write_characteristic(document: dict[str, Any], at: Field, value: Any) -> None:
    where = place(at.name)
    held = characteristic(document, where)
    entries: list[Any] = [each for each in document.get(where.name) or [] if value is not None or each is not held]
    if value is not None and held is None:
        kind = _CLASSES.get(at.type, "StringCharacteristic")
        entries.append({"@type": kind, "name": where.named, "valueType": at.type, "value": value})
    elif held is not None and value is not None:
        entries = [{**held, "value": value} if each is held else each for each in entries]
    if entries:
        document[where.name] = entries
    else:
        document.pop(where.name, None)


def _characteristics(layout: Layout, document: Mapping[str, Any]) -> list[tuple[str, Field]]:
    """Where the characteristics of a form stand in the document that it makes."""
    found = []
    for each in layout.fields:
        where = place(each.name)
        held = None if where.named is None else characteristic(document, where)
        if held is not None:
            at = next(at for at, entry in enumerate(document[where.name]) if entry is held)
            found.append((f"{where.name}[{at}]", each))
    return found


def _write_media(found: Written, layout: Layout, typed: Mapping[str, str], shown: Mapping[str, str]) -> None:
    """Change the media that the form shows, leave out those that were emptied, and add new ones."""
    before = found.document.get(_HOLDER)
    media = list(before) if isinstance(before, list) else []
    by_key = {medium.key: medium for medium in layout.media}
    kept: list[tuple[Any, Medium | None]] = []
    for at, held in enumerate(media):
        medium = by_key.get(str(at))
        changed = held if medium is None else _medium(medium, held, typed, shown)
        if changed is not None:
            kept.append((changed, medium))
    fresh = [medium for medium in layout.media if medium.fresh]
    made = [(_medium(medium, {"@type": medium.kind}, typed, shown), medium) for medium in fresh]
    kept += [(entry, medium) for entry, medium in made if entry is not None]
    for at, (_, medium) in enumerate(kept):
        for each in medium.fields if medium is not None else ():
            found.fields[f"{_HOLDER}[{at}].{_last(each)}"] = each.name
    found.fields[_HOLDER] = _first(layout)
    entries = [entry for entry, _ in kept]
    if entries:
        found.document[_HOLDER] = entries
    elif media:
        del found.document[_HOLDER]


def _medium(
    medium: Medium, held: dict[str, Any], typed: Mapping[str, str], shown: Mapping[str, str]
) -> dict[str, Any] | None:
    """A medium with what was typed; None for one that was emptied, or never filled in."""
    changed = dict(held)
    touched = False
    for each in medium.fields:
        text = typed.get(each.name, shown[each.name]).replace("\r\n", "\n")
        if text == shown[each.name]:
            continue
        touched = True
        changed.pop(_last(each), None)
        if text.strip():
            changed[_last(each)] = text.strip()
    said = any(changed.get(name) for name in MEDIA[medium.kind])
    if medium.fresh:
        return changed if said or (touched and len(changed) > 1) else None
    return changed if said or not touched else None


def _held(document: Mapping[str, Any], name: str) -> Any:
    where = place(name)
    if where.named is None:
        return document.get(name)
    held = characteristic(document, where)
    return None if held is None else held.get("value")


def _last(at: Field) -> str:
    return at.name.rpartition(".")[2]


def _first(layout: Layout) -> str:
    return layout.media[0].fields[0].name
