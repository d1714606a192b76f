"""A mirror of the inventory that is made from events alone: for every kind and version it holds what GET shows."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import jsonschema_rs

from customer_inventory.model.events import create_event
from customer_inventory.model.view import View
from customer_inventory.model.views import EARLIER, NATIVE, VIEWS
from tests.journey.api_words import create, customer, person
from tests.journey.conftest import Server
from tests.journey.test_versions_of_each import CASES
from tests.listening import Listener, listening

Content = dict[str, Any]

MERGE = {"content-type": "application/merge-patch+json"}
PATCH = {"content-type": "application/json-patch+json"}
BODIES: dict[str, Content] = {
    "individual": person(),
    "organization": {"@type": "Organization", "name": "Engines"},
    "customer": customer(),
    "partyRoleSpecification": {"@type": "PartyRoleSpecification", "name": "Dealers"},
    "document": {"name": "Contract", "lifecycleState": "draft"},
    "communicationMessage": {
        "content": "Hello",
        "messageType": "SMS",
        "receiver": [{"name": "Ada", "phoneNumber": "+41310000000"}],
        "sender": {"name": "We", "phoneNumber": "+41310000001"},
    },
    "entitySpecification": {"name": "Things"},
    "entity": {"@type": "Entity"},
}
"""New records of the kinds that `CASES` tells nothing about."""

STATES = {
    "communicationMessage": ("initial", "completed"),
    "individual": ("validated", "initialized"),
    "organization": ("validated", "closed"),
}
"""Where the states are given."""
SET_BACK = "2000-01-01T00:00:00Z"


def mirrored(listener: Listener) -> dict[tuple[str, str], Content]:
    """What the events that came tell: each record as it is now, by where it was heard of and its id."""
    held: dict[tuple[str, str], Content] = {}
    for received in listener.taken:
        place, shown = received.path.partition("at=")[2], told(received.event)
        key = (place, shown["id"])
        if received.event["eventType"].endswith("CreateEvent"):
            held[key] = shown
        elif received.event["eventType"].endswith("DeleteEvent"):
            del held[key]
        else:
            held[key] = {name: value for name, value in {**held[key], **shown}.items() if value is not None}
    return held


def told(event: Content) -> Content:
    (shown,) = (event["payload"] if "payload" in event else event["event"]).values()
    return dict(shown)


def place_of(view: View) -> str:
    return f"{view.api.number}-{view.api.version}"


def made(api: httpx.Client, name: str) -> str:
    """Make a record; return its id."""
    if name in CASES:
        return str(create(api, EARLIER[name].collection, CASES[name].body)["id"])
    return str(create(api, NATIVE[name].collection, BODIES[name])["id"])


def changed_in_every_way(api: httpx.Client, name: str) -> str:
    """Make a record and change it as clients do, in each version; return its id."""
    identifier = made(api, name)
    for view in filter(None, (NATIVE[name], EARLIER.get(name))):
        address, stored = f"{view.collection}/{identifier}", view.resource.state
        state = view.shown_name(stored) if stored else None
        one, two = STATES.get(name, (f"one-{view.api.version}", f"two-{view.api.version}"))
        bodies: list[Content] = [{"note": [{"text": view.api.version}], "nickname": "N"}, {"nickname": None}]
        bodies += [{state: one}, {state: two, "nickname": "N"}] if state else []
        for body in bodies:
            patched(api, address, body)
        if updated := view.resource.stamps.updated:
            dated_by_the_server(api, address, view.shown_name(updated))
    again = api.post(f"{NATIVE[name].collection}/{identifier}/history/2/restore", json={})
    assert again.status_code == 200, again.text
    return identifier


def patched(api: httpx.Client, address: str, body: Any, headers: dict[str, str] = MERGE) -> Content:
    answer = api.request("PATCH", address, json=body, headers=headers)
    assert answer.status_code == 200, (address, body, answer.text)
    return dict(answer.json())


def dated_by_the_server(api: httpx.Client, address: str, updated: str) -> None:
    """A patch neither removes the date of the last change nor sets it back; alone it changes nothing."""
    before = api.get(address).json()
    remove = {"op": "remove", "path": f"/{updated}"}
    for body, headers in (
        ({updated: None}, MERGE),
        ({updated: SET_BACK}, MERGE),
        ([remove], PATCH),
        ([{**remove, "op": "replace", "value": SET_BACK}], PATCH),
    ):
        assert patched(api, address, body, headers) == before
        also = {"op": "add", "path": "/nickname", "value": str(body)}
        more = [*body, also] if headers is PATCH else {**body, "nickname": str(body)}
        after = patched(api, address, more, headers)
        assert after == {**before, "nickname": str(body), updated: after[updated]}
        assert after[updated] > before[updated] > SET_BACK
        before = after


async def test_a_mirror_of_events_is_what_is_kept(new_server: Server) -> None:
    new_server.start("--hub-allow=127.0.0.0/8").register()
    async with listening() as listener:
        with new_server.api() as api:
            for view in {place_of(view): view for view in VIEWS}.values():
                hub = api.post(f"{view.api.paths[0]}/hub", json={"callback": f"{listener.url}?at={place_of(view)}"})
                assert hub.status_code == 201, hub.text
            kept = await asyncio.to_thread(kept_after_changes, api)
        with suppress(TimeoutError):  # what differs is told below
            await listener.until(lambda listener: mirrored(listener) == kept, seconds=60)
        with new_server.api() as api:
            refuse_undescribed(api, listener)
            await asyncio.to_thread(tell_it_back, api, listener)
    assert mirrored(listener) == kept


def tell_it_back(api: httpx.Client, listener: Listener) -> None:
    """Send every event that came to the listener of its API: whoever tells as we do is understood."""
    bases = {place_of(view): view.api.paths[0] for view in VIEWS}
    for received in listener.taken:
        kind = received.event["eventType"]
        base = bases[received.path.partition("at=")[2]]
        answer = api.post(f"{base}/listener/{kind[0].lower()}{kind[1:]}", json=received.event)
        assert answer.status_code in {201, 204}, (kind, answer.text)
    assert api.get("/inventory/v1/receivedEvent?limit=1&status=acceptable").json()
    quarantined = api.get("/inventory/v1/receivedEvent?status=quarantined&limit=100").json()
    # Made as v4, which need not say all that v5 demands of a new record.
    assert {event["apiVersion"] for event in quarantined} == {"v5"}
    assert {event["body"]["eventType"] for event in quarantined} <= {create_event(NATIVE[name]) for name in CASES}
    breaches = [breach for event in quarantined for breach in event["breach"]]
    assert [breach for breach in breaches if not breach["reason"].startswith("is mandatory")] == []


def refuse_undescribed(api: httpx.Client, listener: Listener) -> None:
    """Fail unless every event that came is as the document of its API describes it.

    Records are made as v4 where there is one, and need not say what v5 demands: as v5, their changes are not looked at.
    """
    schemas: dict[tuple[str, str], jsonschema_rs.Validator] = {}
    documents = {place_of(view): view.api.paths[0] for view in VIEWS}
    for received in listener.taken:
        place, kind = received.path.partition("at=")[2], received.event["eventType"]
        (name,) = next(received.event[one] for one in ("event", "payload") if one in received.event)
        if place.endswith("v5") and name in CASES and "Create" not in kind:
            continue
        if (place, kind) not in schemas:
            document = api.get(f"{documents[place]}/openapi.json").json()
            schema = {"$ref": f"#/components/schemas/{kind}", "components": document["components"]}
            schemas[place, kind] = jsonschema_rs.validator_for(schema)
        schemas[place, kind].validate(received.event)
    assert len(schemas) > 2 * len(VIEWS)


def kept_after_changes(api: httpx.Client) -> dict[tuple[str, str], Content]:
    """Return, as each version shows it, a record of every kind that was changed in every way; others are deleted."""
    kept = {}
    for name in NATIVE:
        gone, stays = made(api, name), changed_in_every_way(api, name)
        assert api.delete(f"{NATIVE[name].collection}/{gone}").status_code == 204
        for view in filter(None, (NATIVE[name], EARLIER.get(name))):
            kept[place_of(view), stays] = api.get(f"{view.collection}/{stays}").json()
    return kept
