"""Reviewing: whoever broke the glass did it for a reason, at which somebody else looks afterwards."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from customer_inventory.access.access import Access
from customer_inventory.access.guarded import ACCESS_REVIEW
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.reviews import Review, Reviews

MOST_SHOWN = 200
LONGEST_REMARK = 500


class ReviewNotFound(InventoryError):
    """There is no such review.

    `customer-inventory review list` shows those that wait.
    """

    code = "review-not-found"
    failure = Failure.NOT_FOUND


class ReviewClosed(InventoryError):
    """Somebody closed the review already.

    Nothing is left to do.
    """

    code = "review-closed"
    failure = Failure.CONFLICT


class ReviewOfOneself(InventoryError):
    """Whoever broke the glass cannot close the review of it.

    Ask somebody else who may close reviews.
    """

    code = "review-of-oneself"
    failure = Failure.DENIED


class RemarkNeeded(InventoryError):
    """To close a review takes a remark of 1 to 500 characters.

    Say what you found: whether there was a need, and what was done where there was none.
    """

    code = "remark-needed"
    failure = Failure.INVALID


class ReviewList(NamedTuple):
    """The reviews that wait, the oldest first, and those that were closed, the last one first."""

    waiting: list[Review]
    closed: list[Review]


async def reviews(access: Access) -> ReviewList:
    """Return at most `MOST_SHOWN` reviews of each state. Raises Denied."""
    await access.require("read", ACCESS_REVIEW)
    kept = access.facilities.repository.reviews
    found = ReviewList(await kept.waiting(limit=MOST_SHOWN), await kept.closed(limit=MOST_SHOWN))
    await access.note("read", ACCESS_REVIEW, "shown", tuple(str(each.id) for each in (*found.waiting, *found.closed)))
    return found


async def close_at_console(access: Access, *, identifier: UUID, by: str, remark: str) -> None:
    """Close a review as somebody who is signed in. Raises Denied, and what `close_review` raises."""
    await access.require("modify", ACCESS_REVIEW)
    kept, clock = access.facilities.repository.reviews, access.facilities.clock
    try:
        await close_review(kept, identifier=identifier, by=by, remark=remark, clock=clock)
    except ReviewOfOneself:
        await access.note("modify", ACCESS_REVIEW, "refused", (str(identifier),))
        raise
    await access.note("modify", ACCESS_REVIEW, "done", (str(identifier),))


async def close_review(reviews: Reviews, *, identifier: UUID, by: str, remark: str, clock: Clock) -> Review:
    """Close a review with a remark, and what it opened with it; return what it was.

    Raises RemarkNeeded, ReviewNotFound, ReviewOfOneself or ReviewClosed.
    """
    said = " ".join(remark.split())
    if not 0 < len(said) <= LONGEST_REMARK or not said.isprintable():
        raise RemarkNeeded
    review = await reviews.review(identifier)
    if review is None:
        raise ReviewNotFound
    if review.login == by:
        raise ReviewOfOneself
    if not await reviews.close(identifier, by=by, remark=said, at=clock()):
        raise ReviewClosed
    return review
