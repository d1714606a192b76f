"""The register of erasures: who was erased, as record ids, what a restore must erase again, and the receipts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connections
from customer_inventory.repository.contents_directory import sync
from customer_inventory.repository.holds import Holds
from customer_inventory.repository.privacy_requests import PrivacyRequests
from customer_inventory.repository.restrictions import Restrictions

RECEIVED_EVENT = "received_event"
_SQL = sql.statements("erasing.sql")


class RegisterUnusable(InventoryError):
    """The file with the register of erasures cannot be read or written.

    Without it a restore would bring back who was erased. Put it back, or export it anew from the running inventory with
    `customer-inventory privacy register`.
    """

    code = "erasure-register-unusable"
    failure = Failure.CONFLICT


class Removal(msgspec.Struct, frozen=True, rename="camel"):
    """What an erasure takes that leaves the records: the values of one attribute, past the time that the rule says.

    It says the rule as it was then, so that a restore takes the same again.
    """

    kind: str
    attribute: str
    period: str
    trigger: str
    counted_from: tuple[str, ...]
    year_end: bool
    ground: str


class Erasure(msgspec.Struct, frozen=True, rename="camel"):
    """An erasure in the register: when it began, by whom, on which ground, and the records, as (kind, id).

    With a `removal` the records stay, without the values that it tells of.
    """

    id: UUID
    begun_at: datetime
    client_id: str
    person: str | None
    ground: str
    records: tuple[tuple[str, UUID], ...]
    removal: Removal | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The columns of its row."""
        return {
            "id": self.id,
            "at": self.begun_at,
            "client": self.client_id,
            "person": self.person,
            "ground": self.ground,
            "kinds": [kind for kind, _ in self.records],
            "ids": [identifier for _, identifier in self.records],
            "removal": self.removal and msgspec.json.encode(self.removal).decode(),
        }


class Receipt(msgspec.Struct, frozen=True, rename="camel"):
    """What an erasure did, without saying to whom: when, by whom, on which ground, and how many rows of which table.

    `finished_at` is None while it is not done.
    """

    id: str
    begun_at: datetime
    finished_at: datetime | None
    client_id: str
    person: str | None
    ground: str
    rows: dict[str, int]


class Erasures:
    """The register of one inventory, with what people asked, and the legal holds that keep somebody out of it."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.holds = Holds(connections)
        self.requests = PrivacyRequests(connections)
        self.restrictions = Restrictions(connections)

    async def begin(self, erasure: Erasure) -> None:
        """Register an erasure, or further records of one that was begun; durable when this returns."""
        async with self._connections.lend() as connection, connection.transaction():
            await connection.execute(_SQL["begin"], erasure.values)
            await connection.execute(_SQL["name_records"], erasure.values)

    async def finish(self, identifier: UUID, *, at: datetime) -> None:
        """Note that an erasure is done."""
        async with self._connections.lend() as connection:
            await connection.execute(_SQL["finish"], {"id": identifier, "at": at})

    async def unfinished(self) -> list[Erasure]:
        """Return what was begun and is not done, the oldest first; what a restore brought along is taken in before."""
        async with self._connections.lend() as connection:
            row = await (await connection.execute(_SQL["is_restoring"])).fetchone()
            if row and row[0]:
                async with connection.transaction():
                    await connection.execute(_SQL["take_in"])
            row = await (await connection.execute(_SQL["is_unfinished"])).fetchone()
            if not row or not row[0]:
                return []
            return [_erasure(row) for row in await (await connection.execute(_SQL["unfinished"])).fetchall()]

    async def registered(self) -> list[Erasure]:
        """Return every erasure, the oldest first."""
        async with self._connections.lend() as connection:
            return [_erasure(row) for row in await (await connection.execute(_SQL["registered"])).fetchall()]

    async def receipts(self, identifier: UUID | None = None) -> list[Receipt]:
        """Return the receipts of all erasures, the oldest first, or of one."""
        async with self._connections.lend() as connection:
            rows = await (await connection.execute(_SQL["receipts"], {"id": identifier})).fetchall()
        return [_receipt(row) for row in rows]

    async def forget(self, *, before: datetime) -> tuple[int, int]:
        """Drop the ids of records that were erased before a moment; return how many, and how many feed entries."""
        async with self._connections.lend() as connection:
            row = await (await connection.execute(_SQL["forget"], {"before": before})).fetchone()
        return (row[0], row[1]) if row else (0, 0)


async def registered_in(conninfo: str) -> list[Erasure]:
    """Return every erasure that a database knows; none where its schema is older than the register."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True, connect_timeout=10) as connection:
        row = await (await connection.execute(_SQL["has_register"])).fetchone()
        if not row or not row[0]:
            return []
        return [_erasure(row) for row in await (await connection.execute(_SQL["registered"])).fetchall()]


