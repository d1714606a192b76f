"""Indexes follow the catalogue: built while writes go on, used when whole, and gone when nobody asks for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg
import pytest

from customer_inventory.access import Desk
from customer_inventory.access import governing as catalogue
from customer_inventory.access.indexing import FIRST_PAUSE_S, OTHERS_BUILD_S, Follower, indexes
from customer_inventory.api.parameters import parse
from customer_inventory.ids import new_id
from customer_inventory.model import RESOURCES, InvalidDocument, Resource
from customer_inventory.model.views import EARLIER, NATIVE
from customer_inventory.repository import Repository
from customer_inventory.repository.connections import Connections, QueryTooCostly, RepositoryUnavailable
from customer_inventory.repository.indexing import IndexNotBuilt, Step
from customer_inventory.repository.kinds import KINDS, indexable, indexes_of
from customer_inventory.repository.lists import Lists
from customer_inventory.repository.query import Query, compile_query, without_index
from customer_inventory.requirements.governance import Proposed
from customer_inventory.requirements.requirement import InformationRequirement
from tests.contract.conftest import Scribe, document

CUSTOMER = RESOURCES["customer"]
DESCRIPTION, PARTY, START = "description", "engagedParty.name", "validFor.startDateTime"
ASKED = ["customer_asked_description", "customer_asked_engagedparty_name", "customer_asked_validfor_startdatetime"]
MANY = 20_000
FILL = """
    insert into customer select bucket_of(i), i, 1, jsonb_build_object(
        '@type', 'Customer', 'name', 'c' || n, 'description', 'd' || lpad((n * 7919 %% 20000)::text, 6, '0'),
        'engagedParty', jsonb_build_object('name', 'p' || lpad((n * 31 %% 20000)::text, 6, '0')),
        'validFor', jsonb_build_object('startDateTime', to_char(timestamp '2020-01-01' + n * interval '1 hour',
            'YYYY-MM-DD"T"HH24:MI:SS"Z"')), 'note', repeat('x', 900)),
        array['x=' || n], 'c' || n, gen_random_uuid(), n, now(), now()
    from unnest(%s::uuid[]) with ordinality as made(i, n)"""


ASKED_SLOWLY = "description.gt=a&contactMedium.city.contains=b&sort=engagedParty.name"


class Seconds:
    """A clock that the test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """What one server does for the indexes, look by look."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.seconds = Seconds()
        self.outcomes: list[str] = []
        self.follower = Follower(desk, measure=lambda outcome, _: self.outcomes.append(outcome), seconds=self.seconds)

    async def mark(self, path: str, *, searchable: bool = True, kind: str = "customer") -> None:
        """Have it decided by two people that an attribute is searchable, or is not."""
        asked = InformationRequirement(resource=kind, attribute=path, name=path, meaning="-", searchable=searchable)
        await self.decide(Proposed(asked, "asked for"))

    async def decide(self, proposed: Proposed) -> None:
        proposal = await catalogue.propose(await self._person("proposer"), proposed)
        version = proposal.version
        await catalogue.approve(
            await self._person("decider"), version.id, version.version, said=None, effective_from=None
        )

    async def retire(self, path: str) -> None:
        governs = await catalogue.requirement(await self._person("proposer"), f"customer.{path}")
        await self.decide(Proposed(governs, "not needed any more", retires=True))

    async def states(self) -> dict[str, str]:
        return {each.name: each.state for each in await indexes(await self._person("reader"))}

    async def _person(self, name: str) -> Any:
        return await self.desk.open_at_command_line(person=name, purpose=None, request_id="test")


@pytest.fixture
def server(desk: Desk) -> Server:
    return Server(desk)


@asynccontextmanager
async def open_write(database: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Somebody else's transaction that has written a customer and is not done: every build must wait for it."""
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await connection.execute("update customer set label = label")
        yield connection


async def execute(database: str, statement: str, values: tuple[Any, ...] | None = None) -> list[Any]:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        cursor = await connection.execute(statement, values)
        return await cursor.fetchall() if cursor.description else []


def query(text: str) -> Query:
    return parse(NATIVE["customer"], text.encode()).query


async def served(repository: Repository, kind: str = "customer") -> Resource:
    """The resource of a kind as its indexes serve it now, not half a second ago."""
    repository.served._looked_at = -1.0
    return await repository.served.resource(kind)


