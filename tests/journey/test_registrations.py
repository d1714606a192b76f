"""Registration of processes at the command line and over the API: asked for by one, decided on by another."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.consistency import ask
from tests.journey.api_words import CUSTOMERS, refused
from tests.journey.conftest import Server, command

PLACE = "/inventory/v1/registration"


def told(name: str, **other: Any) -> dict[str, Any]:
    right = {
        "name": name,
        "owner": "ann",
        "purpose": [{"name": "self-care", "lawfulBasis": "contract"}],
        "grant": ["read:customer"],
        "expectedVolume": 1000,
    }
    return {**right, **other}


def a_name() -> str:
    return f"p-{uuid4().hex[:8]}"


def as_person(login: str, server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `registration …` as somebody."""
    return command("registration", *words, "--data", str(server.data), env={**os.environ, "LOGNAME": login})


def token(server: Server, made: dict[str, Any]) -> httpx.Response:
    auth = (made["id"], made["clientSecret"])
    return httpx.post(f"{server.url}/oauth2/token", data={"grant_type": "client_credentials"}, auth=auth)


@pytest.fixture
def asking(server: Server) -> Iterator[httpx.Client]:
    """Somebody who may ask for registrations and look at them, and no more."""
    grants = ("--grant", "create:registration,read:registration")
    with Server(server.data, server.port).register(a_name(), *grants).api() as api:
        yield api


@pytest.fixture
def deciding(server: Server) -> Iterator[httpx.Client]:
    """Somebody who may decide, and no more."""
    grants = ("--grant", "modify:registration", "--owner", "dora")
    with Server(server.data, server.port).register(a_name(), *grants).api() as api:
        yield api


def test_over_the_api_one_asks_and_another_decides(
    server: Server, asking: httpx.Client, deciding: httpx.Client
) -> None:
    name = a_name()
    answer = asking.post(PLACE, json=told(name))
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert answer.headers["location"] == made["href"] == f"{PLACE}/{made['id']}"
    assert (made["status"], made["privileged"]) == ("submitted", False)
    assert "clientSecret" not in asking.get(made["href"]).json()
    waiting = token(server, made)
    assert refused(waiting, 400) == "unauthorized_client"
    assert waiting.json()["error"] == "unauthorized_client"
    assert "submitted" in waiting.json()["error_description"]
    assert refused(asking.post(f"{made['href']}/approve"), 403) == "denied"
    assert refused(deciding.get(made["href"]), 403) == "denied"
    approved = deciding.post(f"{made['href']}/approve", json={"reason": "needed"})
    assert approved.status_code == 200, approved.text
    assert approved.json()["status"] == "active"
    assert [each["step"] for each in approved.json()["decision"]] == ["request", "approve", "activate"]
    given = {"authorization": f"Bearer {token(server, made).json()['access_token']}"}
    assert httpx.get(f"{server.url}{CUSTOMERS}", params={"limit": 0}, headers=given).is_success
    assert refused(deciding.post(f"{made['href']}/approve"), 409) == "wrong-state"
    assert deciding.post(f"{made['href']}/suspend").json()["status"] == "suspended"
    time.sleep(1.0)
    assert refused(httpx.get(f"{server.url}{CUSTOMERS}", headers=given), 401) == "invalid_token"
    assert refused(token(server, made), 400) == "unauthorized_client"
    assert deciding.post(f"{made['href']}/resume").json()["status"] == "active"
    assert token(server, made).status_code == 200
    assert deciding.post(f"{made['href']}/revoke").json()["status"] == "revoked"
    assert refused(token(server, made), 401) == "invalid_client"


def test_who_owns_what_asks_does_not_decide(server: Server) -> None:
    grants = ("--grant", "create:registration,modify:registration", "--owner", "mallory")
    with (
        Server(server.data, server.port).register(a_name(), *grants).api() as asking,
        Server(server.data, server.port).register(a_name(), *grants).api() as cousin,
    ):
        name = a_name()
        made = asking.post(PLACE, json=told(name)).json()
        for api in (asking, cousin):
            assert refused(api.post(f"{made['href']}/approve"), 403) == "own-decision"
    for login in ("mallory", "ann"):
        done = as_person(login, server, "approve", name)
        assert done.returncode == 3
        assert "Ask somebody else who is granted modify:registration" in done.stderr
    assert as_person("bea", server, "approve", name).returncode == 0


def test_a_draft_is_handed_in_later(asking: httpx.Client, deciding: httpx.Client) -> None:
    made = asking.post(PLACE, json=told(a_name(), status="draft")).json()
    assert made["status"] == "draft"
    assert refused(deciding.post(f"{made['href']}/approve"), 409) == "wrong-state"
    assert asking.post(f"{made['href']}/submit").json()["status"] == "submitted"
    assert deciding.post(f"{made['href']}/reject").json()["status"] == "rejected"


