"""The words: what an Individual, an Organization and a Customer are, declared once (TMF632 v5, TMF629 v5)."""

from __future__ import annotations

from customer_inventory.model.problems import InvalidDocument
from customer_inventory.model.relations import Link, links, unresolved
from customer_inventory.model.resource import Resource
from customer_inventory.model.schemas import json_schema
from customer_inventory.model.search import term, terms
from customer_inventory.model.tmf629 import CUSTOMER
from customer_inventory.model.tmf632 import INDIVIDUAL, ORGANIZATION
from customer_inventory.model.validation import validate

RESOURCES = {resource.name: resource for resource in (INDIVIDUAL, ORGANIZATION, CUSTOMER)}
"""Every resource by its name."""

__all__ = [
    "RESOURCES",
    "InvalidDocument",
    "Link",
    "Resource",
    "json_schema",
    "links",
    "term",
    "terms",
    "unresolved",
    "validate",
]
