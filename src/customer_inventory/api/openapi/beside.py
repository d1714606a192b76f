"""What answers beside the resources: histories, hubs and listeners, at every API; and their schemas."""

from __future__ import annotations

from collections.abc import Mapping

from customer_inventory.api.openapi.parts import Part, gives, headers, query, ref, refuses, use
from customer_inventory.api.openapi.resources import Named
from customer_inventory.model.events import carried_names, event_types, wrappers
from customer_inventory.model.resource import Api
from customer_inventory.model.views import VIEWS

_PAGE = ("Link", "Content-Range", "X-Total-Count", "X-Result-Count")
_KINDS: dict[str, Part] = {
    "text": {"type": "string"},
    "whole": {"type": "integer"},
    "count": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    "number": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1},
    "truth": {"type": "boolean"},
    "moment": {"type": "string", "format": "date-time"},
    "object": {"type": "object"},
    "any": {},
}


def declared(description: str, attributes: Mapping[str, str], *, words: str = "") -> Part:
    """Return the schema of an object; attributes are told as `kind`, `kind!` for a mandatory one, `[kind]` for several.

    `words` names attributes that are text, separated by spaces.
    """
    kinds = {**dict.fromkeys(words.split(), "text"), **attributes}
    required = [name for name, kind in kinds.items() if kind.endswith("!")]
    schema: Part = {
        "type": "object",
        "description": description,
        "properties": {name: _kind(kind.removesuffix("!")) for name, kind in kinds.items()},
    }
    return {**schema, "required": required} if required else schema


def _kind(kind: str) -> Part:
    if kind.startswith("["):
        return {"type": "array", "items": _kind(kind[1:-1])}
    return _KINDS.get(kind) or (ref(kind) if kind not in _KINDS else {})


IDENTIFIED = {"@type": "text!", "id": "text!", "href": "text!"}

_SAID_OF_EVENTS = "eventTime correlationId domain title description priority @type"

SCHEMAS: dict[str, Part] = {
    "RecordVersion": declared(
        "A record as it was for a time, who made it so, and what that changed.",
        {**IDENTIFIED, "version": "whole!", "validFor": "object!", "changed": "[text]", "resource": "object"},
        words="operation clientId person purpose source reason changeId",
    ),
    "Hub": declared(
        "A subscription: where events go, and which.",
        {"id": "text!", "href": "text", "callback": "text!", "query": "text", "@type": "text"},
        words="status statusReason",
    ),
    "Hub_Secret": declared(
        "A subscription as it is made: only now with the secret that signs what is sent.",
        {"id": "text!", "href": "text", "callback": "text!", "query": "text", "@type": "text", "secret": "text!"},
    ),
    "Hub_FVO": declared(
        "A new subscription: the callback, and in query which events, under which conditions, with which fields.",
        {"callback": "text!", "query": "text", "@type": "text"},
    ),
    "Event": declared(
        "An event of another system: what it is of must be there, what else it says is kept as it came.",
        {"event": "object!", **dict.fromkeys(_SAID_OF_EVENTS.split(), "any")},
        words="eventId eventType",
    ),
    "Event_payload": {
        **declared(
            "An event of another system: what it is of must be there, under either name; the rest is kept as it came.",
            {"payload": "object", "event": "object", **dict.fromkeys(_SAID_OF_EVENTS.split(), "any")},
            words="eventId eventType",
        ),
        "anyOf": [{"required": ["payload"]}, {"required": ["event"]}],
    },
}


def beside_operation(method: str, below: str, named: Named) -> Part | None:
    """Return what a method does at a path below a record, such as its history; None for what is not known."""
    makers = {
        ("GET", "{id}/history"): _versions,
        ("GET", "{id}/history/{version}"): _version,
        ("POST", "{id}/history/{version}/restore"): _restore,
    }
    return makers[method, below](named) if (method, below) in makers else None


def asks(name: str, kind: str, description: str) -> Part:
    """Return a query parameter of one operation alone."""
    return query(name, _kind(kind), description)


