"""A restricted party's records are stored and no more: nothing of them is told or changed on any path."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from customer_inventory.api import create_routes
from customer_inventory.repository.kinds import KINDS
from tests.journey.api_words import CUSTOMERS, PERSONS, create, customer, person, refused
from tests.journey.conftest import Server, command
from tests.journey.test_hub_api import TOPICS

PLACE = "/inventory/v1/restriction"
MARK = "Adaquixotte"
OFFICE = "read,create:restriction,delete:restriction,read:restriction,create:privacyRequest,modify:privacyRequest"
DOCUMENTS = "/tmf-api/document/v4/document"
ACCOUNTS = "/tmf-api/accountManagement/v5/billingAccount"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own, so that all of it can be looked through."""
    started = Server(tmp_path_factory.mktemp("restricted") / "data").start().register()
    yield started
    assert started.stop() == 0, started.output()


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


@pytest.fixture(scope="module")
def officer(server: Server) -> Iterator[httpx.Client]:
    with Server(server.data, server.port).register("office", "--grant", OFFICE).api() as client:
        yield client


@pytest.fixture(scope="module")
def lawyer(server: Server) -> Iterator[httpx.Client]:
    words = ("--grant", "all", "--purpose", "legal-claims", "--purpose", "care")
    with Server(server.data, server.port).register("law", *words).api() as client:
        yield client


def related(record: dict[str, Any], referred: str, role: str) -> list[dict[str, Any]]:
    target = {"@type": "PartyRef", "@referredType": referred, "id": record["id"]}
    return [{"@type": "RelatedPartyOrPartyRole", "role": role, "partyOrPartyRole": target}]


@pytest.fixture(scope="module")
def people(api: httpx.Client, officer: httpx.Client) -> dict[str, dict[str, Any]]:
    """Ada with a customer, a paper with a file, one that was deleted, and Bob, who knows her; she is restricted."""
    found = {"party": create(api, PERSONS, person(givenName=MARK, title="first"))}
    api.patch(f"{PERSONS}/{found['party']['id']}", json={"title": "second"}, headers={"x-reason": f"{MARK} called"})
    engaged = {"@type": "PartyRef", "@referredType": "Individual", "id": found["party"]["id"]}
    found["customer"] = create(api, CUSTOMERS, customer(name=MARK, engagedParty=engaged))
    owner = [{"id": found["customer"]["id"], "@referredType": "Customer", "role": "owner"}]
    content = base64.b64encode(MARK.encode() * 20_000).decode()
    file = {"mimeType": "text/plain", "name": "a.txt", "content": content}
    found["paper"] = create(api, DOCUMENTS, {"name": MARK, "relatedParty": owner, "binaryAttachment": [file]})
    found["gone"] = create(api, DOCUMENTS, {"name": MARK, "relatedParty": owner})
    api.delete(f"{DOCUMENTS}/{found['gone']['id']}")
    found["bob"] = create(
        api, PERSONS, person(givenName="Bob", relatedParty=related(found["party"], "Individual", "wife"))
    )
    found["change"] = api.get("/inventory/v1/change", params={"recordId": found["party"]["id"]}).json()[-1]
    wish = {"subjectId": found["customer"]["id"], "reason": "GDPR 18(1)(a)", "allowedPurpose": ["legal-claims"]}
    answer = officer.post(PLACE, json=wish)
    assert answer.status_code == 201, answer.text
    found["restriction"] = answer.json()
    assert found["restriction"]["recordCount"] == 4
    return found


