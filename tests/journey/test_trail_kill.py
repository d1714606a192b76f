"""Server and database are killed -9 under load; what a client was told stands in the trail under its request's name.

Readers and writers of records of two kinds, of histories and wholes, some of whom may not, work under names of their
own (X-Request-Id). Every id that an answer shows, every write that it acknowledges, every refusal and every "there is
no such record" must be in the trail; and so must what arrived of an answer that broke off.

`TRAIL_KILLS=1000 ./test tests/journey/test_trail_kill.py` kills a thousand times.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from customer_inventory.repository.engines import EmbeddedEngine
from tests.consistency import assert_consistent
from tests.journey.conftest import Server, command
from tests.journey.test_trail import MARK, database_of, trail
from tests.killing import Killer, kill_postmaster, sessions, steady_port, wait_for_another
from tests.nursery import Nursery

KILLS = int(os.environ.get("TRAIL_KILLS", "24"))
OF_ALL = min(KILLS, 4)
"""So many times the server goes down together with an engine of its own, which takes long to come back."""
ANSWERS = 50
FRESH_S = 120.0
NARROW = "read:customer"
INDIVIDUALS = "/tmf-api/partyManagement/v5/individual"
CUSTOMERS = "/tmf-api/customerManagement/v5/customer"
WHOLES = "/inventory/v1/customer360"
OURS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
ABSENT = "01890a5d-ac96-8abc-8abc-0123456789ab"
OUTCOMES = {
    200: {"shown", "done", "unchanged"},
    201: {"done"},
    204: {"done"},
    206: {"shown"},
    403: {"refused"},
    404: {"absent"},
    412: {"stale"},
}
"""What the trail says of an answer, by its status; 503 promises nothing."""


class Told(NamedTuple):
    """What a client was told: the verb that it used, the status, whether the answer was whole, and the ids in it."""

    verb: str
    status: int
    whole: bool
    ids: frozenset[str]


@dataclass
class Ledger:
    """All that the clients were told, by the name of the request; and the records that they know of."""

    told: dict[str, Told] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    individuals: list[str] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)
    silent: int = 0
    broken: int = 0

    @property
    def answers(self) -> int:
        """How many whole answers came that promise something."""
        return self.statuses.total() - self.statuses[503]


class Visitor:
    """Asks for this and that, each time under a new name."""

    def __init__(self, number: int, client: httpx.AsyncClient, ledger: Ledger, tokens: Tokens) -> None:
        self._number = number
        self._client = client
        self._ledger = ledger
        self._tokens = tokens
        self._chance = random.Random(number)
        self._turn = 0

    async def visit(self, stop: asyncio.Event) -> None:
        """Go on until told to stop."""
        asking = (
            *(self._get, self._get, self._list, self._search, self._whole, self._history, self._absent),
            *(self._create, self._engage, self._modify, self._modify, self._delete, self._stale, self._refused),
        )
        while not stop.is_set():
            self._turn += 1
            await self._chance.choice(asking)()

    def _one(self) -> str:
        customer = self._chance.random() < 0.4
        known = self._ledger.customers if customer else self._ledger.individuals
        return f"{CUSTOMERS if customer else INDIVIDUALS}/{self._chance.choice(known)}"

    async def _get(self) -> None:
        await self._send("read", "GET", self._one(), one)

    async def _list(self) -> None:
        path = self._chance.choice((INDIVIDUALS, CUSTOMERS))
        await self._send("read", "GET", f"{path}?limit={self._chance.randint(1, 30)}&sort=-id", many)

    async def _search(self) -> None:
        name = f"N{self._chance.randrange(10)}"
        await self._send("read", "GET", f"{INDIVIDUALS}?familyName={name}&fields=familyName&limit=20", many)

    async def _whole(self) -> None:
        choice = self._chance.choice(("", "?fields=none", "?fields=party", "?limit=0"))
        await self._send("read", "GET", f"{WHOLES}/{self._chance.choice(self._ledger.customers)}{choice}", parts)

    async def _history(self) -> None:
        await self._send("read", "GET", f"{self._one()}/history?limit=3", None)

    async def _absent(self) -> None:
        path = self._chance.choice((INDIVIDUALS, CUSTOMERS, WHOLES))
        await self._send("read", "GET", f"{path}/{ABSENT}", one)

    async def _create(self) -> None:
        content = {"@type": "Individual", "givenName": MARK, "familyName": f"N{self._chance.randrange(10)}"}
        self._ledger.individuals += await self._send("create", "POST", INDIVIDUALS, one, content)

    async def _engage(self) -> None:
        party = {
            "@type": "PartyRef",
            "@referredType": "Individual",
            "id": self._chance.choice(self._ledger.individuals),
        }
        content = {"@type": "Customer", "name": MARK, "engagedParty": party}
        self._ledger.customers += await self._send("create", "POST", CUSTOMERS, one, content)

    async def _modify(self) -> None:
        await self._send("modify", "PATCH", self._one(), one, {"note": f"{self._number} {self._turn}"})

    async def _stale(self) -> None:
        await self._send("modify", "PATCH", self._one(), one, {"note": "late"}, **{"if-match": '"987654321"'})

    async def _delete(self) -> None:
        known = self._ledger.individuals if self._chance.random() < 0.5 else self._ledger.customers
        if len(known) < 20:
            return
        gone = known.pop(self._chance.randrange(len(known)))
        path = INDIVIDUALS if known is self._ledger.individuals else CUSTOMERS
        await self._send("delete", "DELETE", f"{path}/{gone}", None)

    async def _refused(self) -> None:
        path = f"{INDIVIDUALS}/{self._chance.choice(self._ledger.individuals)}"
        content = {"@type": "Individual", "givenName": MARK, "familyName": "Nobody"}
        verb, method, path, sent = self._chance.choice(
            (
                ("read", "GET", path, None),
                ("read", "GET", f"{path}/history", None),
                ("read", "GET", f"{INDIVIDUALS}?limit=5", None),
                ("create", "POST", INDIVIDUALS, content),
                ("modify", "PATCH", path, {"note": "no"}),
                ("delete", "DELETE", path, None),
            )
        )
        await self._send(verb, method, path, None, sent, **self._tokens.narrow)

    async def _send(
        self,
        verb: str,
        method: str,
        path: str,
        shown: Callable[[Any], Iterator[str]] | None,
        content: object = None,
        **headers: str,
    ) -> list[str]:
        """Send a request under a name of its own, note what it was told, and return the ids in a whole answer."""
        name = f"visit-{self._number}-{self._turn}"
        if method == "PATCH":
            headers["content-type"] = "application/merge-patch+json"
        status, body, whole = 0, b"", False
        try:
            request = self._client.stream(
                method, path, json=content, headers={**self._tokens.wide, "x-request-id": name, **headers}
            )
            async with request as answer:
                status = answer.status_code
                async for part in answer.aiter_raw():
                    body += part
                whole = True
        except httpx.TransportError:
            await asyncio.sleep(0.01)
        if not status:
            self._ledger.silent += 1
            return []
        assert MARK.encode() not in body or status in {200, 201, 206}, "an error with customer data"
        self._ledger.broken += not whole
        if status == 503:
            await asyncio.sleep(0.05)
        if whole:
            self._ledger.statuses[status] += 1
            found = list(shown(json.loads(body))) if shown and status in {200, 201, 206} else []
        else:
            # References are ids too, so what arrived of an answer tells of one record for sure: that it is not empty.
            found = []
        if whole or MARK.encode() in body or OURS.search(body):
            self._ledger.told[name] = Told(verb, status, whole, frozenset(found))
        return found


def one(record: Any) -> Iterator[str]:
    """The id of the record that an answer shows."""
    yield record["id"]


def many(records: Any) -> Iterator[str]:
    """The ids of the records in a list."""
    yield from (record["id"] for record in records)


def parts(whole: Any) -> Iterator[str]:
    """The ids of everything in a whole: of whom it is, and of the records in its parts."""
    yield whole["id"]
    for part in whole.values():
        if isinstance(part, dict) and "@type" in part:
            yield part["id"]
        elif isinstance(part, list):
            yield from (record["id"] for record in part if isinstance(record, dict))


def untold(told: dict[str, Told], written: dict[str, list[tuple[str, str, set[str]]]]) -> list[str]:
    """Name what was told and is not in the trail as it was told."""
    return [
        f"{name}: {answer} is in the trail as {written.get(name)}"
        for name, answer in told.items()
        if answer.status != 503 and not _stands(answer, written.get(name, []))
    ]


def _stands(answer: Told, entries: Sequence[tuple[str, str, set[str]]]) -> bool:
    """Whether the entries of a request say what its answer told."""
    outcomes = OUTCOMES.get(answer.status, set())
    own = [shown for verb, outcome, shown in entries if verb == answer.verb and outcome in outcomes]
    return bool(own) and answer.ids <= set().union(*own)


class Tokens:
    """The tokens of a client that may do everything and of one that may only read customers; they last ten minutes."""

    def __init__(self, url: str, *place: str) -> None:
        self._url = url
        self._credentials = [_registered(name, grant, *place) for name, grant in (("wide", "all"), ("narrow", NARROW))]
        self.wide: dict[str, str] = {}
        self.narrow: dict[str, str] = {}

    async def renew(self) -> None:
        """Get new ones, however often the server goes down meanwhile."""
        for headers, credentials in zip((self.wide, self.narrow), self._credentials, strict=True):
            headers["authorization"] = f"Bearer {await self._token(credentials)}"

    async def keep_fresh(self) -> None:
        """Renew them for ever, long before they are over."""
        while True:
            await asyncio.sleep(FRESH_S)
            await self.renew()

    async def _token(self, credentials: tuple[str, str]) -> str:
        async with httpx.AsyncClient(timeout=20) as client:
            while True:
                with suppress(httpx.TransportError):
                    wish = {"grant_type": "client_credentials"}
                    answer = await client.post(f"{self._url}/oauth2/token", data=wish, auth=credentials)
                    if answer.status_code == 200:
                        return str(answer.json()["access_token"])
                await asyncio.sleep(0.05)


def _registered(name: str, grant: str, *place: str) -> tuple[str, str]:
    done = command("client", "register", name, "--grant", grant, "--json", *place)
    assert done.returncode == 0, done.stderr
    registered = json.loads(done.stdout)
    return registered["client_id"], registered["client_secret"]


@asynccontextmanager
async def visited(url: str, *place: str) -> AsyncIterator[Ledger]:
    """Let six visitors ask for as long as the block lasts, of the server whose inventory is at `place`."""
    tokens = await asyncio.to_thread(Tokens, url, *place)
    await tokens.renew()
    ledger, stop = Ledger(), asyncio.Event()
    clients = [httpx.AsyncClient(base_url=url, timeout=20) for _ in range(6)]
    seeds = Visitor(99, clients[0], ledger, tokens)
    for _ in range(10):
        seeds._turn += 2
        await seeds._create()
        seeds._turn += 1
        await seeds._engage()
    visitors = [Visitor(number, client, ledger, tokens) for number, client in enumerate(clients)]
    visiting = [asyncio.create_task(visitor.visit(stop)) for visitor in visitors]
    fresh = asyncio.create_task(tokens.keep_fresh())
    try:
        yield ledger
    finally:
        stop.set()
        fresh.cancel()
        await asyncio.gather(*visiting)
        for client in clients:
            await client.aclose()


def judged(ledger: Ledger, written: dict[str, list[tuple[str, str, set[str]]]], kills: Counter[str]) -> None:
    """Say what was done, and fail when an answer is not in the trail or the load was none."""
    missing = untold(ledger.told, written)
    print(
        f"\n{dict(kills)}, {sum(answer.whole for answer in ledger.told.values())} whole answers "
        f"{dict(sorted(ledger.statuses.items()))}, {ledger.broken} broken off, {ledger.silent} silent, "
        f"{len(missing)} without their entry"
    )
    assert not missing, "\n".join(missing[:10])
    assert ledger.statuses.keys() <= OUTCOMES.keys() | {503}
    assert ledger.statuses.keys() >= {200, 201}
    assert len(ledger.told) > 5 * kills.total()


@pytest.mark.timeout(600)
async def test_a_server_that_dies_with_its_own_engine(new_server: Server) -> None:
    new_server.port = steady_port()
    await asyncio.to_thread(new_server.start)
    killer = Killer(new_server, seed=KILLS)
    place = ("--data", str(new_server.data))
    async with visited(new_server.url, *place) as ledger:
        await killer.kill(OF_ALL)
    assert new_server.stop() == 0
    async with database_of(new_server) as conninfo:
        written = await trail(conninfo)
        await assert_consistent(conninfo)
    judged(ledger, written, killer.kills)


@pytest.mark.timeout(3600)
async def test_no_answer_leaves_before_its_entry_is_durable(tmp_path: Path) -> None:
    """Most blows hit the server, some a session of its database, and a few the whole engine."""
    port, engine = steady_port(), tmp_path / "engine"
    url = f"http://127.0.0.1:{port}"
    async with EmbeddedEngine(engine).serving() as conninfo:
        place = ("--dsn", conninfo, "--data", str(tmp_path / "data"))
        words = ("serve", *place, "--port", str(port))
        with Nursery(*words, url=url, log=tmp_path / "servers.log") as nursery:
            await asyncio.to_thread(nursery.start)
            async with visited(url, *place) as ledger:
                kills = await _killed(nursery, ledger, engine)
        written = await trail(conninfo)
        await assert_consistent(conninfo)
    judged(ledger, written, kills)
    assert kills.total() >= KILLS
    # So many are told enough that each sort of answer is among them.
    assert KILLS < 20 or ledger.statuses.keys() >= {200, 201, 204, 206, 403, 404, 412}


async def _killed(nursery: Nursery, ledger: Ledger, engine: Path) -> Counter[str]:
    """Kill at a random moment, each time that about fifty answers came."""
    kills: Counter[str] = Counter()
    chance, began = random.Random(KILLS), time.monotonic()
    while kills.total() < KILLS:
        await _told(ledger, ledger.answers + chance.randrange(ANSWERS // 2, ANSWERS * 3 // 2))
        await asyncio.sleep(chance.uniform(0, 0.03))
        await _blow(kills, nursery, engine, chance)
        if kills.total() % 100 == 0:
            print(f"{kills.total()} kills after {time.monotonic() - began:.0f} s", flush=True)
    return kills


async def _blow(kills: Counter[str], nursery: Nursery, engine: Path, chance: random.Random) -> None:
    """Kill -9 once, and wait until all is back."""
    turn = kills.total() % 20
    if turn == 7 and (found := sessions(engine)):
        with suppress(ProcessLookupError):
            os.kill(chance.choice(found), 9)
            kills["session"] += 1
        await asyncio.to_thread(nursery.until_ready)
    elif turn == 14:
        former = kill_postmaster(engine)
        kills["engine"] += 1
        await asyncio.to_thread(wait_for_another, engine, former)
        await asyncio.to_thread(nursery.until_ready)
    else:
        await asyncio.to_thread(nursery.kill)
        kills["server"] += 1
        await asyncio.to_thread(nursery.start)


async def _told(ledger: Ledger, number: int) -> None:
    """Wait until so many answers came."""
    deadline = time.monotonic() + 120
    while ledger.answers < number:
        assert time.monotonic() < deadline, "no answers come any more"
        await asyncio.sleep(0.005)
