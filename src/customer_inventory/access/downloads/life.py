"""The life of a download: what can be asked for, the states that it goes through, and what is wrong with a step."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from customer_inventory.access.downloads.anonymising import LEAST_K
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model.entity import Entity, Instant, Word, says
from customer_inventory.model.resource import declare, first_text
from customer_inventory.requirements.requirement import CATALOGUE, Line, Text

Format = Literal["ndjson", "csv", "parquet", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)
TABLES = FORMATS[1:]
Protection = Literal["none", "pseudonymised", "anonymised"]
MOST_LIVE = 20
"""So many downloads of one client wait, are made or are kept at a time."""
LONGEST_LINK = timedelta(hours=1)
WAITS = timedelta(days=7)
"""So long a download waits for its approval."""
MOST_ATTEMPTS = 5
Status = Literal["waiting", "queued", "running", "ready", "failed", "expired", "cancelled", "refused", "erased"]


class DownloadNotFound(InventoryError):
    """There is no such download of this client.

    A client sees its own downloads: GET /inventory/v1/download lists them.
    """

    code = "download-not-found"
    failure = Failure.NOT_FOUND


def download_id(text: str) -> UUID:
    """Return the id of a download. Raises DownloadNotFound for what is none."""
    found = parse_id(text)
    if found is None:
        raise DownloadNotFound
    return found


class DownloadNotReady(InventoryError):
    """The download has no file to be had.

    Its `status` says why: it waits, is being made, failed, or its file is gone. Ask for it anew if it is over.
    """

    code = "download-not-ready"
    failure = Failure.CONFLICT


class WrongDownloadState(InventoryError):
    """The download is not in a state that admits this step.

    Only what waits is approved or refused, and only what is not over is cancelled.
    """

    code = "wrong-download-state"
    failure = Failure.CONFLICT


class OwnDownload(InventoryError):
    """Who asked for a download, or registered, owns or is the deputy of the process that did, cannot decide on it.

    Neither can another process of the same owner or deputy. Ask somebody else who is granted modify:download.
    """

    code = "own-download"
    failure = Failure.DENIED


class LinkNotValid(InventoryError):
    """The link is not valid: it is another's, was changed, or is over.

    Ask for a new one with POST /inventory/v1/download/{id}/link; it holds for an hour at most.
    """

    code = "link-not-valid"
    failure = Failure.DENIED


class TooManyDownloads(InventoryError):
    """The client has as many downloads as it may have at a time.

    Cancel one that is not needed any more, or wait until its file expires.
    """

    code = "too-many-downloads"
    failure = Failure.TOO_MANY


class Wanted(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a download is to hold: records of a kind, those that a filter finds, whole or some attributes of them."""

    kind: Annotated[str, Meta(min_length=1, max_length=100)]
    filter: Annotated[str, Meta(max_length=4000, pattern="^[^\x00]*$")] = ""
    fields: Annotated[str, Meta(max_length=4000, pattern="^[^\x00]*$")] = ""
    format: Format = "ndjson"
    protection: Protection = "none"
    k: Annotated[int, Meta(ge=LEAST_K, le=10_000)] = LEAST_K


def told(wish: str) -> dict[str, Any]:
    """Return what is told of a wish, which is kept as JSON."""
    found = {name: value for name, value in msgspec.json.decode(wish).items() if value not in {"", "none"}}
    return {name: value for name, value in found.items() if name != "k" or found.get("protection") == "anonymised"}


class DownloadedAttribute(Word, kw_only=True, frozen=True):
    """An attribute of which the catalogue says something, and how a download shows it."""

    attribute: Annotated[str, says("The attribute.")]
    sensitivity: Annotated[str, says("The class of protection that the catalogue names.")]
    shown: Annotated[
        Literal["whole", "ofSome", "masked", "pseudonym", "generalised", "leftOut"],
        says("As it is, so of some records, in the form of masks, as a keyed hash, coarser, or not at all."),
    ]
    masking: Annotated[str | UnsetType, says("The form of a mask.")] = UNSET


class DownloadPreview(Word, kw_only=True, frozen=True):
    """What a download would hold, and whether somebody must approve it."""

    record_count: Annotated[
        int | UnsetType, says("How many records; not told where that would tell what is sensitive.")
    ] = UNSET
    is_exact: Annotated[bool, says("Whether they were counted; else it is estimated, or not told.")]
    attribute: Annotated[list[DownloadedAttribute], says("The attributes of which the catalogue says something.")]
    reason: Annotated[list[str], says("Why somebody must approve it; empty where nobody needs to.")]


class Download(Entity, kw_only=True, frozen=True):
    """A file with records that a client asked for, from the wish to its end."""

    kind: Annotated[Line, says("The resource whose records it holds.")]
    filter: Annotated[Text | UnsetType, says("Which records, as a list is filtered.")] = UNSET
    fields: Annotated[Text | UnsetType, says("Which attributes, as a list is asked for them.")] = UNSET
    format: Annotated[Line, says("ndjson, csv, parquet or xlsx.")]
    protection: Annotated[Line | UnsetType, says("none, pseudonymised or anonymised.")] = UNSET
    k: Annotated[int | UnsetType, says("How many rows are alike at least, in an anonymised file.")] = UNSET
    status: Annotated[Status, says("Where it stands.")]
    purpose: Annotated[Line, says("The purpose of the call that asked for it.")]
    client_id: Annotated[Line, says("The client that asked.")]
    person: Annotated[Line | UnsetType, says("The person on whose behalf it did.")] = UNSET
    requested_at: Annotated[Instant, says("When.")]
    preview: Annotated[DownloadPreview, says("What it was to hold when it was asked for.")]
    decided_by: Annotated[Line | UnsetType, says("Who approved or refused it.")] = UNSET
    decided_at: Annotated[Instant | UnsetType, says("When.")] = UNSET
    reason: Annotated[Text | UnsetType, says("What was said about it.")] = UNSET
    failure: Annotated[Line | UnsetType, says("The code of what kept it from being made.")] = UNSET
    record_count: Annotated[int | UnsetType, says("How many records its file holds.")] = UNSET
    size: Annotated[int | UnsetType, says("How many bytes its file has.")] = UNSET
    sha256: Annotated[Line | UnsetType, says("The SHA-256 of its file.")] = UNSET
    expires_at: Annotated[Instant | UnsetType, says("When its file is removed.")] = UNSET


DOWNLOAD = declare(
    struct=Download,
    api=CATALOGUE,
    mandatory=("@type", "kind", "format", "status"),
    references=(),
    searchable=(),
    label=lambda document: first_text(document, "kind"),
)
