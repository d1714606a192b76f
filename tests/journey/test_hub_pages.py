"""Lists about events lead on page by page, and what cannot be asked of events is told in the words of who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.journey.conftest import Server
from tests.journey.test_hub_api import NOWHERE, PARTY, TOPICS, WITHIN, other
from tests.listening import listening


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def walked(api: httpx.Client, address: str) -> list[str]:
    """The ids on every page, one after the other; each page but the last is partial."""
    seen: list[str] = []
    while address:
        page = api.get(address)
        seen += [each["id"] for each in page.json()]
        address = page.links.get("next", {}).get("url", "")
        assert page.status_code == (206 if address else 200)
    return seen


def test_subscriptions_lead_on_to_the_next_page(server: Server) -> None:
    with other(server, "subscriber", "read") as api:
        hubs = [api.post(f"{PARTY}/hub", json={"callback": f"{NOWHERE}/{n}"}).json()["id"] for n in range(25)]
        for asked in ("", "?limit=1", "?limit=10", "?limit=24&offset=0"):
            assert sorted(walked(api, f"/inventory/v1/subscription{asked}")) == sorted(hubs)
        assert api.get("/inventory/v1/subscription?limit=25").links == {}
        for hub in hubs:
            api.delete(f"{PARTY}/hub/{hub}")


async def test_dead_letters_lead_on_to_the_next_page(new_server: Server) -> None:
    new_server.start(*WITHIN).register()
    with new_server.api() as api:
        async with listening(lambda _: 500) as listener:
            made = [api.post(f"{PARTY}/hub", json={"callback": f"{listener.url}?{n}"}).json()["id"] for n in range(2)]
            for _ in range(3):
                api.post(f"{PARTY}/individual", json={"@type": "Individual", "givenName": "A", "familyName": "B"})
            while int(api.get("/inventory/v1/deadLetter?limit=1").headers["x-total-count"]) < 6:
                await asyncio.sleep(0.1)
        assert len(set(walked(api, "/inventory/v1/deadLetter?limit=1"))) == 6
        of_one = walked(api, f"/inventory/v1/deadLetter?limit=2&subscription={made[0]}")
        assert len(of_one) == 3
        assert {letter.partition(".")[0] for letter in of_one} == {made[0]}


@pytest.mark.parametrize("query", ["eventType=", "eventType= , ", "eventType=&event.individual.givenName=Ada"])
def test_an_event_type_must_be_named(api: httpx.Client, query: str) -> None:
    for path in (f"{PARTY}/hub", f"{TOPICS}/all/hub"):
        answer = api.post(path, json={"callback": NOWHERE, "query": query})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-query")
        assert "such as eventType=CustomerCreateEvent, or leave it out" in answer.json()["message"]
    answer = api.post(TOPICS, json={"headerQuery": query})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-query")
    answer = api.get(f"{TOPICS}/all/event?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-query")


def test_an_event_type_of_received_events_must_be_named(api: httpx.Client) -> None:
    answer = api.get("/inventory/v1/receivedEvent?eventType=")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-parameter")


@pytest.mark.parametrize(
    ("topic", "query", "said"),
    [
        ("individual", "nothing=1", "individual has no attribute nothing."),
        ("individual", "givenNam=x", "individual has no attribute givenNam. Did you mean givenName?"),
        ("all", "zzz=1", "No resource here has an attribute zzz."),
        ("all", "givenNam=x", "individual has no attribute givenNam. Did you mean givenName?"),
        ("all", "eventType=CustomerCreateEvent&zzz=1", "customer has no attribute zzz."),
        ("all", "eventType=CustomerCreateEvent,AgreementCreateEvent&zzz=1", "No resource here has an attribute zzz."),
        ("all", "zzz.contains=1;yyy=2", "No resource here has an attribute zzz."),
    ],
)
def test_a_condition_is_refused_by_the_name_of_what_it_is_on(
    api: httpx.Client, topic: str, query: str, said: str
) -> None:
    answer = api.get(f"{TOPICS}/{topic}/event?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-attribute")
    assert answer.json()["message"].startswith(said)
    hub = api.post(f"{TOPICS}/{topic}/hub", json={"callback": NOWHERE, "query": query})
    assert (hub.status_code, hub.json()["message"]) == (400, answer.json()["message"])


def test_a_topic_of_a_client_is_named_by_what_it_is_of(api: httpx.Client) -> None:
    header = {"headerQuery": "eventType=CustomerCreateEvent"}
    refused = api.post(TOPICS, json={**header, "contentQuery": "zzz=1"})
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("customer has no attribute zzz.")
    made = api.post(TOPICS, json=header).json()
    refused = api.get(f"{made['href']}/event?zzz=1")
    assert refused.json()["message"].startswith("customer has no attribute zzz.")
    assert api.get(f"{made['href']}/event?eventType=IndividualCreateEvent").json()["code"] == "invalid-query"
    assert api.delete(made["href"]).status_code == 204
