"""The access trail, as whoever reads customer data meets it: no answer leaves before its entry is durable.

What stands in it when all goes well, and what is answered when it cannot be written; test_trail_kill.py kills.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import httpx
import psycopg
import pytest

from customer_inventory.repository.engines import EmbeddedEngine
from tests.consistency import ask
from tests.journey.conftest import Server
from tests.killing import kill_postmaster, wait_for_another

INDIVIDUALS = "/tmf-api/partyManagement/v5/individual"
OURS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MARK = "Unmistakable"
PERSON = {"@type": "Individual", "givenName": MARK, "familyName": "Person"}


@asynccontextmanager
async def database_of(server: Server) -> AsyncIterator[str]:
    async with EmbeddedEngine(server.data).attached() as conninfo:
        yield conninfo


async def trail(conninfo: str) -> dict[str, list[tuple[str, str, set[str]]]]:
    """The whole trail by request: verb, outcome and ids of each entry."""
    entries: dict[str, list[tuple[str, str, set[str]]]] = {}
    for request, verb, outcome, ids in await ask(
        conninfo, "select request_id, verb, outcome, record_ids::text[] from trail"
    ):
        entries.setdefault(request, []).append((verb, outcome, set(ids)))
    return entries


@pytest.fixture(scope="module")
def quick_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that gives a statement half a second."""
    server = Server(tmp_path_factory.mktemp("trail") / "data")
    server.start("--statement-timeout", "500").register()
    yield server
    assert server.stop() == 0, server.output()


@pytest.fixture
def api(quick_server: Server) -> Iterator[httpx.Client]:
    with quick_server.api() as client:
        yield client


@pytest.fixture
def person(api: httpx.Client) -> str:
    answer = api.post(INDIVIDUALS, json=PERSON)
    assert answer.status_code == 201
    return str(answer.json()["id"])


async def test_what_is_refused_is_in_the_trail_too(quick_server: Server, person: str) -> None:
    quick_server.register("narrow", "--grant", "read:customer")
    attempts = (
        ("read", "GET", f"{INDIVIDUALS}/{person}"),
        ("read", "GET", f"{INDIVIDUALS}?familyName=Person"),
        ("create", "POST", INDIVIDUALS),
        ("modify", "PATCH", f"{INDIVIDUALS}/{person}"),
        ("delete", "DELETE", f"{INDIVIDUALS}/{person}"),
    )
    with quick_server.api() as narrow:
        for verb, method, path in attempts:
            media = {"content-type": "application/merge-patch+json"} if method == "PATCH" else {}
            content = None if method in {"GET", "DELETE"} else PERSON
            headers = {"x-request-id": f"refused-{method}-{len(path)}", **media}
            answer = narrow.request(method, path, json=content, headers=headers)
            assert answer.status_code == 403, path
            assert MARK not in answer.text
            async with database_of(quick_server) as conninfo:
                entries = (await trail(conninfo))[headers["x-request-id"]]
            assert [(said, outcome) for said, outcome, _ in entries] == [(verb, "refused")]
    quick_server.register("whole-again")


async def test_absent_stale_and_replayed_are_in_the_trail(quick_server: Server, api: httpx.Client, person: str) -> None:
    absent = f"{person[:-4]}0000"
    merge = {"content-type": "application/merge-patch+json"}
    cases = (
        ("absent", 404, "GET", absent, None, {}),
        ("absent", 404, "DELETE", absent, None, {}),
        ("stale", 412, "PATCH", person, {"title": "x"}, {**merge, "if-match": '"7"'}),
        ("stale", 412, "DELETE", person, None, {"if-match": '"7"'}),
        ("done", 200, "PATCH", person, {"title": "y"}, {**merge, "idempotency-key": "k"}),
        ("replayed", 200, "PATCH", person, {"title": "y"}, {**merge, "idempotency-key": "k"}),
        ("refused", 422, "PATCH", person, {"title": "z"}, {**merge, "idempotency-key": "k"}),
        ("unchanged", 200, "PATCH", person, {"title": "y"}, merge),
        ("done", 204, "DELETE", person, None, {"idempotency-key": "d"}),
        ("replayed", 204, "DELETE", person, None, {"idempotency-key": "d"}),
        ("absent", 404, "GET", person, None, {}),
    )
    for number, (outcome, status, method, identifier, content, headers) in enumerate(cases):
        name = f"case-{number}-{person}"
        answer = api.request(
            method, f"{INDIVIDUALS}/{identifier}", json=content, headers={"x-request-id": name, **headers}
        )
        assert answer.status_code == status, (number, answer.text)
        async with database_of(quick_server) as conninfo:
            entries = (await trail(conninfo)).get(name, [])
        assert [(said, ids) for _, said, ids in entries] == [(outcome, {identifier})], number


async def test_a_get_waits_for_its_entry_and_is_refused_when_that_cannot_be_written(
    quick_server: Server, api: httpx.Client, person: str
) -> None:
    async with (
        database_of(quick_server) as conninfo,
        await psycopg.AsyncConnection.connect(conninfo) as holder,
    ):
        await holder.execute("lock table trail in access exclusive mode")
        waiting = asyncio.create_task(asyncio.to_thread(api.get, f"{INDIVIDUALS}/{person}"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        answer = await waiting
        assert answer.status_code == 503, answer.text
        assert answer.json()["@type"] == "Error"
        assert MARK not in answer.text
        await holder.rollback()
    assert api.get(f"{INDIVIDUALS}/{person}").status_code == 200


async def test_a_lost_trail_connection_gives_no_data(quick_server: Server, api: httpx.Client, person: str) -> None:
    """Where the entry can be written over another connection the answer comes, and nowhere else."""
    for path in (f"{INDIVIDUALS}/{person}", f"{INDIVIDUALS}?familyName=Person", INDIVIDUALS):
        async with database_of(quick_server) as conninfo:
            ended = await ask(
                conninfo,
                """select pg_terminate_backend(pid, 2000) from pg_stat_activity
                where query like 'insert into trail%' and pid <> pg_backend_pid()""",
            )
        assert ended == [(True,)]
        name = f"lost-{len(path)}-{person}"
        answer = api.get(path, headers={"x-request-id": name})
        if answer.status_code == 503:
            assert MARK not in answer.text
        else:
            assert answer.status_code in {200, 206}
            async with database_of(quick_server) as conninfo:
                assert name in await trail(conninfo)
        assert api.get(path).status_code in {200, 206}


async def test_without_a_database_there_are_errors_and_no_data(
    quick_server: Server, api: httpx.Client, person: str
) -> None:
    seen: Counter[int] = Counter()
    for _ in range(3):
        former = kill_postmaster(quick_server.data)
        for _ in range(40):
            answer = api.get(f"{INDIVIDUALS}/{person}")
            seen[answer.status_code] += 1
            assert answer.status_code in {200, 503}
            if answer.status_code == 503:
                assert MARK not in answer.text
                assert answer.headers["retry-after"]
                assert answer.json()["code"] == "repository-unavailable"
        await asyncio.to_thread(wait_for_another, quick_server.data, former)
        with suppress(AssertionError):
            assert api.get(f"{INDIVIDUALS}/{person}").status_code == 200
    assert seen[503] > 0
