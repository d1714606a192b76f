"""The TMF630 core as someone who calls the API sees it: a record, its versions, its references, and refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from tests.journey.api_words import CUSTOMERS, NO_SUCH_ID, PERSONS, create, customer, person, refused
from tests.journey.conftest import Server


@pytest.fixture
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def test_a_record_is_created_read_changed_and_deleted(api: httpx.Client) -> None:
    made = api.post(PERSONS, json=person())
    assert made.status_code == 201
    record = made.json()
    assert made.headers["location"] == record["href"] == f"{PERSONS}/{record['id']}"
    assert made.headers["etag"] == '"1"'
    assert {**person(), "id": record["id"], "href": record["href"]} == record

    assert api.get(record["href"]).json() == record

    patched = api.patch(record["href"], json={"title": "Countess", "givenName": "Augusta Ada"})
    assert patched.status_code == 200
    assert patched.headers["etag"] == '"2"'
    assert patched.json() == {**record, "title": "Countess", "givenName": "Augusta Ada"}

    assert api.delete(record["href"]).status_code == 204
    assert refused(api.get(record["href"]), 404) == "not-found"
    assert refused(api.delete(record["href"]), 404) == "not-found"
    assert refused(api.patch(record["href"], json={}), 404) == "not-found"


def test_an_id_that_the_client_sends_is_not_taken(api: httpx.Client) -> None:
    record = create(api, PERSONS, person(id=NO_SUCH_ID, href="/elsewhere"))
    assert record["id"] != NO_SUCH_ID
    assert record["href"] == f"{PERSONS}/{record['id']}"


def test_unknown_attributes_survive_in_every_depth(api: httpx.Client) -> None:
    extension = {
        "loyalty": {"tier": "gold", "points": [1, 2.5, {"deep": None}]},
        "@schemaLocation": "https://example.org/schema",
        "@type": "Subscriber",
        "@baseType": "Individual",
    }
    record = create(api, PERSONS, {**person(), **extension})
    api.patch(record["href"], json={"title": "Ms"})
    again = api.get(record["href"]).json()
    assert {name: again[name] for name in extension} == extension


def test_a_patch_merges_objects_replaces_arrays_and_removes_by_null(api: httpx.Client) -> None:
    medium = {"@type": "EmailContactMedium", "emailAddress": "a@example.org"}
    start, end = {"startDateTime": "2026-01-01T00:00:00Z"}, {"endDateTime": "2027-01-01T00:00:00Z"}
    record = create(api, CUSTOMERS, customer(validFor=start, contactMedium=[medium, medium], status="new"))
    change = {"validFor": end, "contactMedium": [medium], "status": None}
    patched = api.patch(record["href"], json=change, headers={"content-type": "application/merge-patch+json"})
    found = patched.json()
    assert found["validFor"] == {**start, **end}
    assert found["contactMedium"] == [medium]
    assert "status" not in found
    assert refused(api.patch(record["href"], json={"name": None}), 400) == "invalid-document"
    assert refused(api.patch(record["href"], json={"@type": "Other"}), 400) == "immutable-attribute"
    assert api.get(record["href"]).json() == found


def test_the_other_base_paths_lead_to_the_same_records(api: httpx.Client) -> None:
    record = create(api, "/tmf-api/customer/v5/customer", customer())
    assert record["href"].startswith(CUSTOMERS)
    assert api.get(f"/tmf-api/customer/v5/customer/{record['id']}").json() == record
    assert api.get(record["href"]).json() == record
    party = create(api, "/tmf-api/party/v5/individual", person())
    assert api.get("/tmf-api/party/v5/individual", params={"id": party["id"]}).json() == [party]


# Versions and repetition


def test_a_change_may_name_the_version_it_is_for(api: httpx.Client) -> None:
    record = create(api, PERSONS, person())
    assert api.patch(record["href"], json={"title": "Ms"}, headers={"if-match": '"7", "1"'}).status_code == 200
    stale = api.patch(record["href"], json={"title": "Dr"}, headers={"if-match": '"1"'})
    assert refused(stale, 412) == "version-conflict"
    assert refused(api.delete(record["href"], headers={"if-match": 'W/"2"'}), 412) == "version-conflict"
    assert api.get(record["href"]).json()["title"] == "Ms"
    assert api.delete(record["href"], headers={"if-match": '"2"'}).status_code == 204


def test_a_change_that_changes_nothing_makes_no_version(api: httpx.Client) -> None:
    record = create(api, PERSONS, person())
    assert api.patch(record["href"], json={"givenName": "Ada"}).headers["etag"] == '"1"'


def test_a_client_that_has_the_version_gets_no_body(api: httpx.Client) -> None:
    record = create(api, PERSONS, person())
    same = api.get(record["href"], headers={"if-none-match": 'W/"1"'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"1"')
    assert api.get(record["href"], headers={"if-none-match": '"2"'}).status_code == 200


def test_a_repeated_request_is_done_once(api: httpx.Client) -> None:
    key = {"idempotency-key": uuid4().hex}
    first, again = (api.post(PERSONS, json=person(), headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (first.headers["location"], first.headers["etag"]) == (again.headers["location"], again.headers["etag"])
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert refused(api.post(PERSONS, json=person(given="Eva"), headers=key), 422) == "idempotency-key-reused"
    assert refused(api.delete(first.headers["location"], headers=key), 422) == "idempotency-key-reused"


def test_repeated_changes_and_deletions_are_done_once(api: httpx.Client) -> None:
    record = create(api, PERSONS, person())
    key = {"idempotency-key": uuid4().hex}
    assert api.patch(record["href"], json={"title": "Ms"}, headers=key).headers["etag"] == '"2"'
    api.patch(record["href"], json={"title": "Dr"})
    replayed = api.patch(record["href"], json={"title": "Ms"}, headers=key)
    assert (replayed.headers["etag"], replayed.json()["title"]) == ('"2"', "Ms")
    assert api.get(record["href"]).json()["title"] == "Dr"
    key = {"idempotency-key": uuid4().hex}
    assert [api.delete(record["href"], headers=key).status_code for _ in range(2)] == [204, 204]


def test_the_same_request_from_many_at_once_makes_one_record(api: httpx.Client) -> None:
    key, family = {"idempotency-key": uuid4().hex}, f"Once{uuid4().hex}"
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: api.post(PERSONS, json=person(family=family), headers=key), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert api.get(PERSONS, params={"familyName": family}).headers["x-total-count"] == "1"


def test_a_record_can_be_read_as_it_was(api: httpx.Client) -> None:
    before = datetime.now(UTC)
    record = create(api, PERSONS, person(family=f"Past{uuid4().hex}"))
    then = datetime.now(UTC)
    api.patch(record["href"], json={"title": "Dr"})
    api.delete(record["href"])
    assert refused(api.get(record["href"]), 404) == "not-found"
    assert api.get(record["href"], params={"asOf": then.isoformat()}).json() == record
    assert refused(api.get(record["href"], params={"asOf": before.isoformat()}), 404) == "not-found"
    past = {"familyName": record["familyName"], "asOf": then.isoformat()}
    assert api.get(PERSONS, params=past).json() == [record]
    assert api.get(PERSONS, params={"familyName": record["familyName"]}).json() == []


# References


def test_strict_references_must_name_a_record_and_keep_it(new_server: Server) -> None:
    new_server.start("--reference-check", "customer.engagedParty=strict").register()
    with new_server.api() as api:
        party = create(api, PERSONS, person())
        record = create(api, CUSTOMERS, customer(party))
        absent = customer({"id": NO_SUCH_ID})
        assert refused(api.post(CUSTOMERS, json=absent), 422) == "reference-missing"
        assert refused(api.post(CUSTOMERS, json=customer()), 422) == "reference-missing"
        change = {"engagedParty": absent["engagedParty"]}
        assert refused(api.patch(record["href"], json=change), 422) == "reference-missing"
        assert refused(api.delete(party["href"]), 409) == "still-referenced"
        assert api.get(CUSTOMERS).json() == [record]
        related = {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "owner",
            "partyOrPartyRole": absent["engagedParty"],
        }
        warned = api.patch(record["href"], json={"relatedParty": [related]})
        assert (warned.status_code, warned.headers["x-reference-warning"]) == (200, "relatedParty.partyOrPartyRole")
        assert api.delete(record["href"]).status_code == 204
        assert api.delete(party["href"]).status_code == 204


def test_references_need_not_be_checked_at_all(new_server: Server) -> None:
    new_server.start("--reference-check", "customer.engagedParty=off").register()
    with new_server.api() as api:
        for party in ({"id": NO_SUCH_ID}, None):
            made = api.post(CUSTOMERS, json=customer(party))
            assert (made.status_code, made.headers.get("x-reference-warning")) == (201, None)


def test_a_reference_that_names_nothing_is_warned_about(api: httpx.Client) -> None:
    made = api.post(CUSTOMERS, json=customer({"id": NO_SUCH_ID}))
    assert (made.status_code, made.headers["x-reference-warning"]) == (201, "engagedParty")
    right = api.post(CUSTOMERS, json=customer(create(api, PERSONS, person())))
    assert (right.status_code, right.headers.get("x-reference-warning")) == (201, None)


# Refusals


def test_every_refusal_has_the_one_shape(api: httpx.Client, server: Server) -> None:
    record = create(api, PERSONS, person())
    json, xml = {"content-type": "application/json"}, {"content-type": "text/xml"}
    with httpx.Client(base_url=server.url) as nobody:
        assert refused(nobody.get(PERSONS), 401) == "invalid_token"
        assert refused(nobody.get(PERSONS, headers={"authorization": "Bearer x"}), 401) == "invalid_token"
    assert refused(api.get(PERSONS, headers={"x-purpose": "marketing"}), 403) == "purpose-not-registered"
    assert refused(api.get("/tmf-api/partyManagement/v5/nothing"), 404) == "unknown-path"
    assert refused(api.get(f"{PERSONS}/{NO_SUCH_ID}"), 404) == "not-found"
    assert refused(api.post(PERSONS, content="{", headers=json), 400) == "malformed-json"
    for content, told in (("[" * 5000 + "]" * 5000, "nested deeper"), ("9" * 5000, "more digits")):
        answer = api.post(PERSONS, content=content, headers=json)
        assert refused(answer, 400) == "malformed-json"
        assert told in answer.json()["message"]
    assert refused(api.post(PERSONS, content="<a/>", headers=xml), 415) == "unsupported-media-type"
    assert refused(api.post(PERSONS, json=person(note="x" * 16 * 1024 * 1024)), 413) == "body-too-large"
    assert refused(api.get(f"{PERSONS}?nothing=1"), 400) == "unknown-attribute"
    assert refused(api.put(PERSONS), 405) == refused(api.put(record["href"], json=record), 405) == "method-not-allowed"
    patch = {"content-type": "application/json-patch"}
    assert refused(api.patch(record["href"], content="[]", headers=patch), 415) == "unsupported-media-type"


def test_json_comes_in_utf_8(api: httpx.Client) -> None:
    body = b'{"@type": "Individual", "givenName": "A", "familyName": "B"}'
    for charset, status in (("utf-16", 415), ("ISO-8859-1", 415), ('"UTF-8"', 201), ("utf-8", 201)):
        answer = api.post(PERSONS, content=body, headers={"content-type": f"application/json; charset={charset}"})
        assert answer.status_code == status, charset


def test_a_page_of_any_kind_is_asked_for_by_any_client(server: Server) -> None:
    with httpx.Client(base_url=server.url) as anyone:
        for kind in ("customer", "billing_account", "party_interaction"):
            asked = anyone.get(f"/{kind}/{NO_SUCH_ID}", headers={"accept": "*/*"})
            assert (asked.status_code, asked.headers["location"].partition("?")[0]) == (303, "/sign-in"), kind


def test_a_refusal_says_what_is_allowed_instead(api: httpx.Client) -> None:
    assert api.put(PERSONS).headers["allow"] == "GET, HEAD, POST"
    assert api.put(f"{PERSONS}/{NO_SUCH_ID}").headers["allow"] == "GET, HEAD, PATCH, DELETE"
    unknown = api.patch(f"{PERSONS}/{NO_SUCH_ID}", content="<a/>", headers={"content-type": "text/xml"})
    accepted = unknown.headers["accept-patch"].split(", ")
    assert (unknown.status_code, len(accepted)) == (415, 4)
    assert {"application/merge-patch+json", "application/json-patch+json"} < set(accepted)


def test_an_answer_names_the_request_and_takes_a_name_that_is_one(api: httpx.Client) -> None:
    assert api.get(PERSONS, headers={"x-request-id": "order-66"}).headers["x-request-id"] == "order-66"
    for unfit in ("", "x" * 65, "a\tb"):
        own = api.get(PERSONS, headers={"x-request-id": unfit}).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{16}", own)
