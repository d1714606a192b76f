"""Hubs, topics, listeners and dead letters as an integration developer meets them: over HTTP, on a running server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from customer_inventory.model.views import VIEWS
from tests.journey.conftest import Server, command
from tests.listening import listening

PARTY = "/tmf-api/partyManagement/v5"
TOPICS = "/tmf-api/event/v4/topic"
NOWHERE = "https://listener.invalid/events"
BASES = sorted({base for view in VIEWS for base in view.api.paths})
JSON = {"content-type": "application/json"}
TOLD = {"event": {"individual": {"id": "7"}}}
WITHIN = ("--hub-allow=127.0.0.0/8", "--hub-retry-first=0.05", "--hub-retry-days=0", "--hub-lease=1")


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def other(server: Server, name: str, *grants: str) -> httpx.Client:
    """Another client of the server, with these grants."""
    kept = server.client_id, server.client_secret
    flags = [flag for grant in grants for flag in ("--grant", grant)]
    try:
        return server.register(name, *flags).api()
    finally:
        server.client_id, server.client_secret = kept


@pytest.mark.parametrize("base", BASES)
def test_a_subscription_is_made_shown_and_ended_at_every_base_path(api: httpx.Client, base: str) -> None:
    made = api.post(f"{base}/hub", json={"callback": f"{NOWHERE}{base}", "query": "", "@type": "Hub"})
    assert made.status_code == 201, made.text
    content = made.json()
    assert content["callback"] == f"{NOWHERE}{base}"
    assert content["secret"].startswith("whsec_")
    location = made.headers["location"]
    assert location == f"{base}/hub/{content['id']}" == content["href"]
    shown = api.get(location)
    assert shown.status_code == 200
    assert shown.json() == {name: value for name, value in content.items() if name != "secret"}
    assert content["id"] in {each["id"] for each in api.get(f"{base}/hub").json()}
    again = api.post(f"{base}/hub", json={"callback": f"{NOWHERE}{base}"})
    assert (again.status_code, again.json()["code"]) == (409, "already-subscribed")
    assert api.delete(location).status_code == 204
    for method in ("GET", "DELETE"):
        gone = api.request(method, location)
        assert (gone.status_code, gone.json()["code"]) == (404, "subscription-not-found")
    assert api.get(f"{base}/hub").json() == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({}, "invalid-subscription"),
        ({"callback": None}, "invalid-subscription"),
        ({"callback": 7}, "invalid-subscription"),
        ({"callback": ["x"]}, "invalid-subscription"),
        ({"callback": "x" * 3000}, "invalid-subscription"),
        ({"callback": "nonsense"}, "callback-refused"),
        ({"callback": "http://localhost:5432/"}, "callback-refused"),
        ({"callback": "http://169.254.169.254/latest"}, "callback-refused"),
        ({"callback": NOWHERE, "query": 7}, "invalid-subscription"),
        ({"callback": NOWHERE, "query": "eventType=NothingEvent"}, "invalid-query"),
        ({"callback": NOWHERE, "query": "event.individual.nothing=1"}, "invalid-query"),
        ({"callback": NOWHERE, "query": "filter=$[?("}, "invalid-query"),
        ({"callback": NOWHERE, "query": "eventTime.gt=garbage"}, "invalid-query"),
        ({"callback": NOWHERE, "query": "status=vallidated"}, "invalid-query"),
        ({"callback": NOWHERE, "query": "\u0000"}, "invalid-subscription"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(api: httpx.Client, content: dict[str, Any], code: str) -> None:
    answer = api.post(f"{PARTY}/hub", json=content)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_subscription_is_seen_by_its_client_at_its_api_only(server: Server, api: httpx.Client) -> None:
    made = api.post(f"{PARTY}/hub", json={"callback": NOWHERE}).json()
    assert api.get(f"/tmf-api/party/v4/hub/{made['id']}").status_code == 404
    with other(server, "stranger", "read") as stranger:
        for path in (f"{PARTY}/hub/{made['id']}", f"/inventory/v1/subscription/{made['id']}"):
            assert stranger.get(path).status_code == 404
        assert stranger.delete(f"{PARTY}/hub/{made['id']}").status_code == 404
        assert stranger.get("/inventory/v1/subscription").json() == []
        replay = stranger.post(f"/inventory/v1/subscription/{made['id']}/replay", json={"from": 0})
        assert replay.status_code == 404
    assert api.delete(f"{PARTY}/hub/{made['id']}").status_code == 204


def test_who_may_read_nothing_of_it_cannot_listen(server: Server) -> None:
    with other(server, "writer-only", "create:individual") as writer:
        refused = writer.post(f"{PARTY}/hub", json={"callback": NOWHERE})
        assert (refused.status_code, refused.json()["code"]) == (403, "denied")
        refused = writer.post(f"{TOPICS}/all/hub", json={"callback": NOWHERE})
        assert refused.status_code == 403
        assert writer.get(f"{TOPICS}/individual/event").json() == []
        assert writer.post(f"{PARTY}/listener/individualCreateEvent", json={"event": {}}).status_code == 403
        assert writer.get("/inventory/v1/receivedEvent").status_code == 403


def test_topics_show_the_events_of_the_feed(api: httpx.Client) -> None:
    topics = {topic["id"]: topic for topic in api.get(TOPICS).json()}
    assert {"all", "individual", "customer"} <= topics.keys()
    assert api.get(f"{TOPICS}/individual").json() == topics["individual"]
    assert api.get(f"{TOPICS}/nothing").json()["code"] == "topic-not-found"
    made = api.post(f"{PARTY}/individual", json={"@type": "Individual", "givenName": "A", "familyName": "B"}).json()
    merge = {"content-type": "application/merge-patch+json"}
    api.patch(made["href"], content=b'{"status":"validated","givenName":"C"}', headers=merge)
    events = _settled(api, f"{TOPICS}/individual/event?limit=3", made["id"], 3)
    types = [event["eventType"] for event in events]
    assert types == ["IndividualCreateEvent", "IndividualAttributeValueChangeEvent", "IndividualStateChangeEvent"]
    assert events[0]["event"]["individual"]["givenName"] == "A"
    for number, event in enumerate(events):
        assert api.get(event["href"]).json() == event
        chosen = api.get(event["href"], params={"fields": "eventType,event.individual.status"}).json()
        assert chosen.keys() == {"id", "href", "@type", "eventType", "event"}
        after = api.get(f"{TOPICS}/individual/event", params={"after": event["id"], "limit": "5"})
        assert [each["id"] for each in after.json()] == [each["id"] for each in events[number + 1 :]]
        assert api.get(f"{TOPICS}/customer/event/{event['id']}").status_code == 404
    for wrong in ("nonsense", "1.2.3", "1.x.1.1", f"{'9' * 30}.{made['id']}.1.0"):
        assert api.get(f"{TOPICS}/individual/event/{wrong}").status_code == 404
        assert api.get(f"{TOPICS}/individual/event", params={"after": wrong}).status_code == 400
    for condition in ({"eventTime.gt": "garbage"}, {"status": "vallidated"}):
        assert api.get(f"{TOPICS}/individual/event", params=condition).json()["code"] == "invalid-value"
    for query in ({"headerQuery": "eventTime.gt=garbage"}, {"contentQuery": "event.individual.birthDate=never"}):
        assert api.post(TOPICS, json=query).json()["code"] == "invalid-query"


def test_pages_of_a_topic_lead_on_past_what_may_not_be_read(server: Server, api: httpx.Client) -> None:
    marks = []
    for number in range(2):
        person = {"@type": "Individual", "givenName": "P", "familyName": str(number)}
        made = api.post(f"{PARTY}/individual", json=person).json()
        marks += _settled(api, f"{TOPICS}/individual/event?limit=5", made["id"], 1)
        for _ in range(5):
            api.post(f"{PARTY}/organization", json={"@type": "Organization", "name": "Pages"})
    with other(server, "individuals-only", "read:individual") as reader:
        expected = reader.get(f"{TOPICS}/individual/event", params={"after": marks[0]["id"], "limit": "100"}).json()
        assert expected
        page = reader.get(f"{TOPICS}/all/event", params={"after": marks[0]["id"], "limit": "1"})
        for event in expected:
            assert [each["eventId"] for each in page.json()] == [event["eventId"]]
            page = reader.get(page.links["next"]["url"])
        assert page.json() == []
        latest = reader.get(f"{TOPICS}/all/event", params={"limit": "1"}).json()
        assert [each["eventId"] for each in latest] == [expected[-1]["eventId"]]


def _settled(api: httpx.Client, path: str, record: str, number: int) -> list[dict[str, Any]]:
    """The events of a record at a topic, as soon as they lie behind the feed's horizon."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        events = [event for event in api.get(path).json() if event["event"]["individual"]["id"] == record]
        if len(events) == number:
            return events
        time.sleep(0.05)
    raise AssertionError(f"{path} does not show them")


