"""The hub on a real database: order, retries, leases, dead letters, replays, and who is told nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_client
from customer_inventory.api.events.callbacks import Callbacks, networks
from customer_inventory.api.events.telling import MOST_WAITING, PAGE, SENT_AT_ONCE, Policy
from customer_inventory.api.events.worker import Worker
from customer_inventory.clock import system_clock
from customer_inventory.ids import new_id
from customer_inventory.model import RESOURCES
from customer_inventory.repository.hub import Subscription
from tests.consistency import ask
from tests.listening import Received, listening

INDIVIDUAL = RESOURCES["individual"]


@dataclass
class Ground:
    """A desk with a client, its subscriptions, and workers that tell them."""

    desk: Desk
    client_id: str
    outcomes: Counter[str] = field(default_factory=Counter)

    async def subscribe(self, url: str, **options: Any) -> Subscription:
        """Subscribe at TMF632 v5, unless the options say otherwise."""
        identifier = new_id(bucket=0, at=system_clock(), randomness=secrets.randbits)
        values: dict[str, Any] = {"api": "TMF632", "api_version": "v5", "topic": None, "query": "", **options}
        added = await self.desk.repository.hub.add(
            identifier=identifier,
            client_id=self.client_id,
            purpose="tests",
            callback=url,
            type_="Hub",
            fingerprint=identifier.bytes,
            secret="whsec_" + base64.b64encode(b"0" * 32).decode(),
            at=system_clock(),
            most=10,
            **values,
        )
        assert added
        return await self.subscription(str(identifier))

    async def subscription(self, identifier: str) -> Subscription:
        return (await self.desk.repository.hub.subscriptions(client_id=None, identifier=UUID(identifier)))[0]

    def worker(self, *, timeout_s: float = 1.0, lease_s: float = 5.0, **policy: Any) -> Worker:
        return Worker(
            self.desk,
            callbacks=Callbacks(allowed=networks(("127.0.0.0/8",)), timeout_s=timeout_s),
            policy=Policy(**{"retry_first_s": 0.02, **policy}),
            lease_s=lease_s,
            public_url="",
            randomness=secrets.randbits,
            measure=lambda outcome: self.outcomes.update([outcome]),
        )

    async def until(self, met: Callable[[], Any], *, seconds: float = 20) -> None:
        """Wait until an awaited answer is true."""
        async with asyncio.timeout(seconds):
            while not await met():
                await asyncio.sleep(0.05)


@pytest.fixture
async def ground(desk: Desk) -> Ground:
    register = desk.repository.register
    made = await register_client(
        register, name="listener", purposes=["tests"], grants=["read"], by="tests", clock=system_clock
    )
    return Ground(desk, made.client_id)


async def person(access: Access, **more: Any) -> UUID:
    content = {"@type": "Individual", "givenName": "Ada", "familyName": "B", **more}
    return UUID((await access.create(INDIVIDUAL, content)).record.id)


async def change(access: Access, identifier: UUID, **changes: Any) -> None:
    await access.modify(INDIVIDUAL, identifier, lambda document: {**document, **changes})


def told(received: list[Received]) -> list[str]:
    return [one.event["eventType"].removeprefix("Individual").removesuffix("Event") for one in received]


async def test_the_life_of_a_record_is_told_in_order_and_signed(ground: Ground, access: Access) -> None:
    await person(access)  # before the subscription: not told
    async with listening() as listener, ground.worker():
        subscription = await ground.subscribe(listener.url)
        one = await person(access)
        await change(access, one, status="validated", givenName="Eve")
        await change(access, one, status="validated", givenName="Eve")  # changes nothing
        await access.delete(INDIVIDUAL, one)
        received = await listener.until_taken(4)
        await asyncio.sleep(0.3)
    assert told(listener.received) == ["Create", "AttributeValueChange", "StateChange", "Delete"]
    assert {one.resource["id"] for one in received} == {str(one)}
    assert received[0].event["correlationId"] == "test"
    for each in received:
        Webhook(subscription.secret).verify(each.body, each.headers)
        assert each.headers["webhook-id"] == each.event["eventId"]
        assert each.headers["content-type"] == "application/json"
    with pytest.raises(Exception, match="signature"):
        Webhook(subscription.secret).verify(received[0].body + b" ", received[0].headers)


async def test_the_trail_says_what_was_told_before_it_was(ground: Ground, access: Access, database: str) -> None:
    seen: list[Any] = []

    async def look(record: str) -> None:
        seen.extend(
            await ask(database, f"select outcome from trail where '{record}' = any(record_ids) and verb = 'read'")
        )

    looking: list[asyncio.Task[None]] = []

    def answer(event: dict[str, Any]) -> int:
        looking.append(asyncio.ensure_future(look(event["event"]["individual"]["id"])))
        return 201

    async with listening(answer) as listener, ground.worker():
        subscription = await ground.subscribe(listener.url)
        one = await person(access)
        await listener.until_taken(1)
        await asyncio.gather(*looking)
    assert ("shown",) in seen
    rows = await ask(database, f"select client_id, purpose, kind from trail where request_id = 'hub-{subscription.id}'")
    assert rows == [(ground.client_id, "tests", "individual")]
    assert one


async def test_the_signature_is_the_one_of_the_scheme(ground: Ground, access: Access) -> None:
    """Read from the scheme, not from its library: HMAC-SHA256 of id, timestamp and body, joined by dots, in base64."""
    async with listening(lambda event: 500 if len(listener.received) < 1 else 200) as listener, ground.worker():
        subscription = await ground.subscribe(listener.url)
        await person(access, familyName="Ünïcödé ✓")
        await listener.until_taken(1)
    key = base64.b64decode(subscription.secret.removeprefix("whsec_"))
    for received in listener.received:
        headers, body = received.headers, received.body
        signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"].split(" ") == [f"v1,{digest}"]
        assert headers["webhook-id"] == received.event["eventId"]
        assert abs(system_clock().timestamp() - int(headers["webhook-timestamp"])) < 60
    assert len(listener.received) == 2
    assert len({received.headers["webhook-id"] for received in listener.received}) == 1


async def test_a_subscription_gets_its_version_of_its_apis_resources(ground: Ground, access: Access) -> None:
    async with listening() as old, listening() as other, ground.worker():
        await ground.subscribe(old.url, api_version="v4")
        await ground.subscribe(other.url, api="TMF629")
        one = await person(access, contactMedium=[{"@type": "EmailContactMedium", "emailAddress": "a@example.org"}])
        (event,) = await old.until_taken(1)
        await asyncio.sleep(0.3)
    medium = event.resource["contactMedium"][0]
    assert medium["characteristic"]["emailAddress"] == "a@example.org"
    assert event.resource["href"].startswith("/tmf-api/party/v4/individual/")
    assert "timeOccurred" not in event.event
    assert other.received == []
    assert one


async def test_one_bad_record_holds_up_nothing_but_itself(ground: Ground, access: Access) -> None:
    bad = await person(access)
    refusing = True

    def answer(event: dict[str, Any]) -> int:
        return 500 if refusing and event["event"]["individual"]["id"] == str(bad) else 204

    async with listening(answer) as listener, ground.worker():
        await ground.subscribe(listener.url)
        for turn in range(5):
            await change(access, bad, turn=turn)
            await person(access)
        await listener.until_taken(5)
        assert {received.resource["id"] for received in listener.taken} & {str(bad)} == set()
        await asyncio.sleep(0.3)
        refusing = False
        await listener.until_taken(10)
    turns = [received.resource.get("turn") for received in listener.taken if received.resource["id"] == str(bad)]
    assert turns == [0, 1, 2, 3, 4]
    tried = [received.resource["turn"] for received in listener.received if not received.taken]
    assert set(tried) == {0}
    assert len(tried) > 1


async def test_a_listener_that_is_down_is_told_all_when_it_is_back(
    ground: Ground, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customer_inventory.api.events.telling.MOST_WAITING", 20)
    down = True
    async with listening(lambda _: 503 if down else 201) as listener, ground.worker():
        subscription = await ground.subscribe(listener.url)
        records = [await person(access) for _ in range(150)]
        deliveries = ground.desk.repository.deliveries

        async def full() -> bool:
            return await deliveries.waiting(subscription.id, most=MOST_WAITING) >= 20

        await ground.until(full)
        await asyncio.sleep(0.5)
        assert await deliveries.waiting(subscription.id, most=MOST_WAITING) < 100, "the feed is read no further"
        down = False
        await listener.until_taken(150, seconds=40)
    assert {received.resource["id"] for received in listener.taken} == set(map(str, records))


async def test_what_is_tried_long_enough_is_a_dead_letter_and_can_be_replayed(ground: Ground, access: Access) -> None:
    down = True
    async with listening(lambda _: 500 if down else 201) as listener, ground.worker(retry_for_s=0.1):
        subscription = await ground.subscribe(listener.url)
        one = await person(access)
        deliveries = ground.desk.repository.deliveries

        async def dead() -> bool:
            return await deliveries.count_dead_letters(client_id=ground.client_id) == 1

        await ground.until(dead)
        ((of, letter),) = await deliveries.dead_letters(client_id=ground.client_id)
        assert (of, letter.entry.record_id, letter.outcome) == (subscription.id, str(one), "status 500")
        assert letter.attempts > 2
        assert ground.outcomes["given up"] == 1
        assert await deliveries.dead_letters(client_id="somebody else") == []
        down = False
        await change(access, one, turn=1)  # what comes later is not held up by what is dead
        (later,) = await listener.until_taken(1)
        assert later.resource["turn"] == 1
        assert await deliveries.replay(subscription.id, now=system_clock()) == 1
        assert told(await listener.until_taken(2)) == ["AttributeValueChange", "Create"]
        assert await deliveries.count_dead_letters(client_id=None) == 0


async def test_a_listener_with_too_much_to_do_is_left_alone_and_then_told_all(ground: Ground, access: Access) -> None:
    """It takes three requests in a while and then asks for a pause, which holds for everything that is for it."""
    clock = asyncio.get_running_loop().time
    opened, refused, came = 0.0, 0, [0]

    def answer(event: dict[str, Any]) -> int:
        nonlocal opened, refused
        if clock() > opened + 1.0:
            opened, came[:] = clock(), [0]
        came[0] += 1
        refused += came[0] > 3
        return 429 if came[0] > 3 else 204

    async with listening(answer, headers="Retry-After: 1\r\n") as listener:
        subscription = await ground.subscribe(listener.url)
        records = [await person(access) for _ in range(20)]
        async with ground.worker():
            await listener.until_taken(20, seconds=40)

            async def settled() -> bool:
                return await ground.desk.repository.deliveries.waiting(subscription.id, most=9) == 0

            await ground.until(settled)
    assert {received.resource["id"] for received in listener.taken} == set(map(str, records))
    assert len(listener.taken) == 20, "nothing is told twice"
    assert 0 < refused < 90, "a pause that is asked for is kept"


async def test_a_listener_that_is_gone_is_left_and_comes_back_by_a_replay(ground: Ground, access: Access) -> None:
    gone = True
    async with listening(lambda _: 410 if gone else 200) as listener, ground.worker():
        subscription = await ground.subscribe(listener.url)
        start = subscription.place.position
        await person(access)

        async def disabled() -> bool:
            return (await ground.subscription(subscription.id)).status == "disabled"

        await ground.until(disabled)
        assert "410" in ((await ground.subscription(subscription.id)).reason or "")
        await person(access)
        await asyncio.sleep(0.6)
        assert len(listener.received) == 1
        gone = False
        await ground.desk.repository.hub.rewind(subscription.id, position=start)
        assert told(await listener.until_taken(2)) == ["Create", "Create"]
        assert (await ground.subscription(subscription.id)).status == "active"


async def test_a_replay_from_a_time_tells_again_with_the_same_ids(ground: Ground, access: Access) -> None:
    async with listening() as listener, ground.worker():
        subscription = await ground.subscribe(listener.url)
        one = await person(access)
        await change(access, one, turn=1)
        first = await listener.until_taken(2)
        hub = ground.desk.repository.hub
        position = await hub.position_at(system_clock() - timedelta(seconds=30))
        await hub.rewind(subscription.id, position=position)
        again = (await listener.until_taken(4))[2:]
    assert [each.event["eventId"] for each in again] == [each.event["eventId"] for each in first]
    assert [each.body for each in again] == [each.body for each in first]


async def test_a_revoked_client_is_told_nothing_more(ground: Ground, access: Access, database: str) -> None:
    async with listening() as listener, ground.worker():
        subscription = await ground.subscribe(listener.url)
        await person(access)
        await listener.until_taken(1)
        await ground.desk.repository.register.set_client_status(ground.client_id, status="revoked")
        await asyncio.sleep(1.1)
        await person(access)

        async def disabled() -> bool:
            return (await ground.subscription(subscription.id)).status == "disabled"

        await ground.until(disabled)
        assert len(listener.received) == 1


async def test_what_is_not_granted_at_that_moment_is_not_told(ground: Ground, access: Access, database: str) -> None:
    async with listening() as listener, ground.worker():
        await ground.subscribe(listener.url)
        await ask(database, f"delete from client_grant where client_id = '{ground.client_id}' returning 1")
        await ask(
            database, f"insert into client_grant values ('{ground.client_id}', 'read', 'organization') returning 1"
        )
        await person(access)
        await access.create(RESOURCES["organization"], {"@type": "Organization", "name": "Acme"})
        (event,) = await listener.until_taken(1)
        await asyncio.sleep(0.3)
    assert event.event["eventType"] == "OrganizationCreateEvent"
    assert len(listener.received) == 1
    refusals = await ask(
        database, f"select kind from trail where client_id = '{ground.client_id}' and outcome = 'refused'"
    )
    assert set(refusals) == {("individual",)}


async def test_several_workers_share_and_tell_everything_once(ground: Ground, access: Access) -> None:
    workers = [ground.worker(timeout_s=10) for _ in range(3)]
    async with listening() as listener, workers[0], workers[1], workers[2]:
        for number in range(6):
            await ground.subscribe(f"{listener.url}/{number}")
        records = [await person(access) for _ in range(30)]
        await listener.until_taken(180)
        await asyncio.sleep(0.5)
    came = Counter((received.path, received.resource["id"]) for received in listener.received)
    assert len(came) == 6 * len(records)
    assert set(came.values()) == {1}


async def test_busy_subscriptions_take_turns(ground: Ground, access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server tells so many at once; one whose listener never answers must not keep the others waiting for ever."""
    monkeypatch.setattr("customer_inventory.api.events.worker.MOST_AT_ONCE", 1)
    monkeypatch.setattr("customer_inventory.api.events.telling.TURN_S", 0.3)
    async with listening(lambda _: -1) as silent, listening() as listener:
        await ground.subscribe(silent.url)
        await ground.subscribe(listener.url)
        for _ in range(20):
            await person(access)
        async with ground.worker(timeout_s=0.2):
            await listener.until_taken(20)
    assert silent.received


