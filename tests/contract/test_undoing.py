"""Undoing a change takes its records back to what they were: all of them or none, and never over later work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.undoing import ChangeNotFound, UndoConflict
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.repository.changes import ChangeQuery
from tests.conftest import make_desk
from tests.consistency import ask, assert_consistent
from tests.contract.conftest import customer_of, document, together

INDIVIDUAL = RESOURCES["individual"]
CUSTOMER = RESOURCES["customer"]
STATE = """
    select 'individual', id::text, doc::text, (select array_agg(t order by t)::text from unnest(terms) t), label
    from individual
    union all select 'customer', id::text, doc::text, (select array_agg(t order by t)::text from unnest(terms) t), label
    from customer
    union all select 'link', source_id::text, bucket::text || attribute, target_id::text || role, strict::text from link
    order by 1, 2, 3, 4, 5
"""


async def last_change(access: Access) -> UUID:
    """The newest change."""
    return (await access.changes(ChangeQuery(limit=1))).changes[0].id


@dataclass
class Teller:
    """Writes at random, by numbers that hypothesis chooses."""

    access: Access
    people: list[UUID] = field(default_factory=list)
    customers: list[UUID] = field(default_factory=list)

    async def write(self, verb: str, which: int, value: int) -> None:
        """Do one thing; what cannot be done is not."""
        try:
            await self._write(verb, which, value)
        except RecordNotFound:
            return

    async def _write(self, verb: str, which: int, value: int) -> None:
        access = self.access
        if verb == "person" or not self.people:
            saved = await access.create(INDIVIDUAL, document("individual", title=f"t{value}"))
            self.people.append(UUID(saved.record.id))
        elif verb == "customer":
            saved = await access.create(CUSTOMER, customer_of(self.people[which % len(self.people)]))
            self.customers.append(UUID(saved.record.id))
        else:
            resource, known = (CUSTOMER, self.customers) if value % 2 and self.customers else (INDIVIDUAL, self.people)
            identifier = known[which % len(known)]
            if verb == "modify":
                await access.modify(resource, identifier, lambda d: {**d, "x": value})
            elif verb == "relate":
                other = customer_of(self.people[value % len(self.people)])["engagedParty"]
                related = [{"role": "friend", "partyOrPartyRole": other}]
                await access.modify(resource, identifier, lambda d: {**d, "relatedParty": related})
            elif verb == "delete":
                await access.delete(resource, identifier)
            else:
                history = await access.history(resource, identifier, limit=100)
                versions = [v.version for v in history.versions if v.document is not None]
                await access.restore(resource, identifier, versions[value % len(versions)])


WRITES = st.tuples(
    st.sampled_from(["person", "customer", "modify", "relate", "delete", "restore"]),
    st.integers(0, 5),
    st.integers(0, 5),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=st.lists(WRITES, min_size=1, max_size=12))
async def test_undoing_every_change_from_the_last_to_the_first_gives_the_first_state(
    repository: Repository, database: str, writes: list[tuple[str, int, int]]
) -> None:
    async with make_desk(repository) as desk:
        access = await desk.open_at_command_line(person="t", purpose=None, request_id=uuid4().hex)
        before = {change.id for change in (await access.changes(ChangeQuery(limit=1000))).changes}
        first = await ask(database, STATE)
        states: list[Any] = []
        teller = Teller(access)
        for verb, which, value in writes:
            count = (await access.changes(ChangeQuery(limit=0))).total
            state = await ask(database, STATE)
            await teller.write(verb, which, value)
            if (await access.changes(ChangeQuery(limit=0))).total > count:
                states.append(state)
        made = [c.id for c in (await access.changes(ChangeQuery(limit=1000))).changes if c.id not in before]
        assert len(made) == len(states)
        for change, state in zip(made, reversed(states), strict=True):
            undone = await access.undo(change, skip_conflicts=False, dry=False)
            assert [each.outcome for each in undone.records] == ["done"]
            assert await ask(database, STATE) == state
        assert await ask(database, STATE) == first
    await assert_consistent(database)


async def test_an_undo_can_be_undone(access: Access, database: str) -> None:
    made = (await access.create(INDIVIDUAL, document("individual", title="Dr"))).record
    state = await ask(database, STATE)
    creation = await last_change(access)
    undone = await access.undo(creation, skip_conflicts=False, dry=False)
    assert [(each.operation, each.version) for each in undone.records] == [("delete", 2)]
    assert await ask(database, STATE) == []
    assert undone.change_id == await last_change(access)
    again = await access.undo(undone.change_id, skip_conflicts=False, dry=False)
    assert [(each.operation, str(each.id), each.version) for each in again.records] == [("create", made.id, 3)]
    assert await ask(database, STATE) == state
    assert await ask(database, "select operation from change order by position") == [("create",), ("undo",), ("undo",)]
    await assert_consistent(database)


async def test_what_was_written_since_is_a_conflict_and_nothing_is_done(access: Access, database: str) -> None:
    identifier = UUID((await access.create(INDIVIDUAL, document("individual", title="1"))).record.id)
    creation = await last_change(access)
    await access.modify(INDIVIDUAL, identifier, lambda d: {**d, "title": "2"})
    state, changes = await ask(database, STATE), await ask(database, "select count(*) from change")
    (refused,) = await together(access.undo(creation, skip_conflicts=False, dry=False))
    assert isinstance(refused, UndoConflict)
    assert str(identifier) in refused.message
    skipped = await access.undo(creation, skip_conflicts=True, dry=False)
    assert [(each.outcome, each.version) for each in skipped.records] == [("stale", 2)]
    assert skipped.change_id is None
    assert (await ask(database, STATE), await ask(database, "select count(*) from change")) == (state, changes)
    await assert_consistent(database)


async def test_a_preview_says_what_would_be_and_does_nothing(access: Access, database: str) -> None:
    await access.create(INDIVIDUAL, document("individual"))
    state = await ask(database, STATE)
    preview = await access.undo(await last_change(access), skip_conflicts=False, dry=True)
    assert preview.change_id is None
    assert [(each.operation, each.outcome) for each in preview.records] == [("delete", "done")]
    assert await ask(database, STATE) == state
    assert await ask(database, "select count(*) from change") == [(1,)]


async def test_of_many_undos_at_once_one_is_done(access: Access, database: str) -> None:
    await access.create(INDIVIDUAL, document("individual"))
    change = await last_change(access)
    done = await together(*(access.undo(change, skip_conflicts=False, dry=False) for _ in range(8)))
    assert sum(not isinstance(each, BaseException) for each in done) == 1
    assert {type(each) for each in done if isinstance(each, BaseException)} == {UndoConflict}
    assert await ask(database, STATE) == []
    await assert_consistent(database)


async def test_a_change_that_never_was_cannot_be_undone(access: Access) -> None:
    record = (await access.create(INDIVIDUAL, document("individual"))).record
    for dry in (True, False):
        with pytest.raises(ChangeNotFound):
            await access.undo(UUID(record.id), skip_conflicts=False, dry=dry)


async def test_what_strictly_refers_goes_before_and_comes_back_after(repository: Repository, database: str) -> None:
    """A change of many records: both a party and the customer that strictly needs it."""
    async with make_desk(repository, "customer.engagedParty=strict") as desk:
        access = await desk.open_at_command_line(person="t", purpose=None, request_id="strict")
        party = UUID((await access.create(INDIVIDUAL, document("individual"))).record.id)
        await access.create(CUSTOMER, customer_of(party))
        state = await ask(database, STATE)
        one = (await access.changes(ChangeQuery(limit=2))).changes
        # Made one change of two, as an import's batch is.
        await ask(
            database,
            "update change_record set change_id = %(new)s, position = %(at)s where change_id = %(old)s",
            {"new": one[0].id, "at": one[0].position, "old": one[1].id},
        )
        undone = await access.undo(one[0].id, skip_conflicts=False, dry=False)
        assert sorted((each.kind, each.outcome) for each in undone.records) == [
            ("customer", "done"),
            ("individual", "done"),
        ]
        assert await ask(database, STATE) == []
        assert undone.change_id
        again = await access.undo(undone.change_id, skip_conflicts=False, dry=False)
        assert [each.outcome for each in again.records] == ["done", "done"]
        assert await ask(database, STATE) == state