async def plan(repository: Repository, database: str, asked: Query) -> str:
    """How the planner answers a page, with all that it may choose."""
    page = compile_query(await served(repository), asked, count_bound=50_000).page
    return "\n".join(row[0] for row in await execute(database, f"explain {page.text}", page.parameters))


async def test_what_is_marked_is_built_and_the_planner_uses_it(
    server: Server, repository: Repository, database: str
) -> None:
    await fill(database, MANY)
    assert await server.follower.look()
    for path in (DESCRIPTION, PARTY, START):
        await server.mark(path)
    assert {name: (await server.states())[name] for name in ASKED} == dict.fromkeys(ASKED, "missing")
    assert not set(ASKED) & set(await repository.indexing.standing())
    assert await server.follower.look()
    assert server.outcomes == ["built"] * 3
    assert {name: (await server.states())[name] for name in ASKED} == dict.fromkeys(ASKED, "valid")
    assert (await served(repository)).searchable == (
        "name",
        "status",
        "description",
        "engagedParty.name",
        "validFor.startDateTime",
    )

    for path, name, low, high in (
        (DESCRIPTION, ASKED[0], "d000100", "d000140"),
        (PARTY, ASKED[1], "p000100", "p000140"),
        (START, ASKED[2], "2020-03-01", "2020-03-02"),
    ):
        ranged = query(f"{path}.gte={low}&{path}.lt={high}")
        assert f" {name} " in await plan(repository, database, ranged)
        for sort in (path, f"-{path}"):
            ordered = query(f"sort={sort}&limit=20")
            assert f" {name} " in await plan(repository, database, ordered)
            page = await repository.lists.page("customer", ordered)
            further = query(f"sort={sort}&limit=20&after={page.last}")
            found = await plan(repository, database, further)
            assert f" {name} " in found
            assert "Sort" not in found
        assert (await repository.lists.page("customer", ranged)).total.number > 10


async def test_a_build_keeps_no_write_waiting(
    server: Server, scribe: Scribe, repository: Repository, database: str
) -> None:
    """A transaction that is open holds the build up at each of its phases; writes pass it by, or fail at once."""
    made = [await scribe.create("customer", document("customer", description=f"before {n}")) for n in range(5)]
    await execute(database, f"alter database {await name_of(database)} set lock_timeout = '500ms'")
    impatient = Scribe(Repository(database), now=scribe.now)
    await server.mark(DESCRIPTION)
    async with open_write(database) as other:
        work = asyncio.create_task(server.follower.look())
        await until_building(repository, work)
        assert not work.done()
        for n in range(20):
            await impatient.create("customer", document("customer", description=f"during {n}"))
        assert (await server.states())[ASKED[0]] == "building"
        assert DESCRIPTION not in (await served(repository)).searchable
        await other.commit()
        assert await work
    late = await impatient.create("customer", document("customer", description="during 2x"))
    page = await repository.lists.page("customer", query(f"{DESCRIPTION}.gte=during 2&sort={DESCRIPTION}"))
    assert page.total.number == 9
    assert page.records[1].id == str(late.id)
    assert DESCRIPTION in (await served(repository)).searchable
    changed = await impatient.replace("customer", made[0].id, document("customer", description="during"), expected=1)
    assert changed.version == 2
    await impatient.repository.close()


async def test_a_drop_keeps_no_write_waiting(
    server: Server, scribe: Scribe, repository: Repository, database: str
) -> None:
    await scribe.create("customer")
    await execute(database, f"alter database {await name_of(database)} set lock_timeout = '500ms'")
    impatient = Scribe(Repository(database), now=scribe.now)
    await server.mark("name", searchable=False)
    async with open_write(database) as other:
        work = asyncio.create_task(server.follower.look())
        while (await repository.indexing.standing())["customer_by_name"]:
            await going_on(work)
        for n in range(20):
            await impatient.create("customer", document("customer", name=f"during {n}"))
        assert (await server.states())["customer_by_name"] == "dropping"
        assert "name" not in (await served(repository)).searchable
        await other.commit()
        assert await work
    assert "customer_by_name" not in await repository.indexing.standing()
    await impatient.repository.close()


