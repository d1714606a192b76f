"""The OpenAPI documents of the running server, made from the model and the routes: what they say is what it does."""

from __future__ import annotations

from customer_inventory.api.openapi.documents import Documents

__all__ = ["Documents"]
