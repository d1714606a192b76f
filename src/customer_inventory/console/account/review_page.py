"""The page of reviews: who broke the glass and why, and what somebody else found of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from customer_inventory.access import reviewing
from customer_inventory.access.reviewing import RemarkNeeded, ReviewClosed, ReviewNotFound, ReviewOfOneself
from customer_inventory.console.kinds import KIND_NAMES
from customer_inventory.console.refusing import Refused, answered
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import Shown, shown_at, spelled
from customer_inventory.errors import InventoryError
from customer_inventory.repository.reviews import Review

REVIEWS_PAGE = "/reviews"
_REFUSED: Mapping[type[InventoryError], str] = {
    RemarkNeeded: "remark",
    ReviewClosed: "",
    ReviewNotFound: "",
    ReviewOfOneself: "",
}
"""What is told beside the form, with the field that it is about."""


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
    refused = Refused()
    if visit.posted:
        outcome = await answered(visit, _close, _REFUSED, about="review")
        if isinstance(outcome, Response):
            return outcome
        refused = outcome
    found = await reviewing.reviews(visit.access)
    open_ = {str(each.id) for each in found.waiting if each.login != visit.person.login}
    return visit.page(
        "reviews.html",
        status=refused.status,
        waiting=[_line(each, visit) for each in found.waiting],
        closed=[_line(each, visit) for each in found.closed],
        cut=max(map(len, found)) >= reviewing.MOST_SHOWN,
        refused=refused.among(open_, ("remark",)),
        done="Closed." if "done" in visit.query and not visit.posted else "",
    )


async def _close(visit: Visit, form: Mapping[str, str]) -> str:
    """Close a review as a form says, and return where that is seen."""
    named, remark = _named(form.get("review", "")), form.get("remark", "")
    await reviewing.close_at_console(visit.access, identifier=named, by=visit.person.login, remark=remark)
    return f"{REVIEWS_PAGE}?done"


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
        record=Shown(
            KIND_NAMES.get(review.kind, spelled(review.kind.replace("_", " "))),
            link=f"/{review.kind}/{review.record_id}",
        ),
        when=shown_at(review.opened_at),
        closed=shown_at(review.closed_at) if review.closed_at else None,
        closed_by=review.closed_by or "",
        remark=review.remark or "",
        own=review.login == visit.person.login,
    )