def asked_for(people: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Every address that can be asked for with GET: each list, and each record's with each of Ada's ids."""
    ids = [people[name]["id"] for name in ("party", "customer", "paper", "gone", "bob", "change")]
    for template, endpoint in create_routes(public_url="").templates.items():
        if "GET" not in endpoint.methods:
            continue
        name = next((part for part in template.split("/") if "{" in part), None)
        if name is None:
            yield template
            for extra in (
                "limit=100",
                f"filter={quote('$[?(@.name)]')}",
                f"recordId={ids[0]}",
                f"partyId={ids[0]}",
                f"from={ids[4]}&to={ids[0]}",
                "kind=document",
            ):
                yield f"{template}?{extra}"
        else:
            for each in [*ids, *({kind.name for kind in KINDS.values()})]:
                yield "/".join(
                    "1" if "{version" in part else each if "{" in part else part for part in template.split("/")
                )


def test_nothing_is_told_at_any_address(api: httpx.Client, people: dict[str, dict[str, Any]]) -> None:
    told, answered, refusals = [], 0, set()
    for path in asked_for(people):
        answer = api.get(path)
        assert answer.status_code < 500, f"{path}: {answer.text}"
        answered += answer.is_success
        if answer.status_code == 403:
            refusals.add(answer.json()["code"])
        if MARK in answer.text:
            told.append(path)
    assert told == []
    assert answered > 100
    assert "restricted" in refusals


def test_it_is_told_that_it_is_restricted(api: httpx.Client, people: dict[str, dict[str, Any]]) -> None:
    party = f"{PERSONS}/{people['party']['id']}"
    then = quote(people["restriction"]["since"])
    for path in (
        party,
        f"{party}?asOf={then}",
        f"{CUSTOMERS}/{people['customer']['id']}",
        f"{DOCUMENTS}/{people['paper']['id']}",
        f"/inventory/v1/customer360/{people['customer']['id']}",
        f"/inventory/v1/customer360/{people['customer']['id']}?asOf={then}",
        f"/inventory/v1/partyHierarchy/{people['party']['id']}",
        f"/inventory/v1/change?recordId={people['party']['id']}",
        f"/inventory/v1/consent/{people['party']['id']}",
    ):
        assert refused(api.get(path), 403) == "restricted", path


def test_lists_neither_show_nor_count_it(api: httpx.Client, people: dict[str, dict[str, Any]]) -> None:
    then = people["restriction"]["since"]
    for query in (
        {"givenName": MARK},
        {"filter": f"$[?(@.givenName=='{MARK}')]"},
        {"asOf": then, "givenName": MARK},
        {"id": people["party"]["id"]},
        {"givenName.regex": MARK},
    ):
        answer = api.get(PERSONS, params=query)
        assert (answer.json(), answer.headers["x-total-count"]) == ([], "0"), query
    for path, number in ((PERSONS, "1"), (CUSTOMERS, "0"), (DOCUMENTS, "0")):
        for query in ({"limit": 0}, {"limit": 1}, {"limit": 1, "sort": "id"}, {"limit": 1, "asOf": then}):
            answer = api.get(path, params=query)
            assert answer.headers["x-total-count"] == number, (path, query)
    both = api.get("/tmf-api/party/v4/", params={"limit": 10})
    assert MARK not in both.text


def test_nothing_of_it_is_written(api: httpx.Client, people: dict[str, dict[str, Any]]) -> None:
    party = f"{PERSONS}/{people['party']['id']}"
    assert refused(api.patch(party, json={"title": "third"}), 403) == "restricted"
    assert refused(api.delete(party), 403) == "restricted"
    assert refused(api.patch(f"{DOCUMENTS}/{people['paper']['id']}", json={"name": "x"}), 403) == "restricted"
    engaged = {"@type": "PartyRef", "@referredType": "Individual", "id": people["party"]["id"]}
    assert refused(api.post(CUSTOMERS, json=customer(engagedParty=engaged)), 403) == "restricted"
    bare = {"@type": "PartyRef", "id": people["party"]["id"]}
    assert refused(api.post(CUSTOMERS, json=customer(engagedParty=bare)), 403) == "restricted"
    assert refused(api.post(f"/inventory/v1/change/{people['change']['id']}/undo", json={}), 403) == "restricted"
    entries = api.get(f"/inventory/v1/change/{people['change']['id']}")
    assert people["party"]["id"] not in entries.text.replace(f"change/{people['change']['id']}", "")


def test_an_allowed_purpose_uses_it_and_what_it_adds_is_restricted_too(
    api: httpx.Client, lawyer: httpx.Client, people: dict[str, dict[str, Any]]
) -> None:
    party = f"{PERSONS}/{people['party']['id']}"
    claims = {"x-purpose": "legal-claims"}
    assert lawyer.get(party, headers=claims).json()["givenName"] == MARK
    assert refused(lawyer.get(party, headers={"x-purpose": "care"}), 403) == "restricted"
    assert lawyer.get(PERSONS, params={"givenName": MARK}, headers=claims).headers["x-total-count"] == "1"
    assert MARK in lawyer.get(f"/inventory/v1/customer360/{people['customer']['id']}", headers=claims).text
    owner = related(people["customer"], "Customer", "owner")
    account = {"@type": "BillingAccount", "name": f"{MARK} claim", "relatedParty": owner}
    made = lawyer.post(ACCOUNTS, json=account, headers=claims)
    assert made.status_code == 201, made.text
    time.sleep(0.6)
    assert refused(api.get(f"{ACCOUNTS}/{made.json()['id']}"), 403) == "restricted"
    assert MARK not in api.get(ACCOUNTS).text


def test_what_others_hear_of_it(api: httpx.Client, lawyer: httpx.Client, people: dict[str, dict[str, Any]]) -> None:
    answer = lawyer.patch(
        f"{PERSONS}/{people['party']['id']}", json={"title": f"{MARK} heard"}, headers={"x-purpose": "legal-claims"}
    )
    assert answer.status_code == 200, answer.text
    time.sleep(0.5)
    heard = api.get(f"{TOPICS}/individual/event", params={"limit": 100})
    assert heard.is_success
    assert people["bob"]["id"] in heard.text
    assert MARK not in heard.text


def test_exports_leave_it_out_and_imports_do_not_touch_it(
    server: Server, people: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "people.ndjson"
    done = command("export", "individual", "--output", str(out), "--data", str(server.data))
    assert done.returncode == 0, done.stderr
    assert MARK not in out.read_text()
    assert "Bob" in out.read_text()
    row = {**person(givenName="Changed"), "id": people["party"]["id"]}
    file = tmp_path / "again.ndjson"
    file.write_text(json.dumps(row) + "\n")
    loaded = command("import", str(file), "--data", str(server.data))
    assert "restricted" in loaded.stdout + loaded.stderr + "".join(
        each.read_text() for each in tmp_path.glob("again.rejected*")
    )
    claims = Server(server.data, server.port).register("law2", "--grant", "read", "--purpose", "legal-claims")
    with claims.api() as client:
        assert client.get(f"{PERSONS}/{people['party']['id']}").json()["givenName"] == MARK


def test_the_console_tells_nothing(server: Server, people: dict[str, dict[str, Any]]) -> None:
    browser = server.signed_in()
    browser.headers["accept"] = "text/html"
    for path in (f"/individual/{people['party']['id']}", f"/individual/{people['party']['id']}?history=all"):
        page = browser.get(path)
        assert (page.status_code, MARK in page.text) == (403, False)
    bob = browser.get(f"/individual/{people['bob']['id']}")
    assert (bob.status_code, MARK in bob.text) == (200, False)
    for path in ("/?kind=individual", "/?q=Byron", "/?q=Bob"):
        assert MARK not in browser.get(path).text
    assert f"/individual/{people['party']['id']}" not in browser.get(f"/?q={MARK}").text
    browser.close()


def test_privacy_work_goes_on_and_it_is_neither_erased_nor_purged(
    server: Server, people: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    at = ("--data", str(server.data))
    party = people["party"]["id"]
    assert command("privacy", "package", party, "--output", str(tmp_path / "p.zip"), *at).returncode == 0
    plan = command("privacy", "erase", party, "--because", "x", *at)
    assert "its use is restricted, so nothing is erased: GDPR 18(1)(a)" in plan.stdout
    erased = command("privacy", "erase", party, "--because", "x", "--despite-obligations", "--yes", *at)
    assert (erased.returncode, "restricted" in erased.stderr) == (3, True)
    assert party in command("privacy", "restrictions", *at).stdout
    assert command("privacy", "restrict", party, "--reason", "again", *at).returncode == 3


def test_nobody_else_restricts_and_what_is_no_restriction_is_refused(
    api: httpx.Client, officer: httpx.Client, people: dict[str, dict[str, Any]]
) -> None:
    wish = {"subjectId": people["bob"]["id"], "reason": "x"}
    assert refused(api.post(PLACE, json=wish), 403) == "denied"
    assert refused(api.get(PLACE), 403) == "denied"
    assert refused(api.post(f"{people['restriction']['href']}/lift", json={"reason": "x"}), 403) == "denied"
    for bad, status, code in (
        ({}, 400, "invalid-document"),
        ({**wish, "reason": ""}, 400, "invalid-document"),
        ({**wish, "until": "2020-01-01T00:00:00Z"}, 400, "invalid-restriction"),
        ({**wish, "allowedPurpose": ["a b"]}, 400, "invalid-document"),
        ({**wish, "subjectId": "x"}, 404, "no-subject"),
        ({**wish, "requestId": "x"}, 404, "privacy-request-not-found"),
        ({"subjectId": people["party"]["id"], "reason": "x"}, 409, "already-restricted"),
    ):
        assert refused(officer.post(PLACE, json=bad), status) == code
    assert refused(officer.post(f"{PLACE}/x/lift", json={"reason": "x"}), 404) == "restriction-not-found"
    assert refused(officer.post(f"{people['restriction']['href']}/lift", json={}), 400) == "invalid-document"


def test_lifted_it_is_used_again(api: httpx.Client, officer: httpx.Client, people: dict[str, dict[str, Any]]) -> None:
    lifted = officer.post(f"{people['restriction']['href']}/lift", json={"reason": "corrected"}).json()
    assert (lifted["status"], lifted["liftedBecause"]) == ("lifted", "corrected")
    time.sleep(0.6)
    assert api.get(f"{PERSONS}/{people['party']['id']}").json()["givenName"] == MARK
    assert api.get(PERSONS, params={"givenName": MARK}).headers["x-total-count"] == "1"
    assert MARK in api.get(f"/inventory/v1/customer360/{people['customer']['id']}").text
    again = officer.post(f"{people['restriction']['href']}/lift", json={"reason": "corrected"})
    assert refused(again, 404) == "restriction-not-found"


def test_it_ends_by_itself_and_closes_its_request(
    api: httpx.Client, officer: httpx.Client, server: Server, people: dict[str, dict[str, Any]]
) -> None:
    asked = officer.post(
        "/inventory/v1/privacyRequest", json={"right": "restriction", "subjectId": people["bob"]["id"]}
    )
    request = asked.json()
    wish = {"subjectId": people["bob"]["id"], "reason": "x", "requestId": request["id"]}
    assert refused(officer.post(PLACE, json=wish), 409) == "not-for-this-request"
    assert officer.post(f"{request['href']}/verify", json={"identity": "card"}).status_code == 200
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
    made = officer.post(PLACE, json={**wish, "until": until}).json()
    bob = f"{PERSONS}/{people['bob']['id']}"
    assert refused(api.get(bob), 403) == "restricted"
    time.sleep(4.5)
    assert api.get(bob).status_code == 200
    assert officer.get(made["href"]).json()["status"] == "expired"
    told = command("privacy", "request", "receipt", request["id"], "--data", str(server.data)).stdout
    assert f"restriction {made['id']}" in told
