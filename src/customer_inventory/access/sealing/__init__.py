"""Sealing: the trail is sealed each second, so that what is done to it afterwards can be found, by anybody."""

from customer_inventory.access.sealing.blocks import is_public_key
from customer_inventory.access.sealing.exporting import NothingSealed, trail_lines
from customer_inventory.access.sealing.sealer import Sealer, sealing
from customer_inventory.access.sealing.verifying import Anchor, Verdict, anchor_of, verify

__all__ = [
    "Anchor",
    "NothingSealed",
    "Sealer",
    "Verdict",
    "anchor_of",
    "is_public_key",
    "sealing",
    "trail_lines",
    "verify",
]
