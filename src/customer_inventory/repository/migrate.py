"""Bringing the schema up to date: fresh inventories get it whole, older ones get the migrations they lack.

Several servers may start at once: an advisory lock lets one work while the others wait. Every statement of a migration
waits at most `LOCK_TIMEOUT` for a lock, so a migration never queues in front of the traffic; it fails and says so.
"""

from __future__ import annotations

import asyncio
from importlib.resources import files

import psycopg

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.connections import RepositoryUnavailable
from customer_inventory.repository.kinds import fresh_schema

LOCK_TIMEOUT = "4s"
_ADVISORY_LOCK = 0x1316_0001


class SchemaNewer(InventoryError):
    """The inventory was made by a newer version of the product.

    Start that version or a later one; an older one could damage what it does not know.
    """

    code = "schema-newer"
    failure = Failure.UNAVAILABLE


class MigrationBlocked(InventoryError):
    """A migration could not get its lock in time, or needs a right that the database user lacks.

    Nothing of it was applied. Start again when less is going on, or give the user the right that the cause names.
    """

    code = "migration-blocked"
    failure = Failure.UNAVAILABLE


def revisions() -> list[str]:
    """Return the revisions that this version knows, oldest first."""
    here = files(__package__).joinpath("migrations/versions")
    return sorted(entry.name[:4] for entry in here.iterdir() if entry.name[:4].isdigit() and entry.name.endswith(".py"))


async def migrate(conninfo: str) -> str | None:
    """Bring the schema up to date; return the revision it has now, or None when nothing was to do.

    Raises RepositoryUnavailable, SchemaNewer, or MigrationBlocked with PostgreSQL's own words as the cause.
    """
    return await asyncio.to_thread(_migrate, conninfo)


async def current_revision(conninfo: str) -> str | None:
    """Return the schema's revision, or None for a database without one."""
    return await asyncio.to_thread(_current_revision, conninfo)


def _migrate(conninfo: str) -> str | None:
    head = revisions()[-1]
    with _connect(conninfo) as connection:
        if _revision(connection) == head:
            return None
        connection.execute("select pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
        present = _revision(connection)
        if present == head:
            return None
        if present is not None and present not in revisions():
            raise SchemaNewer
        try:
            if present is None:
                _create(connection, head)
            else:
                _upgrade(conninfo)
        except psycopg.Error as error:
            raise MigrationBlocked(f"The schema could not be brought up to date: {error}") from error
    return head


def _current_revision(conninfo: str) -> str | None:
    with _connect(conninfo) as connection:
        return _revision(connection)


def _connect(conninfo: str) -> psycopg.Connection:
    try:
        return psycopg.connect(conninfo, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise RepositoryUnavailable from error


def _revision(connection: psycopg.Connection) -> str | None:
    row = connection.execute("select to_regclass('alembic_version')").fetchone()
    if row is None or row[0] is None:
        return None
    row = connection.execute("select version_num from alembic_version").fetchone()
    return row[0] if row else None


def _create(connection: psycopg.Connection, head: str) -> None:
    with connection.transaction():
        connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
        # As Alembic itself would make it, down to the name of the constraint.
        connection.execute(
            "create table alembic_version (version_num varchar(32) not null constraint alembic_version_pkc primary key)"
        )
        connection.execute("insert into alembic_version values (%s)", (head,))
        connection.execute(fresh_schema())


def _upgrade(conninfo: str, to: str = "head") -> None:
    # Imported here: Alembic and SQLAlchemy cost half a second that a start with nothing to do need not pay.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import create_engine, text  # noqa: PLC0415

    def connect() -> psycopg.Connection:
        return psycopg.connect(conninfo, options=f"-c lock_timeout={LOCK_TIMEOUT}")

    engine = create_engine("postgresql+psycopg://", creator=connect)
    config = Config()
    config.set_main_option("script_location", str(files(__package__).joinpath("migrations")))
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            connection.execute(text("select 1"))
            connection.commit()
    finally:
        engine.dispose()


def upgrade_from_nothing(conninfo: str, *, to: str = "head") -> None:
    """Run the migrations up to a revision on an empty database: how tests prove that they lead to the fresh schema."""
    _upgrade(conninfo, to)
