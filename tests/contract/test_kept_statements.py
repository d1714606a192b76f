"""Statements that stay prepared: the same answers as psycopg's own way, and no session is the worse for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_inventory.repository.connections import Connection, Connections

ECHO = "select %s, %s::jsonb, %s::text"
NUMBERED = "select %s::int, pg_backend_pid()"
texts = st.text(st.characters(codec="latin-1", min_codepoint=32))
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.uuids(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
    st.datetimes(),
)


@pytest.fixture
async def connections(database: str) -> AsyncIterator[Connections]:
    made = Connections(database, size=1)
    yield made
    await made.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=values, number=st.integers(-(2**70), 2**70), text=st.text(st.characters(codec="latin-1", min_codepoint=32))
)
async def test_the_rows_are_those_that_psycopg_gives(
    connections: Connections, value: Any, number: int, text: str
) -> None:
    async with connections.lend() as connection:
        asked = (value, str(number), text)
        assert await connection.kept_rows(ECHO, asked) == await connection.rows(ECHO, asked, prepare=False)


async def test_it_is_prepared_once_for_all_values_of_a_type(connections: Connections) -> None:
    async with connections.lend() as connection:
        for number in range(20):
            assert (await connection.kept_rows(NUMBERED, (number,)))[0][0] == number
        assert await prepared(connection) == ["select $1::int, pg_backend_pid()"]
        assert (await connection.kept_rows(NUMBERED, (2**20,)))[0][0] == 2**20
        assert len(await prepared(connection)) == 2


async def prepared(connection: Connection) -> list[str]:
    return [row[0] for row in await connection.rows("select statement from pg_prepared_statements", prepare=False)]


async def test_an_error_is_that_of_the_database_and_the_next_statement_works(connections: Connections) -> None:
    async with connections.lend() as connection:
        for _ in range(3):
            with pytest.raises(psycopg.errors.DivisionByZero):
                await connection.kept_rows("select 1 / %s::int", (0,))
            assert await connection.kept_rows("select 1 / %s::int", (1,)) == [(1,)]
        with pytest.raises(psycopg.errors.UndefinedTable):
            await connection.kept_rows("select from there_is_none where id = %s", (1,))
        assert await connection.kept_rows("select %s::int where false", (1,)) == []


async def test_what_goes_with_a_transaction_that_failed_is_prepared_anew(connections: Connections) -> None:
    async with connections.lend() as connection:
        for number in range(3):
            assert await connection.kept_rows(NUMBERED, (number,))
            await connection.rows("select %s::int", (1,), prepare=True)
            with pytest.raises(psycopg.errors.DivisionByZero):
                async with connection.transaction():
                    await connection.kept_rows("select 1 / %s::int", (0,))
            async with connection.transaction():
                assert await connection.kept_rows(NUMBERED, (number,))


async def test_who_stops_waiting_leaves_a_session_that_can_be_used(connections: Connections) -> None:
    asking = asyncio.create_task(slow(connections))
    await asyncio.sleep(0.1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with connections.lend() as connection:
        assert await connection.kept_rows("select %s::uuid", (UUID(int=7),)) == [(UUID(int=7),)]


async def slow(connections: Connections) -> None:
    async with connections.lend() as connection:
        await connection.kept_rows("select pg_sleep(%s)", (30,))


@pytest.mark.parametrize("statement", ["select %(named)s", "select 'a%%' where 1 = %s", "select '100%'"])
async def test_a_statement_that_is_written_in_another_way_is_refused(connections: Connections, statement: str) -> None:
    async with connections.lend() as connection:
        with pytest.raises(ValueError, match="positional"):
            await connection.kept_rows(statement, (1,))
