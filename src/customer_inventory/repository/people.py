"""People who may sign in: who they are, and the sessions that they have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections
from customer_inventory.repository.identities import Identities
from customer_inventory.repository.second_factors import SecondFactors

_SQL = sql.statements("people.sql")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may sign in at the console."""

    id: UUID
    login: str
    display_name: str
    password_hash: str
    role: str
    status: str
    created_at: datetime
    password_made_at: datetime | None = None
    """Since when the password is one that was made for the person; None for an own one."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session: whose, whether this person signs in with a second factor, since when, and where from, coarsely."""

    person: Person
    id: UUID
    second_factor: bool
    created_at: datetime
    last_seen_at: datetime
    network: str | None
    browser: str | None
    password_due: bool = False
    """Whether it began with a password that was made for the person, which is that yet."""


class People:
    """The people of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.second_factors = SecondFactors(connections)
        self.identities = Identities(connections)

    async def add_person(
        self,
        *,
        identifier: UUID,
        login: str,
        display_name: str,
        password_hash: str,
        role: str,
        at: datetime,
        password_made_at: datetime | None = None,
    ) -> bool:
        """Add a person; return False, changing nothing, when the login is taken."""
        values = (identifier, login, display_name, password_hash, role, at, password_made_at)
        return await self._connections.count(_SQL["add_person"], values) > 0

    async def people(self) -> list[Person]:
        """Return everyone who was ever given access, by login."""
        return [Person(*row) for row in await self._connections.rows(_SQL["people"])]

    async def other_administrators(self, person_id: UUID) -> int:
        """Return how many active administrators there are besides this person."""
        return int((await self._connections.rows(_SQL["other_administrators"], (person_id,)))[0][0])

    async def person_by_login(self, login: str) -> Person | None:
        """Return the person with this login, or None."""
        rows = await self._connections.rows(_SQL["person_by_login"], (login,))
        return Person(*rows[0]) if rows else None

    async def person(self, identifier: UUID) -> Person | None:
        """Return the person with this id, or None."""
        rows = await self._connections.rows(_SQL["person"], (identifier,))
        return Person(*rows[0]) if rows else None

    async def page(self, *, limit: int, offset: int) -> tuple[list[Person], int]:
        """Return a page of everyone who was ever given access, by login, and how many there are."""
        found = [Person(*row) for row in await self._connections.rows(_SQL["people_page"], (limit, offset))]
        return found, (await self._connections.rows(_SQL["count_people"]))[0][0]

    async def change_person(self, changed: Person, *, password_hash: str | None) -> bool:
        """Keep what changed of a person; who is disabled or has a new password has no session any more, at once.

        The new password was made for the person at `changed.password_made_at`. Returns False, changing nothing, when
        another person has the login.
        """
        values = (changed.login, changed.display_name, changed.role, changed.status, changed.id, changed.login)
        async with self._connections.lend() as connection, connection.transaction():
            done = await connection.execute(_SQL["change_person"], (*values, changed.id))
            if done.rowcount == 0:
                return False
            if password_hash is not None:
                await connection.execute(_SQL["set_password"], (password_hash, changed.password_made_at, changed.id))
            if password_hash is not None or changed.status != "active":
                await connection.execute(_SQL["end_sessions"], (changed.id,))
                await connection.execute(_SQL["end_arrivals"], (changed.id,))
        return True

    async def set_password(
        self, person_id: UUID, *, password_hash: str, keep: UUID | None = None, made_at: datetime | None = None
    ) -> None:
        """Set a person's password and end all their sessions but the one to `keep`, together.

        It is an own one, unless it was made for the person at a moment.
        """
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["set_password"], (password_hash, made_at, person_id))
            await connection.execute(_SQL["end_other_sessions"], (person_id, keep or UUID(int=0)))
            await connection.execute(_SQL["end_arrivals"], (person_id,))

    async def made_password(self, person_id: UUID) -> str | None:
        """Return the hash of the password that was made for a person before they chose an own one, if one was."""
        rows = await self._connections.rows(_SQL["made_password"], (person_id,))
        return rows[0][0] if rows else None

    async def add_session(
        self,
        *,
        token_hash: bytes,
        person_id: UUID,
        at: datetime,
        expires_at: datetime,
        network: str | None = None,
        browser: str | None = None,
        several_factors: bool = False,
        password_due: bool = False,
    ) -> None:
        """Start a session; sessions past their end are swept away with it."""
        values: dict[str, Any] = {"token_hash": token_hash, "person_id": person_id, "at": at, "expires_at": expires_at}
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["drop_expired_sessions"], (at,))
            values |= {"network": network, "browser": browser, "several_factors": several_factors}
            values |= {"password_due": password_due}
            await connection.execute(_SQL["add_session"], values)

    async def session(self, token_hash: bytes, *, at: datetime, idle_since: datetime) -> Session | None:
        """Return a session; None when it ended, idled since then, never was, or its person was disabled."""
        rows = await self._connections.rows(
            _SQL["session"], {"token_hash": token_hash, "at": at, "idle_since": idle_since}
        )
        return _session(rows[0]) if rows else None

    async def sessions(
        self, *, at: datetime, idle_since: datetime, person_id: UUID | None = None, limit: int
    ) -> list[Session]:
        """Return the sessions of a person, or of everybody, that last at a moment; the one last seen first."""
        values = {"at": at, "idle_since": idle_since, "person_id": person_id, "limit": limit}
        return [_session(row) for row in await self._connections.rows(_SQL["sessions"], values)]

    async def touch_session(self, identifier: UUID, *, at: datetime, before: datetime) -> None:
        """Note when a session was last seen, if what is noted is from before then."""
        await self._connections.count(_SQL["touch_session"], (at, identifier, before))

    async def end_session_of(self, identifier: UUID, *, person_id: UUID | None) -> bool:
        """End a session by its id, only of a person where one is named; return whether there was such a one."""
        return bool(await self._connections.rows(_SQL["end_session_of"], {"id": identifier, "person_id": person_id}))

    async def end_other_sessions(self, person_id: UUID, *, keep: UUID) -> int:
        """End every session of a person but one; return how many there were."""
        return await self._connections.count(_SQL["end_other_sessions"], (person_id, keep))

    async def end_session(self, token_hash: bytes) -> None:
        """End a session."""
        await self._connections.count(_SQL["end_session"], (token_hash,))

    async def end_sessions(self, person_id: UUID) -> int:
        """End every session of a person; return how many there were."""
        await self._connections.count(_SQL["end_arrivals"], (person_id,))
        return await self._connections.count(_SQL["end_sessions"], (person_id,))

    async def add_arrival(
        self, *, visit_hash: bytes, person_id: UUID, at: datetime, expires_at: datetime, password_due: bool = False
    ) -> None:
        """Note that a browser's visitor gave the right password and is to give the second factor next."""
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["drop_old_arrivals"], (at,))
            await connection.execute(_SQL["add_arrival"], (visit_hash, person_id, expires_at, password_due))

    async def arrival(self, visit_hash: bytes, *, at: datetime) -> tuple[Person, bool] | None:
        """Return who came in in this browser but for the second factor, and whether an own password is due; or None."""
        rows = await self._connections.rows(_SQL["arrival"], (visit_hash, at))
        return (Person(*rows[0][:8]), rows[0][8]) if rows else None

    async def end_arrival(self, visit_hash: bytes) -> bool:
        """Forget an arrival; return whether there was one, so that it leads to one session only."""
        return await self._connections.count(_SQL["end_arrival"], (visit_hash,)) > 0


def _session(row: tuple[Any, ...]) -> Session:
    return Session(Person(*row[:8]), *row[8:])
