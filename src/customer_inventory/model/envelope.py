"""The envelope: an event as it is sent, as a view of its own, so that conditions can be on all that it carries.

`eventTime` and the like stand beside the attributes of the resource in it, such as `event.customer.status`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from customer_inventory.model.attributes import Attribute
from customer_inventory.model.view import View

_TYPES: Mapping[str, str] = {
    "eventId": "string",
    "eventTime": "date-time",
    "eventType": "string",
    "correlationId": "string",
    "domain": "string",
    "title": "string",
    "description": "string",
    "priority": "string",
    "timeOcurred": "date-time",
    "timeOccurred": "date-time",
    **{
        f"{system}{below}": kind
        for system in ("source", "reportingSystem")
        for below, kind in (
            ("", "object"),
            (".id", "string"),
            (".name", "string"),
            (".@type", "string"),
            (".@referredType", "string"),
        )
    },
    "@type": "string",
    "@baseType": "string",
}

MEMBERS = frozenset(name for name in _TYPES if "." not in name and not name.startswith("@"))
"""What an event says besides its resource and its class."""


_V5_ONLY = frozenset({"timeOccurred", "source", "reportingSystem", "@type", "@baseType"})


def members(view: View) -> Mapping[str, str]:
    """Return what the events of a view say around the resource, by path: its type, or the format of a text."""
    if view.api.version != "v4":
        return _TYPES
    return {path: kind for path, kind in _TYPES.items() if path.partition(".")[0] not in _V5_ONLY}


@lru_cache(maxsize=256)  # the view of entities changes with the classes that are specified
def enveloped(view: View) -> View:
    """Return the events of a resource as a view: the envelope, and the resource below the wrapper and its name."""
    wrapper = view.api.events.wrapper
    below = f"{wrapper}.{view.resource.name}"
    kinds = {**members(view), wrapper: "object", below: "object"}
    attributes = {path: _attribute(path, kind) for path, kind in kinds.items()}
    attributes |= {f"{below}.{path}": replace(each, path=f"{below}.{path}") for path, each in view.attributes.items()}
    return View(view.resource, view.api, view.shape, attributes, mandatory=())


def _attribute(path: str, kind: str) -> Attribute:
    return Attribute(path, kind, many=False, description="", formats=(), enum=(), searchable=False)
