"""Wholes: a customer with everything that belongs to it, in one look.

What may not be read is left out and named; the trail holds every id that is shown, kind by kind, before the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from customer_inventory.access.access import Access, RecordNotFound
from customer_inventory.access.grants import Denied, allows
from customer_inventory.access.kin import PEOPLE, links_then
from customer_inventory.access.window import Window, standing_windows
from customer_inventory.model.belonging import CUSTOMER, ENGAGED, PARTIES, PARTS, ROLES
from customer_inventory.model.kinship import Relation, relation
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.surroundings import Around, Near

PEOPLE_PARTS = ("customer", "party", "role", "hierarchy", "related")
ALL_PARTS = (*PEOPLE_PARTS, *PARTS)
_MOST_PEOPLE = 200


class Relative(NamedTuple):
    """Who else bears on the customer: what it is to whom, which record it is, and its name when that may be read."""

    relation: Relation
    of: str
    kind: str
    id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Whole:
    """A customer and what belongs to it; `counts` of each list as many as there are, shown or not."""

    customer: Near | None
    party: Near | None
    roles: list[Near]
    things: dict[str, list[Near]]
    counts: dict[str, int]
    relatives: list[Relative]
    withheld: tuple[str, ...]


async def whole(access: Access, identifier: UUID, *, limits: Mapping[str, int], as_of: datetime | None = None) -> Whole:
    """Return a customer, or a party with its customer, and of each part in `limits` the newest so many.

    Whoever asks must be granted `read` on customers; what the id names is not there for who may not read that. Raises
    Denied or RecordNotFound.
    """
    await access.require("read", CUSTOMER)
    readable, windows = await _open_kinds(access)
    # One at least: with it comes how many there are.
    asked = {kind: max(1, limit) for part, limit in limits.items() for kind in PARTS.get(part, ())}
    wanted = {kind: limit for kind, limit in asked.items() if kind in readable}
    wanted |= {kind: _MOST_PEOPLE for kind in PEOPLE if kind in readable}
    if as_of is None:
        around = await access.facilities.repository.surroundings.around(identifier, limits=wanted)
    else:
        around = await _around_then(access, identifier, wanted, as_of)
    if windows:
        windows = {
            kind: await access.looking_at(window, [each.id for each in around.records.get(kind, ())])
            for kind, window in windows.items()
        }
        near = [(kind, each.id) for kind, records in around.records.items() for each in records]
        surroundings = access.facilities.repository.surroundings
        standing = await standing_windows(surroundings, windows, near) if as_of is not None else {}
        _look_through(around, str(identifier), windows, standing)
    if around.root is not None:
        await access.require_free("read", around.root, identifier)
    if access.restricted:
        ends = (each for edge in around.edges for each in (edge.source_id, edge.target_id))
        records = (each.id for records in around.records.values() for each in records)
        _leave_out(around, await access.withheld({*around.subjects, *ends, *records}))
    if around.root is None:
        await access.note("read", CUSTOMER, "absent", (str(identifier),))
        raise RecordNotFound(f"The inventory holds no customer and no party {identifier} that may be read.")
    try:
        await access.require("read", around.root)
    except Denied as error:
        raise RecordNotFound(f"The inventory holds no customer and no party {identifier} that may be read.") from error
    withheld = tuple(KINDS[kind].name for kind in (*PEOPLE, *asked) if kind not in readable)
    found = _assembled(around, str(identifier), limits, withheld, readable)
    await _note(access, around.root, str(identifier), found)
    return found


async def _open_kinds(access: Access) -> tuple[set[str], dict[str, Window]]:
    """The kinds that may be read here, with the windows of those that are limited.

    That a record is shown around another tells of its references to parties: of a kind whose references may not be
    seen, nothing is. Raises Denied where those are customers.
    """
    readable = {kind for kind in KINDS if allows(access.principal.grants, "read", kind)}
    windows = {kind: window for kind in readable if (window := await access.window(kind)) is not None}
    dark = {kind for kind, window in windows.items() if not window.tells_of(PEOPLE)}
    if CUSTOMER in dark:
        await access.require_every("read", CUSTOMER)
    return readable - dark, windows


def _look_through(
    around: Around, identifier: str, windows: Mapping[str, Window], standing: Mapping[str, Window]
) -> None:
    """Leave of what stands around a record only what may be seen."""
    seen: dict[str, set[str]] = {}
    for kind, window in windows.items():
        near = around.records.get(kind, [])
        seen_as = [(each, standing.get(each.id, window).shown(each.id, each.document)) for each in near]
        shown = [(each, text) for each, text in seen_as if text is not None]
        around.records[kind] = [each._replace(document=text) for each, text in shown]
        if window.fenced:
            seen[kind] = {each.id for each, _ in shown}
            around.totals[kind] = len(shown)
    if around.root in seen and identifier not in seen[around.root]:
        around.root = None
    hidden = {each for each, kind in around.subjects.items() if kind in seen and each not in seen[kind]}
    around.subjects = {each: kind for each, kind in around.subjects.items() if each not in hidden}
    around.edges = [
        edge
        for edge in around.edges
        if all(
            kind not in seen or each in seen[kind]
            for kind, each in ((edge.source_kind, edge.source_id), (edge.target_kind, edge.target_id))
        )
        and not ((of := windows.get(edge.source_kind)) and of.masks_role(edge.attribute))
    ]


def _leave_out(around: Around, hidden: Collection[str]) -> None:
    """Leave of what stands around a record only what is not restricted."""
    for kind, near in around.records.items():
        around.records[kind] = [each for each in near if each.id not in hidden]
    around.subjects = {each: kind for each, kind in around.subjects.items() if each not in hidden}
    around.edges = [edge for edge in around.edges if edge.source_id not in hidden and edge.target_id not in hidden]


def _assembled(
    around: Around, identifier: str, limits: Mapping[str, int], withheld: tuple[str, ...], readable: Collection[str]
) -> Whole:
    of_people = {record.id: record for kind in PEOPLE for record in around.records.get(kind, ())}
    parties = [each for each, kind in around.subjects.items() if kind in PARTIES]
    roles = sorted((each for each, kind in around.subjects.items() if kind in ROLES and kind in readable), reverse=True)
    customers = [each for each in roles if around.subjects[each] == CUSTOMER]
    customer = identifier if identifier in customers else next(iter(customers), None)
    others = [of_people[each] for each in roles if each != customer and each in of_people]
    things, counts = {}, {"role": len([each for each in roles if each != customer])}
    for part, limit in limits.items():
        if part in PARTS:
            records = [record for kind in PARTS[part] for record in around.records.get(kind, ())]
            records.sort(key=lambda record: (record.newest, record.id), reverse=True)
            things[part] = records[:limit]
            counts[part] = sum(around.totals.get(kind, 0) for kind in PARTS[part])
    relatives = list(_relatives(around, of_people, readable))
    return Whole(
        of_people.get(customer or "") if "customer" in limits else None,
        next((of_people[each] for each in parties if each in of_people), None) if "party" in limits else None,
        others[: limits.get("role", 0)],
        things,
        counts,
        relatives if "related" in limits or "hierarchy" in limits else [],
        withheld,
    )


def _relatives(around: Around, of_people: Mapping[str, Near], readable: Collection[str]) -> Iterable[Relative]:
    """Who is related to one of those that it is about, but for who plays which part; each once.

    Told only where both may be read: the record that says so, and the one that is related.
    """
    seen: set[tuple[str, Relation, str]] = set()
    for edge in around.edges:
        if edge.attribute == ENGAGED:
            continue
        inward = edge.target_id in around.subjects
        of, kind, far = (
            (edge.target_id, edge.source_kind, edge.source_id)
            if inward
            else (edge.source_id, edge.target_kind, edge.target_id)
        )
        told = relation(edge.attribute, edge.role, from_target=inward)
        if far in around.subjects or kind not in PEOPLE or (of, told, far) in seen:
            continue
        if not {kind, edge.source_kind} <= set(readable):
            continue
        seen.add((of, told, far))
        record = of_people.get(far)
        name = KINDS[kind].label(msgspec.json.decode(record.document)) if record else None
        yield Relative(told, of, kind, far, name)


async def _note(access: Access, root: str, identifier: str, found: Whole) -> None:
    """Put every id that is shown into the trail: one entry a kind, together in one flush.

    Whose whole it is is shown in any case: that it is there, and how many records belong to it.
    """
    shown: dict[str, dict[str, None]] = {root: {identifier: None}}
    records = [found.customer, found.party, *found.roles, *(each for part in found.things.values() for each in part)]
    for kind, each in [
        *((record.kind, record.id) for record in records if record is not None),
        *((relative.kind, relative.id) for relative in found.relatives),
    ]:
        shown.setdefault(kind, {})[each] = None
    await asyncio.gather(*(access.note("read", kind, "shown", tuple(ids)) for kind, ids in shown.items()))


async def _around_then(access: Access, identifier: UUID, limits: Mapping[str, int], as_of: datetime) -> Around:
    """What stood around a record at a moment: whoever points there now or did once is asked what it said then."""
    surroundings = access.facilities.repository.surroundings
    around = Around()
    roots = await surroundings.then({kind: [str(identifier)] for kind in PEOPLE}, as_of=as_of)
    if not roots:
        return around
    root = roots[0]
    around.root = root.kind
    around.subjects = {root.id: root.kind}
    for edge in await links_then(access, root):
        if edge.attribute == ENGAGED and root.kind in ROLES:
            around.subjects[edge.target_id] = edge.target_kind
    parties = [each for each, kind in around.subjects.items() if kind in PARTIES]
    played = await surroundings.sources(parties, kinds=list(ROLES), former=True)
    for record in await surroundings.then(played, as_of=as_of):
        engaged = [edge for edge in await links_then(access, record) if edge.attribute == ENGAGED]
        if any(edge.target_id in parties for edge in engaged):
            around.subjects[record.id] = record.kind
    await _add_then(access, around, limits, as_of)
    return around


async def _add_then(access: Access, around: Around, limits: Mapping[str, int], as_of: datetime) -> None:
    """Add the records that were linked to those that it is about, in either direction."""
    surroundings = access.facilities.repository.surroundings
    subjects = around.subjects
    near = await surroundings.sources(list(subjects), kinds=[*PEOPLE, *limits], former=True)
    for identifier, kind in subjects.items():
        near.setdefault(kind, set()).add(identifier)
    known = {record.id: record for record in await surroundings.then(near, as_of=as_of)}
    edges = [edge for record in known.values() for edge in await links_then(access, record)]
    around.edges = [edge for edge in edges if edge.source_id in subjects or edge.target_id in subjects]
    pointed: dict[str, set[str]] = {}
    for edge in around.edges:
        if edge.target_id not in known and edge.target_kind in limits:
            pointed.setdefault(edge.target_kind, set()).add(edge.target_id)
    known |= {record.id: record for record in await surroundings.then(pointed, as_of=as_of)}
    touching = {each for edge in around.edges for each in (edge.source_id, edge.target_id)} | subjects.keys()
    for kind in limits:
        of_kind = [record for record in known.values() if record.kind == kind and record.id in touching]
        of_kind.sort(key=lambda record: (record.id in subjects, record.newest, record.id), reverse=True)
        for record in of_kind[: limits[kind]]:
            around.add(record, len(of_kind))
