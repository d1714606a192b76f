"""TMF644: what a party allows of what is known about it, and what there is to allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.journey.api_words import PERSONS, create, person, refused
from tests.journey.conftest import Server

PROFILES = "/tmf-api/privacyManagement/v5/partyPrivacyProfile"
AGREEMENTS = "/tmf-api/privacyManagement/v5/partyPrivacyAgreement"
SPECIFICATIONS = "/tmf-api/privacyManagement/v5/partyPrivacyProfileSpecification"


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def specification(**more: Any) -> dict[str, Any]:
    characteristic = {
        "@type": "PartyPrivacyProfileSpecificationCharacteristic",
        "name": "birthDate",
        "valueType": "boolean",
        "criticalityLevel": "high",
        "allowedRole": [{"@type": "PartyRoleSpecificationRef", "id": "shop-agent"}],
    }
    return {
        "@type": "PartyPrivacyProfileSpecification",
        "name": "Profile data",
        "specCharacteristic": [characteristic],
        **more,
    }


def profile(party: dict[str, Any], specified: dict[str, Any], **more: Any) -> dict[str, Any]:
    who = {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": "subject",
        "partyOrPartyRole": {"@type": "PartyRef", "@referredType": "Individual", "id": party["id"]},
    }
    allowed = {"@type": "BooleanCharacteristic", "name": "birthDate", "value": False}
    return {
        "@type": "PartyPrivacyProfile",
        "agreedByParty": who,
        "partyPrivacyProfileSpecification": {"@type": "PartyPrivacyProfileSpecificationRef", "id": specified["id"]},
        "partyPrivacyProfileCharacteristic": [
            {"@type": "PartyPrivacyProfileCharacteristic", "characterisitc": allowed, "privacyUsagePurpose": "ADMIN"}
        ],
        **more,
    }


def test_a_profile_lives_with_the_party_that_agreed(api: httpx.Client) -> None:
    ada, specified = create(api, PERSONS, person()), create(api, SPECIFICATIONS, specification())
    sent = profile(ada, specified, name="Ada's", status="created")
    made = create(api, PROFILES, sent)
    assert {name: made[name] for name in sent} == sent
    assert made["creationDate"]
    assert made["id"][15:18] == ada["id"][15:18]
    found = api.get(PROFILES, params={"agreedByParty.partyOrPartyRole.id": ada["id"]}).json()
    assert found == [made]
    ended = api.patch(f"{PROFILES}/{made['id']}", json={"status": "terminated"}).json()
    assert ended["lastUpdate"] > made["lastUpdate"]
    assert ended == {**made, "status": "terminated", "lastUpdate": ended["lastUpdate"]}
    dated = api.patch(f"{PROFILES}/{made['id']}", json={"creationDate": "2020-01-01T00:00:00Z"})
    assert refused(dated, 400) == "immutable-attribute"
    assert api.delete(f"{PROFILES}/{made['id']}").status_code == 204


@pytest.mark.parametrize("name", ["agreedByParty", "partyPrivacyProfileSpecification", "@type"])
def test_a_profile_needs_what_the_file_demands(api: httpx.Client, name: str) -> None:
    sent = profile({"id": "someone"}, {"id": "something"})
    sent.pop(name)
    answer = api.post(PROFILES, json=sent)
    assert refused(answer, 400) == "invalid-document"
    assert name in answer.json()["message"]


def test_an_agreement_binds_the_parties_and_points_at_the_profiles(api: httpx.Client) -> None:
    ada, specified = create(api, PERSONS, person()), create(api, SPECIFICATIONS, specification())
    allowed = create(api, PROFILES, profile(ada, specified))
    sent = {
        "@type": "PartyPrivacyAgreement",
        "name": "Consent",
        "agreementType": "privacy",
        "engagedParty": [{"@type": "PartyRef", "@referredType": "Individual", "id": ada["id"]}],
        "partyPrivacyProfile": [{"@type": "PartyPrivacyProfileRef", "id": allowed["id"]}],
        "status": "initialized",
    }
    made = create(api, AGREEMENTS, sent)
    assert {name: made[name] for name in sent} == sent
    assert made["id"][15:18] == ada["id"][15:18]
    found = api.get(AGREEMENTS, params={"partyPrivacyProfile.id": allowed["id"]}).json()
    assert [agreement["id"] for agreement in found] == [made["id"]]
    without = api.post(AGREEMENTS, json={**sent, "engagedParty": None})
    assert "engagedParty" in without.json()["message"]
    old = api.get(f"{AGREEMENTS.replace('v5', 'v4')}/{made['id']}").json()
    assert old["engagedPartyRole"][0]["id"] == ada["id"]


def test_a_specification_says_what_is_wrong_with_it(api: httpx.Client) -> None:
    made = create(api, SPECIFICATIONS, specification(lifecycleStatus="Active"))
    assert api.get(SPECIFICATIONS, params={"specCharacteristic.criticalityLevel": "high", "id": made["id"]}).json()
    wrong = specification(specCharacteristic=[{"@type": "PartyPrivacyProfileSpecificationCharacteristic"}])
    message = api.post(SPECIFICATIONS, json=wrong).json()["message"]
    assert "specCharacteristic[0].name" in message
    assert "specCharacteristic[0].valueType" in message
