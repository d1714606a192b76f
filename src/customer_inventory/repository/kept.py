"""Statements that a connection keeps prepared, and runs without psycopg's ado about each.

What psycopg does for every statement (looking it up among those that are prepared, a query object, a cursor, what the
cursor makes of the result) takes 12 of the 54 us of processor time that a look-up by key takes. A request for one
record is little more than that look-up, so it goes this way: 5 to 8 percent of the request.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import psycopg
from psycopg import generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow
from psycopg.waiting import Ready, Wait

Waits = Generator[Wait, Ready | int, list[TupleRow]]
_MARK = "%s"


class KeptStatement:
    """One statement, with as many prepared forms as its parameters had combinations of types."""

    def __init__(self, connection: psycopg.AsyncConnection[TupleRow], statement: str, number: int) -> None:
        """`number` tells it from the others of the connection. Its parameters are positional, and it has no other %."""
        first, *others = statement.split(_MARK)
        if "%" in first or any("%" in each for each in others):
            raise ValueError("a statement that is kept has positional parameters and nothing else that begins with %")
        self._text = (first + "".join(f"${at}{text}" for at, text in enumerate(others, 1))).encode()
        self._formats = [PyFormat.AUTO] * len(others)
        self._connection, self._number = connection, number
        self._transformer = Transformer(connection)
        self._names: dict[tuple[int, ...] | None, bytes] = {}

    def rows(self, values: Sequence[Any]) -> Waits:
        """Yield what is to be waited for; return the rows. Raises psycopg.Error."""
        connection, transformer = self._connection.pgconn, self._transformer
        parameters = transformer.dump_sequence(values, self._formats)
        types = transformer.types
        name = self._names.get(types)
        if name is None:
            name = f"kept_{self._number}_{len(self._names)}".encode()
            connection.send_prepare(name, self._text, param_types=types)
            yield from self._result()
            self._names[types] = name
        connection.send_query_prepared(name, parameters, param_formats=transformer.formats)
        result = yield from self._result()
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)

    def _result(self) -> Generator[Wait, Ready | int, PGresult]:
        """Wait for the one result of what was sent. Raises psycopg.Error."""
        results = yield from generators.execute(self._connection.pgconn)
        result: PGresult = results[-1]
        if result.status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(result, encoding=self._connection.info.encoding)
        return result
