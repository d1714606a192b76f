"""The repository room's verbs: backup, restore, verify, migrate."""

from __future__ import annotations

from pathlib import Path

from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import engine_of
from customer_inventory.clock import system_clock
from customer_inventory.repository import backup as backups
from customer_inventory.repository import migrate as migrate_schema
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
        report = await backups.backup(engine=engine, conninfo=conninfo, directory=directory, clock=system_clock)
    _show("Backed up", report)


def restore(directory: Path, *, settings: Configured = _DEFAULTS) -> int:
    """Restore a backup into an inventory that is empty: a new --data directory, or a new database of --dsn.

    Parameters
    ----------
    directory
        The backup's directory.
    settings
        How the inventory is set up.
    """
    return run(_restore(directory, settings), settings)


async def _restore(directory: Path, settings: Settings) -> None:
    engine = engine_of(settings)
    async with engine.attached() as conninfo:
        report = await backups.restore(engine=engine, conninfo=conninfo, directory=directory, clock=system_clock)
        await migrate_schema(conninfo)
    _show("Restored", report)


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


def _show(done: str, report: backups.BackupReport) -> None:
    rows = sum(report.rows.values())
    print(f"{done} {report.directory}: {rows} rows in {len(report.rows)} tables, {report.size} bytes.")
    for fact in report.proven:
        print(f"  proven: {fact}")
