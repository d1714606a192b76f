"""What people ask is entered, worked on and answered: over the API, at the command line and at the console."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journey.api_words import PERSONS, create, person, refused
from tests.journey.conftest import Server, command

PLACE = "/inventory/v1/privacyRequest"
GRANTS = "read,create:privacyRequest,modify:privacyRequest,read:privacyRequest"


@pytest.fixture(scope="module")
def officer(server: Server) -> Iterator[httpx.Client]:
    with Server(server.data, server.port).register("privacy-office", "--grant", GRANTS).api() as client:
        yield client


@pytest.fixture
def ada(server: Server) -> dict[str, Any]:
    with server.api() as api:
        return create(api, PERSONS, person(givenName="Adaquix"))


def verb(server: Server, *words: str) -> Any:
    return command("privacy", "request", *words, "--data", str(server.data))


def test_over_the_api(officer: httpx.Client, server: Server, ada: dict[str, Any]) -> None:
    answer = officer.post(PLACE, json={"right": "erasure", "subjectId": ada["id"], "note": "by mail"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["location"] == made["href"] == f"{PLACE}/{made['id']}"
    assert (made["status"], made["due"], made["article"]) == ("received", "later", "17")
    receipt = officer.get(f"{made['href']}/receipt").json()
    rest = {name: receipt[name] for name in sorted(receipt.keys() - {"sha256"})}
    assert sha256(json.dumps(rest, separators=(",", ":")).encode()).hexdigest() == receipt["sha256"]
    assert ada["id"] not in json.dumps(receipt)
    assert refused(officer.post(f"{made['href']}/verify", json={}), 400) == "step-incomplete"
    assert officer.post(f"{made['href']}/verify", json={"identity": "card"}).json()["status"] == "inWork"
    done = officer.post(f"{made['href']}/refuse", json={"reason": "a duty to keep"}).json()
    assert (done["status"], done["ground"]) == ("refused", "a duty to keep")
    assert "due" not in done
    assert refused(officer.post(f"{made['href']}/extend", json={"reason": "x"}), 409) == "wrong-step"
    listed = officer.get(PLACE, params={"status": "refused", "fields": "right"}).json()
    assert {"id": made["id"], "href": made["href"], "@type": "PrivacyRequest", "right": "erasure"} in listed
    with server.api() as everything:
        assert refused(everything.get(PLACE), 403) == "denied"
        assert refused(everything.get(f"{made['href']}/receipt"), 403) == "denied"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid-document"),
        ({"right": "everything"}, "invalid-document"),
        ({"right": "access", "unknown": 1}, "invalid-document"),
        ({"right": "access", "receivedAt": "2026-01-01"}, "invalid-document"),
        ({"right": "access", "receivedAt": "2999-01-01T00:00:00Z"}, "invalid-privacy-request"),
        ({"right": "access", "receivedAt": "0001-01-01T00:00:00+14:00"}, "invalid-privacy-request"),
        ({"right": "access", "note": "x" * 1001}, "invalid-document"),
        ({"right": "access", "note": "a\x00b"}, "invalid-document"),
        ([], "malformed-json"),
    ],
)
def test_what_is_no_request_is_refused(officer: httpx.Client, body: Any, code: str) -> None:
    assert refused(officer.post(PLACE, json=body), 400) == code


def test_what_is_not_there_is_not_found(officer: httpx.Client) -> None:
    assert refused(officer.post(PLACE, json={"right": "access", "subjectId": "x"}), 404) == "no-subject"
    for name in ("x", "01900000-0000-8000-8000-000000000000"):
        assert refused(officer.get(f"{PLACE}/{name}"), 404) == "privacy-request-not-found"
        assert refused(officer.post(f"{PLACE}/{name}/note", json={}), 404) == "privacy-request-not-found"
    assert refused(officer.post(f"{PLACE}/x/receive", json={}), 404) == "unknown-path"


def test_a_package_and_an_erasure_close_what_they_are_done_for(
    server: Server, ada: dict[str, Any], tmp_path: Path
) -> None:
    asked = json.loads(verb(server, "open", "access", "--subject", ada["id"]).stdout)["id"]
    words = ("privacy", "package", ada["id"], "--data", str(server.data), "--request", asked, "--output")
    early = command(*words, str(tmp_path / "early.zip"))
    assert (early.returncode, "verified" in early.stderr, (tmp_path / "early.zip").exists()) == (3, True, False)
    assert verb(server, "verify", asked, "--identity", "card").returncode == 0
    made = command(*words, str(tmp_path / "ada.zip"))
    assert made.returncode == 0, made.stderr
    with zipfile.ZipFile(tmp_path / "ada.zip") as archive:
        manifest = sha256(archive.read("manifest.json")).hexdigest()
    receipt = json.loads(verb(server, "receipt", asked).stdout)
    assert (receipt["status"], receipt["result"]) == ("done", f"package, manifest {manifest}")
    forget = json.loads(verb(server, "open", "erasure", "--subject", ada["id"]).stdout)["id"]
    verb(server, "verify", forget, "--identity", "card of Adaquix")
    erase = ("privacy", "erase", ada["id"], "--data", str(server.data), "--because", "asked", "--request", forget)
    assert "Nothing was erased" in command(*erase).stderr
    done = command(*erase, "--yes")
    assert done.returncode == 0, done.stderr
    told = json.loads(verb(server, "receipt", forget).stdout)
    assert told["result"] in done.stdout
    assert f"(privacy request {forget})" in command("privacy", "register", "--data", str(server.data)).stdout
    shown = verb(server, "show", forget).stdout
    assert "Adaquix" not in shown
    assert ada["id"] not in shown


def test_the_metric_counts_and_the_log_tells_of_nobody(server: Server, ada: dict[str, Any]) -> None:
    verb(server, "open", "access", "--subject", ada["id"], "--received", "2025-01-31")
    listed = verb(server, "list").stdout.splitlines()
    assert "OVERDUE" in listed[0]
    shown = httpx.get(f"{server.url}/metrics").text
    assert (
        float(re.findall(r'^customer_inventory_privacy_requests\{due="overdue"\} (\S+)', shown, re.MULTILINE)[0]) >= 1
    )
    assert ada["id"] not in shown


def test_at_the_console(server: Server, ada: dict[str, Any]) -> None:
    added = command("person", "add", "olga", "--role", "privacy-officer", "--name", "O", "--data", str(server.data))
    browser = server.signed_in("olga", str(re.findall(r"password  (\S+)", added.stdout)[0]))
    browser.headers["accept"] = "text/html"
    page = browser.get("/privacy-requests")
    proof = re.findall(r'name="proof" value="(\w+)"', page.text)[0]
    form = {"proof": proof, "do": "receive", "right": "objection", "subject": ada["id"], "text": "<b>wants"}
    assert browser.post("/privacy-requests", data=form).status_code == 303
    page = browser.get("/privacy-requests?done")
    assert "&lt;b&gt;wants" in page.text
    assert f"/individual/{ada['id']}" in page.text
    (asked,) = [
        each for each in json.loads(_api(server)) if each["right"] == "objection" and each["openedBy"] == "olga"
    ]
    step = {"proof": proof, "request": asked["id"], "do": "verify", "text": ""}
    assert browser.post("/privacy-requests", data=step).status_code == 400
    assert browser.post("/privacy-requests", data={**step, "text": "card"}).status_code == 303
    unshown = browser.post("/privacy-requests", data={**step, "do": "complete", "text": "noted"})
    assert (unshown.status_code, "It is done by a consent withdrawn" in unshown.text) == (409, True)
    with server.api() as api:
        api.patch(
            f"{PERSONS}/{ada['id']}", json={"gender": "f"}, headers={"content-type": "application/merge-patch+json"}
        )
        change = api.get("/inventory/v1/change", params={"recordId": ada["id"], "limit": "1"}).json()[0]["id"]
    shown = {**step, "do": "complete", "text": "noted", "result": change}
    assert browser.post("/privacy-requests", data=shown).status_code == 303
    assert browser.post("/privacy-requests", data={**step, "do": "complete", "text": "noted"}).status_code == 409
    assert browser.post("/privacy-requests", data={**step, "do": "nothing"}).status_code == 400
    assert browser.post("/privacy-requests", data={**step, "request": "x", "text": "card"}).status_code == 404
    browser.close()
    administrator = server.signed_in()
    assert administrator.get("/privacy-requests", headers={"accept": "text/html"}).status_code == 403
    administrator.close()


def test_what_is_wrong_is_named_over_the_api_the_command_line_and_the_console(
    officer: httpx.Client, server: Server, ada: dict[str, Any]
) -> None:
    told = {"right": "rectification", "subjectId": ada["id"]}
    for wrong, code in (
        (["x"], "unknown-wrong-attribute"),
        ([], "invalid-document"),
        (["a" * 201], "invalid-document"),
    ):
        assert refused(officer.post(PLACE, json={**told, "wrongAttribute": wrong}), 400) == code
    made = officer.post(PLACE, json={**told, "wrongAttribute": ["placeOfBirth"]}).json()
    assert made["wrongAttribute"] == ["individual.placeOfBirth"]
    unknown = verb(server, "verify", made["id"], "--identity", "card", "--wrong", "individual.placeOfBirt")
    assert (unknown.returncode, "Do you mean individual.placeOfBirth?" in unknown.stderr) == (3, True)
    verified = verb(server, "verify", made["id"], "--identity", "card", "--wrong", "gender", "--wrong", "placeOfBirth")
    assert verified.returncode == 0, verified.stderr
    assert "wrong     individual.gender, individual.placeOfBirth" in verb(server, "show", made["id"]).stdout
    with server.api() as api:
        api.patch(
            f"{PERSONS}/{ada['id']}", json={"gender": "f"}, headers={"content-type": "application/merge-patch+json"}
        )
        change = api.get("/inventory/v1/change", params={"recordId": ada["id"], "limit": "1"}).json()[0]["id"]
    assert refused(officer.post(f"{made['href']}/complete", json={"result": change}), 409) == "nothing-done"
    asked = json.loads(verb(server, "open", "rectification", "--subject", ada["id"], "--wrong", "gender").stdout)["id"]
    assert officer.get(f"{PLACE}/{asked}").json()["wrongAttribute"] == ["individual.gender"]
    command("person", "add", "otto", "--role", "privacy-officer", "--data", str(server.data))
    reset = command("person", "reset-password", "otto", "--data", str(server.data)).stdout
    browser = server.signed_in("otto", str(re.findall(r"password  (\S+)", reset)[0]))
    browser.headers["accept"] = "text/html"
    page = browser.get("/privacy-requests").text
    assert "Said to be wrong: <bdi>individual.gender</bdi>" in page
    step = {"proof": re.findall(r'name="proof" value="(\w+)"', page)[0], "request": asked, "text": "card"}
    step |= {"do": "verify", "wrong": "placeOfBirth, customer.name"}
    assert browser.post("/privacy-requests", data=step).status_code == 303
    assert officer.get(f"{PLACE}/{asked}").json()["wrongAttribute"] == ["individual.placeOfBirth", "customer.name"]
    done = browser.post("/privacy-requests", data={**step, "do": "complete", "result": "nothing to change"})
    assert done.status_code == 303
    assert officer.get(f"{PLACE}/{asked}").json()["ground"] == "card"
    browser.close()


def _api(server: Server) -> str:
    granted = ("--grant", "read:privacyRequest")
    with Server(server.data, server.port).register("privacy-reader", *granted).api() as api:
        return api.get(PLACE).text
