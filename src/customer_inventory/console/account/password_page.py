"""The page on which somebody changes the own password."""

from __future__ import annotations

from starlette.responses import Response

from customer_inventory.access.elsewhere import check_password_counts
from customer_inventory.access.passwords import WeakPassword, change_password
from customer_inventory.access.people import SignInFailed
from customer_inventory.console.account.counting import TooManyAttempts, counted
from customer_inventory.console.visit import Visit
from customer_inventory.errors import InventoryError

CHANGE_PAGE = "/account/password"


async def password(visit: Visit) -> Response:
    """Answer /account/password. Raises ForeignForm, and SignsInElsewhere for whom a password would not let in."""
    facilities, session = visit.access.facilities, visit.session
    people = facilities.repository.people
    await check_password_counts(people, session.person, facilities.deciding_issuer)
    if not visit.posted:
        return visit.page("password.html", problem="", due=session.password_due)
    form = await visit.form()
    old, new = form.get("old", ""), form.get("new", "")
    if new != form.get("again"):
        return _again(visit, WeakPassword("The new password was not typed twice alike."))

    async def change() -> None:
        await change_password(
            people, person=session.person, old=old, new=new, keep=session.id, breached=facilities.breached
        )

    try:
        await counted(visit, change)
    except SignInFailed:
        return _again(visit, SignInFailed("The old password is wrong."))
    except (WeakPassword, TooManyAttempts) as error:
        return _again(visit, error)
    return visit.see("/account?done=password")


def _again(visit: Visit, error: InventoryError) -> Response:
    return visit.page(
        "password.html", status=error.failure.status, problem=error.message, due=visit.session.password_due
    )
