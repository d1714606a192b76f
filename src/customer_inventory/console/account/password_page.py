"""The page on which somebody changes the own password."""

from __future__ import annotations

from starlette.responses import Response

from customer_inventory.access.elsewhere import check_password_counts
from customer_inventory.access.passwords import WeakPassword, change_password
from customer_inventory.access.people import SignInFailed
from customer_inventory.console.account.counting import TooManyAttempts, counted
from customer_inventory.console.refusing import Refused
from customer_inventory.console.visit import Visit
from customer_inventory.errors import InventoryError

CHANGE_PAGE = "/account/password"


async def password(visit: Visit) -> Response:
    """Answer /account/password. Raises ForeignForm, and SignsInElsewhere for whom a password would not let in."""
    facilities, session = visit.access.facilities, visit.session
    people = facilities.repository.people
    await check_password_counts(people, session.person, facilities.deciding)
    if not visit.posted:
        return visit.page("password.html", refused=Refused(), due=session.password_due)
    form = await visit.form()
    old, new = form.get("old", ""), form.get("new", "")
    if new != form.get("again"):
        return _again(visit, WeakPassword("The new password was not typed twice alike."), "again")

    async def change() -> None:
        await change_password(
            people, person=session.person, old=old, new=new, keep=session.id, breached=facilities.breached
        )

    try:
        await counted(visit, change)
    except SignInFailed:
        return _again(visit, SignInFailed("The old password is wrong."), "old")
    except (WeakPassword, TooManyAttempts) as error:
        return _again(visit, error, "new" if isinstance(error, WeakPassword) else "")
    return visit.see("/account?done=password")


def _again(visit: Visit, error: InventoryError, field: str) -> Response:
    # Passwords are the one thing that does not come back: they would stand in the page.
    refused = Refused({}, "", field, error.message, error.failure.status)
    return visit.page("password.html", status=refused.status, refused=refused, due=visit.session.password_due)
