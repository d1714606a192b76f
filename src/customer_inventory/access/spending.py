"""Spending: a grant that says at most how much is used up as it is used, and refused until the next period begins.

Requests count when they come, records when they are about to be shown, or written: nothing is shown that is not paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from customer_inventory.access.policy.counting import scope_name
from customer_inventory.access.policy.grant import Grant
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.allowances import Allowances, Use, Wanted


class AllowanceSpent(InventoryError):
    """The client has used up what it is granted for this day, or for this second.

    Ask again when the next one begins: `Retry-After` says in how many seconds. Ask the owner of the inventory for more.
    """

    code = "allowance-spent"
    failure = Failure.TOO_MANY

    def __init__(self, message: str | None = None, *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


async def spend_requests(allowances: Allowances, client_id: str, requests: Mapping[Grant, int], now: datetime) -> None:
    """Count requests by the grants that they count on, all or none. Raises AllowanceSpent."""
    since = now.replace(microsecond=0)
    spent = await _spend(allowances, client_id, requests, "second", since)
    if spent is not None:
        raise AllowanceSpent(f"{_named(spent)} is granted at most {spent.per_second} times a second.")


async def spend_records(allowances: Allowances, client_id: str, records: Mapping[Grant, int], now: datetime) -> None:
    """Count records by the grants that they count on, all or none. Raises AllowanceSpent."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    spent = await _spend(allowances, client_id, records, "day", day)
    if spent is not None:
        left = (day + timedelta(days=1) - now).total_seconds()
        raise AllowanceSpent(
            f"{_named(spent)} is granted for at most {spent.daily} records a day, and this would go beyond.",
            retry_after_s=int(left) + 1,
        )


async def _spend(
    allowances: Allowances, client_id: str, amounts: Mapping[Grant, int], per: str, since: datetime
) -> Grant | None:
    """Count all of these and return None, or count nothing and return the grant of which there is not enough."""
    uses = {Use(client_id, each.verb, scope_name(each), per, since): each for each, number in amounts.items() if number}
    if not uses:
        return None
    wanted = [
        Wanted(use, amounts[each], most=(each.daily if per == "day" else each.per_second) or 0)
        for use, each in uses.items()
    ]
    refused = await allowances.use_all(wanted)
    return None if refused is None else uses[refused]


def _named(grant: Grant) -> str:
    return f"{grant.verb}:{grant.kind}"
