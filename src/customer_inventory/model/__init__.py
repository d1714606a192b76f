"""The words: what each resource of the TM Forum Open APIs is, declared once, one file an API."""

from __future__ import annotations

from customer_inventory.model.problems import InvalidDocument
from customer_inventory.model.relations import Link, links, unresolved
from customer_inventory.model.resource import Resource
from customer_inventory.model.resources import RESOURCES
from customer_inventory.model.schemas import json_schema
from customer_inventory.model.search import term, terms
from customer_inventory.model.validation import validate

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