@pytest.mark.parametrize("way", ["session", "task"])
async def test_what_is_interrupted_is_built_by_the_next_look(
    server: Server, scribe: Scribe, repository: Repository, database: str, way: str
) -> None:
    await scribe.create("customer", document("customer", description="x"))
    await server.mark(DESCRIPTION)
    async with open_write(database) as other:
        work = asyncio.create_task(server.follower.look())
        await until_building(repository, work)
        if way == "session":
            await execute(
                database,
                "select pg_terminate_backend(pid) from pg_stat_activity where query like 'create index concurrently%'",
            )
            with pytest.raises(RepositoryUnavailable):
                await work
        else:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        assert (await repository.indexing.standing())[ASKED[0]] is False
        assert (await server.states())[ASKED[0]] == "missing"
        await other.commit()
    while await execute(database, "select 1 from pg_stat_progress_create_index where datname = current_database()"):
        await asyncio.sleep(0.01)
    another = Follower(server.desk, measure=lambda outcome, _: server.outcomes.append(outcome), seconds=server.seconds)
    assert await another.look()
    assert server.outcomes == ["dropped", "built"]
    assert (await repository.indexing.standing())[ASKED[0]] is True


async def test_one_server_builds_at_a_time(server: Server, scribe: Scribe, repository: Repository) -> None:
    await scribe.create("customer", document("customer", description="x"))
    await server.mark(DESCRIPTION)
    async with repository.indexing.turn() as first, repository.indexing.turn() as second:
        assert first is not None
        assert second is None
        assert not await server.follower.look()
    assert not await server.follower.look()
    server.seconds.now += OTHERS_BUILD_S
    assert await server.follower.look()
    assert server.outcomes == ["built"]


async def test_unmarking_removes_an_index_also_one_that_the_model_declares(
    server: Server, scribe: Scribe, repository: Repository, database: str
) -> None:
    await scribe.create("customer", document("customer", description="x"))
    await execute(database, "create index customer_by_mine on customer (label)")
    await server.mark(DESCRIPTION)
    await server.mark("status", searchable=False)
    assert await server.follower.look()
    standing = await repository.indexing.standing()
    assert standing == {"customer_by_name": True, ASKED[0]: True} | {
        name: True for name in standing if not name.startswith("customer_")
    }
    asked = query("status.gt=a&description.gt=a&sort=status")
    assert without_index(CUSTOMER, asked) == ["description"]
    assert without_index(await served(repository), asked) == ["status"]

    await server.retire(DESCRIPTION)
    await server.retire("status")
    assert await server.follower.look()
    assert (await served(repository)).searchable == CUSTOMER.searchable
    assert await execute(database, "select relname from pg_class where relname like 'customer_asked%'") == []
    assert len(await execute(database, "select 1 from pg_class where relname = 'customer_by_mine'")) == 1
    assert server.outcomes == ["dropped", "built", "dropped", "built"]


async def test_a_build_ends_when_nobody_asks_for_it_any_more(
    server: Server, scribe: Scribe, repository: Repository, database: str
) -> None:
    await scribe.create("customer", document("customer", description="x"))
    await server.mark(DESCRIPTION)
    async with open_write(database) as other:
        work = asyncio.create_task(server.follower.look())
        await until_building(repository, work)
        await server.retire(DESCRIPTION)
        while not server.outcomes:
            await going_on(work)
        await other.commit()
        assert await work
    assert server.outcomes == ["cancelled", "dropped"]
    assert ASKED[0] not in await repository.indexing.standing()


async def test_what_cannot_be_built_keeps_no_other_from_it_and_is_tried_again_later(
    server: Server, scribe: Scribe, repository: Repository
) -> None:
    incompressible = "".join(sha256(bytes([n])).hexdigest() for n in range(200))
    long = await scribe.create("customer", document("customer", description=incompressible))
    await server.mark(DESCRIPTION)
    await server.mark(PARTY)
    assert not await server.follower.look()
    assert server.outcomes == ["failed", "built"]
    assert ASKED[0] not in await repository.indexing.standing()
    assert not await server.follower.look()
    assert len(server.outcomes) == 2
    server.seconds.now += FIRST_PAUSE_S
    assert not await server.follower.look()
    server.seconds.now += FIRST_PAUSE_S
    assert not await server.follower.look()
    assert server.outcomes == ["failed", "built", "failed"]
    async with repository.indexing.turn() as builder:
        assert builder is not None
        with pytest.raises(IndexNotBuilt, match="2,000 bytes"):
            await builder.take(Step(ASKED[0], indexes_of(CUSTOMER, DESCRIPTION)[0]))
    await scribe.replace("customer", long.id, document("customer", description="short"), expected=1)
    server.seconds.now += FIRST_PAUSE_S
    assert await server.follower.look()
    assert server.outcomes[-1] == "built"


