"""Subscriptions and dead letters as resources of our own: what a client's listeners have been told, and telling again.

A dead letter names the event that was given up: the record, its version, the attempts; never its content.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.telling import SUBSCRIPTION, require_reach
from customer_inventory.api.events.subscribing import SubscriptionNotFound
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.parameters import MOST_LIMIT, MOST_OFFSET, InvalidParameter
from customer_inventory.api.questions import Question, asked
from customer_inventory.api.routing import Routes
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model.events import written
from customer_inventory.repository.deliveries import Delivery
from customer_inventory.repository.hub import Subscription
from customer_inventory.repository.kinds import KINDS

SUBSCRIPTIONS = "/inventory/v1/subscription"
DEAD_LETTERS = "/inventory/v1/deadLetter"
DEFAULT_LIMIT = 20
_HIGHEST = 2**62
_MOST_COUNTED = 10_000


class DeadLetterNotFound(InventoryError):
    """The client has no such dead letter.

    It was replayed already, or belongs to a subscription of another client.
    """

    code = "dead-letter-not-found"
    failure = Failure.NOT_FOUND


class InvalidReplay(InventoryError):
    """What is to be told again is not understood.

    Send `{"from": POSITION}`, `{"from": "DATE-TIME"}`, or `{"deadLetters": true}`.
    """

    code = "invalid-replay"
    failure = Failure.INVALID


def add_subscriptions(routes: Routes, *, public_url: str) -> None:
    """Let a client's subscriptions and dead letters answer."""
    handlers = LetterHandlers(public_url=public_url)
    routes.add(SUBSCRIPTIONS, "subscription", GET=handlers.subscriptions)
    routes.add(f"{SUBSCRIPTIONS}/{{id}}", "subscription", GET=handlers.subscription)
    routes.add(f"{SUBSCRIPTIONS}/{{id}}/replay", "subscription.replay", POST=handlers.replay)
    routes.add(DEAD_LETTERS, "deadLetter", GET=handlers.letters)
    routes.add(f"{DEAD_LETTERS}/{{id}}", "deadLetter", GET=handlers.letter)
    routes.add(f"{DEAD_LETTERS}/{{id}}/replay", "deadLetter.replay", POST=handlers.replay_letter)


