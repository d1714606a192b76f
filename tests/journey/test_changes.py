"""Changes at the API: found, read, and taken back; of single writes and of imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journey.api_words import COMPANIES, CUSTOMERS, NO_SUCH_ID, PERSONS, create, customer, person, refused
from tests.journey.conftest import Server, command

CHANGES = "/inventory/v1/change"


def newest(api: httpx.Client, record: dict[str, Any]) -> dict[str, Any]:
    """The newest change of a record."""
    found: dict[str, Any] = api.get(CHANGES, params={"recordId": record["id"]}).json()[0]
    return found


def test_the_changes_of_a_record_are_found(server: Server) -> None:
    with server.api() as api:
        made = create(api, PERSONS, person())
        api.patch(made["href"], json={"title": "Dr"}, headers={"x-reason": "graduation"})
        api.delete(made["href"])
        answer = api.get(CHANGES, params={"recordId": made["id"]})
        assert (answer.status_code, answer.headers["x-total-count"]) == (200, "3")
        assert [change["operation"] for change in answer.json()] == ["delete", "modify", "create"]
        one = answer.json()[1]
        assert (one["reason"], one["clientId"], one["@type"]) == ("graduation", server.client_id, "Change")
        whole = api.get(one["href"]).json()
        assert whole.pop("recordCount") == 1
        assert whole.pop("record") == [
            {
                "@type": "RecordRef",
                "@referredType": "Individual",
                "id": made["id"],
                "href": made["href"],
                "version": 2,
                "operation": "modify",
            }
        ]
        assert whole == one
        history = api.get(f"{made['href']}/history").json()
        assert [entry["changeId"] for entry in history] == [change["id"] for change in answer.json()]


def test_changes_are_listed_newest_first_in_pages(server: Server) -> None:
    with server.api() as api:
        made = [create(api, PERSONS, person(title=str(number))) for number in range(5)]
        begin = newest(api, made[0])["at"]
        seen, address = [], f"{CHANGES}?limit=2&since={begin}&operation=create&clientId={server.client_id}"
        while address:
            answer = api.get(address)
            seen += answer.json()
            address = answer.links.get("next", {}).get("url", "")
            assert answer.status_code == (206 if address else 200)
        wanted = [newest(api, record)["id"] for record in reversed(made)]
        assert [change["id"] for change in seen] == wanted
        by_offset = api.get(CHANGES, params={"since": begin, "offset": 3, "limit": 2}).json()
        assert [change["id"] for change in by_offset] == wanted[3:]
        assert api.get(CHANGES, params={"clientId": "nobody"}).json() == []
        assert api.get(CHANGES, params={"recordId": NO_SUCH_ID}).json() == []


def test_an_import_is_undone_and_previewed_first(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "undone.csv"
    path.write_text("id,first name,surname\n" + "".join(f"{n},Una,Undone{n}\n" for n in range(1, 6)))
    data = ("--data", str(server.data))
    assert command("import", str(path), *data).returncode == 0
    with server.api() as api:
        (one,) = api.get(PERSONS, params={"familyName": "Undone3"}).json()
        total = int(api.get(CUSTOMERS, params={"limit": 0}).headers["x-total-count"])
        change = newest(api, one)
        assert change["operation"] == "import"
        whole = api.get(change["href"]).json()
        assert whole["recordCount"] == len(whole["record"]) == 10  # a person and a customer of each row
        undo = f"{change['href']}/undo"
        preview = api.post(undo, params={"dryRun": "true"}).json()
        assert (preview["dryRun"], preview["doneCount"], preview["conflictCount"]) == (True, 10, 0)
        assert "id" not in preview
        assert api.get(one["href"]).status_code == 200
        api.patch(one["href"], json={"title": "Dr"})
        assert refused(api.post(undo), 409) == "undo-conflict"
        preview = api.post(undo, params={"dryRun": "true"}).json()
        (conflict,) = [record for record in preview["record"] if record["outcome"] == "conflict"]
        assert (conflict["id"], conflict["reason"], conflict["version"]) == (one["id"], "It was written since.", 2)
        assert int(api.get(CUSTOMERS, params={"limit": 0}).headers["x-total-count"]) == total
        done = api.post(undo, params={"onConflict": "skip"}, headers={"x-reason": "wrong file"}).json()
        assert (done["doneCount"], done["conflictCount"]) == (9, 1)
        assert int(api.get(CUSTOMERS, params={"limit": 0}).headers["x-total-count"]) == total - 5
        assert api.get(one["href"]).status_code == 200
        made = api.get(done["href"]).json()
        assert (made["operation"], made["reason"], made["recordCount"]) == ("undo", "wrong file", 9)
        back = api.post(f"{done['href']}/undo").json()
        assert back["doneCount"] == 9
        assert int(api.get(CUSTOMERS, params={"limit": 0}).headers["x-total-count"]) == total
    again = command("import", str(path), *data)
    assert "0 created" in " ".join(again.stderr.split()), again.stderr


def test_hostile_questions_about_changes_are_refused(server: Server) -> None:
    with server.api() as api:
        made = create(api, PERSONS, person())
        undo = f"{newest(api, made)['href']}/undo"
        for query in (
            "limit=x",
            "limit=-1",
            "offset=%00",
            "recordId=1",
            "recordId=",
            "operation=drop",
            "operation=",
            "since=yesterday",
            "since=2026-01-01",
            "since=0001-01-01T00:00:00%2B14:00",
            "after=x",
            f"after={NO_SUCH_ID}",
            f"after={NO_SUCH_ID}&offset=1",
            "title=x",
            "limit=1&limit=2",
            "%ff=1",
            "clientId=%ff",
        ):
            answer = api.get(f"{CHANGES}?{query}")
            assert answer.status_code == 400, (query, answer.text)
            refused(answer, 400)
        for words in ("dryRun=yes", "onConflict=maybe", "dryRun=true&dryRun=true", "fields=id"):
            assert refused(api.post(f"{undo}?{words}"), 400) == "invalid-parameter"
        assert refused(api.post(undo, content=b"[]"), 400) == "malformed-json"
        for method, path in (("GET", f"{CHANGES}/{NO_SUCH_ID}"), ("POST", f"{CHANGES}/{NO_SUCH_ID}/undo")):
            assert refused(api.request(method, path), 404) == "change-not-found"
            assert refused(api.request(method, path.replace(NO_SUCH_ID, "x")), 404) == "change-not-found"
        assert refused(api.delete(CHANGES), 405) == "method-not-allowed"
        assert api.get(made["href"]).json() == made


@pytest.mark.parametrize(
    ("grants", "created", "modified", "deleted", "reading"),
    [
        ("read", 403, 403, 403, True),
        ("read:customer,delete:customer,create:customer,modify:customer", 404, 404, 404, False),
        ("delete:organization", 200, 404, 404, False),
        ("modify:organization", 404, 200, 404, False),
        ("create:organization", 404, 404, 200, False),
        ("read:customer,delete:organization,read:organization", 200, 403, 403, True),
        ("all", 200, 200, 200, True),
    ],
)
def test_undoing_needs_what_it_takes(
    server: Server, grants: str, created: int, modified: int, deleted: int, reading: bool
) -> None:
    company = {"@type": "Organization", "name": "Analytical Engines"}
    with server.api() as api:
        made, changed, gone = (create(api, COMPANIES, company) for _ in range(3))
        api.patch(changed["href"], json={"tradingName": "AE"})
        api.delete(gone["href"])
        changes = [newest(api, record) for record in (made, changed, gone)]
        about_customer = newest(api, create(api, CUSTOMERS, customer()))
    other = Server(server.data, server.port).register(f"u{uuid4().hex[:8]}", "--grant", grants)
    with other.api() as api:
        for change, expected in zip(changes, (created, modified, deleted), strict=True):
            for params in ({"dryRun": "true"}, {}):
                answer = api.post(f"{change['href']}/undo", params=params)
                assert answer.status_code == expected, answer.text
            blind = 404 if "read" in grants else 403
            assert api.get(change["href"]).status_code == (200 if reading else blind)
        listed = api.get(CHANGES, params={"recordId": made["id"]})
        if grants.startswith("read:customer,delete:customer"):
            assert listed.json() == []
            assert api.get(about_customer["href"]).status_code == 200
        else:
            assert listed.status_code == (200 if reading else 403)


def test_changes_need_a_token(server: Server) -> None:
    assert httpx.get(f"{server.url}{CHANGES}").status_code == 401
    assert httpx.post(f"{server.url}{CHANGES}/{NO_SUCH_ID}/undo").status_code == 401
