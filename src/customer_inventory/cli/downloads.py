"""The verbs of downloads: ask for a file with records, decide on those that others asked for, and have one's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Literal

import msgspec
from cyclopts import App, Parameter
from msgspec import UNSET

from customer_inventory.access import downloads
from customer_inventory.access.downloads import Wanted
from customer_inventory.access.downloads.anonymising import LEAST_K
from customer_inventory.access.downloads.life import DownloadPreview, Format, Protection, download_id, told
from customer_inventory.access.downloads.tracing import trace
from customer_inventory.access.grants import named
from customer_inventory.capture.exports import UnwritableOutput, whole_file
from customer_inventory.capture.sinks import ids_and_marks
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import acting
from customer_inventory.cli.progress import say
from customer_inventory.model import RESOURCES
from customer_inventory.model.problems import read_as
from customer_inventory.repository.downloads import DownloadRow
from customer_inventory.settings import Settings

download = App(name="download", help="Files with records: ask for one, approve those of others, fetch your own.")

_DEFAULTS = Settings()
_MOMENT = "%Y-%m-%d %H:%M UTC"
_AT_A_TIME = 1024 * 1024

if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[tuple(RESOURCES)]  # whatever is declared


@download.command
def request(
    kind: Kind,
    *,
    filter: str = "",  # noqa: A002  the flag's name
    fields: str = "",
    format: Format = "ndjson",  # noqa: A002  the flag's name
    protection: Protection = "none",
    k: int = LEAST_K,
    purpose: str | None = None,
    preview: Annotated[bool, Parameter(negative=())] = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """Ask for a file with records, which a running server makes; tell what it would hold and who must approve it.

    Parameters
    ----------
    kind
        Whose records: any resource of the Open APIs, such as individual or customer.
    filter
        Which records, as a list is filtered, such as "status=active&name.gt=M".
    fields
        Which attributes, with commas between them; of a table its columns.
    format
        ndjson, csv, parquet or xlsx (Excel), as `customer-inventory export` has them.
    protection
        none; pseudonymised, with keyed hashes for ids and what identifies, and no free text; or anonymised.
    k
        How many rows of an anonymised file must be alike at least, 5 or more.
    purpose
        Purpose of this download, one that the command line is registered for.
    preview
        Only tell what it would hold; ask for nothing.
    settings
        How the inventory is set up.
    """
    told = {"kind": kind, "filter": filter, "fields": fields, "format": format, "protection": protection, "k": k}
    return run(_request(told, purpose, settings, only_preview=preview), settings)


async def _request(given: dict[str, object], purpose: str | None, settings: Settings, *, only_preview: bool) -> None:
    # Imported here: the API, whose filters these are, takes long to load, and the other verbs need none of it.
    from customer_inventory.api.download_wishes import understood  # noqa: PLC0415

    wanted = read_as(given, Wanted)
    async with acting(settings, "download", purpose=purpose) as access:
        wish = await understood(access, wanted)
        row = None if only_preview else await downloads.request(access, wish.sought)
        if row is None:
            found = await downloads.previewed(access, wish.sought)
        else:
            found = msgspec.json.decode(row.preview, type=DownloadPreview)
        about = "" if found.is_exact else "about "
        number = "it is not told how many" if found.record_count is UNSET else f"{about}{found.record_count:,}"
        print(f"{wanted.kind}: {number} records")
        for each in found.attribute:
            if each.sensitivity != "internal":
                print(f"  {each.attribute:<40}  {each.sensitivity:<9} {each.shown}")
        if found.reason:
            print(f"Somebody else must approve it: {', '.join(found.reason)}.")
        if row is not None:
            print(_line(row))


@download.command(name="list")
def list_downloads(*, status: str | None = None, settings: Configured = _DEFAULTS) -> int:
    """List the downloads, the latest first: where each stands, who asked for it, and until when it is kept.

    Parameters
    ----------
    status
        Only those that stand there: waiting, queued, running, ready, failed, expired, cancelled, refused or erased.
    settings
        How the inventory is set up.
    """
    return run(_list(status, settings), settings)


async def _list(status: str | None, settings: Settings) -> None:
    async with acting(settings, "download") as access:
        for each in await downloads.latest(access):
            if status in {None, each.status}:
                print(_line(each))


@download.command
def show(identifier: str, *, settings: Configured = _DEFAULTS) -> int:
    """Show a download: what was asked for, why somebody must approve it, and what became of it.

    Parameters
    ----------
    identifier
        The download's id.
    settings
        How the inventory is set up.
    """
    return run(_show(identifier, settings), settings)


async def _show(identifier: str, settings: Settings) -> None:
    async with acting(settings, "download") as access:
        row = await downloads.show(access, download_id(identifier))
    print(_line(row))
    preview = msgspec.json.decode(row.preview)
    lines = {
        **{name: value for name, value in told(row.wish).items() if name != "kind"},
        "purpose": row.purpose,
        "records": row.number if row.number is not None else preview.get("recordCount"),
        "approval for": ", ".join(row.reasons),
        "decided by": row.decided_by and f"{row.decided_by}{f': {row.said}' if row.said else ''}",
        "sha256": row.sha256,
        "failure": row.failure,
    }
    for name, value in lines.items():
        if value not in {None, ""}:
            print(f"  {name:<12}  {value}")


def _verb(verb: Literal["approve", "refuse"], summary: str) -> Callable[..., int]:
    def decide(identifier: str, *, reason: str | None = None, settings: Configured = _DEFAULTS) -> int:
        return run(_decide(identifier, verb, reason, settings), settings)

    decide.__name__ = verb
    decide.__doc__ = f"""{summary}

    Parameters
    ----------
    identifier
        The download's id.
    reason
        Why; it is kept with the download.
    settings
        How the inventory is set up.
    """
    return decide


for _name, _summary in (
    ("approve", "Let a download be made that somebody else asked for."),
    ("refuse", "Refuse a download that somebody else asked for."),
):
    download.command(_verb(_name, _summary), name=_name)  # type: ignore[arg-type]


async def _decide(identifier: str, verb: Literal["approve", "refuse"], reason: str | None, settings: Settings) -> None:
    async with acting(settings, "download") as access:
        print(_line(await downloads.decide(access, download_id(identifier), verb, said=reason)))


@download.command
def cancel(identifier: str, *, settings: Configured = _DEFAULTS) -> int:
    """Cancel your own download and remove its file.

    Parameters
    ----------
    identifier
        The download's id.
    settings
        How the inventory is set up.
    """
    return run(_cancel(identifier, settings), settings)


async def _cancel(identifier: str, settings: Settings) -> None:
    async with acting(settings, "download") as access:
        print(_line(await downloads.cancel(access, download_id(identifier))))


@download.command
def get(
    identifier: str,
    *,
    output: Annotated[str, Parameter(allow_leading_hyphen=True)],
    settings: Configured = _DEFAULTS,
) -> int:
    """Write the file of your own download, once it is ready.

    Parameters
    ----------
    identifier
        The download's id.
    output
        The file to write, or - for standard output. It appears when it is whole.
    settings
        How the inventory is set up.
    """
    return run(_get(identifier, output, settings), settings)


async def _get(identifier: str, output: str, settings: Settings) -> None:
    async with acting(settings, "download") as access:
        # For whatever purpose it was made: the command line has them all.
        purpose = (await downloads.show(access, download_id(identifier))).purpose
    async with acting(settings, "download", purpose=purpose) as access:
        row, file = await downloads.file_of(access, download_id(identifier))
        with file:
            await asyncio.to_thread(_copy, file, output)
    say(f"Wrote {row.number:,} {named(row.kind)} records to {'standard output' if output == '-' else output}.")


def _copy(file: IO[bytes], output: str) -> None:
    try:
        with whole_file(output) as written:
            while part := file.read(_AT_A_TIME):
                written.write(part)
    except OSError as error:
        raise UnwritableOutput(f"{output} cannot be written: {error.strerror or error}.") from None


@download.command(name="trace")
def trace_file(file: Path, *, settings: Configured = _DEFAULTS) -> int:
    """Tell from which download a file, or a part of one, came: by marks that readers of the file do not see.

    Parameters
    ----------
    file
        A file of NDJSON or CSV; some lines of it will do.
    settings
        How the inventory is set up.
    """
    return run(_trace(file, settings), settings)


async def _trace(file: Path, settings: Settings) -> None:
    marks = await asyncio.to_thread(ids_and_marks, file)
    async with acting(settings, "download") as access:
        found = await trace(access, marks)
    for row in found:
        print(_line(row))
    if not found:
        print(f"The marks of {len(marks)} records are of no download that is known here.")


def _line(row: DownloadRow) -> str:
    who = row.person or row.client_id
    parts = [str(row.id), named(row.kind), row.status, f"for {who}", f"{row.requested_at.astimezone(UTC):{_MOMENT}}"]
    if row.status == "ready" and row.expires_at is not None:
        parts.append(f"kept until {row.expires_at.astimezone(UTC):{_MOMENT}}")
    return "  ".join(parts)
