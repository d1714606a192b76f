"""Making: the records of a download are read through the window of its client's grants into a file.

What may be seen is decided by the same window as that of reads. The trail names every record, and amounts are spent,
before anybody can have the file; where they do not suffice nothing is spent and there is no file.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import IO, Protocol

from customer_inventory.access.access import Access
from customer_inventory.access.clients import COMMAND_LINE, CONSOLE, InvalidClient
from customer_inventory.access.desk import Desk
from customer_inventory.access.downloads.anonymising import NotAnonymous
from customer_inventory.access.downloads.fetching import Basis
from customer_inventory.access.downloads.previewing import MANY, Sought, asked_lately, sensitive_now, sensitive_reasons
from customer_inventory.access.policy import Grant
from customer_inventory.access.window import Window
from customer_inventory.ids import draw_key
from customer_inventory.repository.bulk_out import Moment, records_out
from customer_inventory.repository.download_files import Digesting
from customer_inventory.repository.downloads import DownloadRow, Downloads, Made
from customer_inventory.repository.records import Record

IDS_A_PART = 5000
_KEY_BITS = 256


class NeedsApproval(Exception):
    """Somebody must approve a download that was not approved for these reasons."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__()
        self.reasons = list(reasons)


class NotToBeMade(Exception):
    """The file is not to be made any more: it was cancelled, or what it holds is being erased."""


@dataclass(frozen=True, slots=True)
class Anonymised:
    """What an anonymised file holds: how many rows, how many of them are alike at least, how many were left out."""

    rows: int
    smallest_class: int
    left_out: int


class Sink(Protocol):
    """What brings records into a file in a format."""

    columns: list[str] | None
    anonymised: Anonymised | None

    def add(self, records: Sequence[Record]) -> None:
        """Write records, as they are shown. Raises OSError."""

    def close(self) -> None:
        """Write what ends the file. Raises OSError."""

    def abandon(self) -> None:
        """Let go of a file that nobody wants any more."""


Opening = Callable[[Digesting], Sink]
Verify = Callable[[IO[bytes]], tuple[int, int]]
"""Reads a file that was made: how many rows it has, and how many of them are alike at least."""


async def reopened(desk: Desk, row: DownloadRow) -> Access:
    """Open the access of whoever asked for a download, by what is granted now. Raises as `Desk.open_for_client`."""
    if row.client_id == COMMAND_LINE:
        person = row.person or row.client_id
        return await desk.open_at_command_line(person=person, purpose=row.purpose, request_id=row.request_id)
    if row.client_id == CONSOLE:
        person_now = await desk.repository.people.person_by_login(row.person or "")
        if person_now is None or person_now.status != "active":
            raise InvalidClient("Who asked for the download may not sign in any more.")
        return await desk.open_for_person(person_now, request_id=row.request_id)
    return await desk.open_for_client(row.client_id, purpose=row.purpose, request_id=row.request_id)


async def make(
    access: Access, row: DownloadRow, sought: Sought, opening: Opening, verify: Verify | None = None
) -> Made:
    """Make the file of a download, `verify` it as it lies there, and tell of it in the trail.

    Raises NeedsApproval, NotToBeMade, Denied, MaskedAttribute, AllowanceSpent, RepositoryUnavailable and OSError.
    """
    await access.require("download", row.kind)
    window = await access.window(row.kind, "download")
    taken_at, one = access.facilities.clock(), await _Making.of(access, row, window)
    await _agreed(access, row, window, sought)
    with access.facilities.downloads.files.writing(row) as file:
        sink = opening(file)
        try:
            async with aclosing(shown_records(access, window, sought, one.moment, one.consenting)) as chunks:
                async for records in chunks:
                    await one.add([each.id for each in records])
                    sink.add(records)
            await one.keep_part()
        except BaseException:
            sink.abandon()
            raise
        await asyncio.to_thread(sink.close)  # of a sheet it is most of the work
    anonymised = await _verified(access, row, verify, sink.anonymised, k=sought.wanted.k)
    await one.tell()
    rules, now = access.facilities.downloads, access.facilities.clock()
    return Made(
        at=now,
        expires_at=now + rules.keep,
        number=anonymised.rows if anonymised else one.number,
        size=file.size,
        sha256=file.sha256,
        columns=sink.columns,
        taken_at=taken_at,
        position=one.moment.position,
        granted=one.basis.digest,
        smallest_class=anonymised.smallest_class if anonymised else None,
        left_out=anonymised.left_out if anonymised else None,
    )


