"""Backup, restore and verify: the whole repository in one directory, and the proof that it comes back.

A backup is what the engine's own `pg_dump` makes of one snapshot, in `dump/`, and our `manifest.json` beside it: where
it comes from, the SHA-256 of every file, and the exact number of rows of every table in that same snapshot. It appears
under its name only when it is whole. A restore is all or nothing. `verify` trusts nothing but a restore. See decision
record 0003.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from customer_inventory import __version__
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.backup_contents import KEPT, bring_back, outside, save
from customer_inventory.repository.engines import EmbeddedEngine, Engine, EngineError, run_tool, tools_version
from customer_inventory.repository.erasures import Erasure, announce
from customer_inventory.repository.sql import statements

FORMAT = 1
"""The form of the manifest; a later product still reads it."""

EMPTY_TABLES_ASIDE = ("alembic_version", "catalogue_stamp", "feed_origin")
"""Tables that have rows in an inventory that holds nothing yet."""

_OURS_ALONE = ("--no-owner", "--no-privileges", "--exclude-schema=restoring")
_JOBS = str(min(4, os.cpu_count() or 1))
_SQL = statements("backup.sql")

Connection = psycopg.AsyncConnection


class BackupRefused(InventoryError):
    """The backup cannot be written there."""

    code = "backup-refused"
    failure = Failure.CONFLICT


class BackupDamaged(InventoryError):
    """The backup is not what was written: a file is missing, altered or unexpected."""

    code = "backup-damaged"
    failure = Failure.UNPROCESSABLE


class NoSuchBackup(BackupDamaged):
    """There is no backup there."""

    code = "no-such-backup"
    failure = Failure.NOT_FOUND


class RestoreRefused(InventoryError):
    """The backup cannot be restored here."""

    code = "restore-refused"
    failure = Failure.CONFLICT


class RestoreFailed(InventoryError):
    """The restore failed, and the database was left empty."""

    code = "restore-failed"


class BackupFile(msgspec.Struct, frozen=True):
    """One file of a backup: its SHA-256 in hexadecimal and its size in bytes."""

    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True):
    """What a backup is: from which product, schema and server, when, with which files and how many rows a table."""

    format: int
    product: str
    schema_revision: str | None
    server_version: str
    server_major: int
    tools_major: int
    made_at: datetime
    rows: dict[str, int]
    files: dict[str, BackupFile]
    contents: bool = False
    """Whether files that lay in a content directory are in it, if there were any: earlier versions left them out."""


class BackupReport(msgspec.Struct, frozen=True):
    """What a backup, a restore or a verification did: rows a table, and the backup's size in bytes."""

    directory: str
    made_at: datetime
    finished_at: datetime
    schema_revision: str | None
    rows: dict[str, int]
    files: int
    size: int
    proven: tuple[str, ...]


async def backup(
    *, engine: Engine, conninfo: str, directory: Path, clock: Clock, contents: Path | None = None
) -> BackupReport:
    """Write a backup of the database, and of the content directory, into `directory`, which must not exist or be empty.

    The server may go on writing: the backup holds what was committed at one moment. Raises BackupRefused,
    ContentsMissing, EngineError.
    """
    fresh = _fresh_directory(directory)
    try:
        made_at = clock()
        async with _session(conninfo) as connection:
            await save(await outside(connection), contents, fresh, all_there=False)
        manifest = await _dump(engine, conninfo, fresh, made_at, contents)
        await asyncio.to_thread(_seal, fresh, directory, manifest)
    except OSError as error:
        raise BackupRefused(f"The backup {directory} cannot be written: {error.strerror}. Nothing was left.") from error
    finally:
        await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)
    return _report(directory, manifest, clock(), ("one snapshot", "files synced to disk"))


async def restore(
    *,
    engine: Engine,
    conninfo: str,
    directory: Path,
    clock: Clock,
    aside: Collection[str] = EMPTY_TABLES_ASIDE,
    contents: Path | None = None,
    erasures: Collection[Erasure] = (),
) -> BackupReport:
    """Fill the empty database of `conninfo` from the backup in `directory`, all or nothing.

    Files of attachments that lay in a directory go to `contents`, or into the database where there is none. Tables
    named in `aside` may hold rows beforehand. `erasures` stand in the database before the data comes: who opens the
    inventory first erases them again. Raises BackupDamaged, RestoreRefused (nothing was touched), RestoreFailed (the
    database was left empty), EngineError.
    """
    manifest = await asyncio.to_thread(check, directory)
    await _fits(engine, conninfo, manifest)
    async with _session(conninfo) as connection:
        await _refuse_rows(connection, aside)
        await _empty(connection)
        if erasures:
            await announce(connection, erasures)
        await _load(engine, conninfo, connection, directory, manifest)
        if manifest.contents:
            await _load_contents(connection, directory, contents)
        if await _value(connection, "rebase_function"):
            await connection.execute(_SQL["rebase"])
        await connection.execute(_SQL["analyze"])
    return _report(directory, manifest, clock(), ("every file's SHA-256", "every table's rows"))


