"""Bulk loading: batches of rows, each batch one transaction with its change, feed, links, source ids and trail.

Promises: a batch is there whole or not at all; a row that was loaded before is found again by its source's own id and
written only when it differs; a row that PostgreSQL refuses is told apart from its batch and does not keep it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

import psycopg

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.bulk_batch import Batch, BatchAuthor, Overtaken
from customer_inventory.repository.bulk_rows import BulkRow
from customer_inventory.repository.connections import Connection, RepositoryUnavailable, connect, speaks_of_data

_SQL = sql.statements("bulk.sql")
_ATTEMPTS = 20
_LOCK_CLASS = 0x1316_0002
_LONG_PENDING_LIST_KB = 4096
"""A load ends by emptying the lists; until then longer ones spare it a quarter of the database's time, 64 MB no more
than 4."""
_ANALYZE_FROM = 1000
"""How many written records make an import worth new statistics; autovacuum sees to fewer in its own time."""


class ImportRunning(InventoryError):
    """Another import of this source is running.

    Wait until it has ended, or give this file's source another name with --source if it is not the same source.
    """

    code = "import-running"
    failure = Failure.CONFLICT


class LoadContention(InventoryError):
    """Others keep writing the records of a batch.

    The batches before it are loaded. Run the import again when less is going on; what is loaded stays as it is.
    """

    code = "load-contention"
    failure = Failure.UNAVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One import: its own row in the register, which counts what became of the source's rows."""

    id: UUID
    file_name: str
    directory: str | None = None
    source: str
    started_by: str
    dry: bool = False


class LastRun(NamedTuple):
    """The last import of a source: which file, in which directory where that is known, and when."""

    file_name: str
    directory: str | None
    at: datetime


@dataclass(slots=True)
class Loaded:
    """What became of rows: how many were created, updated and unchanged, and which were refused, by number and why."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """How many rows the inventory holds now as the source has them."""
        return self.created + self.updated + self.unchanged

    def add(self, other: Loaded) -> None:
        """Count another batch in."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused


class _DryRun(Exception):
    pass


