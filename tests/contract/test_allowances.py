"""Grants with an amount are used up exactly, by whoever uses them at once, and begin anew with the next period."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_client
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.repository.allowances import Use
from tests.consistency import ask

PATH = "/tmf-api/party/v5/individual"
ADA = {"@type": "Individual", "givenName": "Ada", "familyName": "Lovelace"}


async def client_of(desk: Desk, *grants: str) -> dict[str, str]:
    made = await register_client(
        desk.repository.register, name="metered", purposes=["tests"], grants=grants, by="tests", clock=system_clock
    )
    return {"authorization": f"Bearer {desk.tokens.issue(made.client_id)}"}


async def test_of_many_at_once_exactly_as_many_are_counted_as_there_may_be(desk: Desk, repository: Repository) -> None:
    made = await register_client(
        repository.register, name="metered", purposes=["tests"], grants=["read"], by="tests", clock=system_clock
    )
    use = Use(made.client_id, "read", "individual", "day", datetime(2026, 11, 30, tzinfo=UTC))
    counted = await asyncio.gather(*(repository.register.allowances.use(use, 3, most=20) for _ in range(40)))
    assert counted.count(True) == 6
    assert not await repository.register.allowances.use(use, 21, most=20)
    assert await repository.register.allowances.use(use, 2, most=20)
    later = use._replace(since=use.since + timedelta(days=1))
    assert await repository.register.allowances.use(later, 20, most=20)
    assert not await repository.register.allowances.use(use, 1, most=20), (
        "a server whose clock is late does not begin anew"
    )


async def test_records_beyond_the_day_are_not_shown_and_the_refusal_is_in_the_trail(
    desk: Desk, access: Access, door: httpx.AsyncClient, database: str
) -> None:
    for _ in range(5):
        await access.create(RESOURCES["individual"], ADA)
    headers = await client_of(desk, "read individual (*) at most 7 a day")
    assert len((await door.get(PATH, headers=headers)).json()) == 5
    refused = await door.get(PATH, headers=headers)
    assert refused.status_code == 429
    assert refused.json()["code"] == "allowance-spent"
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert len((await door.get(f"{PATH}?limit=2", headers=headers)).json()) == 2
    assert (await door.get(f"{PATH}?limit=1", headers=headers)).status_code == 429
    outcomes = await ask(database, "select outcome, count(*) from trail where verb = 'read' group by 1 order by 1")
    assert outcomes == [("refused", 2), ("shown", 2)]


async def test_requests_beyond_the_second_are_refused_and_one_request_counts_once(
    desk: Desk, door: httpx.AsyncClient
) -> None:
    headers = await client_of(desk, "read individual (*) at most 4 a second")
    statuses = [
        each.status_code for each in await asyncio.gather(*(door.get(PATH, headers=headers) for _ in range(20)))
    ]
    assert set(statuses) == {200, 429}
    # The twenty may fall into two seconds.
    assert statuses.count(200) in {4, 5, 6, 7, 8}
    await asyncio.sleep(1.1)
    assert (await door.get(PATH, headers=headers)).status_code == 200


async def test_writes_are_counted_and_a_larger_grant_counts(desk: Desk, door: httpx.AsyncClient) -> None:
    headers = await client_of(desk, "create individual (*) at most 2 a day", "create individual (*) at most 3 a day")
    statuses = [(await door.post(PATH, json=ADA, headers=headers)).status_code for _ in range(4)]
    assert statuses == [201, 201, 201, 429]
