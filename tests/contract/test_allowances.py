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


async def client_of(desk: Desk, *grants: str, name: str = "metered") -> dict[str, str]:
    made = await register_client(
        desk.repository.register, name=name, purposes=["tests"], grants=grants, by="tests", clock=system_clock
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


async def test_a_second_grant_without_an_amount_is_no_way_around_the_first(
    desk: Desk, access: Access, door: httpx.AsyncClient
) -> None:
    for _ in range(3):
        await access.create(RESOURCES["individual"], ADA)
    whole, names = "read individual (*) at most 4 a day", "read individual (givenName)"
    headers = await client_of(desk, whole, names)
    assert [(await door.get(PATH, headers=headers)).status_code for _ in range(2)] == [200, 429]
    spared = await client_of(
        desk, names.replace("givenName", "givenName, familyName"), f"{names} at most 4 a day", name="spared"
    )
    assert [(await door.get(PATH, headers=spared)).status_code for _ in range(3)] == [200, 200, 200]


async def test_a_record_counts_on_the_grants_that_hold_for_it(
    desk: Desk, access: Access, door: httpx.AsyncClient
) -> None:
    dutch, belgian, german = [
        f"{PATH}/{(await access.create(RESOURCES['individual'], {**ADA, 'nationality': each})).record.id}"
        for each in ("NL", "BE", "DE")
    ]
    headers = await client_of(
        desk,
        "read individual (*) where nationality = NL at most 3 a day",
        "read individual (*) where nationality = BE at most 1 a day",
        "read individual (*) where nationality = DE",
    )

    async def statuses(path: str, times: int) -> list[int]:
        return [(await door.get(path, headers=headers)).status_code for _ in range(times)]

    assert await statuses(dutch, 2) == [200, 200]
    assert await statuses(belgian, 2) == [200, 429]
    assert await statuses(german, 5) == [200] * 5
    assert await statuses(PATH, 1) == [429], "a list with one more Belgian shows nothing, and counts nothing"
    assert await statuses(dutch, 2) == [200, 429]


async def test_a_write_counts_on_the_grants_that_hold_for_the_record(desk: Desk, door: httpx.AsyncClient) -> None:
    headers = await client_of(
        desk,
        "create, modify, delete individual (*) where nationality = NL at most 2 a day",
        "create, modify, delete individual (*) where nationality = BE",
    )
    made = [
        await door.post(PATH, json={**ADA, "nationality": nation}, headers=headers)
        for nation in ("NL", "NL", "NL", "BE", "BE", "BE")
    ]
    assert [each.status_code for each in made] == [201, 201, 429, 201, 201, 201]
    patch = {**headers, "content-type": "application/merge-patch+json"}
    dutch, belgian = f"{PATH}/{made[0].headers['location'].rpartition('/')[2]}", made[3].headers["location"]
    changes = [await door.patch(dutch, content=b'{"gender":"%d"}' % each, headers=patch) for each in range(3)]
    assert [each.status_code for each in changes] == [200, 200, 429]
    others = [await door.patch(belgian, content=b'{"gender":"%d"}' % each, headers=patch) for each in range(3)]
    assert [each.status_code for each in others] == [200, 200, 200]
    assert (await door.delete(dutch, headers=headers)).status_code == 204
    assert (await door.delete(belgian, headers=headers)).status_code == 204
