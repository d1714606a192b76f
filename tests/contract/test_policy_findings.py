"""What somebody hostile found in limited grants, each held where it was mended."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import msgspec
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_client
from customer_inventory.access.policy import InvalidPolicy, parse_policy
from customer_inventory.access.policy.rows import holds
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from tests.consistency import ask

PEOPLE = "/tmf-api/party/v5/individual"
CUSTOMERS = "/tmf-api/customerManagement/v5/customer"
INDIVIDUAL, CUSTOMER = RESOURCES["individual"], RESOURCES["customer"]
ADA = {
    "@type": "Individual",
    "givenName": "Ada",
    "familyName": "Lovelace",
    "birthDate": "1815-12-10",
    "gender": "x",
    "contactMedium": [{"@type": "EmailContactMedium", "emailAddress": "ada@example.org", "contactType": "home"}],
}
TIER = {"@type": "StringCharacteristic", "value": "gold"}
MERGE = {"content-type": "application/merge-patch+json"}
PATCH = {"content-type": "application/json-patch+json"}


class Ground:
    """A door, and clients of it with grants."""

    def __init__(self, desk: Desk, door: httpx.AsyncClient) -> None:
        self.desk, self.door = desk, door
        self._made = 0

    async def client(self, *grants: str) -> dict[str, str]:
        self._made += 1
        made = await register_client(
            self.desk.repository.register,
            name=f"hostile-{self._made}",
            purposes=["tests"],
            grants=grants,
            by="tests",
            clock=system_clock,
        )
        return {"authorization": f"Bearer {self.desk.tokens.issue(made.client_id)}"}

    async def patch(self, path: str, body: Any, headers: dict[str, str], kind: dict[str, str] = MERGE) -> int:
        return (await self.door.patch(path, json=body, headers={**headers, **kind})).status_code


@pytest.fixture
def ground(desk: Desk, door: httpx.AsyncClient) -> Ground:
    return Ground(desk, door)


async def kept(access: Access, identifier: str, kind: str = "individual") -> dict[str, Any]:
    record = await access.facilities.repository.records.get(kind, UUID(identifier))
    assert record is not None
    return dict(msgspec.json.decode(record.document))


async def test_a_guess_at_a_hidden_value_is_answered_alike_right_or_wrong(ground: Ground, access: Access) -> None:
    ada = (await access.create(INDIVIDUAL, ADA)).record.id
    for grants in (
        ["modify individual (preferredGivenName)"],
        ["modify individual (title)", "read individual (title)"],
    ):
        headers = await ground.client(*grants)
        guesses = [
            [
                await ground.patch(f"{PEOPLE}/{ada}", {"birthDate": each}, headers)
                for each in ("1815-12-10", "1900-01-01")
            ],
            [await ground.patch(f"{PEOPLE}/{ada}", {each: None}, headers) for each in ("gender", "nationality")],
            [
                await ground.patch(f"{PEOPLE}/{ada}", {"contactMedium": each}, headers)
                for each in (ADA["contactMedium"], [{"@type": "EmailContactMedium", "emailAddress": "b@example.org"}])
            ],
            [
                await ground.patch(
                    f"{PEOPLE}/{ada}", [{"op": "replace", "path": "/gender", "value": each}], headers, PATCH
                )
                for each in ("x", "y")
            ],
            [
                await ground.patch(f"{PEOPLE}/{ada}", [{"op": "remove", "path": each}], headers, PATCH)
                for each in ("/gender", "/nationality")
            ],
        ]
        assert all(len(set(each)) == 1 for each in guesses), guesses
    now = await kept(access, ada)
    assert {name: now[name] for name in ADA} == ADA


async def test_classes_of_what_is_carried_cannot_be_written_without_a_grant(ground: Ground, access: Access) -> None:
    ada = (await access.create(INDIVIDUAL, ADA)).record.id
    engaged = {"@type": "PartyRef", "id": ada, "@referredType": "Individual"}
    customer = (await access.create(CUSTOMER, {"@type": "Customer", "name": "Ada", "engagedParty": engaged})).record.id
    headers = await ground.client("modify customer (statusReason, engagedParty.name)", "read customer (name)")
    for body in (
        {"engagedParty": {"id": ada, "@type": "PartyRoleRef", "@referredType": "PartyRole"}},
        {"engagedParty": {"@referredType": "PartyRole"}},
        {"creditProfile": [{"@type": "CreditProfile"}]},
        {"@baseType": "Other"},
        {"@schemaLocation": "https://example.org/x"},
    ):
        assert await ground.patch(f"{CUSTOMERS}/{customer}", body, headers) in {400, 403}, body
    assert (await kept(access, customer, "customer"))["engagedParty"] == engaged
    assert await ground.patch(f"{CUSTOMERS}/{customer}", {"statusReason": "late"}, headers) == 200
    creating = await ground.client("create individual (givenName, familyName)")
    odd = {
        **{name: ADA[name] for name in ("@type", "givenName", "familyName")},
        "disability": [{"@type": "Disability"}],
    }
    assert (await ground.door.post(PEOPLE, json=odd, headers=creating)).status_code == 403


async def test_one_is_not_true_and_what_is_not_granted_is_not_named(ground: Ground, access: Access) -> None:
    numbers = [{"@type": "IntegerCharacteristic", "name": "n", "value": 1}]
    engaged = {"@type": "PartyRef", "id": "elsewhere", "@referredType": "Individual"}
    document = {"@type": "Customer", "name": "Ada", "engagedParty": engaged, "characteristic": numbers}
    customer = (await access.create(CUSTOMER, document)).record.id
    headers = await ground.client("modify customer (name)")
    true = [{"@type": "BooleanCharacteristic", "name": "n", "value": True}]
    assert await ground.patch(f"{CUSTOMERS}/{customer}", {"characteristic": true}, headers) == 403
    assert (await kept(access, customer, "customer"))["characteristic"] == numbers
    ada = (await access.create(INDIVIDUAL, ADA)).record.id
    limited = await ground.client("modify individual (title)", "read individual (givenName)")
    added = [{"op": "add", "path": "/contactMedium/-", "value": {"@type": "PhoneContactMedium"}}]
    answer = await ground.door.patch(f"{PEOPLE}/{ada}", json=added, headers={**limited, **PATCH})
    assert answer.status_code in {400, 403, 404, 409, 422}
    assert "emailAddress" not in answer.text


async def test_a_part_of_an_attribute_is_changed_and_the_rest_of_it_stays(ground: Ground, access: Access) -> None:
    ada = (await access.create(INDIVIDUAL, ADA)).record.id
    headers = await ground.client("modify, read individual (contactMedium.emailAddress, givenName)")
    moved = [{"@type": "EmailContactMedium", "emailAddress": "new@example.org"}]
    assert await ground.patch(f"{PEOPLE}/{ada}", {"contactMedium": moved, "givenName": "Augusta"}, headers) == 200
    now = await kept(access, ada)
    assert now["contactMedium"] == [{**ADA["contactMedium"][0], "emailAddress": "new@example.org"}]
    assert (now["givenName"], now["birthDate"]) == ("Augusta", ADA["birthDate"])
    assert await ground.patch(f"{PEOPLE}/{ada}", {"contactMedium": []}, headers) == 403


async def test_what_a_write_shows_counts_as_read(ground: Ground, access: Access) -> None:
    ada = (await access.create(INDIVIDUAL, ADA)).record.id
    headers = await ground.client("read individual (*) at most 2 a day", "modify individual (*)")
    for _ in range(2):
        assert (await ground.door.get(f"{PEOPLE}/{ada}", headers=headers)).status_code == 200
    answer = await ground.door.patch(f"{PEOPLE}/{ada}", json={"title": "Lady"}, headers={**headers, **MERGE})
    assert answer.status_code == 200
    assert "Lovelace" not in answer.text
    assert (await ground.door.get(f"{PEOPLE}?limit=0", headers=headers)).status_code == 429


async def test_who_is_limited_to_parts_of_parties_is_refused_kin(ground: Ground, access: Access) -> None:
    ada = (await access.create(INDIVIDUAL, ADA)).record.id
    headers = await ground.client("read individual (givenName)")
    for place in (f"partyHierarchy/{ada}", f"partyPath?from={ada}&to={ada}"):
        assert (await ground.door.get(f"/inventory/v1/{place}", headers=headers)).status_code == 403


async def test_a_gap_is_not_told_by_masked_values_nor_an_event_to_the_limited(ground: Ground, access: Access) -> None:
    disabled = {**ADA, "disability": [{"@type": "Disability", "disabilityName": "blindness", "disabilityCode": "H54"}]}
    for _ in range(12):
        await access.create(INDIVIDUAL, disabled)
    headers = await ground.client("read masked individual (*)", "read:informationRequirement,read:receivedEvent")
    told = await ground.door.get(
        "/inventory/v1/requirementGap/individual?segment=disability.disabilityName", headers=headers
    )
    assert told.status_code == 403
    sender = await ground.client("create:receivedEvent")
    event = {"eventId": "e1", "event": {"individual": {"id": "x", "givenName": "Secretly"}}}
    place = "/tmf-api/partyManagement/v5/listener/individualCreateEvent"
    assert (await ground.door.post(place, json=event, headers=sender)).status_code == 204
    found = await ground.door.get("/inventory/v1/receivedEvent", headers=headers)
    assert found.status_code == 200
    assert len(found.json()) == 1
    assert "Secretly" not in found.text


async def test_of_a_record_that_left_the_fence_and_is_gone_nothing_is_told(ground: Ground, access: Access) -> None:
    headers = await ground.client("read individual (*) where status = validated")
    ada = (await access.create(INDIVIDUAL, {**ADA, "status": "validated"})).record.id
    await access.modify(INDIVIDUAL, UUID(ada), lambda document: {**document, "status": "deceased"})
    await access.delete(INDIVIDUAL, UUID(ada))
    for _ in range(50):
        events = await ground.door.get("/tmf-api/event/v4/topic/individual/event", headers=headers)
        assert events.status_code in {200, 206}
        assert "Lovelace" not in events.text
        if not events.json():
            break
        await asyncio.sleep(0.05)
    assert events.json() == []


async def test_a_history_keeps_quiet_of_who_changed_what_is_hidden_and_why(ground: Ground, access: Access) -> None:
    ada = (await access.create(INDIVIDUAL, ADA)).record.id
    because = access.because("SECRET-REASON")
    await because.modify(INDIVIDUAL, UUID(ada), lambda document: {**document, "birthDate": "1816-01-01"})
    await access.because("known").modify(INDIVIDUAL, UUID(ada), lambda document: {**document, "givenName": "A"})
    headers = await ground.client("read individual (givenName)")
    history = await ground.door.get(f"{PEOPLE}/{ada}/history", headers=headers)
    assert "SECRET-REASON" not in history.text
    assert [each.get("reason") for each in history.json()] == ["known", None, None]


async def test_all_does_not_cover_registrations(ground: Ground, database: str) -> None:
    headers = await ground.client("all")
    wish = {
        "name": "wider",
        "owner": "x",
        "purpose": [{"name": "p", "lawfulBasis": "contract"}],
        "grant": ["all"],
        "expectedVolume": 1,
    }
    assert (await ground.door.post("/inventory/v1/registration", json=wish, headers=headers)).status_code == 403
    assert await ask(database, "select count(*) from registration where name = 'wider'") == [(0,)]


@pytest.mark.parametrize("value", ["a\nb", "\x1b[2J"])
def test_a_grant_is_one_line_that_can_be_shown(value: str) -> None:
    with pytest.raises(InvalidPolicy):
        parse_policy([f'read customer (*) where name = "{value}"'])


async def test_conditions_on_one_array_are_met_by_one_element(ground: Ground, access: Access) -> None:
    def of(*pairs: tuple[str, str]) -> dict[str, Any]:
        return {**ADA, "partyCharacteristic": [{**TIER, "name": name, "valueType": kind} for name, kind in pairs]}

    one = await access.create(INDIVIDUAL, of(("tier", "text"), ("region", "code")))
    two = await access.create(INDIVIDUAL, of(("tier", "code"), ("region", "text")))
    condition = "where partyCharacteristic.name = tier and partyCharacteristic.valueType in (code, other)"
    headers = await ground.client(f"read, create, modify individual (*) {condition}")
    for query in ("", f"?asOf={quote(system_clock().isoformat())}", "?partyCharacteristic.name=tier"):
        listed = await ground.door.get(f"{PEOPLE}{query}", headers=headers)
        assert [each["id"] for each in listed.json()] == [two.record.id], query
    statuses = [
        (await ground.door.get(f"{PEOPLE}/{each.record.id}", headers=headers)).status_code for each in (one, two)
    ]
    assert statuses == [404, 200]
    assert await ground.patch(f"{PEOPLE}/{one.record.id}", {"gender": "y"}, headers) == 404
    made = [
        (await ground.door.post(PEOPLE, json=each, headers=headers)).status_code
        for each in (of(("tier", "text"), ("region", "code")), of(("tier", "code")))
    ]
    assert made == [403, 201]


async def test_conditions_on_arrays_within_arrays_are_met_by_one_element_of_each() -> None:
    relation = "partyCharacteristic.characteristicRelationship"
    condition = f"partyCharacteristic.name = tier and {relation}.id = a and {relation}.relationshipType = b"
    rows = parse_policy([f"read individual (*) where {condition}"])[0].rows

    def document(*relations: dict[str, str], name: str = "tier") -> dict[str, Any]:
        held = [{"name": name, "characteristicRelationship": list(relations)}, {"name": "tier"}]
        return {"id": "x", "partyCharacteristic": held}

    apart = [{"id": "a", "relationshipType": "c"}, {"id": "d", "relationshipType": "b"}]
    assert holds(INDIVIDUAL, rows, document({"id": "a", "relationshipType": "b"}))
    assert not holds(INDIVIDUAL, rows, document(*apart))
    assert not holds(INDIVIDUAL, rows, document({"id": "a", "relationshipType": "b"}, name="region"))


@pytest.mark.parametrize("people", [PEOPLE, PEOPLE.replace("/v5/", "/v4/")])
async def test_what_is_not_granted_is_not_removed_in_silence(ground: Ground, access: Access, people: str) -> None:
    """Who takes a value away must not be told that it is done, when it stays."""
    for grants in (
        ["modify individual (title, preferredGivenName)"],
        ["modify individual (title, preferredGivenName)", "read individual (title)"],
    ):
        ada = (await access.create(INDIVIDUAL, {**ADA, "title": "Countess"})).record.id
        headers = await ground.client(*grants)
        place = f"{people}/{ada}"
        for name in ("gender", "birthDate", "nationality", "contactMedium"):
            assert await ground.patch(place, {name: None}, headers) == 403, name
            assert await ground.patch(place, [{"op": "remove", "path": f"/{name}"}], headers, PATCH) == 403, name
        assert await kept(access, ada) == {**await kept(access, ada), **ADA, "title": "Countess"}
        history = await access.history(INDIVIDUAL, UUID(ada), limit=5)
        assert history.total == 1
        for name in ("title", "preferredGivenName"):
            assert await ground.patch(place, {name: None}, headers) == 200, name
        assert "title" not in await kept(access, ada)


async def test_a_search_by_what_is_hidden_and_a_foreign_purpose_are_refusals_in_the_trail(
    ground: Ground, database: str
) -> None:
    headers = await ground.client("read individual (title)", "download individual (title)")
    wish = {"kind": "individual", "filter": "birthDate=1815-12-10"}
    asked = [
        (403, ground.door.get(f"{PEOPLE}?birthDate=1815-12-10", headers=headers)),
        (403, ground.door.get(f"{PEOPLE}?sort=birthDate", headers=headers)),
        (403, ground.door.get(PEOPLE, headers={**headers, "x-purpose": "foreign"})),
        (403, ground.door.post("/inventory/v1/download/preview", json=wish, headers=headers)),
    ]
    refusals = "select count(*) from trail where outcome = 'refused' and client_id <> 'inventory'"
    for number, (status, call) in enumerate(asked, 1):
        answer = await call
        assert answer.status_code == status, answer.text
        assert await ask(database, refusals) == [(number,)], answer.text