def _versions(named: Named) -> Part:
    before = asks("before", "number", "Versions older than this one.")
    listed = {"type": "array", "items": ref("RecordVersion")}
    return {
        "operationId": f"list{named.title}Version",
        "summary": f"List the versions of one {named.name}, newest first",
        "parameters": [*use("fields", "ownOffset", "ownLimit", "asOf", "purpose"), before],
        "responses": {
            "200": gives("The end of the history.", listed, "Link", "X-Total-Count", "X-Result-Count"),
            "206": gives("A page; more follows.", listed, "Link", "X-Total-Count", "X-Result-Count"),
            **refuses(),
        },
    }


def _version(named: Named) -> Part:
    return {
        "operationId": f"retrieve{named.title}Version",
        "summary": f"Get one {named.name} as it was",
        "parameters": use("fields", "asOf", "purpose"),
        "responses": {"200": gives("The record as it was.", ref(named.answer), "ETag"), **refuses()},
    }


def _restore(named: Named) -> Part:
    return {
        "operationId": f"restore{named.title}Version",
        "summary": f"Make one {named.name} again what it was",
        "description": "Also of a deleted record. The path says everything: there is no body, or an empty object.",
        "parameters": use("fields", "purpose", "reason", "key", "ifMatch"),
        "responses": {
            "200": gives("The record as it is now.", ref(named.answer), "ETag", "X-Reference-Warning"),
            **refuses(408, 409, 412, 413, 415, 422),
        },
    }


def hub_operation(method: str, rest: str, api: Api) -> Part | None:
    """Return what a method does at a hub or a listener of an API; None for what is neither."""
    kind = "hub" if rest.endswith("/hub") else "one" if rest.endswith("/hub/{id}") else rest.split("/")[1]
    match method, kind:
        case "GET", "hub":
            return lists_entries("listHub", "List the client's own subscriptions", "Hub")
        case "POST", "hub":
            return _subscribe()
        case "GET", "one":
            said = _said("retrieveHub", "Get one subscription", {"200": gives("It.", ref("Hub"))})
            return {**said, "parameters": use("fields", "purpose")}
        case "DELETE", "one":
            return _said("deleteHub", "End one subscription", {"204": {"description": "Ended.", "headers": headers()}})
        case "POST", "listener":
            return _listen(rest.rpartition("/")[2], api)
    return None


def _said(name: str, summary: str, answers: Part, *codes: int) -> Part:
    responses = {**answers, **refuses(*codes)}
    return {"operationId": name, "summary": summary, "parameters": use("purpose"), "responses": responses}


def lists_entries(operation: str, summary: str, name: str) -> Part:
    """Return what a list of entries does that are no records, by the rules of lists of records."""
    listed = {"type": "array", "items": ref(name)}
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": use("fields", "offset", "limit", "sort", "filter", "after", "before", "range", "purpose"),
        "responses": {
            "200": gives("The end of the list.", listed, *_PAGE),
            "206": gives("A page; more follows.", listed, *_PAGE),
            **refuses(),
        },
    }


def _subscribe() -> Part:
    made = {"201": gives("Subscribed.", ref("Hub_Secret"), "Location")}
    said = _said("createHub", "Subscribe to events", made, 408, 409, 413, 415)
    return {**said, "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Hub_FVO")}}}}


def _listen(event: str, api: Api) -> Part:
    name = event.strip("{}")
    taken = {"201" if api.version == "v4" else "204": {"description": "Taken in.", "headers": headers()}}
    said = _said(
        f"listenTo{name[0].upper()}{name[1:]}", "Take in an event of another system", taken, 408, 409, 413, 415
    )
    schema = {
        "allOf": [ref("Event" if api.events.wrapper == "event" else f"Event_{api.events.wrapper}"), _carries(name, api)]
    }
    return {**said, "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _carries(event: str, api: Api) -> Part:
    """Return the schema of an event that carries the record that it is of."""
    kind = f"{event[0].upper()}{event[1:]}"
    of_api = (view for view in VIEWS if (view.api.number, view.api.version) == (api.number, api.version))
    names = carried_names(next(view for view in of_api if kind in event_types(view)))
    told = {"type": "object", "minProperties": 1}
    carried = _any_of([{"type": "object", "properties": {name: told}, "required": [name]} for name in names])
    return _any_of([{"properties": {each: carried}, "required": [each]} for each in wrappers(api)])


def _any_of(several: list[Part]) -> Part:
    return several[0] if len(several) == 1 else {"anyOf": several}
