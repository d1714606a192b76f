"""Kin: who is what to whom. Trees of parties, level by level, and the shortest way from one to another.

Both ends of a relation see it: what is stored at one is told at the other as its inverse. Walks are bounded in depth
and in parties; a circle is reported and not followed. The parts that parties play are walked too: a membership is one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from customer_inventory.access.access import Access, RecordNotFound
from customer_inventory.access.opened import Restricted
from customer_inventory.access.pointing import pointing
from customer_inventory.access.window import Window
from customer_inventory.model.belonging import PARTIES, ROLES
from customer_inventory.model.kinship import Relation, canonical, relation, same_relationship
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.surroundings import Edge, Near

PEOPLE = (*PARTIES, *ROLES)
MOST_NODES = 1000
MOST_DEPTH = 20


class Step(NamedTuple):
    """From one party to the next: the one before, what the next is to it, and the next with its kind."""

    before: str
    relation: Relation
    kind: str
    id: str


@dataclass(slots=True)
class Node:
    """A party in a tree: its kind, name and level (above 0 is up), and how it was reached, None for the root.

    Not `held` is one that is pointed at and is not there.
    """

    id: str
    kind: str
    level: int
    step: Step | None
    name: str = ""
    held: bool = False


@dataclass(slots=True)
class Kin:
    """A tree of parties: each once, the root first; whether a bound cut it short.

    Steps that led back to where they came from are `circles`, those that led to somebody by another way `others`.
    """

    nodes: dict[str, Node]
    circles: list[Step] = field(default_factory=list)
    others: list[Step] = field(default_factory=list)
    cut: bool = False
    withheld: tuple[str, ...] = ()


async def hierarchy(
    access: Access,
    identifier: UUID,
    *,
    direction: str,
    depth: int,
    relationships: Collection[str] = (),
    as_of: datetime | None = None,
) -> Kin:
    """Return who stands above and below a party (direction up, down or both), of these relationships or of any.

    A relationship may be named from either end. Raises Denied or RecordNotFound.
    """
    kinds = await _readable(access)
    root = await _found(access, identifier, kinds, as_of)
    names = frozenset(name for each in relationships for name in same_relationship(each))
    kin = Kin({root.id: Node(root.id, root.kind, 0, None)})
    for way in ("up", "down") if direction == "both" else (direction,):
        await _climb(access, kin, root, way=way, depth=depth, names=names, kinds=kinds, as_of=as_of)
    await _name(access, kin, as_of)
    kin.withheld = tuple(KINDS[kind].name for kind in PEOPLE if kind not in kinds)
    return kin


async def path(
    access: Access, start: UUID, goal: UUID, *, depth: int, as_of: datetime | None = None
) -> tuple[Kin, list[Step]]:
    """Return the shortest way from one party to another, of at most `depth` steps, and those along it.

    Searched from both ends at once: two small circles hold fewer parties than one large. Raises Denied, RecordNotFound,
    or NoWay when there is none so short among what may be read.
    """
    kinds = await _readable(access)
    ends = [await _found(access, each, kinds, as_of) for each in (start, goal)]
    sides = [_Side(end) for end in ends]
    meeting = ends[0].id if start == goal else None
    for _ in range(depth):
        if meeting is None:
            side, other = sorted(sides, key=lambda each: len(each.frontier))
            meeting = await _widen(access, side, other, kinds, as_of)
    if meeting is None:
        await access.note("read", ends[0].kind, "shown", (str(start), str(goal)))
        raise NoWay(f"No way of {depth} steps leads from {start} to {goal}.")
    steps = [_step(edge, before) for before, edge, _ in sides[0].way_to(meeting)]
    steps += [_step(edge, after) for _, edge, after in reversed(sides[1].way_to(meeting))]
    kin = Kin({ends[0].id: Node(ends[0].id, ends[0].kind, 0, None)})
    for number, step in enumerate(steps, start=1):
        kin.nodes[step.id] = Node(step.id, step.kind, number, step)
    await _name(access, kin, as_of)
    return kin, steps


class NoWay(RecordNotFound):
    """No way leads from the one party to the other within the depth that was asked for.

    Ask for a greater depth. Relations among records that may not be read are no way.
    """

    code = "no-way"


@dataclass(slots=True)
class _Side:
    """One end of a search: who was reached by which edge, and who was reached last."""

    root: Near
    reached: dict[str, tuple[str, Edge] | None] = field(default_factory=dict)
    frontier: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reached = {self.root.id: None}
        self.frontier = {self.root.id: self.root.kind}

    def way_to(self, identifier: str) -> list[tuple[str, Edge, str]]:
        """How this end came to one that was reached: each time from whom, by which edge, to whom."""
        way: list[tuple[str, Edge, str]] = []
        while (came := self.reached[identifier]) is not None:
            before, edge = came
            way.append((before, edge, identifier))
            identifier = before
        return way[::-1]


async def _widen(access: Access, side: _Side, other: _Side, kinds: Sequence[str], as_of: datetime | None) -> str | None:
    """Take one side a step further; return where it meets the other."""
    found: dict[str, str] = {}
    for edge in await edges_of(access, side.frontier, kinds=kinds, as_of=as_of):
        for before in {edge.source_id, edge.target_id} & side.frontier.keys():
            step = _step(edge, before)
            if step.id not in side.reached and len(side.reached) < MOST_NODES * MOST_DEPTH:
                side.reached[step.id] = (before, edge)
                found[step.id] = step.kind
    side.frontier = found
    return min(found.keys() & other.reached.keys(), default=None)


async def _climb(
    access: Access,
    kin: Kin,
    root: Near,
    *,
    way: str,
    depth: int,
    names: frozenset[str],
    kinds: Sequence[str],
    as_of: datetime | None,
) -> None:
    """Follow relations one way, level by level, as long as there is somebody new; look whether the depth cut it."""
    frontier = {root.id: root.kind}
    for level in range(1, depth + 2):
        found: dict[str, str] = {}
        for edge in sorted(await edges_of(access, frontier, kinds=kinds, as_of=as_of)):
            for before in sorted({edge.source_id, edge.target_id} & frontier.keys()):
                step = _step(edge, before)
                if not _leads(step.relation, way, names):
                    continue
                if step.id in kin.nodes:
                    _again(kin, step)
                elif level > depth or len(kin.nodes) >= MOST_NODES:
                    kin.cut = True
                else:
                    kin.nodes[step.id] = Node(step.id, step.kind, level if way == "up" else -level, step)
                    found[step.id] = step.kind
        if not found:
            return
        frontier = found


def _leads(found: Relation, way: str, names: frozenset[str]) -> bool:
    """Whether a relation is followed on the way up or down; one beside only if it is asked for by name."""
    if names:
        return canonical(found.name) in names and found.direction in {way, "side"}
    return found.direction == way


def _again(kin: Kin, step: Step) -> None:
    """Note that somebody in the tree was met again, unless it is the same relation, stored at both ends."""
    known = kin.nodes[step.id].step
    if known is not None and known.before == step.before:
        return
    behind: str | None = step.before
    while behind is not None and behind != step.id:
        came = kin.nodes[behind].step
        if came is not None and came.before == step.id and came.id == step.before and _mirrors(came, step):
            return
        behind = came.before if came is not None else None
    (kin.circles if behind == step.id else kin.others).append(step)


def _mirrors(came: Step, step: Step) -> bool:
    """Whether a step is the one that led here, looked back upon."""
    return came.relation.direction == "side" and canonical(came.relation.name) == canonical(step.relation.name)


async def edges_of(
    access: Access, nodes: Mapping[str, str], *, kinds: Sequence[str], as_of: datetime | None
) -> list[Edge]:
    """Return the links at whose one end one of these records (kinds by id) stands, as they are or were."""
    windows = {kind: window for kind in kinds if (window := await access.window(kind)) is not None}
    found = await _all_edges(access, nodes, kinds=kinds, as_of=as_of)
    if hidden := await access.withheld({each for edge in found for each in (edge.source_id, edge.target_id)}):
        found = [edge for edge in found if not hidden & {edge.source_id, edge.target_id}]
    # What somebody is to another is the role that the record says: where that is masked, it is not told.
    return [edge for edge in found if not _masks_role(windows.get(edge.source_kind), edge.attribute)]


def _masks_role(window: Window | None, attribute: str) -> bool:
    return window is not None and window.masks_role(attribute)


async def _all_edges(
    access: Access, nodes: Mapping[str, str], *, kinds: Sequence[str], as_of: datetime | None
) -> list[Edge]:
    surroundings = access.facilities.repository.surroundings
    if as_of is None:
        return await surroundings.edges(nodes, kinds=kinds)
    wanted: dict[str, set[str]] = await surroundings.sources(list(nodes), kinds=kinds, former=True)
    for identifier, kind in nodes.items():
        wanted.setdefault(kind, set()).add(identifier)
    found: list[Edge] = []
    for record in await surroundings.then(wanted, as_of=as_of):
        found += [
            edge
            for edge in await links_then(access, record)
            if edge.target_kind in kinds and (edge.source_id in nodes or edge.target_id in nodes)
        ]
    return found


async def links_then(access: Access, record: Near) -> list[Edge]:
    """Return the links that a record's document tells of."""
    document = msgspec.json.decode(record.document)
    resource = await access.facilities.classes.governing(KINDS[record.kind], document)
    return [
        Edge(record.kind, record.id, link.attribute, link.role or "", link.target_kind, str(link.target_id))
        for link in (await pointing(access, resource, document)).links
    ]


