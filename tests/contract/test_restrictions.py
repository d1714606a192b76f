"""What the store of restrictions promises: nothing looked up where nothing is restricted, nothing late where it is."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_client
from customer_inventory.access.erasing import erase
from customer_inventory.access.gaps import gaps
from customer_inventory.access.holding import StillRestricted
from customer_inventory.access.opened import Restricted
from customer_inventory.access.receiving import received
from customer_inventory.access.restriction import AlreadyRestricted, Wished, lift, restrict, restrictions
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.repository.changes import ChangeQuery
from customer_inventory.repository.connections import Connections
from customer_inventory.repository.query import Query
from customer_inventory.repository.restrictions import LATE_S, Restrictions
from tests.consistency import ask
from tests.contract.conftest import customer_of, document
from tests.contract.test_erasing import agreed
from tests.contract.test_wholes import made, ref

INDIVIDUAL, CUSTOMER = RESOURCES["individual"], RESOURCES["customer"]


@pytest.fixture
async def officer(desk: Desk) -> Access:
    return await desk.open_at_command_line(person="ann", purpose=None, request_id="officer", privacy=True)


async def opened(desk: Desk) -> Access:
    return await desk.open_at_command_line(person="eve", purpose=None, request_id="desk")


class Counting:
    """Connections that count how often something is looked up."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.looks = 0

    async def rows(self, statement: str, values: object = None) -> list[tuple[object, ...]]:
        self.looks += 1
        return await self._connections.rows(statement, values)


async def test_where_nothing_is_restricted_one_looks_twice_a_second(repository: Repository) -> None:
    at = [100.0]
    counting = Counting(repository._connections)
    store = Restrictions(counting, seconds=lambda: at[0])  # type: ignore[arg-type]
    await asyncio.gather(*(store.kinds() for _ in range(20)))
    begun = counting.looks
    for _ in range(1000):
        assert await store.kinds() == frozenset()
    assert counting.looks == begun
    at[0] += LATE_S
    await asyncio.gather(*(store.kinds() for _ in range(20)))
    assert counting.looks == begun + 1


async def test_what_cannot_be_looked_up_lets_nobody_in(repository: Repository) -> None:
    store = Restrictions(repository._connections)
    store._connections = None  # type: ignore[assignment]
    for _ in range(2):
        with pytest.raises(AttributeError):
            await store.kinds()


async def test_it_covers_versions_and_what_comes_meanwhile(desk: Desk, officer: Access) -> None:
    access = await opened(desk)
    party = await made(access, "individual", document("individual"))
    wished = Wished(subject_id=str(party), reason="disputed")
    row, customer = await asyncio.gather(restrict(officer, wished), _later(access, party))
    assert row.records == 2
    access = await opened(desk)
    for resource, identifier in ((INDIVIDUAL, party), (CUSTOMER, customer)):
        with pytest.raises(Restricted):
            await access.read(resource, identifier)
        with pytest.raises(Restricted):
            await access.version(resource, identifier, 1)
        with pytest.raises(Restricted):
            await access.versions(resource, identifier)
        with pytest.raises(Restricted):
            await access.restore(resource, identifier, 1)
        assert (await access.page(resource, Query())).total.number == 0
    assert (await access.page_of([INDIVIDUAL, CUSTOMER], Query())).records == []


async def _later(access: Access, party: UUID) -> UUID:
    await asyncio.sleep(0.1)
    return await made(access, "customer", customer_of(party))


async def test_of_many_at_once_one_restricts(officer: Access) -> None:
    party = await made(officer, "individual", document("individual"))
    wishes = (restrict(officer, Wished(subject_id=str(party), reason=f"r{each}")) for each in range(5))
    came = await asyncio.gather(*wishes, return_exceptions=True)
    assert sum(isinstance(each, AlreadyRestricted) for each in came) == 4
    assert len(await restrictions(officer)) == 1


async def test_totals_that_were_counted_before_are_not_told(desk: Desk, officer: Access) -> None:
    parties = [await made(officer, "individual", document("individual")) for _ in range(3)]
    for query in (Query(limit=1), Query(limit=1, name="ada")):
        assert (await (await opened(desk)).page(INDIVIDUAL, query)).total.number == 3
    made_ = await restrict(officer, Wished(subject_id=str(parties[0]), reason="x"))
    for query in (Query(limit=1), Query(limit=1, name="ada")):
        assert (await (await opened(desk)).page(INDIVIDUAL, query)).total.number == 2
    await lift(officer, made_.id, reason="y")
    for query in (Query(limit=1), Query(limit=1, name="ada")):
        assert (await (await opened(desk)).page(INDIVIDUAL, query)).total.number == 3


