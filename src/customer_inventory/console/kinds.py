"""Kinds of record as people call them: the three that everybody asks for, and every other that the inventory keeps."""

from __future__ import annotations

from customer_inventory.console.words import spelled
from customer_inventory.model import Resource
from customer_inventory.repository.kinds import KINDS

PARTIES = ("individual", "organization")
SEARCHED = (*PARTIES, "customer")
"""The kinds that the search box looks in; the others are listed, and found from the records they belong to."""

OTHERS = tuple(kind for kind in KINDS if kind not in SEARCHED)

EDITED = tuple(kind for kind in KINDS if not kind.startswith("entity"))
"""The kinds that have a form; what entities are made of is specified elsewhere."""

_NAMES = {"customer": "Customer", "individual": "Person", "organization": "Organisation"}
_SEVERAL = {"individual": "People", "bill_presentation_media": "Bill presentation media", "entity": "Entities"}

KIND_NAMES = {kind: _NAMES.get(kind) or spelled(resource.name) for kind, resource in KINDS.items()}
KINDS_NAMES = {kind: _SEVERAL.get(kind) or f"{name}s" for kind, name in KIND_NAMES.items()}


def resource_of(kind: str) -> Resource:
    """Return the resource that is kept as `kind`. Raises KeyError when none is."""
    return KINDS[kind]
