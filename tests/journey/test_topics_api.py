"""Topics (TMF688) as an integration developer meets them: made, looked through both ways, and subscribed to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.journey.api_words import refused
from tests.journey.conftest import Server
from tests.journey.test_hub_api import NOWHERE, PARTY, TOPICS, WITHIN, other
from tests.listening import listening

NAMES = {"@type": "Topic", "name": "Adas", "headerQuery": "eventType=IndividualCreateEvent,IndividualDeleteEvent"}
OF_ADA = {**NAMES, "contentQuery": "event.individual.givenName=Ada"}


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


@pytest.fixture
def topic(api: httpx.Client) -> Iterator[dict[str, Any]]:
    made = api.post(TOPICS, json={**OF_ADA, "owner": {"team": "sales"}})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == made.json()["href"]
    yield made.json()
    api.delete(made.json()["href"])


def test_a_topic_is_made_found_and_deleted(api: httpx.Client, topic: dict[str, Any]) -> None:
    assert topic == {"id": topic["id"], "href": f"{TOPICS}/{topic['id']}", **OF_ADA, "owner": {"team": "sales"}}
    assert api.get(topic["href"]).json() == topic
    assert api.get(TOPICS, params={"name": "Adas"}).json() == [topic]
    assert api.get(TOPICS, params={"filter": "$[?(@.headerQuery)]", "fields": "name"}).json() == [
        {"id": topic["id"], "href": topic["href"], "@type": "Topic", "name": "Adas"}
    ]
    first = api.get(TOPICS, params={"sort": "name", "limit": 1, "offset": 1})
    assert (first.status_code, [one["id"] for one in first.json()]) == (206, ["agreement"])
    assert refused(api.get(TOPICS, params={"nam": "x"}), 400) == "unknown-attribute"
    assert api.delete(topic["href"]).status_code == 204
    assert refused(api.get(topic["href"]), 404) == "topic-not-found"
    assert refused(api.delete(topic["href"]), 404) == "topic-not-found"
    assert refused(api.get(f"{topic['href']}/event"), 404) == "topic-not-found"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"headerQuery": "eventType=NothingEvent"}, "invalid-query"),
        ({"headerQuery": "eventTyp.contains=x"}, "invalid-query"),
        ({"contentQuery": "event.individual.nothing=1"}, "invalid-query"),
        ({"contentQuery": "filter=$[?("}, "invalid-query"),
        ({"contentQuery": "fields=name"}, "invalid-query"),
        ({"headerQuery": "eventType=IndividualCreateEvent", "contentQuery": "event.customer.name=x"}, "invalid-query"),
        ({"headerQuery": "x" * 3000}, "invalid-query"),
        ({"headerQuery": 7}, "invalid-document"),
        ({"name": ["x"]}, "invalid-document"),
        ({"name": "\u0000"}, "invalid-document"),
        ([], "malformed-json"),
    ],
)
def test_a_topic_that_cannot_be_is_refused(api: httpx.Client, content: Any, code: str) -> None:
    assert refused(api.post(TOPICS, json=content), 400) == code


def test_the_topics_of_resources_stay(api: httpx.Client) -> None:
    for name in ("all", "individual"):
        assert refused(api.delete(f"{TOPICS}/{name}"), 409) == "topic-built-in"
        assert api.get(f"{TOPICS}/{name}").status_code == 200
    assert refused(api.delete(f"{TOPICS}/nothing"), 404) == "topic-not-found"
    for path in (f"{TOPICS}/all/event", f"{TOPICS}/all/event/1"):
        assert refused(api.post(path, json={}), 405) == "method-not-allowed"


def test_topics_are_granted(server: Server, topic: dict[str, Any]) -> None:
    with other(server, "no-topics", "read:individual") as reader:
        assert topic["id"] not in {one["id"] for one in reader.get(TOPICS).json()}
        for path in (topic["href"], f"{topic['href']}/event", f"{topic['href']}/hub"):
            assert refused(reader.get(path), 403) == "denied"
        assert refused(reader.post(TOPICS, json=OF_ADA), 403) == "denied"
        assert refused(reader.delete(topic["href"]), 403) == "denied"
        assert refused(reader.post(f"{topic['href']}/hub", json={"callback": NOWHERE}), 403) == "denied"
    with other(server, "topics-only", "read:topic", "read:organization") as reader:
        assert reader.get(topic["href"]).json() == topic
        assert reader.get(f"{topic['href']}/event").json() == []
        assert refused(reader.post(f"{topic['href']}/hub", json={"callback": NOWHERE}), 403) == "denied"


def person(api: httpx.Client, name: str, **more: Any) -> str:
    content = {"@type": "Individual", "givenName": name, "familyName": "B", **more}
    made: str = api.post(f"{PARTY}/individual", json=content).json()["id"]
    return made


def settled(api: httpx.Client, record: str) -> dict[str, Any]:
    """The event of a new record, as soon as it lies behind the feed's horizon."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for event in api.get(f"{TOPICS}/individual/event", params={"event.individual.id": record}).json():
            return dict(event)
        time.sleep(0.05)
    raise AssertionError("the topic does not show it")


