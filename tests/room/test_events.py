"""Events: their payloads have the shape of the official examples, and a subscription gets what its query asks for."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from customer_inventory.api.events.interest import InvalidQuery, covered, interest
from customer_inventory.model.events import Happening, event_types, events_of
from customer_inventory.model.views import VIEWS
from tests.conftest import shared
from tests.official.files import official_files, read

RECORD = "01a209b4-7451-8ead-bee4-37bcd9fa59e5"
AT = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
TOLD_MORE = {"analyticCharacteristic", "relatedParty"}
"""What the official schema lets an event have, and ours have not: nothing is known of it."""
NOT_ALIKE = {
    "PartyRoleStateChangeEvent": "shows the whole role, where all other examples show the state alone",
    "PartyRoleSpecificationStateChangeEvent": "shows more than the state, where most examples show the state alone",
}


def view_of(name: str, version: str = "v5") -> Any:
    return next(view for view in VIEWS if (view.resource.name, view.api.version) == (name, version))


def events(name: str, before: Any, after: Any, *, operation: str = "modify", version: str = "v5") -> list[Any]:
    view = view_of(name, version)
    happening = Happening(
        record_id=RECORD, version=2, operation=operation, at=AT, request_id="asked", before=before, after=after
    )
    return events_of(view, happening, address=f"/{RECORD}")


PERSON = {"@type": "Individual", "@baseType": "Party", "givenName": "Ada", "familyName": "B", "status": "initialized"}


def test_a_new_record_is_told_whole() -> None:
    (event,) = events("individual", None, PERSON, operation="create")
    assert event.type == "IndividualCreateEvent"
    assert event.body["event"] == {"individual": {"id": RECORD, "href": f"/{RECORD}", **PERSON}}
    assert event.body["correlationId"] == "asked"
    assert event.body["eventId"] == event.id
    assert event.body["eventTime"] == "2026-11-23T18:00:00.000000Z"


def test_a_change_tells_what_differs_and_the_state_apart() -> None:
    after = {**PERSON, "givenName": "Eve", "status": "validated", "middleName": "M"}
    changed, stated = events("individual", {**PERSON, "nationality": "British"}, after)
    assert (changed.type, stated.type) == ("IndividualAttributeValueChangeEvent", "IndividualStateChangeEvent")
    identity = {"id": RECORD, "href": f"/{RECORD}", "@type": "Individual", "@baseType": "Party"}
    assert changed.body["event"]["individual"] == {
        **identity,
        "givenName": "Eve",
        "middleName": "M",
        "nationality": None,
    }
    assert stated.body["event"]["individual"] == {**identity, "status": "validated"}
    assert changed.id != stated.id


def test_a_deleted_record_is_named_and_one_brought_back_is_new() -> None:
    (deleted,) = events("individual", PERSON, None, operation="delete")
    assert deleted.type == "IndividualDeleteEvent"
    assert set(deleted.body["event"]["individual"]) == {"id", "href", "@type", "@baseType"}
    (again,) = events("individual", None, PERSON, operation="create")
    assert again.type == "IndividualCreateEvent"


def test_the_date_of_a_change_alone_is_no_change() -> None:
    stamped = [view for view in VIEWS if view.resource.stamps.updated and view.show is None]
    assert stamped
    for view in stamped:
        updated = view.resource.stamps.updated
        before, after = {"@type": view.shape.name, updated: "1"}, {"@type": view.shape.name, updated: "2"}
        assert events(view.resource.name, before, after, version=view.api.version) == []


def test_the_words_are_those_of_each_api() -> None:
    for name, words in {
        "customer": "StateChange",
        "partyInteraction": "StatusChange",
        "partyPrivacyProfile": "StatusChange",
        "agreement": "StateChange",
        "billingAccount": "StateChange",
    }.items():
        for view in (view for view in VIEWS if view.resource.name == name):
            assert f"{view.shape.name}{words}Event" in event_types(view), name
    assert "EntityChangeEvent" in event_types(view_of("entity", "v4"))


def test_every_event_of_the_official_files_is_sent() -> None:
    """The paths of their listeners name them; those of resources that are kept here must be ours."""
    compared = 0
    for (number, version), path in official_files().items():
        ours = {
            kind
            for view in VIEWS
            if (view.api.number, view.api.version) == (number, version)
            for kind in event_types(view)
        }
        for named in read(path).get("paths", ()):
            word = named.rpartition("/")[2]
            kept = re.split("(Create|AttributeValueChange|StateChange|StatusChange|Delete|Change)Event", word)[0]
            if "/listener/" in named and f"{kept[:1].upper()}{kept[1:]}CreateEvent" in ours:
                assert f"{word[0].upper()}{word[1:]}" in ours, (number, version)
                compared += 1
    assert compared > 80


@pytest.mark.parametrize("version", ["v4", "v5"])
def test_the_envelope_is_the_versions_own(version: str) -> None:
    (event,) = events("customer", None, {"@type": "Customer", "name": "N"}, operation="create", version=version)
    assert "timeOcurred" in event.body
    assert ("timeOccurred" in event.body) == ("@type" in event.body) == (version == "v5")


def _examples() -> list[tuple[str, dict[str, Any]]]:
    paths = sorted(shared("standards/examples").glob("*_v5.*/*vent_request.json"))
    found = [(path.name, msgspec.json.decode(path.read_bytes())) for path in paths]
    kept = {view.resource.name for view in VIEWS}
    return [(name, body) for name, body in found if body["event"].keys() <= kept]


def test_payloads_have_the_shape_of_the_official_examples() -> None:
    compared = set()
    for name, official in _examples():
        kind = official["eventType"]
        ((resource, shown),) = official["event"].items()
        before, after, operation = _around(kind, shown)
        made = {event.type: event for event in events(resource, before, after, operation=operation)}
        assert kind in made, name
        body = made[kind].body
        assert official.keys() - body.keys() <= TOLD_MORE, name
        ours = body["event"][resource]
        compared.add(kind)
        if kind in NOT_ALIKE:
            assert ours.keys() < shown.keys() | {"href"}, name
        else:
            assert ours.keys() == shown.keys() | {"href"}, name
            assert {attribute: ours[attribute] for attribute in shown if attribute not in {"id", "href"}} == {
                attribute: value for attribute, value in shown.items() if attribute not in {"id", "href"}
            }
    assert len(compared) >= 20


def _around(kind: str, shown: dict[str, Any]) -> tuple[Any, Any, str]:
    """The documents before and after of which an official example tells."""
    told = {name: value for name, value in shown.items() if name not in {"id", "href"}}
    identity = {name: value for name, value in told.items() if name.startswith("@")}
    if kind.endswith("CreateEvent"):
        return None, told, "create"
    if kind.endswith("DeleteEvent"):
        return identity, None, "delete"
    if kind.endswith("StateChangeEvent"):
        state = "lifecycleStatus" if "lifecycleStatus" in told else "status"
        return {**told, state: "another"}, told, "modify"
    return identity, told, "modify"


CREATED = ("individual", None, PERSON, "create")
STATED = ("individual", PERSON, {**PERSON, "status": "validated"}, "modify")
RENAMED = ("individual", PERSON, {**PERSON, "givenName": "Eve"}, "modify")
FOUNDED = ("organization", None, {"@type": "Organization", "name": "Acme", "status": "validated"}, "create")


ALL = "IndividualCreateEvent IndividualStateChangeEvent IndividualAttributeValueChangeEvent OrganizationCreate"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ALL),
        ("eventType=IndividualCreateEvent", "IndividualCreateEvent"),
        ("eventType=IndividualCreateEvent,OrganizationCreateEvent", "IndividualCreateEvent OrganizationCreate"),
        ("eventType=IndividualCreateEvent&eventType=OrganizationCreateEvent", "IndividualCreate OrganizationCreate"),
        ("eventType = individualCreateEvent, OrganizationCreateEvent", "IndividualCreate OrganizationCreate"),
        ("event.individual.status=validated", "IndividualStateChangeEvent"),
        ("event.organization.status=validated", "OrganizationCreateEvent"),
        ("status=validated", "IndividualStateChangeEvent OrganizationCreateEvent"),
        ("event.individual.givenName.regex=^E", "IndividualAttributeValueChangeEvent"),
        ("event.individual.givenName=Ada,Eve", "IndividualCreateEvent IndividualAttributeValueChangeEvent"),
        ("eventType=IndividualCreateEvent&event.individual.givenName=Eve", ""),
        ("eventType=IndividualCreateEvent;event.organization.name=Acme", "IndividualCreateEvent OrganizationCreate"),
        ("filter=$.event.individual[?(@.givenName=='Eve')]", "IndividualAttributeValueChangeEvent"),
        ("filter=$[?(@.event.individual.status=='validated')]", "IndividualStateChangeEvent"),
        ("eventTime.gte=2026-01-01&eventType.endswith=CreateEvent", "IndividualCreateEvent OrganizationCreateEvent"),
        ("eventTime.lt=2026-01-01", ""),
        ("correlationId=r-1&event.individual.givenName.ne=Ada&eventId.isnull=false&title.regex=Value", ""),
        ("correlationId=asked;correlationId=r-2", ALL),
        ("correlationId=asked,r-2", ALL),
        ("correlationId=r-2", ""),
        ("description=The organization was created.", "OrganizationCreateEvent"),
        ("priority=normal&event.individual.givenName=Eve", "IndividualAttributeValueChangeEvent"),
        ("source.id=customer-inventory&@type=IndividualStateChangeEvent", ""),
        ("reportingSystem.id=customer-inventory&status=validated", "IndividualStateChangeEvent OrganizationCreate"),
        (
            "filter=$[?(@.eventType=='IndividualCreateEvent' %26%26 @.event.individual.givenName=='Ada')]",
            "IndividualCreate",
        ),
        ("filter=$[?(@.eventTime>'2026-01-01' %26%26 @.title=~/^Org/)]", "OrganizationCreateEvent"),
        ("filter=event.individual.givenName", "IndividualCreateEvent IndividualAttributeValueChangeEvent"),
    ],
)
def test_a_query_chooses_events(query: str, wanted: str) -> None:
    views = covered("TMF632", "v5", None)
    asked = interest(views, query)
    chosen = []
    for name, before, after, operation in (CREATED, STATED, RENAMED, FOUNDED):
        made = events(name, before, after, operation=operation)
        chosen += [event.type for event in asked.chosen(views[name], made)]
    assert [kind.removesuffix("Event") for kind in chosen] == [kind.removesuffix("Event") for kind in wanted.split()], (
        query
    )


@pytest.mark.parametrize(
    "query",
    [
        "eventType=CustomerCreateEvent",
        "event.individual.givnName=x",
        "nonsense=1",
        "event.customer.name=x",
        "eventType>IndividualCreateEvent",
        "fields=nothing.such",
        "filter=$[?(",
        "event.individual.givenName.regex=(",
        "a",
        "x" * 3000,
        "&".join(["status=x"] * 101),
        "eventTyp.contains=x",
        "filter=$[?(@.eventTyp=='x')]",
    ],
)
def test_a_query_that_is_not_understood_is_refused_at_once(query: str) -> None:
    with pytest.raises(InvalidQuery):
        interest(covered("TMF632", "v5", None), query)


@pytest.mark.parametrize("prefix", ["", "individual.", "event.individual."])
def test_fields_choose_what_is_sent(prefix: str) -> None:
    views = covered("TMF632", "v5", None)
    asked = interest(views, f"fields={prefix}givenName,title")
    (event,) = asked.chosen(views["individual"], events("individual", None, PERSON, operation="create"))
    assert set(event.body["event"]["individual"]) == {"id", "href", "@type", "givenName"}
    assert set(event.body) == {"eventId", "eventType", "event", "@type", "@baseType", "title"}


def test_ids_are_the_same_in_both_versions_and_differ_otherwise() -> None:
    of_five, of_four = (
        events("customer", None, {"@type": "C"}, operation="create", version=v)[0] for v in ("v5", "v4")
    )
    assert of_five.id == of_four.id
    ids = [event.id for event in itertools.chain(*(events(*each[:3], operation=each[3]) for each in (CREATED, STATED)))]
    assert len(set(ids)) == len(ids) == 2
