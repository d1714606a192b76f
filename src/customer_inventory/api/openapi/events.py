"""Topics, subscriptions, dead letters and received events: what answers about events besides the hubs."""

from __future__ import annotations

from customer_inventory.api.openapi.beside import IDENTIFIED, asks, declared, lists_entries
from customer_inventory.api.openapi.parts import Part, gives, headers, query, ref, refuses, use
from customer_inventory.repository.receiving import STATUSES

_SAID_OF_TOPICS = "name headerQuery contentQuery @baseType @schemaLocation"

EVENT_SCHEMAS: dict[str, Part] = {
    "Topic": declared(
        "What events are about: a resource, all, or what two queries choose.", IDENTIFIED, words=_SAID_OF_TOPICS
    ),
    "Topic_FVO": declared(
        "A new topic: headerQuery chooses by what stands around the resource in an event, contentQuery by that.",
        {},
        words=f"{_SAID_OF_TOPICS} @type",
    ),
    "TopicEvent": declared(
        "An event as a topic shows it.",
        {"id": "text!", "href": "text!", "eventTime": "moment", "timeOcurred": "moment", "event": "object"},
        words="eventId eventType correlationId domain title description priority @type",
    ),
    "Subscription": declared(
        "Where the client's events go, and how far they have been told.",
        {
            **IDENTIFIED,
            "callback": "text!",
            "status": "text!",
            "createdAt": "moment!",
            "position": "whole!",
            "waiting": "whole",
            "deadLetters": "whole",
        },
        words="api apiVersion topic query statusReason",
    ),
    "SubscriptionReplay": declared(
        "What to tell again: from a position of the feed or a moment on, or the dead letters.",
        {"from": "any", "deadLetters": "truth"},
    ),
    "DeadLetter": declared(
        "A delivery that was given up.",
        {
            **IDENTIFIED,
            "version": "whole!",
            "attempts": "whole!",
            "queuedAt": "moment!",
            "givenUpAt": "moment!",
            "eventType": "any",
            "outcome": "any",
        },
        words="subscription resource recordId status",
    ),
    "ReceivedEvent": declared(
        "An event that another system sent: acceptable, or quarantined for what the record that it carries breaches.",
        {**IDENTIFIED, "receivedAt": "moment!", "body": "object!", "breach": "[EventBreach]"},
        words="source eventId api apiVersion eventType status",
    ),
    "EventBreach": declared(
        "What a record does not meet: where, why, and the requirement and rule that ask for it; never its values.",
        {"path": "text!", "reason": "text!", "code": "text!", "enforcement": "text!", "requirement": "text"},
    ),
}

_COUNTS = ("Link", "X-Total-Count", "X-Result-Count")


def event_operation(method: str, rest: str) -> Part | None:
    """Return what a method does at a path about events; None for what is not known."""
    return _OPERATIONS.get((method, rest))


def _lists(name: str, summary: str, *parameters: Part, counts: tuple[str, ...] = _COUNTS) -> Part:
    listed = {"type": "array", "items": ref(name)}
    return {
        "operationId": f"list{name}",
        "summary": summary,
        "parameters": [*use("purpose"), *parameters],
        "responses": {
            "200": gives("The end of the list.", listed, *counts),
            "206": gives("A page; more follows.", listed, *counts),
            **refuses(),
        },
    }


def _gets(name: str, summary: str, *parameters: Part) -> Part:
    return {
        "operationId": f"retrieve{name}",
        "summary": summary,
        "parameters": [*use("purpose"), *parameters],
        "responses": {"200": gives("It.", ref(name)), **refuses()},
    }


def _does(operation: str, name: str, summary: str, *, status: str, body: str | None = None) -> Part:
    said: Part = {
        "operationId": operation,
        "summary": summary,
        "parameters": use("purpose"),
        "responses": {status: gives("What it is now.", ref(name)), **refuses(408, 413, 415)},
    }
    if body is None:
        return said
    return {**said, "requestBody": {"required": True, "content": {"application/json": {"schema": ref(body)}}}}


_LIMIT = asks("limit", "number", "How many at most.")
_OFFSET = asks("offset", "count", "How many are passed over.")
_AFTER = asks("after", "text", "The id of the last one of the page before.")
_FIELDS = asks("fields", "text", "What of the events is shown.")
_OPERATIONS: dict[tuple[str, str], Part] = {
    ("GET", "/topic"): lists_entries("listTopic", "List the topics", "Topic"),
    ("POST", "/topic"): {
        "operationId": "createTopic",
        "summary": "Make a topic",
        "parameters": use("fields", "purpose"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Topic_FVO")}}},
        "responses": {"201": gives("Made.", ref("Topic"), "Location"), **refuses(408, 409, 413, 415)},
    },
    ("GET", "/topic/{topicId}"): {
        "operationId": "retrieveTopic",
        "summary": "Get one topic",
        "parameters": use("fields", "purpose"),
        "responses": {"200": gives("It.", ref("Topic")), **refuses()},
    },
    ("DELETE", "/topic/{topicId}"): {
        "operationId": "deleteTopic",
        "summary": "Delete one topic that a client made",
        "parameters": use("purpose"),
        "responses": {"204": {"description": "Deleted.", "headers": headers()}, **refuses(409)},
    },
    ("GET", "/topic/{topicId}/event"): _lists(
        "TopicEvent",
        "List the latest events of a topic, or those after or before one, that fulfil conditions as of a subscription",
        _LIMIT,
        _AFTER,
        asks("before", "text", "The id of the first one of the page behind."),
        _FIELDS,
        counts=("Link", "X-Result-Count"),
    ),
    ("GET", "/topic/{topicId}/event/{id}"): _gets("TopicEvent", "Get one event of a topic", _FIELDS),
    ("GET", "/subscription"): _lists("Subscription", "List the client's own subscriptions", _LIMIT, _OFFSET),
    ("GET", "/subscription/{id}"): _gets("Subscription", "Get one subscription with what waits for it"),
    ("POST", "/subscription/{id}/replay"): _does(
        "replaySubscription", "Subscription", "Tell a subscription again", status="200", body="SubscriptionReplay"
    ),
    ("GET", "/deadLetter"): _lists(
        "DeadLetter",
        "List the deliveries that were given up",
        _LIMIT,
        _OFFSET,
        asks("subscription", "text", "Those of this subscription."),
    ),
    ("GET", "/deadLetter/{id}"): _gets("DeadLetter", "Get one dead letter"),
    ("POST", "/deadLetter/{id}/replay"): _does(
        "replayDeadLetter", "DeadLetter", "Deliver a dead letter again", status="202"
    ),
    ("GET", "/receivedEvent"): _lists(
        "ReceivedEvent",
        "List the events that other systems sent",
        _LIMIT,
        _AFTER,
        asks("eventType", "text", "Events of this type."),
        query("status", {"type": "string", "enum": [*STATUSES]}, "Events that were judged so."),
        counts=("Link", "X-Result-Count"),
    ),
    ("GET", "/receivedEvent/{id}"): _gets("ReceivedEvent", "Get one received event"),
}
