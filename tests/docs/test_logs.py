"""Logs hold no customer data: neither the server's nor PostgreSQL's, whatever goes wrong.

A server is used with values that occur nowhere else, in every attribute and in every way a request can fail. Then each
file that the server and its engine wrote for people to read is searched for them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from customer_inventory.repository.engines import EmbeddedEngine
from tests.journey.conftest import Server, command
from tests.killing import kill_postmaster, sessions, steady_port, wait_for_another

INDIVIDUALS = "/tmf-api/partyManagement/v5/individual"
CUSTOMERS = "/tmf-api/customerManagement/v5/customer"
MERGE = {"content-type": "application/merge-patch+json"}
MARK = "Zyxomark"
"""Every value that a test sends begins with it, and the logs are searched for it without regard to case."""

NUMBERS = ("4711081500", "1987-06-05")
"""A score and a birth date, which cannot begin with the mark."""


def marked(name: str) -> str:
    return f"{MARK}-{name}"


def person(**attributes: Any) -> dict[str, Any]:
    """An individual with a marked value in every attribute."""
    return {
        "@type": "Individual",
        "givenName": marked("given"),
        "familyName": marked("family"),
        "birthDate": NUMBERS[1],
        "title": marked("title"),
        "nationality": marked("nation"),
        "contactMedium": [
            {"@type": "EmailContactMedium", "emailAddress": f"{marked('mail')}@example.org"},
            {"@type": "PhoneContactMedium", "phoneNumber": marked("phone")},
            {"@type": "GeographicAddressContactMedium", "city": marked("city"), "street1": marked("street")},
        ],
        "partyCharacteristic": [{"@type": "StringCharacteristic", "name": marked("name"), "value": marked("value")}],
        "externalReference": [{"@type": "ExternalIdentifier", "id": marked("external"), "owner": marked("owner")}],
        marked("extension"): {marked("key"): [marked("element"), NUMBERS[0]]},
        **attributes,
    }


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that says all it can, and gives a statement half a second."""
    server = Server(tmp_path_factory.mktemp("logs") / "data", port=steady_port())
    server.start("--log-level", "debug", "--statement-timeout", "500").register()
    yield server
    if server.process is not None and server.process.poll() is None:
        assert server.stop() == 0, server.output()


@pytest.fixture
def api(busy: Server) -> Iterator[httpx.Client]:
    with busy.api() as client:
        yield client


def written(server: Server) -> dict[str, str]:
    """Everything that is written for people to read: the server's output, and the texts in the data directory."""
    database = server.data / "postgres"
    files = [path for path in server.data.rglob("*") if path.is_file() and not path.is_relative_to(database)]
    files += [path for path in database.rglob("*log*") if path.is_file() and path.suffix in {".log", ".csv", ".json"}]
    found = {str(path): path.read_text(errors="replace") for path in files}
    found["output"] = server.output()
    return found


def assert_silent(server: Server) -> None:
    """Fail when a log holds what a test sent."""
    logs = written(server)
    assert "database system is ready" in logs[str(server.data / "postgres.log")]
    for name, text in logs.items():
        for value in (MARK.lower(), *NUMBERS):
            at = text.lower().find(value)
            assert at < 0, f"{name}: …{text[max(0, at - 200) : at + 100]}…"


def test_what_is_searched_for_would_be_found(busy: Server) -> None:
    """The search itself can fail: a log line with a mark in it is noticed."""
    log = busy.data / "postgres.log"
    before = log.read_text()
    with log.open("a") as file:
        file.write(f"DETAIL: {MARK.upper()}")
    with pytest.raises(AssertionError, match=r"postgres\.log"):
        assert_silent(busy)
    os.truncate(log, len(before.encode()))
    assert_silent(busy)


def test_what_goes_well_is_not_logged(busy: Server, api: httpx.Client) -> None:
    made = api.post(
        INDIVIDUALS, json=person(), headers={"x-reason": marked("reason"), "idempotency-key": marked("key")}
    )
    assert made.status_code == 201
    address = made.json()["href"]
    assert api.patch(address, json={"title": marked("other")}, headers=MERGE).status_code == 200
    found = api.get(INDIVIDUALS, params={"contactMedium.emailAddress": f"{marked('mail')}@example.org"})
    assert len(found.json()) >= 1
    party = {"@type": "PartyRef", "id": made.json()["id"], "@referredType": "Individual"}
    customer = {"@type": "Customer", "name": marked("customer"), "engagedParty": party}
    assert api.post(CUSTOMERS, json=customer).status_code == 201
    assert api.delete(address).status_code == 204
    assert_silent(busy)


