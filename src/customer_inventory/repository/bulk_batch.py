"""One batch of a bulk load: what is there already is found, what is new is copied in, what differs is replaced.

All of it happens in the transaction that the caller holds. A record's versions keep rising positions in the feed: the
records to be replaced are locked first, and a batch that a later transaction overtook is refused and tried again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

from msgspec import structs

from customer_inventory.repository import sql
from customer_inventory.repository.bulk_dating import dated_again
from customer_inventory.repository.bulk_rows import MARK, BulkLink, BulkRow, Entry, copy_text, parts, source_bucket
from customer_inventory.repository.bulk_unique import unholdable
from customer_inventory.repository.connections import Connection
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.restrictions import unwritable
from customer_inventory.repository.surroundings import Kept, kept_on

_SQL = {
    kind: {name: text.replace("{kind}", kind) for name, text in sql.statements("bulk.sql").items()} for kind in KINDS
}
_ANY = next(iter(_SQL.values()))

DELETED = "its record was deleted in the inventory; restore that one first, or leave the row out"


class Overtaken(Exception):
    """A later transaction wrote one of the batch's records first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAuthor:
    """Who loads a batch, for which purpose: what its change row and its trail entries say."""

    change_id: UUID
    at: datetime
    client_id: str
    person: str | None
    purpose: str
    request_id: str
    reason: str | None
    new_trail_id: Callable[[], UUID]


