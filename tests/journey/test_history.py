"""Histories at the API: versions of every view, restoration, and what is refused."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journey.api_words import CUSTOMERS, NO_SUCH_ID, PERSONS, create, customer, person, refused
from tests.journey.conftest import Server


@pytest.fixture(scope="module")
def old(server: Server) -> dict[str, Any]:
    """A person of three versions."""
    with server.api() as api:
        made = create(api, PERSONS, person(title="first"))
        for number in (2, 3):
            headers = {"x-reason": f"reason {number}"}
            assert api.patch(made["href"], json={"title": f"v{number}"}, headers=headers).status_code == 200
    return made


def test_a_history_tells_every_version_newest_first(server: Server, old: dict[str, Any]) -> None:
    with server.api() as api:
        answer = api.get(f"{old['href']}/history")
        now = api.get(old["href"]).json()
    assert answer.status_code == 200
    assert answer.headers["x-total-count"] == answer.headers["x-result-count"] == "3"
    versions = answer.json()
    assert [entry["version"] for entry in versions] == [3, 2, 1]
    assert [entry["operation"] for entry in versions] == ["modify", "modify", "create"]
    assert [entry.get("changed") for entry in versions] == [["title"], ["title"], None]
    assert [entry.get("reason") for entry in versions] == ["reason 3", "reason 2", None]
    assert [entry["resource"]["title"] for entry in versions] == ["v3", "v2", "first"]
    assert versions[0]["resource"] == now
    assert "endDateTime" not in versions[0]["validFor"]
    assert versions[1]["validFor"]["endDateTime"] == versions[0]["validFor"]["startDateTime"]
    assert all(entry["clientId"] == server.client_id and entry["changeId"] and entry["purpose"] for entry in versions)
    assert versions[0]["href"] == f"{old['href']}/history/3"


def test_a_history_is_read_in_pages(server: Server, old: dict[str, Any]) -> None:
    seen, address = [], f"{old['href']}/history?limit=2&fields=title"
    with server.api() as api:
        while address:
            answer = api.get(address)
            seen += answer.json()
            assert answer.headers["x-total-count"] == "3"
            address = answer.links.get("next", {}).get("url", "")
            assert answer.status_code == (206 if address else 200)
        assert [entry["version"] for entry in seen] == [3, 2, 1]
        assert all(entry["resource"].keys() == {"id", "href", "@type", "title"} for entry in seen)
        past = api.get(f"{old['href']}/history", params={"offset": 9})
        assert (past.status_code, past.json(), past.headers["x-total-count"]) == (200, [], "3")
        assert [e["version"] for e in api.get(f"{old['href']}/history", params={"before": 3, "limit": 1}).json()] == [2]
        then = seen[1]["validFor"]["startDateTime"]
        assert [e["version"] for e in api.get(f"{old['href']}/history", params={"asOf": then}).json()] == [2, 1]


def test_a_version_is_the_record_as_it_was(server: Server, old: dict[str, Any]) -> None:
    with server.api() as api:
        answer = api.get(f"{old['href']}/history/1")
        assert (answer.json(), answer.headers["etag"]) == (old, '"1"')
        assert api.get(f"{old['href']}/history/2", params={"fields": "none"}).json().keys() == {"id", "href", "@type"}
        then = api.get(f"{old['href']}/history").json()[1]["validFor"]["startDateTime"]
        found = [api.get(f"{old['href']}/history/{number}", params={"asOf": then}).status_code for number in (1, 2, 3)]
        assert found == [200, 200, 404]
        for number in ("0", "4", "99999999999999999999", "x", "-1", "1.0"):
            assert refused(api.get(f"{old['href']}/history/{number}"), 404) == "version-not-found"


def test_a_version_comes_back(server: Server) -> None:
    with server.api() as api:
        made = create(api, PERSONS, person(title="Dr"))
        assert api.patch(made["href"], json={"title": None, "givenName": "Bob"}).status_code == 200
        one = f"{made['href']}/history/1/restore"
        assert refused(api.post(one, headers={"if-match": '"1"'}), 412) == "version-conflict"
        key = {"idempotency-key": uuid4().hex}
        back = api.post(one, headers={"if-match": '"2"', **key})
        assert (back.status_code, back.headers["etag"], back.json()) == (200, '"3"', made)
        again = api.post(one, headers={"if-match": '"2"', **key})
        assert (again.headers["idempotent-replayed"], again.json()) == ("true", made)
        same = api.post(one, json={})
        assert (same.status_code, same.headers["etag"]) == (200, '"3"')


def test_a_deleted_record_keeps_its_history_and_comes_back(server: Server) -> None:
    with server.api() as api:
        party = create(api, PERSONS, person())
        made = create(api, CUSTOMERS, customer(party))
        total = int(api.get(CUSTOMERS, params={"limit": 0}).headers["x-total-count"])
        assert api.delete(made["href"]).status_code == 204
        gone = api.get(f"{made['href']}/history").json()
        assert [(entry["version"], entry["operation"], "resource" in entry) for entry in gone] == [
            (2, "delete", False),
            (1, "create", True),
        ]
        assert refused(api.get(f"{made['href']}/history/2"), 404) == "version-not-found"
        assert refused(api.post(f"{made['href']}/history/2/restore"), 404) == "version-not-found"
        back = api.post(f"{made['href']}/history/1/restore")
        assert (back.status_code, back.json(), back.headers["etag"]) == (200, made, '"3"')
        assert api.get(made["href"]).json() == made
        assert int(api.get(CUSTOMERS, params={"limit": 0}).headers["x-total-count"]) == total
        found = api.get(CUSTOMERS, params={"engagedParty.id": party["id"]}).json()
        assert [each["id"] for each in found] == [made["id"]]


def test_hostile_questions_to_a_history_are_refused(server: Server, old: dict[str, Any]) -> None:
    with server.api() as api:
        history = f"{old['href']}/history"
        for query in (
            "limit=x",
            "limit=-1",
            "offset=%00",
            "before=0",
            "before=",
            "limit=1&limit=2",
            "title=x",
            "sort=title",
            "%ff=1",
            "limit=%ff",
            "asOf=yesterday",
            "nonsense",
            "&".join(["x=1"] * 200),
        ):
            answer = api.get(f"{history}?{query}")
            assert 400 <= answer.status_code < 500, (query, answer.text)
            refused(answer, answer.status_code)
        message = api.get(f"{history}?title=x").json()["message"]
        assert message.endswith("The parameters here are limit, offset, before, fields, asOf.")
        assert api.get(f"{old['href']}?limit=1").json()["message"].endswith("here are fields, asOf.")
        assert api.patch(f"{old['href']}?limit=1", json={}).json()["message"].endswith("here are fields.")
        assert refused(api.get(f"{PERSONS}/{NO_SUCH_ID}/history"), 404) == "not-found"
        assert refused(api.get(f"{PERSONS}/x/history"), 404) == "not-found"
        assert refused(api.post(f"{PERSONS}/{NO_SUCH_ID}/history/1/restore"), 404) == "not-found"
        assert refused(api.post(f"{history}/1/restore", content=b'{"title": 1}'), 400) == "malformed-json"
        assert refused(api.post(f"{history}/1/restore?asOf=2026-01-01T00:00:00Z"), 400) == "invalid-parameter"
        assert refused(api.post(history), 405) == "method-not-allowed"
        assert refused(api.get(f"{history}/1/restore"), 405) == "method-not-allowed"


@pytest.mark.parametrize(
    ("grants", "live", "deleted"),
    [
        ("read:individual", 403, 403),
        ("read:customer,modify:customer,create:customer", 403, 403),
        ("modify:individual", 200, 404),
        ("create:individual", 404, 200),
        ("read:individual,modify:individual", 200, 403),
        ("modify:individual,create:individual", 200, 200),
        ("delete:individual,download:individual,update:individual", 403, 403),
    ],
)
def test_restoring_needs_the_verb_that_it_is(server: Server, grants: str, live: int, deleted: int) -> None:
    with server.api() as api:
        there = create(api, PERSONS, person(title="1"))
        assert api.patch(there["href"], json={"title": "2"}).status_code == 200
        gone = create(api, PERSONS, person())
        assert api.delete(gone["href"]).status_code == 204
    other = Server(server.data, server.port).register(f"c{uuid4().hex[:8]}", "--grant", grants)
    with other.api() as api:
        for record, expected in ((there, live), (gone, deleted)):
            answer = api.post(f"{record['href']}/history/1/restore")
            assert answer.status_code == expected, answer.text
            if expected == 200 and "read" not in grants:
                assert answer.json().keys() == {"id", "href", "@type"}, "who may not read is shown nothing"
        reading = "read:individual" in grants
        for path in ("history", "history/1"):
            assert api.get(f"{there['href']}/{path}").status_code == (200 if reading else 403)


def test_a_history_needs_a_token(server: Server, old: dict[str, Any]) -> None:
    for path in ("history", "history/1"):
        assert httpx.get(f"{server.url}{old['href']}/{path}").status_code == 401
    assert httpx.post(f"{server.url}{old['href']}/history/1/restore").status_code == 401
