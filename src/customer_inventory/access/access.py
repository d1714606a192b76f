"""An access: one process (and person), for one purpose, at work on records.

What an access does not grant, it refuses; what it writes, it checks against the model; what it shows or does is in the
trail, durable, before the caller gets it. A write's trail entry is part of the write's own transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from customer_inventory.access.attaching import Attaching
from customer_inventory.access.opened import Facilities, Principal, RecordNotFound, VersionNotFound
from customer_inventory.access.saved import Saved
from customer_inventory.access.undoing import Undoing
from customer_inventory.access.writing import (
    Change,
    IdempotencyKeyReused,
    ReferenceForeign,
    StillReferenced,
    VersionConflict,
)


@dataclass(frozen=True, slots=True)
class Access(Attaching, Undoing):
    """One open access. Cheap: the doors open one for every request."""


__all__ = [
    "Access",
    "Change",
    "Facilities",
    "IdempotencyKeyReused",
    "Principal",
    "RecordNotFound",
    "ReferenceForeign",
    "Saved",
    "StillReferenced",
    "VersionConflict",
    "VersionNotFound",
]