def test_a_topic_has_hubs(api: httpx.Client) -> None:
    made = api.post(f"{TOPICS}/customer/hub", json={"callback": NOWHERE, "query": "eventType=CustomerCreateEvent"})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{TOPICS}/customer/hub/{made.json()['id']}"
    assert api.get(made.headers["location"]).json()["query"] == "eventType=CustomerCreateEvent"
    assert api.get(f"{TOPICS}/individual/hub/{made.json()['id']}").status_code == 404
    assert api.get(f"{TOPICS}/nothing/hub").status_code == 404
    assert api.post(f"{TOPICS}/nothing/hub", json={"callback": NOWHERE}).status_code == 404
    assert api.delete(made.headers["location"]).status_code == 204


@pytest.mark.parametrize(("base", "status"), [(PARTY, 204), ("/tmf-api/party/v4", 201)])
def test_a_listener_takes_events_of_others_once(api: httpx.Client, base: str, status: int) -> None:
    event = {"eventId": f"theirs-{base}", "eventType": "IndividualCreateEvent", "event": {"individual": {"id": "7"}}}
    for _ in range(2):
        body = json.dumps({**event, "note": "\u0000"})
        taken = api.post(f"{base}/listener/individualCreateEvent", content=body, headers=JSON)
        assert taken.status_code == status, taken.text
    shown = [
        one for one in api.get("/inventory/v1/receivedEvent?limit=100").json() if one["eventId"] == event["eventId"]
    ]
    assert len(shown) == 1
    assert shown[0]["body"]["event"] == event["event"]
    assert api.get(shown[0]["href"]).json() == shown[0]
    page = api.get(
        "/inventory/v1/receivedEvent", params={"after": shown[0]["id"], "eventType": "IndividualCreateEvent"}
    )
    assert shown[0]["id"] not in {one["id"] for one in page.json()}
    for kind in ("IndividualDeleteEvent", "OrganizationCreateEvent", "IndividualDeleteEvent"):
        name = "organization" if kind.startswith("Organization") else "individual"
        one = {"eventId": f"theirs-{uuid4()}", "event": {name: {"id": "7"}}}
        assert api.post(f"{base}/listener/{kind[0].lower()}{kind[1:]}", json=one).status_code == status
    seen, address = [], "/inventory/v1/receivedEvent?eventType=IndividualDeleteEvent&limit=1"
    while address:
        pages = api.get(address)
        seen += [one["eventType"] for one in pages.json()]
        address = pages.links.get("next", {}).get("url", "")
    assert len(seen) > 1
    assert set(seen) == {"IndividualDeleteEvent"}


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("individualCreateEvent", {"event": {"individual": {"id": "7"}}}, 204),
        ("customerCreateEvent", {"event": {"customer": {"id": "7"}}}, 404),
        ("nothing", {}, 404),
    ],
)
def test_a_listener_takes_what_is_an_event(api: httpx.Client, name: str, content: Any, status: int) -> None:
    assert api.post(f"{PARTY}/listener/{name}", json=content).status_code == status


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "has no `event`"),
        ({"payload": {}}, "has no `event`"),
        ({"event": []}, "`event` of the event is not an object"),
        ({**TOLD, "eventType": "IndividualDeleteEvent"}, "`eventType` of the event is not IndividualCreateEvent"),
        ({**TOLD, "eventId": 7}, "`eventId` of the event is not a text"),
        ({**TOLD, "eventId": ""}, "`eventId` of the event is empty"),
        ({**TOLD, "eventId": "x" * 300}, "more than 200 characters"),
        ({**TOLD, "eventId": "\0"}, "null character"),
    ],
)
def test_a_refused_event_is_told_why(api: httpx.Client, content: Any, said: str) -> None:
    refused = api.post(f"{PARTY}/listener/individualCreateEvent", json=content)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-event")
    assert said in refused.json()["message"]
    assert "IndividualDeleteEvent" not in refused.json()["message"]


