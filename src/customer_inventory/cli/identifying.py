"""The verb that profiles a file, or what is stored, and drafts requirements from it; nothing of them is proposed."""

from __future__ import annotations

import csv
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, Literal

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.downloading import about_how_many, download
from customer_inventory.access.governing import resource_named
from customer_inventory.capture.exports import UnwritableOutput
from customer_inventory.capture.formulas import guarded
from customer_inventory.capture.rejects import source_name
from customer_inventory.capture.sources import Source, decode_line, open_source
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.progress import bar, say
from customer_inventory.cli.requirement import opened_access, put
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import RESOURCES, Resource
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.catalogue import class_of, governed_name
from customer_inventory.requirements.headings import resource_of
from customer_inventory.requirements.profiling import (
    DocumentSampler,
    Draft,
    Profile,
    profile,
    profile_documents,
    profile_of,
    proposals,
)
from customer_inventory.requirements.profiling.report import HEADINGS, suspicion_rows, write_drafts
from customer_inventory.requirements.profiling.sample import written
from customer_inventory.settings import Settings

_DEFAULTS = Settings()
_CHUNK = 1000


class NoSuchResource(InventoryError):
    """There is no such resource."""

    code = "no-such-resource"
    failure = Failure.USAGE


class NothingToProfile(InventoryError):
    """Neither a file nor a resource is named. Name a file, or with --resource whose stored records to profile."""

    code = "nothing-to-profile"
    failure = Failure.USAGE


def identify(
    file: Path | None = None,
    *,
    resource: str | None = None,
    output: str = "-",
    suspects: Path | None = None,
    source: str | None = None,
    format: Literal["csv", "ndjson"] | None = None,  # noqa: A002  the flag's name
    encoding: str | None = None,
    settings: Configured = _DEFAULTS,
) -> int:
    """Profile a file, or what is stored, and draft requirements from it, with evidence and confidence, to review.

    Types, formats, code lists, patterns, bounds, keys, personal data, and which columns tell others. To a requirement
    that governs (for a file: that the product ships) a draft only adds. Of more than 100,000 rows, or 20,000 documents,
    a sample is drawn. Nothing is proposed: review the file, then use
    `customer-inventory requirement propose FILE --reason REASON --draft`.

    Parameters
    ----------
    file
        The file: .csv, .tsv, .ndjson or .jsonl, also with .gz. NDJSON may hold whole TM Forum documents. Without one
        the stored records of --resource are profiled.
    resource
        Whose attributes the columns are, such as individual or organization; told by the headings when not given. Of
        what is stored also a class of entity.
    output
        The catalogue file to write, or - for standard output.
    suspects
        A CSV file to write the cells to that are most likely wrong, with what they should most likely hold. It holds
        data of the source, and is readable by you alone.
    source
        Name of the system that the file comes from; the file's name up to its first dot when not given.
    format
        What the file holds, when its name does not tell.
    encoding
        Encoding of the file, such as cp1252; UTF-8 when not given.
    settings
        How the inventory is set up.
    """
    if file is None:
        return run(_identify_stored(resource, output, suspects, settings), settings)
    return run(_identify(_Order(file, resource, output, suspects, source, format, encoding)), settings)


async def _identify_stored(name: str | None, output: str, suspects: Path | None, settings: Settings) -> None:
    if name is None:
        raise NothingToProfile
    async with opened_access(settings) as access:
        resource = await resource_named(access, name)
        sampler = await _stored(access, resource)
        governing = await access.facilities.catalogue.requirements(governed_name(resource))
    now = datetime.now(UTC)
    found = profile_of(sampler.sample(), today=now.date())
    drafts = proposals(found, resource=resource, now=now, source=None, governing=governing)
    ids = sampler.ids()
    put(output, write_drafts(found, drafts, called=ids.__getitem__))
    if suspects is not None:
        _put_suspects(suspects, found, ids.__getitem__)
    _say_found(found, drafts, resource)


