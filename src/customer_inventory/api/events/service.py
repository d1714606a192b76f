"""The hub as the server runs it: put together from the settings, with what is counted of it."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge

from customer_inventory.access import Desk
from customer_inventory.api.events.callbacks import Callbacks, networks
from customer_inventory.api.events.telling import Policy
from customer_inventory.api.events.worker import Worker
from customer_inventory.errors import InventoryError
from customer_inventory.settings import Settings

_LONGEST_LOOK_S = 2


class HubService:
    """Where events may be sent, who sends them, and the metrics. Labels are outcomes, never customer data."""

    def __init__(self, desk: Desk, settings: Settings, *, registry: CollectorRegistry) -> None:
        self._desk = desk
        self._settings = settings
        self.callbacks = Callbacks(allowed=networks(settings.hub_allow), timeout_s=settings.hub_timeout)
        self._deliveries = Counter(
            "customer_inventory_hub_deliveries",
            "Deliveries of events to listeners, by what came of them.",
            ("outcome",),
            registry=registry,
        )
        self._pending = Gauge(
            "customer_inventory_hub_pending",
            "Events that wait for a listener, with what the listener furthest behind has not been told of the feed.",
            registry=registry,
        )
        self._oldest = Gauge(
            "customer_inventory_hub_oldest_seconds",
            "Age of the oldest change that a listener has not been told, in seconds.",
            registry=registry,
        )
        self._dead = Gauge(
            "customer_inventory_hub_dead_letters",
            "Deliveries that were given up and not replayed.",
            registry=registry,
        )

    def worker(self) -> Worker:
        """Return the worker that delivers events, a context to serve in."""
        settings = self._settings
        return Worker(
            self._desk,
            callbacks=self.callbacks,
            policy=Policy(
                retry_first_s=settings.hub_retry_first,
                retry_for_s=settings.hub_retry_days * 86400,
                append_path=settings.hub_append_path,
            ),
            lease_s=settings.hub_lease,
            public_url=settings.public_url,
            randomness=secrets.randbits,
            measure=self._delivered,
        )

    async def observe(self) -> None:
        """Bring the metrics of what is still to be done up to date, if the repository answers in time."""
        with suppress(InventoryError, TimeoutError):
            async with asyncio.timeout(_LONGEST_LOOK_S):
                backlog = await self._desk.repository.hub.backlog()
            self._pending.set(backlog.pending)
            self._dead.set(backlog.dead)
            waits = self._desk.clock() - backlog.oldest if backlog.oldest else None
            self._oldest.set(waits.total_seconds() if waits else 0)

    def _delivered(self, outcome: str) -> None:
        self._deliveries.labels(outcome).inc()
