"""Loading: a bulk load through the desk. Whoever loads must be granted `create` and `update` on what is loaded.

`update` because a source's row replaces what the record held (eTOM 1.3.16: update, as against modify). The trail
entries of a batch name every record that it wrote or compared, and are part of the batch's own transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from customer_inventory.access.access import Access
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.model import RESOURCES
from customer_inventory.repository.bulk import Bulk, BulkLoad, LastRun, Loaded, Run
from customer_inventory.repository.bulk_batch import BatchAuthor
from customer_inventory.repository.bulk_rows import BulkRow

VERBS = ("create", "update")


@dataclass(slots=True)
class Loading:
    """One load under way, on behalf of one access."""

    run_id: UUID
    _access: Access
    _load: BulkLoad
    _allowed: set[str] = field(default_factory=set)

    async def allow(self, kinds: Iterable[str]) -> None:
        """Return when the access may load these kinds. Raises Denied."""
        for kind in sorted(set(kinds) - self._allowed):
            for verb in VERBS:
                await self._access.require_every(verb, kind)
            self._allowed.add(kind)

    async def repeated(self, keys: Sequence[str], numbers: Sequence[int]) -> dict[int, int]:
        """Return, for each row number whose key an earlier row had, the number of that row."""
        return await self._load.repeated(keys, numbers)

    async def load(self, rows: Sequence[BulkRow], *, rejected: int = 0) -> Loaded:
        """Load rows as one change; `rejected` is how many rows of the source are accounted for with them.

        Raises Denied and LoadContention.
        """
        await self.allow({entry.kind for row in rows for entry in row.entries})
        return await self._load.load(rows, author=self._author, rejected=rejected)

    def _author(self) -> BatchAuthor:
        access = self._access
        return BatchAuthor(
            change_id=_new_id(access),
            at=access.facilities.clock(),
            client_id=access.principal.client_id,
            person=access.principal.person,
            purpose=access.purpose,
            request_id=access.request_id,
            reason=access.reason,
            new_trail_id=lambda: _new_id(access),
        )


async def last_run(access: Access, source: str) -> LastRun | None:
    """Return the last import of a source, or None when it was never imported. Raises RepositoryUnavailable."""
    return await Bulk(access.facilities.repository.conninfo).last_run(source)


@asynccontextmanager
async def loading(
    access: Access,
    *,
    kinds: Iterable[str],
    source: str,
    file_name: str,
    directory: str | None = None,
    dry: bool = False,
    connections: int = 2,
) -> AsyncIterator[Loading]:
    """Hold a source for a load of these kinds; the run is finished when the block ends, failed when it raises.

    `file_name` and `directory` say later where the rows came from; `dry` undoes every batch. Raises Denied,
    ImportRunning and RepositoryUnavailable.
    """
    clock = access.facilities.clock
    started_by = access.principal.person or access.principal.client_id
    run = Run(
        id=_new_id(access), file_name=file_name, directory=directory, source=source, started_by=started_by, dry=dry
    )
    bulk = Bulk(access.facilities.repository.conninfo)
    async with bulk.loading(run, at=clock(), connections=connections) as load:
        opened = Loading(run.id, access, load)
        try:
            await opened.allow(kinds)
            yield opened
        except BaseException:
            await load.end(at=clock(), status="failed")
            raise
        await load.end(at=clock(), status="finished")


def strictly_checked(access: Access) -> dict[str, frozenset[str]]:
    """Return, by resource name, the reference attributes that must name a record that is held."""
    return {name: access.facilities.reference_checks.with_check(name, "strict") for name in RESOURCES}


def _new_id(access: Access) -> UUID:
    randomness = access.facilities.randomness
    return new_id(bucket=draw_bucket(randomness), at=access.facilities.clock(), randomness=randomness)
