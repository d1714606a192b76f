"""The requests that are measured: get, create, lists, and a page far down."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import re
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

import msgspec

from bench import people
from bench.floor_tables import add_primary_key, make_table
from bench.house import BenchError, House
from bench.load import Stream
from bench.results import Request, Verdict, judged
from bench.rounds import Ground
from customer_inventory.model import RESOURCES

GET_MS = 0.25
GET_RATIO = 2.0
LIMITED = "read individual (givenName, familyName, contactMedium.emailAddress) where contactMedium.country = US"
LIMITED_MS = 0.35
CREATE_MS = 0.8
LIST_MS = 0.7
FLAT = 1.2
DEPTH = 0.9
_SAMPLE = 4000
_BODIES = 2000
_SORT = "sort=familyName&limit=20"
_NEXT = re.compile(r'<([^>]*)>; rel="next"')


@dataclass(frozen=True)
class Asking:
    """What requests need: the ground, a client's token, how many rounds each gets, and how many customers there are."""

    ground: Ground
    token: str
    rounds: int
    customers: int

    @property
    def house(self) -> House:
        """The house under measure."""
        return self.ground.house

    def ours(self, targets: Sequence[str], *, bodies: Sequence[str] = ()) -> Stream:
        """Return requests to the inventory; with bodies they are POSTs."""
        return Stream(
            port=0,
            targets=list(targets),
            statuses=[201] if bodies else [200, 206],
            method="POST" if bodies else "GET",
            bodies=list(bodies),
            headers={"authorization": f"Bearer {self.token}"},
        )


@dataclass(frozen=True)
class Measured:
    """What was found of requests, and the requests, for a profile."""

    request: Request
    stream: Stream


async def measure_get(asking: Asking) -> Measured:
    """Get one of many individuals by id, authorised and trailed."""
    ids = await _ids(asking.house, "individual")
    ours = asking.ours([f"{_path('individual')}/{one}" for one in ids])
    pair = await asking.ground.pair(
        ours,
        floor=_floor([f"/get/individual/{one}" for one in ids]),
        rounds=asking.rounds,
    )
    found = judged("get", "get an individual by id", pair, budget_ms=GET_MS, budget_ratio=GET_RATIO)
    return Measured(found, ours)


async def measure_limited_get(asking: Asking) -> Measured:
    """Get the same as a client does that is granted some attributes, of records for which a condition holds."""
    ids = await _ids(asking.house, "individual")
    token = await asking.house.token("bench-limited", grant=LIMITED)
    limited = dataclasses.replace(asking, token=token).ours([f"{_path('individual')}/{one}" for one in ids])
    pair = await asking.ground.pair(
        limited, floor=_floor([f"/get/individual/{one}" for one in ids]), rounds=asking.rounds
    )
    title = "get an individual by id, limited to attributes and rows"
    return Measured(judged("get-limited", title, pair, budget_ms=LIMITED_MS), limited)


async def measure_creates(asking: Asking) -> list[Measured]:
    """Create individuals, and customers that refer to one: with history, links, trail and feed."""
    parties = await _ids(asking.house, "individual")
    bodies = {
        "individual": [people.individual(number, of=asking.customers) for number in range(_BODIES)],
        "customer": [
            people.customer(number, of=asking.customers, party=parties[number % len(parties)])
            for number in range(_BODIES)
        ],
    }
    found = []
    for kind, documents in bodies.items():
        async with asking.house.connected() as connection:
            await make_table(connection, kind, indexes=False)
            await add_primary_key(connection, kind)
        texts = [msgspec.json.encode(document).decode() for document in documents]
        ours = asking.ours([_path(kind)], bodies=texts)
        pair = await asking.ground.pair(
            ours,
            floor=msgspec.structs.replace(_floor([f"/insert/{kind}"]), method="POST", bodies=texts),
            rounds=asking.rounds,
        )
        title = f"create {'an' if kind == 'individual' else 'a'} {kind}"
        found.append(Measured(judged(f"create-{kind}", title, pair, budget_ms=CREATE_MS), ours))
    return found


