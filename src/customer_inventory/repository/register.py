"""The register: small governed tables about who may use the inventory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from customer_inventory.repository import sql
from customer_inventory.repository.alarms import Alarms
from customer_inventory.repository.allowances import Allowances
from customer_inventory.repository.connections import Connections
from customer_inventory.repository.consents import Consents
from customer_inventory.repository.credentials import CredentialStore
from customer_inventory.repository.downloads import Downloads
from customer_inventory.repository.keys import KeyStore
from customer_inventory.repository.registrations import Registrations

_SQL = sql.statements("register.sql")


@dataclass(frozen=True, slots=True)
class Client:
    """A registered process: its credentials' hash, purposes, status, and grants as "verb:kind" ("*" = every kind).

    `policy` has the grants that are limited, a line each, in the language of policies.
    """

    client_id: str
    name: str
    secret_hash: bytes | None
    purposes: tuple[str, ...]
    status: str
    registered_at: datetime
    registered_by: str
    grants: frozenset[str]
    policy: tuple[str, ...] = ()
    told: str | None = None
    """What its registration tells of how it calls, as JSON."""
    credentials_since: datetime | None = None
    """Since when it has the oldest of those credentials that are valid."""


class Register:
    """The register of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.credentials = CredentialStore(connections)
        self.registrations = Registrations(connections)
        self.allowances = Allowances(connections)
        self.consents = Consents(connections)
        self.downloads = Downloads(connections)
        self.alarms = Alarms(connections)
        self.keys = KeyStore(connections)

    async def add_client(
        self,
        *,
        client_id: str,
        name: str,
        secret_hash: bytes | None,
        purposes: Sequence[str],
        grants: Sequence[tuple[str, str]],
        policy: Sequence[str] = (),
        at: datetime,
        by: str,
    ) -> bool:
        """Add a client with its grants in one transaction; return False, changing nothing, when the name is taken."""
        values = {"client_id": client_id, "name": name, "secret_hash": secret_hash, "purposes": list(purposes)}
        async with self._connections.lend() as connection, connection.transaction():
            added = await connection.execute(_SQL["add_client"], {**values, "at": at, "by": by})
            if added.rowcount == 0:
                return False
            verbs, kinds = [verb for verb, _ in grants], [kind for _, kind in grants]
            await connection.execute(_SQL["add_grants"], (client_id, verbs, kinds))
            await connection.execute(_SQL["add_policy"], (client_id, list(policy)))
        return True

    async def set_grants(
        self, client_id: str, *, grants: Sequence[tuple[str, str]], policy: Sequence[str] = ()
    ) -> None:
        """Grant a client this and nothing else, in one transaction."""
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["drop_grants"], (client_id,))
            await connection.execute(_SQL["drop_policy"], (client_id,))
            verbs, kinds = [verb for verb, _ in grants], [kind for _, kind in grants]
            await connection.execute(_SQL["add_grants"], (client_id, verbs, kinds))
            await connection.execute(_SQL["add_policy"], (client_id, list(policy)))

    async def clients(self) -> list[Client]:
        """Return every client, by name."""
        return [_client(row) for row in await self._connections.rows(_SQL["clients"])]

    async def client(self, client_id: str) -> Client | None:
        """Return the client with this id, or None. Never by name: a name may spell another client's id."""
        rows = await self._connections.rows(_SQL["client"], (client_id,))
        return _client(rows[0]) if rows else None

    async def client_named(self, name: str) -> Client | None:
        """Return the client of this name, or None."""
        rows = await self._connections.rows(_SQL["client_id_of"], (name,))
        return await self.client(rows[0][0]) if rows else None

    async def set_client_status(self, client_id: str, *, status: str) -> bool:
        """Set a client's status ('active' or 'revoked'); return whether there is such a client."""
        return await self._connections.count(_SQL["set_client_status"], (status, client_id)) > 0


def _client(row: tuple[Any, ...]) -> Client:
    client_id, name, secret_hash, purposes, status, at, by, grants, policy, told, since = row
    return Client(
        client_id, name, secret_hash, tuple(purposes), status, at, by, frozenset(grants), tuple(policy), told, since
    )