def walk(api: httpx.Client, address: str, rel: str) -> list[list[dict[str, Any]]]:
    pages = []
    while address:
        page = api.get(address)
        assert page.status_code in {200, 206}, page.text
        pages.append(page.json())
        address = page.links.get(rel, {}).get("url", "")
    return pages


def test_a_topic_shows_what_its_queries_choose_in_both_directions(api: httpx.Client, topic: dict[str, Any]) -> None:
    adas = [person(api, "Ada") if number % 2 else person(api, "Eve") for number in range(8)][1::2]
    settled(api, adas[-1])
    api.patch(
        f"{PARTY}/individual/{adas[0]}",
        content=b'{"status":"validated"}',
        headers={"content-type": "application/merge-patch+json"},
    )
    whole = [event for page in reversed(walk(api, f"{topic['href']}/event?limit=100", "prev")) for event in page]
    assert [event["event"]["individual"]["id"] for event in whole][-4:] == adas
    assert {event["eventType"] for event in whole} == {"IndividualCreateEvent"}
    assert {event["event"]["individual"]["givenName"] for event in whole} == {"Ada"}
    pages = walk(api, f"{topic['href']}/event?limit=3", "prev")
    assert [event for page in reversed(pages) for event in page] == whole
    oldest = whole[0]["id"]
    forward = walk(api, f"{topic['href']}/event?limit=2&after={oldest}&fields=eventType", "next")
    assert [event["id"] for page in forward for event in page] == [event["id"] for event in whole[1:]]
    assert {key for page in forward for event in page for key in event} == {"id", "href", "eventType", "@type"}
    assert api.get(whole[-1]["href"]).json() == whole[-1]
    eve = settled(api, person(api, "Eve"))
    assert refused(api.get(f"{topic['href']}/event/{eve['id']}"), 404) == "event-not-found"
    back = api.get(f"{topic['href']}/event", params={"before": whole[-1]["id"], "limit": 1})
    assert back.json() == [whole[-2]]
    assert api.get(back.links["next"]["url"]).json() == [whole[-1]]