async def announce(connection: psycopg.AsyncConnection[Any], erasures: Iterable[Erasure]) -> None:
    """Put erasures into a database before a backup comes into it: whoever opens it afterwards does them first."""
    async with connection.transaction():
        await connection.execute(_SQL["restoring"])
        for erasure in erasures:
            await connection.execute(_SQL["restoring_erasure"], erasure.values)
            await connection.execute(_SQL["restoring_record"], erasure.values)


async def read_register(file: Path) -> list[Erasure]:
    """Return what a file of the register holds, a line of JSON each. Raises RegisterUnusable."""
    try:
        lines = (await asyncio.to_thread(file.read_bytes)).splitlines()
        return [msgspec.json.decode(line, type=Erasure) for line in lines if line.strip()]
    except OSError as error:
        raise RegisterUnusable(f"The register of erasures {file} cannot be read: {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise RegisterUnusable(f"The register of erasures {file} holds a line that is none.") from error


async def add_to_register(file: Path, erasures: Sequence[Erasure]) -> None:
    """Put erasures into a file of the register, beside those that are in it; durable when this returns.

    Raises RegisterUnusable.
    """
    known = await read_register(file) if await asyncio.to_thread(file.exists) else []
    await asyncio.to_thread(_write, file, together(known, erasures))


async def write_register(file: Path, erasures: Sequence[Erasure]) -> None:
    """Put erasures into a file of the register in place of those that are in it. Raises RegisterUnusable."""
    await asyncio.to_thread(_write, file, erasures)


def together(*registers: Iterable[Erasure]) -> list[Erasure]:
    """Return the erasures of several registers, each once with every record that any of them names."""
    found: dict[UUID, Erasure] = {}
    for each in (each for register in registers for each in register):
        known = found.get(each.id)
        records = dict.fromkeys([*(known.records if known else ()), *each.records])
        found[each.id] = msgspec.structs.replace(each, records=tuple(records))
    return list(found.values())


def _write(file: Path, erasures: Sequence[Erasure]) -> None:
    fresh = file.with_name(f".{file.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as lines:
            lines.writelines(msgspec.json.encode(each) + b"\n" for each in erasures)
            lines.flush()
            os.fsync(lines.fileno())
        fresh.replace(file)
        sync(file.parent)
    except OSError as error:
        raise RegisterUnusable(f"The register of erasures {file} cannot be written: {error.strerror}.") from error


def _receipt(row: Sequence[Any]) -> Receipt:
    rows = msgspec.json.decode(row[6], type=dict[str, int])
    return Receipt(row[0], row[1], row[2], row[3], row[4], row[5], rows)


def _erasure(row: Sequence[Any]) -> Erasure:
    records = tuple((kind, UUID(identifier)) for kind, identifier in row[5])
    removal = msgspec.json.decode(row[6], type=Removal) if row[6] is not None else None
    return Erasure(row[0], row[1], row[2], row[3], row[4], records, removal)
