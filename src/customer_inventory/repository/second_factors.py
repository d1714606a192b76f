"""Second factors: the secret that a person's authenticator shares, the last step it was used at, recovery codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections

_SQL = sql.statements("people.sql")


@dataclass(frozen=True, slots=True, repr=False)
class Factor:
    """A person's second factor; until a first code confirmed it, it is not asked for. Never shown by its `repr`."""

    secret: str
    confirmed_at: datetime | None


class SecondFactors:
    """The second factors of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def begin(self, person_id: UUID, *, secret: str, at: datetime) -> bool:
        """Keep a secret that is not confirmed yet, in place of another such; False when one is confirmed already."""
        return await self._connections.count(_SQL["begin_factor"], (person_id, secret, at)) > 0

    async def factor(self, person_id: UUID) -> Factor | None:
        """Return a person's second factor, or None."""
        async with self._connections.lend() as connection:
            row = await (await connection.execute(_SQL["factor"], (person_id,))).fetchone()
        return Factor(*row) if row else None

    async def confirm(
        self, person_id: UUID, *, secret: str, step: int, code_hashes: Sequence[bytes], at: datetime
    ) -> bool:
        """Confirm a secret by the step of its first code, with new recovery codes; False when it is another by now."""
        async with self._connections.lend() as connection, connection.transaction():
            confirmed = await connection.execute(_SQL["confirm_factor"], (at, step, person_id, secret))
            if confirmed.rowcount == 0:
                return False
            await connection.execute(_SQL["drop_recovery_codes"], (person_id,))
            await connection.execute(_SQL["add_recovery_codes"], (person_id, list(code_hashes)))
        return True

    async def take_step(self, person_id: UUID, step: int) -> bool:
        """Note that a step's code was used; return False when it or a later one was, so that no code counts twice."""
        return await self._connections.count(_SQL["take_step"], (step, person_id, step)) > 0

    async def take_recovery_code(self, person_id: UUID, code_hash: bytes) -> bool:
        """Use a recovery code up; return whether it was one."""
        return await self._connections.count(_SQL["take_recovery_code"], (person_id, code_hash)) > 0

    async def recovery_codes_left(self, person_id: UUID) -> int:
        """Return how many recovery codes a person has left."""
        async with self._connections.lend() as connection:
            row = await (await connection.execute(_SQL["count_recovery_codes"], (person_id,))).fetchone()
        return row[0] if row else 0

    async def drop(self, person_id: UUID) -> bool:
        """Forget a person's second factor and recovery codes; return whether there was one."""
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["drop_recovery_codes"], (person_id,))
            return (await connection.execute(_SQL["drop_factor"], (person_id,))).rowcount > 0
