"""A time that is none in UTC: refused at every door that keeps times, and what was kept before is still read."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.consistency import ask
from tests.journey.api_words import PERSONS, create, person, refused
from tests.journey.conftest import Server, command
from tests.journey.test_oauth import metadata
from tests.journey.test_privacy import AGREEMENTS
from tests.journey.test_registrations import PLACE, a_name, told

FAR, EARLY = "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"
CONSENT = "/inventory/v1/consent"


@pytest.fixture
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def test_a_registration_that_lasts_for_ever_is_refused_and_the_others_are_listed(server: Server) -> None:
    grants = ("--grant", "create:registration,read:registration")
    with Server(server.data, server.port).register(a_name(), *grants).api() as asking:
        before = asking.get(PLACE).json()
        assert refused(asking.post(PLACE, json=told("far", expiresAt=FAR)), 400) == "not-storable"
        answer = asking.post("/oauth2/register", json={**metadata(), "expires_at": FAR})
        assert answer.status_code == 400, answer.text
        assert asking.get(PLACE).json() == before
    assert command("registration", "list", "--data", str(server.data)).returncode == 0


def test_consent_that_was_said_before_time_began_is_refused_and_read_where_an_agreement_says_it(
    api: httpx.Client, server: Server
) -> None:
    party = create(api, PERSONS, person())["id"]
    said = {"partyId": party, "purpose": "marketing", "status": "given", "evidence": "form"}
    for more in ({"saidAt": EARLY}, {"expiresAt": FAR}):
        assert refused(api.post(CONSENT, json={**said, **more}), 400) == "not-storable"
    entry = {"@type": "PartyPrivacyProfileCharacteristic", "name": "marketing", "privacyUsagePurpose": "marketing"}
    agreement = {
        "@type": "PartyPrivacyAgreement",
        "name": "Privacy",
        "agreementType": "privacy",
        "engagedParty": [{"@type": "PartyRef", "id": party, "@referredType": "Individual"}],
        "agreementPeriod": {"startDateTime": EARLY, "endDateTime": FAR},
        "partyPrivacyProfileCharacteristic": [entry],
    }
    api.post(AGREEMENTS, json=agreement)
    assert api.get(f"{CONSENT}/{party}").status_code == 200
    assert api.get(CONSENT, params={"partyId": party}).status_code == 200


async def test_what_was_kept_before_is_still_read(api: httpx.Client, server: Server) -> None:
    party = create(api, PERSONS, person())["id"]
    assert refused(api.get(f"{PERSONS}/{party}?asOf={EARLY.replace('+', '%2B')}"), 400)
    restricted = command("privacy", "restrict", party, "--reason", "x", "--until", FAR, "--data", str(server.data))
    assert restricted.returncode == 3, restricted.stderr
    assert api.get(f"{PERSONS}/{party}").status_code == 200
    assert command("privacy", "restrict", party, "--reason", "x", "--data", str(server.data)).returncode == 0
    place = server.data.resolve()
    address = f"host={place / 'socket'} dbname=customer_inventory user=customer_inventory passfile={place / 'passfile'}"
    later = f"update restriction set until = '10000-01-01 13:00+00' where party_id = '{party}' returning 1"
    assert await ask(address, later) == [(1,)]
    listed = command("privacy", "restrictions", "--data", str(server.data))
    assert listed.returncode == 0, listed.stderr
    assert command("privacy", "lift", party, "--reason", "y", "--data", str(server.data)).returncode == 0
    assert json.loads(api.get(f"{PERSONS}/{party}").content)["id"] == party
