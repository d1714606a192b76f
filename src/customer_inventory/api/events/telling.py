"""Telling one subscription: from the feed behind its cursor to its listener, in order within a record.

Two loops run side by side. One reads the feed page by page, sends what the page gives, queues what did not arrive, and
moves the cursor on; the other tries again what waits. A record with something that waits gets nothing sent past it. The
cursor and the queue move in one transaction under the lease, after the listener has answered: whatever happens in
between, an event is sent again rather than lost, and never before an earlier one of its record.

When much waits, the feed is read no further: it is the better queue, and a listener that is down for days does not
fill tables.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

import msgspec
from standardwebhooks import Webhook

from customer_inventory.access import Access, Desk
from customer_inventory.access.telling import Came, tell
from customer_inventory.api.events.callbacks import Callbacks, Undeliverable
from customer_inventory.api.events.interest import Interest
from customer_inventory.api.representation import href
from customer_inventory.ids import Randomness
from customer_inventory.model.events import Content, Event, Happening, events_of
from customer_inventory.model.view import View
from customer_inventory.repository.changes import FeedEntry
from customer_inventory.repository.deliveries import Attempt, Delivery
from customer_inventory.repository.hub import Subscription

PAGE = 64
"""How many feed entries are handled at once; twice as many documents are in memory at most."""
MOST_WAITING = 1000
"""How many deliveries wait for one listener before the feed is read no further for it."""
SENT_AT_ONCE = 8
"""How many deliveries to one listener are under way."""
LONGEST_PAUSE_S = 3600.0
TURN_S = 10.0
"""How long one subscription is told before others get their turn, when there are more than a server tells at once.

