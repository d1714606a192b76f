"""A record's history as people read it: what changed, when, by whom and why, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from customer_inventory.console.comparing import Changed, compare
from customer_inventory.console.headings import Headings
from customer_inventory.console.words import Shown, shown_at
from customer_inventory.repository.records import Version

SHOWN = 50
MOST_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One version in the history: of what, when, what was done by whom and why, and what it changed."""

    of: str
    version: int
    at: datetime
    when: Shown
    action: str
    who: str
    through: str
    purpose: str
    reason: str
    source: str
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A history, and whether older versions are left out."""

    entries: tuple[Entry, ...]
    cut: bool


def timeline(histories: Iterable[tuple[str, list[Version], Headings]], *, limit: int) -> Timeline:
    """Return the history of (of what, versions newest first, headings) as one, at most `limit` versions of each.

    To know what the oldest shown version changed, each list holds one version more than shown, when there is one.
    """
    entries: list[Entry] = []
    cut = False
    for of, versions, headings in histories:
        documents = [_document(version) for version in versions]
        before = [*documents[1:], {}]
        entries += [
            _entry(of, version, compare(old, new, headings))
            for version, old, new in list(zip(versions, before, documents, strict=True))[:limit]
        ]
        cut = cut or len(versions) > limit
    # The version breaks ties: several changes may fall into the same microsecond of a coarse clock.
    return Timeline(tuple(sorted(entries, key=lambda entry: (entry.at, entry.version), reverse=True)), cut)


def _document(version: Version) -> dict[str, Any]:
    return msgspec.json.decode(version.document, type=dict[str, Any]) if version.document else {}


def _entry(of: str, version: Version, changes: tuple[Changed, ...]) -> Entry:
    return Entry(
        of=of,
        version=version.version,
        at=version.since,
        when=shown_at(version.since),
        action=_action(version),
        who=version.person or version.client_id or "someone unknown",
        through=version.client_id or "" if version.person else "",
        purpose=version.purpose or "",
        reason=version.reason or "",
        source=version.source or "",
        changes=() if version.document is None else changes,
    )


def _action(version: Version) -> str:
    if version.operation == "restore":
        return "restored"
    done = "deleted" if version.document is None else "created" if version.version == 1 else "changed"
    return done + {"import": " by import", "undo": " by undoing"}.get(version.operation or "", "")
