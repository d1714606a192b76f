"""Events: their payloads have the shape of the official examples, and a subscription gets what its query asks for."""

from __future__ import annotations

import itertools
import re
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from customer_inventory.api.events.interest import InvalidQuery, covered, interest
from customer_inventory.model.events import Event, Happening, change_event, event_types, events_of, state_event
from customer_inventory.model.problems import InvalidValue
from customer_inventory.model.view import View
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
    return events_between(view_of(name, version), before, after, operation=operation)


def events_between(view: View, before: Any, after: Any, *, operation: str = "modify") -> list[Event]:
    happening = Happening(
        record_id=RECORD, version=2, operation=operation, at=AT, request_id="asked", before=before, after=after
    )
    return events_of(view, happening, address=f"/{RECORD}")


def told(view: View, event: Event) -> dict[str, Any]:
    """What an event tells of a record besides its identity."""
    shown = event.body[view.api.events.wrapper][view.resource.name]
    return {name: value for name, value in shown.items() if name not in {"id", "href", "@type", "@baseType"}}


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


DATED = [view for view in VIEWS if view.resource.stamps.updated]


@pytest.mark.parametrize("view", DATED, ids=lambda view: f"{view.resource.name}-{view.api.version}")
def test_dates_go_with_what_they_are_of(view: View) -> None:
    """A change of the state alone is one event, with the dates that the server sets; so is that of dates alone."""
    stamps, state = view.resource.stamps, view.resource.state and view.shown_name(view.resource.state)
    dates = [view.shown_name(name) for name in (stamps.updated, stamps.turned) if name]
    before = {"@type": view.shape.name, **dict.fromkeys(dates, "1"), **({state: "old"} if state else {})}
    after = {**before, **dict.fromkeys(dates, "2")}
    alone = {event.type: told(view, event) for event in events_between(view, before, after)}
    assert alone == {change_event(view): dict.fromkeys(dates, "2")}
    if state and (kind := state_event(view)):
        turned = {event.type: told(view, event) for event in events_between(view, before, {**after, state: "new"})}
        assert turned == {kind: {**dict.fromkeys(dates, "2"), state: "new"}}
        more = events_between(view, before, {**after, state: "new", "note": "n"})
        both = {event.type: told(view, event) for event in more}
        assert both == {change_event(view): {dates[0]: "2", "note": "n"}, **turned}


def test_dates_are_told_by_the_names_of_each_version() -> None:
    assert {view.shown_name("lastUpdate") for view in DATED} == {"lastUpdate", "lastModified"}


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.resource.name}-{view.api.version}")
def test_the_resource_is_where_the_official_file_has_it(view: View) -> None:
    """All files say `event`, but that of TMF666 v4 (all of whose events say `payload`)."""
    wrapper = "payload" if (view.api.number, view.api.version) == ("TMF666", "v4") else "event"
    (event,) = events_between(view, None, {"@type": view.shape.name}, operation="create")
    assert event.body.keys() & {"event", "payload"} == {wrapper}
    assert event.body[wrapper].keys() == {view.resource.name}


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
        ("eventType=", ALL),  # as it was heard before it was refused of new subscriptions
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


@pytest.mark.parametrize(
    ("query", "understood"),
    [
        ("eventTime.gt=garbage", False),
        ("event.individual.birthDate.lt=tomorrow", False),
        ("familyName=Lovelace;status=vallidated", False),
        ("contactMedium.preferred.ne=maybe", False),
        ("eventTime.gt=2026-01-01T00:00:00%2B02:00&status=validated", True),
        ("status=deceased", True),  # no organization has this one, so only individuals are heard of
        ("status.regex=val.*", True),
        ("eventTime.startswith=2026", True),
    ],
)
def test_a_value_that_nothing_can_have_is_refused_at_once(query: str, understood: bool) -> None:
    asked = interest(covered("TMF632", "v5", None), query)  # what was asked for once is understood still
    with nullcontext() if understood else pytest.raises(InvalidValue):
        asked.check_values()


