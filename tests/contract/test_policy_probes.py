"""What limited grants let through, on every path, is what Cedar permits: nothing more, and nothing less.

`PROBES=1000000 ./test tests/contract/test_policy_probes.py` asks a million times. A probe is one attribute of one
record, for one client and purpose, on one path by which it might be seen, found or written.
"""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest

from customer_inventory.access import Desk
from customer_inventory.access.clients import register_client
from customer_inventory.access.granting import granted
from customer_inventory.api import create_door
from customer_inventory.api.events.callbacks import Callbacks
from customer_inventory.clock import system_clock
from tests.contract.policy_world import (
    ATTRIBUTES,
    KINDS,
    PURPOSES,
    ROWS,
    Document,
    Oracle,
    customer,
    individual,
    leaves,
    only,
    paths,
    policy,
    word,
)

PROBES = int(os.environ.get("PROBES", "60000"))
PEOPLE = 24
BASES = {
    "individual": ("/tmf-api/party/v5/individual", "/tmf-api/party/v4/individual"),
    "customer": ("/tmf-api/customerManagement/v5/customer", "/tmf-api/customerManagement/v4/customer"),
}


@dataclass
class World:
    """Records behind a door, and one client whose policy changes."""

    door: httpx.AsyncClient
    desk: Desk
    client_id: str
    overseer_id: str
    records: dict[str, dict[str, Document]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    consents: dict[str, list[str]] = field(default_factory=dict)
    probes: int = 0

    async def ask(self, method: str, path: str, purpose: str, **more: Any) -> httpx.Response:
        token = self.desk.tokens.issue(self.client_id)
        headers = {"authorization": f"Bearer {token}", "x-purpose": purpose, **more.pop("headers", {})}
        return await self.door.request(method, path, headers=headers, **more)

    async def grant(self, lines: list[str]) -> None:
        pairs, written = granted(lines)
        await self.desk.repository.register.set_grants(self.client_id, grants=pairs, policy=written)
        self.desk._standings.clear()


@pytest.fixture
async def world(desk: Desk) -> AsyncIterator[World]:
    made = await register_client(
        desk.repository.register, name="prober", purposes=PURPOSES, grants=["all"], by="tests", clock=system_clock
    )
    other = await register_client(
        desk.repository.register, name="overseer", purposes=["tests"], grants=["read"], by="tests", clock=system_clock
    )
    door = create_door(desk, public_url="", callbacks=Callbacks(), measure=lambda *_: None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://test") as client:
        yield World(client, desk, made.client_id, other.client_id)


async def populate(world: World, drawn: random.Random) -> None:
    for _ in range(PEOPLE):
        party = await make(world, "individual", individual(drawn))
        if drawn.random() < 0.7:
            await make(world, "customer", customer(drawn, party))
        if drawn.random() < 0.5:
            changed = {"placeOfBirth": word(drawn), "status": drawn.choice(ROWS["individual"]["status"])}
            await change(world, "individual", party, changed)
        for purpose in PURPOSES:
            await consent(world, party, purpose, drawn)


async def consent(world: World, party: str, purpose: str, drawn: random.Random) -> None:
    """Let a party say something, or nothing, of a purpose; what was said last holds, until it ends."""
    said = [drawn.choice(("given", "withdrawn", "ending")) for _ in range(drawn.randint(0, 3))]
    for number, word_ in enumerate(said):
        at = system_clock() - timedelta(days=10 - number)
        fact: Document = {"partyId": party, "purpose": purpose, "saidAt": at.isoformat(), "evidence": "letter"}
        fact |= {"status": "withdrawn" if word_ == "withdrawn" else "given"}
        fact |= {"expiresAt": (at + timedelta(days=1)).isoformat()} if word_ == "ending" else {}
        answer = await world.ask("POST", "/inventory/v1/consent", "care", json=fact)
        assert answer.status_code == 201, answer.text
    if said and said[-1] == "given":
        world.consents.setdefault(party, []).append(purpose)


async def make(world: World, kind: str, document: Document) -> str:
    answer = await world.ask("POST", BASES[kind][0], "care", json=document)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    world.records[kind][body["id"]] = stored(body)
    return str(body["id"])


async def change(world: World, kind: str, identifier: str, changed: Document) -> None:
    kept = {"content-type": "application/merge-patch+json"}
    answer = await world.ask("PATCH", f"{BASES[kind][0]}/{identifier}", "care", json=changed, headers=kept)
    assert answer.status_code == 200, answer.text
    world.records[kind][identifier] = stored(answer.json())


def stored(body: Document) -> Document:
    return {name: value for name, value in body.items() if name not in {"id", "href"}}


async def test_what_is_let_through_is_what_cedar_permits(world: World) -> None:
    seed = 0
    while world.probes < PROBES:
        drawn = random.Random(seed)
        if seed % 20 == 0:
            await world.grant(["all"])
            await forget(world)
            await populate(world, drawn)
        lines = policy(drawn)
        await world.grant(lines)
        oracle = Oracle.of(lines)
        for purpose in PURPOSES:
            for kind in KINDS:
                permitted = oracle.permits("read", kind, world.records[kind], purpose, world.consents)
                seen = {each for each, of in permitted.items() if "id" in of}
                await probe_reads(world, kind, purpose, permitted, seen, f"{lines} {purpose}")
                await probe_lists(world, kind, purpose, permitted, seen, lines, drawn)
                await probe_decisions(world, kind, purpose, permitted, f"{lines} {purpose}")
            await probe_around(world, oracle, purpose, lines)
            await probe_writes(world, oracle, purpose, lines, drawn)
        seed += 1
    print(f"{world.probes} probes, {seed} policies")


async def forget(world: World) -> None:
    for kind in ("customer", "individual"):
        for each in world.records[kind]:
            assert (await world.ask("DELETE", f"{BASES[kind][0]}/{each}", "care")).status_code == 204
        world.records[kind].clear()


def words(document: Document) -> dict[str, set[str]]:
    """The words of a document that stand nowhere else, by the paths at which they do."""
    found: dict[str, set[str]] = {}
    for path, value in leaves(document):
        if isinstance(value, str) and value.startswith("zq"):
            found.setdefault(value, set()).add(path)
    return found


def check_words(world: World, text: str, kind: str, each: str, permitted: set[str], said: str) -> None:
    """No word of a record stands in an answer that is not permitted."""
    for word_, at in words(world.records[kind][each]).items():
        world.probes += 1
        assert at & permitted or word_ not in text, f"{said}: {kind} {each} {at} leaks in {text[:300]}"


async def probe_reads(
    world: World, kind: str, purpose: str, permitted: dict[str, set[str]], seen: set[str], said: str
) -> None:
    """Each record, by its id, in both versions, as a version, in its history, and as of now."""
    now = quote(system_clock().isoformat())
    for each, document in world.records[kind].items():
        for base in BASES[kind]:
            answer = await world.ask("GET", f"{base}/{each}", purpose)
            assert (answer.status_code == 200) == (each in seen), f"{said}: {answer.text}"
            assert answer.status_code in {200, 403, 404}
            check_words(world, answer.text, kind, each, permitted[each], said)
            if answer.status_code == 200 and base == BASES[kind][0]:
                assert stored(answer.json()) == only(document, permitted[each]), said
        for more in ("/history", "/history/1", f"?asOf={now}", "?fields=" + ",".join(ATTRIBUTES[kind])):
            answer = await world.ask("GET", f"{BASES[kind][0]}/{each}{more}", purpose)
            assert each in seen or answer.status_code in {403, 404}, f"{said}: {answer.text}"
            check_words(world, answer.text, kind, each, permitted[each], said)


async def probe_lists(
    world: World,
    kind: str,
    purpose: str,
    permitted: dict[str, set[str]],
    seen: set[str],
    lines: list[str],
    drawn: random.Random,
) -> None:
    """Lists of all, and of those that a filter finds: a record is found by what may be seen of it."""
    said = f"{lines} {purpose}"
    answer = await world.ask("GET", f"{BASES[kind][0]}?limit=1000", purpose)
    if answer.status_code == 403:
        assert not seen, said
        return
    assert {each["id"] for each in answer.json()} == seen, said
    assert int(answer.headers["x-total-count"]) == len(seen), said
    for body in answer.json():
        assert stored(body) == only(world.records[kind][body["id"]], permitted[body["id"]]), said
        world.probes += len(paths(world.records[kind][body["id"]]))
    for path, operator, value, found in questions(world.records[kind], permitted, drawn):
        where = f"{path}{operator}={quote(value)}"
        answer = await world.ask("GET", f"{BASES[kind][0]}?limit=1000&{where}", purpose)
        world.probes += len(seen)
        if answer.status_code == 200:
            assert {each["id"] for each in answer.json()} == found, f"{said} {where}"
            assert int(answer.headers["x-total-count"]) == len(found), f"{said} {where}"
        else:
            assert answer.status_code == 403, f"{said} {where}: {answer.text}"
            assert not found, f"{said} {where}"
    await probe_orders(world, kind, purpose, permitted, seen, said)


def questions(
    records: dict[str, Document], permitted: dict[str, set[str]], drawn: random.Random
) -> Iterator[tuple[str, str, str, set[str]]]:
    """Conditions, each with the records that it may find."""
    for _ in range(6):
        held = dict(leaves(drawn.choice(list(records.values()))))
        path, value = drawn.choice([each for each in sorted(held.items(), key=str) if each[0] != "engagedParty.id"])
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        operator = drawn.choice(("", ".ne", ".startswith"))
        found = set()
        for each, document in records.items():
            values = [at_value for at, at_value in leaves(document) if at == path]
            texts = [one if isinstance(one, str) else msgspec.json.encode(one).decode() for one in values]
            equal = text in texts
            holds = {"": equal, ".ne": not equal, ".startswith": any(one.startswith(text) for one in texts)}
            if holds[operator] and path in permitted[each]:
                found.add(each)
        yield path, operator, text, found


async def probe_orders(
    world: World, kind: str, purpose: str, permitted: dict[str, set[str]], seen: set[str], said: str
) -> None:
    """An order is given by what may be seen of all records, or refused."""
    for path in ("placeOfBirth", "familyName") if kind == "individual" else ("name", "statusReason"):
        answer = await world.ask("GET", f"{BASES[kind][0]}?limit=1000&sort={path}", purpose)
        world.probes += len(seen)
        if all(path in permitted[each] for each in seen) and answer.status_code == 200:
            values = [world.records[kind][each["id"]][path] for each in answer.json()]
            assert values == sorted(values), said
        elif not all(path in permitted[each] for each in seen):
            assert answer.status_code == 403, said


async def probe_decisions(world: World, kind: str, purpose: str, permitted: dict[str, set[str]], said: str) -> None:
    """What other systems are told of the client is what it gets."""
    overseer = {"authorization": f"Bearer {world.desk.tokens.issue(world.overseer_id)}"}
    for each in list(world.records[kind])[:6]:
        asked = sorted(paths(world.records[kind][each]))
        body = {
            "subject": {"type": "client", "id": world.client_id},
            "action": {"name": "read"},
            "context": {"purpose": purpose},
            "evaluations": [
                {"resource": {"type": kind, "id": each, "properties": {"attribute": path}}} for path in asked
            ],
        }
        answer = await world.door.post("/inventory/v1/access/v1/evaluations", json=body, headers=overseer)
        assert answer.status_code == 200, answer.text
        told = {path for path, one in zip(asked, answer.json()["evaluations"], strict=True) if one["decision"]}
        world.probes += len(asked)
        assert told == permitted[each] & set(asked), f"{said}: {kind} {each}"


async def probe_around(world: World, oracle: Oracle, purpose: str, lines: list[str]) -> None:
    """What tells of many records at once: the whole of a customer, changes, the deleted, events, kin, JSONPath."""
    permitted = {kind: oracle.permits("read", kind, world.records[kind], purpose, world.consents) for kind in KINDS}
    some = list(world.records["customer"])[:4]
    addresses = [f"/inventory/v1/customer360/{each}" for each in some]
    addresses += [
        "/inventory/v1/change?limit=100",
        f"{BASES['individual'][0]}/deleted",
        "/tmf-api/party/v5/party?limit=1000",
        f"{BASES['individual'][0]}?limit=1000&filter=$[?(@.givenName>'a')]",
        f"{BASES['individual'][0]}?limit=1000&filter=$[?(@.contactMedium[0].emailAddress>'a')]",
    ]
    whole = "\n".join([(await world.ask("GET", address, purpose)).text for address in addresses])
    for kind, records in world.records.items():
        for each in records:
            check_words(world, whole, kind, each, permitted[kind][each], f"{lines} {purpose}")


async def probe_writes(world: World, oracle: Oracle, purpose: str, lines: list[str], drawn: random.Random) -> None:
    """Changes are taken where one grant holds before and after and covers what changes; else nothing is changed."""
    said = f"{lines} {purpose}"
    for kind in KINDS:
        for _ in range(3):
            each = drawn.choice(list(world.records[kind]))
            before = world.records[kind][each]
            path = drawn.choice(("status", "placeOfBirth" if kind == "individual" else "statusReason"))
            after = {**before, path: drawn.choice(ROWS[kind]["status"]) if path == "status" else word(drawn)}
            if after == before:
                continue
            lets = oracle.lets("modify", kind, before, after, path, purpose)
            answer = await world.ask(
                "PATCH",
                f"{BASES[kind][0]}/{each}",
                purpose,
                content=msgspec.json.encode({path: after[path]}),
                headers={"content-type": "application/merge-patch+json"},
            )
            world.probes += 1
            assert answer.status_code == 200 if lets else answer.status_code in {403, 404}, f"{said}: {answer.text}"
            if lets:
                world.records[kind][each] = after
            permitted = oracle.permits("read", kind, {each: world.records[kind][each]}, purpose, world.consents)[each]
            check_words(world, answer.text, kind, each, permitted, said)
        await probe_creation(world, oracle, kind, purpose, said, drawn)


async def probe_creation(
    world: World, oracle: Oracle, kind: str, purpose: str, said: str, drawn: random.Random
) -> None:
    """A record is created where grants hold for it and cover all that it says, and deleted where one holds."""
    party = next(iter(world.records["individual"]))
    document = individual(drawn) if kind == "individual" else customer(drawn, party)
    lets = all(oracle.lets("create", kind, None, document, path, purpose) for path in paths(document))
    answer = await world.ask("POST", BASES[kind][0], purpose, json=document)
    world.probes += len(paths(document))
    assert answer.status_code == (201 if lets else 403), f"{said}: {answer.text}"
    if not lets:
        return
    each = answer.json()["id"]
    permits = "id" in oracle.permits("delete", kind, {each: document}, purpose, world.consents)[each]
    gone = await world.ask("DELETE", f"{BASES[kind][0]}/{each}", purpose)
    world.probes += 1
    assert gone.status_code == 204 if permits else gone.status_code in {403, 404}, said
    world.records[kind] |= {} if permits else {each: document}


async def test_a_version_that_is_expected_and_a_place_in_a_list_tell_nothing_of_what_is_hidden(world: World) -> None:
    drawn = random.Random(1)
    hidden = await make(world, "individual", {**individual(drawn), "nationality": "NL", "familyName": "n" * 400})
    shown = await make(world, "individual", {**individual(drawn), "nationality": "BE", "familyName": "m" * 400})
    lists = f"{BASES['individual'][0]}?sort=familyName&limit=1"
    everything = await world.ask("GET", lists, "care")
    after = everything.links["next"]["url"].partition("after=")[2].partition("&")[0]
    last = await world.ask("GET", f"{lists}&after={after}", "care")
    before = last.links["prev"]["url"].partition("before=")[2].partition("&")[0]
    await world.grant(["read, modify, delete individual (*) where nationality = BE"])
    for expected in ('"1"', '"7"', "*"):
        headers = {"content-type": "application/merge-patch+json", "if-match": expected}
        changed = await world.ask(
            "PATCH", f"{BASES['individual'][0]}/{hidden}", "care", content=b'{"gender":"x"}', headers=headers
        )
        gone = await world.ask("DELETE", f"{BASES['individual'][0]}/{hidden}", "care", headers={"if-match": expected})
        assert (changed.status_code, gone.status_code) == (404, 404)
    assert [each["id"] for each in (await world.ask("GET", lists, "care")).json()] == [shown]
    refused = await world.ask("GET", f"{lists}&before={before}", "care")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-cursor")
