"""What every test may stand on: a real engine for the session, and a fresh migrated database for each test."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_own_clients
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.clock import system_clock
from customer_inventory.repository import Repository, migrate
from customer_inventory.repository.engines import EmbeddedEngine

SHARED = Path(__file__).resolve().parents[2] / "shared"
_TEMPLATE = "template_inventory"
_numbers = itertools.count(1)
_LARGEST = 40_000_000
_STATE = """
    select md5(string_agg(what, ',' order by what)), pg_database_size(current_database()) from (
        select c.oid::regclass::text || ' ' || c.relkind::text || coalesce(array_to_string(c.reloptions, ' '), '')
        from pg_class c where c.relnamespace = 'public'::regnamespace
        union all select p.oid::regprocedure::text || md5(p.prosrc) from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.prolang <> (select oid from pg_language where lanname = 'c')
        union all select conrelid::regclass::text || conname || pg_get_constraintdef(oid) from pg_constraint
        where connamespace = 'public'::regnamespace
        union all select attrelid::regclass::text || attname || atttypid::text from pg_attribute
        join pg_class c on c.oid = attrelid
        where c.relnamespace = 'public'::regnamespace and attnum > 0
        union all select 'revision ' || version_num from alembic_version
        union all select array_to_string(setconfig, ' ') from pg_db_role_setting s
        join pg_database d on d.oid = s.setdatabase where d.datname = current_database()
    ) as state(what)"""
_EMPTY = """
    do $$ declare v_table text; begin
        perform pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid();
        for v_table in select c.oid::regclass::text from pg_class c
            where relnamespace = 'public'::regnamespace and relkind = 'r'
                and relname not in ('alembic_version', 'feed_origin', 'catalogue_stamp')
        loop execute 'delete from ' || v_table; end loop;
        update feed_origin set shift = 0;
    end $$"""


def shared(path: str) -> Path:
    """Return a file of the material beside the checkout; skip the test when it is absent, fail in CI."""
    found = SHARED / path
    if not found.exists():
        missing(f"../shared/{path} is not there")
    return found


def missing(what: str) -> None:
    """Skip the test because something it needs is absent; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what, allow_module_level=True)


@dataclass(frozen=True)
class RunningEngine:
    """The session's engine: how its superuser reaches it, and how the product does."""

    superuser: str
    product: dict[str, str]
    spares: list[str] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def database(self, *, template: str) -> AsyncIterator[str]:
        """Make a database for the time of the block; yield the product's connection string.

        Those of the migrated template are used again once they are empty: making one takes longer than most tests.
        """
        spare = self.spares.pop() if template == _TEMPLATE and self.spares else None
        name = spare or f"test_{os.getpid()}_{next(_numbers)}"
        if spare is None:
            await self.execute(f"create database {name} owner {self.product['user']} template {template}")
        if template == _TEMPLATE and "fresh" not in self.states:
            async with await self._into(name) as connection:
                self.states["fresh"] = (await self._state(connection))[0]
        yield make_conninfo("", **{**self.product, "dbname": name})
        if template == _TEMPLATE and await self._emptied(name):
            self.spares.append(name)
        else:
            await self.execute(f"drop database {name} with (force)")

    async def _emptied(self, name: str) -> bool:
        """Empty a database for the next test; False when the test changed its schema or filled it too much for that."""
        async with await self._into(name) as connection:
            state, size = await self._state(connection)
            if state != self.states["fresh"] or size > _LARGEST:
                return False
            await connection.execute(_EMPTY)
        return True

    async def _into(self, name: str) -> psycopg.AsyncConnection[TupleRow]:
        return await psycopg.AsyncConnection.connect(make_conninfo(self.superuser, dbname=name), autocommit=True)

    async def _state(self, connection: psycopg.AsyncConnection[TupleRow]) -> tuple[str, int]:
        """What the schema is, in short, and how large the database."""
        row = await (await connection.execute(_STATE)).fetchone()
        return (row[0], row[1]) if row else ("", 0)

    async def hasten(self) -> None:
        """Let the engine trust the machine: tests that kill an engine run their own, and a database for every test is
        made of a thousand files, each of which it would wait for.
        """
        await self.execute("alter system set fsync = off")
        await self.execute("select pg_reload_conf()")

    async def execute(self, statement: str) -> None:
        """Execute one statement as superuser."""
        async with await psycopg.AsyncConnection.connect(self.superuser, autocommit=True) as connection:
            await connection.execute(statement)


@pytest.fixture(scope="session")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningEngine]:
    """A running embedded engine with a migrated template database."""
    data = tmp_path_factory.mktemp("engine") / "data"
    async with EmbeddedEngine(data).serving() as conninfo:
        host = conninfo_to_dict(conninfo)["host"]
        superuser = make_conninfo("", host=host, user="postgres", dbname="postgres", passfile=str(data / "superuser"))
        product = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
        running = RunningEngine(superuser, product)
        await running.hasten()
        await running.execute(f"create database {_TEMPLATE} owner {product['user']}")
        await migrate(make_conninfo("", **{**product, "dbname": _TEMPLATE}))
        yield running


@pytest.fixture
async def empty_database(engine: RunningEngine) -> AsyncIterator[str]:
    """The connection string of an empty database."""
    async with engine.database(template="template0") as conninfo:
        yield conninfo


@pytest.fixture
async def database(engine: RunningEngine) -> AsyncIterator[str]:
    """The connection string of a fresh, migrated database."""
    async with engine.database(template=_TEMPLATE) as conninfo:
        yield conninfo


@pytest.fixture
async def repository(database: str) -> AsyncIterator[Repository]:
    """A repository on a fresh database."""
    opened = Repository(database)
    yield opened
    await opened.close()


@pytest.fixture
async def desk(repository: Repository) -> AsyncIterator[Desk]:
    """An open desk on a fresh database."""
    async with make_desk(repository) as opened:
        yield opened


@pytest.fixture
async def access(desk: Desk) -> Access:
    """An access that is granted everything."""
    return await desk.open_at_command_line(person="tester", purpose=None, request_id="test")


@asynccontextmanager
async def make_desk(repository: Repository, *reference_checks: str) -> AsyncIterator[Desk]:
    """Open a desk on a repository."""
    await register_own_clients(repository.register, clock=system_clock)
    checks = ReferenceChecks.parse(reference_checks)
    async with Desk(repository, clock=system_clock, randomness=secrets.randbits, reference_checks=checks) as desk:
        await desk.tokens.start()
        yield desk


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of an installed Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        missing("no Chromium is installed")
    return str(found)
