"""Parties of every class in one list: filtered by class and by what they share, in pages, in both versions."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.journey.api_words import PERSONS, create, person
from tests.journey.conftest import Server

ORGANIZATIONS = PERSONS.replace("individual", "organization")
PARTIES = PERSONS.replace("individual", "party")
EARLIER = "/tmf-api/party/v4/party"


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


@pytest.fixture(scope="module")
def city(api: httpx.Client) -> str:
    """Three people and two organizations that are reached in one city."""
    name = f"City{uuid4().hex[:10]}"
    medium = [{"@type": "GeographicAddressContactMedium", "city": name}]
    for given in "ABC":
        create(api, PERSONS, person(given, name, name=f"{given} {name}", contactMedium=medium))
    for word in "XY":
        create(api, ORGANIZATIONS, {"@type": "Organization", "name": f"{word} {name}", "contactMedium": medium})
    return name


def names(answer: httpx.Response) -> str:
    assert answer.status_code in {200, 206}, answer.text
    return "".join(str(record.get("name", record.get("fullName")))[0] for record in answer.json())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "ABCXY"),
        ("@type=Individual", "ABC"),
        ("@type=Organization", "XY"),
        ("@type=Individual,Organization", "ABCXY"),
        ("@type.ne=Individual", "XY"),
        ("givenName=A", "A"),
        ("givenName.ne=A", "BCXY"),
        ("givenName.isnull", "XY"),
        ("name.regex=^[B-X]", "BCX"),
        ("filter=$[?(@.name=~/^[ax]/i)]", "AX"),
        ("filter=contactMedium[?(@.city!='x')]", "ABCXY"),
    ],
)
def test_parties_are_listed_together(api: httpx.Client, city: str, query: str, expected: str) -> None:
    answer = api.get(f"{PARTIES}?contactMedium.city={city}&sort=name&{query}")
    assert names(answer) == expected
    assert answer.headers["x-total-count"] == str(len(expected))
    for record in answer.json():
        assert api.get(record["href"]).json() == record
        assert f"/{record['@type'].lower()}/" in record["href"]


@pytest.mark.parametrize("order", ["", "&sort=-name", "&sort=@type,-name", "&sort=contactMedium.city"])
@pytest.mark.parametrize("start", ["", "&offset=0"])
def test_pages_go_on_from_one_class_to_the_other(api: httpx.Client, city: str, order: str, start: str) -> None:
    address: str | None = f"{PARTIES}?contactMedium.city={city}&limit=2{start}{order}"
    found = ""
    while address:
        answer = api.get(address)
        found += names(answer)
        assert answer.headers["x-total-count"] == "5"
        address = answer.links.get("next", {}).get("url")
    assert sorted(found) == list("ABCXY")


def test_the_earlier_version_lists_them_in_its_own_words(api: httpx.Client, city: str) -> None:
    answer = api.get(f"{EARLIER}?contactMedium.characteristic.city={city}&@type=Individual")
    assert {record["fullName"] for record in answer.json()} == {f"{given} {city}" for given in "ABC"}
    assert api.get(EARLIER, params={"fields": "none", "limit": 1}).json()[0].keys() == {"id", "href", "@type"}


def test_the_collection_is_for_reading(api: httpx.Client) -> None:
    assert api.post(PARTIES, json={"@type": "Individual"}).status_code == 405
    assert api.get(f"{PARTIES}?nam=x").status_code == 400


def found(api: httpx.Client, address: str, query: str, among: dict[str, str]) -> set[str]:
    """Return which of some records a list holds, by what they are called here."""
    answer = api.get(f"{address}?{query}&limit=1000")
    assert answer.status_code in {200, 206}, answer.text
    ids = {each["id"] for each in answer.json()}
    return {name for name, identifier in among.items() if identifier in ids}


def test_what_only_one_class_may_say_is_asked_of_all(api: httpx.Client) -> None:
    closed = create(api, ORGANIZATIONS, {"@type": "Organization", "name": "Closed", "status": "closed"})
    dead = create(api, PERSONS, person(status="deceased"))
    among = {"closed": closed["id"], "dead": dead["id"]}
    assert found(api, PARTIES, "status=closed", among) == {"closed"}
    assert found(api, PARTIES, "status=closed,deceased", among) == {"closed", "dead"}
    assert found(api, PARTIES, "status.ne=closed", among) == {"dead"}
    assert found(api, PARTIES, "@type=Individual&status=closed", among) == set()
    assert found(api, PARTIES, "filter=status=='closed'", among) == {"closed"}
    answer = api.get(f"{PARTIES}?status=unheard")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-value")
    assert "closed, deceased, initialized, validated" in answer.json()["message"]


def test_an_attribute_of_one_class_is_none_of_another_that_is_kept_in_its_place(api: httpx.Client) -> None:
    """In v4 the name that is kept of a person is `fullName`, that of an organization `name`."""
    name = f"Z{uuid4().hex}"
    one = create(
        api,
        EARLIER.replace("party/v4/party", "party/v4/individual"),
        {"fullName": name, "givenName": "A", "familyName": "B"},
    )
    other = create(api, ORGANIZATIONS, {"@type": "Organization", "name": name})
    among = {"person": one["id"], "organization": other["id"]}
    assert found(api, EARLIER, f"fullName={name}", among) == {"person"}
    assert found(api, EARLIER, f"name={name}", among) == {"organization"}
    assert found(api, EARLIER, f"filter=fullName=='{name}'", among) == {"person"}
    assert found(api, EARLIER, f"filter=name=='{name}'", among) == {"organization"}
    assert found(api, EARLIER, f"name.isnull&id={one['id']}", among) == {"person"}
    assert found(api, EARLIER, f"fullName.isnull&id={other['id']}", among) == {"organization"}
