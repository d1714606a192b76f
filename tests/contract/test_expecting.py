"""A process that is not where, when, or as modest as its registration says is refused, stopped and reported."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import msgspec
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import Credentials, register_own_clients
from customer_inventory.access.downloading import download
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.access.registering import alarms, decide, registration, request
from customer_inventory.access.registration import OwnDecision, Wanted
from customer_inventory.access.telling import tell
from customer_inventory.access.volumes import VolumeReached
from customer_inventory.api import AuthorizationServer, create_door
from customer_inventory.api.events.callbacks import Callbacks
from customer_inventory.clock import Clock, system_clock
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.repository import Repository
from customer_inventory.repository.changes import FeedPosition
from tests.conftest import make_desk
from tests.consistency import ask

PATH = "/tmf-api/party/v5/individual"
ADA = {"@type": "Individual", "givenName": "Ada", "familyName": "Lovelace"}
WITHIN, OUTSIDE = "10.1.2.3", "203.0.113.9"
MONDAY = datetime(2026, 11, 30, 12, tzinfo=UTC)


async def active(desk: Desk, **told: Any) -> Credentials:
    """A process that was asked for by one and approved by another."""
    whole = {
        "name": "portal",
        "owner": "ann",
        "purpose": [{"name": "self-care", "lawfulBasis": "contract"}],
        "grant": ["read,modify:individual"],
        "expectedVolume": 10**6,
        **told,
    }
    by_ann = await desk.open_at_command_line(person="ann", purpose=None, request_id="r")
    _, made = await request(by_ann, msgspec.convert(whole, Wanted))
    await decide(await desk.open_at_command_line(person="bea", purpose=None, request_id="r"), "portal", "approve")
    return made


@asynccontextmanager
async def desk_at(repository: Repository, clock: Clock) -> AsyncIterator[Desk]:
    """A desk with a clock of the test's own."""
    checks = ReferenceChecks.parse(())
    async with Desk(repository, clock=clock, randomness=secrets.randbits, reference_checks=checks) as desk:
        await register_own_clients(repository.register, clock=clock)
        await desk.tokens.start()
        yield desk


async def looked(desk: Desk) -> Access:
    return await desk.open_at_command_line(person="eve", purpose=None, request_id="r")


