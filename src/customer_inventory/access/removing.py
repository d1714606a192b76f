"""Removing: values whose own retention is over go out of records that stay, from every version and all that has them.

Registered before anything goes, as an erasure whose records stay: a start after a crash finishes it, and a restore of
an older backup takes the same again, by the rule as it was and the moment at which it was done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.access.downloads.forgetting import forget_asked
from customer_inventory.access.downloads.keeping import tidy_files
from customer_inventory.access.forgetting import forget_listening
from customer_inventory.access.retention import LAST_CHANGE, LAST_CONTRACT, Kept, contract_ends
from customer_inventory.access.sparing import above, require_spared_by_none
from customer_inventory.access.subjects import belonging
from customer_inventory.access.value_rules import Pruned, pruned
from customer_inventory.model import terms
from customer_inventory.model.forgetting import identifying, texts_of, written
from customer_inventory.model.relations import links
from customer_inventory.repository.erasing import Cut, Erased, ErasureWork, Version
from customer_inventory.repository.erasures import Erasure, Removal, add_to_register
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.records import Authorship, Draft
from customer_inventory.requirements.unique import claimed

_FILE = re.compile(rb"sha256:([0-9a-f]{64})")
_TABLES = ("content", "received_event", "unique_value")
"""Where something of the values may have stood that went earlier: they are written anew whatever was found."""


@dataclass(slots=True)
class Looked:
    """What was found of one record: the versions that lose something, and as what; since when the first is past."""

    versions: list[Version] = field(default_factory=list)
    changed: list[tuple[Version, dict[str, Any]]] = field(default_factory=list)
    oldest: datetime | None = None
    uncounted: bool = False


async def register_durably(access: Access, register: Path, erasure: Erasure) -> None:
    """Make durable what is to be erased, before anything goes. Raises RegisterUnusable."""
    await add_to_register(register, [erasure])
    await access.facilities.repository.erasures.begin(erasure)


async def look(
    work: ErasureWork, removal: Removal, identifier: str, versions: Sequence[Version], *, now: datetime
) -> Looked:
    """Return what of a record is past by the rule of a removal; nothing is written."""
    found = Looked(list(versions))
    try:
        of_record = await _of_record(work, removal, identifier, versions[-1], now=now)
    except Kept:
        found.uncounted = versions[-1].current
        return found
    for version in versions:
        document = msgspec.json.decode(version.document)
        one: Pruned = pruned(document, removal, of_record, now=now)
        if one.document != document:
            found.changed.append((version, one.document))
        found.oldest = min((each for each in (found.oldest, one.oldest) if each is not None), default=None)
        found.uncounted = version.current and one.uncounted
    return found


async def finish_removal(
    access: Access, work: ErasureWork, erasure: Erasure, removal: Removal, *, heeding: bool
) -> dict[str, str]:
    """Take the values of a removal that is registered, and note it as done; return what kept which record.

    What keeps records is asked again if that is to be `heeding`; what was begun once is done whatever came since.
    """
    one = _Removing(access, work, erasure, removal, heeding=heeding)
    await work.attempt(one.once, keep=True)
    await access.facilities.repository.erasing.drop_files(one.erased.files)
    await tidy_files(access)
    if one.done:
        await access.note("modify", erasure.records[0][0], "done", tuple(one.done))
    await access.note("erase", "erasure", "done", (str(erasure.id),))
    await access.facilities.repository.erasures.finish(erasure.id, at=access.facilities.clock())
    return one.kept


async def require_free(access: Access, work: ErasureWork, kind: str, identifier: str) -> None:
    """Return if nothing keeps the values of a record. Raises Kept with the ground."""
    found = await belonging(work, {identifier: kind})
    await require_spared_by_none(access, work, await above(work, found))


async def _of_record(
    work: ErasureWork, removal: Removal, identifier: str, newest: Version, *, now: datetime
) -> Mapping[str, list[datetime]]:
    """Return the moments of the record as a whole from which a rule counts. Raises Kept where a contract lasts."""
    moments = {LAST_CHANGE: [newest.since]}
    if LAST_CONTRACT in removal.counted_from:
        moments[LAST_CONTRACT] = list(contract_ends(await belonging(work, {identifier: removal.kind}), now=now))
    return moments


class _Removing:
    """A removal under way."""

    def __init__(self, access: Access, work: ErasureWork, erasure: Erasure, removal: Removal, *, heeding: bool) -> None:
        self.erased = Erased()
        self.done: list[str] = []
        self.kept: dict[str, str] = {}
        self._access = access
        self._work = work
        self._erasure = erasure
        self._removal = removal
        self._heeding = heeding

    async def once(self) -> None:
        """Take the values, in a transaction that is open."""
        self.erased, self.done, self.kept = Erased(), [], {}
        kind, ids = self._removal.kind, sorted(str(each) for _, each in self._erasure.records)
        if self._heeding:
            await self._work.held(ids)  # nobody is put on hold, or restricted, until this is done
        author = self._access.authorship(0)
        for identifier, versions in sorted((await self._work.versions(kind, ids)).items()):
            looked = await look(self._work, self._removal, identifier, versions, now=self._erasure.begun_at)
            if not looked.changed or not await self._is_free(identifier):
                continue
            await self._take(identifier, looked, author)
            self.done.append(identifier)
        self.erased.add(f"{KINDS[kind].name}.{self._removal.attribute}", len(self.done))
        await self._work.note(self._erasure.id, self.erased.rows)
        await self._work.due({*_TABLES, *(each for each in self.erased.rows if "." not in each)}, at=author.at)

    async def _is_free(self, identifier: str) -> bool:
        if self._heeding:
            try:
                await require_free(self._access, self._work, self._removal.kind, identifier)
            except Kept as kept:
                self.kept[identifier] = str(kept)
                return False
        return True

    async def _take(self, identifier: str, looked: Looked, author: Authorship) -> None:
        """Write every version without what is past, and cut what is kept beside the record of it."""
        left = {version.number: document for version, document in looked.changed}
        for version, document in looked.changed:
            draft = await self._draft(document)
            since = version.since if version.current else None
            await self._work.rewrite(self._removal.kind, version, draft, author=author, since=since)
        before = [msgspec.json.decode(each.document) for each in looked.versions]
        documents = [left.get(each.number, one) for each, one in zip(looked.versions, before, strict=True)]
        cut = await self._cut(identifier, looked.versions, documents)
        await self._work.cut(identifier, cut, self.erased)
        for table, rows in (await forget_listening(self._work, (), cut.asked)).items():
            self.erased.add(table, rows)
        number = await forget_asked(self._work, (), cut.asked)
        gone, about = _said(before) - _said(documents), (KINDS[self._removal.kind].name, self._removal.attribute)
        if number := number + await forget_asked(self._work, gone, (), about=about):
            self.erased.add("download", number)

    async def _draft(self, document: dict[str, Any]) -> Draft:
        resource = await self._access.facilities.classes.governing(KINDS[self._removal.kind], document)
        return Draft(
            document=msgspec.json.encode(document),
            terms=terms(resource, document),
            label=resource.label(document),
            links=[],
        )

    async def _cut(self, identifier: str, versions: Sequence[Version], left: Sequence[dict[str, Any]]) -> Cut:
        resource = KINDS[self._removal.kind]
        before, after = [each.document for each in versions], [msgspec.json.encode(each) for each in left]
        had = {(each.attribute, each.target_id) for each in links(resource, msgspec.json.decode(before[-1]))}
        has = {(each.attribute, each.target_id) for each in links(resource, left[-1])}
        pointed = {str(each.target_id) for one in before for each in links(resource, msgspec.json.decode(one))}
        points = {str(each.target_id) for one in left for each in links(resource, one)}
        told, tells = identifying(before), identifying(after)
        texts_gone = texts_of(before) - texts_of(after)
        keys = [form for each in (identifier, *told) for form in written(each)]
        return Cut(
            links=had - has,
            targets=pointed - points,
            digests_left=await self._digests(left[-1]) if versions[-1].current else None,
            files={each.decode() for each in _files(before) - _files(after)},
            values=[form for each in texts_gone for form in written(each)],
            keys=keys,
            asked={form for each in told - tells for form in (each, quote(each, safe=""))},
        )

    async def _digests(self, document: dict[str, Any]) -> list[bytes] | None:
        resource = await self._access.facilities.classes.governing(KINDS[self._removal.kind], document)
        uniques = await self._access.facilities.catalogue.uniques(resource)
        claims = claimed(resource, document, uniques, terms(resource, document))
        return None if claims is None else [each.digest for each in claims]


def _said(value: Any) -> set[str]:
    """Every text and number of a JSON value, as a filter would say it."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set[str]().union(*map(_said, value))
    return {str(value)} if isinstance(value, str | int | float) and not isinstance(value, bool) else set()


def _files(documents: Iterable[bytes]) -> set[bytes]:
    return {each for one in documents for each in _FILE.findall(one)}
