"""The page of one's own access: who one is here, one's sessions, and the ways to end them."""

from __future__ import annotations

from starlette.responses import Response

from customer_inventory.access.elsewhere import decided_elsewhere
from customer_inventory.access.sessions import NoSuchSession, end_own_others, end_own_session, sessions_of
from customer_inventory.console.account.sessions_page import lines, session_named
from customer_inventory.console.asking import UnknownChoice
from customer_inventory.console.visit import Visit

ACCOUNT_PAGE = "/account"
_DONE = {
    "ended": "Ended: whoever uses it has to sign in again.",
    "password": "Your password is changed, and your other sessions are ended.",
}


async def account(visit: Visit) -> Response:
    """Answer /account. Raises UnknownChoice for what cannot be done, and ForeignForm."""
    facilities, problem = visit.access.facilities, ""
    people = facilities.repository.people
    if visit.posted:
        form = await visit.form()
        try:
            match form.get("do"):
                case "end":
                    await end_own_session(people, person=visit.person, identifier=session_named(form))
                case "end-others":
                    await end_own_others(people, session=visit.session)
                case _:
                    raise UnknownChoice
            return visit.see(f"{ACCOUNT_PAGE}?done=ended")
        except NoSuchSession as error:
            problem = error.message
    found = await sessions_of(people, person=visit.person, rules=visit.rules, clock=lambda: visit.now)
    return visit.page(
        "account.html",
        status=NoSuchSession.failure.status if problem else 200,
        sessions=lines(found, visit.session),
        problem=problem,
        done="" if visit.posted else _DONE.get(visit.query.get("done", ""), ""),
        second_factor=visit.session.second_factor,
        by_provider=await decided_elsewhere(people, visit.person, facilities.deciding),
    )
