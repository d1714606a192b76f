"""Downloads in words: what was asked for, where it stands, why somebody must approve it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET

from customer_inventory.access.downloads.life import WAITS, DownloadedAttribute, DownloadPreview, told
from customer_inventory.access.downloads.previewing import MANY
from customer_inventory.console.kinds import KINDS_NAMES
from customer_inventory.console.words import Shown, purpose_name, shown_at, spelled
from customer_inventory.repository.downloads import DownloadRow

DOWNLOADS_PAGE = "/downloads"
FORMAT_NAMES = {"csv": "CSV", "xlsx": "Excel", "parquet": "Parquet", "ndjson": "NDJSON: whole records, one a line"}
PROTECTIONS = {
    "none": "As the records are",
    "pseudonymised": "Without names: keyed hashes for what identifies, no free text",
    "anonymised": "Anonymous: coarser, until each row is like several others",
}
LIVE = ("waiting", "queued", "running", "ready")
_SHORT = {"ndjson": "NDJSON", "csv": "CSV", "parquet": "Parquet", "xlsx": "Excel"}
_STATES = {
    "waiting": "waits for an approval",
    "queued": "is made soon",
    "running": "is being made",
    "ready": "ready",
    "failed": "failed",
    "expired": "over",
    "cancelled": "cancelled",
    "refused": "refused",
    "erased": "erased",
}
_CLASSES = {"special": "a special category", "cpni": "CPNI"}
_SENSITIVITIES = {"special": "special category", "cpni": "CPNI"}
_WAYS = {
    "whole": "as it is",
    "ofSome": "of some records",
    "masked": "masked",
    "pseudonym": "as a keyed hash",
    "generalised": "coarser",
    "leftOut": "not at all",
}
_SIZES = ("bytes", "KB", "MB", "GB", "TB")
_STEP = 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A download as a list shows it."""

    what: Shown
    format: str
    who: str
    through: str
    asked: Shown
    state: str
    good: bool
    warn: bool


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a download would hold, in words."""

    number: str
    attributes: list[tuple[str, str, str]]
    reasons: list[str]


def line_of(row: DownloadRow) -> Line:
    """Return a download as a list shows it."""
    return Line(
        what=Shown(kind_of(row), link=f"{DOWNLOADS_PAGE}/{row.id}"),
        format=_SHORT[msgspec.json.decode(row.wish)["format"]],
        who=row.person or row.client_id,
        through=row.client_id if row.person else "",
        asked=shown_at(row.requested_at),
        state=state_of(row),
        good=row.status == "ready",
        warn=row.status in {"waiting", "failed"},
    )


def kind_of(row: DownloadRow) -> str:
    """Return what the records of a download are called."""
    return KINDS_NAMES.get(row.kind, spelled(row.kind))


def state_of(row: DownloadRow) -> str:
    """Return where a download stands."""
    return _STATES[row.status]


def previewed(found: DownloadPreview) -> Previewed:
    """Return a preview in words; what the catalogue calls internal only is not named."""
    about = "" if found.is_exact else "about "
    number = "It is not told how many records" if found.record_count is UNSET else ""
    told_of = [each for each in found.attribute if each.sensitivity != "internal"]
    return Previewed(
        number=number or f"{about}{found.record_count:,} record{'s' if found.record_count != 1 else ''}",
        attributes=[_attribute(each) for each in told_of],
        reasons=reasons_of(found.reason),
    )


def _attribute(each: DownloadedAttribute) -> tuple[str, str, str]:
    return each.attribute, _SENSITIVITIES.get(each.sensitivity, each.sensitivity), _WAYS[each.shown]


def reasons_of(reasons: Sequence[str]) -> list[str]:
    """Return why somebody must approve a download."""
    return [_reason(each) for each in reasons]


def _reason(reason: str) -> str:
    if reason == MANY:
        return "it holds many records, with what was asked for of this kind within a day"
    sensitivity, _, attribute = reason.partition(":")
    return f"{attribute} is {_CLASSES.get(sensitivity, sensitivity)}"


def facts_of(row: DownloadRow) -> list[tuple[str, str | Shown]]:
    """Return what is said of a download, with what has been decided and made; what is not there is left out."""
    wish, preview = told(row.wish), msgspec.json.decode(row.preview, type=DownloadPreview)
    found: list[tuple[str, Any]] = [
        ("Which records", wish.get("filter") or "all"),
        ("Which attributes", wish.get("fields") or "all"),
        ("Format", FORMAT_NAMES[wish["format"]]),
        ("Protection", PROTECTIONS[wish.get("protection", "none")]),
        ("Rows alike, at least", str(wish["k"]) if "k" in wish else None),
        ("Asked for by", row.person or row.client_id),
        ("Through", row.client_id),
        ("For", purpose_name(row.purpose)),
        ("Asked for", shown_at(row.requested_at)),
        ("Was to hold", previewed(preview).number),
        ("Needs an approval, since", "; ".join(reasons_of(row.reasons))),
        ("Waits until", shown_at(row.requested_at + WAITS) if row.status == "waiting" else None),
        (_decided(row), row.decided_by),
        ("Decided", shown_at(row.decided_at) if row.decided_at else None),
        ("Reason", row.said),
        ("What kept it from being made", row.failure),
        ("Records", f"{row.number:,}" if row.number is not None else None),
        ("Size", size_of(row.size) if row.size is not None else None),
        ("SHA-256", row.sha256),
        ("Kept until", shown_at(row.expires_at) if row.expires_at else None),
    ]
    return [(name, value) for name, value in found if value not in {None, ""}]


def _decided(row: DownloadRow) -> str:
    return "Refused by" if row.status == "refused" else "Approved by"


def size_of(size: int) -> str:
    """Return a number of bytes as people read it: 12,345 bytes are 12.1 KB."""
    number, unit = float(size), _SIZES[0]
    for unit in _SIZES:
        if number < _STEP or unit == _SIZES[-1]:
            break
        number /= _STEP
    return f"{size:,} {unit}" if unit == _SIZES[0] else f"{number:,.1f} {unit}"
