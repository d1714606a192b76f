"""Hierarchies of parties, and the way from one party to another (resources of our own)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.kin import MOST_DEPTH, Kin, Node, Step, hierarchy, path
from customer_inventory.api.customer360 import relation_told
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.questions import asked
from customer_inventory.api.representation import href
from customer_inventory.api.routing import Routes
from customer_inventory.api.scanning import InvalidParameter
from customer_inventory.ids import parse_id
from customer_inventory.model.belonging import PARTIES
from customer_inventory.model.viewing import native_view
from customer_inventory.repository.kinds import KINDS

HIERARCHY = "/inventory/v1/partyHierarchy"
PATH = "/inventory/v1/partyPath"
_MOST_RELATIONSHIPS = 20


def add_kin(routes: Routes, *, public_url: str) -> None:
    """Let hierarchies and paths answer."""
    routes.add(f"{HIERARCHY}/{{id}}", "partyHierarchy", GET=partial(_hierarchy, public_url))
    routes.add(PATH, "partyPath", GET=partial(_path, public_url))


async def _hierarchy(public_url: str, exchange: Exchange, access: Access, identifier: str) -> Answer:
    question = asked(exchange.query_string, ("direction", "depth", "relationship", "asOf"))
    names = [name.strip() for name in question.given.get("relationship", "").split(",") if name.strip()]
    if len(names) > _MOST_RELATIONSHIPS:
        raise InvalidParameter(f"relationship may name {_MOST_RELATIONSHIPS} relationships.")
    direction = question.one_of("direction", ("up", "down", "both"), default="both")
    depth = question.bounded("depth", least=1, most=MOST_DEPTH, default=MOST_DEPTH)
    as_of = question.moment("asOf")
    record_id = parse_id(identifier)
    if record_id is None:
        raise RecordNotFound("The inventory holds no party of this id.")
    kin = await hierarchy(access, record_id, direction=direction, depth=depth, relationships=names, as_of=as_of)
    body = {
        "@type": "PartyHierarchy",
        "id": identifier,
        "href": f"{public_url}{HIERARCHY}/{identifier}",
        "tree": _tree(public_url, kin, identifier),
        "party": [_node(public_url, node) for node in kin.nodes.values()],
        "circle": [_step(public_url, step) for step in kin.circles],
        "other": [_step(public_url, step) for step in kin.others],
        "complete": not kin.cut,
        **({"withheld": list(kin.withheld)} if kin.withheld else {}),
    }
    return Answer(200, msgspec.json.encode(body))


async def _path(public_url: str, exchange: Exchange, access: Access) -> Answer:
    question = asked(exchange.query_string, ("from", "to", "depth", "asOf"))
    depth = question.bounded("depth", least=1, most=MOST_DEPTH, default=6)
    start, goal = _end(question.identifier("from"), "from"), _end(question.identifier("to"), "to")
    kin, steps = await path(access, start, goal, depth=depth, as_of=question.moment("asOf"))
    body = {
        "@type": "PartyPath",
        "from": _node(public_url, kin.nodes[str(start)]),
        "to": _node(public_url, kin.nodes[str(goal)]),
        "length": len(steps),
        "party": [_node(public_url, node) for node in kin.nodes.values()],
        "step": [_step(public_url, step) for step in steps],
    }
    return Answer(200, msgspec.json.encode(body))


def _end(identifier: UUID | None, name: str) -> UUID:
    if identifier is None:
        raise InvalidParameter(f"The parameter {name} is missing. Name with it the party that the way leads {name}.")
    return identifier


def _tree(public_url: str, kin: Kin, root: str) -> dict[str, Any]:
    """The root with those above it and below it, each with those further on."""
    told = {identifier: _node(public_url, node) for identifier, node in kin.nodes.items()}
    for identifier, node in kin.nodes.items():
        if node.step is not None:
            told[node.step.before].setdefault("above" if node.level > 0 else "below", []).append(told[identifier])
    return told[root]


def _node(public_url: str, node: Node) -> dict[str, Any]:
    return {
        **_reference(public_url, node.kind, node.id),
        **({"name": node.name} if node.name else {}),
        "level": node.level,
        **({"of": node.step.before, **relation_told(node.step.relation)} if node.step else {}),
        **({} if node.held else {"held": False}),
    }


def _step(public_url: str, step: Step) -> dict[str, Any]:
    return {"of": step.before, **relation_told(step.relation), **_reference(public_url, step.kind, step.id)}


def _reference(public_url: str, kind: str, identifier: str) -> dict[str, Any]:
    resource = KINDS[kind]
    return {
        "@type": "PartyRef" if kind in PARTIES else "PartyRoleRef",
        "@referredType": resource.struct.__name__,
        "id": identifier,
        "href": href(native_view(resource), identifier, public_url=public_url),
    }
