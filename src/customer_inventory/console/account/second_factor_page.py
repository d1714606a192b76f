"""The page on which somebody sets up a second factor, or takes it away: secret and recovery codes are shown once."""

from __future__ import annotations

import segno
from starlette.responses import Response

from customer_inventory.access.second_factor import (
    Enrolment,
    NoSecondFactor,
    SecondFactorThere,
    WrongCode,
    begin_enrolment,
    confirm_enrolment,
    remove,
)
from customer_inventory.console.account.counting import TooManyAttempts, counted
from customer_inventory.console.asking import UnknownChoice
from customer_inventory.console.visit import Visit

SECOND_FACTOR_PAGE = "/account/second-factor"
_REFUSED = (TooManyAttempts, WrongCode, SecondFactorThere, NoSecondFactor)


async def second_factor(visit: Visit) -> Response:
    """Answer /account/second-factor. Raises UnknownChoice for what cannot be done, and ForeignForm."""
    if not visit.posted:
        return await _page(visit)
    form = await visit.form()
    factors, person = visit.access.facilities.repository.people.second_factors, visit.person
    clock, code, wanted = lambda: visit.now, form.get("code", ""), form.get("do")
    try:
        match wanted:
            case "begin":
                begun = await begin_enrolment(factors, person=person, clock=clock)
                return await _page(visit, enrolment=begun)
            case "confirm":
                return await _page(visit, codes=await confirm_enrolment(factors, person=person, code=code, clock=clock))
            case "remove":
                await counted(visit, lambda: remove(factors, person=person, code=code, clock=clock))
                return visit.see(SECOND_FACTOR_PAGE)
    except _REFUSED as error:
        return await _page(visit, problem=error.message, status=error.failure.status, entering=wanted == "confirm")
    raise UnknownChoice


async def _page(
    visit: Visit,
    *,
    enrolment: Enrolment | None = None,
    codes: tuple[str, ...] = (),
    problem: str = "",
    entering: bool = False,
    status: int = 200,
) -> Response:
    factors = visit.access.facilities.repository.people.second_factors
    known = await factors.factor(visit.person.id)
    there = known is not None and known.confirmed_at is not None
    image = segno.make_qr(enrolment.address, error="m").svg_data_uri(scale=5, light="white") if enrolment else ""
    return visit.page(
        "second-factor.html",
        status=status,
        there=there,
        left=await factors.recovery_codes_left(visit.person.id) if there else 0,
        secret=_grouped(enrolment.secret) if enrolment else "",
        image=image,
        entering=entering or enrolment is not None,
        codes=codes,
        problem=problem,
    )


def _grouped(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
