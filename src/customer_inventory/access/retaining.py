"""Retaining: what is past its retention is erased as `privacy erase` does it, unless something keeps it; shown first.

What keeps a record: what belongs to it and is to be kept longer, agreements in force and open accounts, a legal hold, a
restriction, or an open privacy request of its party. All of that is asked again within the transaction that erases.
Whoever carries it out must be granted `delete` on the kinds; the trail names each erasure.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from customer_inventory.access.access import Access
from customer_inventory.access.desk import Desk
from customer_inventory.access.erasing import erase_records
from customer_inventory.access.holding import OnHold, StillRestricted, obligations
from customer_inventory.access.removing import finish_removal, look, register_durably, require_free
from customer_inventory.access.retention import Kept, Rule, before, due_of, jsonpaths, rule_of
from customer_inventory.access.sparing import above, require_spared_by_none
from customer_inventory.access.subjects import Subject, belonging
from customer_inventory.access.value_rules import rule_from, value_rules
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.model.belonging import PARTIES, ROLES
from customer_inventory.model.places import place
from customer_inventory.repository.erasing import ErasureWork
from customer_inventory.repository.erasures import Erasure, Removal
from customer_inventory.repository.kinds import KINDS

A_BATCH = 50
A_NIGHT = 10_000
"""So many records a server erases in a night at most."""
HOUR = 2
MOST_NAMED = 1000
_A_PAGE = 500
_FIRST = str(UUID(int=0))
_ORDERED = (*PARTIES, *ROLES, *(kind for kind in KINDS if kind not in {*ROLES, *PARTIES}))
_log = structlog.get_logger(__name__)


class RetentionRunning(InventoryError):
    """Somebody carries out the retention already.

    Wait until that is done; of several servers one does it.
    """

    code = "retention-running"
    failure = Failure.CONFLICT


@dataclass(slots=True)
class Found:
    """What was found of one kind: its rule, how many are past, since when the first, what keeps how many, erasures.

    `uncounted` are those of which nothing says from when on, such as people whose contract is in force. With an
    `attribute` it is about the values of that alone, out of records that stay; `ids` are of those with a value to go,
    the first `MOST_NAMED`.
    """

    rule: Rule
    attribute: str = ""
    past: int = 0
    uncounted: int = 0
    oldest: datetime | None = None
    kept: Counter[str] = field(default_factory=Counter)
    erased: int = 0
    ids: list[str] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)

    @property
    def to_erase(self) -> int:
        """How many are to be erased, or were."""
        return self.past - self.kept.total()


async def rules(access: Access) -> dict[str, Rule]:
    """Return the retention of each kind that has one: of parties first, which go whole, then of roles and of things.

    A contract that went before its party would take along the day from which the party's time is counted.
    """
    found = {}
    for kind in _ORDERED:
        requirements = await access.facilities.catalogue.requirements(KINDS[kind].name)
        rule = rule_of(KINDS[kind], requirements.values())
        if rule is not None:
            found[kind] = rule
    return found


async def removals(access: Access) -> list[Removal]:
    """Return the retention of values that go alone, out of records that stay, of every kind."""
    found = []
    for kind in _ORDERED:
        requirements = await access.facilities.catalogue.requirements(KINDS[kind].name)
        found += value_rules(KINDS[kind], requirements.values())
    return found


async def retain(
    access: Access,
    *,
    register: Path | None = None,
    most: int | None = None,
    told: Callable[[Found], None] = lambda _: None,
) -> list[Found]:
    """Find what is past its retention, kind by kind, then the values that go alone, attribute by attribute.

    With `register`, erase it too, at most so many records, those that lose a value included. Raises Denied,
    RetentionRunning, and what erasing raises.
    """
    known, alone = await rules(access), await removals(access)
    for kind in {**known, **{each.kind: None for each in alone}}:
        await access.require("delete", kind)
    results = []
    left = most
    async with access.facilities.repository.erasing.working() as work:
        if register is not None and not await work.alone():
            raise RetentionRunning
        for rule in known.values():
            one = _Retaining(access, work, known, Found(rule), register)
            await one.run(most=left)
            left = None if left is None else max(0, left - one.found.erased)
            results.append(one.found)
            told(one.found)
        for removal in alone:
            values = _Values(access, work, removal, register)
            await values.run(most=left)
            left = None if left is None else max(0, left - values.found.erased)
            results.append(values.found)
            told(values.found)
    await access.note("erase", "retention", "unchanged" if register is None else "done", ())
    return results


@asynccontextmanager
async def retaining_nightly(desk: Desk, *, register: Path, first_in_s: float | None = None) -> AsyncIterator[None]:
    """Carry the retention out every night while the block lasts: at most `A_NIGHT` records, of several servers once.

    `first_in_s` is in how many seconds the first time is; at `HOUR` in UTC when not given.
    """
    task = asyncio.create_task(_retain_for_ever(desk, register, first_in_s), name="retain")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _retain_for_ever(desk: Desk, register: Path, first_in_s: float | None) -> None:
    waits = _until_night(desk.clock()) if first_in_s is None else first_in_s
    while True:
        await asyncio.sleep(waits)
        try:
            access = await desk.open_for_housekeeping(request_id=f"retention-{desk.clock():%Y%m%d}")
            found = await retain(access, register=register, most=A_NIGHT)
            numbers = {each.rule.kind: each.erased for each in found if each.erased and not each.attribute}
            values = sum(each.erased for each in found if each.attribute)
            _log.info("retention.done", kept=sum(each.kept.total() for each in found), values=values, **numbers)
        except InventoryError as error:
            _log.warning("retention.failed", code=error.code)
        waits = _until_night(desk.clock())


def _until_night(now: datetime) -> float:
    night = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return ((night if night > now else night + timedelta(days=1)) - now).total_seconds()


class _Retaining:
    """The retention of one kind under way; `register` is that of erasures, None where nothing is to be erased."""

    def __init__(
        self, access: Access, work: ErasureWork, known: Mapping[str, Rule], found: Found, register: Path | None
    ) -> None:
        self.found = found
        self._access = access
        self._work = work
        self._known = known
        self._register = register

    async def run(self, *, most: int | None) -> None:
        """Look at every record of the kind that may be past, and erase what is, batch by batch."""
        waiting: list[str] = []
        async for identifier in self._candidates():
            if await self._is_to_go(identifier):
                waiting.append(identifier)
            full = len(waiting) >= (A_BATCH if most is None else min(A_BATCH, most - self.found.erased))
            if self._register is not None and full and waiting:
                await self._erase(waiting, self._register)
                waiting = []
            if self._register is not None and most is not None and self.found.erased >= most:
                return
        if self._register is not None and waiting:
            await self._erase(waiting, self._register)

    async def _candidates(self) -> AsyncIterator[str]:
        rule = self.found.rule
        if not rule.counted_from:
            return
        paths, at = jsonpaths(rule), self._access.facilities.clock()
        narrowed = bool(paths) or rule.counted_from == ("lastChange",)
        bound = before(at, rule.period) if narrowed else None
        last = _FIRST
        while page := await self._work.candidates(rule.kind, after=last, limit=_A_PAGE, paths=paths, before=bound):
            for identifier in page:
                yield identifier
            last = page[-1]

    async def _is_to_go(self, identifier: str) -> bool:
        """Count a record if it is past its retention; tell whether it is to be erased."""
        found = await belonging(self._work, {identifier: self.found.rule.kind})
        try:
            due = self._past(identifier, found)
        except Kept:
            self.found.uncounted += 1
            return False
        if due is None:
            return False
        self.found.past += 1
        self.found.oldest = min(self.found.oldest or due, due)
        try:
            await self._require_free(identifier, found)
        except Kept as kept:
            self.found.kept[str(kept)] += 1
            return False
        return True

    def _past(self, identifier: str, found: Subject) -> datetime | None:
        """Since when a record itself is past its retention, None where it is not. Raises Kept."""
        versions = found.versions.get(identifier)
        if not versions or not versions[-1].current:
            return None
        now = self._access.facilities.clock()
        due = due_of(self.found.rule, versions[-1], found, now=now)
        return due if due <= now else None

    async def _require_free(self, identifier: str, found: Subject) -> None:
        """Return if nothing keeps a record that is past its retention. Raises Kept with the ground."""
        now = self._access.facilities.clock()
        for each, kind in found.kinds.items():
            versions, rule = found.versions.get(each), self._known.get(kind)
            if each == identifier or not versions or not versions[-1].current or rule is None:
                continue
            if due_of(rule, versions[-1], found, now=now) > now:
                raise Kept(f"{KINDS[kind].name} that belongs to it is kept longer")
        for ground in obligations(self._access, found).values():
            raise Kept(ground)
        await require_spared_by_none(self._access, self._work, await above(self._work, found))

    async def _erase(self, waiting: list[str], register: Path) -> None:
        """Erase records; those that are kept by now are left out."""
        rule, batch = self.found.rule, dict.fromkeys(waiting, self.found.rule.kind)
        subjects = [await belonging(self._work, {each: rule.kind}) for each in batch]
        watched = {each: None for one in subjects for each in await above(self._work, one)}
        ground = f"retention of {KINDS[rule.kind].name}: {rule.period} from {rule.trigger}"

        async def still() -> None:
            for each in batch:
                found = await belonging(self._work, {each: rule.kind})
                if found.versions and self._past(each, found) is None:
                    raise Kept("it was changed meanwhile")
                await self._require_free(each, found)

        try:
            receipt = await erase_records(
                self._access, self._work, batch, ground=ground, register=register, watched=watched, still=still
            )
        except (Kept, OnHold, StillRestricted) as error:
            if len(waiting) > 1:
                for each in waiting:
                    await self._erase([each], register)
            else:
                self.found.kept[str(error)] += 1
            return
        self.found.erased += len(waiting)
        self.found.receipts.append(receipt.id)


class _Values:
    """The retention of the values of one attribute under way, as `_Retaining` is of records."""

    def __init__(self, access: Access, work: ErasureWork, removal: Removal, register: Path | None) -> None:
        self.found = Found(rule_from(removal), removal.attribute)
        self._access = access
        self._work = work
        self._removal = removal
        self._register = register

    async def run(self, *, most: int | None) -> None:
        """Look at every record that has or had a value, and take what is past out of it, batch by batch."""
        path = "$" + "".join(f'."{step}"' for step in place(self._removal.attribute).path.split("."))
        last = _FIRST
        while page := await self._work.having(self._removal.kind, path, after=last, limit=_A_PAGE):
            last = page[-1]
            waiting = await self._to_go(page)
            while waiting and self._register is not None:
                room = len(waiting) if most is None else most - self.found.erased
                batch, waiting = waiting[: min(A_BATCH, room)], waiting[A_BATCH:]
                if not batch:
                    return
                await self._remove(batch, self._register)

    async def _to_go(self, ids: Sequence[str]) -> list[str]:
        """Count the records with something past; return those out of which it is to go."""
        now, waiting = self._access.facilities.clock(), []
        for identifier, versions in (await self._work.versions(self._removal.kind, ids)).items():
            looked = await look(self._work, self._removal, identifier, versions, now=now)
            self.found.uncounted += looked.uncounted
            if not looked.changed:
                continue
            self.found.past += 1
            self.found.oldest = min(each for each in (self.found.oldest, looked.oldest) if each is not None)
            try:
                await require_free(self._access, self._work, self._removal.kind, identifier)
            except Kept as kept:
                self.found.kept[str(kept)] += 1
                continue
            self.found.ids += [identifier] if len(self.found.ids) < MOST_NAMED else []
            waiting.append(identifier)
        return waiting

    async def _remove(self, batch: Sequence[str], register: Path) -> None:
        """Take what is past out of records; those that are kept by now are left."""
        rule, access = self._removal, self._access
        at, randomness, who = access.facilities.clock(), access.facilities.randomness, access.principal
        identifier = new_id(bucket=draw_bucket(randomness), at=at, randomness=randomness)
        named = f"{KINDS[rule.kind].name}.{rule.attribute}"
        ground = f"retention of {named}: {rule.period} from {rule.trigger}"
        records = tuple((rule.kind, UUID(each)) for each in batch)
        erasure = Erasure(identifier, at, who.client_id, who.person, ground, records, rule)
        await register_durably(access, register, erasure)
        kept = await finish_removal(access, self._work, erasure, rule, heeding=True)
        self.found.kept.update(kept.values())
        self.found.erased += len(batch) - len(kept)
        self.found.receipts.append(str(identifier))