@pytest.mark.parametrize("prefix", ["", "individual.", "event.individual."])
def test_fields_choose_what_is_sent(prefix: str) -> None:
    views = covered("TMF632", "v5", None)
    asked = interest(views, f"fields={prefix}givenName,title")
    (event,) = asked.chosen(views["individual"], events("individual", None, PERSON, operation="create"))
    assert set(event.body["event"]["individual"]) == {"id", "href", "@type", "givenName"}
    assert set(event.body) == {"eventId", "eventType", "event", "@type", "@baseType", "title"}


def test_none_of_the_fields_is_the_identity() -> None:
    views = covered("TMF632", "v5", None)
    asked = interest(views, "fields=none&eventType=IndividualCreateEvent")
    (whole,) = events("individual", None, PERSON, operation="create")
    (event,) = asked.chosen(views["individual"], [whole])
    assert event.body["event"]["individual"] == {"id": RECORD, "href": f"/{RECORD}", "@type": "Individual"}
    assert event.body.keys() == whole.body.keys()
    with pytest.raises(InvalidQuery):
        interest(views, "fields=none,givenName")


ACCOUNT = {"@type": "PartyAccount", "name": "Main", "state": "active", "lastModified": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("query", "is_wanted"),
    [
        ("event.partyAccount.state=active", True),
        ("payload.partyAccount.state=active", True),
        ("payload.partyAccount.state=closed", False),
        ("event.partyAccount.state.ne=active", False),
        ("partyAccount.name=Main", None),
        ("event.billFormat.name=Main", False),
        ("filter=$.payload.partyAccount[?(@.name=='Main')]", True),
        ("filter=$.event.partyAccount[?(@.name=='Other')]", False),
        ("filter=$[?(@.payload.partyAccount.state=='active')]", True),
        ("filter=$[?(@.title=~/Create/ %26%26 @.event.partyAccount.state=='active')]", True),
        ("filter=$[?(@.title=~/Create/ %26%26 @.payload.partyAccount.state=='closed')]", False),
        ("lastModified=2026-01-01T00:00:00Z&domain=Account Management&eventType.ne=PartyAccountDeleteEvent", True),
    ],
)
def test_conditions_name_the_wrapper_of_the_file_or_that_of_all_others(query: str, is_wanted: bool | None) -> None:
    views = covered("TMF666", "v4", None)
    made = events("partyAccount", None, ACCOUNT, operation="create", version="v4")
    if is_wanted is None:
        with pytest.raises(InvalidQuery):
            interest(views, query)
    else:
        assert bool(interest(views, query).chosen(views["party_account"], made)) is is_wanted
    with pytest.raises(InvalidQuery):
        interest(covered("TMF632", "v5", None), "payload.individual.givenName=Ada")


@pytest.mark.parametrize(
    "query",
    [
        "$.event.individual[?(@.familyName=='Byron')]",
        "$.event.individual[?(@.deathDate)]",
        "event.individual[?(@.familyName=='Byron')]",
        "eventType=IndividualCreateEvent&$.event.individual[?(@.familyName=='Byron')]",
    ],
)
def test_a_bare_jsonpath_is_told_where_it_goes(query: str) -> None:
    with pytest.raises(InvalidQuery, match="goes into filter="):
        interest(covered("TMF632", "v5", None), query)


@pytest.mark.parametrize("prefix", ["", "partyAccount.", "event.partyAccount.", "payload.partyAccount."])
def test_fields_name_the_wrapper_of_the_file_or_that_of_all_others(prefix: str) -> None:
    views = covered("TMF666", "v4", None)
    made = events("partyAccount", None, ACCOUNT, operation="create", version="v4")
    (event,) = interest(views, f"fields={prefix}name").chosen(views["party_account"], made)
    assert event.body["payload"]["partyAccount"].keys() == {"id", "href", "@type", "name"}


def test_ids_are_the_same_in_both_versions_and_differ_otherwise() -> None:
    of_five, of_four = (
        events("customer", None, {"@type": "C"}, operation="create", version=v)[0] for v in ("v5", "v4")
    )
    assert of_five.id == of_four.id
    ids = [event.id for event in itertools.chain(*(events(*each[:3], operation=each[3]) for each in (CREATED, STATED)))]
    assert len(set(ids)) == len(ids) == 2
