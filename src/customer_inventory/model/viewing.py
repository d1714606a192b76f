"""Viewing: the view of a resource in a version of its API, made when it is first asked for and then always the same.

Who serves every resource in every version takes them from `views`, whose loading makes them all (0.1 s).
"""

from __future__ import annotations

from functools import cache

from customer_inventory.model.resource import Resource
from customer_inventory.model.resources import RESOURCES
from customer_inventory.model.view import View, earlier, native


def native_view(resource: Resource) -> View:
    """Return the view of `resource` in which it is stored; of a class of entity, that of all entities."""
    return _native(resource.name)


def earlier_view(resource: Resource) -> View | None:
    """Return the view of `resource` in the earlier version of its API, or None when it has none."""
    return _earlier(resource.name)


@cache
def _native(name: str) -> View:
    return native(RESOURCES[name])


@cache
def _earlier(name: str) -> View | None:
    return earlier(RESOURCES[name])
