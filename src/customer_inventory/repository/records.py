"""Records: one row a record, its superseded versions in history, every write one transaction with its change.

A write is one call of a function in the database (`sql/record_kind.sql`): record, change, feed, links, idempotency key
and trail entry become durable together or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

import psycopg

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import BUCKETS, bucket_of
from customer_inventory.model import Link
from customer_inventory.model.resource import Claim
from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.connections import Connection, Connections, speaks_of_data
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.search import fold
from customer_inventory.repository.storable import not_storable
from customer_inventory.repository.uniqueness import hold_of_one

_ATTEMPTS = 10
_FEW = 3


class WriteContention(InventoryError):
    """The record is being written by too many at once.

    Nothing was changed by this request. Try again in a moment.
    """

    code = "write-contention"
    failure = Failure.UNAVAILABLE


class ReferenceMissing(InventoryError):
    """A reference names a record that the inventory does not hold.

    Its attribute is checked strictly. Create the referenced record first, or correct the reference.
    """

    code = "reference-missing"
    failure = Failure.UNPROCESSABLE


class Record(NamedTuple):
    """One version of a record: its document as stored, JSON bytes without `id` and `href`."""

    id: str
    version: int
    document: bytes


@dataclass(frozen=True, slots=True)
class Version:
    """One version in a record's history: what it held (None: the deletion), from when until when, who wrote it and why.

    `until` is None for the version that holds now.
    """

    version: int
    document: bytes | None
    since: datetime
    operation: str | None
    client_id: str | None
    person: str | None
    purpose: str | None
    source: str | None
    reason: str | None
    until: datetime | None
    change_id: str


class History(NamedTuple):
    """A page of a record's versions, newest first, and how many there are on all pages."""

    versions: list[Version]
    total: int


class Standing(NamedTuple):
    """Where a record stands: its newest version's number, and its document, None when that version is its deletion."""

    version: int
    document: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorship:
    """Who writes, for which purpose, from which source and why: what the change row and the trail entry say."""

    change_id: UUID
    trail_id: UUID
    at: datetime
    client_id: str
    person: str | None
    purpose: str
    request_id: str
    source: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A client's name for one request, with a fingerprint of the request (SHA-256 of method, path and body)."""

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a version will hold: the document, and what is extracted from it for look-ups.

    `claims` is None where nothing that the record could have must be unique.
    """

    document: bytes
    terms: list[str]
    label: str
    links: list[Link]
    strict: frozenset[str] = frozenset()
    claims: tuple[Claim, ...] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: 'done', 'unchanged', 'absent', 'stale', 'referenced', 'replayed' or 'reused'.

    `shared` are values of the record that are to be unique, and that another one has all the same.
    """

    outcome: str
    id: UUID
    version: int
    shared: tuple[Claim, ...] = ()