async def test_what_an_earlier_version_fills_in_has_its_index_too(
    server: Server, scribe: Scribe, repository: Repository
) -> None:
    await scribe.create("individual")
    await server.mark("status", kind="individual")
    await server.mark("tradingName", kind="organization", searchable=False)
    assert await server.follower.look()
    standing = await repository.indexing.standing()
    assert standing.keys() >= {"individual_asked_status", "individual_asked_status_shown"}
    assert not {name for name in standing if name.startswith("organization_by_tradingname")}
    asked = parse(EARLIER["organization"], b"tradingName.gt=a").query
    assert without_index(await served(repository, "organization"), asked) == ["tradingName"]
    asked = parse(EARLIER["individual"], b"status.gt=a&sort=status").query
    assert without_index(await served(repository, "individual"), asked) == []


async def test_a_query_that_takes_too_long_does_not_ask_for_what_is_built(
    server: Server, repository: Repository, database: str
) -> None:
    await fill(database, 2000)
    assert (
        "Mark customer.description, customer.contactMedium.city, customer.engagedParty.name searchable"
        in await told(repository, database, query(ASKED_SLOWLY))
    )
    await server.mark(PARTY)
    await server.mark(DESCRIPTION)
    assert await server.follower.look()
    message = await told(repository, database, query(ASKED_SLOWLY))
    assert "Mark customer.contactMedium.city searchable" in message


@pytest.mark.parametrize(
    ("kind", "path", "told"),
    [
        ("individual", "contactMedium.emailAddress", "may have several values"),
        ("individual", "partyCharacteristic[preferredLanguage]", "one of several characteristics"),
        ("individual", "contactMedium", "a group of attributes"),
        ("customer", "validFor", "a group of attributes"),
    ],
)
async def test_what_has_no_single_value_cannot_be_marked(server: Server, kind: str, path: str, told: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await server.mark(path, kind=kind)
    assert told in refused.value.message
    assert "equality is served by an index without it" in refused.value.message


async def test_every_attribute_with_one_value_can_have_its_index(server: Server, repository: Repository) -> None:
    """Of each kind one is made, with the longest name."""
    every = [index for each in KINDS.values() for path in indexable(each) for index in indexes_of(each, path)]
    asked = sorted((index for index in every if "_asked_" in index.name), key=lambda index: len(index.name))
    chosen = {index.kind: index for index in asked}
    async with repository.indexing.turn() as builder:
        assert builder is not None
        for name, index in chosen.items():
            await builder.take(Step(index.name, index))
            resource = await repository.served.resource(name)
            assert resource.kind == name
    standing = await repository.indexing.standing()
    assert all(standing[index.name] for index in chosen.values())
    assert await server.follower.look()
    standing = await repository.indexing.standing()
    assert not any(index.name in standing for index in chosen.values())


async def test_an_estimate_knows_an_empty_table_and_a_full_one(repository: Repository, database: str) -> None:
    assert await repository.indexing.estimate("customer", DESCRIPTION) == 0.0
    await fill(database, MANY)
    never_looked_at = await repository.indexing.estimate("customer", START)
    await execute(database, "analyze customer")
    assert 0 < await repository.indexing.estimate("customer", START) < 60
    assert 0 < never_looked_at < 60
    with pytest.raises(ValueError, match="several values"):
        await repository.indexing.estimate("customer", "contactMedium.city")


async def fill(database: str, number: int) -> None:
    """Write so many customers, each with other values, and let the planner know."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [new_id(bucket=n % 4096, at=start + n * timedelta(seconds=1)) for n in range(number)]
    await execute(database, FILL, (ids,))


async def told(repository: Repository, database: str, asked: Query) -> str:
    """What a server says that allows a query a millisecond."""
    await served(repository)
    hurried = Connections(database, size=1, statement_timeout_ms=1)
    try:
        with pytest.raises(QueryTooCostly) as refused:
            await asked_often(Lists(hurried, repository.served), asked)
    finally:
        await hurried.close()
    return refused.value.message


async def asked_often(lists: Lists, asked: Query) -> None:
    """Ask so often that a millisecond is too short for one of the times."""
    for _ in range(20):
        await lists.page("customer", asked)


async def until_building(repository: Repository, work: asyncio.Task[Any]) -> None:
    while not await repository.indexing.shares():
        await going_on(work)


async def going_on(work: asyncio.Task[Any]) -> None:
    """Let work go on for a moment; it is not to be done before."""
    await asyncio.sleep(0.01)
    assert not work.done(), work.result()


async def name_of(database: str) -> str:
    return str((await execute(database, "select current_database()"))[0][0])
