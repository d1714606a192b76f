"""TMF667 Document and TMF681 CommunicationMessage, which exist as v4 only: served as they are stored."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.journey.api_words import PERSONS, create, person, refused
from tests.journey.conftest import Server

DOCUMENTS = "/tmf-api/document/v4/document"
MESSAGES = "/tmf-api/communicationManagement/v4/communicationMessage"
MESSAGE = {
    "content": "Your line is ready.",
    "messageType": "SMS",
    "receiver": [{"phoneNumber": "+44 20"}],
    "sender": {},
}


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def test_a_document_needs_nothing_and_is_told_its_class(api: httpx.Client) -> None:
    made = api.post(DOCUMENTS, json={})
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["@type"] == "Document"
    assert body["href"] == f"{DOCUMENTS}/{body['id']}" == made.headers["location"]
    assert api.get(f"/tmf-api/documentManagement/v4/document/{body['id']}").json() == body


def test_a_class_of_the_clients_own_is_kept_without_a_base_type(api: httpx.Client) -> None:
    made = create(api, DOCUMENTS, {"@type": "Contract", "name": "Terms", "binaryAttachment": [{"@type": "Scan"}]})
    assert (made["@type"], made["binaryAttachment"]) == ("Contract", [{"@type": "Scan"}])
    renamed = api.patch(f"{DOCUMENTS}/{made['id']}", json={"name": "Conditions"})
    assert (renamed.json()["@type"], renamed.json()["name"]) == ("Contract", "Conditions")
    assert refused(api.patch(f"{DOCUMENTS}/{made['id']}", json={"@type": "Document"}), 400) == "immutable-attribute"


def test_a_document_lives_with_its_party_and_points_at_it(api: httpx.Client) -> None:
    ada = create(api, PERSONS, person())
    author = {"id": ada["id"], "role": "author", "@referredType": "Individual"}
    made = create(api, DOCUMENTS, {"name": "Letter", "relatedParty": [author]})
    assert made["id"][14:18] == ada["id"][14:18]
    listed = api.get(DOCUMENTS, params={"relatedParty.id": ada["id"]})
    assert [found["id"] for found in listed.json()] == [made["id"]]
    nameless = {**author, "@referredType": None}
    assert refused(api.post(DOCUMENTS, json={"relatedParty": [nameless]}), 400) == "invalid-document"


def test_a_message_needs_what_the_file_demands_and_no_class(api: httpx.Client) -> None:
    made = create(api, MESSAGES, MESSAGE)
    assert {name: made[name] for name in MESSAGE} == MESSAGE
    assert made["@type"] == "CommunicationMessage"
    for name in MESSAGE:
        without = {key: value for key, value in MESSAGE.items() if key != name}
        assert name in api.post(MESSAGES, json=without).json()["message"]
    assert "state" in api.post(MESSAGES, json={**MESSAGE, "state": "lost"}).json()["message"]


def test_a_message_is_found_changed_and_deleted(api: httpx.Client) -> None:
    made = create(api, MESSAGES, {**MESSAGE, "subject": "Found", "characteristic": [{"name": "cost", "value": 0.05}]})
    found = api.get(MESSAGES, params={"characteristic.value": "0.05", "subject": "Found"}).json()
    assert [message["id"] for message in found] == [made["id"]]
    done = api.patch(f"{MESSAGES}/{made['id']}", json={"state": "completed", "sendTime": "2026-01-01T10:00:00Z"})
    assert done.json() == {**made, "state": "completed", "sendTime": "2026-01-01T10:00:00Z"}
    assert api.delete(f"{MESSAGES}/{made['id']}").status_code == 204
    assert api.get(f"{MESSAGES}/{made['id']}").status_code == 404
