"""What a record in a subject access package says, value by value, in words for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from customer_inventory.access.packaging import Held


def facts(held: Held) -> list[tuple[str, str]]:
    """Return what a record says, value by value, with the path of each; of a deleted one what it said last."""
    newest = next((each.document for each in held.versions if each.document is not None), b"{}")
    return list(_leaves(msgspec.json.decode(newest), ""))


def moment(at: datetime | None) -> str:
    """Return a moment as people read it."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else ""


def _leaves(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves(each, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        for number, each in enumerate(value, start=1):
            yield from _leaves(each, f"{at} {number}" if len(value) > 1 else at)
    elif value is not None:
        yield at, value if isinstance(value, str) else msgspec.json.encode(value).decode()