async def verify(*, engine: Engine, directory: Path, clock: Clock) -> BackupReport:
    """Prove the backup in `directory`: check every file, restore it into a scratch engine, count, throw that away.

    The inventory's own engine is not touched. Raises BackupDamaged, RestoreRefused, RestoreFailed, EngineError.
    """
    binaries = engine.tools() if isinstance(engine, EmbeddedEngine) else None
    with tempfile.TemporaryDirectory(prefix="customer-inventory-verify-") as scratch:
        trial = EmbeddedEngine(Path(scratch, "data"), binaries=binaries, clock=clock)
        async with trial.serving() as conninfo:
            report = await restore(
                engine=trial, conninfo=conninfo, directory=directory, clock=clock, contents=Path(scratch, "content")
            )
    return msgspec.structs.replace(report, proven=(*report.proven, "restored into an empty engine"))


def check(directory: Path) -> Manifest:
    """Return the manifest of the backup in `directory` after comparing every file with it. Raises BackupDamaged."""
    manifest = _read_manifest(directory)
    try:
        found = _files(directory)
    except OSError as error:
        raise BackupDamaged(f"The backup {directory} cannot be read: {error.strerror} ({error.filename}).") from error
    if found != manifest.files:
        wrong = sorted(path for path in found.keys() | manifest.files if found.get(path) != manifest.files.get(path))
        raise BackupDamaged(
            f"The backup {directory} is damaged: {', '.join(wrong[:5])} "
            f"({len(wrong)} of {len(manifest.files)} files missing, altered or unexpected). Use another backup."
        )
    return manifest