class LetterHandlers:
    """Answers the requests for a client's own subscriptions and dead letters."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def subscriptions(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: the client's subscriptions at every API, each with its cursor."""
        page = asked(exchange.query_string, ("limit", "offset"))
        limit = page.whole("limit", most=MOST_LIMIT, default=DEFAULT_LIMIT)
        offset = page.whole("offset", most=MOST_OFFSET, default=0)
        await require_reach(access, "read")
        found = await access.facilities.repository.hub.subscriptions(client_id=access.principal.client_id)
        page_of = found[offset : offset + limit]
        await access.note("read", SUBSCRIPTION, "shown", tuple(one.id for one in page_of))
        shown = [self._subscription(one) for one in page_of]
        return self._page(exchange, page, shown, total=len(found), offset=offset, limit=limit)

    async def subscription(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one subscription: also how many deliveries wait and are dead."""
        asked(exchange.query_string, ())
        found = await _own(access, "read", identifier)
        await access.note("read", SUBSCRIPTION, "shown", (found.id,))
        return await self._answer(access, found)

    async def replay(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer POST: deliver again from a place on, or what is dead; a disabled subscription goes on."""
        subscription = await _own(access, "modify", identifier)
        repository, now = access.facilities.repository, access.facilities.clock()
        content, _ = await exchange.json_object()
        match content:
            case {"deadLetters": True, **rest} if not rest:
                await repository.deliveries.replay(subscription.id, now=now)
            case {"from": start, **rest} if not rest:
                await repository.hub.rewind(subscription.id, position=await _position(access, start))
            case _:
                raise InvalidReplay
        await access.note("modify", SUBSCRIPTION, "done", (subscription.id,))
        return await self._answer(access, await _own(access, "modify", identifier))

    async def letters(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: the dead letters of the client's subscriptions, or of one."""
        page = asked(exchange.query_string, ("limit", "offset", "subscription"))
        limit = page.whole("limit", most=MOST_LIMIT, default=DEFAULT_LIMIT)
        offset = page.whole("offset", most=MOST_OFFSET, default=0)
        named = page.given.get("subscription")
        subscription = parse_id(named) if named is not None else None
        if named is not None and subscription is None:
            raise InvalidParameter("subscription must be the id of a subscription.")
        await require_reach(access, "read")
        deliveries, client = access.facilities.repository.deliveries, access.principal.client_id
        found = await deliveries.dead_letters(client_id=client, subscription=subscription, offset=offset, limit=limit)
        total = await deliveries.count_dead_letters(client_id=client, subscription=subscription)
        await _note(access, "read", "shown", found)
        shown = [self._letter(*one) for one in found]
        return self._page(exchange, page, shown, total=total, offset=offset, limit=limit)

    async def letter(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one dead letter."""
        asked(exchange.query_string, ())
        found = await _dead(access, "read", identifier)
        await _note(access, "read", "shown", [found])
        return Answer(200, msgspec.json.encode(self._letter(*found)))

    async def replay_letter(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer POST: one dead letter waits for delivery again."""
        asked(exchange.query_string, ())
        subscription, dead = await _dead(access, "modify", identifier)
        record = (UUID(dead.entry.record_id), dead.entry.version)
        deliveries, now = access.facilities.repository.deliveries, access.facilities.clock()
        if not await deliveries.replay(subscription, now=now, record=record):
            raise DeadLetterNotFound
        await _note(access, "modify", "done", [(subscription, dead)])
        return Answer(202, msgspec.json.encode({**self._letter(subscription, dead), "status": "waiting"}))

    async def _answer(self, access: Access, subscription: Subscription) -> Answer:
        deliveries = access.facilities.repository.deliveries
        counts = {
            "waiting": await deliveries.waiting(subscription.id, most=_MOST_COUNTED),
            "deadLetters": await deliveries.count_dead_letters(client_id=None, subscription=UUID(subscription.id)),
        }
        return Answer(200, msgspec.json.encode({**self._subscription(subscription), **counts}))

    def _page(
        self,
        exchange: Exchange,
        asked_for: Question,
        shown: list[dict[str, Any]],
        *,
        total: int,
        offset: int,
        limit: int,
    ) -> Answer:
        """Return a page, with a link to the next one where there is more."""
        following = offset + len(shown)
        more = following < total and bool(shown)
        answer = Answer(206 if more else 200, msgspec.json.encode(shown))
        answer = answer.plus((b"x-total-count", b"%d" % total), (b"x-result-count", b"%d" % len(shown)))
        if not more or following > MOST_OFFSET:
            return answer
        kept = asked_for.repeated(("subscription",))
        target = f"{self._public_url}{exchange.path}?{kept}offset={following}&limit={limit}"
        return answer.plus((b"link", f'<{target}>; rel="next"'.encode()))

    def _subscription(self, subscription: Subscription) -> dict[str, Any]:
        optional = {
            "topic": subscription.topic,
            "query": subscription.query or None,
            "statusReason": subscription.reason,
        }
        return {
            "id": subscription.id,
            "href": f"{self._public_url}{SUBSCRIPTIONS}/{subscription.id}",
            "@type": "Subscription",
            "api": subscription.api,
            "apiVersion": subscription.api_version,
            "callback": subscription.callback,
            "status": subscription.status,
            "createdAt": written(subscription.created_at),
            "position": subscription.place.position,
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _letter(self, subscription: str, dead: Delivery) -> dict[str, Any]:
        entry = dead.entry
        identifier = f"{subscription}.{entry.record_id}.{entry.version}"
        return {
            "id": identifier,
            "href": f"{self._public_url}{DEAD_LETTERS}/{identifier}",
            "@type": "DeadLetter",
            "subscription": subscription,
            "resource": KINDS[entry.kind].name,
            "recordId": entry.record_id,
            "version": entry.version,
            "eventType": dead.event_type,
            "attempts": dead.attempts,
            "outcome": dead.outcome,
            "queuedAt": written(dead.queued_at),
            "givenUpAt": written(dead.next_at),
            "status": "dead",
        }


async def _note(access: Access, verb: str, outcome: str, letters: Sequence[tuple[str, Delivery]]) -> None:
    """Put dead letters into the trail: the subscriptions that they are of, and the records of which they tell."""
    ids = [identifier for subscription, dead in letters for identifier in (subscription, dead.entry.record_id)]
    await access.note(verb, SUBSCRIPTION, outcome, tuple(dict.fromkeys(ids)))


async def _own(access: Access, verb: str, identifier: str) -> Subscription:
    await require_reach(access, verb)
    parsed = parse_id(identifier)
    hub, client = access.facilities.repository.hub, access.principal.client_id
    found = await hub.subscriptions(client_id=client, identifier=parsed) if parsed else []
    if not found:
        await access.note(verb, SUBSCRIPTION, "absent", (str(parsed),) if parsed else ())
        raise SubscriptionNotFound
    return found[0]


async def _dead(access: Access, verb: str, identifier: str) -> tuple[str, Delivery]:
    """The client's dead letter of this id: subscription, record and version, joined by dots."""
    await require_reach(access, verb)
    subscription, _, rest = identifier.partition(".")
    record, _, version = rest.partition(".")
    parsed, of = parse_id(record), parse_id(subscription)
    if parsed is None or of is None or not (version.isascii() and version.isdigit()) or len(version) > 18:
        raise DeadLetterNotFound
    found = await access.facilities.repository.deliveries.dead_letters(
        client_id=access.principal.client_id, subscription=of, record=(parsed, int(version)), limit=1
    )
    if not found:
        await access.note(verb, SUBSCRIPTION, "absent", (str(of),))
        raise DeadLetterNotFound
    return found[0]


async def _position(access: Access, start: Any) -> int:
    """The position in the feed that `start`, a number or a date-time, stands for. Raises InvalidReplay."""
    if isinstance(start, int) and not isinstance(start, bool) and 0 <= start < _HIGHEST:
        return start
    if not isinstance(start, str) or len(start) > 40:
        raise InvalidReplay
    try:
        moment = datetime.fromisoformat(start)
        if moment.tzinfo is None or not 1970 <= moment.year <= 9999:
            raise InvalidReplay("Give the time with its zone, such as 2026-11-23T18:00:00Z.")
        return await access.facilities.repository.hub.position_at(moment)
    except (ValueError, OverflowError) as error:
        raise InvalidReplay from error