async def _verified(
    access: Access, row: DownloadRow, verify: Verify | None, promised: Anonymised | None, *, k: int
) -> Anonymised | None:
    """What an anonymised file is, once it was read again and found to be so. Raises NotAnonymous."""
    if verify is None or promised is None:
        return promised
    file = await access.facilities.downloads.files.opened(row)
    if file is None:
        raise NotAnonymous
    with file:
        rows, smallest = await asyncio.to_thread(verify, file)
    if rows != promised.rows or smallest < k:
        raise NotAnonymous
    return replace(promised, smallest_class=smallest)


async def shown_records(
    access: Access, window: Window | None, sought: Sought, moment: Moment, consenting: set[str]
) -> AsyncGenerator[list[Record], None]:
    """Yield the records of a query as far as they may be seen through a window, some at a time, of one moment.

    Those to whose use is consented, where that is asked, are put into `consenting`.
    """
    repository, kind = access.facilities.repository, sought.resource.kind
    shuffle = _shuffle(access) if sought.protected is not None else None
    query = access.free([kind], window.narrowed(sought.query) if window is not None else sought.query)
    resource = await repository.served.resource(kind)
    async with aclosing(records_out(repository.conninfo, resource, query, moment, shuffle=shuffle)) as chunks:
        async for records in chunks:
            if window is None:
                yield records
                continue
            seen = await access.looking_at(window, [each.id for each in records])
            consenting |= seen.consenting
            pairs = [(each, seen.shown(each.id, each.document)) for each in records]
            # What nothing may be seen of by now (a consent that was just withdrawn) is left out.
            yield [each._replace(document=shown) for each, shown in pairs if shown is not None]


def _shuffle(access: Access) -> bytes:
    """A key of this one file: in an order that came again, a row would be of the same customer in every file."""
    return draw_key(_KEY_BITS, access.facilities.randomness)


async def _agreed(access: Access, row: DownloadRow, window: Window | None, sought: Sought) -> None:
    """Return if everything was approved that needs to be, by what is granted and classified now."""
    open_ = await sensitive_reasons(access, window, sought) - set(row.approved)
    if open_:
        raise NeedsApproval(sorted({*row.reasons, *open_}))


@dataclass(slots=True)
class _Making:
    """A file that is being made: how many records it has, and which, and how many were asked for before."""

    access: Access
    row: DownloadRow
    basis: Basis
    number: int = 0
    before: int = 0
    parts: int = 0
    moment: Moment = field(default_factory=Moment)
    ids: list[str] = field(default_factory=list)
    by_consent: bool = False
    consenting: set[str] = field(default_factory=set)

    @classmethod
    async def of(cls, access: Access, row: DownloadRow, window: Window | None) -> _Making:
        """Begin with what is granted, what is sensitive and how much was asked for."""
        basis = Basis(access, row.kind, await sensitive_now(access, row))
        before = await asked_lately(access, row.kind, besides=row)
        by_consent = window is not None and window.by_consent
        return cls(access, row, basis, before=before, by_consent=by_consent)

    async def add(self, ids: Sequence[str]) -> None:
        """Count records and keep which they are."""
        self.number += len(ids)
        self.ids += ids
        if self.before + self.number > self.access.facilities.downloads.threshold and MANY not in self.row.approved:
            raise NeedsApproval(sorted({*self.row.reasons, MANY}))
        if len(self.ids) >= IDS_A_PART:
            await self.keep_part()

    async def keep_part(self) -> None:
        """Keep which records came last."""
        ids, self.ids = self.ids, []
        if ids and not await self._downloads.add_part(self.row, self.parts, ids):
            raise NotToBeMade
        if ids and self.by_consent:
            self.basis.add(self.consenting.intersection(ids))
            self.consenting.clear()
        self.parts += bool(ids)

    async def tell(self) -> None:
        """Spend what the records cost, at once or not at all, then let the trail name them."""
        kind = self.row.kind
        await self.access.spend_shown("download", kind, self.number, await self._tally())
        for number in range(self.parts):
            ids = await self._downloads.part(self.row.id, number)
            await self.access.enter("download", kind, "shown", tuple(ids))
        if not self.parts:
            await self.access.enter("download", kind, "shown", ())

    async def _tally(self) -> Mapping[Grant, int]:
        """How many of the records count on which grants."""
        kind = self.row.kind
        if self.access.principal.metered("download", kind) is None or not self.parts:
            return await self.access.tally("download", kind, ())
        found = Counter[Grant]()
        for number in range(self.parts):
            found.update(await self.access.tally("download", kind, await self._downloads.part(self.row.id, number)))
        return found

    @property
    def _downloads(self) -> Downloads:
        return self.access.facilities.repository.register.downloads
