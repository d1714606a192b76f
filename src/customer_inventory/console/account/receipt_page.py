"""The receipt of a privacy request, to be printed: what was asked and what came of it, and nothing else of anybody."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from customer_inventory.access import privacy_requesting
from customer_inventory.access.privacy_request import request_id
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import Shown, shown_at, spelled

RECEIPT_PAGE = "/privacy-requests/{id}/receipt"
_INSTANTS = frozenset({"receivedAt", "dueAt", "closedAt"})
_NAMES = {
    "article": "Article",
    "receivedAt": "Received",
    "dueAt": "To be answered until",
    "extendedBecause": "Takes longer because",
    "closedAt": "Closed",
    "ground": "What is told",
    "result": "What came of it",
    "sha256": "SHA-256",
}


async def receipt(visit: Visit) -> Response:
    """Answer /privacy-requests/{id}/receipt. Raises Denied and RequestNotFound."""
    found = await privacy_requesting.request(visit.access, request_id(visit.request.path_params["id"]))
    told = privacy_requesting.receipt(found.row)
    facts = [(_NAMES.get(name, spelled(name)), _shown(name, str(text))) for name, text in told.items()]
    return visit.page("receipt.html", facts=facts[1:], right=found.row.right)


def _shown(name: str, text: str) -> Shown:
    return shown_at(datetime.fromisoformat(text)) if name in _INSTANTS else Shown(text)
