"""The server is killed -9 again and again while 10,000 writes are made and the listener fails three times in ten.

Every event arrives, none out of order within its record, and what comes twice is the same event with the same eventId.
What must arrive is worked out from the versions that the inventory holds in the end, not by the product's own words.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
from collections import Counter
from typing import Any
from uuid import UUID, uuid5

import pytest
from standardwebhooks import Webhook

from customer_inventory.access import Access
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.repository.connections import RepositoryUnavailable
from customer_inventory.repository.engines import EmbeddedEngine
from customer_inventory.repository.records import IdempotencyKey
from tests.conftest import make_desk
from tests.consistency import ask
from tests.journey.conftest import Server
from tests.killing import steady_port
from tests.listening import Listener, failing, listening

WRITES = int(os.environ.get("EVENT_WRITES", "10000"))
KILLS = int(os.environ.get("EVENT_KILLS", "12"))
RECORDS = 300
WRITERS = 6
FLAGS = (
    "--hub-allow=127.0.0.0/8",
    "--hub-retry-first=0.05",
    "--hub-timeout=0.4",
    "--hub-lease=1",
)
HUB = "/tmf-api/partyManagement/v5/hub"
VERSIONS = """
    select id::text, version, doc from individual union all select id::text, version, doc from individual_history
    order by 1, 2"""
INDIVIDUAL = RESOURCES["individual"]
STATES = ("initialized", "validated", "deceased")


class Writing:
    """Writers that go on whatever happens to the server; each owns its records."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.records: list[str] = []
        self.done = 0

    async def write(self, number: int) -> None:
        chance = random.Random(number)
        own: list[str] = []
        for turn in range(WRITES // WRITERS):
            drawn = chance.random()
            if len(own) < RECORDS // WRITERS and (not own or drawn < 0.3):
                own.append(await self._create(number, turn))
            elif drawn < 0.98 or len(own) < 2:
                await self._modify(chance.choice(own), turn, chance, _key(number, turn))
            else:
                await self._delete(own.pop(chance.randrange(len(own))), _key(number, turn))
            self.done += 1
            await asyncio.sleep(0.001)

    async def _create(self, number: int, turn: int) -> str:
        content = {"@type": "Individual", "givenName": f"Writer {number}", "familyName": f"Turn {turn}"}
        key = _key(number, turn)
        saved = await self._patiently(lambda: self._access.create(INDIVIDUAL, content, key=key))
        self.records.append(saved.record.id)
        return str(saved.record.id)

    async def _modify(self, identifier: str, turn: int, chance: random.Random, key: IdempotencyKey) -> None:
        changes = chance.choice(
            ({"turn": turn}, {"status": chance.choice(STATES)}, {"turn": turn, "status": chance.choice(STATES)})
        )
        await self._patiently(
            lambda: self._access.modify(INDIVIDUAL, UUID(identifier), lambda document: {**document, **changes}, key=key)
        )

    async def _delete(self, identifier: str, key: IdempotencyKey) -> None:
        await self._patiently(lambda: self._access.delete(INDIVIDUAL, UUID(identifier), key=key))

    @staticmethod
    async def _patiently(write):
        """Write until there is an answer; what was done when the engine went away is known by its key."""
        while True:
            try:
                return await write()
            except RepositoryUnavailable:
                await asyncio.sleep(0.05)


def _key(number: int, turn: int) -> IdempotencyKey:
    name = f"writer {number}, turn {turn}"
    return IdempotencyKey(key=name, fingerprint=hashlib.sha256(name.encode()).digest())


async def kill(server: Server, *, times: int, writing: Writing) -> None:
    """Kill the server at random moments, evenly over the writes, and start it again."""
    chance = random.Random(times)
    for number in range(times):
        while writing.done < WRITES * number // times:
            await asyncio.sleep(0.02)
        await asyncio.sleep(chance.uniform(0, 0.5))
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        server.log.close()
        await asyncio.to_thread(server.start, *FLAGS)


async def expected(conninfo: str) -> dict[str, list[str]]:
    """The ids of the events of each record in order, by the versions that the inventory holds and held."""
    versions: dict[str, dict[int, Any]] = {}
    for identifier, number, document in await ask(conninfo, VERSIONS):
        versions.setdefault(identifier, {})[number] = document
    there = {identifier for (identifier,) in await ask(conninfo, "select id::text from individual")}
    wanted = {}
    for identifier, held in versions.items():
        events = [(1, "Create")]
        for number in range(2, max(held) + 1):
            before, after = held[number - 1], held[number]
            changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
            events += [(number, "AttributeValueChange")] * bool(changed - {"status"})
            events += [(number, "StateChange")] * ("status" in changed)
        events += [(max(held) + 1, "Delete")] * (identifier not in there)
        wanted[identifier] = [
            str(uuid5(UUID(identifier), f"{number} Individual{kind}Event")) for number, kind in events
        ]
    return wanted


def follow(listener: Listener, wanted: dict[str, list[str]]) -> Counter[str]:
    """Go through everything that came; return what was counted. Nothing may come before what is ahead of it."""
    counted: Counter[str] = Counter()
    arrived = dict.fromkeys(wanted, 0)
    bodies: dict[str, bytes] = {}
    for received in listener.received:
        record, event = received.resource["id"], received.event["eventId"]
        assert bodies.setdefault(event, received.digest) == received.digest, "one eventId, two contents"
        place = wanted[record].index(event)
        assert place <= arrived[record], f"{received.event['eventType']} came before what is ahead of it"
        counted["taken" if received.taken else "failed"] += 1
        if place < arrived[record]:
            counted["again"] += 1
        elif received.taken:
            arrived[record] += 1
    assert {record: len(ids) for record, ids in wanted.items()} == arrived
    return counted


@pytest.mark.timeout(900)
async def test_every_event_arrives_in_order_whatever_is_killed(new_server: Server) -> None:
    new_server.port = steady_port()
    await asyncio.to_thread(new_server.start, *FLAGS)
    await asyncio.to_thread(new_server.register)
    async with listening(failing(0.3, seed=KILLS)) as listener, EmbeddedEngine(new_server.data).attached() as conninfo:
        with new_server.api() as client:
            answer = client.post(HUB, json={"callback": listener.url})
            assert answer.status_code == 201, answer.text
            secret = answer.json()["secret"]
        repository = Repository(conninfo)
        async with make_desk(repository) as desk:
            access = await desk.open_at_command_line(person="tester", purpose=None, request_id="test")
            writing = Writing(access)
            killing = asyncio.create_task(kill(new_server, times=KILLS, writing=writing))
            await asyncio.gather(*(writing.write(number) for number in range(WRITERS)))
            await killing
        await repository.close()
        wanted = await expected(conninfo)
        assert not set(writing.records) - wanted.keys(), "acknowledged and lost"
        assert not wanted.keys() - set(writing.records), "written twice, in spite of its key"
        all_of_them = {event for ids in wanted.values() for event in ids}
        await listener.until(lambda listener: listener.ids >= all_of_them, seconds=400)
    counted = follow(listener, wanted)
    print(f"{len(all_of_them)} events of {len(wanted)} records, {KILLS} kills: {dict(counted)}")
    assert len(all_of_them) >= WRITES
    assert counted["failed"] > 0.2 * counted.total()
    last = listener.received[-1]
    Webhook(secret).verify(last.body, last.headers)
    assert new_server.stop() == 0, new_server.output()[-3000:]
