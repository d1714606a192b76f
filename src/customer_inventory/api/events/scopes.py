"""Scopes: the events that an API, or a topic of TMF688, is about; what subscribes or looks there sees no others.

A topic is one of every resource and `all`, which are always there, or one that a client made: with `headerQuery` and
`contentQuery`, which both must hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from customer_inventory.api.events.interest import (
    EVERYTHING,
    TOPICS_API,
    Interest,
    InvalidQuery,
    Selection,
    covered,
    interest,
    interest_in,
)
from customer_inventory.api.scanning import Parameter
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model.problems import InvalidValue
from customer_inventory.model.view import View
from customer_inventory.repository import Repository


class TopicNotFound(InventoryError):
    """There is no such topic.

    GET /tmf-api/event/v4/topic lists them: one for each resource, `all`, and those that clients made.
    """

    code = "topic-not-found"
    failure = Failure.NOT_FOUND


def built_in(topic: str) -> bool:
    """Return whether a topic is one of those that are always there."""
    return bool(covered(*TOPICS_API, topic))


def built_in_topics() -> list[str]:
    """Return the topics that are always there."""
    return [EVERYTHING, *sorted(view.resource.name for view in covered(*TOPICS_API, EVERYTHING).values())]


async def scope(repository: Repository, entities: View, api: str, version: str, topic: str | None) -> Interest:
    """Return the events that an API in a version, or a topic, is about; `entities` as in `covered`.

    Raises TopicNotFound.
    """
    if (api, version) != TOPICS_API or built_in(topic or ""):
        return interest(covered(api, version, topic, entities), "")
    identifier = parse_id(topic or "")
    kept = await repository.topics.get(identifier) if identifier else None
    if kept is None:
        raise TopicNotFound
    return of_topic(msgspec.json.decode(kept.document), entities)


def of_topic(document: dict[str, Any], entities: View | None = None) -> Interest:
    """Return the events that a topic which a client made chooses. Raises InvalidQuery."""
    views = covered(*TOPICS_API, EVERYTHING, entities)
    header = _possible(interest(views, document.get("headerQuery") or "", of_header=True))
    content = interest(_told_of(header), document.get("contentQuery") or "")
    if {header.selection, content.selection} != {Selection()}:
        raise InvalidQuery("A topic chooses events, not what is sent of them. Leave fields to who subscribes.")
    return _possible(replace(content, within=header))


def heard(within: Interest, query: str) -> Interest:
    """Return what a query asks for of a scope. Raises InvalidQuery."""
    return _possible(replace(interest(_told_of(within), query), within=within))


def asked_for(within: Interest, query: str) -> Interest:
    """Return what a new subscription's query asks for. Raises InvalidQuery, for values that can never be met too."""
    wanted = heard(within, query)
    _check_values(wanted)
    return wanted


def new_topic(document: dict[str, Any], entities: View) -> Interest:
    """Return the events that a new topic chooses. Raises InvalidQuery, for values that can never be met too."""
    wanted = of_topic(document, entities)
    for each in filter(None, (wanted, wanted.within)):
        _check_values(each)
    return wanted


def _check_values(wanted: Interest) -> None:
    try:
        wanted.check_values()
    except InvalidValue as error:
        raise InvalidQuery(error.message) from error


def _possible(wanted: Interest) -> Interest:
    if not wanted.kinds():
        raise InvalidQuery("No event can be what is asked for: its type and its conditions are of different resources.")
    return wanted


def looked_for(within: Interest, asked: Iterable[Parameter]) -> Interest:
    """Return what the parameters of a request ask for of a scope. Raises as `interest_in` does, and InvalidValue."""
    wanted = interest_in(_told_of(within), asked)
    wanted.check_values()
    return replace(wanted, within=within)


def _told_of(wanted: Interest) -> dict[str, View]:
    """The views of the resources that can give an event which is wanted: by them what narrows it is understood."""
    kinds = wanted.kinds()
    return {kind: view for kind, view in wanted.views.items() if kind in kinds}
