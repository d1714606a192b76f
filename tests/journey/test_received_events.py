"""Events of other systems are judged: what they carry is held against the model and the requirements, and kept."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import pytest

from customer_inventory.model.events import create_event, event_types
from customer_inventory.model.view import View
from customer_inventory.model.views import EARLIER, NATIVE, VIEWS
from tests.conftest import shared
from tests.journey import hostile_documents as documents
from tests.journey.conftest import Server
from tests.journey.hostile_documents import SECRET
from tests.journey.test_entities_specified import SERIAL, specified

JSON = {"content-type": "application/json"}
KEPT = "/inventory/v1/receivedEvent"
BELL = "A\u0007da"
PERSON = {"@type": "Individual", "givenName": "Ada", "familyName": "Byron"}


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the module's own: what it received is counted."""
    started = Server(tmp_path_factory.mktemp("receiving") / "data").start().register()
    yield started
    assert started.stop() == 0, started.output()


@pytest.fixture(scope="module")
def api(own_server: Server) -> Iterator[httpx.Client]:
    with own_server.api() as client:
        yield client


def listener(view: View, kind: str) -> str:
    return f"{view.api.paths[0]}/listener/{kind[0].lower()}{kind[1:]}"


def told(api: httpx.Client, view: View, kind: str, carried: Any) -> dict[str, Any]:
    """Tell of a record; return the event as it is kept."""
    name = f"of-{uuid4()}"
    answer = api.post(listener(view, kind), json={"eventId": name, view.api.events.wrapper: carried})
    assert answer.status_code == (201 if view.api.version == "v4" else 204), answer.text
    found = [event for event in api.get(f"{KEPT}?limit=1000&eventType={kind}").json() if event["eventId"] == name]
    assert len(found) == 1
    assert api.get(found[0]["href"]).json() == found[0]
    assert found[0]["body"][view.api.events.wrapper] == carried
    return found[0]


def of_person(api: httpx.Client, carried: dict[str, Any], event: str = "Create", *, earlier: bool = False) -> Any:
    view = (EARLIER if earlier else NATIVE)["individual"]
    return told(api, view, f"Individual{event}Event", {"individual": carried})


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.api.number}-{view.api.version}-{view.resource.name}")
def test_an_event_that_carries_nothing_is_told_what_is_missing(api: httpx.Client, view: View) -> None:
    name = view.resource.name
    for kind in event_types(view):
        for carried in ({}, {name: {}}, {name: 5}, {name: None}, {"somethingElse": {"id": "1"}}):
            refused = api.post(listener(view, kind), json={view.api.events.wrapper: carried})
            assert (refused.status_code, refused.json()["code"]) == (400, "invalid-event"), (kind, carried)
            assert f"`{name}`" in refused.json()["message"]


def test_the_events_of_the_official_examples_are_taken(api: httpx.Client) -> None:
    paths = sorted(shared("standards/examples").glob("*_v5.*/*vent_request.json"))
    assert len(paths) >= 20
    for path in paths:
        event = json.loads(path.read_text())
        (name,) = event["event"]
        kind, view = event["eventType"], NATIVE[name]
        event["eventId"] = path.name
        answer = api.post(listener(view, kind), json=event)
        assert answer.status_code == 204, (path.name, answer.text)
        (kept,) = [each for each in api.get(f"{KEPT}?eventType={kind}").json() if each["eventId"] == path.name]
        assert kept["status"] == "acceptable", (path.name, kept["breach"])


def test_a_specification_may_be_called_a_role_as_the_official_file_writes_it(api: httpx.Client) -> None:
    view = NATIVE["partyRoleSpecification"]
    kept = told(api, view, create_event(view), {"partyRole": {"@type": "PartyRoleSpecification", "name": "Dealers"}})
    assert kept["status"] == "acceptable"


@pytest.mark.parametrize("earlier", [False, True])
def test_what_would_be_refused_is_quarantined(api: httpx.Client, *, earlier: bool) -> None:
    good = of_person(api, PERSON, earlier=earlier)
    assert (good["status"], good["breach"]) == ("acceptable", [])
    bell = of_person(api, {**PERSON, "givenName": BELL}, earlier=earlier)
    assert bell["status"] == "quarantined"
    assert bell["breach"] == [
        {
            "path": "givenName",
            "reason": "has control characters",
            "code": "printable",
            "enforcement": "refuse",
            "requirement": "individual.givenName",
        }
    ]
    number = of_person(api, {**PERSON, "contactMedium": SECRET, "birthDate": SECRET}, earlier=earlier)
    assert number["status"] == "quarantined"
    assert {each["path"] for each in number["breach"]} == {"contactMedium", "birthDate"}
    assert {(each["code"], each["enforcement"]) for each in number["breach"]} == {("invalid-document", "refuse")}
    assert SECRET not in json.dumps(number["breach"])
    nameless = of_person(api, {"@type": "Individual", "familyName": "Byron"}, earlier=earlier)
    assert nameless["status"] == "quarantined"
    assert [each["path"] for each in nameless["breach"]] == ["givenName"]


def test_what_would_be_taken_with_a_warning_is_acceptable(api: httpx.Client) -> None:
    long = of_person(api, {**PERSON, "givenName": "A" * 101})
    assert long["status"] == "acceptable"
    assert [(each["code"], each["enforcement"]) for each in long["breach"]] == [("length", "warn")]