Nothing more is sent after that: a turn ends with the answers to what is under way.
"""
_IDLE_S = 0.1

Measure = Callable[[str], None]
"""Told the outcome of every delivery: delivered, a status class such as 5xx, or why there was no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How deliveries are made: the first pause after a failure and how long it is tried, in seconds, and where.

    The pauses double up to an hour. `append_path` adds /listener/{event} to the callback, as the official files write
    it.
    """

    retry_first_s: float = 5.0
    retry_for_s: float = 3 * 86400.0
    append_path: bool = False

    def pause(self, attempts: int) -> float | None:
        """Return how long to wait after so many attempts, without jitter, or None when it is time to give up."""
        total = pause = 0.0
        for attempt in range(attempts):
            pause = min(self.retry_first_s * 2.0 ** min(attempt, 40), LONGEST_PAUSE_S)
            total += pause
        return pause if total - pause < self.retry_for_s else None


class LeaseLost(Exception):
    """Another server tells this subscription now, or nobody is to."""


class ListenerGone(Exception):
    """The listener answered 410: it wants to hear nothing more."""


class Telling:
    """The work on one subscription, as long as the lease lasts and there is something to do."""

    def __init__(
        self,
        desk: Desk,
        subscription: Subscription,
        wanted: Interest,
        *,
        owner: UUID,
        callbacks: Callbacks,
        policy: Policy,
        public_url: str,
        randomness: Randomness,
        measure: Measure,
    ) -> None:
        self._desk = desk
        self._subscription = subscription
        self._wanted = wanted
        self._kinds = wanted.kinds()
        self._owner = owner
        self._callbacks = callbacks
        self._policy = policy
        self._public_url = public_url
        self._randomness = randomness
        self._measure = measure
        self._place = subscription.place
        self._deliveries = desk.repository.deliveries
        self._webhook = Webhook(subscription.secret)
        self._lane = asyncio.Semaphore(SENT_AT_ONCE)
        self._busy = {"feed", "retries"}
        self._arrived = False
        self._until = 0.0
        self._rests_until = subscription.created_at

    async def work(self) -> None:
        """Tell until there is nothing to do, or others are to have their turn.

        Raises LeaseLost, ListenerGone, and what opening the access raises.
        """
        self._until = time.monotonic() + TURN_S
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._while_any_is_busy("feed", self._page))
                group.create_task(self._while_any_is_busy("retries", self._retries))
        except ExceptionGroup as several:
            raise _first(several) from None

    @property
    def moved(self) -> bool:
        """Whether anything was told or skipped, for the first time or again."""
        return self._arrived or self._place != self._subscription.place

    async def _while_any_is_busy(self, name: str, step: Callable[[], Awaitable[bool]]) -> None:
        while not self._is_over():
            if await step():
                self._busy.add(name)
                continue
            self._busy.discard(name)
            if not self._busy:
                return
            await asyncio.sleep(_IDLE_S)

    def _is_over(self) -> bool:
        return time.monotonic() >= self._until

    async def _access(self) -> Access:
        """An access for the client with the grants that it has now."""
        own = self._subscription
        return await self._desk.open_for_client(own.client_id, purpose=own.purpose, request_id=f"hub-{own.id}")

    async def _page(self) -> bool:
        """Tell one page of the feed; return whether there was one, and room for what may fail."""
        entries = await self._desk.repository.hub_feed.after(self._place, limit=PAGE)
        name = self._subscription.id
        if not entries or await self._deliveries.waiting(name, most=MOST_WAITING) >= MOST_WAITING:
            return False
        mine = [entry for entry in entries if entry.kind in self._kinds]
        stuck = await self._deliveries.waiting_records(name, {entry.record_id for entry in mine}) if mine else set()
        free = [entry for entry in mine if entry.record_id not in stuck]
        lanes: dict[str, list[tuple[FeedEntry, list[Event]]]] = {}
        for entry, events in (
            await tell(await self._access(), free, self._events, source=self._deliveries) if free else ()
        ):
            lanes.setdefault(entry.record_id, []).append((entry, events))
        left = await self._together([self._first_time(lane) for lane in lanes.values()])
        queued = [delivery for lane in left for delivery in lane]
        queued += [self._untried(entry) for entry in mine if entry.record_id in stuck]
        queued.sort(key=lambda delivery: delivery.entry.place)
        place = entries[-1].place
        now = self._desk.clock()
        if not await self._deliveries.move(name, owner=self._owner, now=now, place=place, queued=queued):
            raise LeaseLost
        self._place = place
        return True

    async def _first_time(self, lane: list[tuple[FeedEntry, list[Event]]]) -> list[Delivery]:
        """Send the events of one record; return what has to wait, with all that comes after it."""
        async with self._lane:
            for number, (entry, events) in enumerate(lane):
                if self._is_over():
                    return [self._untried(later) for later, _ in lane[number:]]
                failed = await self._sent(self._untried(entry), events)
                if failed is not None:
                    return [failed, *(self._untried(later) for later, _ in lane[number + 1 :])]
        return []

    async def _retries(self) -> bool:
        """Try what is due again; return whether anything was."""
        due = await self._deliveries.due(self._subscription.id, now=self._desk.clock())
        await self._together([self._again(head) for head in due])
        return bool(due)

    async def _again(self, head: Delivery) -> None:
        """Try the first delivery that waits of a record, and if it arrives, those behind it."""
        async with self._lane:
            if not self._is_over() and await self._settled([head]):
                while not self._is_over() and (behind := await self._deliveries.behind(self._subscription.id, head)):
                    if not await self._settled(behind):
                        return
                    head = behind[-1]

    async def _settled(self, waiting: Sequence[Delivery]) -> bool:
        """Send what waits of one record up to a failure or the end of the turn, and write down how it went.

        Return whether what was sent arrived.
        """
        entries = [delivery.entry for delivery in waiting]
        told = await tell(await self._access(), entries, self._events, source=self._deliveries)
        attempts: list[Attempt] = []
        for delivery, (_, events) in zip(waiting, told, strict=True):
            failed = await self._sent(delivery, events[delivery.sent :])
            attempts.append(Attempt(delivery, arrived=True) if failed is None else self._attempt(failed))
            if failed is not None or self._is_over():
                break
        now, name = self._desk.clock(), self._subscription.id
        if not await self._deliveries.settle(name, owner=self._owner, now=now, attempts=attempts):
            raise LeaseLost
        self._arrived = self._arrived or attempts[0].arrived
        return attempts[-1].arrived

    def _attempt(self, failed: Delivery) -> Attempt:
        given_up = self._policy.pause(failed.attempts) is None
        if given_up:
            self._measure("given up")
        return Attempt(failed, arrived=False, next_at=None if given_up else failed.next_at)

    async def _sent(self, delivery: Delivery, events: Sequence[Event]) -> Delivery | None:
        """Send events one after the other; return None when all arrived, else how the delivery must be tried again."""
        for number, event in enumerate(events):
            if self._rests_until > self._desk.clock():
                return delivery._replace(sent=delivery.sent + number, next_at=self._rests_until)
            outcome = await self._outcome(event)
            if outcome is not None:
                now = self._desk.clock()
                attempts = delivery.attempts + 1 if number == 0 else 1
                pause = (self._policy.pause(attempts) or 0.0) * (0.5 + self._randomness(10) / 2048)
                return delivery._replace(
                    sent=delivery.sent + number,
                    event_type=event.type,
                    attempts=attempts,
                    next_at=max(now + timedelta(seconds=pause), self._rests_until),
                    outcome=outcome,
                )
        return None

    async def _outcome(self, event: Event) -> str | None:
        """Send one event; return None when it arrived, else why it did not. Raises ListenerGone."""
        body = msgspec.json.encode(event.body)
        at = self._desk.clock()
        headers = {
            "content-type": "application/json",
            "user-agent": "customer-inventory",
            "webhook-id": event.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._webhook.sign(event.id, at, body.decode()),
        }
        try:
            reply = await self._callbacks.send(self._address(event), body=body, headers=headers)
        except Undeliverable as error:
            self._measure(str(error))
            return str(error)
        status = reply.status
        if (pause := reply.pause(self._desk.clock())) is not None:
            self._rests_until = self._desk.clock() + timedelta(seconds=max(0.0, min(pause, LONGEST_PAUSE_S)))
        self._measure("delivered" if status // 100 == 2 else f"{status // 100}xx")
        if status == 410:
            raise ListenerGone
        return None if status // 100 == 2 else f"status {status}"

    def _address(self, event: Event) -> str:
        callback = self._subscription.callback
        if not self._policy.append_path:
            return callback
        address, _, query = callback.partition("?")
        path = f"{address.rstrip('/')}/listener/{event.type[0].lower()}{event.type[1:]}"
        return f"{path}?{query}" if query else path

    def _untried(self, entry: FeedEntry) -> Delivery:
        now = self._desk.clock()
        return Delivery(entry, 0, None, 0, now, now, None)

    def _events(self, came: Came) -> list[Event]:
        """The events of a version that are wanted, with what is wanted of them."""
        view = self._wanted.views[came.entry.kind]
        return self._wanted.chosen(view, make_events(view, came, public_url=self._public_url))

    @staticmethod
    async def _together(work: Sequence[Awaitable[list[Delivery] | None]]) -> list[list[Delivery]]:
        """Run lanes side by side; the first that fails ends them all."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_run(lane)) for lane in work]
        return [task.result() or [] for task in tasks]


def _first(several: BaseException) -> BaseException:
    """One reason is enough: the loops end together, and what they left undone is done again."""
    while isinstance(several, BaseExceptionGroup):
        several = several.exceptions[0]
    return several


async def _run(lane: Awaitable[list[Delivery] | None]) -> list[Delivery] | None:
    return await lane


def make_events(view: View, came: Came, *, public_url: str) -> list[Event]:
    """Return the events of a version that came about, in the words of one version of the API."""
    shown = partial(_shown, view)
    happening = Happening(
        record_id=came.entry.record_id,
        version=came.entry.version,
        operation=came.entry.operation,
        at=came.origin.at,
        request_id=came.origin.request_id,
        before=shown(came.before),
        after=shown(came.after),
    )
    return events_of(view, happening, address=href(view, came.entry.record_id, public_url=public_url))


def _shown(view: View, document: bytes | None) -> Content | None:
    if document is None:
        return None
    content: Content = msgspec.json.decode(document)
    return content if view.show is None else view.show(content)
