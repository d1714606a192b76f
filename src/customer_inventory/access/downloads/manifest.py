"""Manifests: what the file of a download is, of which moment, for whom and what it was made; kept after the file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.access.downloads.deciding import show
from customer_inventory.access.downloads.life import DownloadNotReady, told
from customer_inventory.access.grants import named
from customer_inventory.repository.downloads import DownloadRow


async def manifest(access: Access, identifier: UUID) -> dict[str, Any]:
    """Return the manifest of a download whose file was made. Raises DownloadNotFound and DownloadNotReady."""
    row = await show(access, identifier)
    if row.ready_at is None:
        raise DownloadNotReady(f"The download is {row.status}: there is no file to tell of.")
    return {
        "@type": "DownloadManifest",
        "id": str(row.id),
        **told(row.wish),
        "kind": named(row.kind),
        "recordCount": row.number,
        "smallestClass": row.smallest_class,
        "leftOutCount": _left_out(row),
        "column": row.columns,
        "size": row.size,
        "sha256": row.sha256,
        "takenAt": row.taken_at,
        "feedPosition": row.position,
        "clientId": row.client_id,
        "person": row.person,
        "purpose": row.purpose,
        "lawfulBasis": await _lawful_basis(access, row),
        "requestId": row.request_id,
        "requestedAt": row.requested_at,
        "approvedBy": row.decided_by,
        "readyAt": row.ready_at,
        "expiresAt": row.expires_at,
    }


def _left_out(row: DownloadRow) -> int | None:
    """Return how many rows were left out, where that is no group that is as small as those that were."""
    return row.left_out if (row.left_out or 0) >= msgspec.json.decode(row.wish)["k"] else None


async def _lawful_basis(access: Access, row: DownloadRow) -> str | None:
    """Return why the purpose is lawful, where the registration of the client says so."""
    registration = await access.facilities.repository.register.registrations.one(row.client_id)
    purposes = msgspec.json.decode(registration.document).get("purpose") or [] if registration is not None else []
    return next((each.get("lawfulBasis") for each in purposes if each.get("name") == row.purpose), None)
