"""v4 and v5 of one API over one record: what one client writes, the other reads, changes and does not lose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.journey.api_words import CUSTOMERS, PERSONS, create, customer, person, refused
from tests.journey.conftest import Server

PERSONS_V4 = "/tmf-api/party/v4/individual"
COMPANIES_V4 = "/tmf-api/party/v4/organization"
CUSTOMERS_V4 = "/tmf-api/customerManagement/v4/customer"
MEDIA_V4 = [{"mediumType": "email", "preferred": True, "characteristic": {"emailAddress": "ada@example.com"}}]


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def v5(path: str) -> str:
    """Return the canonical v5 address of the collection or record at a canonical v4 address."""
    return path.replace("/party/v4", "/partyManagement/v5").replace("/v4/", "/v5/")


def person_v4(**more: Any) -> dict[str, Any]:
    return {"givenName": "Ada", "familyName": "Byron", **more}


def test_a_v4_body_needs_no_class_and_is_shown_at_its_own_address(api: httpx.Client) -> None:
    made = api.post(PERSONS_V4, json=person_v4(fullName="Ada Byron", contactMedium=MEDIA_V4))
    assert made.status_code == 201, made.text
    shown = made.json()
    assert shown["href"] == f"{PERSONS_V4}/{shown['id']}" == made.headers["location"]
    assert (shown["@type"], shown["fullName"]) == ("Individual", "Ada Byron")
    assert shown["contactMedium"][0]["characteristic"] == {"emailAddress": "ada@example.com"}
    assert api.get(f"/tmf-api/partyManagement/v4/individual/{shown['id']}").json() == shown


def test_a_record_of_v4_is_read_and_changed_as_v5_and_read_again_as_v4(api: httpx.Client) -> None:
    partner = create(api, PERSONS_V4, person_v4(givenName="William"))
    related = {"id": partner["id"], "role": "spouse", "@referredType": "Individual", "name": "William"}
    made = create(
        api,
        PERSONS_V4,
        person_v4(
            relatedParty=[related],
            contactMedium=MEDIA_V4,
            partyCharacteristic=[{"name": "shoeSize", "value": 38}],
            externalReference=[{"name": "4711", "externalReferenceType": "crm"}],
            hobby="engines",
        ),
    )
    stored = api.get(f"{PERSONS}/{made['id']}").json()
    assert stored["contactMedium"][0]["@type"] == "EmailContactMedium"
    assert stored["contactMedium"][0]["emailAddress"] == "ada@example.com"
    assert stored["relatedParty"][0]["partyOrPartyRole"]["@type"] == "PartyRef"
    assert stored["partyCharacteristic"][0]["@type"] == "IntegerCharacteristic"
    assert stored["externalReference"][0]["id"] == "4711"
    media = [*stored["contactMedium"], {"@type": "PhoneContactMedium", "id": "m2", "phoneNumber": "+44 20"}]
    changed = api.patch(f"{PERSONS}/{made['id']}", json={"contactMedium": media, "status": "deceased"})
    assert changed.status_code == 200, changed.text
    shown = api.get(f"{PERSONS_V4}/{made['id']}").json()
    assert shown["relatedParty"][0] == {**related, "@type": "RelatedParty"}
    assert shown["contactMedium"][1]["characteristic"] == {"phoneNumber": "+44 20"}
    assert (shown["status"], shown["hobby"]) == ("deceaded", "engines")
    assert shown["partyCharacteristic"][0]["value"] == 38


def test_a_v4_client_that_sends_back_what_it_got_takes_nothing_away(api: httpx.Client) -> None:
    media = [
        {"@type": "GeographicAddressContactMedium", "id": "m1", "city": "Bath", "geographicAddress": {"id": "g1"}},
        {"@type": "EmailContactMedium", "id": "m2", "emailAddress": "ada@example.com"},
    ]
    made = create(api, PERSONS, person(contactMedium=media, name="Ada Byron"))
    shown = api.get(f"{PERSONS_V4}/{made['id']}").json()
    shown["contactMedium"][1]["characteristic"]["emailAddress"] = "countess@example.com"
    assert api.patch(f"{PERSONS_V4}/{made['id']}", json=shown).status_code == 200
    stored = api.get(f"{PERSONS}/{made['id']}").json()
    assert stored["contactMedium"] == [media[0], {**media[1], "emailAddress": "countess@example.com"}]
    assert stored["name"] == "Ada Byron"


def test_the_mandatory_name_of_the_other_version_is_filled_in(api: httpx.Client) -> None:
    made = create(api, COMPANIES_V4, {"tradingName": "Engines"})
    assert api.get(f"{v5(COMPANIES_V4)}/{made['id']}").json()["name"] == "Engines"
    other = create(api, v5(COMPANIES_V4), {"@type": "Organization", "name": "Looms"})
    assert api.get(f"{COMPANIES_V4}/{other['id']}").json()["tradingName"] == "Looms"
    for asked in ("tradingName=Looms", "tradingName.startswith=Loo", "filter=$%5B%3F(@.tradingName=='Looms')%5D"):
        found = api.get(f"{COMPANIES_V4}?id={other['id']}&{asked}&sort=tradingName")
        assert [each["id"] for each in found.json()] == [other["id"]], asked
        assert api.get(f"{v5(COMPANIES_V4)}?id={other['id']}&{asked}").json() == [], asked
    assert api.patch(f"{COMPANIES_V4}/{other['id']}", json={"status": "closed"}).status_code == 200
    assert "tradingName" not in api.get(f"{v5(COMPANIES_V4)}/{other['id']}").json()


def test_a_customer_of_v4_belongs_to_its_party_and_is_found_by_v4_names(api: httpx.Client) -> None:
    ada = create(api, PERSONS_V4, person_v4())
    engaged = {"id": ada["id"], "@referredType": "Individual", "role": "owner"}
    body = {"name": "Byron of Bath", "engagedParty": engaged, "contactMedium": MEDIA_V4}
    made = create(api, CUSTOMERS_V4, body)
    assert made["id"][14:18] == ada["id"][14:18]
    assert made["engagedParty"] == {**engaged, "@type": "RelatedParty"}
    stored = api.get(f"{CUSTOMERS}/{made['id']}").json()
    assert stored["engagedParty"]["@type"] == "PartyRef"
    for name, value in (
        ("contactMedium.characteristic.emailAddress", "ada@example.com"),
        ("engagedParty.id", ada["id"]),
        ("engagedParty.role", "owner"),
        ("engagedParty.@type", "RelatedParty"),
    ):
        found = api.get(CUSTOMERS_V4, params={name: value, "id": made["id"]})
        assert [each["id"] for each in found.json()] == [made["id"]], name
    assert refused(api.get(CUSTOMERS_V4, params={"contactMedium.emailAddress": "x"}), 400) == "unknown-attribute"


def test_fields_and_filters_speak_the_version_that_is_asked(api: httpx.Client) -> None:
    made = create(api, PERSONS, person(name="Ada King", status="deceased"))
    assert api.get(f"{PERSONS_V4}/{made['id']}?fields=fullName").json()["fullName"] == "Ada King"
    listed = api.get(PERSONS_V4, params={"fullName": "Ada King", "status": "deceaded", "id": made["id"]})
    assert [each["id"] for each in listed.json()] == [made["id"]]
    ordered = api.get(PERSONS_V4, params={"sort": "-familyName", "limit": 1})
    assert ordered.status_code in {200, 206}


def test_what_only_v5_declares_is_found_sorted_and_chosen_in_v4_as_it_is_shown(api: httpx.Client) -> None:
    media = [{"@type": "EmailContactMedium", "id": "m1", "emailAddress": "ada@example.com"}]
    made = create(api, CUSTOMERS, customer(contactMedium=media, description="The countess", role="Customer"))
    own = f"id={made['id']}"
    for asked in ("description=The%20countess", "contactMedium.id=m1", "filter=contactMedium%5B%3F(@.id=='m1')%5D"):
        assert [each["id"] for each in api.get(f"{CUSTOMERS_V4}?{own}&{asked}").json()] == [made["id"]], asked
    assert api.get(f"{CUSTOMERS_V4}?{own}&contactMedium.id=m2").json() == []
    assert api.get(f"{CUSTOMERS_V4}?{own}&sort=-description").status_code == 200
    chosen = api.get(f"{CUSTOMERS_V4}/{made['id']}?fields=description").json()
    assert chosen.keys() == {"id", "href", "@type", "description"}
    changed = api.patch(f"{CUSTOMERS_V4}/{made['id']}", json={"description": "The analyst"})
    assert changed.json()["description"] == "The analyst"
    assert api.get(f"{CUSTOMERS}/{made['id']}").json()["description"] == "The analyst"
    described = api.get(f"{CUSTOMERS_V4.rpartition('/')[0]}/openapi.json").json()
    assert "description" not in described["components"]["schemas"]["Customer"]["properties"]


def test_what_nothing_declares_is_shown_but_not_found(api: httpx.Client) -> None:
    made = create(api, CUSTOMERS, customer(**{"@type": "Patron", "@baseType": "Customer", "hobby": "engines"}))
    assert api.get(f"{CUSTOMERS_V4}/{made['id']}").json()["hobby"] == "engines"
    for collection in (CUSTOMERS, CUSTOMERS_V4):
        assert refused(api.get(f"{collection}?hobby=engines"), 400) == "unknown-attribute"


def test_a_class_of_the_clients_own_needs_no_base_in_v4(api: httpx.Client) -> None:
    made = create(api, PERSONS_V4, person_v4(**{"@type": "Countess"}))
    assert made["@type"] == "Countess"
    assert api.patch(f"{PERSONS}/{made['id']}", json={"title": "Lady"}).status_code == 200


def test_refusals_name_what_v4_calls_the_attribute(api: httpx.Client) -> None:
    wrong = person_v4(contactMedium=[{"mediumType": "email", "characteristic": {"emailAddress": 5}}])
    answer = api.post(PERSONS_V4, json=wrong)
    assert refused(answer, 400) == "invalid-document"
    assert "contactMedium[0].characteristic.emailAddress" in answer.json()["message"]
    answer = api.post(PERSONS_V4, json={"familyName": "Byron"})
    assert "givenName: is mandatory" in answer.json()["message"]


def test_what_v4_need_not_say_does_not_keep_v5_from_changing_the_record(api: httpx.Client) -> None:
    """A related party without a role is whole in v4 only."""
    ada = create(api, PERSONS_V4, person_v4())
    made = create(api, PERSONS_V4, person_v4(relatedParty=[{"id": ada["id"], "@referredType": "Individual"}]))
    assert api.patch(f"{PERSONS}/{made['id']}", json={"title": "Lady"}).status_code == 200
    assert api.patch(f"{PERSONS_V4}/{made['id']}", json={"title": "Dame"}).status_code == 200


def test_what_v5_need_not_say_does_not_keep_v4_from_changing_the_record(api: httpx.Client) -> None:
    credit = [{"@type": "CreditProfile", "creditScore": 5}]
    made = create(api, CUSTOMERS, customer(creditProfile=credit))
    changed = api.patch(f"{CUSTOMERS_V4}/{made['id']}", json={"status": "active"})
    assert changed.status_code == 200, changed.text
    assert api.get(f"{CUSTOMERS}/{made['id']}").json()["creditProfile"] == credit
    answer = api.post(CUSTOMERS_V4, json={"name": "x", "engagedParty": {"id": "1", "@referredType": "Individual"},
                                          "creditProfile": [{}]})  # fmt: skip
    assert "creditProfile[0].creditProfileDate" in answer.json()["message"]
