"""Told: the events that a hub sends, as the callback of its operation, each with a schema of its own."""

from __future__ import annotations

from collections.abc import Iterable

from customer_inventory.api.openapi.parts import Part, ref
from customer_inventory.model.envelope import members
from customer_inventory.model.events import create_event, delete_event, event_types
from customer_inventory.model.view import View


def event_schemas(view: View) -> dict[str, Part]:
    """Return the schema of each event of a view, and of what each carries, by component name."""
    found: dict[str, Part] = {}
    for kind in event_types(view):
        found[kind] = _event(view, kind)
        found[f"{kind}Payload"] = _payload(view, kind)
    return found


def callback(events: Iterable[tuple[str, str]]) -> Part:
    """Return what a subscription lets happen: one of these events, by type and component, comes to its callback."""
    named = dict(events)
    schema = {
        "oneOf": [ref(component) for component in named.values()],
        "discriminator": {
            "propertyName": "eventType",
            "mapping": {kind: ref(component)["$ref"] for kind, component in named.items()},
        },
    }
    said = {
        "summary": "Hear of a change",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "Heard. Anything else is tried again."},
            "410": {"description": "Ends the subscription."},
        },
    }
    return {"event": {"{$request.body#/callback}": {"post": said}}}


def _event(view: View, kind: str) -> Part:
    wrapper = view.api.events.wrapper
    properties: Part = {wrapper: ref(f"{kind}Payload")}
    for path, said in members(view).items():
        holder, _, below = path.rpartition(".")
        within = properties[holder].setdefault("properties", {}) if holder else properties
        within[below] = _kind(said)
    properties["eventType"] = {"const": kind}
    return {
        "type": "object",
        "description": f"An event of {view.resource.name}; the query may leave out what is optional.",
        "properties": properties,
        "required": ["eventId", "eventType", wrapper],
    }


def _payload(view: View, kind: str) -> Part:
    """Return the schema of what an event carries: the record, or what of it has changed, as a merge patch says it."""
    whole = kind in {create_event(view), delete_event(view)}
    told = ref(view.shape.name if whole else f"{view.shape.name}_MVO")
    words = "The record" if whole else "The record, with what has changed of it; null for what is gone"
    return {
        "type": "object",
        "description": f"{words}.",
        "properties": {view.resource.name: told},
        "required": [view.resource.name],
    }


def _kind(said: str) -> Part:
    return {"type": "string", "format": said} if said == "date-time" else {"type": said}
