"""Subjects: a party with its roles and all that belongs to it, now or before, and what only points at it.

Belongs: what says so in its newest version. What belongs to others too, such as an agreement with another engaged party
or an account of two customers, is not the subject's: it only loses its references to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.belonging import CUSTOMER, ENGAGED, PARTIES, ROLES, THINGS
from customer_inventory.model.forgetting import names_any
from customer_inventory.model.relations import Pointer, owner, pointers
from customer_inventory.repository.erasing import ErasureWork, Version
from customer_inventory.repository.kinds import KINDS

_PEOPLE = (*PARTIES, *ROLES)


class NoSubject(InventoryError):
    """The id names no party and no role of one.

    Name the record of the person, the organization or the customer; what belongs to it is found from there.
    """

    code = "no-subject"
    failure = Failure.NOT_FOUND


@dataclass(slots=True)
class Subject:
    """Whom it is about: the records that are the subject's, by id, and those of others that point at them.

    `versions` are all that is kept of the former, `others` the versions of the latter in which a reference stands.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    versions: dict[str, list[Version]] = field(default_factory=dict)
    others: dict[tuple[str, str], list[Version]] = field(default_factory=dict)

    @property
    def documents(self) -> list[bytes]:
        """Every version of every record."""
        return [version.document for versions in self.versions.values() for version in versions]

    @property
    def called(self) -> list[bytes]:
        """Every version of the party and its roles: what says how they are called."""
        return [
            version.document
            for identifier, versions in self.versions.items()
            if self.kinds[identifier] in _PEOPLE
            for version in versions
        ]

    @property
    def ever(self) -> list[str]:
        """The ids of the records, and of all that any version of them says it belongs to."""
        owners = {
            str(each.target_id)
            for identifier, versions in self.versions.items()
            for version in versions
            for each in _owning(self.kinds[identifier], version)
        }
        return [*self.kinds, *sorted(owners - self.kinds.keys())]

    @property
    def root(self) -> str:
        """The id of the party, or of a role whose party is not kept: the first one that was found."""
        return next(iter(self.kinds))

    @property
    def party(self) -> bytes | None:
        """The newest version of the party itself, where it is kept."""
        kept = (each for each, kind in self.kinds.items() if kind in PARTIES and each in self.versions)
        return next((self.versions[each][-1].document for each in kept), None)


async def subject(work: ErasureWork, identifier: UUID) -> Subject:
    """Return whom an id is about: of a role the party that plays it. Raises NoSubject."""
    root, kind = str(identifier), ""
    for each in _PEOPLE:
        if versions := (await work.versions(each, [root])).get(root):
            kind = each
            if each in ROLES and (party := await _party(work, each, versions[-1])):
                root, kind = party
            break
    if not kind:
        raise NoSubject(f"{identifier} names no party and no role of one.")
    return await belonging(work, {root: kind})


async def belonging(work: ErasureWork, roots: Mapping[str, str]) -> Subject:
    """Return what belongs to records, the kind of each by id; the records themselves are the subject's in any case."""
    found = Subject(dict(roots))
    await _add_versions(work, found, roots)
    looked: dict[str, str] = {}
    fresh: Collection[str] = list(roots)
    while fresh:
        looked |= await work.sources(fresh)
        candidates = {each: kind for each, kind in looked.items() if each not in found.kinds}
        newest = await _versions(work, candidates)
        fresh = [each for each, versions in newest.items() if _belongs(looked[each], versions[-1], found.kinds)]
        for each in fresh:
            found.kinds[each], found.versions[each] = looked[each], newest[each]
    gone = set(found.kinds)
    rest = {each: kind for each, kind in looked.items() if each not in gone}
    for each, versions in (await _versions(work, rest)).items():
        if naming := [version for version in versions if names_any(version.document, gone)]:
            found.others[rest[each], each] = naming
    return found


async def _party(work: ErasureWork, kind: str, version: Version) -> tuple[str, str] | None:
    """Return the id and kind of the party that plays a role, if it is kept."""
    for each in _pointers(kind, version):
        for party in PARTIES if each.attribute == ENGAGED else ():
            if await work.versions(party, [str(each.target_id)]):
                return str(each.target_id), party
    return None


def _belongs(kind: str, version: Version, mine: Mapping[str, str]) -> bool:
    if kind not in ROLES and kind not in THINGS:
        return False
    found = _pointers(kind, version)
    owned_by = owner(KINDS[kind], found)
    return owned_by is not None and str(owned_by) in mine and not (kind in THINGS and _shared(kind, found, mine))


def owners_of(kind: str, version: Version) -> list[str]:
    """Return the ids of all that a version of a record says it belongs to."""
    return [str(each.target_id) for each in _owning(kind, version)]


def _owning(kind: str, version: Version) -> list[Pointer]:
    """What a version of a record says that it belongs to."""
    owning = {reference.attribute for reference in KINDS[kind].references if reference.owner}
    return [each for each in _pointers(kind, version) if each.attribute in owning]


def _shared(kind: str, found: Iterable[Pointer], mine: Mapping[str, str]) -> bool:
    """Tell whether a thing belongs to others too: another party to an agreement, or another customer."""
    owning = {reference.attribute for reference in KINDS[kind].references if reference.owner}
    others = [each for each in found if each.attribute in owning and str(each.target_id) not in mine]
    return any(each.attribute == ENGAGED or getattr(each, "target_kind", "") == CUSTOMER for each in others)


def _pointers(kind: str, version: Version) -> list[Pointer]:
    return pointers(KINDS[kind], msgspec.json.decode(version.document))


async def _add_versions(work: ErasureWork, found: Subject, records: Mapping[str, str]) -> None:
    found.versions |= await _versions(work, records)


async def _versions(work: ErasureWork, records: Mapping[str, str]) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for kind in dict.fromkeys(records.values()):
        found |= await work.versions(kind, [each for each, of in records.items() if of == kind])
    return found