async def measure_filtered(asking: Asking) -> Measured:
    """List 20 of those who live in a town: an equality filter on an attribute below an array."""
    towns = [people.city(number) for number in range(people.towns(asking.customers))]
    queries = [f"contactMedium.city={quote_plus(town)}&limit=20" for town in towns]
    total = await _total(asking, queries[0])
    return await _list(asking, "list-filtered", f"list 20 by equality (1 of {total} found)", queries)


async def measure_sorted(asking: Asking) -> Measured:
    """List the first 20 of all, sorted by a searchable attribute."""
    return await _list(asking, "list-sorted", "list 20 sorted, first page", [_SORT])


async def measure_deep(asking: Asking, first: Measured) -> Measured:
    """List 20 sorted, far down by keyset, and compare with the first page."""
    query = await _page_at(asking, DEPTH)
    found = await _list(asking, "list-deep", f"list 20 sorted, at {DEPTH:.0%} of all", [query])
    flat = await asking.ground.times(first.stream, found.stream, rounds=asking.rounds)
    verdict = Verdict(f"≤ {FLAT:g} times the first page", f"{flat:.2f}", flat <= FLAT)
    return replace(found, request=msgspec.structs.replace(found.request, verdicts=[*found.request.verdicts, verdict]))


async def _list(asking: Asking, name: str, title: str, queries: Sequence[str]) -> Measured:
    ours = asking.ours([f"{_path('individual')}?{query}" for query in queries])
    pair = await asking.ground.pair(
        ours,
        lists=[("individual", query) for query in queries],
        floor=_floor([f"/list/{number}" for number in range(len(queries))]),
        rounds=asking.rounds,
    )
    return Measured(judged(name, title, pair, budget_ms=LIST_MS), ours)


async def _page_at(asking: Asking, depth: float) -> str:
    """Walk by the Link headers, as a client does, to the page at this share of all; return its query string."""
    query = _SORT.replace("limit=20", "limit=1000")
    seen = 0
    wanted = depth * await _total(asking, query)
    while True:
        _, headers, _ = await _ask(asking, f"{_path('individual')}?{query}")
        seen += int(headers["x-result-count"])
        further = _NEXT.search(headers.get("link", ""))
        if further is None:
            raise BenchError(f"The list ended after {seen} records, before the page that was looked for.")
        query = further.group(1).partition("?")[2]
        if seen >= wanted:
            return query.replace("limit=1000", "limit=20")
        if wanted - seen < 1000:
            query = query.replace("limit=1000", f"limit={max(1, int(wanted - seen))}")


async def _total(asking: Asking, query: str) -> int:
    _, headers, _ = await _ask(asking, f"{_path('individual')}?{query}")
    return int(headers["x-total-count"])


async def _ask(asking: Asking, target: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{asking.house.port}{target}", headers={"authorization": f"Bearer {asking.token}"}
    )

    def ask() -> tuple[int, dict[str, str], bytes]:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()

    return await asyncio.to_thread(ask)


async def _ids(house: House, kind: str) -> list[str]:
    found = await ids_of(house, kind)
    if not found:
        raise BenchError(f"There is no {kind} to measure with.")
    return found


async def ids_of(house: House, kind: str) -> list[str]:
    """Return ids of records from all over the table, in an order that no index has; none where there is none."""
    async with house.connected() as connection:
        cursor = await connection.execute(f"select id::text from {kind} order by md5(id::text) limit {_SAMPLE}")
        found = [row[0] for row in await cursor.fetchall()]
    random.Random(people.SEED).shuffle(found)
    return found


def _floor(targets: list[str]) -> Stream:
    return Stream(port=0, targets=targets, statuses=[200])


def _path(kind: str) -> str:
    resource = RESOURCES[kind]
    return f"{resource.api.paths[0]}/{resource.path}"
