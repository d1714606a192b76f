"""Ten thousand bad requests: each is refused with 4xx in the one error shape, and nothing is half-written.

Every case says with which status it must be refused; the generator is seeded, so a failure comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import pytest

from customer_inventory.repository.engines import EmbeddedEngine
from tests.consistency import ask, assert_consistent
from tests.journey import hostile_documents as documents
from tests.journey import hostile_http, hostile_queries, hostile_requests, hostile_tokens
from tests.journey.conftest import Server
from tests.journey.hostile_documents import SECRET
from tests.journey.hostile_ground import BASES, JSON, Family, Ground
from tests.journey.hostile_sending import Answer, Case, case, send_all

SEED = 629
SHAPE = {"code", "reason", "message", "status", "@type"}
OAUTH = {"error", "error_description"}
TELLTALES = re.compile(rb"Traceback|psycopg|sqlstate|\bselect\b|LINE 1|\.py\b|msgspec|joserfc|asyncio", re.IGNORECASE)
HOW_MANY: dict[Family, int] = {
    hostile_queries.bad_filters: 2400,
    hostile_queries.bad_cursors: 1200,
    hostile_requests.bad_ids: 1200,
    hostile_requests.bad_headers: 1000,
    hostile_requests.bad_methods: 1000,
    hostile_tokens.bad_token_requests: 500,
    hostile_tokens.bad_tokens: 1200,
    hostile_tokens.deep_tokens: 40,
    hostile_http.malformed_http: 300,
    hostile_http.oversized_bodies: 15,
}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own, so that its log and tables show what the bad requests did."""
    started = Server(tmp_path_factory.mktemp("attacked") / "data").start().register()
    yield started
    assert started.stop() == 0, started.output()


@pytest.fixture(scope="module")
def ground(attacked: Server) -> Ground:
    """Records to aim at, and a cursor that a real page gave."""
    with attacked.api() as api:
        ids = {}
        for name, document in documents.DOCUMENTS.items():
            for _ in range(3):
                made = api.post(BASES[name][0], json=document)
                assert made.status_code == 201, made.text
            ids[name] = made.json()["id"]
        page = api.get(f"{BASES['individual'][0]}?sort=familyName&limit=1")
        found = re.search(r"after=([^>&]+)", page.headers["link"])
        assert found
        token = api.headers["authorization"].removeprefix("Bearer ")
    return Ground(token, ids, found.group(1), "familyName", attacked.client_id, attacked.client_secret)


async def test_ten_thousand_bad_requests(attacked: Server, ground: Ground) -> None:
    cases = list(all_cases(ground))
    assert len(cases) >= 10_000
    before = await snapshot(attacked.data)
    answers = await send_all(attacked.port, cases)
    assert len(answers) == len(cases)
    wrong = [
        f"{case.label}: {problem}"
        for case, answer in zip(cases, answers, strict=True)
        for problem in problems(case, answer)
    ]
    assert wrong[:40] == []
    assert await snapshot(attacked.data) == before
    await unharmed(attacked)


async def test_bodies_that_are_cut_off_leave_nothing(attacked: Server, ground: Ground) -> None:
    before = await snapshot(attacked.data)
    body = json.dumps(documents.PERSON).encode()
    whole = case(
        "whole", "POST", BASES["individual"][0], headers=[("authorization", f"Bearer {ground.token}"), JSON], body=body
    )
    head = whole.raw.partition(b"\r\n\r\n")[0]
    chunked = re.sub(rb"content-length: \d+", b"transfer-encoding: chunked", head) + b"\r\n\r\n%x\r\n" % len(body)
    for raw in (
        whole.raw[:-1],
        whole.raw[: len(head) + 4],
        chunked + body,
        chunked + body + b"\r\n",
        chunked + body[:40],
    ):
        assert await hung_up(attacked.port, raw) == b"", "half a request got an answer"
    assert await snapshot(attacked.data) == before
    await unharmed(attacked)


async def test_a_head_that_never_ends_is_timed_out(attacked: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", attacked.port)
    writer.write(b"GET /tmf-api/party/v5/individual HTTP/1.1\r\nhost:")
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body).keys() == SHAPE