@pytest.mark.parametrize(
    ("carried", "status"),
    [
        ({"payload": {"partyAccount": {"id": "1"}}}, 201),
        ({"event": {"partyAccount": {"id": "1"}}}, 201),
        ({"payload": 1}, 400),
        ({"payload": {}, "event": 1}, 400),
        ({"payload": {}, "event": {"partyAccount": {"id": "1"}}}, 201),
        ({"payload": {"account": {"id": "1"}}}, 400),
        ({}, 400),
    ],
)
def test_accounts_in_v4_have_a_payload(api: httpx.Client, carried: dict[str, Any], status: int) -> None:
    """As the official file of TMF666 v4 says; what all other files say is taken as well."""
    content = {"eventTime": "2020-01-01T00:00:00Z", "eventType": "PartyAccountStateChangeEvent", **carried}
    answer = api.post("/tmf-api/accountManagement/v4/listener/partyAccountStateChangeEvent", json=content)
    assert answer.status_code == status, answer.text


async def test_dead_letters_are_seen_and_replayed(new_server: Server) -> None:
    new_server.start(*WITHIN).register()
    down = True
    async with (
        listening(lambda _: 500 if down else 201) as listener,
        httpx.AsyncClient(base_url=new_server.url, headers={"authorization": f"Bearer {new_server.token()}"}) as api,
    ):
        made = (await api.post(f"{PARTY}/hub", json={"callback": listener.url})).json()
        content = {"@type": "Individual", "givenName": "A", "familyName": "B"}
        record = (await api.post(f"{PARTY}/individual", json=content)).json()["id"]
        await listener.until(lambda listener: len(listener.received) >= 1)
        letters: list[dict[str, Any]] = []
        while not letters:
            letters = (await api.get("/inventory/v1/deadLetter", params={"subscription": made["id"]})).json()
        (letter,) = letters
        assert (letter["recordId"], letter["outcome"], letter["eventType"]) == (
            record,
            "status 500",
            "IndividualCreateEvent",
        )
        assert (await api.get(letter["href"])).json() == letter
        assert (await api.get(f"/inventory/v1/subscription/{made['id']}")).json()["deadLetters"] == 1
        assert "customer_inventory_hub_dead_letters 1.0" in (await api.get("/metrics")).text
        assert json.dumps(letter).count("givenName") == 0
        data = ("--data", str(new_server.data))
        listed = await asyncio.to_thread(command, "hub", "list", *data)
        assert f"{made['id']}  {new_server.client_id}  TMF632 v5  active  {listener.url}" in listed.stdout
        dead = await asyncio.to_thread(command, "hub", "dead-letters", *data)
        assert f"{made['id']}  individual {record} version 1  IndividualCreateEvent" in dead.stdout
        assert "1 dead letters." in dead.stdout
        down = False
        assert (await api.post(f"{letter['href']}/replay")).status_code == 202
        await listener.until_taken(1)
        assert (await api.get(letter["href"])).status_code == 404
        replay = f"/inventory/v1/subscription/{made['id']}/replay"
        assert (await api.post(replay, json={"from": 0})).json()["status"] == "active"
        await listener.until_taken(2)
        assert (await api.post(replay, json={"from": "2020-01-01T00:00:00Z"})).status_code == 200
        await listener.until_taken(3)
        again = await asyncio.to_thread(command, "hub", "replay", made["id"], "--position", "0", *data)
        assert again.returncode == 0, again.stderr
        await listener.until_taken(4)
        unknown = await asyncio.to_thread(command, "hub", "replay", record, *data)
        assert unknown.returncode == 4
        assert (await api.post(replay, json={"deadLetters": True})).status_code == 200
        for wrong in ({}, {"from": None}, {"from": -1}, {"from": "yesterday"}, {"from": "2020-01-01"}, {"from": 2**70}):
            refused = await api.post(replay, json=wrong)
            assert (refused.status_code, refused.json()["code"]) == (400, "invalid-replay"), wrong
        assert len({received.event["eventId"] for received in listener.received}) == 1
    assert new_server.stop() == 0


async def test_the_event_can_be_part_of_the_path(new_server: Server) -> None:
    new_server.start(*WITHIN, "--hub-append-path").register()
    async with (
        listening() as listener,
        httpx.AsyncClient(base_url=new_server.url, headers={"authorization": f"Bearer {new_server.token()}"}) as api,
    ):
        await api.post(f"{PARTY}/hub", json={"callback": f"{listener.url}?of=us"})
        await api.post(f"{PARTY}/individual", json={"@type": "Individual", "givenName": "A", "familyName": "B"})
        (received,) = await listener.until_taken(1)
    assert received.path == "/events/listener/individualCreateEvent?of=us"
