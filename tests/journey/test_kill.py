"""100 kill -9 of server or database during writes: no acknowledged write is lost, and none is applied twice.

Writers send with an Idempotency-Key and repeat the same request until it is acknowledged, as a careful client does.
Each knows which version every record must have, so a write that was lost or done twice shows at once. A reader follows
the feed all the while, keeping nothing but its place.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from customer_inventory.repository import Repository
from customer_inventory.repository.changes import FeedEntry, FeedPosition
from customer_inventory.repository.connections import RepositoryUnavailable
from customer_inventory.repository.engines import EmbeddedEngine
from tests.consistency import ask, assert_consistent
from tests.journey.conftest import Server
from tests.killing import Killer, steady_port

KILLS = int(os.environ.get("KILLS", "100"))
WRITERS = 6
FRESH_S = 120.0
INDIVIDUALS = "/tmf-api/partyManagement/v5/individual"
CUSTOMERS = "/tmf-api/customerManagement/v5/customer"
Document = dict[str, Any]


@dataclass
class Held:
    """A record as the server acknowledged it last; a document of None is a deletion."""

    kind: str
    version: int
    document: Document | None


@dataclass
class Ledger:
    """All that the server acknowledged."""

    records: dict[str, Held] = field(default_factory=dict)
    keys: int = 0
    attempts: int = 0
    replays: int = 0
    shared_marks: set[str] = field(default_factory=set)

    def living(self, kind: str) -> dict[str, Held]:
        """The records of a kind that are there."""
        return {name: held for name, held in self.records.items() if held.kind == kind and held.document is not None}


class Writer:
    """Writes until told to stop, and finishes what it began."""

    def __init__(self, number: int, client: httpx.AsyncClient, ledger: Ledger, shared: str) -> None:
        self._number = number
        self._client = client
        self._ledger = ledger
        self._shared = shared
        self._chance = random.Random(number)
        self._own: list[str] = []
        self._turn = 0

    async def write(self, stop: asyncio.Event) -> None:
        """Write one thing after the other."""
        while not stop.is_set():
            self._turn += 1
            drawn = self._chance.random()
            if drawn < 0.35 or len(self._own) < 3:
                await self._create_individual()
            elif drawn < 0.5:
                await self._create_customer()
            elif drawn < 0.8:
                await self._modify(self._chance.choice(self._own))
            elif drawn < 0.9:
                await self._delete(self._own.pop(self._chance.randrange(len(self._own))))
            else:
                await self._mark_the_shared()

    async def _create_individual(self) -> None:
        content = {"@type": "Individual", "givenName": f"Writer {self._number}", "familyName": f"Turn {self._turn}"}
        await self._create("individual", INDIVIDUALS, content)

    async def _create_customer(self) -> None:
        party = self._chance.choice(self._own)
        reference = {"@type": "PartyRef", "@referredType": "Individual", "id": party}
        content = {"@type": "Customer", "name": f"Customer {self._number} {self._turn}", "engagedParty": reference}
        await self._create("customer", CUSTOMERS, content)

    async def _create(self, kind: str, path: str, content: Document) -> None:
        answer = await self._acknowledged("POST", path, content)
        assert answer.status_code == 201, answer.text
        identifier = answer.json()["id"]
        assert identifier not in self._ledger.records
        assert (version_of(answer), shown(answer)) == (1, content)
        self._ledger.records[identifier] = Held(kind, 1, content)
        self._own.append(identifier)

    async def _modify(self, identifier: str) -> None:
        held = self._ledger.records[identifier]
        patch = {"turn": self._turn, "note": f"by {self._number}"}
        answer = await self._acknowledged("PATCH", path_of(held, identifier), patch)
        assert answer.status_code == 200, answer.text
        held.version += 1
        held.document = {**(held.document or {}), **patch}
        assert (version_of(answer), shown(answer)) == (held.version, held.document)

    async def _delete(self, identifier: str) -> None:
        held = self._ledger.records[identifier]
        answer = await self._acknowledged("DELETE", path_of(held, identifier), None)
        assert answer.status_code == 204, answer.text
        held.version += 1
        held.document = None

    async def _mark_the_shared(self) -> None:
        mark = f"mark-{self._number}-{self._turn}"
        answer = await self._acknowledged("PATCH", f"{INDIVIDUALS}/{self._shared}", {mark: True})
        assert answer.status_code == 200, answer.text
        assert mark in answer.json()
        self._ledger.shared_marks.add(mark)

    async def _acknowledged(self, method: str, path: str, content: Document | None) -> httpx.Response:
        """Send the same request with the same key until the server answers it."""
        headers = {"idempotency-key": f"writer-{self._number}-{self._turn}"}
        if content is not None:
            media = "application/json" if method == "POST" else "application/merge-patch+json"
            headers["content-type"] = media
        body = None if content is None else msgspec.json.encode(content)
        self._ledger.keys += 1
        while True:
            self._ledger.attempts += 1
            with suppress(httpx.TransportError):
                answer = await self._client.request(method, path, content=body, headers=headers)
                if answer.status_code != 503:
                    self._ledger.replays += "idempotent-replayed" in answer.headers
                    return answer
            await asyncio.sleep(0.05)


def path_of(held: Held, identifier: str) -> str:
    return f"{INDIVIDUALS if held.kind == 'individual' else CUSTOMERS}/{identifier}"


def version_of(answer: httpx.Response) -> int:
    return int(answer.headers["etag"].strip('"'))


def shown(answer: httpx.Response) -> Document:
    return {name: value for name, value in answer.json().items() if name not in {"id", "href"}}


class Follower:
    """Follows the feed through every crash."""

    def __init__(self, conninfo: str) -> None:
        self.entries: list[FeedEntry] = []
        self._repository = Repository(conninfo, connections=1)
        self._place = FeedPosition()

    async def follow(self, stop: asyncio.Event) -> None:
        """Read on until told to stop."""
        while not stop.is_set():
            with suppress(RepositoryUnavailable):
                await self.catch_up()
            await asyncio.sleep(0.05)
        await self._repository.close()

    async def catch_up(self) -> None:
        """Read what is settled by now."""
        while page := await self._repository.changes.after(self._place):
            self.entries += page
            self._place = page[-1].place


@asynccontextmanager
async def clients(server: Server, number: int) -> AsyncIterator[list[httpx.AsyncClient]]:
    headers = {"authorization": f"Bearer {server.token()}"}
    made = [httpx.AsyncClient(base_url=server.url, headers=headers, timeout=10) for _ in range(number)]
    renewing = asyncio.create_task(_keep_fresh(server, made))
    yield made
    renewing.cancel()
    for client in made:
        await client.aclose()


async def _keep_fresh(server: Server, made: Sequence[httpx.AsyncClient]) -> None:
    """Give the clients new tokens for ever, long before theirs are over: on a slow machine all this takes longer."""
    pause = FRESH_S
    while True:
        await asyncio.sleep(pause)
        pause = 1.0
        with suppress(httpx.HTTPError, AssertionError):
            headers = {"authorization": f"Bearer {await asyncio.to_thread(server.token)}"}
            pause = FRESH_S
            for client in made:
                client.headers.update(headers)


async def conninfo_of(server: Server) -> str:
    async with EmbeddedEngine(server.data).attached() as conninfo:
        return conninfo


@pytest.mark.timeout(2400)
async def test_no_acknowledged_write_is_lost_and_none_is_done_twice(new_server: Server) -> None:
    new_server.port = steady_port()
    await asyncio.to_thread(new_server.start)
    await asyncio.to_thread(new_server.register)
    follower, stop, ledger = Follower(await conninfo_of(new_server)), asyncio.Event(), Ledger()
    following = asyncio.create_task(follower.follow(stop))
    killer = Killer(new_server, seed=KILLS)
    async with clients(new_server, WRITERS) as made:
        content = {"@type": "Individual", "givenName": "Shared", "familyName": "By All"}
        answer = await made[0].post(INDIVIDUALS, json=content)
        shared = answer.json()["id"]
        writing = [
            asyncio.create_task(Writer(number, client, ledger, shared).write(stop))
            for number, client in enumerate(made)
        ]
        killing = asyncio.create_task(killer.kill(KILLS))
        # A writer ends early only by a failed assertion, which is to be seen at once.
        await asyncio.wait([killing, *writing], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        if not killing.done():
            killing.cancel()
        await asyncio.gather(*writing)
        await killing
        ledger.records[shared] = Held(
            "individual", 1 + len(ledger.shared_marks), {**content, **dict.fromkeys(ledger.shared_marks, True)}
        )
        await following
        for kind, path in (("individual", INDIVIDUALS), ("customer", CUSTOMERS)):
            counted = await made[0].get(path, params={"limit": "1"})
            assert counted.status_code < 300, counted.text
            assert int(counted.headers["x-total-count"]) == len(ledger.living(kind))
    assert new_server.stop() == 0
    print(f"{dict(killer.kills)}, {ledger.keys} writes in {ledger.attempts} attempts, {ledger.replays} replays")
    assert killer.kills.total() >= KILLS
    assert ledger.attempts > ledger.keys > 5 * KILLS
    assert ledger.replays > 0 or KILLS < 50
    async with EmbeddedEngine(new_server.data).attached() as conninfo:
        await assert_all_is_there(conninfo, ledger, follower)


async def versions_of(repository: Repository, kind: str, identifier: UUID) -> list[int]:
    """The numbers of all versions of a record, newest first; a quick machine makes more than a page of them."""
    found: list[int] = []
    while True:
        before = found[-1] if found else None
        page = await repository.records.history(kind, identifier, limit=1000, before=before)
        found += [each.version for each in page.versions]
        if not page.versions or found[-1] == 1:
            return found


async def assert_all_is_there(conninfo: str, ledger: Ledger, follower: Follower) -> None:
    repository = Repository(conninfo)
    for identifier, held in ledger.records.items():
        record = await repository.records.get(held.kind, UUID(identifier))
        versions = await versions_of(repository, held.kind, UUID(identifier))
        assert versions == list(range(held.version, 0, -1)), identifier
        if held.document is None:
            assert record is None
        else:
            assert record is not None, identifier
            assert msgspec.json.decode(record.document) == held.document
    for kind in ("individual", "customer"):
        present = {row[0]: row[1] for row in await ask(conninfo, f"select id::text, version from {kind}")}
        assert present == {name: held.version for name, held in ledger.living(kind).items()}
    assert (await ask(conninfo, "select count(*) from idempotency")) == [(ledger.keys,)]
    await assert_consistent(conninfo)
    await assert_the_feed_is_whole(conninfo, repository, ledger, follower)
    await repository.close()


async def assert_the_feed_is_whole(conninfo: str, repository: Repository, ledger: Ledger, follower: Follower) -> None:
    entries: list[FeedEntry] = []
    place = FeedPosition()
    while page := await repository.changes.after(place, limit=777):
        entries += page
        place = page[-1].place
    assert (await ask(conninfo, "select count(*) from change_record")) == [(len(entries),)]
    assert follower.entries == entries[: len(follower.entries)]
    assert len(follower.entries) > 0.5 * len(entries)
    replayed: dict[str, tuple[int, bool]] = {}
    for entry in entries:
        assert entry.version == replayed.get(entry.record_id, (0, True))[0] + 1
        replayed[entry.record_id] = (entry.version, entry.operation != "delete")
    assert replayed == {name: (held.version, held.document is not None) for name, held in ledger.records.items()}
