"""A subject access package as one file: data for machines, a page for people, the files, and a manifest with hashes."""

from __future__ import annotations

import os
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from customer_inventory.access import Access
from customer_inventory.access.packaging import Held, Package, content_of
from customer_inventory.cli.package_facts import facts, moment
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.records import Version

_TEMPLATES = Path(__file__).with_name("templates")


class Written(msgspec.Struct, frozen=True):
    """What was written: how many records, versions, files and bytes, and the SHA-256 of the manifest."""

    records: int
    versions: int
    files: int
    size: int
    manifest: str


async def write_package(access: Access, made: Package, output: Path, *, pdf: bool = False) -> Written:
    """Write a package into a new file, which only its owner may read; with `pdf` the page is in it as that, too.

    Raises FileExistsError and ContentDamaged.

    What was written of it goes again where it cannot be finished.
    """
    handle = os.open(output, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            hashes = {}
            pages = [
                ("data.json", _data(made)),
                ("index.html", _page(made)),
                *([("package.pdf", _pdf(made))] if pdf else []),
            ]
            for name, data in pages:
                archive.writestr(name, data)
                hashes[name] = sha256(data).hexdigest()
            for name, kept in made.files.values():
                digest = sha256()
                with archive.open(f"files/{name}", "w") as entry:
                    async for part in await content_of(access, kept):
                        entry.write(part)
                        digest.update(part)
                hashes[f"files/{name}"] = digest.hexdigest()
            manifest = msgspec.json.format(msgspec.json.encode({"sha256": hashes}))
            archive.writestr("manifest.json", manifest)
    except BaseException:
        _drop(output)
        raise
    versions = sum(len(each.versions) for each in made.records)
    return Written(len(made.records), versions, len(made.files), _size(output), sha256(manifest).hexdigest())


def _pdf(made: Package) -> bytes:
    # Imported here: fonts and pictures take a third of a second to load, and most packages have no PDF.
    from customer_inventory.cli.package_pdf import pdf_of  # noqa: PLC0415

    return pdf_of(made)


def _drop(output: Path) -> None:
    output.unlink(missing_ok=True)


def _size(output: Path) -> int:
    return output.stat().st_size


def _data(made: Package) -> bytes:
    """The package for machines (GDPR article 20)."""
    told = {
        "subject": made.subject,
        "at": made.at,
        "record": [_record(each) for each in made.records],
        "consent": [each._asdict() for each in made.consents],
        "access": [each._asdict() for each in made.seen],
        "file": {digest: name for digest, (name, _) in made.files.items()},
        "recordsOfOthersThatRefer": made.shared,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


def _record(held: Held) -> dict[str, Any]:
    return {
        "resource": KINDS[held.kind].name,
        "id": held.id,
        "name": held.label,
        "versionCount": held.total,
        "version": [_version(each) for each in held.versions],
    }


def _version(version: Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "since": version.since,
        "until": version.until,
        "operation": version.operation,
        "client": version.client_id,
        "person": version.person,
        "purpose": version.purpose,
        "source": version.source,
        "reason": version.reason,
        "document": msgspec.Raw(version.document) if version.document is not None else None,
    }


def _page(made: Package) -> bytes:
    """The package for people, as one page that asks for nothing from elsewhere."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["moment"] = moment
    records = [(each, KINDS[each.kind].name, facts(each)) for each in made.records]
    return environment.get_template("package.html").render(made=made, records=records).encode()
