"""What every test may stand on: a real engine for the session, and a fresh migrated database for each test."""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_own_clients
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.clock import system_clock
from customer_inventory.repository import Repository, migrate
from customer_inventory.repository.engines import EmbeddedEngine

SHARED = Path(__file__).resolve().parents[2] / "shared"
_TEMPLATE = "template_inventory"
_numbers = itertools.count(1)


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
    pytest.skip(what)


@pytest.fixture(scope="session")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A running embedded engine: the connection string of its superuser, who may make databases."""
    data = tmp_path_factory.mktemp("engine") / "data"
    async with EmbeddedEngine(data).serving() as conninfo:
        host = conninfo_to_dict(conninfo)["host"]
        superuser = make_conninfo("", host=host, user="postgres", dbname="postgres", passfile=str(data / "superuser"))
        product = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
        async with await psycopg.AsyncConnection.connect(superuser, autocommit=True) as connection:
            await connection.execute(f"create database {_TEMPLATE} owner {product['user']}")
        await migrate(make_conninfo("", **{**product, "dbname": _TEMPLATE}))
        yield make_conninfo(superuser, application_name=make_conninfo("", **product))


@pytest.fixture
async def empty_database(engine: str) -> AsyncIterator[str]:
    """The connection string of an empty database."""
    async with _database(engine, template="template0") as conninfo:
        yield conninfo


@pytest.fixture
async def database(engine: str) -> AsyncIterator[str]:
    """The connection string of a fresh, migrated database."""
    async with _database(engine, template=_TEMPLATE) as conninfo:
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


def make_desk(repository: Repository, *reference_checks: str) -> _OpenDesk:
    """Return a desk to open on a repository."""
    return _OpenDesk(repository, reference_checks)


class _OpenDesk:
    def __init__(self, repository: Repository, reference_checks: tuple[str, ...]) -> None:
        self._repository = repository
        self._desk = Desk(
            repository,
            clock=system_clock,
            randomness=secrets.randbits,
            reference_checks=ReferenceChecks.parse(reference_checks),
        )

    async def __aenter__(self) -> Desk:
        await register_own_clients(self._repository.register, clock=system_clock)
        return await self._desk.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self._desk.__aexit__(None, None, None)


class _database:
    def __init__(self, engine: str, *, template: str) -> None:
        self._superuser = make_conninfo(engine, application_name="tests")
        self._product = conninfo_to_dict(conninfo_to_dict(engine)["application_name"])
        self._template = template
        self._name = f"test_{os.getpid()}_{next(_numbers)}"

    async def __aenter__(self) -> str:
        async with await psycopg.AsyncConnection.connect(self._superuser, autocommit=True) as connection:
            await connection.execute(
                f"create database {self._name} owner {self._product['user']} template {self._template}"
            )
        return make_conninfo("", **{**self._product, "dbname": self._name})

    async def __aexit__(self, *error: object) -> None:
        async with await psycopg.AsyncConnection.connect(self._superuser, autocommit=True) as connection:
            await connection.execute(f"drop database {self._name} with (force)")


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    """The path of an installed Chromium."""
    import shutil

    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        missing("no Chromium is installed")
    yield str(found)
