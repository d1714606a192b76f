"""What the repository cannot keep: values that are too long for an index, or that PostgreSQL does not know."""

from __future__ import annotations

import re

import psycopg

from customer_inventory.errors import Failure, InventoryError

_INDEX = re.compile(r'for index "(\w+)"')


class NotStorable(InventoryError):
    """The record holds a value that the repository cannot keep or index.

    Nothing was written. Shorten texts that are searched by (names, roles) to 2,000 bytes, and use dates and numbers
    that PostgreSQL knows.
    """

    code = "not-storable"
    failure = Failure.INVALID


def not_storable(error: psycopg.Error) -> NotStorable:
    """Return the error that says which index a value is too long for, where PostgreSQL tells; never the value."""
    found = _INDEX.search(error.diag.message_primary or "")
    if found is None:
        return NotStorable()
    return NotStorable(
        f"A value is too long for the index {found[1]}. Shorten it to 2,000 bytes, or have the attribute no longer "
        "marked searchable."
    )
