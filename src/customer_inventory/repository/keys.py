"""The keys of the register: those that sign tokens, and those that make pseudonyms; each may take another's place.

Keys of seals stand with the seals (seals.py). What is retired has lost its secret: its row tells of it, and no more;
its table is noted to be written anew, for until then the file holds what the row did.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("keys.sql")


class SigningKey(NamedTuple):
    """A key of tokens, as a JSON Web Key as JSON; without its private half once it is retired."""

    id: str
    algorithm: str
    key: bytes
    active: bool


class KeyRow(NamedTuple):
    """What is told of a key: of what it is (tokens, seals, pseudonyms) and, of pseudonyms, for which purpose.

    From `retired_at` it makes nothing any more; until `not_after` what it signed before is taken.
    """

    of: str
    id: str
    algorithm: str
    purpose: str | None
    created_at: datetime
    retired_at: datetime | None
    not_after: datetime | None


class KeyStore:
    """The keys of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def listed(self) -> list[KeyRow]:
        """Return every key that there is or was, by what it is of, the oldest first."""
        return [KeyRow(*row) for row in await self._connections.rows(_SQL["listed"])]

    async def signing(self, *, at: datetime) -> list[SigningKey]:
        """Return the keys whose tokens are taken at a moment, the oldest first."""
        return [SigningKey(*row) for row in await self._connections.rows(_SQL["signing"], (at,))]

    async def add_signing(self, *, identifier: str, algorithm: str, private_key: bytes, at: datetime) -> None:
        """Keep the first key that signs tokens, unless there is one."""
        await self._connections.count(_SQL["add_first_signing"], (identifier, algorithm, private_key.decode(), at))

    async def rotate_signing(
        self, *, identifier: str, algorithm: str, private_key: bytes, at: datetime, not_after: datetime
    ) -> bool:
        """Let a key sign tokens from now on, in place of the one that did, whose tokens are taken until `not_after`.

        Returns False, changing nothing, where there was none.
        """
        values = {"id": identifier, "algorithm": algorithm, "key": private_key.decode(), "at": at, "until": not_after}
        return await self._rotated("signing_key", "retire_signing", "add_signing", values)

    async def pseudonym_key(self, purpose: str, *, new: bytes, at: datetime) -> bytes:
        """Return the key of the pseudonyms of a purpose, which is `new` if it had none."""
        await self._connections.count(_SQL["add_pseudonym"], {"purpose": purpose, "key": new, "at": at})
        ((key,),) = await self._connections.rows(_SQL["pseudonym"], (purpose,))
        return bytes(key)

    async def rotate_pseudonym(self, purpose: str, *, new: bytes, at: datetime) -> bool:
        """Let a key make the pseudonyms of a purpose from now on, and forget the one that did.

        Returns False, changing nothing, where there was none.
        """
        values = {"purpose": purpose, "key": new, "at": at}
        return await self._rotated("pseudonym_key", "retire_pseudonym", "add_pseudonym", values)

    async def _rotated(self, table: str, retire: str, add: str, values: dict[str, Any]) -> bool:
        async with self._connections.lend() as connection, connection.transaction():
            # One rotation after the other: two at once would retire each other's key.
            await connection.execute(_SQL[f"lock_{table}"])
            if (await connection.execute(_SQL[retire], values)).rowcount == 0:
                return False
            await connection.execute(_SQL[add], values)
            await connection.execute(_SQL["due"], {"table": table, "at": values["at"]})
        return True