def test_registrations_are_listed_like_other_resources(asking: httpx.Client) -> None:
    name = a_name()
    made = asking.post(PLACE, json=told(name)).json()
    assert [each["id"] for each in asking.get(PLACE, params={"name": name}).json()] == [made["id"]]
    found = asking.get(PLACE, params={"status": "submitted", "limit": 1, "sort": "-requestedAt", "fields": "name"})
    assert found.status_code in {200, 206}
    assert found.json() == [{"id": made["id"], "href": made["href"], "@type": "Registration", "name": name}]
    by_command_line = asking.get(PLACE, params={"name": "tester", "fields": "privileged,recertifyBefore"}).json()
    assert [each["privileged"] for each in by_command_line] == [True]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (told("a b"), 400, "invalid-document"),
        (told("x", grant=["everything"]), 400, "invalid-grant"),
        (told("x", grant=[]), 400, "invalid-document"),
        (told("x", purpose=[]), 400, "invalid-document"),
        (told("x", purpose=[{"name": "care"}]), 400, "invalid-document"),
        (told("x", expectedVolume=0), 400, "invalid-document"),
        (told("x", network=["everywhere"]), 400, "invalid-document"),
        (told("x", expiresAt="2020-01-01T00:00:00Z"), 400, "invalid-document"),
        (told("x", unknown=1), 400, "invalid-document"),
        (told("x", status="active"), 400, "invalid-document"),
        (told("x", jwks={"keys": []}), 400, "invalid-keys"),
        (told("tester"), 409, "name-taken"),
        (told("console"), 409, "name-taken"),
        ([], 400, "malformed-json"),
        ({}, 400, "invalid-document"),
    ],
)
def test_what_cannot_be_registered_is_refused(body: Any, status: int, code: str, asking: httpx.Client) -> None:
    assert refused(asking.post(PLACE, json=body), status) == code
    assert asking.get(PLACE, params={"name": "x"}).json() == []


def test_steps_that_lead_nowhere_are_refused(asking: httpx.Client, deciding: httpx.Client) -> None:
    assert refused(deciding.post(f"{PLACE}/nobody/approve"), 404) == "registration-not-found"
    assert refused(deciding.post(f"{PLACE}/a%00b/approve"), 404) == "registration-not-found"
    assert refused(asking.get(f"{PLACE}/nobody"), 404) == "registration-not-found"
    assert refused(deciding.post(f"{PLACE}/tester/activate"), 404) == "unknown-path"
    assert refused(deciding.post(f"{PLACE}/tester/approve", json={"reason": ""}), 400) == "invalid-document"
    assert refused(deciding.post(f"{PLACE}/tester/approve", json={"said": "x"}), 400) == "invalid-document"
    assert refused(deciding.post(f"{PLACE}/tester/approve", json={"expectedVolume": 5}), 400) == "invalid-document"
    assert refused(deciding.post(f"{PLACE}/tester/recertify", json={"expectedVolume": 0}), 400) == "invalid-document"


def test_at_the_command_line_one_asks_and_another_decides(server: Server) -> None:
    name = a_name()
    asked = as_person(
        "ann", server, "request", name, "--owner", "ann", "--purpose", "billing=legal obligation", "--grant",
        "read:customer", "--volume", "5000", "--hours", "Mon-Sun 00:00-24:00", "--network", "127.0.0.0/8",
        "--draft", "--json",
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    credentials = json.loads(asked.stdout)
    made = {"id": credentials["client_id"], "clientSecret": credentials["client_secret"]}
    for person, step, code, said in (
        ("bea", "submit", 3, ""),
        ("ann", "submit", 0, "submitted"),
        ("ann", "approve", 3, ""),
        ("bea", "approve", 0, "active"),
        ("bea", "reject", 3, ""),
        ("ann", "recertify", 3, ""),
        ("bea", "recertify", 0, "active"),
        ("ann", "suspend", 0, "suspended"),
        ("bea", "resume", 0, "active"),
    ):
        done = as_person(person, server, step, name)
        assert done.returncode == code, done.stderr
        assert said in done.stdout
        assert "Traceback" not in done.stderr
    assert token(server, made).status_code == 200
    shown = as_person("eve", server, "show", name).stdout
    assert "billing legal obligation" in shown
    assert "approve by bea" in shown
    assert name in as_person("eve", server, "list", "--status", "active").stdout
    assert as_person("bea", server, "revoke", name, "--reason", "replaced").returncode == 0
    assert name not in as_person("eve", server, "list", "--status", "active").stdout
    assert "revoke by bea: replaced" in as_person("eve", server, "show", name).stdout
    assert as_person("bea", server, "show", "nobody").returncode == 4
    assert as_person("bea", server, "request", "x", "--owner", "bea").returncode == 2


def test_a_server_suspends_who_lapsed_and_says_so(new_server: Server) -> None:
    place = new_server.start().register("forgotten").data.resolve()
    address = f"host={place / 'socket'} dbname=customer_inventory user=customer_inventory passfile={place / 'passfile'}"
    assert new_server.token()
    for due, state in (("7 days", "due"), ("-1 minute", "suspended")):
        set_due = f"update registration set due_at = now() + interval '{due}' where name = 'forgotten' returning 1"
        assert asyncio.run(ask(address, set_due)) == [(1,)]
        new_server.stop()
        new_server.start()
        deadline = time.monotonic() + 10
        while f"registration.{state}" not in new_server.output() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert f"registration.{state}" in new_server.output()
        assert new_server.client_id in new_server.output()
        listed = command("registration", "list", "--status", state, "--data", str(new_server.data))
        assert "forgotten" in listed.stdout
        credentials = {"client_id": new_server.client_id, "client_secret": new_server.client_secret}
        answer = httpx.post(f"{new_server.url}/oauth2/token", data={"grant_type": "client_credentials", **credentials})
        assert answer.status_code == (200 if state == "due" else 400)
