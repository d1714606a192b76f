"""TMF669 Party Role Management v4.0.0: what it says otherwise than v5.0.0. It has no specifications of roles."""

from __future__ import annotations

from customer_inventory.model.earlier import Earlier, EarlierClass
from customer_inventory.model.v4.tmf629 import ROLE_CLASSES, ROLE_LEFT_OUT

PARTY_ROLE_V4 = Earlier(
    "v4",
    ("/tmf-api/partyRoleManagement/v4",),
    {**ROLE_CLASSES, "PartyRole": EarlierClass("PartyRole", left_out=ROLE_LEFT_OUT)},
).demanding("name")
