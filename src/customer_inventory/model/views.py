"""Every view that the inventory serves: each resource in each version of its API."""

from __future__ import annotations

from customer_inventory.model.resources import RESOURCES
from customer_inventory.model.tmf672 import REGISTER
from customer_inventory.model.view import View, native
from customer_inventory.model.viewing import earlier_view, native_view

NATIVE: dict[str, View] = {name: native_view(resource) for name, resource in RESOURCES.items()}
"""The view of each resource as it is stored, by the resource's name."""

EARLIER: dict[str, View] = {name: view for name, resource in RESOURCES.items() if (view := earlier_view(resource))}
"""The view of each resource in the earlier version of its API, where there is one, by the resource's name."""

REGISTER_VIEWS: tuple[View, ...] = tuple(map(native, REGISTER.values()))
"""The views that show the register: read only, and not of records."""

VIEWS: tuple[View, ...] = (*NATIVE.values(), *EARLIER.values())
"""Every view of records, the native ones first."""
