"""Erasing: records go with every version, file, key and event of theirs, and the trail names them no more.

Promises: what is erased is registered before anything goes, so that a start after a crash finishes it; one transaction
takes all of it but the trail, whose entries follow in batches. `scrubbing.py` cleans the files afterwards.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg

from customer_inventory.ids import bucket_of
from customer_inventory.repository import sql
from customer_inventory.repository.arrays import array
from customer_inventory.repository.connections import Connection, RepositoryUnavailable, connect
from customer_inventory.repository.contents_directory import ContentDirectory
from customer_inventory.repository.downloads import DROP_PARTS, ERASE_WISH, WISHES
from customer_inventory.repository.downloads import erasing as erasing_downloads
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.records import Authorship, Draft, WriteContention, columns_of_content

ENTRIES_AT_ONCE = 500
_SQL = sql.statements("erasing.sql")
_ATTEMPTS = 20
_ALWAYS_SCRUBBED = ("content", "received_event", "source_record", "unique_value", "idempotency", "legal_hold")
"""Tables where something of a record may have stood that went earlier: they are written anew whatever was found."""
_OF_ANY_KIND = (
    "link",
    "former_link",
    "deleted_record",
    "unique_value",
    "source_record",
    "idempotency",
    "delivery",
    "consent",
    "consent_fact",
    "restriction",
)


class Version(NamedTuple):
    """A version of a record; `current` is whether it is the present one, `since` when it came about."""

    id: str
    number: int
    document: bytes
    current: bool
    since: datetime


class HiddenEntry(NamedTuple):
    """An entry of the trail, with its ids as their 16 bytes, and what makes its salts."""

    id: UUID
    record_ids: list[bytes]
    seed: bytes | None
    remains: bytes | None


class Overtaken(Exception):
    """Somebody wrote one of the records at the same time; what was begun is to be done again."""


@dataclass(slots=True)
class Erased:
    """What an erasure took: rows by table, and the files that lie in the content directory, as (bucket, digest)."""

    rows: dict[str, int] = field(default_factory=dict)
    files: list[tuple[int, str]] = field(default_factory=list)

    def add(self, table: str, number: int) -> None:
        """Count rows."""
        if number:
            self.rows[table] = self.rows.get(table, 0) + number


class Cut(NamedTuple):
    """What of a record is gone with a value: links as (attribute, target), targets that no version points at any more.

    `digests_left` are those of the unique values that it has still, None where it has none that is kept; `files` those
    of contents; `values` and `keys` what tells an event of others that has one of both; `asked` what subscriptions ask.
    """

    links: Collection[tuple[str, UUID]]
    targets: Collection[str]
    digests_left: Collection[bytes] | None
    files: Collection[str]
    values: Collection[str]
    keys: Collection[str]
    asked: Collection[str]


class Erasing:
    """Erases records of one inventory, on connections without the time limits of requests."""

    def __init__(self, conninfo: str, *, directory: Path | None) -> None:
        self._conninfo = conninfo
        self._directory = ContentDirectory(directory) if directory else None

    @asynccontextmanager
    async def working(self) -> AsyncIterator[ErasureWork]:
        """Hold a connection for an erasure. Raises RepositoryUnavailable, also while it is held."""
        connection = await connect(self._conninfo, statement_timeout_ms=0)
        try:
            yield ErasureWork(connection)
        except psycopg.OperationalError as error:
            raise RepositoryUnavailable(
                "The repository went away. What was begun is finished at the next start."
            ) from error
        finally:
            connection.pgconn.finish()

    async def drop_files(self, files: Iterable[tuple[int, str]]) -> None:
        """Remove files from the content directory; those that are not there are removed already."""
        if self._directory:
            for bucket, digest in files:
                await self._directory.drop(bucket, digest)


class ErasureWork:
    """An erasure under way, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def attempt(self, erase: Callable[[], Any], *, keep: bool) -> None:
        """Run `erase` in one transaction, again while others write the same records; undone unless `keep`.

        Raises WriteContention.
        """
        for _ in range(_ATTEMPTS):
            try:
                async with self._connection.transaction() as transaction:
                    await self._connection.execute(_SQL["patiently"])
                    await erase()
                    if not keep:
                        raise psycopg.Rollback(transaction)
            except (Overtaken, psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                continue
            else:
                return
        raise WriteContention

    async def held(self, ids: Collection[str]) -> list[str]:
        """Return the grounds of legal holds on any of these records; none comes about until the transaction ends."""
        await self._execute("lock_holds", "", {})
        return [row[-1] for row in await self._rows("holds", ids=list(ids))]

    async def restricted(self, ids: Collection[str]) -> list[str]:
        """Return the grounds on which the use of any of these records is restricted."""
        return [row[0] for row in await self._rows("restricted", ids=list(ids))]

    async def alone(self) -> bool:
        """Return whether no other work of this kind is under way; none is, then, until the connection ends."""
        return bool((await self._rows("alone"))[0][0])

    async def candidates(
        self, kind: str, *, after: str, limit: int, paths: Sequence[str], before: datetime | None
    ) -> list[str]:
        """Return ids of a kind behind another, by bucket and id: where one of some JSONPaths has a day before a moment.

        Without paths, those that were last changed before the moment; without a moment, all.
        """
        values = {
            "bucket": bucket_of(UUID(after)),
            "after": after,
            "limit": limit,
            "paths": list(paths),
            "before": before,
            "day": before.date().isoformat() if before else None,
        }
        return [row[0] for row in await self._rows("candidates", kind, **values)]

    async def having(self, kind: str, path: str, *, after: str, limit: int) -> list[str]:
        """Return ids of a kind behind another, by bucket and id, that have or had something at a JSONPath."""
        values = {"bucket": bucket_of(UUID(after)), "after": after, "limit": limit, "path": path}
        return [row[0] for row in await self._rows("having", kind, **values)]

    async def sources(self, ids: Collection[str]) -> dict[str, str]:
        """Return who points at records, or did once: the kind of each by its id."""
        return {identifier: kind for kind, identifier in await self._rows("sources", ids=list(ids)) if kind in KINDS}

    async def versions(self, kind: str, ids: Collection[str]) -> dict[str, list[Version]]:
        """Return every version of records, the newest last, by id."""
        found: dict[str, list[Version]] = {}
        for row in await self._rows("versions", kind, ids=list(ids)):
            found.setdefault(row[0], []).append(Version(*row))
        return found

    async def events(self, values: Collection[str], *, alike: bool = False) -> list[str]:
        """Return the events of others that hold any of some values or, if they are to be `alike`, all of them."""
        if not values:
            return []
        name = "events_alike" if alike else "events_naming"
        return [row[0] for row in await self._rows(name, values=list(values))]

    async def erase(
        self,
        records: Mapping[str, str],
        *,
        events: Collection[str],
        named: Collection[str],
        author: Authorship,
        others: Collection[str] = (),
    ) -> Erased:
        """Erase records, the kind of each by its id, with what is kept of them, and events that others sent.

        `named` are values by which subscriptions ask for them, `others` the ids of records that lose
        references to them. To be called within `attempt`. Raises Overtaken.
        """
        erased = Erased()
        by_kind = {
            kind: [each for each, of in records.items() if of == kind] for kind in dict.fromkeys(records.values())
        }
        place = await self._lock(by_kind)
        changes = [row[0] for kind, ids in by_kind.items() for row in await self._rows("reasons", kind, ids=ids)]
        erased.add("change", await self._count("erase_reason", changes=changes, ids=list(records)))
        await self._erase_versions(erased, by_kind, author, place)
        for table in _OF_ANY_KIND:
            erased.add(table, await self._count(f"erase_{table}", ids=list(records)))
        await self._erase_files(erased, list(records))
        for statement, values in erasing_downloads([*records, *others]):
            erased.add("download", (await self._connection.execute(statement, values)).rowcount)
        for table in ("access_review", "privacy_request_event", "privacy_request"):
            erased.add(table, await self._count(f"erase_{table}", ids=list(records)))
        erased.add("received_event", await self._count("erase_received_event", ids=list(events)))
        subscriptions = [row[0] for row in await self._rows("subscriptions_naming", values=list(named))]
        erased.add("subscription", await self._count("erase_subscription", ids=subscriptions))
        tables = {*erased.rows, *_ALWAYS_SCRUBBED, "trail", *by_kind, *(f"{kind}_history" for kind in by_kind)}
        await self.due(tables, at=author.at)
        return erased

    async def _erase_versions(
        self, erased: Erased, by_kind: Mapping[str, list[str]], author: Authorship, place: int
    ) -> None:
        told = 0
        for kind, ids in by_kind.items():
            told += await self._count("tell_deletion", kind, ids=ids, position=place, change=author.change_id)
            for table in (kind, f"{kind}_history"):
                erased.add(table, await self._count(f"erase_{table.replace(kind, '{kind}', 1)}", kind, ids=ids))
        if told:
            await self._add_change(author, place)

    async def cut(self, identifier: str, gone: Cut, erased: Erased) -> None:
        """Take what is kept beside a record of values that it has no more, and count that.

        To be called within `attempt`, once every version was rewritten.
        """
        links, targets = [each for each, _ in gone.links], [str(each) for _, each in gone.links]
        erased.add("link", await self._count("cut_links", id=identifier, attributes=links, targets=targets))
        erased.add("former_link", await self._count("cut_former_links", id=identifier, targets=list(gone.targets)))
        if gone.digests_left is not None:
            number = await self._count("cut_unique_values", id=identifier, digests=list(gone.digests_left))
            erased.add("unique_value", number)
        used = await self._rows("cut_content_use", id=identifier, digests=list(gone.files))
        await self._drop_unused(erased, used)
        events = await self._rows("events_of", values=list(gone.values), keys=list(gone.keys))
        erased.add("received_event", await self._count("erase_received_event", ids=[row[0] for row in events]))
        found = await self._rows("subscriptions_naming", values=list(gone.asked))
        erased.add("subscription", await self._count("erase_subscription", ids=[row[0] for row in found]))
        for statement, values in erasing_downloads([identifier]):
            erased.add("download", (await self._connection.execute(statement, values)).rowcount)

    async def wishes(self, *, after: str) -> list[tuple[str, str, str | None]]:
        """Return by what downloads were asked for, as JSON, and what was said of them, by id: some behind another."""
        rows = await (await self._connection.execute(WISHES, {"after": after})).fetchall()
        return [(row[0], row[1], row[2]) for row in rows]

    async def erase_wish(self, identifier: str, wish: str, said: str | None) -> int:
        """Put another wish in the place of one that named who is erased; return of how many downloads."""
        values = {"id": identifier, "wish": wish, "said": said}
        done = (await self._connection.execute(ERASE_WISH, values)).rowcount
        await self._connection.execute(DROP_PARTS)
        return done

    async def listening(self) -> list[tuple[str, str, str, str | None]]:
        """Return subscriptions and topics: the table, the id, what is asked for or said, and the callback."""
        return [(row[0], row[1], row[2], row[3]) for row in await self._rows("listening")]

    async def erase_listening(self, table: str, ids: Collection[str]) -> int:
        """Erase subscriptions, or topics and so end the subscriptions at them; return how many."""
        return await self._count(f"erase_{table}", ids=list(ids))

    async def rewrite(
        self, kind: str, version: Version, draft: Draft, *, author: Authorship, since: datetime | None = None
    ) -> None:
        """Put another content in the place of a version: of the present one as a new one, of others where they are.

        The new one holds from now on, or as if it did `since` a moment: what is counted from the last change of a
        record goes on from there. To be called within `attempt`. Raises Overtaken.
        """
        document, terms, label = columns_of_content(draft)
        identifier = UUID(version.id)
        values: dict[str, Any] = {
            "bucket": bucket_of(identifier),
            "id": identifier,
            "version": version.number,
            "doc": document,
            "terms": terms,
            "label": label,
        }
        if version.current:
            at = since or author.at
            ((outcome, _, place),) = await self._rows("rewrite", kind, **values, change=author.change_id, at=at)
            if outcome != "done":
                raise Overtaken
            await self._add_change(author, place, "delete" if since is None else "modify")
        await self._count("rewrite_history", kind, **values)
        await self.due({kind, f"{kind}_history"}, at=author.at)

    async def hide(
        self, ids: Collection[str], remains: Callable[[HiddenEntry, set[bytes]], bytes], *, erasure: UUID
    ) -> int:
        """Take ids out of some entries of the trail, in a transaction; return of how many, 0 when none names them."""
        gone = {UUID(each).bytes for each in ids}
        async with self._connection.transaction():
            rows = await self._rows("entries", ids=list(ids), limit=ENTRIES_AT_ONCE)
            entries = [HiddenEntry(row[0], [i.bytes for i in row[1]], row[2] and row[2].bytes, row[3]) for row in rows]
            if entries:
                hidden = [
                    array(str(UUID(bytes=bytes(16) if each in gone else each)) for each in entry.record_ids)
                    for entry in entries
                ]
                values: dict[str, Any] = {
                    "entries": [entry.id for entry in entries],
                    "ids": hidden,
                    "remains": [remains(entry, gone) for entry in entries],
                }
                await self._count("hide", **values)
                await self.note(erasure, {"trail": len(entries)})
        return len(entries)

    async def number_of_entries(self, ids: Collection[str]) -> int:
        """Return how many entries of the trail name any of these records."""
        return await self._count("number_of_entries", ids=list(ids))

    async def note(self, erasure: UUID, rows: Mapping[str, int]) -> None:
        """Add rows that went to those that the register counts for an erasure."""
        if rows:
            await self._count("note", id=erasure, rows=msgspec.json.encode(rows).decode())

    async def due(self, tables: Iterable[str], *, at: datetime) -> None:
        """Note tables whose files are to be written anew."""
        await self._count("due", tables=sorted(tables), at=at)

    async def _lock(self, by_kind: Mapping[str, Sequence[str]]) -> int:
        """Lock records; return this transaction's place in the feed, which is behind all of theirs."""
        places = [(await self._rows("lock", kind, ids=by_kind[kind]))[0][0] or 0 for kind in sorted(by_kind)]
        place = int((await self._rows("position"))[0][0])
        if max(places, default=0) > place:
            raise Overtaken
        return place

    async def _erase_files(self, erased: Erased, ids: list[str]) -> None:
        await self._drop_unused(erased, await self._rows("erase_content_use", ids=ids))

    async def _drop_unused(self, erased: Erased, used: Sequence[tuple[Any, ...]]) -> None:
        """Drop files that were used, by bucket and digest, where no other record uses them."""
        erased.add("content_use", len(used))
        buckets, digests = [row[0] for row in used], [row[1] for row in used]
        dropped = await self._rows("erase_content", buckets=buckets, digests=digests)
        erased.add("content", len(dropped))
        erased.files += [(bucket, digest) for bucket, digest, outside in dropped if outside]

    async def _add_change(self, author: Authorship, place: int, operation: str = "delete") -> None:
        values: dict[str, Any] = {
            "id": author.change_id,
            "position": place,
            "at": author.at,
            "client": author.client_id,
            "person": author.person,
            "purpose": author.purpose,
            "operation": operation,
            "request": author.request_id,
        }
        await self._count("add_change", **values)

    async def _rows(self, name: str, kind: str = "", **values: Any) -> list[tuple[Any, ...]]:
        return await (await self._execute(name, kind, values)).fetchall()

    async def _count(self, name: str, kind: str = "", **values: Any) -> int:
        cursor = await self._execute(name, kind, values)
        if cursor.description:
            row = await cursor.fetchone()
            return int(row[0]) if row else 0
        return cursor.rowcount

    async def _execute(self, name: str, kind: str, values: Mapping[str, Any]) -> psycopg.AsyncCursor[tuple[Any, ...]]:
        return await self._connection.execute(_SQL[name].replace("{kind}", kind), values, prepare=False)
