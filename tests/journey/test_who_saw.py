"""Who saw this customer: one call and one page, of the customer with all that belongs to it."""

from __future__ import annotations

from contextlib import closing
from uuid import uuid4

import httpx

from tests.journey.api_words import CUSTOMERS, PERSONS, create, customer, person, refused
from tests.journey.conftest import Server

REPORT = "/inventory/v1/accessReport"
ENTRIES = "/inventory/v1/trailEntry"


def held(api: httpx.Client) -> tuple[dict[str, str], dict[str, str]]:
    party = create(api, PERSONS, person())
    return party, create(api, CUSTOMERS, customer(party))


def test_a_report_tells_who_saw_a_customer_and_its_party_for_what(server: Server) -> None:
    other = Server(server.data, server.port).register("billing", "--grant", "read:customer", "--purpose", "billing")
    with server.api() as api, other.api() as billing:
        party, made = held(api)
        assert billing.get(made["href"], params={"fields": "status,name"}).status_code == 200
        assert billing.get(made["href"]).status_code == 200
        assert refused(billing.get(party["href"]), 403) == "denied"
        report = api.get(f"{REPORT}/{made['id']}").json()
        assert {each["id"] for each in report["record"]} == {party["id"], made["id"]}
        assert (report["@type"], report["truncated"]) == ("AccessReport", False)
        (seen,) = [each for each in report["access"] if each["purpose"] == "billing"]
        assert seen["client"]["name"] == "billing"
        assert (seen["verb"], seen["outcome"], seen["count"], seen["whole"]) == ("read", "shown", 2, True)
        assert {"status", "name"} <= {*seen["attribute"]}
        assert seen["first"] < seen["last"]
        told = {(each["verb"], each["resource"], each["outcome"]) for each in report["access"]}
        assert {("create", "customer", "done"), ("create", "individual", "done")} <= told
        # The same by the party; and who asked this is told the next time.
        again = api.get(f"{REPORT}/{party['id']}").json()
        assert {each["id"] for each in again["record"]} == {party["id"], made["id"]}
        assert sum(each["count"] for each in again["access"]) > sum(each["count"] for each in report["access"])
        assert api.get(f"{REPORT}/{made['id']}", params={"since": "2999-01-01T00:00:00Z"}).json()["access"] == []
        assert refused(api.get(f"{REPORT}/{uuid4()}"), 404) == "not-found"
        assert refused(api.get(f"{REPORT}/nobody"), 404) == "not-found"
        # Who may not read the trail is told nothing.
        assert refused(billing.get(f"{REPORT}/{made['id']}"), 403) == "denied"
        assert refused(billing.get(ENTRIES, params={"recordId": made["id"]}), 403) == "denied"


def test_the_entries_of_a_record_page_newest_first_and_narrow(server: Server) -> None:
    with server.api() as api:
        _, made = held(api)
        for _ in range(4):
            api.get(made["href"])
        api.patch(made["href"], json={"status": "active"})
        api.get(CUSTOMERS, params={"id": made["id"]})
        found, where = [], f"{ENTRIES}?recordId={made['id']}&limit=3"
        while where:
            answer = api.get(where)
            assert answer.headers["x-result-count"] == str(len(answer.json()))
            found += answer.json()
            where = answer.links.get("next", {}).get("url", "")
            assert answer.status_code == (206 if where else 200)
        assert [each["verb"] for each in found if each["resource"] == "customer"] == [
            "read",
            "modify",
            *["read"] * 4,
            "create",
        ]
        assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)
        assert {each["records"] for each in found} == {1}
        modified = api.get(ENTRIES, params={"recordId": made["id"], "verb": "modify"}).json()
        assert [each["outcome"] for each in modified] == ["done"]
        until = api.get(ENTRIES, params={"recordId": made["id"], "until": modified[0]["at"], "verb": "read"}).json()
        assert len(until) == 4
        assert refused(api.get(ENTRIES), 400) == "invalid-parameter"
        assert refused(api.get(ENTRIES, params={"recordId": made["id"], "verb": "look"}), 400) == "invalid-parameter"


def test_the_page_of_a_record_leads_to_who_saw_it(server: Server) -> None:
    with server.api() as api, closing(server.signed_in()) as console:
        party, made = held(api)
        page = console.get(f"/customer/{made['id']}")
        assert f"/customer/{made['id']}/seen" in page.text
        seen = console.get(f"/customer/{made['id']}/seen")
        assert seen.status_code == 200
        assert "Who saw this customer" in seen.text
        assert "1 person" in seen.text
        assert "Created (person)" in seen.text
        assert console.get(f"/individual/{party['id']}/seen").status_code == 200
        assert console.get(f"/individual/{uuid4()}/seen").status_code == 404
