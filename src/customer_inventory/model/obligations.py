"""Obligations: what keeps a party's data from being erased, as its agreements and accounts tell (GDPR 17(3)(b), (e)).

An agreement obliges while it is in force: its period says so or, where it has none, its status. An account obliges
until it is closed. The words are those of TMF651 and TMF666, which leave them open, in any spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from customer_inventory.model.spelling import instant_key

_OVER = frozenset({"closed", "terminated", "cancelled", "canceled", "expired", "rejected", "withdrawn", "ended"})
_IN_FORCE = frozenset({"active", "approved", "inforce", "signed", "agreed"})


def obligation(api: str, document: Mapping[str, Any], *, now: datetime) -> str | None:
    """Return why a document of an API keeps its party's data from being erased, None when it does not."""
    if api == "TMF651":
        return _agreement(document, now)
    if api == "TMF666":
        state = _word(document.get("state"))
        return f"the account is {document['state']}" if state and state not in _OVER else None
    return None


def _agreement(document: Mapping[str, Any], now: datetime) -> str | None:
    status = _word(document.get("status"))
    if status in _OVER:
        return None
    period = document.get("agreementPeriod")
    end, start = (
        (period.get(f"{each}DateTime") for each in ("end", "start")) if isinstance(period, dict) else (None, None)
    )
    if isinstance(end, str):
        return None if _is_before(end, now) else "the agreement runs until a day to come"
    if status in _IN_FORCE or isinstance(start, str):
        return "the agreement is in force, without an end"
    return None


def _word(value: Any) -> str:
    return value.lower().replace(" ", "").replace("_", "").replace("-", "") if isinstance(value, str) else ""


def _is_before(text: str, now: datetime) -> bool:
    key, today = instant_key(text), instant_key(now.isoformat().replace("+00:00", "Z"))
    return key is not None and today is not None and key < today