@asynccontextmanager
async def calling(desk: Desk, made: Credentials, peer: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a token that calls the APIs from an address."""
    door = create_door(desk, public_url="", callbacks=Callbacks(), measure=lambda *_: None)
    transport = httpx.ASGITransport(app=door, client=(peer, 4711))
    headers = {"authorization": f"Bearer {desk.tokens.issue(made.client_id)}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


async def token(desk: Desk, made: Credentials, peer: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=AuthorizationServer(desk, address="http://test"), client=(peer, 1))
    form = {"grant_type": "client_credentials"}
    auth = (made.client_id, made.client_secret or "")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.post("/oauth2/token", data=form, auth=auth)


async def codes(desk: Desk) -> list[str]:
    return [alarm.code for _, alarm in await alarms(await looked(desk))]


# ---------------------------------------------------------------- from where


async def test_a_stolen_token_is_worth_nothing_elsewhere(desk: Desk, database: str) -> None:
    made = await active(desk, network=["10.1.0.0/16", "2001:db8::/32"])
    for peer in (WITHIN, f"::ffff:{WITHIN}", "2001:db8::7", "2001:db8::7%eth0"):
        async with calling(desk, made, peer) as api:
            assert (await api.get(PATH)).status_code == 200, peer
    for peer in (OUTSIDE, "10.2.0.1", "2001:db9::1", "::1", "testclient", ""):
        async with calling(desk, made, peer) as api:
            for _ in range(3):
                answer = await api.get(PATH)
                assert (answer.status_code, answer.json()["code"]) == (403, "outside-network"), peer
    refused = await ask(database, "select verb, kind, client_id from trail where outcome = 'refused'")
    assert set(refused) == {("call", "registration", made.client_id)}
    assert len(refused) == 18
    # However often it tries, it is one alarm an hour.
    (alarm,) = (await registration(await looked(desk), "portal")).alarms
    assert (alarm.code, alarm.said) == ("outside-network", f"a call from {OUTSIDE}")


async def test_a_stolen_secret_gives_no_token_elsewhere(desk: Desk) -> None:
    made = await active(desk, network=["10.1.0.0/16"])
    given = await token(desk, made, WITHIN)
    assert given.status_code == 200, given.text
    refused = await token(desk, made, OUTSIDE)
    assert refused.status_code == 403
    assert (refused.json()["code"], refused.json()["error"]) == ("outside-network", "unauthorized_client")
    assert "access_token" not in refused.json()
    assert await codes(desk) == ["outside-network"]


async def test_who_names_no_network_calls_from_anywhere(desk: Desk) -> None:
    made = await active(desk)
    async with calling(desk, made, OUTSIDE) as api:
        assert (await api.get(PATH)).status_code == 200


@pytest.mark.parametrize(
    ("told", "attribute"),
    [
        ({"network": ["10.1.0.1/16"]}, r"network\[0\]"),
        ({"network": ["10.1.0.0/16", "::ffff:10.0.0.0/104"]}, r"network\[1\]"),
        ({"network": ["intranet"]}, r"network\[0\]"),
        ({"expectedHours": "office hours"}, "expectedHours"),
        ({"expectedHours": "06:00-22:00 Mars/Phobos"}, "expectedHours"),
    ],
)
async def test_what_cannot_be_enforced_is_not_registered(desk: Desk, told: dict[str, Any], attribute: str) -> None:
    with pytest.raises(InvalidDocument, match=attribute):
        await active(desk, **told)


# ---------------------------------------------------------------- when


async def test_outside_its_hours_a_process_gets_neither_token_nor_answer(repository: Repository) -> None:
    now = MONDAY.replace(hour=5, minute=59)
    async with desk_at(repository, lambda: now) as desk:
        made = await active(desk, expectedHours="Mon-Fri 06:00-22:00")
        async with calling(desk, made, WITHIN) as api:
            early = await api.get(PATH)
            assert (early.status_code, early.json()["code"]) == (403, "outside-hours")
            assert "2026-11-30T06:00Z" in early.json()["message"]
            assert (await token(desk, made, WITHIN)).json()["code"] == "outside-hours"
            now = MONDAY.replace(hour=21, minute=55)
            assert (await api.get(PATH)).status_code == 401, "the token is of this morning"
        given = (await token(desk, made, WITHIN)).json()
        assert given["expires_in"] == 300, "a token does not outlast the hours"
        async with calling(desk, made, WITHIN) as api:
            assert (await api.get(PATH)).status_code == 200
            now = MONDAY.replace(hour=22, minute=0)
            late = await api.get(PATH)
            assert (late.status_code, late.json()["code"]) == (403, "outside-hours")
            assert "2026-12-01T06:00Z" in late.json()["message"]


async def test_hours_that_a_server_does_not_understand_are_none(desk: Desk, database: str) -> None:
    made = await active(desk, expectedHours="00:00-24:00")
    broken = """'{"expectedHours": "00:00-24:00 Mars/Phobos"}'"""
    await ask(database, f"update registration set document = document || {broken} returning 1")
    async with calling(desk, made, WITHIN) as api:
        answer = await api.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (403, "outside-hours")


# ---------------------------------------------------------------- how much


async def stocked(access: Access, number: int) -> list[str]:
    return [(await access.create(RESOURCES["individual"], ADA)).record.id for _ in range(number)]


async def test_who_pages_through_all_customers_is_stopped_and_reported(
    desk: Desk, access: Access, database: str
) -> None:
    """The field's failure: one ordinary client, one ordinary grant, every customer, nobody notices."""
    await stocked(access, 120)
    made = await active(desk, expectedVolume=50)
    seen, offset = 0, 0
    async with calling(desk, made, WITHIN) as api:
        while (answer := await api.get(PATH, params={"limit": 7, "offset": offset})).is_success and answer.json():
            seen, offset = seen + len(answer.json()), offset + 7
        assert (answer.status_code, answer.json()["code"]) == (429, "volume-reached")
        assert 0 < int(answer.headers["retry-after"]) <= 86_400
        assert seen == 49
    assert await codes(desk) == ["volume-reached", "volume-near"]
    stopped, near = (await registration(await looked(desk), "portal")).alarms
    assert stopped.said == "stopped: more than the 50 records expected this day"
    assert near.said.endswith("of 50 records expected this day")
    shown = await ask(database, f"select sum(cardinality(record_ids)) from trail where client_id = '{made.client_id}'")
    assert shown == [(49,)]


async def test_every_way_to_see_a_record_counts(desk: Desk, access: Access) -> None:
    one, *_ = await stocked(access, 3)
    made = await active(desk, expectedVolume=8)
    async with calling(desk, made, WITHIN) as api:
        patch = {"content-type": "application/merge-patch+json"}
        assert (await api.get(f"{PATH}/{one}")).status_code == 200
        assert len((await api.get(PATH)).json()) == 3
        assert (await api.get(f"{PATH}/{one}/history")).status_code == 200
        assert (await api.patch(f"{PATH}/{one}", json={"title": "Dr"}, headers=patch)).json()["title"] == "Dr"
        assert (await api.get(f"{PATH}/{one}?asOf={system_clock():%Y-%m-%dT%H:%M:%S.%fZ}")).status_code == 200
        assert len((await api.get(f"{PATH}?limit=1")).json()) == 1
        # Eight were shown. What is written is written, and no longer shown.
        last = await api.patch(f"{PATH}/{one}", json={"title": "Prof"}, headers=patch)
        assert last.status_code == 200
        assert set(last.json()) == {"id", "href", "@type"}
        assert (await api.get(f"{PATH}/{one}")).status_code == 429


async def test_who_is_stopped_learns_nothing_by_counting_either(desk: Desk, access: Access) -> None:
    await stocked(access, 3)
    made = await active(desk, expectedVolume=4)
    async with calling(desk, made, WITHIN) as api:
        for letter in "ABCD":
            assert (await api.get(PATH, params={"givenName.regex": f"^{letter}", "limit": 0})).is_success
        stopped = await api.get(PATH, params={"givenName.regex": "^E", "limit": 0})
        assert (stopped.status_code, stopped.json()["code"]) == (429, "volume-reached")


async def test_who_recertifies_can_let_a_process_on_that_was_stopped(desk: Desk, access: Access) -> None:
    one, *_ = await stocked(access, 1)
    made = await active(desk, expectedVolume=2)
    async with calling(desk, made, WITHIN) as api:
        assert [(await api.get(f"{PATH}/{one}")).status_code for _ in range(3)] == [200, 200, 429]
        bea = await desk.open_at_command_line(person="bea", purpose=None, request_id="r")
        ann = await desk.open_at_command_line(person="ann", purpose=None, request_id="r")
        with pytest.raises(OwnDecision):
            await decide(ann, "portal", "recertify", volumes={"expectedVolume": 100})
        given = await decide(bea, "portal", "recertify", said="sale", volumes={"expectedVolume": 4})
        assert (given.told["expectedVolume"], given.decisions[-1].said) == (4, "sale; expectedVolume 4")
        await asyncio.sleep(1.1)
        assert [(await api.get(f"{PATH}/{one}")).status_code for _ in range(3)] == [200, 200, 429]


async def test_a_download_and_events_count_too(desk: Desk, access: Access) -> None:
    await stocked(access, 3)
    made = await active(desk, grant=["read,download:individual"], expectedVolume=5)
    bearer = desk.tokens.issue(made.client_id)
    taken = await desk.open_by_token(bearer, purpose=None, request_id="r", peer=WITHIN)
    assert [len(chunk) async for chunk in download(taken, RESOURCES["individual"])] == [3]
    with pytest.raises(VolumeReached):
        [chunk async for chunk in download(taken, RESOURCES["individual"])]
    entries = await desk.repository.hub_feed.after(FeedPosition(), limit=100)
    told_to = await desk.open_for_client(made.client_id, purpose="self-care", request_id="hub")
    with pytest.raises(VolumeReached):
        await tell(told_to, entries, lambda came: [came], source=desk.repository.deliveries)


async def test_of_many_calls_on_several_servers_no_more_are_shown_than_the_volume(
    repository: Repository, access: Access
) -> None:
    ids = await stocked(access, 5)
    async with make_desk(repository) as one, make_desk(repository) as other:
        made = await active(one, expectedVolume=1000, expectedVolumePerHour=250)
        async with calling(one, made, WITHIN) as first, calling(other, made, WITHIN) as second:
            answers = await asyncio.gather(
                *((first, second)[number % 2].get(f"{PATH}/{ids[number % 5]}") for number in range(400))
            )
        statuses = [each.status_code for each in answers]
        assert set(statuses) == {200, 429}
        # A hundredth that the other server took is all that may be left over.
        assert 245 <= statuses.count(200) <= 250
        assert sorted(await codes(one)) == ["hourly-volume-near", "hourly-volume-reached"]


async def test_the_next_day_begins_anew_also_after_a_restart(repository: Repository, access: Access) -> None:
    one, *_ = await stocked(access, 1)
    made: Credentials | None = None
    for day, statuses in ((0, [200, 200, 429]), (0, [429, 429, 429]), (1, [200, 200, 429])):
        moment = MONDAY + timedelta(days=day)
        async with desk_at(repository, partial(lambda now: now, moment)) as desk:
            made = made or await active(desk, expectedVolume=2)
            async with calling(desk, made, WITHIN) as api:
                assert [(await api.get(f"{PATH}/{one}")).status_code for _ in range(3)] == statuses
