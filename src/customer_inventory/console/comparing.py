"""What changed between two versions of a document, attribute by attribute.

The entries of a list have no names, so they are paired: first those that are equal, then those with the same id, then
those that say the same of themselves (class, use, role, name; or nothing at all), each in order. So an entry that was
taken out from the front is one removal, not a change of every entry behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from customer_inventory.console.headings import SPELLED_OUT, Headings
from customer_inventory.console.words import Shown, gist, medium_name, shown, spelled

_SELF = ("@type", "contactType", "role", "name", "externalIdentifierType", "owner", "identificationType")
_NAMES = ("role", "name", "externalIdentifierType", "owner", "languageName", "identificationType", "accountType")
_LONGEST_MARK = 80
_SEPARATOR = " / "


@dataclass(frozen=True, slots=True)
class Changed:
    """One attribute that differs: where it is, in words, and what it was and became (None: was not there)."""

    label: str
    before: Shown | None
    after: Shown | None

    @property
    def action(self) -> str:
        """What happened to it: added, removed or changed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


@dataclass(frozen=True, slots=True)
class _At:
    """Where an attribute stands: its dotted path, and the words by which people know it."""

    path: str
    words: tuple[str, ...]
    headings: Headings

    def __str__(self) -> str:
        return _SEPARATOR.join(self.words)

    def below(self, name: str) -> _At:
        # The value of a characteristic is what the characteristic is.
        if name == "value" and self.words:
            return self
        path = f"{self.path}.{name}" if self.path else name
        return _At(path, (*self.words, self.headings.of(path)), self.headings)

    def called(self, words: str) -> _At:
        return _At(self.path, (*self.words[:-1], words), self.headings)


def compare(before: Any, after: Any, headings: Headings = SPELLED_OUT) -> tuple[Changed, ...]:
    """Return what differs between two documents, in the order of the newer one, removals last."""
    return tuple(_compared(_At("", (), headings), before, after))


def _compared(path: _At, before: Any, after: Any) -> list[Changed]:
    if _equal(before, after):
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        names = [*after, *(name for name in before if name not in after)]
        return [change for name in names for change in _member(path.below(name), name, before, after)]
    if isinstance(before, list) and isinstance(after, list) and _objects(before) and _objects(after):
        return _entries(path, before, after)
    return [Changed(str(path), _value(before), _value(after))]


def _member(path: _At, name: str, before: dict[str, Any], after: dict[str, Any]) -> list[Changed]:
    if name not in before:
        return _appeared(path, after[name])
    if name not in after:
        return _gone(path, before[name])
    return _compared(path, before[name], after[name])


def _appeared(path: _At, value: Any) -> list[Changed]:
    entries = value if isinstance(value, list) and value and _objects(value) else [value]
    return [Changed(str(_marked(path, entry)), None, _rest(entry)) for entry in entries]


def _gone(path: _At, value: Any) -> list[Changed]:
    entries = value if isinstance(value, list) and value and _objects(value) else [value]
    return [Changed(str(_marked(path, entry)), _rest(entry), None) for entry in entries]


def _entries(path: _At, before: list[Any], after: list[Any]) -> list[Changed]:
    pairs, removed, added = _paired(before, after)
    changes = [change for old, new in pairs for change in _compared(_marked(path, new), old, new)]
    changes += [change for new in added for change in _appeared(path, new)]
    return changes + [change for old in removed for change in _gone(path, old)]


def _paired(before: list[Any], after: list[Any]) -> tuple[list[tuple[Any, Any]], list[Any], list[Any]]:
    old, new = list(before), list(after)
    pairs: list[tuple[Any, Any]] = []
    for alike in (_equal, _same_id, _same_self):
        for entry in list(new):
            match = next((candidate for candidate in old if alike(candidate, entry)), None)
            if match is not None:
                # By identity: lists may hold equal entries twice.
                old = [kept for kept in old if kept is not match]
                new = [kept for kept in new if kept is not entry]
                pairs.append((match, entry))
    return pairs, old, new


def _equal(old: Any, new: Any) -> bool:
    # As JSON: Python holds true, 1 and 1.0 to be equal.
    return msgspec.json.encode(old, order="sorted") == msgspec.json.encode(new, order="sorted")


def _same_id(old: Any, new: Any) -> bool:
    return bool(old.get("id")) and old.get("id") == new.get("id")


def _same_self(old: Any, new: Any) -> bool:
    if old.get("id") and new.get("id"):
        return False
    return all(old.get(name) == new.get(name) for name in _SELF)


def _objects(entries: list[Any]) -> bool:
    return all(isinstance(entry, dict) for entry in entries)


def _marked(path: _At, entry: Any) -> _At:
    """Where a list entry stands, told from its neighbours by what it says of itself."""
    if not isinstance(entry, dict):
        return path
    kind, mark = entry.get("@type"), _mark(entry)
    medium = isinstance(kind, str) and kind.endswith("ContactMedium")
    name = medium_name(str(kind)) if medium else path.words[-1]
    if mark is None:
        return path.called(name)
    text = spelled(entry[mark]).lower() if medium else entry[mark]
    asked = path.headings.names.get(f"{path.path}[{entry[mark]}]")
    return path.called(asked or f"{name} ({text[:_LONGEST_MARK]})")


def _mark(entry: dict[str, Any]) -> str | None:
    """The attribute that tells an entry from its neighbours."""
    names = ("contactType", *_NAMES)
    return next((name for name in names if isinstance(entry.get(name), str) and entry[name]), None)


def _value(value: Any) -> Shown:
    return Shown(gist(value) or "(empty)") if isinstance(value, dict | list) else shown(value)


def _rest(entry: Any) -> Shown:
    """An entry without the mark that its label has already, unless it holds nothing else."""
    mark = _mark(entry) if isinstance(entry, dict) else None
    rest = gist({name: inner for name, inner in entry.items() if name != mark}) if mark else ""
    return Shown(rest) if rest else _value(entry)