async def test_a_turn_ends_with_what_is_under_way(
    ground: Ground, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody answers, of many records, is not waited for one after the other before others are told."""
    monkeypatch.setattr("customer_inventory.api.events.worker.MOST_AT_ONCE", 1)
    monkeypatch.setattr("customer_inventory.api.events.telling.TURN_S", 0.1)
    async with listening(lambda _: -1) as silent, listening() as listener:
        await ground.subscribe(silent.url)
        for _ in range(PAGE):
            await person(access)
        async with ground.worker(timeout_s=0.5):
            await silent.until(lambda heard: bool(heard.received))
            await ground.subscribe(listener.url)
            one = await person(access)
            (told_one,) = await listener.until_taken(1)
            assert told_one.resource["id"] == str(one)
            assert len(silent.received) <= 4 * SENT_AT_ONCE < PAGE


async def test_what_a_turn_left_is_told_in_the_next_ones(
    ground: Ground, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customer_inventory.api.events.telling.TURN_S", 0.05)
    async with listening() as listener:
        await ground.subscribe(listener.url)
        records = [await person(access) for _ in range(8)]
        for number in range(12):
            await asyncio.gather(*(change(access, record, givenName=f"Ada {number}") for record in records))
        async with ground.worker():
            await listener.until_taken(8 * 13)
    for record in records:
        names = [one.resource["givenName"] for one in listener.received if one.resource["id"] == str(record)]
        assert names == ["Ada", *(f"Ada {number}" for number in range(12))]


async def test_a_lease_that_ran_out_passes_on_and_the_former_holder_writes_nothing(
    ground: Ground, access: Access
) -> None:
    hub, deliveries = ground.desk.repository.hub, ground.desk.repository.deliveries
    subscription = await ground.subscribe("http://127.0.0.1:1/")
    await person(access)
    former, next_one, now = uuid4(), uuid4(), system_clock()
    held = now + timedelta(seconds=5)
    assert [one.id for one in await hub.lease(owner=former, now=now, until=held, most=5)] == [subscription.id]
    assert await hub.lease(owner=next_one, now=now, until=held, most=5) == []
    later = now + timedelta(seconds=6)
    assert len(await hub.lease(owner=next_one, now=later, until=later + timedelta(seconds=5), most=5)) == 1
    (entry,) = await ground.desk.repository.hub_feed.after(subscription.place)
    assert not await deliveries.move(subscription.id, owner=former, now=now, place=entry.place, queued=[])
    assert (await ground.subscription(subscription.id)).place == subscription.place
    assert await deliveries.move(subscription.id, owner=next_one, now=later, place=entry.place, queued=[])
    assert (await ground.subscription(subscription.id)).place == entry.place
    assert await hub.renew(owner=former, until=later) == set()


async def test_workers_that_lease_together_never_get_the_same(ground: Ground, access: Access) -> None:
    for number in range(8):
        await ground.subscribe(f"http://127.0.0.1:1/{number}")
    await person(access)
    now = system_clock()
    hub = ground.desk.repository.hub
    taken = await asyncio.gather(
        *(hub.lease(owner=uuid4(), now=now, until=now + timedelta(seconds=5), most=3) for _ in range(6))
    )
    ids = [subscription.id for each in taken for subscription in each]
    assert len(ids) == len(set(ids)) == 8


async def test_the_backlog_is_known(ground: Ground, access: Access) -> None:
    hub = ground.desk.repository.hub
    assert (await hub.backlog()).pending == 0
    await ground.subscribe("http://127.0.0.1:1/")
    for _ in range(3):
        await person(access)
    backlog = await hub.backlog()
    assert (backlog.pending, backlog.dead) == (3, 0)
    assert backlog.oldest is not None
    assert timedelta(0) <= system_clock() - backlog.oldest < timedelta(seconds=60)


def test_pauses_double_up_to_an_hour_and_end_after_days() -> None:
    policy = Policy()
    pauses = []
    while (pause := policy.pause(len(pauses) + 1)) is not None:
        pauses.append(pause)
    assert pauses[:4] == [5, 10, 20, 40]
    assert max(pauses) == 3600
    assert 3 * 86400 <= sum(pauses) < 3 * 86400 + 3601


async def test_a_client_has_a_bounded_number(ground: Ground) -> None:
    for number in range(10):
        await ground.subscribe(f"http://127.0.0.1:1/{number}")
    with pytest.raises(AssertionError):
        await ground.subscribe("http://127.0.0.1:1/more")