async def test_a_page_does_not_begin_at_what_is_restricted(desk: Desk, officer: Access) -> None:
    parties = [await made(officer, "individual", document("individual")) for _ in range(3)]
    page = await officer.page(INDIVIDUAL, Query(limit=1))
    await restrict(officer, Wished(subject_id=page.records[0].id, reason="x"))
    rest = await (await opened(desk)).page(INDIVIDUAL, Query(limit=5, after=page.last))
    assert page.records[0].id not in {each.id for each in rest.records}
    assert {each.id for each in rest.records} <= {str(each) for each in parties}


async def test_an_erasure_under_way_and_a_restriction_do_not_meet(
    officer: Access, database: str, tmp_path: Path
) -> None:

    register = tmp_path / "register"
    for _ in range(3):
        party = await made(officer, "individual", document("individual"))
        came = await asyncio.gather(
            erase(officer, party, ground="x", register=register),
            restrict(officer, Wished(subject_id=str(party), reason="y")),
            return_exceptions=True,
        )
        left = await ask(database, f"select 1 from individual where id = '{party}'")
        active = await ask(database, f"select 1 from restriction where party_id = '{party}'")
        assert bool(left) == bool(active), came
        assert isinstance(came[0], StillRestricted) == bool(left), came


async def test_it_ends_at_its_day(desk: Desk, officer: Access) -> None:
    party = await made(officer, "individual", document("individual"))
    end = desk.clock() + timedelta(seconds=1.2)
    await restrict(officer, Wished(subject_id=str(party), reason="x", until=end))
    with pytest.raises(Restricted):
        await (await opened(desk)).read(INDIVIDUAL, party)
    await asyncio.sleep(1.0)
    assert (await (await opened(desk)).read(INDIVIDUAL, party)).id == str(party)


async def test_what_is_deleted_is_not_counted_either(desk: Desk, officer: Access) -> None:
    parties = [await made(officer, "individual", document("individual")) for _ in range(3)]
    customers = [await made(officer, "customer", customer_of(party)) for party in parties]
    for each in customers:
        await officer.delete(CUSTOMER, each)
    assert (await (await opened(desk)).deleted(CUSTOMER, limit=1)).total == 3
    await restrict(officer, Wished(subject_id=str(parties[0]), reason="x"))
    page = await (await opened(desk)).deleted(CUSTOMER, limit=2)
    assert (page.total, page.more, len(page.records)) == (2, False, 2)
    assert str(customers[0]) not in {each.id for each in page.records}


async def test_gaps_do_not_count_it(desk: Desk, officer: Access) -> None:
    for name in ("Ada", "Bob", "Cid"):
        party = await made(officer, "individual", document("individual", givenName=name, hobby=name))
    await restrict(officer, Wished(subject_id=str(party), reason="x"))
    found = await gaps(await opened(desk), "individual")
    assert found.records == 2
    assert [each.records for each in found.unasked if each.attribute == "hobby"] == [2]


async def test_events_of_others_that_name_it_are_kept_and_not_shown(desk: Desk, officer: Access, database: str) -> None:
    party, other = [await made(officer, "individual", document("individual")) for _ in range(2)]
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        event = "insert into received_event values (1, 'c', %s, %s, 'TMF632', 'v5', 'x', now(), %s)"
        await connection.execute(event, ("1", party, f'{{"id":"{party}"}}'.upper()))
        await connection.execute(event, ("2", other, f'{{"id":"{other}"}}'))
    made_ = await restrict(officer, Wished(subject_id=str(party), reason="x"))

    async def shown(identifier: UUID | None = None) -> list[str]:
        found = await received(await opened(desk), after=UUID(int=0), limit=10, identifier=identifier)
        return [each.event_id for each in found]

    assert (await shown(), await shown(party)) == (["2"], [])
    assert await ask(database, "select count(*) from received_event") == [(2,)]
    await lift(officer, made_.id, reason="y")
    assert sorted(await shown()) == ["1", "2"]