@pytest.mark.parametrize("event", ["AttributeValueChange", "StateChange", "Delete"])
@pytest.mark.parametrize("earlier", [False, True])
def test_of_a_part_it_is_not_asked_what_is_not_told(api: httpx.Client, event: str, *, earlier: bool) -> None:
    for part in (
        {"id": "7"},
        {"status": "deceaded" if earlier else "deceased"},  # as the v4 file spells it
        {"title": None, "contactMedium": None, "familyName": "Byron"},
        {"externalReference": [{"owner": "crm"}]},
        {"contactMedium": [{"@type": "EmailContactMedium"}]},
    ):
        kept = of_person(api, part, event, earlier=earlier)
        assert (kept["status"], kept["breach"]) == ("acceptable", []), part
    wrong = of_person(api, {"familyName": BELL}, event, earlier=earlier)
    assert [each["path"] for each in wrong["breach"]] == ["familyName"]
    wrong = of_person(api, {"status": 7}, event, earlier=earlier)
    assert wrong["status"] == "quarantined"


def test_a_part_that_tells_both_is_asked_whether_they_go_together(api: httpx.Client) -> None:
    dates = {"birthDate": "1980-01-01T00:00:00Z", "deathDate": "1970-01-01T00:00:00Z"}
    kept = of_person(api, dates, "AttributeValueChange")
    assert "deathDate" in {each["path"] for each in kept["breach"]}


def test_entities_are_judged_by_the_specification_of_their_class(api: httpx.Client) -> None:
    specified(api, "Pump", SERIAL)
    view = NATIVE["entity"]
    for kind, carried, status in (
        ("EntityCreateEvent", {"@type": "Pump", "serial": "P1"}, "acceptable"),
        ("EntityCreateEvent", {"@type": "Pump", "serial": "wrong"}, "quarantined"),
        ("EntityCreateEvent", {"@type": "Pump"}, "quarantined"),
        ("EntityChangeEvent", {"@type": "Pump", "id": "1"}, "acceptable"),
        ("EntityChangeEvent", {"@type": "Pump", "serial": "wrong"}, "quarantined"),
    ):
        assert told(api, view, kind, {"entity": carried})["status"] == status, carried


def test_files_are_looked_at(api: httpx.Client) -> None:
    view = NATIVE["document"]
    attachment = {"mimeType": "application/pdf", "content": "JVBERi0xLjcKJSVFT0YK"}
    for mime, status in (("application/pdf", "acceptable"), ("image/png", "quarantined")):
        carried = {"document": {"name": "Contract", "attachment": [{**attachment, "mimeType": mime}]}}
        assert told(api, view, create_event(view), carried)["status"] == status
    large = {"document": {"name": "Contract", "attachment": [{"content": "QUFB" * 100_000, "mimeType": "text/plain"}]}}
    assert told(api, view, create_event(view), large)["status"] == "acceptable"


def test_so_many_breaches_are_kept_and_the_worst_first(api: httpx.Client) -> None:
    names = [{"@type": "OtherNameIndividual", "givenName": "A" * 200} for _ in range(150)]
    names += [{"@type": "OtherNameIndividual", "givenName": BELL}]
    kept = of_person(api, {**PERSON, "otherName": names})
    assert kept["status"] == "quarantined"
    assert len(kept["breach"]) == 100
    assert kept["breach"][0]["path"] == "otherName[150].givenName"


def test_events_are_listed_by_their_status(api: httpx.Client) -> None:
    for _ in range(3):
        of_person(api, PERSON)
        of_person(api, {**PERSON, "givenName": BELL})
    for status in ("acceptable", "quarantined"):
        seen, address = [], f"{KEPT}?status={status}&eventType=IndividualCreateEvent&limit=2"
        while address:
            page = api.get(address)
            seen += page.json()
            address = page.links.get("next", {}).get("url", "")
        assert len(seen) >= 3
        assert {event["status"] for event in seen} == {status}
    unknown = api.get(f"{KEPT}?status=wrong")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "invalid-parameter")
    assert "acceptable or quarantined" in unknown.json()["message"]
    assert api.get(f"{KEPT}?status=").status_code == 400


def test_whatever_an_event_carries_is_judged(api: httpx.Client, own_server: Server) -> None:
    random = Random(629)
    for name in documents.DOCUMENTS:
        families = (
            itertools.islice(documents.wrong_documents(random, name), 60),
            itertools.islice(documents.broken_json(random, name), 60),
            itertools.islice(documents.incomplete_documents(random, name), 20),
            itertools.islice(documents.unbounded_documents(random, name), 30 if name != "customer" else 0),
        )
        for (label, raw), event in itertools.product(itertools.chain(*families), ("Create", "AttributeValueChange")):
            for view in (NATIVE[name], EARLIER[name]):
                body = b'{"eventId":"%d","event":{"%s":%s}}' % (random.getrandbits(60), name.encode(), raw)
                path = listener(view, f"{view.shape.name}{event}Event")
                answer = api.post(path, content=body, headers=JSON)
                assert answer.status_code in {201, 204, 400, 413}, (label, answer.text)
                assert answer.status_code == 201 or SECRET not in answer.text
    breaches = [event["breach"] for event in api.get(f"{KEPT}?status=quarantined&limit=1000").json()]
    assert len(breaches) > 300
    assert SECRET not in json.dumps(breaches)
    assert "unexpected error" not in own_server.output()
    assert SECRET not in own_server.output()
