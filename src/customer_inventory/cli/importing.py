"""The verbs that take records in: import, mapping."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter

from customer_inventory.capture.mapping import NO_CLASSES, Classes, InvalidMapping
from customer_inventory.capture.mappings import Chosen, choose_mapping, mapping_path, save_suggestion
from customer_inventory.capture.runs import Order, Report, import_file, shared_source
from customer_inventory.capture.sources import require_file
from customer_inventory.capture.telephone import known_country
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import opened, operator
from customer_inventory.cli.progress import bar, say
from customer_inventory.settings import Settings

_DEFAULTS = Settings()
_REFUSED = 3

ImportFormat = Literal["csv", "ndjson"]


def import_(
    file: Path,
    *,
    mapping: Path | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    source: str | None = None,
    format: ImportFormat | None = None,  # noqa: A002  the flag's name
    encoding: str | None = None,
    country: str | None = None,
    api_version: Literal["v4", "v5"] | None = None,
    purpose: str | None = None,
    reason: str | None = None,
    strict: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """Import customers from a CSV or NDJSON file, beside a running server or without one.

    Safe to run again: a row is known by the source's name and its own id, and is written only when it differs. Rows
    that cannot be taken are written beside the file, each with its reason, to be corrected and imported again; the
    exit code is 0 all the same, unless --strict is given.

    Parameters
    ----------
    file
        The file: .csv, .tsv, .ndjson or .jsonl, also with .gz. NDJSON may hold whole TM Forum documents.
    mapping
        Which columns become which attributes (TOML). Without it, FILE.mapping.toml is used, or made from the headings.
    dry_run
        Do all of it but keep nothing: the same counts, and the rejected rows in FILE.rejected-in-dry-run.
    source
        Name of the system that the file comes from; the file's name up to its first dot when not given.
    format
        What the file holds, when its name does not tell.
    encoding
        Encoding of the file, such as cp1252; UTF-8 when not given.
    country
        Country of telephone numbers without a country code, such as GB, for a mapping that is made from the headings.
    api_version
        Version of the Open APIs that whole documents are in, where their hrefs do not tell.
    purpose
        Purpose of this import, one that the command line is registered for.
    reason
        Why the customers are imported, for their history.
    strict
        Exit with 3 when rows were rejected.
    json
        Print the report as JSON on standard output.
    settings
        How the inventory is set up.
    """
    return run(
        _import(
            Order(path=file, format=format, encoding=encoding, source=source, version=api_version, dry=dry_run),
            _Manner(mapping, country, purpose, reason, strict=strict, json=json),
            settings,
        ),
        settings,
    )


@dataclass(frozen=True, slots=True)
class _Manner:
    """How an import is carried out around the load itself."""

    mapping: Path | None
    country: str | None
    purpose: str | None
    reason: str | None
    strict: bool
    json: bool


async def _import(order: Order, manner: _Manner, settings: Settings) -> int:
    require_file(order.path)  # before an engine is started for nothing
    _check_country(manner.country)
    async with opened(settings) as desk:
        access = await desk.open_at_command_line(
            person=operator(), purpose=manner.purpose, request_id=f"import-{secrets.token_hex(8)}", source=order.source
        )
        classes = await access.facilities.classes.by_name()
        chosen = _chosen(order, manner.mapping, manner.country, classes)
        if warning := await shared_source(access, order):
            say(warning)
        with bar(order.path.name, total=100.0) as advance:
            report = await import_file(
                access.because(manner.reason),
                order,
                chosen=chosen,
                progress=lambda so_far, share: advance(share * 100, f"{so_far.rows:,} rows"),
            )
    if manner.json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        _tell(report)
    return _REFUSED if manner.strict and report.rejected else 0


mapping = App(name="mapping", help="Mappings: which columns of a file become which attributes.")


@mapping.command
def suggest(
    file: Path,
    *,
    format: ImportFormat | None = None,  # noqa: A002  the flag's name
    encoding: str | None = None,
    country: str | None = None,
    settings: Configured = _DEFAULTS,
) -> int:
    """Suggest a mapping for a file from its headings, and save it beside the file as FILE.mapping.toml.

    Parameters
    ----------
    file
        The file that is to be imported.
    format
        What the file holds, when its name does not tell.
    encoding
        Encoding of the file; UTF-8 when not given.
    country
        Country of telephone numbers without a country code, such as GB.
    settings
        How the inventory is set up.
    """
    return run(_suggest(Order(path=file, format=format, encoding=encoding), country), settings)


async def _suggest(order: Order, country: str | None) -> None:
    if mapping_path(order.path).exists():
        raise InvalidMapping(
            f"{mapping_path(order.path)} is there already: edit it, or take it away to have a new one."
        )
    _check_country(country)
    chosen = _chosen(order, None, country, NO_CLASSES)
    if chosen.text is not None:
        sys.stdout.write(chosen.text)


def _check_country(country: str | None) -> None:
    if country is not None and not known_country(country):
        raise InvalidMapping(f"{country!r} is no country code (ISO 3166-1 alpha-2, such as GB).")


def _chosen(order: Order, mapping_file: Path | None, country: str | None, classes: Classes) -> Chosen:
    """Choose the mapping, save it when it was suggested, and say so."""
    chosen = choose_mapping(
        order.path,
        named=mapping_file,
        form=order.format,
        encoding=order.encoding,
        country=country,
        documents=order.version is not None,
        classes=classes,
    )
    unsaved = save_suggestion(chosen)
    match chosen.origin:
        case "documents":
            say("The lines are whole TM Forum documents: no mapping is needed.")
        case "suggested" if unsaved:
            say(f"Suggested from the headings; it could not be saved as {chosen.path}: {unsaved}.")
        case "suggested":
            say(f"Suggested from the headings and saved, to be edited as you like: {chosen.path}")
        case "found":
            say(f"Using the mapping that stands beside the file: {chosen.path}")
    for doubt in chosen.doubts:
        say(f"Please check: {doubt}.")
    if chosen.unmapped:
        say(f"Columns that go nowhere: {', '.join(chosen.unmapped)}.")
    return chosen


def _tell(report: Report) -> None:
    undone = " Nothing was kept: this was a dry run." if report.dry_run else ""
    say(
        f"{report.rows:,} rows: {report.accepted:,} accepted ({report.created:,} created, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged), {report.rejected:,} rejected.{undone}"
    )
    for reason, count in report.warnings.most_common(20):
        say(f"  noted {count:,} times: {reason}")
    for reason, count in report.reasons.most_common(20):
        say(f"  rejected {count:,} times: {reason}")
    if report.rejected_file:
        say(f"Rejected rows, each with its reason: {report.rejected_file}")
    if any("is mandatory" in reason and "requirement" not in reason for reason in report.reasons):
        say('To take rows without a mandatory attribute as they are, write incomplete = "accept" into the mapping.')
