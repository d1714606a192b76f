"""The page of reviews: who broke the glass and why, and what somebody else found of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from customer_inventory.access import reviewing
from customer_inventory.access.reviewing import RemarkNeeded, ReviewClosed, ReviewNotFound, ReviewOfOneself
from customer_inventory.console.kinds import KIND_NAMES
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import Shown, shown_at
from customer_inventory.repository.reviews import Review

REVIEWS_PAGE = "/reviews"
_REFUSED = (RemarkNeeded, ReviewClosed, ReviewNotFound, ReviewOfOneself)


@dataclass(frozen=True, slots=True)
class Line:
    """One review as it is shown."""

    id: str
    login: str
    reason: str
    record: Shown
    when: Shown
    closed: Shown | None
    closed_by: str
    remark: str
    own: bool


async def reviews(visit: Visit) -> Response:
    """Answer /reviews; with a form, close one. Raises Denied and ForeignForm."""
    problem, status = "", 200
    if visit.posted:
        form = await visit.form()
        try:
            named, remark = _named(form.get("review", "")), form.get("remark", "")
            await reviewing.close_at_console(visit.access, identifier=named, by=visit.person.login, remark=remark)
            return visit.see(f"{REVIEWS_PAGE}?done")
        except _REFUSED as error:
            problem, status = error.message, error.failure.status
    found = await reviewing.reviews(visit.access)
    return visit.page(
        "reviews.html",
        status=status,
        waiting=[_line(each, visit) for each in found.waiting],
        closed=[_line(each, visit) for each in found.closed],
        cut=max(map(len, found)) >= reviewing.MOST_SHOWN,
        problem=problem,
        done="Closed." if "done" in visit.query and not visit.posted else "",
    )


def _named(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ReviewNotFound from error


def _line(review: Review, visit: Visit) -> Line:
    return Line(
        id=str(review.id),
        login=review.login,
        reason=review.reason,
        record=Shown(KIND_NAMES.get(review.kind, review.kind), link=f"/{review.kind}/{review.record_id}"),
        when=shown_at(review.opened_at),
        closed=shown_at(review.closed_at) if review.closed_at else None,
        closed_by=review.closed_by or "",
        remark=review.remark or "",
        own=review.login == visit.person.login,
    )
