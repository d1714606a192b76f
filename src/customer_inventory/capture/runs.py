"""Import runs: a file goes in, batch by batch, every row accounted for, safe to be stopped and run again.

One process reads, others prepare, PostgreSQL loads: chunks flow through in the order of the file, a bounded number at a
time, so memory stays flat however long the file is.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from customer_inventory.access import Access
from customer_inventory.access.loading import Loading, last_run, loading, strictly_checked
from customer_inventory.access.specifying import settle
from customer_inventory.access.undoing import MOST_RECORDS
from customer_inventory.capture.mappings import Chosen
from customer_inventory.capture.preparing import Instructions, Prepared
from customer_inventory.capture.rejects import Rejects, rejects_path, source_name
from customer_inventory.capture.sources import Broken, Cells, Chunk, Source, open_source
from customer_inventory.capture.workers import Prepare, worker_count, workers
from customer_inventory.model import RESOURCES
from customer_inventory.repository.bulk import Loaded

ROWS_A_BATCH = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to import, and how."""

    path: Path
    format: str | None = None
    encoding: str | None = None
    source: str | None = None
    version: str | None = None
    """The version of the Open APIs in which documents come, where their hrefs do not tell."""
    dry: bool = False
    workers: int | None = None
    rows_a_batch: int = ROWS_A_BATCH


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of an import: rows = accepted + rejected, accepted = created + updated + unchanged."""

    file: str
    source: str
    dry_run: bool
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """How many rows were rejected for which reason."""
    warnings: Counter[str] = field(default_factory=Counter)
    """How many values were left out or kept as they were, and rows taken incomplete, for which reason."""
    rejected_file: str | None = None
    mapping_file: str | None = None
    unmapped_columns: tuple[str, ...] = ()

    def add(self, loaded: Loaded) -> None:
        """Count a batch in."""
        self.created += loaded.created
        self.updated += loaded.updated
        self.unchanged += loaded.unchanged
        self.accepted += loaded.accepted
        self.rows += loaded.accepted

    def reject(self, reason: str) -> None:
        """Count a rejected row."""
        self.rows += 1
        self.rejected += 1
        self.reasons[reason] += 1


Progress = Callable[[Report, float], None]
"""Told after every batch: the report so far, and the share of the file that was read (0 to 1)."""


async def import_file(
    access: Access, order: Order, *, chosen: Chosen, progress: Progress = lambda _report, _share: None
) -> Report:
    """Import a file by the mapping that was chosen for it.

    Raises UnreadableSource, Denied, ImportRunning, LoadContention and RepositoryUnavailable.
    """
    source = open_source(
        order.path, form=order.format, encoding=order.encoding or chosen.encoding, delimiter=chosen.delimiter
    )
    name = order.source or source_name(order.path)
    report = Report(
        file=str(order.path),
        source=name,
        dry_run=order.dry,
        mapping_file=str(chosen.path) if chosen.path else None,
        unmapped_columns=chosen.unmapped,
    )
    specified = await access.facilities.classes.by_name()
    instructions = await _instructions(access, order, chosen, source)
    kinds = {RESOURCES[record].kind for record in chosen.records}
    loaders = 2 if chosen.records else 1  # documents may refer to earlier ones, and go in one after the other
    async with loading(
        access,
        kinds=kinds,
        source=name,
        file_name=order.path.name,
        directory=str(order.path.resolve().parent),
        dry=order.dry,
        connections=loaders,
    ) as load:
        # Only now: an import that is refused must not touch the rejected rows of the one that runs.
        with Rejects(source, rejects_path(order.path, dry=order.dry)) as rejects:
            run = _Run(source, load, report, rejects, progress, loaders)
            async with workers(instructions, worker_count(source.size, order.workers)) as prepare:
                await run.carry_out(prepare, _rows_a_batch(order, chosen))
    report.rejected_file = str(rejects.path) if rejects.count else None
    if not order.dry:
        await settle(access, specified)
    return report


async def _instructions(access: Access, order: Order, chosen: Chosen, source: Source) -> Instructions:
    return Instructions(
        mapping=chosen.text,
        columns=tuple(source.columns),
        strict=strictly_checked(access),
        specifications=await access.facilities.classes.specifications(),
        at=access.facilities.clock(),
        version=order.version,
        catalogue=await access.facilities.catalogue.packed(),
        files=access.facilities.scanner is None,
    )


async def shared_source(access: Access, order: Order) -> str | None:
    """Return what to say when a file's source is named after it, as another file's was that was imported before.

    Raises RepositoryUnavailable.
    """
    name = source_name(order.path)
    last = await last_run(access, name) if order.source is None else None
    if last is None:
        return None
    file, directory = order.path.name.replace(".rejected.", "."), str(order.path.resolve().parent)
    if (last.file_name.replace(".rejected.", "."), last.directory or directory) == (file, directory):
        return None
    other = str(Path(last.directory or "", last.file_name))
    return (
        f"The source is called {name}, after the file, as was that of {other}, imported on "
        f"{last.at:%Y-%m-%d at %H:%M} UTC. Rows of the two with the same id are the same record. If this file is of "
        "another system, stop and name its source with --source."
    )


Rejected = tuple[int, Cells | bytes | Broken, str]
"""A row that is not taken: its number, what stands there, and why."""


@dataclass(slots=True)
class _Run:
    source: Source
    load: Loading
    report: Report
    rejects: Rejects
    progress: Progress
    loaders: int

    async def carry_out(self, prepare: Prepare, rows_a_batch: int) -> None:
        """Move every chunk from the file through preparation into the inventory."""
        try:
            async with asyncio.TaskGroup() as loads:
                await self._flow(prepare, rows_a_batch, loads)
        except BaseExceptionGroup as group:
            raise _first(group) from None

    async def _flow(self, prepare: Prepare, rows_a_batch: int, loads: asyncio.TaskGroup) -> None:
        underway: deque[tuple[Chunk, asyncio.Future[Prepared]]] = deque()
        turns = asyncio.Semaphore(self.loaders)
        for chunk in self.source.chunks(rows_a_batch):
            underway.append((chunk, prepare(chunk)))
            await asyncio.sleep(0)
            # What is prepared already waits for nothing.
            while underway and (underway[0][1].done() or len(underway) > self.loaders + 1):
                await self._send(underway.popleft(), turns, loads)
        while underway:
            await self._send(underway.popleft(), turns, loads)

    async def _send(
        self, step: tuple[Chunk, asyncio.Future[Prepared]], turns: asyncio.Semaphore, loads: asyncio.TaskGroup
    ) -> None:
        chunk, preparing = step
        prepared = await preparing
        refused: list[Rejected] = [(number, row, row.reason) for number, row in chunk.broken]
        refused += [(number, chunk.row(number), reason) for number, reason in prepared.refused]
        repeats = await self._repeats(prepared)
        refused += [(number, chunk.row(number), f"has the same id as row {first}") for number, first in repeats.items()]
        prepared.rows = [row for row in prepared.rows if row.number not in repeats] if repeats else prepared.rows
        self.report.warnings.update(prepared.warnings)
        await turns.acquire()
        loads.create_task(self._load(chunk, prepared, refused, turns))

    async def _repeats(self, prepared: Prepared) -> dict[int, int]:
        keys = [f"{row.entries[0].kind} {row.entries[0].source_id or row.entries[0].id}" for row in prepared.rows]
        return await self.load.repeated(keys, [row.number for row in prepared.rows]) if keys else {}

    async def _load(
        self,
        chunk: Chunk,
        prepared: Prepared,
        refused: list[Rejected],
        turns: asyncio.Semaphore,
    ) -> None:
        try:
            loaded = await self.load.load(prepared.rows, rejected=len(refused))
        finally:
            turns.release()
        refused += [(number, chunk.row(number), reason) for number, reason in loaded.refused]
        for number, row, reason in sorted(refused, key=lambda one: one[0]):
            self.rejects.add(number, row, reason)
            self.report.reject(_kind_of(reason))
        self.report.add(loaded)
        self.progress(self.report, self.source.position / max(self.source.size, 1))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended the run: the others in the group are only what it stopped."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _kind_of(reason: str) -> str:
    """A reason without the row number in it, so that equal ones are counted together."""
    return "has the same id as an earlier row" if reason.startswith("has the same id as row") else reason


def _rows_a_batch(order: Order, chosen: Chosen) -> int:
    """As many rows as asked for, but no more than make a change that can be undone."""
    return min(order.rows_a_batch, MOST_RECORDS // max(1, len(chosen.records)))
