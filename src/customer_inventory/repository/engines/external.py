"""The external engine: a PostgreSQL that someone else runs, checked before the repository trusts itself to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
from psycopg.rows import DictRow, dict_row

from customer_inventory.errors import Failure
from customer_inventory.repository.engines import binaries
from customer_inventory.repository.engines.contract import OLDEST_MAJOR, EngineError
from customer_inventory.repository.sql import statements


class ServerUnreachable(EngineError):
    """The PostgreSQL server named by --dsn cannot be reached."""

    code = "engine-unreachable"


class InvalidDsn(EngineError):
    """The connection string given by --dsn is not one.

    Write it as "host=… dbname=… user=…" or "postgresql://user@host/database".
    """

    code = "engine-invalid-dsn"
    failure = Failure.INVALID


class ServerUnfit(EngineError):
    """The PostgreSQL server named by --dsn cannot hold the repository."""

    code = "engine-unfit"


class ExternalEngine:
    """The PostgreSQL database that the libpq connection string `dsn` names."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._major: int | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Check the server and yield its connection string. Raises ServerUnreachable, ServerUnfit."""
        await self._check()
        yield self._dsn

    @asynccontextmanager
    async def attached(self) -> AsyncIterator[str]:
        """The same as `serving`: the server is there for all."""
        await self._check()
        yield self._dsn

    def tools(self) -> Path:
        """Return the directory of the client tools that fit the server. Raises NoBinaries, ServerUnreachable."""
        if self._major is None:
            with _reaching(), psycopg.connect(self._dsn, connect_timeout=10) as connection:
                self._major = connection.info.server_version // 10000
        return binaries.client_tools(server_major=self._major)

    async def _check(self) -> None:
        with _reaching():
            async with await psycopg.AsyncConnection.connect(self._dsn, connect_timeout=10) as connection:
                problems = await _problems(connection)
                self._major = connection.info.server_version // 10000
        if problems:
            raise ServerUnfit(f"The server named by --dsn cannot hold the repository. {' '.join(problems)}")


async def _problems(connection: psycopg.AsyncConnection) -> list[str]:
    """Return what stands against the server, each with its remedy."""
    version = connection.info.server_version
    if version < OLDEST_MAJOR * 10000:
        return [f"It is PostgreSQL {version // 10000}: use version {OLDEST_MAJOR} or newer."]
    cursor = connection.cursor(row_factory=dict_row)
    found = await (await cursor.execute(statements("engines.sql")["inspect"])).fetchone()
    return _unmet(found) if found else ["It does not describe itself."]


def _unmet(found: DictRow) -> list[str]:
    database = found["database"]
    checks = (
        (found["encoding"] == "UTF8", f"The database {database} is encoded in {found['encoding']}: make one in UTF8."),
        (not found["read_only"], f"The database {database} is read-only, perhaps a replica: name the primary."),
        (found["may_create"], f"Its role may not create tables: GRANT CREATE ON DATABASE {database} to it."),
        (
            found["may_trigram"],
            "The extension pg_trgm is missing and the role may not create it: CREATE EXTENSION pg_trgm.",
        ),
    )
    return [problem for met, problem in checks if not met]


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except psycopg.ProgrammingError as error:
        raise InvalidDsn from error
    except psycopg.OperationalError as error:
        raise ServerUnreachable(
            f"The PostgreSQL server named by --dsn cannot be reached: {str(error).strip()}"
        ) from error