@dataclass(slots=True)
class Outcome:
    """What became of a batch's rows, and the refused ones by number and reason."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


class Batch:
    """One batch, in one transaction."""

    def __init__(self, connection: Connection, *, source: str, author: BatchAuthor) -> None:
        self._connection = connection
        self._source = source
        self._author = author
        self._seen: dict[str, int] = {}
        """The versions by which records that are held were dated."""
        self.written: dict[str, int] = {}

    async def load(self, rows: Sequence[BulkRow], *, fresh: bool) -> Outcome:
        """Load the rows; `fresh` promises that nothing of this source was loaded before this run.

        Raises Overtaken.
        """
        rows = await self._named(rows)
        settling = Settling(rows, await self._known(rows, fresh=fresh), await self._once_held(rows))
        await self._date_again(settling.old)
        states = await self._states(settling.old)
        kept = settling.decide(states, await self._missing(settling))
        kept = settling.without(kept, await unwritable(self._connection, kept, at=self._author.at))
        kept = settling.without(kept, await unholdable(self._connection, kept))
        new, back, differing, same = (
            [settling.old.get(e.id, e) for row in kept for e in row.entries if states.get(e.id) == state]
            for state in (None, "undone", "differs", "same")
        )
        if new or back or differing:
            await self._write(new, back, differing)
        await self._note(new + back, "create", "done")
        await self._note(differing, "update", "done")
        await self._note(same, "update", "unchanged")
        return settling.outcome(kept, states)

    async def _named(self, rows: Sequence[BulkRow]) -> Sequence[BulkRow]:
        """Return the rows with the kinds of what their bare pointers lead to, in the inventory or in the batch."""
        bare = [link for row in rows for entry in row.entries for link in entry.links if link.kinds]
        if not bare:
            return rows
        ids = {link.target_id for link in bare}
        kept = await kept_on(self._connection, ids, kinds={kind for link in bare for kind in link.kinds})
        for entry in (entry for row in rows for entry in row.entries if entry.id in ids and entry.source_id is None):
            kept.setdefault(entry.id, {}).setdefault(entry.kind, True)
        return [BulkRow(row.number, tuple(_entry_named(entry, kept) for entry in row.entries)) for row in rows]

    async def _known(self, rows: Sequence[BulkRow], *, fresh: bool) -> dict[tuple[str, str], str]:
        """The records that the source's own ids name, of those that these rows bear or seek."""
        keys = {(sought.kind, sought.source_id) for row in rows for entry in row.entries for sought in entry.sought}
        if not fresh:
            keys |= {
                (entry.kind, entry.source_id) for row in rows for entry in row.entries if entry.source_id is not None
            }
        if not keys:
            return {}
        kinds, ids = [kind for kind, _ in keys], [source_id for _, source_id in keys]
        buckets = [source_bucket(kind, self._source, source_id) for kind, source_id in keys]
        cursor = await self._connection.execute(_ANY["known"], (buckets, kinds, ids, self._source))
        return {(kind, source_id): record_id for kind, source_id, record_id in await cursor.fetchall()}

    async def _once_held(self, rows: Sequence[BulkRow]) -> set[str]:
        """Of the records that bear their own id: those that are held, or were once."""
        held: set[str] = set()
        own = [entry for row in rows for entry in row.entries if entry.source_id is None]
        for kind, entries in _by_kind(own):
            cursor = await self._connection.execute(_SQL[kind]["once_held"], ([entry.id for entry in entries],))
            held |= {row[0] for row in await cursor.fetchall()}
        return held

    async def _date_again(self, old: dict[str, Entry]) -> None:
        """Let records that are held keep the dates that the server set, or get new ones for what the rows change."""
        for kind, entries in _by_kind(old.values()):
            resource = KINDS[kind]
            if not resource.stamps.all_names:
                continue
            ids = [entry.id for entry in entries]
            cursor = await self._connection.execute(_SQL[kind]["before"], ([_bucket(i) for i in ids], ids))
            for identifier, version, before in await cursor.fetchall():
                self._seen[identifier] = version
                old[identifier] = dated_again(resource, old[identifier], before, at=self._author.at)

    async def _states(self, old: dict[str, Entry]) -> dict[str, str]:
        """Of records that were held once: whether each is as the source has it, 'differs', is 'absent' or 'undone'."""
        states: dict[str, str] = {}
        for kind, entries in _by_kind(old.values()):
            ids = [entry.id for entry in entries]
            values = ([_bucket(i) for i in ids], ids, [parts(entry.line)[0] for entry in entries])
            cursor = await self._connection.execute(_SQL[kind]["compare"], values)
            found: dict[str, str] = dict(await cursor.fetchall())
            if absent := [identifier for identifier, state in found.items() if state == "absent"]:
                cursor = await self._connection.execute(_SQL[kind]["undone"], (absent,))
                found |= {row[0]: "undone" for row in await cursor.fetchall()}
            states |= found
        return states

    async def _missing(self, settling: Settling) -> set[str]:
        """The targets of strictly checked references that neither the inventory nor the batch itself holds."""
        wanted: dict[str, set[str]] = defaultdict(set)
        there = {entry.id for row in settling.rows for entry in row.entries}
        for row in settling.rows:
            for link in (link for entry in row.entries for link in entry.links if link.strict):
                if link.target_id not in there:
                    wanted[link.target_kind].add(link.target_id)
        missing: set[str] = set()
        for kind in sorted(wanted):
            cursor = await self._connection.execute(_SQL[kind]["lock_targets"], (sorted(wanted[kind]),))
            missing |= wanted[kind] - {row[0] for row in await cursor.fetchall()}
        return missing

    async def _write(self, new: list[Entry], back: list[Entry], differing: list[Entry]) -> None:
        latest = max(await self._lock("lock", differing), await self._lock("lock_deleted", back))
        row = await (await self._connection.execute(_ANY["position"])).fetchone()
        position: int = row[0] if row else 0
        if latest > position:
            raise Overtaken
        await self._put("replace", differing, position)
        await self._put("bring_back", back, position)
        await self._copy_records(new, position)
        if differing:
            await self._connection.execute(_ANY["unlink"], ([entry.id for entry in differing],))
        await self._copy(_ANY["copy_links"], [line for entry in new + back + differing for line in _link_lines(entry)])
        named = [entry for entry in new if entry.source_id is not None]
        await self._copy(_ANY["copy_source_records"], [_source_line(entry, self._source) for entry in named])
        await self._connection.execute(
            _ANY["add_change"], {**self._signature(self._author.change_id), "position": position}
        )
        for kind, entries in _by_kind(new + back + differing):
            self.written[kind] = len(entries)

    async def _lock(self, statement: str, entries: list[Entry]) -> int:
        """Lock the records, or their deletions; return the latest position among them."""
        latest = 0
        for kind, locked in _by_kind(entries):
            ids = [entry.id for entry in locked]
            cursor = await self._connection.execute(_SQL[kind][statement], ([_bucket(i) for i in ids], ids))
            rows = await cursor.fetchall()
            if len(rows) < len(ids) or any(self._seen.get(row[1], row[2]) != row[2] for row in rows):
                raise Overtaken  # one was deleted, restored or changed after it was looked at
            latest = max(latest, *map(itemgetter(0), rows))
        return latest

    async def _put(self, statement: str, entries: list[Entry], position: int) -> None:
        for kind, replaced in _by_kind(entries):
            ids = [entry.id for entry in replaced]
            documents, terms, labels = zip(*(parts(entry.line) for entry in replaced), strict=True)
            values = {
                "buckets": [_bucket(i) for i in ids],
                "ids": ids,
                "docs": list(documents),
                "terms": list(terms),
                "labels": list(labels),
                "at": self._author.at,
                "change": self._author.change_id,
                "position": position,
            }
            await self._connection.execute(_SQL[kind][statement], values)

    async def _copy_records(self, entries: list[Entry], position: int) -> None:
        change, at = self._author.change_id, self._author.at.isoformat()
        for kind, added in _by_kind(entries):
            lines = [f"{_bucket(entry.id)}\t{entry.id}\t{entry.line}{MARK}" for entry in added]
            await self._copy(_SQL[kind]["copy_records"], lines, end=f"\t1\t{change}\t{position}\t{at}\t{at}\n")
            lines = [f"{_bucket(entry.id)}\t{entry.id}{MARK}" for entry in added]
            await self._copy(_ANY["copy_feed"], lines, end=f"\t1\t{kind}\tcreate\t{change}\t{position}\n")

    async def _copy(self, statement: str, lines: list[str], *, end: str = "") -> None:
        if not lines:
            return
        data = "".join(lines)
        async with self._connection.cursor().copy(statement) as copy:
            await copy.write((data.replace(MARK, end) if end else data).encode())

    async def _note(self, entries: list[Entry], verb: str, outcome: str) -> None:
        for kind, noted in _by_kind(entries):
            entry = {
                "verb": verb,
                "kind": kind,
                "outcome": outcome,
                "shown": f"{{{','.join([each.id for each in noted])}}}",
            }
            await self._connection.execute(_ANY["add_trail"], {**self._signature(self._author.new_trail_id()), **entry})

    def _signature(self, identifier: UUID) -> dict[str, Any]:
        author = self._author
        return {
            "id": identifier,
            "at": author.at,
            "client": author.client_id,
            "person": author.person,
            "purpose": author.purpose,
            "source": self._source,
            "reason": author.reason,
            "request": author.request_id,
        }


