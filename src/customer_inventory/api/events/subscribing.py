"""Subscribing: `POST {api}/hub` and what follows, at every API and version, and at the topics of TMF688.

A subscription belongs to the client that made it and to the API at which it was made; nobody else sees it. Its secret
signs what is sent to it and is shown once. It is kept as it is: what signs cannot be kept as a hash, and a key to
encrypt it with would have to lie beside it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

import msgspec
import structlog

from customer_inventory.access import Access
from customer_inventory.access.grants import Denied
from customer_inventory.access.telling import SUBSCRIPTION, require_reach
from customer_inventory.api.entries import asked_of_entries, asked_of_entry, entries_answer, entry_answer
from customer_inventory.api.events.callbacks import Callbacks
from customer_inventory.api.events.interest import TOPICS_API, Interest
from customer_inventory.api.events.scopes import asked_for, scope
from customer_inventory.api.exchange import Answer, Exchange, UnsupportedMediaType
from customer_inventory.api.routing import Routes
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import draw_bucket, new_id, parse_id
from customer_inventory.model.tmf688 import HUB_VIEW
from customer_inventory.model.views import VIEWS
from customer_inventory.repository.hub import Subscription

MOST_SUBSCRIPTIONS = 100
"""How many subscriptions a client may have."""
_SECRET_BYTES = 32
_log = structlog.get_logger(__name__)


class InvalidSubscription(InventoryError):
    """The subscription cannot be taken as it is.

    Send a JSON object with `callback`, a text, and if need be `query`, a text.
    """

    code = "invalid-subscription"
    failure = Failure.INVALID


class SubscriptionNotFound(InventoryError):
    """The client has no such subscription here.

    A subscription is seen only by the client that made it, at the API at which it was made.
    """

    code = "subscription-not-found"
    failure = Failure.NOT_FOUND


class AlreadySubscribed(InventoryError):
    """The client has subscribed with this callback and query already.

    Delete that subscription first, or choose another callback or query.
    """

    code = "already-subscribed"
    failure = Failure.CONFLICT


class TooManySubscriptions(InventoryError):
    """The client has as many subscriptions as a client may have.

    Delete one that is not needed any more.
    """

    code = "too-many-subscriptions"
    failure = Failure.CONFLICT


def add_hubs(routes: Routes, *, public_url: str, callbacks: Callbacks) -> None:
    """Let a hub answer at every base path of every API."""
    apis = {(view.api.number, view.api.version): view.api.paths for view in VIEWS}
    for (number, version), paths in apis.items():
        for base in paths:
            handlers = HubHandlers(number, version, base, public_url=public_url, callbacks=callbacks)
            routes.add(f"{base}/hub", "hub", GET=handlers.collection, POST=handlers.create)
            routes.add(f"{base}/hub/{{id}}", "hub", GET=handlers.get, DELETE=handlers.delete)


class HubHandlers:
    """Answers the requests for the hub of one API in one version, or of the topics."""

    def __init__(self, api: str, version: str, base: str, *, public_url: str, callbacks: Callbacks) -> None:
        self._api = api
        self._version = version
        self._public_url = public_url
        self._address = f"{public_url}{base}"
        self._callbacks = callbacks

    async def create(self, exchange: Exchange, access: Access, topic: str | None = None) -> Answer:
        """Answer POST: register a listener and show its secret, this once."""
        if exchange.media_type != "application/json":
            raise UnsupportedMediaType("Send the subscription as application/json.")
        content, _ = await exchange.json_object()
        callback, query, type_ = _text(content, "callback"), _text(content, "query"), _text(content, "@type")
        if not callback:
            raise InvalidSubscription("A subscription needs a `callback`.")
        within = await self.scope(access, topic)
        await self._refuse_what_is_not_granted(access, asked_for(within, query).kinds())
        await self._callbacks.check(callback)
        subscription, secret = await self._added(access, topic, callback, query, type_ or "Hub")
        await access.note("create", SUBSCRIPTION, "done", (subscription.id,))
        body = {**self._shown(subscription), "secret": secret}
        location = self._location(subscription).encode()
        return Answer(201, msgspec.json.encode(body)).plus((b"location", location))

    async def collection(self, exchange: Exchange, access: Access, topic: str | None = None) -> Answer:
        """Answer GET on the collection: the client's own subscriptions here."""
        asked = asked_of_entries(HUB_VIEW, exchange, public_url=self._public_url)
        await require_reach(access, "read")
        await self.scope(access, topic)
        own = await self._own(access, topic)
        await access.note("read", SUBSCRIPTION, "shown", tuple(subscription.id for subscription in own))
        found = [self._shown(subscription) for subscription in own]
        return entries_answer(HUB_VIEW, found, asked, path=exchange.path, public_url=self._public_url)

    async def get(self, exchange: Exchange, access: Access, *segments: str) -> Answer:
        """Answer GET on one subscription."""
        asked = asked_of_entry(HUB_VIEW, exchange)
        found = await self._one(access, "read", *segments)
        await access.note("read", SUBSCRIPTION, "shown", (found.id,))
        return entry_answer(HUB_VIEW, self._shown(found), asked)

    async def delete(self, exchange: Exchange, access: Access, *segments: str) -> Answer:
        """Answer DELETE on one subscription: nothing more is sent to it."""
        del exchange
        subscription = await self._one(access, "delete", *segments)
        if not await access.facilities.repository.hub.drop(subscription.id):
            await access.note("delete", SUBSCRIPTION, "absent", (subscription.id,))
            raise SubscriptionNotFound
        await access.note("delete", SUBSCRIPTION, "done", (subscription.id,))
        _log.info("hub.unsubscribed", subscription=subscription.id, client=subscription.client_id)
        return Answer(204)

    async def scope(self, access: Access, topic: str | None) -> Interest:
        """Return what a subscription here is told of."""
        entities = await access.facilities.classes.view()
        return await scope(access.facilities.repository, entities, self._api, self._version, topic)

    async def _refuse_what_is_not_granted(self, access: Access, kinds: frozenset[str]) -> None:
        """Raise Denied when the client may read nothing of what it wants to hear of.

        What is told later goes by what the client is granted, so a token with a scope must reach to all of it.
        """
        if access.principal.beyond:
            for kind in sorted(kinds):
                await access.require("read", kind)
        for kind in sorted(kinds):
            try:
                return await access.require("read", kind)
            except Denied as error:
                denied = error
        raise denied

    async def _added(
        self, access: Access, topic: str | None, callback: str, query: str, type_: str
    ) -> tuple[Subscription, str]:
        facilities, client = access.facilities, access.principal.client_id
        hub, now = facilities.repository.hub, facilities.clock()
        key = (client, self._api, self._version, topic, callback, query)
        fingerprint = hashlib.sha256(msgspec.json.encode(key)).digest()
        bucket = draw_bucket(facilities.randomness)
        identifier = new_id(bucket=bucket, at=now, randomness=facilities.randomness)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
        added = await hub.add(
            identifier=identifier,
            client_id=client,
            purpose=access.purpose,
            api=self._api,
            api_version=self._version,
            topic=topic,
            callback=callback,
            query=query,
            type_=type_,
            fingerprint=fingerprint,
            secret=secret,
            at=now,
            most=MOST_SUBSCRIPTIONS,
        )
        if not added:
            twin = await hub.twin(fingerprint)
            raise AlreadySubscribed(f"It is subscription {twin}.") if twin else TooManySubscriptions
        _log.info("hub.subscribed", subscription=str(identifier), client=client, api=self._api)
        return (await hub.subscriptions(client_id=client, identifier=identifier))[0], secret

    async def _own(self, access: Access, topic: str | None, identifier: Any = None) -> list[Subscription]:
        return await access.facilities.repository.hub.subscriptions(
            client_id=access.principal.client_id,
            identifier=identifier,
            api=self._api,
            api_version=self._version,
            topic=topic,
        )

    async def _one(self, access: Access, verb: str, *segments: str) -> Subscription:
        *topic, identifier = segments
        await require_reach(access, verb)
        parsed = parse_id(identifier)
        found = await self._own(access, topic[0] if topic else None, parsed) if parsed else []
        if not found:
            await access.note(verb, SUBSCRIPTION, "absent", (str(parsed),) if parsed else ())
            raise SubscriptionNotFound
        return found[0]

    def _shown(self, subscription: Subscription) -> dict[str, Any]:
        shown = {"id": subscription.id, "href": self._location(subscription), "callback": subscription.callback}
        shown |= {"query": subscription.query} if subscription.query else {}
        shown |= {"@type": subscription.type}
        if subscription.status != "active":
            shown |= {"status": subscription.status, "statusReason": subscription.reason or ""}
        return shown

    def _location(self, subscription: Subscription) -> str:
        topic = f"/topic/{subscription.topic}" if (self._api, self._version) == TOPICS_API else ""
        return f"{self._address}{topic}/hub/{subscription.id}"


def _text(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise InvalidSubscription(f"`{name}` must be a text.")
    if len(value) > 2000:
        raise InvalidSubscription(f"`{name}` is longer than 2,000 characters.")
    return value
