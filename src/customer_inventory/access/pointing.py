"""Pointing: what a document refers to, with the pointers that do not say to which kind of record.

A pointer that has an id of ours and nothing else is valid where several kinds can stand (TMF629 v5: a PartyRef must say
no more than `@type` and `id`). Its kind is looked up by the id, in one query and for such pointers only: whoever names
the kind pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from customer_inventory.access.opened import Opened
from customer_inventory.model import Link, Resource
from customer_inventory.model.relations import Bare, Kinds, Pointer, named, pointers
from customer_inventory.repository.surroundings import Kept


@dataclass(frozen=True, slots=True)
class Pointing:
    """What a document points at: the `links` that are kept, and as much of it as may be `told` to who asks.

    Bare pointers at a kind that may not be read stay bare in what may be told. `lost` are the attributes of those that
    lead to no record that is there, `absent` the ones of which that may be told.
    """

    links: list[Link]
    told: list[Pointer]
    lost: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()


async def pointing(access: Opened, resource: Resource, document: Mapping[str, Any]) -> Pointing:
    """Return what a document points at; of which kind a deleted record was is known too."""
    found = pointers(resource, document)
    bare = [each for each in found if isinstance(each, Bare)]
    if not bare:
        return Pointing([each for each in found if isinstance(each, Link)], found)
    kept = await _kept(access, bare)
    lost = [each for each in bare if not any(kept.get(each.target_id, {}).get(kind) for kind in each.target_kinds)]
    # Where one of the kinds may not be read, nobody learns whether the record is of that kind or nowhere.
    absent = [each for each in lost if all(_readable(access, kind) for kind in each.target_kinds)]
    return Pointing(
        [each for each in named(found, kept) if isinstance(each, Link)],
        named(found, _told(access, kept)),
        frozenset(each.attribute for each in lost),
        frozenset(each.attribute for each in absent),
    )


async def kinds_told(access: Opened, found: Iterable[Pointer]) -> Kinds:
    """Return of which kinds the targets of the bare pointers among `found` are, where whoever asks may read those."""
    bare = [each for each in found if isinstance(each, Bare)]
    return _told(access, await _kept(access, bare)) if bare else {}


async def _kept(access: Opened, bare: Iterable[Bare]) -> Mapping[UUID, Kept]:
    wanted: dict[str, None] = {}
    ids: dict[UUID, None] = {}
    for each in bare:
        wanted.update(dict.fromkeys(each.target_kinds))
        ids[each.target_id] = None
    return await access.facilities.repository.surroundings.kept(ids, kinds=wanted)


def _told(access: Opened, kept: Mapping[UUID, Kept]) -> Kinds:
    return {identifier: [kind for kind in kinds if _readable(access, kind)] for identifier, kinds in kept.items()}


def _readable(access: Opened, kind: str) -> bool:
    return access.may_every("read", kind)
