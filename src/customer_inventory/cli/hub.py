"""The hub's verbs: who listens, what could not be delivered, and telling again."""

from __future__ import annotations

from uuid import UUID

from cyclopts import App

from customer_inventory.api.events.subscribing import SubscriptionNotFound
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import opened
from customer_inventory.clock import system_clock
from customer_inventory.ids import parse_id
from customer_inventory.repository.hub import Hub
from customer_inventory.settings import Settings

hub = App(name="hub", help="See who listens to events, and send again what did not arrive.")

_DEFAULTS = Settings()
_MOST = 1000
_HIGHEST = 2**62


@hub.command(name="list")
def list_subscriptions(*, settings: Configured = _DEFAULTS) -> int:
    """List the subscriptions of every client."""
    return run(_list_subscriptions(settings), settings)


async def _list_subscriptions(settings: Settings) -> None:
    async with opened(settings) as desk:
        for one in await desk.repository.hub.subscriptions(client_id=None):
            at = f"topic {one.topic}" if one.topic else f"{one.api} {one.api_version}"
            why = f"  {one.reason}" if one.reason else ""
            print(f"{one.id}  {one.client_id}  {at}  {one.status}  {one.callback}  {one.query}{why}".rstrip())


@hub.command
def dead_letters(*, settings: Configured = _DEFAULTS) -> int:
    """List the deliveries that were given up, at most 1,000 of them."""
    return run(_dead_letters(settings), settings)


async def _dead_letters(settings: Settings) -> None:
    async with opened(settings) as desk:
        deliveries = desk.repository.deliveries
        for subscription, dead in await deliveries.dead_letters(client_id=None, limit=_MOST):
            entry = dead.entry
            which = f"{entry.kind} {entry.record_id} version {entry.version}"
            print(f"{subscription}  {which}  {dead.event_type}  {dead.attempts} attempts  {dead.outcome}")
        total = await deliveries.count_dead_letters(client_id=None)
        print(f"{total} dead letters.")


@hub.command
def replay(subscription: str, *, position: int | None = None, settings: Configured = _DEFAULTS) -> int:
    """Send the dead letters of a subscription again, or everything from a position of the feed on.

    Parameters
    ----------
    subscription
        The subscription's id.
    position
        The position from which everything is sent again; without it the dead letters are.
    settings
        How the inventory is set up.
    """
    return run(_replay(subscription, position, settings), settings)


async def _replay(subscription: str, position: int | None, settings: Settings) -> None:
    async with opened(settings) as desk:
        await _known(desk.repository.hub, parse_id(subscription))
        if position is not None:
            start = min(max(0, position), _HIGHEST)
            await desk.repository.hub.rewind(subscription, position=start)
            print(f"Everything from position {start} on is sent again.")
            return
        number = await desk.repository.deliveries.replay(subscription, now=system_clock())
        print(f"{number} dead letters are sent again.")


async def _known(subscriptions: Hub, identifier: UUID | None) -> None:
    """Raise SubscriptionNotFound unless there is such a subscription, of whatever client."""
    if identifier is None or not await subscriptions.subscriptions(client_id=None, identifier=identifier):
        raise SubscriptionNotFound(
            "There is no such subscription; `customer-inventory hub list` shows those there are."
        )
