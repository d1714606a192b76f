"""One approved edit builds an index while the inventory is used, and its retirement removes it, without a restart."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import psycopg

from customer_inventory.repository.engines import EmbeddedEngine
from tests.journey.api_words import PERSONS, create, person, refused
from tests.journey.conftest import Server
from tests.journey.test_requirements import PROPOSALS, REQUIREMENTS, decide, propose

GENDER = "individual.gender"
INDEX = "individual_asked_gender"
PATIENCE_S = 60
Ask = Callable[[str], Awaitable[list[Any]]]


def marked(attribute: str = "gender", *, searchable: bool = True, **more: Any) -> dict[str, Any]:
    """A requirement that marks an attribute of individuals searchable, or not."""
    asked = {"resource": "individual", "attribute": attribute, "name": attribute, "meaning": "-"}
    return {**asked, "searchable": searchable, **more}


def retire(first: httpx.Client, second: httpx.Client, identifier: str) -> None:
    ended = first.delete(f"{REQUIREMENTS}/{identifier}", headers={"x-reason": "not needed any more"})
    decide(second, ended.json())


@asynccontextmanager
async def beside(server: Server) -> AsyncIterator[Ask]:
    """Ask the engine itself, beside the server, which may be killed meanwhile."""
    async with EmbeddedEngine(server.data).attached() as conninfo:
        connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)

        async def ask(statement: str) -> list[Any]:
            cursor = await connection.execute(statement.encode())
            return await cursor.fetchall() if cursor.description else []

        yield ask
        with suppress(psycopg.Error):
            await connection.close()


async def state(ask: Ask, index: str) -> bool | None:
    """Whether an index is whole; None when there is none."""
    rows = await ask(f"select indisvalid from pg_index where indexrelid = to_regclass('{index}')")
    return rows[0][0] if rows else None


async def until(ask: Ask, index: str, wanted: bool | None) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while await state(ask, index) is not wanted:
        assert time.monotonic() < deadline, f"{index} did not become {wanted}"
        time.sleep(0.02)


async def test_one_edit_builds_an_index_and_its_retirement_removes_it(server: Server) -> None:
    other = Server(server.data, server.port).register(f"index-steward-{time.monotonic_ns()}")
    async with beside(server) as ask:
        with server.api() as api, other.api() as second:
            made = [create(api, PERSONS, person(gender=f"g{n}", familyName="Indexed"))["id"] for n in range(5)]
            asked = f"{PERSONS}?familyName=Indexed&gender.gte=g1&gender.lt=g4&sort=-gender&fields=gender"
            before = api.get(asked).json()
            assert [each["id"] for each in before] == [made[3], made[2], made[1]]

            decide(second, propose(api, marked()))
            await until(ask, INDEX, wanted=True)
            assert api.get(asked).json() == before
            metrics = api.get("/metrics").text
            assert 'customer_inventory_index_steps_total{outcome="built"}' in metrics

            decide(second, propose(api, marked("familyName", searchable=False)))
            await until(ask, "individual_by_familyname", wanted=None)
            assert api.get(asked).json() == before

            retire(api, second, GENDER)
            retire(api, second, "individual.familyName")
            await until(ask, INDEX, wanted=None)
            await until(ask, "individual_by_familyname", wanted=True)
            assert api.get(asked).json() == before


async def test_a_server_that_is_killed_while_it_builds_goes_on_when_it_is_started_again(new_server: Server) -> None:
    server = new_server.start().register()
    other = Server(server.data, server.port).register("decider")
    async with beside(server) as ask:
        with server.api() as api, other.api() as second:
            create(api, PERSONS, person(gender="x"))
            await ask("begin")
            await ask("update individual set label = label")
            decide(second, propose(api, marked()))
            async with beside(server) as looking:
                await until(looking, INDEX, wanted=False)
            server.stop(9)
    server.start()
    async with beside(server) as ask:
        await until(ask, INDEX, wanted=True)


def test_what_has_no_single_value_cannot_be_marked(server: Server) -> None:
    with server.api() as api:
        for attribute, told in (
            ("contactMedium.emailAddress", "may have several values"),
            ("partyCharacteristic[preferredLanguage]", "is one of several characteristics"),
        ):
            answer = api.post(PROPOSALS, json={"requirement": marked(attribute), "reason": "asked for"})
            assert refused(answer, 400) == "invalid-document"
            message = answer.json()["message"]
            assert "searchable" in message
            assert told in message
            assert "equality is served by an index without it" in message
