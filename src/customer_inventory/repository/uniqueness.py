"""Unique values: what no two records of a kind or class may share, whichever buckets they live in.

The values are kept as digests in a table of their own, by a bucket that follows from the value; its key decides between
two that write the same value at the same time. A record holds its values as long as it is there: not while it is
deleted. Of what a requirement demands the records themselves tell, found by their terms: values may have been stored
before it did, or given up while it did not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import BUCKETS
from customer_inventory.model.resource import Claim
from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.connections import Connection

Claims = Mapping[str, Sequence[Claim]]
"""The values of records, by record id."""


class Taken(NamedTuple):
    """A value that a record claims, and the record that has it already."""

    claim: Claim
    holder: str


_SQL = sql.statements("unique.sql")


class ValueTaken(InventoryError):
    """Another record has a value already that must be unique.

    Nothing was written. Give the record another value, or change the record that has it.
    """

    code = "value-taken"
    failure = Failure.CONFLICT


async def hold(connection: Connection, claims: Claims) -> dict[str, list[Taken]]:
    """Let records hold these values and no others any more; return by record id what others have already.

    The caller holds a transaction, and rolls it back to undo what was held for a record that cannot have all it wants.
    """
    wanted, taken = await _wanted(connection, claims)
    values = {
        "released": list(claims),
        "buckets": [_bucket(digest) for digest in wanted],
        "digests": list(wanted),
        "ids": [record_id for record_id, _ in wanted.values()],
    }
    await connection.execute(_SQL["release"], values)
    if wanted:
        rows = await (await connection.execute(_SQL["hold"], values)).fetchall()
        asked, given_up = [], []
        for digest, holder, new in rows:
            record_id, claim = wanted[bytes(digest)]
            # Of what requirements demand the records tell: values were stored, and given up, while none did.
            if claim.kind and not claim.had and (new or holder != record_id):
                asked.append((record_id, claim))
                given_up += [] if new else [(bytes(digest), record_id)]
            elif holder != record_id:
                taken.setdefault(record_id, []).append(Taken(claim, holder))
        elsewhere = await _elsewhere(connection, asked, list(claims))
        for record_id, found in elsewhere:
            taken.setdefault(record_id, []).append(found)
        had = {found.claim.digest for _, found in elsewhere}
        await _take_over(connection, [each for each in given_up if each[0] not in had])
    return taken


async def _take_over(connection: Connection, given_up: Sequence[tuple[bytes, str]]) -> None:
    """Let records hold what others hold and have no more."""
    if given_up:
        digests = [digest for digest, _ in given_up]
        values = {"buckets": list(map(_bucket, digests)), "digests": digests, "ids": [each for _, each in given_up]}
        await connection.execute(_SQL["take_over"], values)


async def _elsewhere(
    connection: Connection, asked: Sequence[tuple[str, Claim]], writing: Sequence[str]
) -> list[tuple[str, Taken]]:
    """Return which values other records have, one of each, of those that are not being written."""
    found = []
    for kind, named in {(claim.kind, claim.named) for _, claim in asked}:
        of_these = [each for each in asked if (each[1].kind, each[1].named) == (kind, named)]
        wanted = {claim.term: (record_id, claim) for record_id, claim in of_these}
        of_class = f"@type={named}" if named else None
        values = {"terms": array(list(wanted)), "writing": writing, "named": of_class}
        rows = await (await connection.execute(_SQL["elsewhere"].replace("{kind}", kind), values)).fetchall()
        found += [(wanted[term][0], Taken(wanted[term][1], holder)) for term, holder in rows]
    return found


async def _wanted(
    connection: Connection, claims: Claims
) -> tuple[dict[bytes, tuple[str, Claim]], dict[str, list[Taken]]]:
    """Return the record that is to hold each value, and what records cannot have because others of them have it.

    Whoever has a value already keeps it before others that want it too.
    """
    wanting: dict[bytes, dict[str, Claim]] = {}
    for record_id, several in claims.items():
        for claim in several:
            wanting.setdefault(claim.digest, {})[record_id] = claim
    contested = [digest for digest, several in wanting.items() if len(several) > 1]
    holders: dict[bytes, str] = {}
    if contested:
        values = {"buckets": [_bucket(digest) for digest in contested], "digests": contested}
        rows = await (await connection.execute(_SQL["holders"], values)).fetchall()
        holders = {bytes(digest): holder for digest, holder in rows}
    wanted: dict[bytes, tuple[str, Claim]] = {}
    taken: dict[str, list[Taken]] = {}
    for digest, claimants in wanting.items():
        holder = holders.get(digest)
        first = holder if holder is not None and holder in claimants else next(iter(claimants))
        wanted[digest] = first, claimants[first]
        for record_id in claimants.keys() - {first}:
            taken.setdefault(record_id, []).append(Taken(claimants[record_id], first))
    return wanted, taken


def refused(taken: Mapping[str, Sequence[Taken]]) -> dict[str, list[Taken]]:
    """Return what keeps records out of what others have already, by record id."""
    kept_out = {
        identifier: [each for each in several if not each.claim.tolerated] for identifier, several in taken.items()
    }
    return {identifier: several for identifier, several in kept_out.items() if several}


async def hold_of_one(connection: Connection, record_id: str, claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Let one record hold these values and no others any more; return those that another one has. Raises ValueTaken."""
    taken = await hold(connection, {record_id: claims})
    for several in refused(taken).values():
        raise ValueTaken(f"{_named(several)}. It {_demanded(several)}. Nothing was written.")
    return tuple(each.claim for several in taken.values() for each in several)


def refusal(taken: Sequence[Taken]) -> str:
    """Return why a row of a source cannot be taken."""
    # Without its id: rows that are refused for the same reason are counted together.
    return f"{_first(taken).claim.attribute} has a value that another record has already; it {_demanded(taken)}"


def _first(taken: Sequence[Taken]) -> Taken:
    return min(taken, key=lambda each: (each.claim.attribute, each.holder))


def _named(taken: Sequence[Taken]) -> str:
    claim, holder = _first(taken)
    return f"{claim.attribute} has a value that {holder} has already"


def _demanded(taken: Sequence[Taken]) -> str:
    requirement = _first(taken).claim.requirement
    return f"must be unique (requirement {requirement})" if requirement else "must be unique"


def _bucket(digest: bytes) -> int:
    return int.from_bytes(digest[:2]) % BUCKETS
