"""What privacy agreements (TMF644) say is consent: from the moment they are written, through whichever door."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_client
from customer_inventory.access.loading import loading
from customer_inventory.capture.drafting import draft
from customer_inventory.capture.preparing import new_ids
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from tests.consistency import ask

PEOPLE = "/tmf-api/party/v5/individual"
AGREEMENTS = "/tmf-api/privacyManagement/v5/partyPrivacyAgreement"
EARLIER = "/tmf-api/privacyManagement/v4/partyPrivacyAgreement"
PROFILES = "/tmf-api/privacyManagement/v5/partyPrivacyProfile"
MERGE = {"content-type": "application/merge-patch+json"}


def moment(days: float) -> str:
    return (system_clock() + timedelta(days=days)).isoformat()


def entry(value: Any, purpose: str = "MARKETING", name: str = "email") -> dict[str, Any]:
    return {
        "@type": "PartyPrivacyProfileCharacteristic",
        "privacyUsagePurpose": purpose,
        "characterisitc": {"@type": "Characteristic", "name": name, "value": value},
    }


def agreement(party: str, *entries: dict[str, Any], kind: str = "Individual", **more: Any) -> dict[str, Any]:
    return {
        "@type": "PartyPrivacyAgreement",
        "name": "Privacy",
        "agreementType": "privacy",
        "engagedParty": [{"@type": "PartyRef", "id": party, "@referredType": kind}],
        "partyPrivacyProfileCharacteristic": list(entries),
        **more,
    }


class Ground:
    """A party, somebody who writes agreements, and somebody who sees only those who agree to marketing."""

    def __init__(self, door: httpx.AsyncClient, party: str, writer: dict[str, str], caller: dict[str, str]) -> None:
        self.door, self.party, self.writer, self.caller = door, party, writer, caller

    async def write(self, document: dict[str, Any], *, path: str = AGREEMENTS) -> str:
        answer = await self.door.post(path, json=document, headers=self.writer)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def patch(self, agreement_id: str, change: dict[str, Any], *, path: str = AGREEMENTS) -> None:
        answer = await self.door.patch(f"{path}/{agreement_id}", json=change, headers={**self.writer, **MERGE})
        assert answer.status_code == 200, answer.text

    async def delete(self, agreement_id: str) -> None:
        answer = await self.door.delete(f"{AGREEMENTS}/{agreement_id}", headers=self.writer)
        assert answer.status_code == 204, answer.text

    async def agrees(self) -> bool:
        answer = await self.door.get(f"{PEOPLE}/{self.party}", headers=self.caller)
        assert answer.status_code in {200, 404}
        return answer.status_code == 200

    async def say(self, status: str) -> None:
        said = {"partyId": self.party, "purpose": "marketing", "status": status, "evidence": "form"}
        answer = await self.door.post("/inventory/v1/consent", json=said, headers=self.writer)
        assert answer.status_code == 201, answer.text

    async def holding(self) -> dict[str, str]:
        answer = await self.door.get(f"/inventory/v1/consent/{self.party}", headers=self.writer)
        assert answer.status_code == 200, answer.text
        return {each["name"]: each["status"] for each in answer.json()["purpose"]}

    async def facts(self) -> list[tuple[str, str | None, str]]:
        answer = await self.door.get("/inventory/v1/consent", params={"partyId": self.party}, headers=self.writer)
        return [(each["status"], each.get("agreementId"), each["purpose"]) for each in answer.json()]


@pytest.fixture
async def ground(desk: Desk, access: Access, door: httpx.AsyncClient) -> Ground:
    ada = {"@type": "Individual", "givenName": "Ada", "familyName": "Lovelace"}
    party = (await access.create(RESOURCES["individual"], ada)).record.id

    async def client(name: str, *grants: str) -> dict[str, str]:
        made = await register_client(
            desk.repository.register, name=name, purposes=["marketing"], grants=grants, by="tests", clock=system_clock
        )
        return {"authorization": f"Bearer {desk.tokens.issue(made.client_id)}"}

    writer = await client("writer", "create,read,modify,delete", "create:consent,read:consent")
    return Ground(door, str(party), writer, await client("caller", "read individual (*) with consent"))


async def test_an_agreement_gives_consent_until_it_is_no_more(ground: Ground) -> None:
    assert not await ground.agrees()
    made = await ground.write(agreement(ground.party, entry("allowed"), version="2026-01"))
    assert await ground.agrees()
    await ground.patch(made, {"description": "read out on the phone"})
    assert await ground.facts() == [("given", made, "marketing")], "nothing else was said"
    await ground.delete(made)
    assert not await ground.agrees()
    assert await ground.facts() == [("withdrawn", made, "marketing"), ("given", made, "marketing")]
    answer = await ground.door.post(f"{AGREEMENTS}/{made}/history/1/restore", headers=ground.writer)
    assert answer.is_success, answer.text
    assert await ground.agrees()


@pytest.mark.parametrize(
    "change",
    [
        {"status": "terminated"},
        {"agreementPeriod": {"endDateTime": "2020-01-01T00:00:00Z"}},
        {"agreementPeriod": {"startDateTime": "2999-01-01T00:00:00Z"}},
        {"partyPrivacyProfileCharacteristic": [entry("refused")]},
        {"partyPrivacyProfileCharacteristic": [entry("allowed"), entry(False, name="telephone")]},
        {"partyPrivacyProfileCharacteristic": [entry("allowed", "RESEARCH")]},
        {"partyPrivacyProfileCharacteristic": []},
    ],
)
async def test_what_an_agreement_says_no_more_is_withdrawn(ground: Ground, change: dict[str, Any]) -> None:
    made = await ground.write(agreement(ground.party, entry("Opt-In")))
    assert await ground.agrees()
    await ground.patch(made, change)
    assert not await ground.agrees()


@pytest.mark.parametrize(
    ("value", "more", "agrees"),
    [
        (True, {}, True),
        ("yes", {"status": "In force"}, True),
        ("granted", {"agreementPeriod": {"startDateTime": "2020-01-01T00:00:00Z"}}, True),
        (False, {}, False),
        ("perhaps", {}, False),
        ({"a": True}, {}, False),
        ([True], {}, False),
        (True, {"status": "in process"}, False),
        (True, {"status": "rejected"}, False),
    ],
)
async def test_only_a_plain_yes_of_what_is_in_force_is_consent(
    ground: Ground, value: Any, more: dict[str, Any], agrees: bool
) -> None:
    await ground.write(agreement(ground.party, entry(value), **more))
    assert await ground.agrees() is agrees


async def test_agreements_of_version_four_say_the_same(ground: Ground) -> None:
    made = await ground.write(
        {
            "name": "Privacy",
            "agreementType": "privacy",
            "agreementItem": [{"@type": "AgreementItem"}],
            "engagedPartyRole": [{"id": ground.party, "@referredType": "Individual", "name": "Ada"}],
            "partyPrivacyProfileCharacteristic": [
                {"name": "email", "value": "true", "privacyUsagePurpose": "MARKETING"},
            ],
        },
        path=EARLIER,
    )
    assert await ground.agrees()
    await ground.patch(made, {"status": "cancelled"}, path=EARLIER)
    assert not await ground.agrees()


async def test_a_profile_speaks_through_the_agreement_that_names_it(ground: Ground) -> None:
    agreed_by = {"@type": "RelatedPartyRefOrPartyRoleRef", "role": "subject"}
    agreed_by["partyOrPartyRole"] = {"@type": "PartyRef", "id": ground.party, "@referredType": "Individual"}  # type: ignore[assignment]
    profile = await ground.write(
        {
            "@type": "PartyPrivacyProfile",
            "partyPrivacyProfileSpecification": {"@type": "PartyPrivacyProfileSpecificationRef", "id": "s"},
            "partyPrivacyProfileCharacteristic": [entry("allowed")],
            "agreedByParty": agreed_by,
        },
        path=PROFILES,
    )
    assert not await ground.agrees(), "a profile alone binds nobody"
    pointer = {"@type": "PartyPrivacyProfileRef", "id": profile, "@referredType": "PartyPrivacyProfile"}
    await ground.write(agreement(ground.party, partyPrivacyProfile=[pointer]))
    assert await ground.agrees()
    await ground.patch(profile, {"partyPrivacyProfileCharacteristic": [entry("refused")]}, path=PROFILES)
    assert not await ground.agrees()


async def test_of_two_agreements_the_one_that_stays_holds(ground: Ground) -> None:
    first = await ground.write(agreement(ground.party, entry(True)))
    second = await ground.write(agreement(ground.party, entry(True)))
    await ground.delete(first)
    assert await ground.agrees()
    await ground.delete(second)
    assert not await ground.agrees()


async def test_of_agreements_that_end_at_once_none_is_left_standing(ground: Ground) -> None:
    for _ in range(5):
        made = [await ground.write(agreement(ground.party, entry(True))) for _ in range(4)]
        assert await ground.agrees()
        await asyncio.gather(*(ground.delete(each) for each in made))
        assert not await ground.agrees()


async def test_what_was_said_by_word_of_mouth_is_not_unsaid_by_an_agreement_that_ends(ground: Ground) -> None:
    made = await ground.write(agreement(ground.party, entry(True)))
    said = {"partyId": ground.party, "purpose": "marketing", "agreementId": made, "evidence": "call 4711"}
    answer = await ground.door.post("/inventory/v1/consent", json={**said, "status": "given"}, headers=ground.writer)
    assert answer.status_code == 201
    await ground.delete(made)
    assert await ground.agrees()
    await ground.door.post("/inventory/v1/consent", json={**said, "status": "withdrawn"}, headers=ground.writer)
    assert not await ground.agrees()
    old = {"agreementPeriod": {"startDateTime": moment(-400)}}
    await ground.write(agreement(ground.party, entry(True), **old))
    assert not await ground.agrees(), "it was agreed to before it was withdrawn"


async def test_a_consent_by_agreement_ends_with_its_period(ground: Ground, database: str) -> None:
    await ground.write(agreement(ground.party, entry(True), agreementPeriod={"endDateTime": moment(2)}))
    assert await ground.agrees()
    await ask(database, "update consent set expires_at = now() - interval '1 second' returning 1")
    assert not await ground.agrees()


async def test_each_party_to_it_agrees_through_the_part_that_it_plays(ground: Ground, access: Access) -> None:
    engaged = {"@type": "PartyRef", "id": ground.party, "@referredType": "Individual"}
    customer = await access.create(RESOURCES["customer"], {"@type": "Customer", "name": "Ada", "engagedParty": engaged})
    await ground.write(agreement(str(customer.record.id), entry(True), kind="Customer"))
    assert await ground.agrees()


async def test_agreements_that_are_loaded_in_bulk_say_it_too(ground: Ground, access: Access) -> None:
    resource = RESOURCES["partyPrivacyAgreement"]

    async def load(value: bool) -> None:
        (ids,) = new_ids(1, 1, randomness=secrets.randbits, at=1_700_000_000_000)
        document = agreement(ground.party, entry(value))
        row = draft(1, [(resource, document)], ids, "A1", strict={}, now=system_clock())
        async with loading(
            access, kinds=(resource.kind,), source="crm", file_name="a.ndjson", dry=False, connections=1
        ) as opened:
            assert not (await opened.load([row])).refused

    await load(True)
    assert await ground.agrees()
    await load(False)
    assert not await ground.agrees()


@pytest.mark.parametrize(
    "change",
    [{"version": "2"}, {"agreementPeriod": {"endDateTime": moment(900)}}, {"status": "active", "version": "3"}],
)
async def test_an_agreement_that_goes_on_does_not_give_again_what_was_withdrawn(
    ground: Ground, change: dict[str, Any]
) -> None:
    made = await ground.write(agreement(ground.party, entry(True), version="1"))
    said = {"partyId": ground.party, "purpose": "marketing", "status": "withdrawn"}
    assert (await ground.door.post("/inventory/v1/consent", json=said, headers=ground.writer)).status_code == 201
    await ground.patch(made, change)
    assert not await ground.agrees()
    await ground.door.post(f"{AGREEMENTS}/{made}/history/1/restore", headers=ground.writer)
    assert not await ground.agrees()
    await ground.write(agreement(ground.party, entry(True)))
    assert await ground.agrees(), "a new agreement is a new word"


async def test_an_agreement_that_goes_on_renews_what_rests_on_it(ground: Ground) -> None:
    made = await ground.write(agreement(ground.party, entry(True), agreementPeriod={"endDateTime": moment(2)}))
    await ground.patch(made, {"agreementPeriod": {"endDateTime": moment(900)}})
    state = await ground.door.get(f"/inventory/v1/consent/{ground.party}", headers=ground.writer)
    assert state.json()["purpose"][0]["expiresAt"][:4] == moment(900)[:4]
    await ground.patch(made, {"status": "terminated"})
    assert not await ground.agrees()
    await ground.patch(made, {"status": "active"})
    assert await ground.agrees()


async def test_what_was_withdrawn_does_not_come_back_by_an_older_agreement(ground: Ground) -> None:
    await ground.write(agreement(ground.party, entry(True)))
    said = {"partyId": ground.party, "purpose": "MARKETING", "status": "withdrawn"}
    assert (await ground.door.post("/inventory/v1/consent", json=said, headers=ground.writer)).status_code == 201
    newer = await ground.write(agreement(ground.party, entry(True)))
    assert await ground.agrees()
    await ground.delete(newer)
    assert not await ground.agrees()


async def test_who_is_not_held_consents_to_nothing(ground: Ground, database: str) -> None:
    gone = "01a22d00-d76b-8000-bdfd-edb9532715c1"
    await ground.write(agreement(gone, entry(True)))
    assert await ask(database, "select count(*) from consent_fact") == [(0,)]


def in_a_moment(seconds: float = 1.5) -> str:
    return moment(seconds / 86400)


async def test_an_agreement_that_begins_later_counts_from_then_without_another_change(ground: Ground) -> None:
    begins = in_a_moment()
    await ground.write(agreement(ground.party, entry("yes"), agreementPeriod={"startDateTime": begins}))
    assert not await ground.agrees()
    assert await ground.holding() == {}
    await asyncio.sleep(2)
    assert await ground.agrees()
    assert await ground.holding() == {"marketing": "given"}


async def test_what_is_withdrawn_before_it_begins_stays_withdrawn(ground: Ground) -> None:
    made = await ground.write(agreement(ground.party, entry("yes"), agreementPeriod={"startDateTime": in_a_moment()}))
    await ground.say("withdrawn")
    await asyncio.sleep(2)
    assert not await ground.agrees()
    await ground.patch(made, {"description": "read out"})
    assert not await ground.agrees()
    await ground.say("given")
    assert await ground.agrees()


async def test_one_that_begins_later_and_goes_on_or_ends_is_heeded(ground: Ground) -> None:
    made = await ground.write(agreement(ground.party, entry("yes"), agreementPeriod={"startDateTime": in_a_moment()}))
    other = await ground.write(
        agreement(ground.party, entry("yes"), agreementPeriod={"startDateTime": moment(2), "endDateTime": moment(3)})
    )
    await asyncio.sleep(2)
    await ground.patch(made, {"version": "2"})
    assert await ground.agrees()
    await ground.delete(made)
    assert not await ground.agrees()
    await ground.patch(other, {"agreementPeriod": {"startDateTime": moment(-1), "endDateTime": moment(3)}})
    assert await ground.agrees()
    await ground.patch(other, {"agreementPeriod": {"startDateTime": moment(1), "endDateTime": moment(3)}})
    assert not await ground.agrees()


async def test_what_held_before_it_begins_is_not_touched_by_it(ground: Ground) -> None:
    await ground.say("given")
    made = await ground.write(agreement(ground.party, entry("yes"), agreementPeriod={"startDateTime": moment(5)}))
    assert await ground.agrees()
    await ground.delete(made)
    assert await ground.agrees()
    begun = await ground.write(
        agreement(ground.party, entry("yes"), agreementPeriod={"startDateTime": in_a_moment(0.5)})
    )
    await asyncio.sleep(1)
    await ground.say("withdrawn")
    await ground.patch(begun, {"version": "2"})
    assert not await ground.agrees()
    await ground.say("given")
    again = await ground.write(agreement(ground.party, entry("yes"), agreementPeriod={"startDateTime": in_a_moment()}))
    await ground.delete(again)
    await ground.say("withdrawn")
    await asyncio.sleep(2)
    assert not await ground.agrees()


async def test_it_ends_with_its_period_though_it_began_later(ground: Ground) -> None:
    period = {"startDateTime": in_a_moment(0.5), "endDateTime": in_a_moment(2)}
    await ground.write(agreement(ground.party, entry("yes"), agreementPeriod=period))
    await asyncio.sleep(1)
    assert await ground.agrees()
    await asyncio.sleep(1.5)
    assert not await ground.agrees()


BOB = {"@type": "Individual", "givenName": "Bob", "familyName": "Moss"}


async def test_a_role_that_moves_takes_the_consents_of_its_agreements_and_gives_none(
    ground: Ground, access: Access
) -> None:
    other = str((await access.create(RESOURCES["individual"], BOB)).record.id)
    role = {"@type": "Customer", "name": "C", "engagedParty": {"@type": "PartyRef", "@referredType": "Individual"}}
    role["engagedParty"]["id"] = ground.party  # type: ignore[index]
    customer = await access.create(RESOURCES["customer"], role)
    made = await ground.write(agreement(customer.record.id, entry("yes"), kind="Customer"))
    assert await ground.agrees()
    moved = {**role, "engagedParty": {"@type": "PartyRef", "@referredType": "Individual", "id": other}}
    await access.modify(RESOURCES["customer"], UUID(customer.record.id), lambda _: moved)
    assert not await ground.agrees()
    first, ground.party = ground.party, other
    assert not await ground.agrees(), "whoever moved the customer could say that somebody consents"
    await access.modify(RESOURCES["customer"], UUID(customer.record.id), lambda _: {**moved, "name": "D"})
    assert not await ground.agrees()
    await ground.patch(made, {"version": "2"})
    assert await ground.agrees(), "whoever writes the agreement says so of who plays the role now"
    ground.party = first
    assert not await ground.agrees()


async def test_no_move_takes_back_what_somebody_withdrew(ground: Ground, access: Access) -> None:
    ground.party, asked = str((await access.create(RESOURCES["individual"], BOB)).record.id), ground.party
    reference = {"@type": "PartyRef", "@referredType": "Individual"}
    role = {"@type": "Customer", "name": "C", "engagedParty": {**reference, "id": asked}}
    customer = await access.create(RESOURCES["customer"], role)
    await ground.say("withdrawn")
    await ground.write(agreement(customer.record.id, entry("yes"), kind="Customer"))
    moved = {**role, "engagedParty": {**reference, "id": ground.party}}
    await access.modify(RESOURCES["customer"], UUID(customer.record.id), lambda _: moved)
    assert not await ground.agrees()