async def test_what_several_share_is_restricted_once_all_of_them_are(desk: Desk, officer: Access) -> None:
    agreement = RESOURCES["agreement"]
    ada, bob, cid = [await made(officer, "individual", document("individual")) for _ in range(3)]
    customer = await made(officer, "customer", customer_of(bob))
    both = await made(officer, "agreement", agreed(ref(ada, "Individual"), ref(customer, "Customer")))
    wider = await made(officer, "agreement", agreed(*(ref(each, "Individual") for each in (ada, bob, cid))))

    async def hidden() -> tuple[bool, bool]:
        page = await (await opened(desk)).page(agreement, Query())
        ids = {each.id for each in page.records}
        return str(both) not in ids, str(wider) not in ids

    first = await restrict(officer, Wished(subject_id=str(ada), reason="x"))
    assert await hidden() == (False, False)
    second = await restrict(officer, Wished(subject_id=str(bob), reason="x"))
    assert await hidden() == (True, False)
    with pytest.raises(Restricted):
        await (await opened(desk)).read(agreement, both)
    await lift(officer, first.id, reason="y")
    assert await hidden() == (False, False)
    again = await restrict(officer, Wished(subject_id=str(ada), reason="x"))
    assert (await hidden())[0]
    await lift(officer, second.id, reason="y")
    assert await hidden() == (False, False)
    await lift(officer, again.id, reason="y")


_TOUCH_TOO = """insert into change_record (position, bucket, record_id, version, kind, operation, change_id)
select position, bucket_of('{0}'), '{0}', 99, '{2}', operation, change_id from change_record where record_id = '{1}'
returning change_id"""


async def test_changes_do_not_tell_that_it_was_changed(desk: Desk, officer: Access, database: str) -> None:
    parties = [await made(officer, "individual", document("individual")) for _ in range(5)]
    before = await (await opened(desk)).changes(ChangeQuery())
    ((mixed,),) = await ask(database, _TOUCH_TOO.format(parties[1], parties[4], "individual"))
    hidden = {change.id for change in before.changes[1:4]}, before.changes[0].id
    assert (before.total, hidden[1]) == (5, mixed)
    for party in parties[1:4]:
        await restrict(officer, Wished(subject_id=str(party), reason="disputed", allowed_purpose=["claims"]))
    access = await opened(desk)
    page = await access.changes(ChangeQuery())
    assert ([each.id for each in page.changes], page.total) == ([mixed, before.changes[4].id], 2)
    assert page.more is False
    first = await access.changes(ChangeQuery(limit=1))
    assert ([each.id for each in first.changes], first.total, first.more) == ([mixed], 2, True)
    rest = await access.changes(ChangeQuery(limit=1, after=first.changes[-1].id))
    assert ([each.id for each in rest.changes], rest.total, rest.more) == ([before.changes[4].id], 2, False)
    second = await access.changes(ChangeQuery(limit=1, offset=1))
    assert second.changes == rest.changes
    shown = await access.change(mixed, limit=1)
    assert ([each.record_id for each in shown.entries], shown.number, shown.withheld) == ([str(parties[4])], 1, 0)
    for each in hidden[0]:
        with pytest.raises(Restricted):
            await access.change(each, limit=1)
    claims = await desk.open_at_command_line(person="eve", purpose="claims", request_id="claims")
    assert (await claims.changes(ChangeQuery())).total == 5
    assert (await claims.change(mixed, limit=9)).number == 2
    for row in await restrictions(officer):
        await lift(officer, row.id, reason="settled")
    assert (await (await opened(desk)).changes(ChangeQuery())).total == 5


async def test_who_reads_some_kinds_is_told_of_changes_of_those_alone(
    desk: Desk, officer: Access, database: str
) -> None:
    party = await made(officer, "individual", document("individual"))
    company = await made(officer, "organization", document("organization"))
    other = await made(officer, "individual", document("individual"))
    await ask(database, _TOUCH_TOO.format(company, party, "organization"))
    await restrict(officer, Wished(subject_id=str(party), reason="disputed"))
    found = await register_client(
        desk.repository.register, name="small", purposes=("p",), grants=("read:individual",), by="t", clock=desk.clock
    )
    small = await desk.open_for_client(found.client_id, purpose="p", request_id="small")
    page = await small.changes(ChangeQuery())
    assert ([await _touched(database, each.id) for each in page.changes], page.total) == ([str(other)], 1)


async def _touched(database: str, change: UUID) -> str:
    rows = await ask(database, f"select record_id::text from change_record where change_id = '{change}'")
    return str(rows[0][0])
