"""The worker: looks for subscriptions that have something to do, and tells them, one task each.

Every server runs one. A lease in the database says who works on a subscription; whoever holds it prolongs it while the
work goes on, and gives it back when all is told. When a server is killed, its leases run out and another one, or the
same started again, goes on from the cursor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import TracebackType
from uuid import UUID

import structlog

from customer_inventory.access import Desk
from customer_inventory.access.clients import InvalidClient
from customer_inventory.access.standing import PurposeNotRegistered
from customer_inventory.api.errors import where
from customer_inventory.api.events.callbacks import Callbacks
from customer_inventory.api.events.interest import InvalidQuery
from customer_inventory.api.events.scopes import TopicNotFound, heard, scope
from customer_inventory.api.events.telling import LeaseLost, ListenerGone, Measure, Policy, Telling
from customer_inventory.errors import InventoryError
from customer_inventory.ids import Randomness
from customer_inventory.repository.hub import Subscription

MOST_AT_ONCE = 16
"""How many subscriptions one server tells at the same time."""
_LOOK_S = 0.25
_PAUSE_S = 1.0
"""How long a subscription rests that could not go on, because much waits or something failed."""

_log = structlog.get_logger(__name__)


class Worker:
    """Tells every subscription what it is to hear. Use it as a context: it runs while the block does."""

    def __init__(
        self,
        desk: Desk,
        *,
        callbacks: Callbacks,
        policy: Policy,
        lease_s: float,
        public_url: str,
        randomness: Randomness,
        measure: Measure,
    ) -> None:
        self._desk = desk
        self._hub = desk.repository.hub
        self._callbacks = callbacks
        self._policy = policy
        self._lease = timedelta(seconds=lease_s)
        self._public_url = public_url
        self._randomness = randomness
        self._measure = measure
        self._owner = UUID(int=randomness(128))
        self._work: dict[str, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Worker:
        self._tasks = [
            asyncio.create_task(self._for_ever(self._look, _LOOK_S), name="hub"),
            asyncio.create_task(self._for_ever(self._renew, self._lease.total_seconds() / 3), name="hub leases"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        running = [*self._tasks, *self._work.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._callbacks.close()

    async def _for_ever(self, step: Callable[[], Awaitable[None]], pause_s: float) -> None:
        away = False
        while True:
            try:
                await step()
                away = False
            except InventoryError as error:
                if not away:  # said once, not at every look
                    _log.warning("hub.waiting", reason=error.code)
                away = True
            except Exception as error:  # noqa: BLE001  whatever it was, listeners must go on being told
                _log.error("hub.failed", error=type(error).__name__, where=where(error))
            await asyncio.sleep(pause_s)

    async def _look(self) -> None:
        """Take what has something to do, and start on it."""
        if (room := MOST_AT_ONCE - len(self._work)) <= 0:
            return
        now = self._desk.clock()
        for subscription in await self._hub.lease(owner=self._owner, now=now, until=now + self._lease, most=room):
            if subscription.id not in self._work:
                self._work[subscription.id] = asyncio.create_task(self._tell(subscription), name="hub telling")

    async def _renew(self) -> None:
        """Prolong the leases, and stop the work on what was taken away."""
        if not self._work:
            return
        kept = await self._hub.renew(owner=self._owner, until=self._desk.clock() + self._lease)
        for identifier, task in self._work.items():
            if identifier not in kept:
                task.cancel()

    async def _tell(self, subscription: Subscription) -> None:
        """Tell one subscription until there is nothing to do, and give it back."""
        pause_s = _PAUSE_S
        try:
            if await self._told(subscription):
                pause_s = 0.0
        except LeaseLost:
            return
        except InventoryError as error:
            _log.debug("hub.waiting", subscription=subscription.id, reason=error.code)
        except Exception as error:  # noqa: BLE001  one subscription must not end the others
            name = type(error).__name__
            _log.error("hub.failed", subscription=subscription.id, error=name, where=where(error))
        finally:
            self._work.pop(subscription.id, None)
            await self._give_back(subscription.id, pause_s)

    async def _told(self, subscription: Subscription) -> bool:
        """Tell; return whether the cursor moved on. A subscription that cannot be told any more is disabled."""
        try:
            own = subscription
            within = await scope(
                self._desk.repository, await self._desk.entity_view(), own.api, own.api_version, own.topic
            )
            telling = Telling(
                self._desk,
                subscription,
                heard(within, subscription.query),
                owner=self._owner,
                callbacks=self._callbacks,
                policy=self._policy,
                public_url=self._public_url,
                randomness=self._randomness,
                measure=self._measure,
            )
            await telling.work()
        except ListenerGone:
            await self._disable(subscription, "The listener answered 410 Gone.")
        except (InvalidClient, PurposeNotRegistered, InvalidQuery, TopicNotFound) as error:
            await self._disable(subscription, error.reason)
        else:
            return telling.moved
        return False

    async def _disable(self, subscription: Subscription, reason: str) -> None:
        await self._hub.disable(subscription.id, reason=reason)
        _log.warning("hub.disabled", subscription=subscription.id, reason=reason)

    async def _give_back(self, identifier: str, pause_s: float) -> None:
        try:
            until = self._desk.clock() + timedelta(seconds=pause_s)
            await self._hub.release(identifier, owner=self._owner, until=until)
        except InventoryError:
            return  # the lease runs out by itself
