"""Spending: a grant that says at most how much is used up as it is used, and refused until the next period begins.

Requests count when they come, records when they are about to be shown, or written: nothing is shown that is not paid.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from customer_inventory.access.policy.rights import Amounts
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.allowances import Allowances, Use


class AllowanceSpent(InventoryError):
    """The client has used up what it is granted for this day, or for this second.

    Ask again when the next one begins: `Retry-After` says in how many seconds. Ask the owner of the inventory for more.
    """

    code = "allowance-spent"
    failure = Failure.TOO_MANY

    def __init__(self, message: str | None = None, *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


async def spend_request(allowances: Allowances, amounts: Amounts, client_id: str, grant: str, now: datetime) -> None:
    """Count a request by a grant ("verb:kind"). Raises AllowanceSpent."""
    if amounts.per_second is None:
        return
    use = Use(client_id, *_parts(grant), "second", now.replace(microsecond=0))
    if not await allowances.use(use, 1, most=amounts.per_second):
        raise AllowanceSpent(f"{grant} is granted at most {amounts.per_second} times a second.")


async def spend_records(
    allowances: Allowances, amounts: Amounts, client_id: str, grant: str, now: datetime, *, number: int
) -> None:
    """Count records by a grant ("verb:kind"). Raises AllowanceSpent."""
    if amounts.daily is None or number == 0:
        return
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if not await allowances.use(Use(client_id, *_parts(grant), "day", day), number, most=amounts.daily):
        left = (day + timedelta(days=1) - now).total_seconds()
        raise AllowanceSpent(
            f"{grant} is granted for at most {amounts.daily} records a day, and this would go beyond.",
            retry_after_s=int(left) + 1,
        )


def _parts(grant: str) -> tuple[str, str]:
    verb, _, kind = grant.partition(":")
    return verb, kind
