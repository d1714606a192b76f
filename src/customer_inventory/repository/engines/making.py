"""Making a database: initdb, our settings, the product's role and database. Whole, or done again at the next start."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from customer_inventory.clock import Clock
from customer_inventory.ids import Randomness
from customer_inventory.repository.engines import programs, tuning
from customer_inventory.repository.engines.binaries import Binaries
from customer_inventory.repository.engines.contract import DATABASE, ROLE, EngineError
from customer_inventory.repository.engines.directory import DataDirectory, Made, sync_directory
from customer_inventory.repository.engines.postmaster import Site, clear_leftovers
from customer_inventory.repository.sql import statements

SUPERUSER = "postgres"

_DOORS = "# Written by Customer Inventory at every start.\nlocal all all scram-sha-256\n"
"""pg_hba.conf: a password over the socket, nothing else."""

_SPEECHES: Sequence[Sequence[str]] = (("--lc-ctype=C.UTF-8",), ("--lc-ctype=en_US.UTF-8",), ())
"""Records sort by code point ("C"), but letters are Unicode's: `lower` and trigrams know that Ä is one. Systems without
such a locale get plain C, and searches there fold the case of ASCII letters only."""


class DatabaseNotMade(EngineError):
    """The database could not be made."""

    code = "engine-not-made"


class SuperuserLocked(EngineError):
    """The engine does not accept the password that its data directory keeps."""

    code = "engine-superuser"


async def make_files(site: Site, *, binaries: Binaries, randomness: Randomness) -> None:
    """Make the database's files (initdb, synced to disk) under another name and move them into place when whole.

    Raises DatabaseNotMade.
    """
    directory = site.directory
    await clear_leftovers(directory)
    password = _new_password(directory, directory.superuser, SUPERUSER, randomness)
    _new_password(directory, directory.passfile, ROLE, randomness)
    fresh = directory.root / "postgres.new"
    slip = directory.socket / "slip"
    directory.write(slip, password.encode(), user=site.user)
    try:
        await _initdb(site, binaries, fresh)
    finally:
        slip.unlink(missing_ok=True)
    with directory.usable():
        fresh.rename(directory.postgres)
        sync_directory(directory.root)


def write_settings(site: Site) -> None:
    """Write the settings of this version of the product into the database's directory. Raises DataDirectoryUnusable."""
    directory = site.directory
    text = tuning.render(
        memory_bytes=tuning.memory_bytes(),
        shared_memory_bytes=tuning.shared_memory_bytes(),
        local=(directory.postgres / "local.conf").exists(),
    )
    directory.write(directory.postgres / "postgresql.conf", text.encode(), user=site.user)
    directory.write(directory.postgres / "pg_hba.conf", _DOORS.encode(), user=site.user)


async def make_database(site: Site, *, host: str, binaries: Binaries, clock: Clock) -> None:
    """Make the product's role and database in the running server, then record it as made. Raises SuperuserLocked."""
    directory = site.directory
    conninfo = make_conninfo("", host=host, user=SUPERUSER, dbname="postgres", passfile=str(directory.superuser))
    try:
        connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
    except psycopg.OperationalError as error:
        raise SuperuserLocked(
            f"The engine in {directory.root} refuses the password in {directory.superuser.name}. Put the files "
            f"superuser and passfile back as they were, or restore a backup into a new data directory."
        ) from error
    async with connection:
        await _set_up(connection, password=_password(directory.passfile))
    made = Made(binaries=str(binaries.bin), version=binaries.version, major=binaries.major, made_at=clock())
    directory.write(directory.record, msgspec.json.format(msgspec.json.encode(made)))


async def _initdb(site: Site, binaries: Binaries, fresh: Path) -> None:
    said = ""
    for speech in _SPEECHES:
        with site.directory.usable():
            with suppress(FileNotFoundError):
                await asyncio.to_thread(shutil.rmtree, fresh)
            site.directory.folder(fresh, site.user)
        code, said = await programs.finish(site.order("initdb", *_options(binaries, speech), data=fresh))
        if code == 0:
            return
        if reason := programs.explained(code, site.bin / "initdb", site.user):
            raise DatabaseNotMade(reason)
        if "locale" not in said:
            break
    await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)
    complaint = [line for line in said.splitlines() if "error:" in line or "FATAL:" in line]
    raise DatabaseNotMade(f"initdb failed in {site.directory.root}: {' '.join(complaint) or said[-300:].strip()}")


def _options(binaries: Binaries, speech: Sequence[str]) -> list[str]:
    options = ["-D", "{data}", f"--username={SUPERUSER}", "--pwfile={socket}/slip", "--auth=scram-sha-256"]
    options += ["--encoding=UTF8", "--data-checksums", "--locale=C", "--text-search-config=simple", *speech]
    if (
        binaries.major >= 17
    ):  # the built-in provider: the same letters on every system, and no reindex after a libc update
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return options


async def _set_up(connection: psycopg.AsyncConnection, *, password: str) -> None:
    texts = statements("engines.sql")
    role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
    verifier = connection.pgconn.encrypt_password(password.encode(), ROLE.encode(), b"scram-sha-256").decode()

    async def run(name: str) -> None:
        text = sql.SQL(texts[name])
        await connection.execute(text.format(role=role, database=database, verifier=sql.Literal(verifier)))

    async def there(name: str) -> bool:
        answer = await (await connection.execute(texts[name], {"role": ROLE, "database": DATABASE})).fetchone()
        return answer is not None and bool(answer[0])

    if not await there("role_exists"):
        await run("create_role")
    await run("set_role")
    await run("quiet_role")
    if not await there("database_exists"):
        await run("create_database")
    await run("close_database")


def _new_password(directory: DataDirectory, path: Path, role: str, randomness: Randomness) -> str:
    """Keep a new password for `role` in `path`, as libpq's password file (host:port:database:user:password)."""
    password = f"{randomness(192):048x}"
    directory.write(path, f"*:*:*:{role}:{password}\n".encode())
    return password


def _password(path: Path) -> str:
    try:
        return path.read_text("ascii").strip().rpartition(":")[2]
    except OSError as error:
        raise SuperuserLocked(
            f"{path} is missing or cannot be read. Put it back; the engine cannot be set up without."
        ) from error