def _read_manifest(directory: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((directory / "manifest.json").read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise NoSuchBackup(f"{directory} holds no backup: it has no manifest.json.") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupDamaged(f"The manifest of the backup {directory} cannot be read. Use another backup.") from error
    if manifest.format != FORMAT:
        raise BackupDamaged(
            f"The backup {directory} was written by version {manifest.product} in form {manifest.format}, and this "
            f"version ({__version__}) reads form {FORMAT}. Restore it with the version that wrote it."
        )
    return manifest


def _fresh_directory(directory: Path) -> Path:
    """Make the hidden sibling in which the backup grows. Raises BackupRefused when `directory` is not free."""
    directory = directory.absolute()
    try:
        if directory.is_symlink() or (directory.exists() and (not directory.is_dir() or any(directory.iterdir()))):
            raise BackupRefused(f"{directory} is not empty. Name a directory that does not exist yet.")
        directory.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{directory.name}.partial-", dir=directory.parent))
    except OSError as error:
        raise BackupRefused(f"The backup {directory} cannot be written: {error.strerror}.") from error


async def _dump(engine: Engine, conninfo: str, fresh: Path, made_at: datetime, contents: Path | None) -> Manifest:
    tools = engine.tools()
    async with _session(conninfo) as connection:
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        await connection.set_read_only(True)
        async with connection.transaction():
            snapshot = await _value(connection, "export_snapshot")
            options = ("--format=directory", f"--jobs={_JOBS}", "--compress=1", *_OURS_ALONE)
            command = [str(tools / "pg_dump"), *options, f"--snapshot={snapshot}", f"--file={fresh / 'dump'}"]
            await run_tool(command, conninfo=conninfo)
            rows = await _count(connection)
            await save(await outside(connection), contents, fresh, all_there=True)
            revision = await _value(connection, "revision") if await _value(connection, "revision_table") else None
        version = connection.info.server_version
    return Manifest(
        format=FORMAT,
        product=__version__,
        schema_revision=revision,
        server_version=f"{version // 10000}.{version % 10000}",
        server_major=version // 10000,
        tools_major=tools_version(tools),
        made_at=made_at,
        rows=rows,
        files=await asyncio.to_thread(_files, fresh),
        contents=True,
    )


def _seal(fresh: Path, directory: Path, manifest: Manifest) -> None:
    """Close the backup to others, make every byte durable, and give it its name: the last step, in one rename."""
    (fresh / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    for path in [*fresh.rglob("*"), fresh]:
        path.chmod(0o700 if path.is_dir() else 0o600)
        _sync(path)
    fresh.rename(directory)
    _sync(fresh.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(directory: Path) -> dict[str, BackupFile]:
    saved = [*(directory / "dump").rglob("*"), *(path for path in (directory / KEPT).rglob("*") if path.is_file())]
    return {str(path.relative_to(directory)): _file(path) for path in sorted(saved)}


def _file(path: Path) -> BackupFile:
    with path.open("rb") as file:
        return BackupFile(sha256=hashlib.file_digest(file, "sha256").hexdigest(), size=path.stat().st_size)


async def _fits(engine: Engine, conninfo: str, manifest: Manifest) -> None:
    async with _session(conninfo) as connection:
        server = connection.info.server_version // 10000
    tools = tools_version(engine.tools())
    if server < manifest.server_major or tools < manifest.tools_major:
        made = max(manifest.server_major, manifest.tools_major)
        raise RestoreRefused(
            f"The backup was made by PostgreSQL {made}, and here are a server of version {server} and tools of "
            f"version {tools}. Restore it with PostgreSQL {made} or newer."
        )


async def _refuse_rows(connection: Connection, aside: Collection[str]) -> None:
    filled = [
        f"{schema}.{name}"
        for schema, name in await _tables(connection)
        if name not in aside and await _value(connection, "any_row", table=sql.Identifier(schema, name))
    ]
    if filled:
        raise RestoreRefused(
            f"The database already holds data (in {', '.join(filled[:5])}), and a restore would replace it. "
            f"Restore into a new data directory (--data) or an empty database (--dsn)."
        )
    if await _value(connection, "others"):
        raise RestoreRefused("A server works on the database. Stop it, then restore.")


async def _empty(connection: Connection) -> None:
    """Bring the database to the state of a new one. Raises RestoreRefused when the role may not, or others use it."""
    try:
        async with connection.transaction():
            for (schema,) in await (await connection.execute(_SQL["schemas"])).fetchall():
                await connection.execute(sql.SQL(_SQL["drop_schema"]).format(schema=sql.Identifier(schema)))
                if schema == "public":
                    await connection.execute(_SQL["create_public"])
    except psycopg.errors.LockNotAvailable as error:
        raise RestoreRefused("The database is in use. Stop the server that works on it, then restore.") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise RestoreRefused(
            "The database holds a schema that this role does not own, so it cannot be emptied first. Make a new, empty "
            "database owned by this role."
        ) from error


async def _load(engine: Engine, conninfo: str, connection: Connection, directory: Path, manifest: Manifest) -> None:
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    try:
        await run_tool([str(engine.tools() / "pg_restore"), *options, str(directory / "dump")], conninfo=conninfo)
        difference = _difference(manifest.rows, await _count(connection))
    except InventoryError as error:
        await _empty(connection)
        raise RestoreFailed(
            f"The restore of {directory} failed; the database was left empty. {error.message}"
        ) from error
    if difference:
        await _empty(connection)
        raise RestoreFailed(
            f"The restore of {directory} brought other numbers of rows than were saved ({difference}); "
            f"the database was left empty."
        )


async def _load_contents(connection: Connection, directory: Path, contents: Path | None) -> None:
    try:
        await bring_back(connection, directory, contents)
    except (InventoryError, OSError) as error:
        await _empty(connection)
        raise RestoreFailed(
            f"The files of the backup {directory} could not be restored; the database was left empty. {error}"
        ) from error


def _difference(saved: Mapping[str, int], found: Mapping[str, int]) -> str:
    names = sorted(name for name in saved.keys() | found.keys() if saved.get(name) != found.get(name))
    return ", ".join(f"{name}: saved {saved.get(name)}, found {found.get(name)}" for name in names[:5])


@asynccontextmanager
async def _session(conninfo: str) -> AsyncIterator[Connection]:
    """Open one connection with time for long work. Raises EngineError when there is none or it breaks."""
    try:
        async with await Connection.connect(conninfo, autocommit=True, connect_timeout=10) as connection:
            await connection.execute(_SQL["patience"])
            yield connection
    except psycopg.OperationalError as error:
        raise EngineError(f"The database cannot be worked with: {str(error).strip()}") from error


async def _tables(connection: Connection) -> list[tuple[str, str]]:
    return await (await connection.execute(_SQL["tables"])).fetchall()


async def _count(connection: Connection) -> dict[str, int]:
    return {
        f"{schema}.{name}": await _value(connection, "count", table=sql.Identifier(schema, name))
        for schema, name in await _tables(connection)
    }


async def _value(connection: Connection, name: str, **parts: sql.Identifier) -> Any:
    row = await (await connection.execute(sql.SQL(_SQL[name]).format(**parts))).fetchone()
    return row[0] if row else None


def _report(directory: Path, manifest: Manifest, finished_at: datetime, proven: tuple[str, ...]) -> BackupReport:
    return BackupReport(
        directory=str(directory),
        made_at=manifest.made_at,
        finished_at=finished_at,
        schema_revision=manifest.schema_revision,
        rows=manifest.rows,
        files=len(manifest.files),
        size=sum(file.size for file in manifest.files.values()),
        proven=proven,
    )
