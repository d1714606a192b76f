"""Connections to the engine: a few, opened once, lent to one piece of work at a time.

psycopg's own pool cost more than the statement it carried on the hot path (DESIGN 6: keep it free of a generic pool),
so this is the least that works: a stack of idle connections and a bounded wait. A connection that broke is thrown away
and opened anew at the next loan, so the repository comes back by itself when the engine does.
"""

from __future__ import annotations

import asyncio
import select
from collections import deque
from typing import Any

import psycopg
import structlog
from psycopg.adapt import Loader

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository import moments
from customer_inventory.repository.lent import Lent

Connection = Lent

JSONB_OID = 3802
_log = structlog.get_logger(__name__)
_ENGINE_FAILS = ("53", "57", "58")
"""Classes of SQLSTATE: insufficient resources, operator intervention, system error."""
_SESSION_FAILS = ("08", "25", "26", "0A000")
"""A session that is not in the state in which we left it: connection, transaction, prepared statement, cached plan."""
_OF_DATA = ("22001", "22003", "22007", "22008", "22009", "22015", "2201B", "22021", "2203", "22P02", "22P05", "54000")
"""What PostgreSQL says of values: too long, out of range, no date, no text, no JSON, too large to index. The rest of
class 22, and what the driver says without a SQLSTATE, speaks of the conversation: formats that do not fit, cut rows."""


class RepositoryUnavailable(InventoryError):
    """The repository cannot be reached.

    Nothing was answered from it. Repeat the request in a moment; repeat a write with the same Idempotency-Key,
    so that it is not done twice.
    """

    code = "repository-unavailable"
    failure = Failure.UNAVAILABLE


class QueryTooCostly(InventoryError):
    """The query took longer than the repository allows.

    Filter or sort by an attribute that is searchable, or narrow the query by an equality filter.
    """

    code = "query-too-costly"
    failure = Failure.UNPROCESSABLE


def speaks_of_data(error: psycopg.Error) -> bool:
    """Tell whether the engine refused a value, so that the same request would be refused again."""
    return (error.sqlstate or "").startswith(_OF_DATA)


def _session_is_lost(error: psycopg.Error) -> bool:
    """Tell whether an error says that the session, rather than the statement, is at fault: another may do it."""
    if isinstance(error, psycopg.DataError | psycopg.InterfaceError):
        return not speaks_of_data(error)
    return (error.sqlstate or "").startswith(_SESSION_FAILS)


class _DocumentBytes(Loader):
    """Documents leave as the bytes that PostgreSQL sends: nothing is parsed on the way out."""

    def load(self, data: Any) -> bytes:
        return bytes(data)


SHORT_PENDING_LIST_KB = 256
"""New entries of a GIN index wait in a list that every search reads to its end: with the default 4 MB a search under
writes cost eight times as much, without the list a write cost a third more; 256 kB lies between."""


async def connect(
    conninfo: str, *, statement_timeout_ms: int, pending_list_kb: int = SHORT_PENDING_LIST_KB
) -> Connection:
    """Open one connection in autocommit, with documents as bytes and times in UTC.

    `pending_list_kb` bounds the pending lists of GIN indexes under this connection's writes, in kB. Raises
    RepositoryUnavailable when the engine cannot be reached.
    """
    settings = {
        "statement_timeout": statement_timeout_ms,
        "timezone": "UTC",
        "idle_in_transaction_session_timeout": 60000,
        "gin_pending_list_limit": pending_list_kb,
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    try:
        connection = await Connection.connect(
            conninfo, autocommit=True, options=options, application_name="customer_inventory", connect_timeout=5
        )
    except psycopg.OperationalError as error:
        raise RepositoryUnavailable from error
    connection.adapters.register_loader(JSONB_OID, _DocumentBytes)
    moments.register(connection.adapters)
    connection.prepare_threshold = 2
    return connection


def _has_something_to_say(connection: Connection) -> bool:
    """Tell whether the engine wrote on an idle connection: that its session was ended, most likely (one microsecond).

    Who would be lent such a connection would be told that the repository cannot be reached, though it can.
    """
    waiting = select.poll()
    waiting.register(connection.pgconn.socket, select.POLLIN)
    return bool(waiting.poll(0))


class Loan:
    """A connection for the time of a block. A class, as a generator as context manager costs each request 2 us more."""

    __slots__ = ("_connection", "_of")
    _connection: Connection

    def __init__(self, of: Connections) -> None:
        self._of = of

    async def __aenter__(self) -> Connection:
        """Take the connection. Raises RepositoryUnavailable."""
        self._connection = await self._of.take()
        return self._connection

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        """Give it back. Raises what the error of a statement means for the repository, if it means more."""
        try:
            if isinstance(error, psycopg.Error):
                _translate(error, self._connection)
        finally:
            self._of.give_back(self._connection)


def _translate(error: psycopg.Error, connection: Connection) -> None:
    """Raise QueryTooCostly or RepositoryUnavailable where an error means that, and close a connection that is lost."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        raise QueryTooCostly from error
    if connection.closed or connection.broken or (error.sqlstate or "").startswith(_ENGINE_FAILS):
        raise RepositoryUnavailable from error
    if _session_is_lost(error):
        _log.warning("session.lost", error=type(error).__name__, sqlstate=error.sqlstate)
        connection.pgconn.finish()
        raise RepositoryUnavailable from error


class Connections:
    """A bounded set of connections to one engine."""

    def __init__(self, conninfo: str, *, size: int, statement_timeout_ms: int = 5000, wait_s: float = 5.0) -> None:
        self._conninfo = conninfo
        self._timeout_ms = statement_timeout_ms
        self._wait_s = wait_s
        self._free = size
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()

    def lend(self) -> Loan:
        """Lend a connection for the time of the block.

        Raises RepositoryUnavailable when none comes free in time or the engine is gone (also while the block runs), and
        QueryTooCostly when a statement of the block ran into the statement timeout.
        """
        return Loan(self)

    async def rows(self, statement: str, values: Any = None) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives. Raises what `lend` raises."""
        async with self.lend() as connection:
            return await (await connection.execute(statement, values)).fetchall()

    async def count(self, statement: str, values: Any = None) -> int:
        """Return how many rows a statement touched. Raises what `lend` raises."""
        async with self.lend() as connection:
            return (await connection.execute(statement, values)).rowcount

    async def take(self) -> Connection:
        """Take a connection that `give_back` must be called for; `lend` does both."""
        if self._free == 0:
            await self._wait()
        else:
            self._free -= 1
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and not _has_something_to_say(connection):
                return connection
            connection.pgconn.finish()
        try:
            return await connect(self._conninfo, statement_timeout_ms=self._timeout_ms)
        except BaseException:
            self._release()
            raise

    def give_back(self, connection: Connection) -> None:
        """Return a connection; one that broke or was left inside a transaction is closed instead of kept."""
        if connection.closed or connection.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            connection.pgconn.finish()
        else:
            self._idle.append(connection)
        self._release()

    async def close(self) -> None:
        """Close the idle connections; those still lent close when they come back."""
        while self._idle:
            await self._idle.pop().close()

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._wait_s):
                await turn
        except TimeoutError as error:
            raise RepositoryUnavailable("Every connection to the repository is busy. Try again in a moment.") from error
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release()
            raise

    def _release(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