async def _stored(access: Access, resource: Resource) -> DocumentSampler:
    """Return a sample of the records that are stored, each of which the trail says was shown."""
    sampler = DocumentSampler(random=_random())
    named, seen = class_of(resource), 0
    about = await about_how_many(access, resource)
    with bar(resource.name, total=float(about) or None) as advance:
        async for lines in download(access, resource):
            for line in lines:
                document = msgspec.json.decode(line)
                if named is None or document.get("@type") == named:
                    sampler.add(document)
            seen += len(lines)
            advance(float(seen), f"{seen:,} records")
    return sampler


@dataclass(frozen=True, slots=True)
class _Order:
    file: Path
    resource: str | None
    output: str
    suspects: Path | None
    source: str | None
    format: str | None
    encoding: str | None


async def _identify(order: _Order) -> None:
    named = None if order.resource is None else _resource(order.resource)
    source = open_source(order.file, form=order.format, encoding=order.encoding)
    now = datetime.now(UTC)
    found = _profiled(source, now)
    resource = named or RESOURCES[resource_of([each.name for each in found.columns])]
    source_called = order.source or source_name(order.file)
    drafts = proposals(found, resource=resource, now=now, source=source_called, governing=shipped(resource.name))
    put(order.output, write_drafts(found, drafts))
    if order.suspects is not None:
        _put_suspects(order.suspects, found)
    _say_found(found, drafts, resource)


def _say_found(found: Profile, drafts: Sequence[Draft], resource: Resource) -> None:
    say(
        f"Looked at {found.rows:,} of {found.seen:,} rows as {resource.name}. Requirements drafted: "
        f"{sum(each.changes for each in drafts):,}. Dependencies seen: {len(found.dependencies):,}. "
        f"Cells suspected: {len(found.suspicions):,}."
    )


def _resource(name: str) -> Resource:
    if name not in RESOURCES:
        raise NoSuchResource(f"There is no resource {name!r}; there are {', '.join(sorted(RESOURCES))}.")
    return RESOURCES[name]


def _random() -> Random:
    return Random(secrets.randbits(64))  # noqa: S311  which rows are looked at is no secret


def _profiled(source: Source, now: datetime) -> Profile:
    random = _random()
    rows = _rows(source)
    if source.format == "csv":
        return profile(source.columns, rows, random=random, today=now.date())
    first: dict[str, Any] = next(rows, {})
    documents: Iterable[dict[str, Any]] = chain([first], rows) if first else []
    if "@type" in first:
        return profile_documents(documents, random=random, today=now.date())
    cells = ([_text(each.get(name)) for name in source.columns] for each in documents)
    return profile(source.columns, cells, random=random, today=now.date())


def _rows(source: Source) -> Iterator[Any]:
    """Yield the rows that can be read: cells of CSV, objects of NDJSON. Says how many cannot."""
    unreadable = 0
    for chunk in source.chunks(_CHUNK):
        unreadable += len(chunk.broken)
        for row in chunk.rows:
            read = decode_line(row) if isinstance(row, bytes) else row
            if read is not None:
                yield read
            else:
                unreadable += 1
    if unreadable:
        say(f"{unreadable:,} rows cannot be read and were passed over; an import tells which, and why.")


def _text(value: object) -> str | None:
    """Return a value of a plain object as a file of rows would write it."""
    return None if value is None or isinstance(value, dict | list) else written(value)


def _put_suspects(path: Path, found: Profile, called: Callable[[int], str] = str) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="", opener=_private) as file:
            path.chmod(0o600)  # it may have been there before
            table = csv.writer(file)
            table.writerow(HEADINGS)
            table.writerows([guarded(cell) for cell in row] for row in suspicion_rows(found, called=called))
    except OSError as error:
        raise UnwritableOutput(f"{path} cannot be written: {error.strerror or error}.") from error


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
