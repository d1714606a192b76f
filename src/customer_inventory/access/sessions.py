"""Sessions: what somebody has who signed in, until it ends."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from customer_inventory.access.access import Access
from customer_inventory.access.clients import hash_secret
from customer_inventory.access.guarded import SESSION
from customer_inventory.access.people import FIRST_PASSWORD_LASTS
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.people import People, Person, Session
from customer_inventory.settings import FIRST_ADMINISTRATOR

SESSION_LASTS = timedelta(hours=8)
MOST_SHOWN = 500
_SEEN_TO = timedelta(minutes=1)
_LONGEST_AGENT = 500
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}
"""Words of a User-Agent with what they tell, the first that is found counts: others name themselves along."""
ARRIVAL_LASTS = timedelta(minutes=5)
"""So long after the password the second factor may be given."""


class NoSuchSession(InventoryError):
    """There is no such session; it may have ended by itself.

    Look at the list of sessions again.
    """

    code = "no-such-session"
    failure = Failure.NOT_FOUND


@dataclass(frozen=True, slots=True)
class SignInRules:
    """What holds for everybody who signs in: of which roles a second factor is demanded, and when sessions end."""

    second_factor_of: frozenset[str] = frozenset()
    idle: timedelta = timedelta(minutes=30)
    """So long without a request a session ends."""
    first_password: timedelta = FIRST_PASSWORD_LASTS
    """So long a password that was made for somebody lets in."""
    first_administrator: str = FIRST_ADMINISTRATOR
    """The login of who comes in by password alone, whatever a provider says."""

    def lacks_second_factor(self, session: Session) -> bool:
        """Return whether this person has to set up a second factor before anything else."""
        return session.person.role in self.second_factor_of and not session.second_factor


USUAL_RULES = SignInRules()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a session comes from, as coarsely as it is kept: enough to know one's own, too little to follow anyone."""

    network: str | None
    browser: str | None

    @classmethod
    def of(cls, *, address: str | None, agent: str) -> Origin:
        """Return the origin of a request: its network of 256 addresses (IPv6: a site's), browser and system."""
        return cls(_network(address), _browser(agent[:_LONGEST_AGENT]))


async def start_session(
    people: People,
    *,
    person: Person,
    origin: Origin,
    clock: Clock,
    several_factors: bool = False,
    password_due: bool = False,
) -> str:
    """Start a session of somebody who signed in, and return its token.

    `several_factors` is whether an OpenID provider asked for more than one, `password_due` whether an own password is
    to be chosen before anything else.
    """
    token, now = secrets.token_urlsafe(32), clock()
    await people.add_session(
        token_hash=hash_secret(token),
        person_id=person.id,
        at=now,
        expires_at=now + SESSION_LASTS,
        network=origin.network,
        browser=origin.browser,
        several_factors=several_factors,
        password_due=password_due,
    )
    return token


async def session_of(people: People, *, token: str, rules: SignInRules, clock: Clock) -> Session | None:
    """Return the session that the token is of, and note that it was seen; None when it ended or idled."""
    now = clock()
    session = await people.session(hash_secret(token), at=now, idle_since=now - rules.idle)
    if session is not None and session.last_seen_at < now - _SEEN_TO:
        await people.touch_session(session.id, at=now, before=now - _SEEN_TO)
    return session


async def sessions_of(people: People, *, person: Person, rules: SignInRules, clock: Clock) -> list[Session]:
    """Return a person's own sessions, the one last seen first."""
    now = clock()
    return await people.sessions(at=now, idle_since=now - rules.idle, person_id=person.id, limit=MOST_SHOWN)


async def end_own_session(people: People, *, person: Person, identifier: UUID) -> None:
    """End one of a person's own sessions. Raises NoSuchSession."""
    if not await people.end_session_of(identifier, person_id=person.id):
        raise NoSuchSession


async def end_own_others(people: People, *, session: Session) -> int:
    """End every session of a person but this one; return how many there were."""
    return await people.end_other_sessions(session.person.id, keep=session.id)


async def every_session(access: Access, *, rules: SignInRules) -> list[Session]:
    """Return everybody's sessions, the one last seen first, at most `MOST_SHOWN`. Raises Denied."""
    await access.require("read", SESSION)
    now = access.facilities.clock()
    people = access.facilities.repository.people
    found = await people.sessions(at=now, idle_since=now - rules.idle, limit=MOST_SHOWN)
    await access.note("read", SESSION, "shown", tuple(str(each.id) for each in found))
    return found


async def end_anybodys_session(access: Access, *, identifier: UUID) -> None:
    """End somebody's session. Raises Denied or NoSuchSession."""
    await access.require("delete", SESSION)
    ended = await access.facilities.repository.people.end_session_of(identifier, person_id=None)
    await access.note("delete", SESSION, "done" if ended else "absent", (str(identifier),))
    if not ended:
        raise NoSuchSession


async def end_session(people: People, *, token: str) -> None:
    """End a session."""
    await people.end_session(hash_secret(token))


async def arrive(people: People, *, person: Person, visit: str, clock: Clock, password_due: bool = False) -> None:
    """Remember for five minutes that the visitor of a browser gave the password of a person who has a second factor."""
    now = clock()
    await people.add_arrival(
        visit_hash=hash_secret(visit),
        person_id=person.id,
        at=now,
        expires_at=now + ARRIVAL_LASTS,
        password_due=password_due,
    )


async def arrived(people: People, *, visit: str, clock: Clock) -> Person | None:
    """Return whose password the visitor of a browser gave in the last five minutes, or None."""
    found = await people.arrival(hash_secret(visit), at=clock())
    return found[0] if found else None


async def admit(people: People, *, visit: str, origin: Origin, clock: Clock) -> str | None:
    """Turn an arrival whose second factor was right into a session; return its token, or None when it was too late."""
    found = await people.arrival(hash_secret(visit), at=clock())
    if found is None or not await people.end_arrival(hash_secret(visit)):
        return None
    return await start_session(people, person=found[0], origin=origin, clock=clock, password_due=found[1])


def _network(address: str | None) -> str | None:
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    within = ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False)
    return str(within)


def _browser(agent: str) -> str | None:
    browser = next((name for word, name in _BROWSERS.items() if word in agent), None)
    system = next((name for word, name in _SYSTEMS.items() if word in agent), None)
    return f"{browser} on {system}" if browser and system else browser or system