class Bulk:
    """The bulk loader of one inventory; it opens its own connections, without the time limit of requests."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    @asynccontextmanager
    async def loading(self, run: Run, *, at: datetime, connections: int = 2) -> AsyncIterator[BulkLoad]:
        """Hold the source for one run. Raises ImportRunning, or RepositoryUnavailable at any time."""
        async with AsyncExitStack() as stack:
            guard, *loaders = [await stack.enter_async_context(self._connection()) for _ in range(1 + connections)]
            row = await (await guard.execute(_SQL["lock_source"], (_LOCK_CLASS, _signed(run.source)))).fetchone()
            if row is None or not row[0]:
                raise ImportRunning(f"An import of the source {run.source!r} is running. Wait until it has ended.")
            await guard.execute(_SQL["make_seen"])
            load = BulkLoad(run, guard, loaders, fresh=await _fresh(guard, run.source))
            with _translated():
                await load.begin(at)
                yield load

    async def last_run(self, source: str) -> LastRun | None:
        """Return the last import of a source, or None. Raises RepositoryUnavailable."""
        async with self._connection() as connection:
            row = await (await connection.execute(_SQL["last_run"], (source,))).fetchone()
        return LastRun(*row) if row else None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection = await connect(self._conninfo, statement_timeout_ms=0, pending_list_kb=_LONG_PENDING_LIST_KB)
        try:
            yield connection
        finally:
            # Not gently: a run that failed in the middle of a COPY leaves nothing worth waiting for.
            connection.pgconn.finish()


class BulkLoad:
    """One run under way."""

    def __init__(self, run: Run, guard: Connection, loaders: Sequence[Connection], *, fresh: bool) -> None:
        self._run = run
        self._guard = guard
        self._guard_is_free = asyncio.Lock()
        self._idle: asyncio.Queue[Connection] = asyncio.Queue()
        for loader in loaders:
            self._idle.put_nowait(loader)
        self._fresh = fresh
        self._written: dict[str, int] = {}

    async def begin(self, at: datetime) -> None:
        """Enter the run in the register."""
        run = self._run
        if not run.dry:
            await self._guard.execute(_SQL["fail_abandoned"], (at, run.source))
            await self._guard.execute(
                _SQL["start_run"], (run.id, run.file_name, run.directory, run.source, run.started_by, at)
            )

    async def repeated(self, keys: Sequence[str], numbers: Sequence[int]) -> dict[int, int]:
        """Note that rows of these numbers bear these keys; return by each that repeats one the row that had it."""
        async with self._guard_is_free:
            # As literals: psycopg would adapt each of the thousands of elements by itself.
            values = (array(keys), f"{{{','.join(map(str, numbers))}}}")
            cursor = await self._guard.execute(_SQL["add_seen"], values)
            if cursor.rowcount == len(keys):
                return {}
            taken = {row[0] for row in await cursor.fetchall()}
            repeats = {number: key for key, number in zip(keys, numbers, strict=True) if number not in taken}
            cursor = await self._guard.execute(_SQL["seen_at"], (list(repeats.values()),))
            first: dict[str, int] = dict(await cursor.fetchall())
        return {number: first[key] for number, key in repeats.items()}

    async def load(self, rows: Sequence[BulkRow], *, author: Callable[[], BatchAuthor], rejected: int) -> Loaded:
        """Load rows as one batch, or as several when PostgreSQL refuses some of them.

        `rejected` rows are counted with them that never got here. Raises LoadContention.
        """
        connection = await self._idle.get()
        try:
            return await self._divided(connection, rows, author, rejected)
        finally:
            self._idle.put_nowait(connection)

    async def end(self, *, at: datetime, status: str) -> None:
        """Close the run in the register, and leave the tables ready to be searched."""
        if self._run.dry:
            return
        await self._guard.execute(_SQL["end_run"], (at, status, self._run.id))
        for kind, written in self._written.items():
            await self._guard.execute(_SQL["settle_terms"].replace("{kind}", kind))
            if written >= _ANALYZE_FROM:
                await self._guard.execute(_SQL["analyze"].replace("{kind}", kind))
        if sum(self._written.values()) >= _ANALYZE_FROM:
            await self._guard.execute(_SQL["analyze_links"])
            await self._guard.execute(_SQL["analyze_feed"])

    async def _divided(
        self, connection: Connection, rows: Sequence[BulkRow], author: Callable[[], BatchAuthor], rejected: int
    ) -> Loaded:
        try:
            return await self._batch(connection, rows, author, rejected)
        except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as error:
            if not speaks_of_data(error):
                raise RepositoryUnavailable from error
            if len(rows) == 1:
                reason = f"PostgreSQL refuses it ({type(error).__name__})"
                loaded = await self._batch(connection, (), author, rejected + 1)
                loaded.refused.append((rows[0].number, reason))
                return loaded
        middle = len(rows) // 2
        loaded = await self._divided(connection, rows[:middle], author, rejected)
        loaded.add(await self._divided(connection, rows[middle:], author, 0))
        return loaded

    async def _batch(
        self, connection: Connection, rows: Sequence[BulkRow], author: Callable[[], BatchAuthor], rejected: int
    ) -> Loaded:
        """Load one batch in one transaction, again as long as others got in between."""
        for _ in range(_ATTEMPTS):
            try:
                return await self._attempt(connection, rows, author(), rejected)
            except (
                Overtaken,
                psycopg.errors.SerializationFailure,
                psycopg.errors.DeadlockDetected,
                psycopg.errors.UniqueViolation,
            ) as refusal:
                if isinstance(refusal, psycopg.errors.UniqueViolation):
                    # Someone else's batch of this source was still being committed: from now on, look before writing.
                    self._fresh = False
        raise LoadContention

    async def _attempt(
        self, connection: Connection, rows: Sequence[BulkRow], author: BatchAuthor, rejected: int
    ) -> Loaded:
        loaded = Loaded()
        batch = Batch(connection, source=self._run.source, author=author)
        try:
            async with connection.transaction():
                outcome = await batch.load(rows, fresh=self._fresh)
                loaded = Loaded(outcome.created, outcome.updated, outcome.unchanged, outcome.refused)
                self._undo_if_dry()
                refused = rejected + len(loaded.refused)
                counts = (
                    len(rows) + rejected,
                    loaded.accepted,
                    refused,
                    loaded.created,
                    loaded.updated,
                    loaded.unchanged,
                )
                # Last, because the other loader waits for this row until the commit.
                await connection.execute(_SQL["count_run"], (*counts, self._run.id))
        except _DryRun:
            return loaded
        for kind, written in batch.written.items():
            self._written[kind] = self._written.get(kind, 0) + written
        return loaded

    def _undo_if_dry(self) -> None:
        if self._run.dry:
            raise _DryRun


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise RepositoryUnavailable(
            "The repository went away during the load. What was counted is loaded; run the import again for the rest."
        ) from error


async def _fresh(guard: Connection, source: str) -> bool:
    row = await (await guard.execute(_SQL["source_is_new"], (source,))).fetchone()
    return bool(row and row[0])


def _signed(source: str) -> int:
    number = crc32(source.encode())
    return number - 2**32 if number >= 2**31 else number
