"""The verbs for reviews: see who broke the glass, and close what was looked at."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from customer_inventory.access.reviewing import MOST_SHOWN, ReviewNotFound, close_review
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import opened, operator
from customer_inventory.clock import system_clock
from customer_inventory.settings import Settings

review = App(name="review", help="Look at who saw records unmasked by breaking the glass.")

_DEFAULTS = Settings()


@review.command(name="list")
def list_reviews(*, closed: Annotated[bool, Parameter(negative=())] = False, settings: Configured = _DEFAULTS) -> int:
    """List who broke the glass to see which record and why, where nobody has looked at it yet.

    Parameters
    ----------
    closed
        List those that were closed instead, the last one first.
    settings
        How the inventory is set up.
    """
    return run(_list(closed, settings), settings)


async def _list(closed: bool, settings: Settings) -> None:
    async with opened(settings) as desk:
        kept = desk.repository.reviews
        for each in await (kept.closed(limit=MOST_SHOWN) if closed else kept.waiting(limit=MOST_SHOWN)):
            print(
                f"{each.id}  {each.login}  {each.opened_at:%Y-%m-%d %H:%M}  {each.kind} {each.record_id}  {each.reason}"
            )
            if each.closed_at:
                print(f"    closed {each.closed_at:%Y-%m-%d %H:%M} by {each.closed_by}: {each.remark}")


@review.command
def close(identifier: str, *, remark: str, settings: Configured = _DEFAULTS) -> int:
    """Close a review under your operating system's login; whoever broke the glass cannot.

    Parameters
    ----------
    identifier
        The review's id.
    remark
        What you found.
    settings
        How the inventory is set up.
    """
    return run(_close(identifier, remark, settings), settings)


async def _close(identifier: str, remark: str, settings: Settings) -> None:
    try:
        named = UUID(identifier)
    except ValueError as error:
        raise ReviewNotFound from error
    async with opened(settings) as desk:
        reviews = desk.repository.reviews
        closed = await close_review(reviews, identifier=named, by=operator(), remark=remark, clock=system_clock)
    print(f"The review of {closed.login} is closed.")
