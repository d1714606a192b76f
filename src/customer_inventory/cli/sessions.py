"""The verbs for sessions of the console: see and end them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from cyclopts import App

from customer_inventory.access.people import person_named
from customer_inventory.access.sessions import MOST_SHOWN, NoSuchSession
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import opened
from customer_inventory.clock import system_clock
from customer_inventory.settings import Settings

session = App(name="session", help="See and end the sessions of people at the console.")

_DEFAULTS = Settings()


@session.command(name="list")
def list_sessions(*, settings: Configured = _DEFAULTS) -> int:
    """List who is signed in at the console: since when, when last seen, and roughly where from."""
    return run(_list(settings), settings)


async def _list(settings: Settings) -> None:
    now = system_clock()
    idle_since = now - timedelta(minutes=settings.session_idle)
    async with opened(settings) as desk:
        for each in await desk.repository.people.sessions(at=now, idle_since=idle_since, limit=MOST_SHOWN):
            began, seen = (f"{at:%Y-%m-%d %H:%M}" for at in (each.created_at, each.last_seen_at))
            whence = ", ".join(filter(None, (each.browser, each.network))) or "unknown"
            print(f"{each.id}  {each.person.login}  since {began}  last seen {seen}  from {whence}")


@session.command
def end(which: str, *, settings: Configured = _DEFAULTS) -> int:
    """End one session, or every session of a person; whoever uses it has to sign in again.

    Parameters
    ----------
    which
        The id of a session, or the login of a person.
    settings
        How the inventory is set up.
    """
    return run(_end(which, settings), settings)


async def _end(which: str, settings: Settings) -> None:
    async with opened(settings) as desk:
        people = desk.repository.people
        try:
            identifier = UUID(which)
        except ValueError:
            ended = await people.end_sessions((await person_named(people, login=which)).id)
        else:
            ended = int(await people.end_session_of(identifier, person_id=None))
            if not ended:
                raise NoSuchSession
    print(f"{ended} session{'' if ended == 1 else 's'} ended.")
