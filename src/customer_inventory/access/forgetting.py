"""Forgetting: subscriptions and topics that ask for who is erased go, and subscriptions that tell of them by address.

The same values are looked for as in what downloads were asked for by (`downloads/forgetting.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

import msgspec

from customer_inventory.access.downloads.forgetting import Told
from customer_inventory.repository.erasing import ErasureWork

_QUERIES = ("contentQuery", "headerQuery")


async def forget_listening(work: ErasureWork, names: Collection[str], values: Collection[str]) -> dict[str, int]:
    """Erase subscriptions and topics whose query or callback holds a name or a value; return how many of each.

    To be called within the transaction of an erasure.
    """
    told = Told(names, values)
    found: dict[str, list[str]] = {}
    for table, identifier, query, callback in await work.listening():
        queries = [query] if table == "subscription" else _queries(query)
        if any(map(told.is_asked_for, queries)) or told.is_within(_below_host(callback or "")):
            found.setdefault(table, []).append(identifier)
    return {table: await work.erase_listening(table, ids) for table, ids in found.items()}


def _queries(topic: str) -> list[str]:
    document = msgspec.json.decode(topic)
    return [text for name in _QUERIES if isinstance(text := document.get(name), str)]


def _below_host(address: str) -> str:
    """Return what of an address is about somebody: the host is whose it is, and may be called like anybody."""
    parts = urlsplit(address)
    return " ".join((parts.path, parts.query))