class Settling:
    """The rows of a batch with the ids that their records really have."""

    def __init__(self, rows: Sequence[BulkRow], known: dict[tuple[str, str], str], once_held: set[str]) -> None:
        self._known = dict(known)
        self._once_held = once_held
        self._refused: list[tuple[int, str]] = []
        self.old: dict[str, Entry] = {}
        """The records that are held already, or were once, by id."""
        self.rows = [settled for row in rows if (settled := self._settle(row))]

    def decide(self, states: dict[str, str], missing: set[str]) -> list[BulkRow]:
        """Return the rows that can be loaded; the others are refused."""
        kept = []
        for row in self.rows:
            absent = [link.attribute for entry in row.entries for link in entry.links if link.target_id in missing]
            if absent:
                self._refused.append((row.number, f"{absent[0]} names a record that the inventory does not hold"))
            elif any(states.get(entry.id) == "absent" for entry in row.entries):
                self._refused.append((row.number, DELETED))
            else:
                kept.append(row)
        return kept

    def without(self, kept: list[BulkRow], refused: Mapping[int, str]) -> list[BulkRow]:
        """Return the rows without the refused ones, which are given by number with the reason."""
        self._refused += refused.items()
        return [row for row in kept if row.number not in refused]

    def outcome(self, kept: list[BulkRow], states: dict[str, str]) -> Outcome:
        """Count what became of the rows."""
        outcome = Outcome(refused=self._refused)
        for row in kept:
            found = [states.get(entry.id) for entry in row.entries]
            if found[0] in {None, "undone"}:
                outcome.created += 1
            elif all(state == "same" for state in found):
                outcome.unchanged += 1
            else:
                outcome.updated += 1
        return outcome

    def _settle(self, row: BulkRow) -> BulkRow | None:
        swaps: dict[str, str] = {}
        old: list[str] = []
        for entry in row.entries:
            for sought in entry.sought:
                found = self._known.get((sought.kind, sought.source_id))
                if found is None:
                    reason = f"names a {sought.kind} by an id that no row of this source had; import that one first"
                    self._refused.append((row.number, reason))
                    return None
                swaps[sought.placeholder] = found
            if entry.source_id is None:
                old += [entry.id] if entry.id in self._once_held else []
            elif known := self._known.get((entry.kind, entry.source_id)):
                swaps[entry.id] = known
                old.append(known)
        return self._enter(_swapped(row, swaps, set(old)) if swaps else row, old)

    def _enter(self, row: BulkRow, old: list[str]) -> BulkRow:
        for entry in row.entries:
            if entry.source_id is not None:
                self._known[entry.kind, entry.source_id] = entry.id  # for rows further down that seek it
            if entry.id in old:
                self.old[entry.id] = entry
        return row


