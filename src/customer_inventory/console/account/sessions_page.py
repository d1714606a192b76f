"""The page of everybody's sessions, on which who may end them does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from customer_inventory.access.sessions import MOST_SHOWN, NoSuchSession, end_anybodys_session, every_session
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import Shown, shown_at
from customer_inventory.repository.people import Session

SESSIONS_PAGE = "/sessions"


@dataclass(frozen=True, slots=True)
class Line:
    """One session as it is shown; `current` is the one that asks."""

    id: str
    name: str
    login: str
    began: Shown
    seen: Shown
    whence: str
    current: bool


async def sessions(visit: Visit) -> Response:
    """Answer /sessions. Raises Denied and ForeignForm."""
    problem = ""
    if visit.posted:
        form = await visit.form()
        try:
            await end_anybodys_session(visit.access, identifier=session_named(form))
            return visit.see(f"{SESSIONS_PAGE}?done")
        except NoSuchSession as error:
            problem = error.message
    found = await every_session(visit.access, rules=visit.rules)
    return visit.page(
        "sessions.html",
        status=NoSuchSession.failure.status if problem else 200,
        sessions=lines(found, visit.session),
        cut=len(found) >= MOST_SHOWN,
        problem=problem,
        done="Ended: whoever uses it has to sign in again." if "done" in visit.query and not visit.posted else "",
    )


def lines(sessions: Sequence[Session], current: Session) -> list[Line]:
    """Return sessions as they are shown."""
    return [
        Line(
            id=str(each.id),
            name=each.person.display_name,
            login=each.person.login,
            began=shown_at(each.created_at),
            seen=shown_at(each.last_seen_at),
            whence=", ".join(filter(None, (each.browser, each.network))) or "unknown",
            current=each.id == current.id,
        )
        for each in sessions
    ]


def session_named(form: Mapping[str, str]) -> UUID:
    """Return the id of the session that a form names. Raises NoSuchSession when it can be none."""
    try:
        return UUID(form.get("session", ""))
    except ValueError as error:
        raise NoSuchSession from error