def test_events_are_looked_for_by_what_they_say(api: httpx.Client) -> None:
    events = f"{TOPICS}/individual/event"
    request = {"x-request-id": "asked-for-once"}
    content = {"@type": "Individual", "givenName": "Looked", "familyName": "For"}
    made = api.post(f"{PARTY}/individual", json=content, headers=request).json()["id"]
    event = settled(api, made)
    for query in (
        "correlationId=asked-for-once",
        "event.individual.familyName=For&event.individual.givenName=Looked",
        "eventType=IndividualCreateEvent,IndividualDeleteEvent&familyName=For",
        f"eventTime.gte={event['eventTime']}&familyName=For&eventTime.lt=2999-01-01",
        "filter=$[?(@.correlationId=='asked-for-once' %26%26 @.event.individual.givenName=='Looked')]",
        "filter=event.individual[?(@.familyName=='For')]",
    ):
        answer = api.get(f"{events}?{query}")
        assert [each["event"]["individual"]["id"] for each in answer.json()] == [made], (query, answer.text)
    assert api.get(f"{events}?correlationId=asked-for-once&eventTime.lt={event['eventTime']}").json() == []
    for query, code in (
        ("evntTime.gt=2020-01-01", "unknown-attribute"),
        ("eventType=NothingEvent", "invalid-query"),
        ("limit=0", "invalid-parameter"),
        ("limit=x", "invalid-parameter"),
        ("limit=1&limit=2", "invalid-parameter"),
        ("fields=(s&limit=null", "invalid-parameter"),
        ("fields=(s%26limit=null)", "invalid-parameter"),
        (f"after={event['id']}&before={event['id']}", "invalid-parameter"),
        ("after=nonsense", "invalid-parameter"),
        ("familyName.regex=(", "invalid-pattern"),
        ("&".join(["familyName=x"] * 200), "invalid-query"),
        ("x=" + "y" * 9000, "invalid-parameter"),
    ):
        assert refused(api.get(f"{events}?{query}"), 400) == code, query
    assert refused(api.get(f"{events}/{event['id']}?fields=(s"), 400) == "invalid-parameter"


def test_hubs_of_a_topic_are_listed_by_the_rules_of_lists(api: httpx.Client, topic: dict[str, Any]) -> None:
    hub = f"{topic['href']}/hub"
    made = [api.post(hub, json={"callback": f"{NOWHERE}/{number}"}).json() for number in range(3)]
    assert [one["id"] for one in api.get(hub).json()] == [one["id"] for one in made]
    page = api.get(hub, params={"limit": 1, "offset": 1, "fields": "callback"})
    assert (page.status_code, page.headers["x-total-count"]) == (206, "3")
    assert page.json()[0].keys() == {"id", "href", "@type", "callback"}
    assert [one["id"] for one in api.get(f"{hub}?callback.endswith=/2&sort=-callback").json()] == [made[2]["id"]]
    assert refused(api.get(f"{hub}?secret=x"), 400) == "unknown-attribute"
    for one in made:
        assert api.delete(one["href"]).status_code == 204


async def test_a_topic_is_listened_to_until_it_is_deleted(new_server: Server) -> None:
    new_server.start(*WITHIN).register()
    async with (
        listening() as listener,
        httpx.AsyncClient(base_url=new_server.url, headers={"authorization": f"Bearer {new_server.token()}"}) as api,
    ):
        topic = (await api.post(TOPICS, json=OF_ADA)).json()["href"]
        subscription = {"callback": listener.url, "query": "fields=givenName,familyName&event.individual.familyName=B"}
        made = (await api.post(f"{topic}/hub", json=subscription)).json()
        for given, family in (("Eve", "B"), ("Ada", "C"), ("Ada", "B")):
            content = {"@type": "Individual", "givenName": given, "familyName": family}
            await api.post(f"{PARTY}/individual", json=content)
        (received,) = await listener.until_taken(1)
        assert received.resource.keys() == {"id", "href", "@type", "givenName", "familyName"}
        assert (received.resource["givenName"], received.resource["familyName"]) == ("Ada", "B")
        assert (await api.delete(topic)).status_code == 204
        own = (await api.get(f"/inventory/v1/subscription/{made['id']}")).json()
        assert (own["status"], own["statusReason"]) == ("disabled", "The topic was deleted.")
        replay = await api.post(f"/inventory/v1/subscription/{made['id']}/replay", json={"from": 0})
        assert replay.json()["status"] == "active"
        while (await api.get(f"/inventory/v1/subscription/{made['id']}")).json()["status"] == "active":
            pass
        assert len(listener.received) == 1
        assert (await api.delete(made["href"])).status_code == 204
    assert new_server.stop() == 0
