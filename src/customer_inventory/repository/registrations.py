"""Registrations of processes: what was asked for, where each stands, and who decided what, which is only added to.

A decision, the state that it leads to and what that means for the client are one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections
from customer_inventory.repository.credentials import NewCredentials, add_credentials

_SQL = sql.statements("registrations.sql")
_OF_CLIENT = {"active": "active", "due": "active", "suspended": "suspended", "revoked": "revoked"}
"""The status of a client by that of its registration, where there is a client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRow:
    """One registration; `document` is what was asked for, as JSON, `token_hash` of who may manage it (RFC 7592)."""

    client_id: str
    name: str
    document: str
    status: str
    privileged: bool
    requested_by: str
    requested_at: datetime
    approved_by: str | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    token_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One step in the life of a registration: what was done, to which state it led, by whom and why."""

    client_id: str
    number: int
    verb: str
    status: str
    decided_by: str
    decided_at: datetime
    said: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step to take: the verb, the states from which it leads to which, who takes it, and what comes with it."""

    verb: str
    leads: Mapping[str, str]
    by: str
    at: datetime
    said: str | None = None
    due_at: datetime | None = None
    approved_by: str | None = None
    told: str | None = None
    """What is told of the process from then on, as JSON; the rest stays as it was asked for."""


class Registrations:
    """The registrations of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, row: RegistrationRow, credentials: NewCredentials | None, *, said: str | None = None) -> bool:
        """Add a registration with its credentials; return False, changing nothing, when the name is taken."""
        at, by = row.requested_at, row.requested_by
        async with self._connections.lend() as connection, connection.transaction():
            added = await connection.execute(_SQL["add"], asdict(row))
            if added.rowcount == 0:
                return False
            if credentials is not None:
                await add_credentials(connection, row.client_id, credentials, at=at, by=by)
            step = Step(verb="request", leads={}, by=by, at=at, said=said)
            await _note(connection, row.client_id, step, row.status)
        return True

    async def one(self, client_id: str) -> RegistrationRow | None:
        """Return the registration of this id, or None."""
        rows = await self._connections.rows(_SQL["registrations"], {"client_id": client_id})
        return _row(rows[0]) if rows else None

    async def named(self, name: str) -> RegistrationRow | None:
        """Return the registration of this name that stands, else the latest that did, or None."""
        rows = await self._connections.rows(_SQL["client_id_of"], (name,))
        return await self.one(rows[0][0]) if rows else None

    async def all(self) -> list[RegistrationRow]:
        """Return every registration, in the order in which they were requested."""
        return [_row(row) for row in await self._connections.rows(_SQL["registrations"], {"client_id": None})]

    async def decisions(self, client_id: str | None = None) -> list[DecisionRow]:
        """Return every step that was taken, of one registration or of all."""
        return [DecisionRow(*row) for row in await self._connections.rows(_SQL["decisions"], {"client_id": client_id})]

    async def take(self, client_id: str, step: Step) -> str | None:
        """Take a step from the state that the registration is in; return the new one, or None where it leads nowhere.

        Of steps at the same time one is after the other, each from the state that the one before left.
        """
        async with self._connections.lend() as connection, connection.transaction():
            found = await (await connection.execute(_SQL["hold"], (client_id,))).fetchone()
            status = step.leads.get(found[0]) if found else None
            if status is None:
                return None
            values = {"due_at": step.due_at, "approved_by": step.approved_by, "told": step.told}
            await connection.execute(_SQL["settle"], {"client_id": client_id, "status": status, **values})
            if status in _OF_CLIENT:
                await connection.execute(_SQL["set_client_status"], (_OF_CLIENT[status], client_id))
            await _note(connection, client_id, step, status)
        return status

    async def pending(self, *, at: datetime, warn_at: datetime) -> list[tuple[str, str]]:
        """Return which registrations the inventory itself must take a step of, and which step: some at a time."""
        rows = await self._connections.rows(_SQL["pending"], {"at": at, "warn_at": warn_at})
        return [(row[0], row[1]) for row in rows]

    async def unregistered(self, *, own: Collection[str]) -> list[str]:
        """Return the clients, besides the product's own, that have no registration."""
        return [row[0] for row in await self._connections.rows(_SQL["unregistered"], (list(own),))]


async def _note(connection: Connection, client_id: str, step: Step, status: str) -> None:
    values = {"client_id": client_id, "verb": step.verb, "status": status, "said": step.said}
    await connection.execute(_SQL["note"], {**values, "by": step.by, "at": step.at})


def _row(row: tuple[Any, ...]) -> RegistrationRow:
    return RegistrationRow(**dict(zip(RegistrationRow.__slots__, row, strict=True)))