class Records:
    """The records of one inventory."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._sql = {
            kind: {name: text.replace("{kind}", kind) for name, text in sql.statements("records.sql").items()}
            for kind in KINDS
        }

    async def get(self, kind: str, identifier: UUID) -> Record | None:
        """Return the record as it is now, or None."""
        # The hottest lines of the house.
        statement = self._sql[kind]["get"]
        async with self._connections.lend() as connection:
            rows = await connection.kept_rows(statement, (bucket_of(identifier), identifier))
        return Record(str(identifier), rows[0][0], rows[0][1]) if rows else None

    async def get_as_of(self, kind: str, identifier: UUID, *, as_of: datetime) -> Record | None:
        """Return the record as it was at `as_of`, or None when it was not there then."""
        values = {"bucket": bucket_of(identifier), "id": identifier, "as_of": as_of}
        return await self._one(kind, "get_as_of", identifier, values)

    async def get_version(self, kind: str, identifier: UUID, *, version: int) -> Record | None:
        """Return one version of the record, present or superseded, or None."""
        values = {"bucket": bucket_of(identifier), "id": identifier, "version": version}
        return await self._one(kind, "get_version", identifier, values)

    async def standing(self, kind: str, identifier: UUID) -> Standing | None:
        """Return where the record stands, present or deleted; None when it never was, or was purged."""
        values = {"bucket": bucket_of(identifier), "id": identifier}
        async with self._connections.lend() as connection:
            row = await (await connection.execute(self._sql[kind]["standing"], values)).fetchone()
        return Standing(*row) if row else None

    async def history(
        self,
        kind: str,
        identifier: UUID,
        *,
        limit: int,
        offset: int = 0,
        before: int | None = None,
        as_of: datetime | None = None,
    ) -> History:
        """Return a page of the versions of the record: those below number `before` that there were at `as_of`.

        The total counts every version there was then; 0 when the record never was.
        """
        place = {"bucket": bucket_of(identifier), "id": identifier, "before": before, "as_of": as_of}
        async with self._connections.lend() as connection:
            statement = self._sql[kind]["versions"]
            rows = await (await connection.execute(statement, {**place, "limit": limit, "offset": offset})).fetchall()
            if rows:
                return History([Version(*row[:-1]) for row in rows], rows[0][-1])
            newest = {**place, "before": None, "limit": 1, "offset": 0}
            row = await (await connection.execute(statement, newest)).fetchone()
        return History([], row[-1] if row else 0)

    async def stamp(self, kind: str) -> tuple[int, int]:
        """Return what differs whenever a record of a small kind was written: how many there are, and the last place."""
        async with self._connections.lend() as connection:
            row = await (await connection.execute(self._sql[kind]["stamp"], prepare=True)).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    async def linked_from(self, identifier: UUID, *, limit: int = 100) -> list[tuple[str, str, str, str]]:
        """Return what points at the record: (kind, id, attribute, role) of each."""
        statement = next(iter(self._sql.values()))["linked_from"]
        async with self._connections.lend() as connection:
            cursor = await connection.execute(statement, (bucket_of(identifier), identifier, limit))
            return await cursor.fetchall()

    async def create(
        self, kind: str, identifier: UUID, *, draft: Draft, authorship: Authorship, key: IdempotencyKey | None
    ) -> Written:
        """Write a new record.

        Raises ReferenceMissing when a strictly checked reference names nothing, ValueTaken for what must be unique.
        """
        values = (
            bucket_of(identifier),
            identifier,
            *columns_of_content(draft),
            *columns_of_links(draft),
            *_authorship(authorship, key),
        )
        return await self._write(kind, "create", values, draft)

    async def replace(
        self,
        kind: str,
        identifier: UUID,
        *,
        expected: int,
        draft: Draft | None,
        relink: bool,
        authorship: Authorship,
        key: IdempotencyKey | None,
        operation: str | None = None,
        always: bool = False,
        verb: str | None = None,
    ) -> Written:
        """Replace version `expected` of a record by `draft` (None: delete it), keeping what was in history.

        A record that is deleted comes back when `expected` is the number of its deletion. `operation` is what the
        change is called ('restore') when that is not what is done to the record, `verb` what the trail calls it.
        `always`: a version like the one before is written too. Raises ReferenceMissing as `create` does and
        WriteContention when others win too often.
        """
        values = (
            bucket_of(identifier),
            identifier,
            expected,
            *(columns_of_content(draft) if draft else (None, None, None)),
            relink,
            *columns_of_links(draft),
            *_authorship(authorship, key),
            operation,
            always,
            verb,
        )
        return await self._write(kind, "replace", values, draft)

    async def seen(self, client_id: str, key: IdempotencyKey) -> Written | None:
        """Return what the first request with this key did ('replayed'), or 'reused' when that was another request."""
        statement = next(iter(self._sql.values()))["seen"]
        values = (key.fingerprint, _key_bucket(client_id, key.key), client_id, key.key)
        async with self._connections.lend() as connection:
            row = await (await connection.execute(statement, values, prepare=True)).fetchone()
        return Written(*row) if row else None

    async def missing(self, links: list[Link]) -> set[str]:
        """Return the attributes of those links whose targets are not held."""
        async with self._connections.lend() as connection:
            return {wanted for _, _, wanted in await self._missing(connection, links, "existing")}

    async def missing_on(self, connection: Connection, links: list[Link]) -> bool:
        """Return whether a target of those links is not held; those that are held are locked until the end."""
        return bool(await self._missing(connection, links, "lock_existing"))

    async def _one(self, kind: str, name: str, identifier: UUID, values: dict[str, Any]) -> Record | None:
        async with self._connections.lend() as connection:
            row = await (await connection.execute(self._sql[kind][name], values)).fetchone()
        return Record(str(identifier), *row) if row else None

    async def _write(self, kind: str, name: str, values: tuple[Any, ...], draft: Draft | None) -> Written:
        statement = self._sql[kind][name]
        strict = [link for link in draft.links if link.attribute in draft.strict] if draft else []
        claims = draft.claims if draft else ()  # whatever a record holds that is deleted, it lets go
        async with self._connections.lend() as connection:
            for _ in range(_ATTEMPTS):
                try:
                    if not strict and claims is None:
                        return await _call(connection, statement, values)
                    async with connection.transaction():
                        if strict:
                            await self._lock_targets(connection, strict)
                        written = await _call(connection, statement, values)
                        if claims is None or written.outcome not in {"done", "unchanged"}:
                            return written
                        return replace(written, shared=await hold_of_one(connection, str(written.id), claims))
                except (
                    psycopg.errors.SerializationFailure,
                    psycopg.errors.DeadlockDetected,
                    psycopg.errors.UniqueViolation,
                ):
                    # A later transaction won the record, or the same idempotency key: look again, with a new position.
                    continue
                except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as error:
                    if speaks_of_data(error):
                        raise not_storable(error) from error
                    raise
                except psycopg.errors.QueryCanceled as error:
                    # A write is one look-up by key: when it takes too long, it waited for somebody else's.
                    raise WriteContention from error
        raise WriteContention

    async def _lock_targets(self, connection: Connection, links: list[Link]) -> None:
        missing = await self._missing(connection, links, "lock_existing")
        if missing:
            names = ", ".join(sorted(f"{attribute} ({kind} {identifier})" for kind, identifier, attribute in missing))
            raise ReferenceMissing(
                f"The inventory does not hold what is named by {names}. Create it first, or correct the reference."
            )

    async def _missing(self, connection: Connection, links: list[Link], statement: str) -> list[tuple[str, str, str]]:
        missing = []
        for kind in sorted({link.target_kind for link in links}):
            wanted = {link.target_id: link.attribute for link in links if link.target_kind == kind}
            held = await self._held(connection, kind, list(wanted), statement)
            missing += [(kind, str(identifier), wanted[identifier]) for identifier in wanted.keys() - held]
        return missing

    async def _held(self, connection: Connection, kind: str, ids: list[UUID], statement: str) -> set[UUID]:
        # Looking up a set costs 200 µs, most of it for planning; one by one a record costs 60.
        if len(ids) > _FEW:
            values = {"id": array(map(str, ids))}
            rows = await connection.rows(self._sql[kind][f"{statement}_of_many"], values, prepare=True)
            return {row[0] for row in rows}
        one = self._sql[kind][statement]
        return {each for each in ids if await connection.kept_rows(one, (bucket_of(each), each))}


async def _call(connection: Connection, statement: str, values: tuple[Any, ...]) -> Written:
    (row,) = await connection.kept_rows(statement, values)
    return Written(*row)


def columns_of_content(draft: Draft) -> tuple[str, str, str]:
    """Return the columns of the content: document, terms, label."""
    return draft.document.decode(), array(draft.terms), fold(draft.label)


def columns_of_links(draft: Draft | None) -> tuple[str, str, str, str, str]:
    """Return the columns of the links: attributes, targets, kinds, roles, whether strict."""
    links = draft.links if draft else []
    strict = draft.strict if draft else frozenset()
    return (
        array(link.attribute for link in links),
        array(str(link.target_id) for link in links),
        array(link.target_kind for link in links),
        array(link.role or "" for link in links),
        array(str(link.attribute in strict).lower() for link in links),
    )


def _authorship(authorship: Authorship, key: IdempotencyKey | None) -> tuple[Any, ...]:
    return (
        authorship.change_id,
        authorship.at,
        authorship.client_id,
        authorship.person,
        authorship.purpose,
        authorship.source,
        authorship.reason,
        authorship.request_id,
        _key_bucket(authorship.client_id, key.key) if key else None,
        key.key if key else None,
        key.fingerprint if key else None,
        authorship.trail_id,
    )


def _key_bucket(client_id: str, key: str) -> int:
    return crc32(f"{client_id}\0{key}".encode()) % BUCKETS
