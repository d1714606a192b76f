"""The page on which somebody who sees a record masked asks to see it as it is, for a reason."""

from __future__ import annotations

from starlette.responses import Response

from customer_inventory.access.break_glass import ReasonNeeded, TooManyBroken, break_glass
from customer_inventory.access.guarded import ACCESS_REVIEW
from customer_inventory.console.kinds import resource_of
from customer_inventory.console.record_page import identifier_of
from customer_inventory.console.visit import Answering, Visit


def glass_page(kind: str) -> Answering:
    """Return what answers to whoever asks to see a record of a kind as it is."""

    async def answer(visit: Visit) -> Response:
        identifier = identifier_of(visit.request.path_params["id"])
        if not visit.posted:
            await visit.access.require("create", ACCESS_REVIEW)
            return _page(visit, kind, str(identifier))
        reason = (await visit.form()).get("reason", "")
        try:
            await break_glass(
                visit.access, person=visit.person, resource=resource_of(kind), identifier=identifier, reason=reason
            )
        except (ReasonNeeded, TooManyBroken) as error:
            return _page(visit, kind, str(identifier), typed=reason, problem=error.message, status=error.failure.status)
        return visit.see(f"/{kind}/{identifier}")

    return answer


def _page(
    visit: Visit, kind: str, identifier: str, *, typed: str = "", problem: str = "", status: int = 200
) -> Response:
    values = {"kind": kind, "identifier": identifier, "typed": typed, "problem": problem}
    return visit.page("break-glass.html", status=status, **values)
