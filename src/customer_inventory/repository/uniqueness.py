"""Unique values: what no two records of a class may share, whichever buckets they live in.

The values are kept as digests in a table of their own, by a bucket that follows from the value; its key decides between
two that write the same value at the same time. A record holds its values as long as it is there: not while it is
deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import BUCKETS
from customer_inventory.model.resource import Claim
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection

Claims = Mapping[str, Sequence[Claim]]
"""The values of records, by record id."""

_SQL = sql.statements("unique.sql")


class ValueTaken(InventoryError):
    """Another record has a value already that must be unique.

    Nothing was written. Give the record another value, or change the record that has it.
    """

    code = "value-taken"
    failure = Failure.CONFLICT


async def hold(connection: Connection, claims: Claims) -> dict[str, list[tuple[str, str]]]:
    """Let records hold these values and no others any more; return what others have already.

    That is, by record id, the attributes with the ids of the records that have their values. The caller holds a
    transaction, and rolls it back to undo what was held for a record that cannot have all it wants.
    """
    wanted: dict[bytes, tuple[str, Claim]] = {}
    taken: dict[str, list[tuple[str, str]]] = {}
    for record_id, several in claims.items():
        for claim in several:
            owner, _ = wanted.setdefault(claim.digest, (record_id, claim))
            if owner != record_id:
                taken.setdefault(record_id, []).append((claim.attribute, owner))
    values = {
        "released": list(claims),
        "buckets": [_bucket(digest) for digest in wanted],
        "digests": list(wanted),
        "ids": [record_id for record_id, _ in wanted.values()],
    }
    await connection.execute(_SQL["release"], values)
    if wanted:
        cursor = await connection.execute(_SQL["hold"], values)
        for digest, holder in await cursor.fetchall():
            record_id, claim = wanted[bytes(digest)]
            if holder != record_id:
                taken.setdefault(record_id, []).append((claim.attribute, holder))
    return taken


async def hold_of_one(connection: Connection, record_id: str, claims: Sequence[Claim]) -> None:
    """Let one record hold these values and no others any more. Raises ValueTaken."""
    taken = await hold(connection, {record_id: claims})
    if record_id in taken:
        raise ValueTaken(f"{_named(taken[record_id])}. It must be unique. Nothing was written.")


def refusal(taken: Sequence[tuple[str, str]]) -> str:
    """Return why a row of a source cannot be taken."""
    return f"{_named(taken)}; it must be unique"


def _named(taken: Sequence[tuple[str, str]]) -> str:
    attribute, holder = min(taken)
    return f"{attribute} has a value that {holder} has already"


def _bucket(digest: bytes) -> int:
    return int.from_bytes(digest[:2]) % BUCKETS
