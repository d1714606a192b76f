"""The page of downloads: those that wait for one's decision, one's own, and those of others where one may see them."""

from __future__ import annotations

from starlette.responses import Response

from customer_inventory.access import downloads as doing
from customer_inventory.access.downloads.deciding import may_decide
from customer_inventory.access.downloads.requesting import is_own
from customer_inventory.console.downloads.asking_page import kinds_of
from customer_inventory.console.downloads.saying import line_of
from customer_inventory.console.visit import Visit

MOST_SHOWN = 100


async def downloads(visit: Visit) -> Response:
    """Answer /downloads. Raises Denied."""
    found = await doing.latest(visit.access)
    waiting = [row for row in found if row.status == "waiting"][:MOST_SHOWN]
    mine = [row for row in waiting if await may_decide(visit.access, row)]
    decided_here = {row.id for row in mine}
    own = [row for row in found if is_own(visit.access, row)]
    others = [row for row in found if row.id not in decided_here and not is_own(visit.access, row)]
    return visit.page(
        "downloads.html",
        waiting=[line_of(row) for row in mine],
        own=[line_of(row) for row in own[:MOST_SHOWN]],
        others=[line_of(row) for row in others[:MOST_SHOWN]],
        cut=max(len(own), len(others)) > MOST_SHOWN,
        may_ask=bool(kinds_of(visit.access)),
    )