async def _readable(access: Access) -> list[str]:
    kinds = [kind for kind in PEOPLE if access.may_every("read", kind)]
    if not kinds:
        await access.require_every("read", PEOPLE[0])
    return kinds


async def _found(access: Access, identifier: UUID, kinds: Sequence[str], as_of: datetime | None) -> Near:
    if await access.withheld([str(identifier)]):
        await access.note("read", kinds[0], "refused", (str(identifier),))
        raise Restricted
    surroundings = access.facilities.repository.surroundings
    ids = {kind: [str(identifier)] for kind in kinds}
    found = await (surroundings.now(ids) if as_of is None else surroundings.then(ids, as_of=as_of))
    if not found:
        await access.note("read", kinds[0], "absent", (str(identifier),))
        raise RecordNotFound(f"The inventory holds no party {identifier} that may be read.")
    return found[0]


async def _name(access: Access, kin: Kin, as_of: datetime | None) -> None:
    """Fetch who they are; the trail names them before they are shown."""
    ids: dict[str, list[str]] = {}
    for node in kin.nodes.values():
        ids.setdefault(node.kind, []).append(node.id)
    surroundings = access.facilities.repository.surroundings
    for record in await (surroundings.now(ids) if as_of is None else surroundings.then(ids, as_of=as_of)):
        node = kin.nodes[record.id]
        node.held = True
        window = await access.window(record.kind)
        seen = window.shown(record.id, record.document) if window is not None else record.document
        node.name = KINDS[record.kind].label(msgspec.json.decode(seen or b"{}"))
    for kind, shown in ids.items():
        await access.note("read", kind, "shown", tuple(shown))


def _step(edge: Edge, before: str) -> Step:
    if edge.source_id == before:
        return Step(before, relation(edge.attribute, edge.role, from_target=False), edge.target_kind, edge.target_id)
    return Step(before, relation(edge.attribute, edge.role, from_target=True), edge.source_kind, edge.source_id)
