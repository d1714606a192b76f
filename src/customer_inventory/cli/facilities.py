"""The repository room's verbs: backup, restore, verify, migrate, purge."""

from __future__ import annotations

import asyncio
from pathlib import Path

from customer_inventory.access.purging import due
from customer_inventory.access.purging import purge as purge_due
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import acting, engine_of
from customer_inventory.cli.progress import say
from customer_inventory.cli.restoring import erased_again, known_until, registered_beside, to_be_erased_again
from customer_inventory.clock import system_clock
from customer_inventory.repository import backup as backups
from customer_inventory.repository import migrate as migrate_schema
from customer_inventory.repository.kinds import KINDS
from customer_inventory.settings import Settings

_DEFAULTS = Settings()


def backup(directory: Path, *, settings: Configured = _DEFAULTS) -> int:
    """Write a backup of the whole inventory into a new directory, beside a running server or without one.

    Parameters
    ----------
    directory
        A directory that does not exist yet, or is empty.
    settings
        How the inventory is set up.
    """
    return run(_backup(directory, settings), settings)


async def _backup(directory: Path, settings: Settings) -> None:
    engine = engine_of(settings)
    async with engine.attached() as conninfo:
        report = await backups.backup(
            engine=engine,
            conninfo=conninfo,
            directory=directory,
            clock=system_clock,
            contents=settings.content_directory,
        )
        await registered_beside(directory, conninfo)
    _show("Backed up", report)


def restore(
    directory: Path,
    *,
    erasures: tuple[Path, ...] = (),
    no_erasures: bool = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """Restore a backup into an inventory that is empty: a new --data directory, or a new database of --dsn.

    Who was erased since is erased again before anybody gets in.

    Parameters
    ----------
    directory
        The backup's directory.
    erasures
        A register of erasures, besides the one that lies beside the backup; may be repeated.
    no_erasures
        Restore although there is no register of erasures: nobody was ever erased.
    settings
        How the inventory is set up.
    """
    return run(_restore(directory, erasures, settings, without=no_erasures), settings)


async def _restore(directory: Path, registers: tuple[Path, ...], settings: Settings, *, without: bool) -> None:
    await asyncio.to_thread(backups.check, directory)  # before an engine is made for nothing
    known = [] if without else await to_be_erased_again(directory, registers, settings)
    until = "" if without else known_until(directory, registers, settings)
    engine = engine_of(settings)
    async with engine.attached() as conninfo:
        report = await backups.restore(
            engine=engine,
            conninfo=conninfo,
            directory=directory,
            clock=system_clock,
            contents=settings.content_directory,
            erasures=known,
        )
        await migrate_schema(conninfo)
        _show("Restored", report)
        if known:
            await erased_again(conninfo, settings)
    if until:
        say(until)


def verify(directory: Path, *, settings: Configured = _DEFAULTS) -> int:
    """Prove that a backup can be restored: check every file, restore it aside, compare every row count.

    Parameters
    ----------
    directory
        The backup's directory.
    settings
        How the inventory is set up.
    """
    return run(_verify(directory, settings), settings)


async def _verify(directory: Path, settings: Settings) -> None:
    report = await backups.verify(engine=engine_of(settings), directory=directory, clock=system_clock)
    _show("Verified", report)


def migrate(*, settings: Configured = _DEFAULTS) -> int:
    """Bring the schema up to date without serving; `serve` does so too."""
    return run(_migrate(settings), settings)


async def _migrate(settings: Settings) -> None:
    async with engine_of(settings).attached() as conninfo:
        revision = await migrate_schema(conninfo)
    print(f"The schema is at revision {revision} now." if revision else "The schema is up to date.")


def purge(*, dry_run: bool = False, settings: Configured = _DEFAULTS) -> int:
    """Remove for good what was deleted more than --purge-after days ago: every version, and what names it.

    Parameters
    ----------
    dry_run
        Say only how many records of each kind it would be.
    settings
        How the inventory is set up.
    """
    return run(_purge(settings, dry=dry_run), settings)


async def _purge(settings: Settings, *, dry: bool) -> None:
    async with acting(settings, "purge") as access:
        counts = await due(access)
        for kind, number in counts.items():
            print(f"{number} deleted records of {KINDS[kind].name} are due.")
        if not counts:
            print(f"Nothing was deleted more than {settings.purge_after} days ago.")
        if counts and not dry:
            print(f"Purged: {sum((await purge_due(access)).values())} records.")


def _show(done: str, report: backups.BackupReport) -> None:
    rows = sum(report.rows.values())
    print(f"{done} {report.directory}: {rows} rows in {len(report.rows)} tables, {report.size} bytes.")
    for fact in report.proven:
        print(f"  proven: {fact}")