def _entry_named(entry: Entry, kept: Mapping[str, Kept]) -> Entry:
    if not any(link.kinds for link in entry.links):
        return entry
    links = (_link_named(link, kept) if link.kinds else link for link in entry.links)
    return structs.replace(entry, links=tuple(link for link in links if link is not None))


def _link_named(link: BulkLink, kept: Mapping[str, Kept]) -> BulkLink | None:
    """The link with its kind; None when it leads nowhere, but for a strict one, which is then found to be missing."""
    kind = next((kind for kind in kept.get(link.target_id, ()) if kind in link.kinds), None)
    if kind is None and not link.strict:
        return None
    return structs.replace(link, target_kind=kind or link.kinds[0], kinds=())


def _swapped(row: BulkRow, swaps: dict[str, str], old: set[str]) -> BulkRow:
    """The row with real ids in place of proposed ones; what is new moves to the bucket of what it belongs to."""
    swaps = dict(swaps)
    first = row.entries[0]
    owner = next((swaps[sought.placeholder] for sought in first.sought), None) or swaps.get(first.id, first.id)
    for entry in row.entries:
        proposed = swaps.get(entry.id, entry.id)
        if proposed not in old and entry.source_id is not None:
            swaps[entry.id] = f"{proposed[:15]}{owner[15:18]}{proposed[18:]}"
    return BulkRow(row.number, tuple(_entry_swapped(entry, swaps) for entry in row.entries))


def _entry_swapped(entry: Entry, swaps: dict[str, str]) -> Entry:
    line = entry.line
    for proposed, real in swaps.items():
        line = line.replace(proposed, real)  # an id of ours is random: it stands for itself wherever it occurs
    links = tuple(
        BulkLink(link.attribute, swaps.get(link.target_id, link.target_id), link.target_kind, link.role, link.strict)
        for link in entry.links
    )
    identifier = swaps.get(entry.id, entry.id)
    return Entry(entry.kind, identifier, line, links, entry.source_id, (), entry.dated, entry.claims)


def _by_kind(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    kind = attrgetter("kind")
    return [(name, list(group)) for name, group in groupby(sorted(entries, key=kind), key=kind)]


def _bucket(identifier: str) -> int:
    return int(identifier[15:18], 16)


def _link_lines(entry: Entry) -> Iterable[str]:
    distinct = {(link.attribute, link.target_id, link.role): link for link in entry.links}.values()
    for link in distinct:
        columns = f"\t{entry.id}\t{copy_text(link.attribute)}\t{link.target_id}\t{copy_text(link.role)}\t"
        kinds = f"{entry.kind}\t{link.target_kind}\t{'t' if link.strict else 'f'}\n"
        for bucket in {_bucket(entry.id), _bucket(link.target_id)}:
            yield f"{bucket}{columns}{kinds}"


def _source_line(entry: Entry, source: str) -> str:
    source_id = entry.source_id or ""
    bucket = source_bucket(entry.kind, source, source_id)
    return f"{bucket}\t{entry.kind}\t{copy_text(source)}\t{copy_text(source_id)}\t{entry.id}\n"
