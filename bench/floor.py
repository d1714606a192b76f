"""The floor: the least a server in Python could do for the same answer, in a process of its own.

A bare ASGI handler under the same uvicorn (uvloop, httptools, no access log), as many connections of the same kind to
the same database, the very statements of the inventory, and the bytes that come back. It authenticates nobody,
checks nothing, keeps no trail and no history. What an inventory costs above it is the price of being one.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import uvicorn
import uvloop
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from starlette.types import Receive, Scope, Send

from customer_inventory.api.parameters import parse
from customer_inventory.ids import bucket_of, draw_bucket, new_id
from customer_inventory.model.views import NATIVE
from customer_inventory.repository import sql
from customer_inventory.repository.connections import connect
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.query import compile_query

_STATEMENTS = sql.statements("records.sql")
_INSERT = "insert into bench.{kind} values (%s, %s, 1, %s::jsonb, '{{}}', '', %s, 0, %s, %s)"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What the floor serves: lists by number, each a kind and a query string of the inventory's API."""

    port: int
    conninfo: str
    connections: int
    lists: list[tuple[str, str]]


class Floor:
    """The ASGI application: /get/KIND/ID, /list/NUMBER, /insert/KIND."""

    def __init__(self, task: Task, connections: list[AsyncConnection[TupleRow]]) -> None:
        self._idle = connections
        self._turn = asyncio.Semaphore(len(connections))
        self._get = {kind: _STATEMENTS["get"].replace("{kind}", kind) for kind in NATIVE}
        self._insert = {kind: _INSERT.format(kind=kind) for kind in NATIVE}
        queries = [(kind, parse(NATIVE[kind], query.encode()).query) for kind, query in task.lists]
        self._lists = [
            (compile_query(KINDS[kind], query, count_bound=1).page, not query.narrowed) for kind, query in queries
        ]
        self._routes: dict[str, Callable[[list[str], Receive], Awaitable[bytes]]] = {
            "get": self._one,
            "list": self._page,
            "insert": self._add,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        words = scope["path"].split("/")
        body = await self._routes[words[1]](words[2:], receive)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _one(self, words: list[str], _: Receive) -> bytes:
        identifier = UUID(words[1])
        rows = await self._rows(self._get[words[0]], (bucket_of(identifier), identifier), prepare=True)
        return bytes(rows[0][1])

    async def _page(self, words: list[str], _: Receive) -> bytes:
        statement, prepare = self._lists[int(words[0])]
        rows = await self._rows(statement.text, statement.parameters, prepare=prepare)
        return b"[" + b",".join([row[2] for row in rows]) + b"]"

    async def _add(self, words: list[str], receive: Receive) -> bytes:
        body = (await receive())["body"]
        now = datetime.now(UTC)
        identifier = new_id(bucket=draw_bucket(), at=now)
        values = (bucket_of(identifier), identifier, body.decode(), identifier, now, now)
        await self._rows(self._insert[words[0]], values, prepare=True)
        return bytes(body)

    async def _rows(self, statement: str, values: tuple[object, ...], *, prepare: bool) -> list[TupleRow]:
        async with self._turn:
            connection = self._idle.pop()
            try:
                cursor = await connection.execute(statement, values, prepare=prepare)
                return await cursor.fetchall() if cursor.description else []
            finally:
                self._idle.append(connection)


async def _serve(task: Task) -> None:
    connections = [await connect(task.conninfo, statement_timeout_ms=5000) for _ in range(task.connections)]
    config = uvicorn.Config(
        Floor(task, connections),
        port=task.port,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
    )
    await uvicorn.Server(config).serve()
    for connection in connections:
        await connection.close()


def main() -> None:
    """Serve the task that stands on the first line of standard input."""
    uvloop.run(_serve(msgspec.json.decode(sys.stdin.buffer.readline(), type=Task)))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
