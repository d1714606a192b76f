"""The verbs of privacy: erasing a subject, cleaning the files afterwards, and the register of who was erased."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from cyclopts import App, Parameter

from customer_inventory.access import Access, Desk
from customer_inventory.access.erasing import Plan, erase, hide_in_trail, plan
from customer_inventory.access.holding import hold, release
from customer_inventory.access.packaging import package
from customer_inventory.access.privacy_request import request_id
from customer_inventory.access.privacy_requesting import linked, served
from customer_inventory.access.subjects import NoSubject
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import engine_of, opened, operator, register_of
from customer_inventory.cli.packaging import write_package
from customer_inventory.cli.privacy_requests import request
from customer_inventory.cli.progress import say
from customer_inventory.cli.restrictions import lift, list_restrictions, restrict
from customer_inventory.cli.retention import retention
from customer_inventory.clock import system_clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.repository.engines import EmbeddedEngine
from customer_inventory.repository.erasures import Receipt, write_register
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.scrubbing import scrub
from customer_inventory.settings import Settings


class PackageExists(InventoryError):
    """The file that the package is to be written into is there already.

    Name another one, or take it away first.
    """

    code = "package-exists"
    failure = Failure.CONFLICT


privacy = App(name="privacy", help="Answer what people ask about their data, and erase, block or keep it.")
privacy.command(request)
privacy.command(restrict)
privacy.command(lift)
privacy.command(list_restrictions, name="restrictions")
privacy.command(retention)

_DEFAULTS = Settings()


class NoSuchEvent(InventoryError):
    """The id names no event of others.

    The dry run of an erasure lists those that may be of the subject.
    """

    code = "no-such-event"
    failure = Failure.NOT_FOUND


@privacy.command(name="erase")
def erase_subject(
    subject: str,
    *,
    because: str,
    yes: bool = False,
    event: tuple[str, ...] = (),
    despite_obligations: bool = False,
    request: str | None = None,
    settings: Configured = _DEFAULTS,
) -> int:
    """Say what the erasure of a party would take, with its roles and all that belongs to it; with --yes, erase it.

    Parameters
    ----------
    subject
        The id of the party, or of a role that it plays.
    because
        The ground, such as "request of 2026-11-02, GDPR 17(1)(b)"; kept in the receipt, so without personal data.
    yes
        Erase. Nothing brings it back.
    event
        An event of others that is the subject's too, though it shares only the name; may be repeated.
    despite_obligations
        Erase although agreements are in force or accounts are open: no duty to keep them is left.
    request
        The privacy request for which it is done; it is closed with the receipt's id.
    settings
        How the inventory is set up.
    """
    asked = request_id(request) if request is not None else None
    return run(
        _erase(subject, because, event, settings, asked, keep=yes, despite_obligations=despite_obligations), settings
    )


async def _erase(
    subject: str,
    because: str,
    events: tuple[str, ...],
    settings: Settings,
    asked: UUID | None,
    *,
    keep: bool,
    despite_obligations: bool,
) -> None:
    identifier, named = _identifier(subject), [parse_id(each) for each in events]
    known = [each for each in named if each is not None]
    if len(known) < len(named):
        raise NoSuchEvent("An event that is named with --event has no id of this inventory.")
    async with opened(settings) as desk:
        access = await _access(desk, "erase")
        _tell(found := await plan(access, identifier, events=known))
        row = await linked(access, asked, "erase", found.party) if asked else None
        if not keep:
            say("Nothing was erased. Say --yes to erase it; nothing brings it back.")
            return
        receipt = await erase(
            access,
            identifier,
            ground=f"{because} (privacy request {asked})" if asked else because,
            register=register_of(settings),
            events=known,
            despite_obligations=despite_obligations,
        )
        if row is not None:
            await served(access, row, "erase", result=receipt.id)
    _show(receipt)
    say(
        "Now run `customer-inventory privacy scrub`, which takes what was erased out of the files. Backups from before "
        "hold it until they are destroyed; a restore erases it again."
    )


def _tell(found: Plan) -> None:
    for kind, number in found.records.items():
        print(f"{number} of {KINDS[kind].name}")
    for kind, number in found.others.items():
        print(f"{number} of {KINDS[kind].name} of others, which lose their references only")
    print(f"rows: {_rows(found.rows)}")
    for each in found.held:
        print(f"legal hold, so nothing is erased: {each}")
    for each in found.restricted:
        print(f"its use is restricted, so nothing is erased: {each}")
    for (kind, identifier), ground in found.obliged.items():
        print(f"{KINDS[kind].name} {identifier} obliges to keep: {ground}")
    for each in found.doubtful:
        print(f"event {each} has the same name and nothing else to tell whose it is; name it with --event if it is")


def _show(receipt: Receipt) -> None:
    print(f"Erased, receipt {receipt.id}: {_rows(receipt.rows)}")


def _rows(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{table} {number}" for table, number in sorted(rows.items())) or "none"


@privacy.command(name="package")
def package_subject(
    subject: str,
    *,
    output: Path,
    page: Annotated[Literal["html", "pdf"], Parameter(name="--format")] = "html",
    request: str | None = None,
    settings: Configured = _DEFAULTS,
) -> int:
    """Write everything that is held of a party into one file, for that person: records, versions, files, who saw them.

    Parameters
    ----------
    subject
        The id of the party, or of a role that it plays.
    output
        The file to make, a ZIP archive: a page for people, data for machines, files, and a manifest with hashes.
    page
        Whether the page for people is in it as a PDF, too, beside the HTML.
    request
        The privacy request that it answers; it is closed with the SHA-256 of the package's manifest.
    settings
        How the inventory is set up.
    """
    asked = request_id(request) if request is not None else None
    return run(_package(subject, output, asked, settings, pdf=page == "pdf"), settings)


def _refuse_if_there(output: Path) -> None:
    if output.exists() or output.is_symlink():
        raise PackageExists(f"{output} is there already. Name a file that is not.")


async def _package(subject: str, output: Path, asked: UUID | None, settings: Settings, *, pdf: bool) -> None:
    _refuse_if_there(output)
    async with opened(settings) as desk:
        access = await _access(desk, "package")
        say("finding what belongs to the party …")
        made = await package(access, _identifier(subject))
        say(f"writing {len(made.records)} records and {len(made.files)} files …")
        row = await linked(access, asked, "package", UUID(made.subject)) if asked else None
        written = await write_package(access, made, output, pdf=pdf)
        if row is not None:
            await served(access, row, "package", result=f"package, manifest {written.manifest}")
    print(
        f"{output}: {written.records} records in {written.versions} versions, {len(made.consents)} consents, "
        f"{written.files} files, {written.size} bytes."
    )


@privacy.command(name="hold")
def hold_subject(subject: str, *, because: str, settings: Configured = _DEFAULTS) -> int:
    """Put a party under a legal hold: neither it nor what belongs to it is erased or purged until it is released.

    Parameters
    ----------
    subject
        The id of the party, or of a role that it plays.
    because
        The ground, such as "litigation 4 O 17/26".
    settings
        How the inventory is set up.
    """
    return run(_hold(subject, because, settings), settings)


async def _hold(subject: str, because: str, settings: Settings) -> None:
    async with opened(settings) as desk:
        made = await hold(await _access(desk, "hold"), _identifier(subject), ground=because)
    print(f"{made.id} is under a legal hold: {made.ground}")


@privacy.command(name="release")
def release_subject(subject: str, *, settings: Configured = _DEFAULTS) -> int:
    """End the legal hold of a party.

    Parameters
    ----------
    subject
        The id of the party, or of a role that it plays.
    settings
        How the inventory is set up.
    """
    return run(_release(subject, settings), settings)


async def _release(subject: str, settings: Settings) -> None:
    async with opened(settings) as desk:
        print(f"{await release(await _access(desk, 'release'), _identifier(subject))} is under no legal hold any more.")


@privacy.command(name="holds")
def list_holds(*, settings: Configured = _DEFAULTS) -> int:
    """List the legal holds.

    Parameters
    ----------
    settings
        How the inventory is set up.
    """
    return run(_holds(settings), settings)


async def _holds(settings: Settings) -> None:
    async with opened(settings) as desk:
        for each in await desk.repository.erasures.holds.holds():
            print(f"{each.id}  since {each.since:%Y-%m-%d %H:%M}  by {each.person or each.client_id}  {each.ground}")


@privacy.command(name="scrub")
def scrub_files(*, settings: Configured = _DEFAULTS) -> int:
    """Write the tables anew that erasures touched, so that nothing of it is left in their files, nor in the log's.

    A table cannot be used while it is written anew; one that is in use is left for the next time.

    Parameters
    ----------
    settings
        How the inventory is set up.
    """
    return run(_scrub(settings), settings)


async def _scrub(settings: Settings) -> int:
    engine = engine_of(settings)
    async with engine.attached() as conninfo:
        async with opened(settings) as desk:
            await hide_in_trail(desk)
        superuser = engine.superuser(conninfo) if isinstance(engine, EmbeddedEngine) else None
        done = await scrub(conninfo, superuser=superuser, at=system_clock())
    print(f"{len(done.tables)} tables were written anew.")
    if done.left:
        print(f"In use, so scrub again: {', '.join(done.left)}.")
    print("The write-ahead log was turned over." if done.log else _LOG_LEFT)
    return 1 if done.left else 0


_LOG_LEFT = "The write-ahead log was not: what is erased is in it until the server has used its files again."


@privacy.command
def register(*, output: Path | None = None, settings: Configured = _DEFAULTS) -> int:
    """Print the receipts of all erasures, a line of JSON each; or write what restores need of them into a file.

    Parameters
    ----------
    output
        The file, which then holds the ids of the records that were erased, and no values.
    settings
        How the inventory is set up.
    """
    return run(_register(output, settings), settings)


async def _register(output: Path | None, settings: Settings) -> None:
    async with opened(settings) as desk:
        erasures = desk.repository.erasures
        if output is None:
            for receipt in await erasures.receipts():
                print(msgspec.json.encode(receipt).decode())
            return
        known = await erasures.registered()
    await write_register(output, known)
    print(f"{output} is written; erasures in it: {len(known)}. A restore finds it beside the backup, or by --erasures.")


@privacy.command
def forget(*, before: datetime, settings: Configured = _DEFAULTS) -> int:
    """Drop from the register whom erasures took, once no backup from before them is left; the receipts stay.

    Parameters
    ----------
    before
        Erasures that were done before this day, such as 2026-08-01; in UTC.
    settings
        How the inventory is set up.
    """
    return run(_forget(before.replace(tzinfo=before.tzinfo or UTC), settings), settings)


async def _forget(before: datetime, settings: Settings) -> None:
    async with opened(settings) as desk:
        erasures = desk.repository.erasures
        records, entries = await erasures.forget(before=before)
        known = await erasures.registered()
    await write_register(register_of(settings), known)
    print(f"{records} ids were dropped from the register, and {entries} from the feed.")
    say("The registers that lie beside backups hold them still: remove each with the last backup that it is beside.")


def _identifier(subject: str) -> UUID:
    identifier = parse_id(subject)
    if identifier is None:
        raise NoSubject(f"{subject!r} is no id of this inventory.")
    return identifier


async def _access(desk: Desk, verb: str) -> Access:
    return await desk.open_at_command_line(
        person=operator(), purpose=None, request_id=f"privacy-{verb}-{secrets.token_hex(4)}", privacy=True
    )
