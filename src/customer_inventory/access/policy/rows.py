"""Rows: the conditions of a grant, as terms of a list, and asked of one document."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from customer_inventory.access.policy.grant import Row
from customer_inventory.model import Resource
from customer_inventory.model.filtering import Condition, Filter
from customer_inventory.repository.kinds import KINDS


def terms_of(resource: Resource, rows: tuple[Row, ...]) -> tuple[Condition, ...]:
    """Return the terms of a list that finds the records for which all conditions hold."""
    return _terms(resource.kind, rows)


def holds(resource: Resource, rows: tuple[Row, ...], document: Mapping[str, Any]) -> bool:
    """Return whether all conditions hold for a stored document with its id."""
    return not rows or _filter(resource.kind, rows).matches(document)


@lru_cache(maxsize=4096)
def _terms(kind: str, rows: tuple[Row, ...]) -> tuple[Condition, ...]:
    attributes = KINDS[kind].attributes
    return tuple(Condition(row.path, "eq", row.values, attributes[row.path]) for row in rows)


@lru_cache(maxsize=4096)
def _filter(kind: str, rows: tuple[Row, ...]) -> Filter:
    return Filter(_terms(kind, rows))
