"""Erasing a subject: a plan that says what would go, and the same again for good, finished whatever happens.

Whoever erases must be granted `delete` on every kind that goes and `modify` on what only loses references. Whom it
was is registered by record ids before anything goes, in the database and in a file beside it: a start after a crash
finishes what was begun, and a restore of an older backup erases again before anybody gets in. GDPR articles 17, 19.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.access.desk import Desk
from customer_inventory.access.downloads.forgetting import forget_asked
from customer_inventory.access.downloads.keeping import tidy_files
from customer_inventory.access.forgetting import forget_listening
from customer_inventory.access.holding import OnHold, StillObliged, StillRestricted, obligations
from customer_inventory.access.removing import finish_removal, register_durably
from customer_inventory.access.sealing.destroying import erased
from customer_inventory.access.subjects import Subject, belonging, subject
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.model import terms
from customer_inventory.model.forgetting import identifying, names_ever, names_of, without, written
from customer_inventory.repository.erasing import ErasureWork, HiddenEntry, Version
from customer_inventory.repository.erasures import RECEIVED_EVENT, Erasure, Receipt
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.records import Authorship, Draft

ERASURE = "erasure"
"""What the trail calls an erasure, by whose id alone it is told."""
_PASSES = 10

Register = Callable[[Erasure], Awaitable[None]]
Still = Callable[[], Awaitable[None]]
"""Asked in the transaction of an erasure; raises where it is not to be done any more."""


@dataclass(slots=True)
class Plan:
    """What an erasure takes: rows by table, records of others that lose references, by kind, and doubtful events.

    `party` is whom it is about; `doubtful` are events of others that have the subject's name and nothing else that
    tells whose they are; `held`, `restricted` and `obliged` the grounds on which it is not to be done now, the last by
    kind and id.
    """

    party: UUID | None = None
    records: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    restricted: list[str] = field(default_factory=list)
    obliged: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, rows: Mapping[str, int]) -> None:
        """Count rows."""
        for table, number in rows.items():
            self.rows[table] = self.rows.get(table, 0) + number


async def plan(access: Access, identifier: UUID, *, events: Collection[UUID] = ()) -> Plan:
    """Return what an erasure of a subject would take: all of it is done, and undone again.

    Raises NoSubject, Denied and WriteContention.
    """
    async with access.facilities.repository.erasing.working() as work:
        found = await _granted(access, work, identifier)
        one = _Erasing(access, work, _erasure(access, "", found.kinds, events), None)
        await one.records(keep=False)
        one.plan.add({"trail": await work.number_of_entries(found.kinds)})
        one.plan.party = UUID(found.root)
        one.plan.held = [each.ground for each in await access.facilities.repository.erasures.holds.holds(found.ever)]
        one.plan.restricted = await work.restricted(found.ever)
        one.plan.obliged = obligations(access, found)
    await access.note("erase", ERASURE, "unchanged", ())
    return one.plan


async def erase(
    access: Access,
    identifier: UUID,
    *,
    ground: str,
    register: Path,
    events: Collection[UUID] = (),
    despite_obligations: bool = False,
) -> Receipt:
    """Erase a subject for good, with the events of others that are named; return the receipt.

    Raises OnHold, StillRestricted, StillObliged unless it is to be done `despite_obligations`, NoSubject, Denied,
    RegisterUnusable, WriteContention and RepositoryUnavailable.
    """
    async with access.facilities.repository.erasing.working() as work:
        found = await _granted(access, work, identifier)
        await _refuse_if_kept(access, work, found, despite_obligations=despite_obligations)
        erasure = _erasure(access, ground, found.kinds, events)
        return await _finish(access, work, erasure, register, heeding_holds=True)


async def erase_records(
    access: Access,
    work: ErasureWork,
    records: Mapping[str, str],
    *,
    ground: str,
    register: Path,
    watched: Collection[str],
    still: Still,
) -> Receipt:
    """Erase records, the kind of each by its id, with what belongs to them, for good; return the receipt.

    `still` is asked within the transaction and raises where they are not to be erased any more; holds and restrictions
    are heeded of what is erased and of the parties `watched`. Raises what `erase` does, but for obligations.
    """
    for kind in sorted(set(records.values())):
        await access.require("delete", kind)
    erasure = _erasure(access, ground, records, ())
    return await _finish(access, work, erasure, register, heeding_holds=True, watched=watched, still=still)


async def finish_erasures(desk: Desk, *, register: Path) -> list[Receipt]:
    """Finish every erasure that was begun, or that a restored backup did not know; return their receipts.

    To be called before anybody gets in. Raises RepositoryUnavailable, WriteContention and RegisterUnusable.
    """
    receipts = []
    for erasure in await desk.repository.erasures.unfinished():
        access = await desk.open_for_housekeeping(request_id=f"erasure-{erasure.id}")
        async with desk.repository.erasing.working() as work:
            if erasure.removal is None:
                receipts.append(await _finish(access, work, erasure, register))
            else:
                await finish_removal(access, work, erasure, erasure.removal, heeding=False)
                receipts += await desk.repository.erasures.receipts(erasure.id)
    return receipts


async def hide_in_trail(desk: Desk) -> int:
    """Take the ids of everybody erased out of entries that came into the trail since; return out of how many."""
    number = 0
    async with desk.repository.erasing.working() as work:
        for erasure in await desk.repository.erasures.registered():
            if erasure.removal is not None:
                continue  # its records are there, and who saw them is told as of any other
            number += await _hide(work, erasure)
    return number


async def _granted(access: Access, work: ErasureWork, identifier: UUID) -> Subject:
    found = await subject(work, identifier)
    for kind in sorted({*found.kinds.values()}):
        await access.require("delete", kind)
    for kind in sorted({kind for kind, _ in found.others}):
        await access.require("modify", kind)
    return found


async def _refuse_if_kept(access: Access, work: ErasureWork, found: Subject, *, despite_obligations: bool) -> None:
    """Raise OnHold, StillRestricted or StillObliged, with the grounds, once the refusal is in the trail."""
    held = await access.facilities.repository.erasures.holds.holds(found.ever)
    restricted = await work.restricted(found.ever)
    obliged = (
        []
        if despite_obligations
        else [f"{each} ({kind} {of})" for (kind, of), each in obligations(access, found).items()]
    )
    if held or restricted or obliged:
        await access.note("erase", ERASURE, "refused", (found.root,))
    if held:
        raise OnHold(f"The subject is under a legal hold: {'; '.join(each.ground for each in held)}.")
    if restricted:
        raise StillRestricted(f"The use of the subject's records is restricted: {'; '.join(restricted)}.")
    if obliged:
        raise StillObliged(
            f"What is in force keeps the subject from being erased: {'; '.join(obliged[:5])}. End it first, or say "
            "--despite-obligations."
        )


def _erasure(access: Access, ground: str, records: Mapping[str, str], events: Collection[UUID]) -> Erasure:
    at, who = access.facilities.clock(), access.principal
    identifier = new_id(
        bucket=draw_bucket(access.facilities.randomness), at=at, randomness=access.facilities.randomness
    )
    named = [*((kind, UUID(each)) for each, kind in records.items()), *((RECEIVED_EVENT, each) for each in events)]
    return Erasure(identifier, at, who.client_id, who.person, ground, tuple(named))


async def _finish(
    access: Access,
    work: ErasureWork,
    erasure: Erasure,
    register: Path,
    *,
    heeding_holds: bool = False,
    watched: Collection[str] = (),
    still: Still | None = None,
) -> Receipt:
    """Do what is left of an erasure, and note it as done. Raises OnHold if holds are heeded."""
    one = _Erasing(access, work, erasure, partial(register_durably, access, register), heeding_holds=heeding_holds)
    one.watched, one.still = watched, still
    for _ in range(_PASSES):
        if not await one.records(keep=True):
            break
        one.begun = True
    await _hide(work, one.erasure)
    await access.note("erase", ERASURE, "done", (str(erasure.id),))
    erasures = access.facilities.repository.erasures
    await erasures.finish(erasure.id, at=access.facilities.clock())
    (receipt,) = await erasures.receipts(erasure.id)
    return receipt


async def _hide(work: ErasureWork, erasure: Erasure) -> int:
    ids = [str(each) for kind, each in erasure.records if kind != RECEIVED_EVENT]
    number = 0
    while ids and (hidden := await work.hide(ids, _remains, erasure=erasure.id)):
        number += hidden
    return number


def _remains(entry: HiddenEntry, gone: Collection[bytes]) -> bytes:
    return erased(entry.record_ids, entry.seed, entry.remains, gone)


class _Erasing:
    """One erasure under way; `register` makes durable whom it takes, None when nothing is to be kept.

    Holds are heeded by what is begun; what was begun once, or done before a restore, is done whatever came since.
    """

    def __init__(
        self,
        access: Access,
        work: ErasureWork,
        erasure: Erasure,
        register: Register | None,
        *,
        heeding_holds: bool = False,
    ) -> None:
        self.erasure = erasure
        self.plan = Plan()
        self.watched: Collection[str] = ()
        self.still: Still | None = None
        self.begun = not heeding_holds
        self._access = access
        self._work = work
        self._register = register
        self._files: list[tuple[int, str]] = []
        # Kept for the passes that follow: a download that was asked for meanwhile is found when nothing else is left.
        self._names: set[str] = set()
        self._told: set[str] = set()

    async def records(self, *, keep: bool) -> bool:
        """Erase what there is; return whether there was anything, so that who calls looks again for what came since."""
        self._files = []
        self._found = Subject()
        await self._work.attempt(self._once, keep=keep)
        if keep:
            await self._access.facilities.repository.erasing.drop_files(self._files)
            await tidy_files(self._access)
        return bool(self._found.versions or self._found.others)

    async def _once(self) -> None:
        """Erase in a transaction that is open."""
        roots = {str(each): kind for kind, each in self.erasure.records if kind != RECEIVED_EVENT}
        found = self._found = await belonging(self._work, roots)
        await self._heed([*found.ever, *self.watched])
        values = identifying(found.documents)
        events = await self._events(found, values)
        named = [
            *((kind, UUID(each)) for each, kind in found.kinds.items()),
            *((RECEIVED_EVENT, each) for each in events),
        ]
        self.erasure = msgspec.structs.replace(self.erasure, records=tuple(dict.fromkeys(named)))
        if self._register:
            await self._register(self.erasure)
        author = self._author()
        asked = {form for value in (*found.kinds, *values) for form in (value, quote(value, safe=""))}
        for (kind, _), versions in found.others.items():
            for version in versions:
                await self._rewrite(kind, version, found.kinds, author)
        gone = await self._work.erase(
            found.kinds,
            events=[*map(str, events)],
            named=asked,
            author=author,
            others=[identifier for _, identifier in found.others],
        )
        self._files = gone.files
        self._told |= {*found.kinds, *values}
        self._names |= names_ever(found.called)
        if number := await forget_asked(self._work, self._names, self._told):
            gone.add("download", number)
        listening = await forget_listening(self._work, self._names, self._told)
        for table, number in listening.items():
            gone.add(table, number)
        await self._work.due({*(["download"] if "download" in gone.rows else []), *listening}, at=author.at)
        others = {kind: sum(of == kind for of, _ in found.others) for kind, _ in found.others}
        rows = {**gone.rows, **{f"{kind} (references)": number for kind, number in others.items()}}
        await self._work.note(self.erasure.id, rows)
        self._tell(found, gone.rows, others)

    async def _heed(self, ids: Collection[str]) -> None:
        """Raise where the records are not to be erased any more, unless that was begun before."""
        if self.begun:
            return
        if held := await self._work.held(ids):
            raise OnHold(f"The subject is under a legal hold: {'; '.join(held)}.")
        if restricted := await self._work.restricted(ids):
            raise StillRestricted(f"The use of the subject's records is restricted: {'; '.join(restricted)}.")
        if self.still is not None:
            await self.still()

    def _tell(self, found: Subject, rows: Mapping[str, int], others: Mapping[str, int]) -> None:
        self.plan.add(rows)
        self.plan.others = {**others}
        for identifier, kind in found.kinds.items():
            if identifier in found.versions:
                self.plan.records[kind] = self.plan.records.get(kind, 0) + 1

    async def _events(self, found: Subject, values: Collection[str]) -> list[UUID]:
        """Return the events of others that are of the subject; note those that may be, by the name alone."""
        sought = [form for value in (*found.kinds, *values) for form in written(value)]
        certain = {UUID(each) for each in await self._work.events(sought)}
        certain |= {each for kind, each in self.erasure.records if kind == RECEIVED_EVENT}
        names = names_of(found.party) if found.party else []
        alike = [form for name in names for form in written(name)[:1]]
        self.plan.doubtful = [each for each in await self._work.events(alike, alike=True) if UUID(each) not in certain]
        return sorted(certain)

    async def _rewrite(self, kind: str, version: Version, gone: Collection[str], author: Authorship) -> None:
        """Take the references to the erased out of a version of a record of others."""
        document = without(KINDS[kind], msgspec.json.decode(version.document), gone)
        resource = await self._access.facilities.classes.governing(KINDS[kind], document)
        draft = Draft(
            document=msgspec.json.encode(document),
            terms=terms(resource, document),
            label=resource.label(document),
            links=[],
        )
        await self._work.rewrite(kind, version, draft, author=author)

    def _author(self) -> Authorship:
        return self._access.authorship(draw_bucket(self._access.facilities.randomness))
