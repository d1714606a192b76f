"""Credentials of clients: several of each at a time, each from a moment until another, so that one can follow another.

Of a secret its hash is kept, of a key its public half. What has ended stays, for who asks later what was valid when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, Connections

_SQL = sql.statements("credentials.sql")


@dataclass(frozen=True, slots=True)
class Credential:
    """What a client proves with who it is: a secret, of which this is the hash, or a key, as JSON Web Key."""

    number: int
    secret_hash: bytes | None
    public_key: str | None
    valid_from: datetime
    valid_until: datetime | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class NewCredentials:
    """What is to be kept for a client: the hash of one secret, or public keys as JSON."""

    secret_hash: bytes | None = None
    public_keys: Sequence[str] = ()

    def columns(self) -> dict[str, list[bytes | None] | list[str | None]]:
        """Return them as two columns of equal length."""
        secrets: list[bytes | None] = [] if self.secret_hash is None else [self.secret_hash]
        keys = list(self.public_keys)
        return {"hashes": [*secrets, *[None] * len(keys)], "keys": [*[None] * len(secrets), *keys]}


class CredentialStore:
    """The credentials of one inventory's clients."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def valid(self, client_id: str, *, at: datetime) -> list[Credential]:
        """Return the credentials of a client that are valid at a moment, the oldest first."""
        async with self._connections.lend() as connection:
            rows = await connection.execute(_SQL["valid"], {"client_id": client_id, "at": at})
            return [Credential(*row) for row in await rows.fetchall()]

    async def add(self, client_id: str, new: NewCredentials, *, at: datetime, by: str) -> None:
        """Keep the first credentials of a client."""
        async with self._connections.lend() as connection, connection.transaction():
            await add_credentials(connection, client_id, new, at=at, by=by)

    async def rotate(self, client_id: str, new: NewCredentials, *, at: datetime, until: datetime, by: str) -> None:
        """Keep new credentials of a client; those that it has end at `until` at the latest. All at once, or nothing."""
        values = {"client_id": client_id, "until": until}
        async with self._connections.lend() as connection, connection.transaction():
            for name in ("hold", "adopt", "end"):
                await connection.execute(_SQL[name], values)
            await add_credentials(connection, client_id, new, at=at, by=by)

    async def use_assertion(self, client_id: str, digest: bytes, *, expires_at: datetime) -> bool:
        """Note that an assertion was used; return False when it was already, by whichever server."""
        async with self._connections.lend() as connection:
            done = await connection.execute(_SQL["use_assertion"], (client_id, digest, expires_at))
            return done.rowcount > 0

    async def revoke_token(self, digest: bytes, *, expires_at: datetime) -> None:
        """Note that an access token, of which this is the SHA-256 of its id, is not to be taken any more."""
        async with self._connections.lend() as connection:
            await connection.execute(_SQL["revoke_token"], (digest, expires_at))

    async def revoked_tokens(self, *, at: datetime) -> frozenset[bytes]:
        """Return the tokens that were revoked before their end, which is yet to come."""
        async with self._connections.lend() as connection:
            rows = await connection.execute(_SQL["revoked_tokens"], (at,))
            return frozenset(row[0] for row in await rows.fetchall())

    async def drop_expired(self, *, before: datetime) -> int:
        """Forget assertions and revoked tokens that expired, which nobody takes any more; return how many."""
        async with self._connections.lend() as connection:
            names = ("drop_used_assertions", "drop_revoked_tokens")
            return sum([(await connection.execute(_SQL[name], (before,))).rowcount for name in names])


async def add_credentials(
    connection: Connection, client_id: str, new: NewCredentials, *, at: datetime, by: str
) -> None:
    """Keep credentials within the transaction of a connection."""
    await connection.execute(_SQL["add"], {"client_id": client_id, "at": at, "by": by, **new.columns()})
