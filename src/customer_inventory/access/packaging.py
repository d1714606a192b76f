"""Packaging: everything that is held of a subject, for the subject (GDPR article 15, and 20 for the form).

What belongs to others too, such as an agreement with another engaged party, is counted and not shown: their data is
theirs (article 15, 4). It takes `download` on every kind that is in it, and the trail has all of it before it is handed
over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.access.grants import TRAIL
from customer_inventory.access.guarded import CONSENT
from customer_inventory.access.subjects import Subject, subject
from customer_inventory.model.belonging import PARTIES
from customer_inventory.model.contents import named
from customer_inventory.model.mediatype import file_name
from customer_inventory.repository.consents import Fact
from customer_inventory.repository.contents import Kept
from customer_inventory.repository.journal import Seen
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.records import Version

MOST_VERSIONS = 1000
"""So many versions of each record are in a package, the newest."""
MOST_SEEN = 10_000


@dataclass(frozen=True, slots=True)
class Held:
    """One record: its kind and id, what it is called, and its versions, the newest first."""

    kind: str
    id: str
    label: str
    versions: list[Version]
    total: int


@dataclass(slots=True)
class Package:
    """What is held of a subject: records, consents, who saw or wrote them, and files by digest with their names.

    `shared` counts, by kind, records of others that only refer to the subject.
    """

    subject: str
    at: datetime
    records: list[Held] = field(default_factory=list)
    consents: list[Fact] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    files: dict[str, tuple[str, Kept]] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)


async def package(access: Access, identifier: UUID) -> Package:
    """Return everything that is held of a subject. Raises NoSubject and Denied."""
    repository = access.facilities.repository
    async with repository.erasing.working() as work:
        found = await subject(work, identifier)
    kinds = list(dict.fromkeys(found.kinds.values()))
    for kind in (*kinds, TRAIL):
        await access.require_whole("download", kind)
    made = Package(found.root, access.facilities.clock())
    for each, kind in found.kinds.items():
        await _add(access, made, kind, each)
    for each, kind in found.kinds.items():
        if kind in PARTIES:
            made.consents += await repository.register.consents.facts(UUID(each), limit=MOST_VERSIONS)
    made.seen = await repository.journal.seen(list(found.kinds), since=None, limit=MOST_SEEN)
    made.shared = _shared(found)
    for kind in kinds:
        await access.note("download", kind, "shown", tuple(each for each, of in found.kinds.items() if of == kind))
    if made.consents:
        await access.note("download", CONSENT, "shown", (found.root,))
    await access.note("download", TRAIL, "shown", (found.root,))
    return made


async def content_of(access: Access, kept: Kept) -> AsyncIterator[bytes]:
    """Return a file of a package in parts. Raises ContentDamaged."""
    return await access.facilities.repository.contents.parts(kept)


async def _add(access: Access, made: Package, kind: str, identifier: str) -> None:
    """Add a record with its versions and its files."""
    repository, resource = access.facilities.repository, KINDS[kind]
    history = await repository.records.history(kind, UUID(identifier), limit=MOST_VERSIONS, offset=0)
    documents = [msgspec.json.decode(each.document) for each in history.versions if each.document is not None]
    label = resource.label(documents[0]) if documents else ""
    made.records.append(Held(kind, identifier, label, history.versions, history.total))
    for document in documents:
        for digest, attachment in named(resource, document).items():
            if digest not in made.files:
                kept = await repository.contents.held(UUID(identifier), digest)
                if kept is not None:
                    made.files[digest] = (_name(attachment, digest), kept)


def _name(attachment: Mapping[str, Any], digest: str) -> str:
    """What a file is called in the package: never a path, whatever its sender called it."""
    said = attachment.get("name")
    last = file_name(said) if isinstance(said, str) else ""
    plain = "".join(each if each.isalnum() or each in "._- " else "_" for each in last)
    return f"{digest[:12]}-{plain.strip('. ')[:80] or 'file'}"


def _shared(found: Subject) -> dict[str, int]:
    counted: dict[str, int] = {}
    for kind, _ in found.others:
        counted[kind] = counted.get(kind, 0) + 1
    return counted
