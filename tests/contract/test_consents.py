"""What parties say to the use of their data is kept word by word; what was said last holds; nothing is used without."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_client
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from tests.consistency import ask

PATH = "/inventory/v1/consent"
PEOPLE = "/tmf-api/party/v5/individual"
ADA = {"@type": "Individual", "givenName": "Ada", "familyName": "Lovelace"}


async def client_of(desk: Desk, name: str, *grants: str) -> dict[str, str]:
    made = await register_client(
        desk.repository.register, name=name, purposes=["marketing"], grants=grants, by="tests", clock=system_clock
    )
    return {"authorization": f"Bearer {desk.tokens.issue(made.client_id)}"}


def says(party: str, status: str, *, days_ago: float = 0, **more: Any) -> dict[str, Any]:
    at = (system_clock() - timedelta(days=days_ago)).isoformat()
    return {"partyId": party, "purpose": "marketing", "status": status, "saidAt": at, "evidence": "letter", **more}


async def test_what_was_said_last_holds_and_every_word_is_kept(
    desk: Desk, access: Access, door: httpx.AsyncClient, database: str
) -> None:
    party = (await access.create(RESOURCES["individual"], ADA)).record.id
    steward = await client_of(desk, "steward", "create:consent,read:consent")
    caller = await client_of(desk, "caller", "read individual (*) with consent")

    async def seen() -> bool:
        one = await door.get(f"{PEOPLE}/{party}", headers=caller)
        listed = await door.get(PEOPLE, headers=caller)
        assert (one.status_code == 200) == (len(listed.json()) == 1) == (listed.headers["x-total-count"] == "1")
        return one.status_code == 200

    assert not await seen()
    for fact, holds in (
        (says(party, "given", days_ago=3, documentVersion="2026-01"), True),
        (says(party, "withdrawn", days_ago=5), True),  # recorded late: the later word holds
        (says(party, "withdrawn", days_ago=2), False),
        (says(party, "given", days_ago=1, expiresAt=(system_clock() - timedelta(hours=1)).isoformat()), False),
        (says(party, "given"), True),
    ):
        answer = await door.post(PATH, json=fact, headers=steward)
        assert answer.status_code == 201, answer.text
        assert await seen() is holds, fact
    told = (await door.get(PATH, params={"partyId": party}, headers=steward)).json()
    assert [each["status"] for each in told] == ["given", "given", "withdrawn", "given", "withdrawn"]
    assert told[3]["documentVersion"] == "2026-01"
    state = (await door.get(f"{PATH}/{party}", headers=steward)).json()
    assert [(each["name"], each["status"]) for each in state["purpose"]] == [("marketing", "given")]
    assert (await door.get(PATH, params={"partyId": party}, headers=caller)).status_code == 403
    entries = await ask(database, "select count(*) from trail where kind = 'consent' and outcome = 'done'")
    assert entries == [(5,)]


async def test_of_two_words_at_the_same_moment_the_withdrawal_holds(
    desk: Desk, access: Access, door: httpx.AsyncClient
) -> None:
    steward = await client_of(desk, "steward", "create:consent,read:consent")
    for _ in range(5):
        party = (await access.create(RESOURCES["individual"], ADA)).record.id
        given = says(party, "given", days_ago=1)
        withdrawn = {**given, "status": "withdrawn"}
        await asyncio.gather(*(door.post(PATH, json=each, headers=steward) for each in (given, withdrawn, given)))
        state = (await door.get(f"{PATH}/{party}", headers=steward)).json()
        assert [each["status"] for each in state["purpose"]] == ["withdrawn"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"partyId": "none"}, 404),
        ({"partyId": "01a22d00-d76b-8000-bdfd-edb9532715c1"}, 404),
        ({"status": "maybe"}, 400),
        ({"purpose": ""}, 400),
        ({"purpose": "p\0"}, 400),
        ({"evidence": None}, 400),
        ({"evidence": "x" * 1001}, 400),
        ({"evidence": "\0"}, 400),
        ({"saidAt": "2999-01-01T00:00:00Z"}, 400),
        ({"saidAt": "2026-01-01"}, 400),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, 400),
        ({"agreementId": "x"}, 400),
        ({"more": 1}, 400),
    ],
)
async def test_what_is_no_consent_is_refused_and_nothing_kept(
    change: dict[str, Any], status: int, desk: Desk, access: Access, door: httpx.AsyncClient, database: str
) -> None:
    party = (await access.create(RESOURCES["individual"], ADA)).record.id
    steward = await client_of(desk, "steward", "create:consent")
    answer = await door.post(PATH, json={**says(party, "given"), **change}, headers=steward)
    assert answer.status_code == status, answer.text
    assert await ask(database, "select count(*) from consent_fact") == [(0,)]


async def test_what_belongs_to_a_customer_takes_the_consent_of_the_party_behind(
    desk: Desk, access: Access, door: httpx.AsyncClient
) -> None:
    party = (await access.create(RESOURCES["individual"], ADA)).record.id
    other = (await access.create(RESOURCES["individual"], ADA)).record.id
    reference = {"@type": "PartyRef", "id": party, "@referredType": "Individual"}
    customer = await access.create(
        RESOURCES["customer"], {"@type": "Customer", "name": "Ada", "engagedParty": reference}
    )
    owners = [
        {"@type": "PartyRef", "id": customer.record.id, "@referredType": "Customer"},
        {"@type": "PartyRef", "id": other, "@referredType": "Individual"},
    ]
    agreement = {
        "@type": "Agreement",
        "name": "Contract",
        "agreementType": "commercial",
        "agreementItem": [{"@type": "AgreementItem", "id": "1"}],
        "engagedParty": owners,
    }
    await access.create(RESOURCES["agreement"], agreement)
    steward = await client_of(desk, "steward", "create:consent")
    caller = await client_of(desk, "caller", "read agreement (name) with consent", "read customer (*) with consent")

    async def seen() -> tuple[int, int]:
        places = ("/tmf-api/agreementManagement/v5/agreement", "/tmf-api/customerManagement/v5/customer")
        agreements, customers = [(await door.get(place, headers=caller)).json() for place in places]
        return len(agreements), len(customers)

    assert await seen() == (0, 0)
    assert (await door.post(PATH, json=says(party, "given"), headers=steward)).status_code == 201
    assert await seen() == (0, 1), "the other one who agreed has not consented"
    assert (await door.post(PATH, json=says(other, "given"), headers=steward)).status_code == 201
    assert await seen() == (1, 1)
