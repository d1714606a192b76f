"""Who is what to whom: both ends see a relation, trees and ways are exact, circles are told and not followed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.grants import Denied
from customer_inventory.access.kin import MOST_DEPTH, Kin, NoWay, hierarchy, path
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from customer_inventory.model.kinship import PAIRS, canonical, direction, relation, same_relationship
from customer_inventory.repository import Repository
from tests.conftest import make_desk
from tests.contract.conftest import document

INDIVIDUAL, ORGANIZATION = RESOURCES["individual"], RESOURCES["organization"]
PARTY_ROLE, CUSTOMER = RESOURCES["partyRole"], RESOURCES["customer"]


def ref(identifier: UUID, referred: str = "Organization") -> dict[str, Any]:
    kind = "PartyRef" if referred in {"Organization", "Individual"} else "PartyRoleRef"
    return {"@type": kind, "id": str(identifier), "@referredType": referred}


async def company(access: Access, name: str, **attributes: Any) -> UUID:
    return UUID((await access.create(ORGANIZATION, document("organization", name=name, **attributes))).record.id)


async def person(access: Access, name: str, *related: tuple[str, UUID, str]) -> UUID:
    told = [{"@type": "RelatedPartyRefOrPartyRoleRef", "role": r, "partyOrPartyRole": ref(i, t)} for r, i, t in related]
    content = document("individual", givenName=name, **({"relatedParty": told} if told else {}))
    return UUID((await access.create(INDIVIDUAL, content)).record.id)


def below(parent: UUID, kind: str = "hierarchical") -> dict[str, Any]:
    relationship = {"@type": "OrganizationParentRelationship", "relationshipType": kind, "organization": ref(parent)}
    return {"organizationParentRelationship": relationship}


def levels(kin: Kin) -> dict[str, int]:
    return {node.name: node.level for node in kin.nodes.values()}


def test_the_inverse_of_the_inverse_is_the_relation() -> None:
    for upper, lower in PAIRS:
        assert (direction(upper), direction(lower)) == ("up", "down")
        for name, turned in ((upper, lower), (lower, upper)):
            assert relation("relatedParty.partyOrPartyRole", name, from_target=False).name == name
            assert relation("relatedParty.partyOrPartyRole", name, from_target=True).name == turned
            assert same_relationship(name) == {upper, lower}
    assert canonical("Parent_Organization") == "parent"
    assert relation("relatedParty.partyOrPartyRole", "Wife", from_target=True).name == "spouse"
    unknown = relation("relatedParty.partyOrPartyRole", "muse", from_target=True)
    assert (unknown.name, unknown.inverse, unknown.direction) == ("muse", True, "side")


async def test_a_corporate_tree_is_seen_from_every_end(access: Access) -> None:
    group = await company(access, "group")
    north, south = [await company(access, name, **below(group)) for name in ("north", "south")]
    shop = await company(access, "shop", **below(north, "legal"))
    told = {"@type": "OrganizationChildRelationship", "relationshipType": "hierarchical", "organization": ref(south)}
    await access.modify(ORGANIZATION, group, lambda d: {**d, "organizationChildRelationship": [told]})
    kin = await hierarchy(access, group, direction="both", depth=9)
    assert levels(kin) == {"group": 0, "north": -1, "south": -1, "shop": -2}
    assert (kin.circles, kin.others, kin.cut) == ([], [], False)
    kin = await hierarchy(access, shop, direction="both", depth=9)
    assert levels(kin) == {"shop": 0, "north": 1, "group": 2}
    step = kin.nodes[str(north)].step
    assert step is not None
    assert (step.relation.name, step.relation.detail) == ("parent", "legal")
    assert levels(await hierarchy(access, group, direction="down", depth=1)) == {"group": 0, "north": -1, "south": -1}
    assert levels(await hierarchy(access, group, direction="up", depth=9)) == {"group": 0}
    named = await hierarchy(access, group, direction="both", depth=9, relationships=["employee"])
    assert levels(named) == {"group": 0}


async def test_a_tree_that_the_depth_cuts_is_not_complete(access: Access) -> None:
    chain = [await company(access, "0")]
    for number in range(1, MOST_DEPTH + 2):
        chain.append(await company(access, str(number), **below(chain[-1])))
    for depth in (1, MOST_DEPTH):
        for way, end in (("down", chain[0]), ("up", chain[-1])):
            kin = await hierarchy(access, end, direction=way, depth=depth)
            assert (len(kin.nodes), kin.cut, kin.others, kin.circles) == (depth + 1, True, [], []), (way, depth)
        for way, end in (("down", chain[-1 - depth]), ("up", chain[depth])):
            kin = await hierarchy(access, end, direction=way, depth=depth)
            assert (len(kin.nodes), kin.cut) == (depth + 1, False), (way, depth)


async def test_a_household_and_those_who_live_in_it(access: Access) -> None:
    house = await company(access, "house", organizationType="household")
    ada = await person(access, "Ada", ("household", house, "Organization"))
    await person(access, "Bob", ("household", house, "Organization"), ("spouse", ada, "Individual"))
    kin = await hierarchy(access, house, direction="down", depth=3)
    assert levels(kin) == {"house": 0, "Ada Lovelace": -1, "Bob Lovelace": -1}
    assert {node.step.relation.name for node in kin.nodes.values() if node.step} == {"member"}
    couple = await hierarchy(access, ada, direction="both", depth=1, relationships=["spouse"])
    assert set(levels(couple)) == {"Ada Lovelace", "Bob Lovelace"}
    assert (couple.circles, couple.others) == ([], [])
    member = {"@type": "RelatedPartyRefOrPartyRoleRef", "role": "household", "partyOrPartyRole": ref(house)}
    cat = await person(access, "Cat")
    content = {"@type": "PartyRole", "name": "lodger", "engagedParty": ref(cat, "Individual"), "relatedParty": [member]}
    await access.create(PARTY_ROLE, content)
    assert "lodger" in levels(await hierarchy(access, house, direction="down", depth=3))
    _, steps = await path(access, cat, ada, depth=6)
    assert [step.relation.name for step in steps] == ["party role", "household", "member"]


async def test_a_circle_is_told_and_not_followed(access: Access) -> None:
    one = await company(access, "one")
    two = await company(access, "two", **below(one))
    three = await company(access, "three", **below(two))
    await access.modify(ORGANIZATION, one, lambda d: {**d, **below(three)})
    kin = await hierarchy(access, one, direction="up", depth=20)
    assert levels(kin) == {"one": 0, "three": 1, "two": 2}
    assert [(step.before, step.id) for step in kin.circles] == [(str(two), str(one))]
    await access.modify(ORGANIZATION, two, lambda d: {**d, **below(two)})
    assert [step.id for step in (await hierarchy(access, two, direction="up", depth=20)).circles] == [str(two)]


async def test_two_ways_to_one_are_no_circle(access: Access) -> None:
    top = await company(access, "top")
    left, right = [await company(access, name, **below(top)) for name in ("left", "right")]
    owned = [{"role": "parent", "partyOrPartyRole": ref(each)} for each in (left, right)]
    await company(access, "bottom", relatedParty=owned)
    kin = await hierarchy(access, top, direction="down", depth=5)
    assert levels(kin) == {"top": 0, "left": -1, "right": -1, "bottom": -2}
    assert (len(kin.circles), len(kin.others)) == (0, 1)


async def test_looking_back_sees_the_tree_as_it_was(access: Access) -> None:
    old, new = await company(access, "old"), await company(access, "new")
    shop = await company(access, "shop", **below(old))
    before = system_clock()
    await access.modify(ORGANIZATION, shop, lambda d: {**d, **below(new)})
    between = system_clock()
    await access.delete(ORGANIZATION, new)
    assert levels(await hierarchy(access, old, direction="both", depth=5)) == {"old": 0}
    assert levels(await hierarchy(access, old, direction="both", depth=5, as_of=before)) == {"old": 0, "shop": -1}
    assert levels(await hierarchy(access, new, direction="both", depth=5, as_of=between)) == {"new": 0, "shop": -1}
    assert levels(await hierarchy(access, shop, direction="up", depth=5, as_of=between)) == {"shop": 0, "new": 1}
    now = await hierarchy(access, shop, direction="up", depth=5)
    assert [node.held for node in now.nodes.values()] == [True, False], "its parent is deleted, and it says so still"
    _, steps = await path(access, old, shop, depth=3, as_of=before)
    assert [step.relation.name for step in steps] == ["child"]
    with pytest.raises(NoWay):
        await path(access, old, shop, depth=3)


async def test_only_what_may_be_read_is_walked(access: Access) -> None:
    house = await company(access, "house")
    ada = await person(access, "Ada", ("household", house, "Organization"))
    bob = await person(access, "Bob", ("household", house, "Organization"))
    object.__setattr__(access.principal, "grants", frozenset({"read:individual"}))
    with pytest.raises(NoWay):
        await path(access, ada, bob, depth=6)
    with pytest.raises(RecordNotFound):
        await hierarchy(access, house, direction="both", depth=6)
    assert levels(await hierarchy(access, ada, direction="both", depth=6)) == {"Ada Lovelace": 0}
    object.__setattr__(access.principal, "grants", frozenset({"create:individual"}))
    with pytest.raises(Denied):
        await hierarchy(access, ada, direction="both", depth=6)


def distance(edges: set[tuple[int, int]], start: int, goal: int) -> int | None:
    """The length of the shortest way, found by flooding."""
    reached, length = {start}, 0
    while goal not in reached:
        more = {b for e in edges for a, b in (e, e[::-1]) if a in reached} - reached
        if not more:
            return None
        reached |= more
        length += 1
    return length


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edges=st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda e: e[0] != e[1]), max_size=14),
    goal=st.integers(0, 9),
)
async def test_the_way_is_a_shortest_one(repository: Repository, edges: set[tuple[int, int]], goal: int) -> None:
    async with make_desk(repository) as desk:
        access = await desk.open_at_command_line(person="t", purpose=None, request_id="kin")
        people = [await person(access, f"p{number}") for number in range(10)]
        for number in range(10):
            told = [
                {"role": "friend", "partyOrPartyRole": ref(people[b], "Individual")} for a, b in edges if a == number
            ]
            if told:
                await access.modify(INDIVIDUAL, people[number], lambda d, told=told: {**d, "relatedParty": told})
        wanted = distance(edges, 0, goal)
        if wanted is None:
            with pytest.raises(NoWay):
                await path(access, people[0], people[goal], depth=10)
            return
        kin, steps = await path(access, people[0], people[goal], depth=10)
        assert len(steps) == wanted
        ids = [str(people[0]), *(step.id for step in steps)]
        assert [step.before for step in steps] == ids[:-1]
        assert (ids[-1], list(kin.nodes)) == (str(people[goal]), ids)
        number_of = {str(identifier): number for number, identifier in enumerate(people)}
        for a, b in pairwise(number_of[each] for each in ids):
            assert (a, b) in edges or (b, a) in edges
        if wanted > 1:
            with pytest.raises(NoWay):
                await path(access, people[0], people[goal], depth=wanted - 1)