async def test_what_follows_a_body_is_bounded(attacked: Server) -> None:
    """Trailers and the sizes of chunks count: nobody may fill the memory with what is no body."""
    for endless in (b"x-n: " + b"a" * 1000 + b"\r\n", b"a" * 1000):
        reader, writer = await asyncio.open_connection("127.0.0.1", attacked.port)
        writer.write(b"GET /health/live HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-first: ")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 50_000_000 and not reader.at_eof():
                writer.write(endless * 64)
                await writer.drain()
                sent += len(endless) * 64
        writer.close()
        assert sent < 20_000_000
    assert httpx.get(f"{attacked.url}/health/ready").status_code == 200


def all_cases(ground: Ground) -> Iterator[Case]:
    """Yield every case, in an order that mixes the kinds."""
    random = Random(SEED)
    cases = [case for family, number in HOW_MANY.items() for case in itertools.islice(family(random, ground), number)]
    for name in BASES:
        for make, number in (
            (documents.wrong_documents, 350),
            (documents.broken_json, 350),
            (documents.incomplete_documents, 80),
            (documents.unbounded_documents, 25 if name != "customer" else 0),
        ):
            cases += itertools.islice(posted(random, ground, name, make(random, name)), number)
    random.shuffle(cases)
    yield from cases


def posted(random: Random, ground: Ground, name: str, bodies: Iterator[tuple[str, bytes]]) -> Iterator[Case]:
    """Yield bad documents as requests to create them."""
    for label, body in bodies:
        key = [("idempotency-key", f"{random.getrandbits(64):x}")] if random.random() < 0.3 else []
        yield case(
            f"{name}: {label}", "POST", random.choice(BASES[name]), 400, headers=[ground.auth, JSON, *key], body=body
        )


def problems(case: Case, answer: Answer) -> Iterator[str]:
    """Yield what is wrong with the answer to a case."""
    if answer.status not in case.statuses:
        yield f"{answer.status} instead of {sorted(case.statuses)}: {answer.body[:300]!r}"
        return
    if answer.headers.get(b"content-type") != b"application/json":
        yield f"content type {answer.headers.get(b'content-type')!r}"
    if SECRET.encode() in answer.body or TELLTALES.search(answer.body):
        yield f"tells too much: {answer.body[:300]!r}"
    body = json.loads(answer.body)
    if body.keys() - OAUTH != SHAPE or body["@type"] != "Error" or body["status"] != str(answer.status):
        yield f"not the one error shape: {answer.body[:300]!r}"
    if not all(isinstance(value, str) and value for value in body.values()):
        yield f"a member is empty or no text: {answer.body[:300]!r}"


async def hung_up(port: int, raw: bytes) -> bytes:
    """Send half a request and end the connection; return what came back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer


async def snapshot(data: Path) -> dict[str, tuple[int, str]]:
    """Return a count and a digest of every table; of the trail, of what says that something was shown or done."""
    async with EmbeddedEngine(data).attached() as conninfo:
        tables = await ask(conninfo, "select tablename from pg_tables where schemaname = 'public' order by 1")
        digests = {}
        for (table,) in tables:
            if table in {"seal", "seal_key"}:
                continue  # of refusals too
            where = "where outcome not in ('refused', 'absent', 'stale')" if table == "trail" else ""
            digest = (
                f"select count(*), coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t {where}"
            )
            digests[table] = (await ask(conninfo, digest))[0]
        await assert_consistent(conninfo)
    return digests


async def unharmed(server: Server) -> None:
    """Fail unless the server still takes and gives records, and its log tells of no fault and of no customer."""
    assert httpx.get(f"{server.url}/health/ready").status_code == 200
    with server.api() as api:
        made = api.post(BASES["individual"][0], json=documents.PERSON)
        assert made.status_code == 201
        assert api.get(made.headers["location"]).json() == made.json()
        assert api.delete(made.headers["location"]).status_code == 204
    assert "unexpected error" not in server.output()
    assert "Traceback" not in server.output()
    assert SECRET not in server.output()