def test_documents_that_are_refused_are_not_logged(busy: Server, api: httpx.Client) -> None:
    refused = (
        person(givenName=5),
        person(familyName=None),
        person(birthDate=marked("date")),
        person(status=marked("status")),
        person(contactMedium=[{"@type": "EmailContactMedium", "emailAddress": {marked("a"): 1}}]),
        person(deep=nested(200)),
        person(nul=f"{MARK}\0"),
        {"@type": marked("class")},
    )
    for content in refused:
        answer = api.post(INDIVIDUALS, json=content)
        assert 400 <= answer.status_code < 500, answer.text
        assert MARK.lower() not in answer.text.lower().replace(marked("class").lower(), "")
    for body in (
        f'{{"givenName": "{MARK}"',
        f'["{MARK}"]',
        f'"{MARK}"',
        f'{{"a": {MARK}}}',
        f'{{"a":"{MARK}\\ud800"}}',
    ):
        answer = api.post(INDIVIDUALS, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, body
    assert_silent(busy)


def test_what_is_refused_is_logged_by_its_code_and_the_request(busy: Server, api: httpx.Client) -> None:
    name = f"refused-{time.time_ns()}"
    assert api.post(INDIVIDUALS, json=person(givenName=5), headers={"x-request-id": name}).status_code == 400
    assert api.get(f"{INDIVIDUALS}/{marked('absent')}", headers={"x-request-id": f"{name}-gone"}).status_code == 404
    (line,) = [line for line in busy.output().splitlines() if name in line]
    assert all(word in line for word in ("request.refused", "invalid-document", "400", "individual"))


def nested(depth: int) -> Any:
    value: Any = marked("deep")
    for _ in range(depth):
        value = [value]
    return value


def test_questions_that_are_refused_are_not_logged(busy: Server, api: httpx.Client) -> None:
    for query in (
        f"{MARK}=1",
        f"birthDate.gt={MARK}",
        f"sort={MARK}",
        f"after={MARK}",
        f"asOf={MARK}",
        f"limit={MARK}",
        f"fields={MARK}&offset={MARK}",
        f"contactMedium.preferred={MARK}",
        f"familyName={MARK}%00",
        f"familyName={MARK}%ff",
    ):
        assert api.get(f"{INDIVIDUALS}?{query}").status_code == 400, query
    for path in (f"{INDIVIDUALS}/{MARK}", f"/{MARK}", f"/tmf-api/{MARK}", f"/tmf-api/party/v5/{MARK}"):
        assert api.get(path).status_code in {303, 404}, path
    assert api.post("/oauth2/token", data={"grant_type": MARK, "client_id": MARK}).status_code in {400, 401}
    assert api.get(INDIVIDUALS, headers={"authorization": f"Bearer {MARK}"}).status_code == 401
    assert api.get(INDIVIDUALS, headers={"x-purpose": MARK}).status_code == 403
    assert_silent(busy)


def test_broken_http_is_not_logged(busy: Server) -> None:
    for raw in (
        f"GET /{MARK} HTTP/9.9\r\n\r\n",
        f"{MARK} / HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\n{MARK}\r\n\r\n",
        f"POST {INDIVIDUALS} HTTP/1.1\r\nhost: x\r\ncontent-length: {MARK}\r\n\r\n",
        f"POST {INDIVIDUALS} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{MARK}",
        f"POST {INDIVIDUALS} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{MARK}\r\n",
    ):
        with socket.create_connection(("127.0.0.1", busy.port)) as connection, suppress(ConnectionError):
            connection.sendall(raw.encode())
            connection.settimeout(0.2)
            with suppress(TimeoutError):
                connection.recv(65536)
    time.sleep(0.2)
    assert_silent(busy)


def test_sign_in_at_the_console_is_not_logged(busy: Server) -> None:
    with httpx.Client(base_url=busy.url, follow_redirects=True) as browser:
        browser.get("/")
        for address in ("/sign-in", "/session", f"/{MARK}"):
            browser.post(address, data={"login": marked("login"), "password": marked("password")})
    assert_silent(busy)


def test_statements_that_fail_in_the_database_are_not_logged(busy: Server, api: httpx.Client) -> None:
    """Errors of the engine quote values: in the message, in DETAIL, in CONTEXT, in the statement."""
    made = api.post(INDIVIDUALS, json=person()).json()
    identifier = made["id"]
    failing = (
        ("insert into individual select * from individual where id = %s", (identifier,)),
        ("update trail set outcome = %s", (marked("outcome"),)),
        ("select %s::timestamptz", (marked("time"),)),
        ("select %s::jsonb", ('{"a": "' + MARK,)),
        ("select %s::numeric", (marked("number"),)),
        ("select (doc ->> 'givenName')::date from individual where id = %s", (identifier,)),
        ("select as_number(doc ->> 'familyName') from individual where id = %s", (identifier,)),
        ("select jsonb_path_query(doc, %s::jsonpath) from individual", (f"$.{MARK} ?",)),
        ("update individual set label = null where label like %s", (f"%{MARK.lower()}%",)),
        ("create index on individual ((as_number(doc ->> 'title')))", ()),
        (f"select '{MARK}' from {MARK}", ()),
        (f"do $$ begin raise exception '{MARK}'; end $$", ()),
        (f"do $$ begin raise warning '{MARK}'; end $$", ()),
        (f"select pg_sleep(5), '{MARK}'", ()),
        (f"set application_name = '{MARK}'; select pg_terminate_backend(pg_backend_pid())", ()),
    )  # fmt: skip
    for statement, values in failing:
        failure = asyncio.run(fail(busy.data, statement, values))
        assert failure or "warning" in statement, statement
    assert_silent(busy)


async def fail(data: Path, statement: str, values: tuple[str, ...]) -> str:
    """Execute a statement as the product does; return how it failed."""
    async with EmbeddedEngine(data).attached() as conninfo:
        connection = await psycopg.AsyncConnection.connect(
            conninfo, autocommit=True, options="-c statement_timeout=200"
        )
        try:
            await connection.execute(statement.encode(), values or None)
        except psycopg.Error as error:
            return str(error) or type(error).__name__
        finally:
            await connection.close()
    return ""


def test_waiting_and_deadlocks_are_not_logged_with_their_statements(busy: Server, api: httpx.Client) -> None:
    made = api.post(INDIVIDUALS, json=person()).json()

    async def blocked() -> int:
        async with (
            EmbeddedEngine(busy.data).attached() as conninfo,
            await psycopg.AsyncConnection.connect(conninfo) as holder,
        ):
            await holder.execute("select from individual where id = %s for update", (made["id"],))
            answer = await asyncio.to_thread(api.patch, made["href"], json={"title": marked("blocked")}, headers=MERGE)
        return answer.status_code

    assert asyncio.run(blocked()) == 503
    assert_silent(busy)


def test_commands_are_not_logged(busy: Server, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    rows = [f"{n},{marked('given')},{marked('family')},{marked('mail')}{n}@example.org" for n in range(5)]
    table.write_text("\n".join(["id,given name,family name,email", *rows, f"6,{MARK}"]))
    done = command("import", str(table), "--data", str(busy.data), "--log-level", "debug")
    assert done.returncode in {0, 3}, done.stderr
    assert MARK.lower() not in done.stderr.lower()
    assert_silent(busy)


def test_killing_in_the_midst_of_writes_is_not_logged(busy: Server, api: httpx.Client) -> None:
    stop = threading.Event()

    def write() -> None:
        with httpx.Client(base_url=busy.url, headers=dict(api.headers), timeout=10) as client:
            while not stop.is_set():
                with suppress(httpx.TransportError):
                    client.post(INDIVIDUALS, json=person(description=marked("x" * 5000)))

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(2):
            time.sleep(0.3)
            wait_for_another(busy.data, kill_postmaster(busy.data))
            time.sleep(0.3)
            for pid in sessions(busy.data)[:1]:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
        assert busy.process is not None
        busy.process.kill()
        busy.process.wait()
        busy.log.close()
        busy.start("--log-level", "debug", "--log-format", "json")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    log = (busy.data / "postgres.log").read_text()
    assert "was terminated by signal 9" in log
    assert "redo starts" in log
    assert_silent(busy)
    assert busy.stop() == 0
    started = [line for line in busy.output().splitlines() if line.startswith("{")]
    assert all(json.loads(line) for line in started)
    assert started
    assert_silent(busy)
